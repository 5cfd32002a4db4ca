//! What is stated about evidence; schema `referral/v1`.

use crate::item::{Holder, Transfer};
use crate::manifest::Manifest;
use domain::{Digest, Line, PackageId, PartyId, PersonId, Statement, Text, Timestamp};
use std::collections::BTreeSet;

/// A fact about evidence and packages.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub enum Event {
    /// An item went from one holder to another. Both parties sign.
    #[n(0)]
    CustodyTransferred {
        /// What went where, when and why.
        #[n(0)]
        transfer: Transfer,
    },
    /// A revision of a package was fixed.
    #[n(1)]
    PackageSealed {
        /// Everything it says.
        #[n(0)]
        manifest: Box<Manifest>,
        /// Who sealed it.
        #[n(1)]
        sealed_by: PersonId,
    },
    /// A revision was released to a recipient by one person and a second.
    #[n(2)]
    PackageReleased {
        /// The package.
        #[n(0)]
        package: PackageId,
        /// Who issued it.
        #[n(1)]
        issuer: PartyId,
        /// The digest of the manifest that is released.
        #[n(2)]
        manifest: Digest,
        /// Who releases it.
        #[n(3)]
        released_by: PersonId,
        /// Who agrees.
        #[n(4)]
        second: PersonId,
        /// To whom.
        #[n(5)]
        to: PartyId,
        /// Why, when the screen says good-faith research.
        #[n(6)]
        despite_good_faith: Option<Text>,
    },
    /// A recipient received a released revision.
    #[n(3)]
    PackageReceived {
        /// The package.
        #[n(0)]
        package: PackageId,
        /// Who received it.
        #[n(1)]
        recipient: PartyId,
        /// The digest of the manifest received.
        #[n(2)]
        manifest: Digest,
        /// The person.
        #[n(3)]
        by: PersonId,
        /// When.
        #[n(4)]
        at: Timestamp,
    },
}

impl Statement for Event {
    const SCHEMA: &'static str = "referral/v1";

    fn kind(&self) -> &'static str {
        match self {
            Self::CustodyTransferred { .. } => "custody-transferred",
            Self::PackageSealed { .. } => "package-sealed",
            Self::PackageReleased { .. } => "package-released",
            Self::PackageReceived { .. } => "package-received",
        }
    }

    fn signers(&self) -> BTreeSet<PartyId> {
        match self {
            Self::CustodyTransferred { transfer } => {
                BTreeSet::from([transfer.from.party.clone(), transfer.to.party.clone()])
            }
            Self::PackageSealed { manifest, .. } => BTreeSet::from([manifest.issuer.clone()]),
            Self::PackageReleased { issuer, .. } => BTreeSet::from([issuer.clone()]),
            Self::PackageReceived { recipient, .. } => BTreeSet::from([recipient.clone()]),
        }
    }
}

impl Event {
    /// A transfer, from its parts.
    pub fn transfer(
        item: Digest,
        (from, to): (Holder, Holder),
        at: Timestamp,
        reason: Line,
    ) -> Self {
        Self::CustodyTransferred { transfer: Transfer { item, from, to, at, reason } }
    }
}

#[cfg(test)]
mod tests;
