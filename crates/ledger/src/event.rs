//! The ledger's own statements: what the log says about itself.

use crate::signature::SignaturePair;
use domain::{Digest, Line, Party, PartyId, Role, Statement};
use std::collections::BTreeSet;

/// A statement of schema `ledger/v1`. Logged for everyone to read, or it has no effect.
///
/// Changes of keys name who signs them, and how many of those must: [`crate::Trust::learn`] judges at the
/// statement's place whether that was enough.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub enum Event {
    /// The sealed payload, wrapped keys and salt of an earlier statement were deleted, by its issuer or by two
    /// others together ([`crate::Shreds`]). Leaf, signatures and proofs stay. What a reader already opened can't
    /// be recalled.
    #[n(0)]
    Shredded {
        /// The id of the statement whose payload is gone.
        #[n(0)]
        statement: Digest,
        /// Who had it shredded: its issuer, or another party with a second one.
        #[n(1)]
        by: PartyId,
        /// On whose authority, such as an order or an office.
        #[n(2)]
        authority: Line,
        /// Under which retention rule.
        #[n(3)]
        rule: Line,
        /// The second party, when `by` is not the statement's issuer.
        #[n(4)]
        with: Option<PartyId>,
    },
    /// A party has a further key, which counts beside those that it has: a second machine, or a new beginning
    /// after every key was revoked.
    #[n(10)]
    KeyAdded {
        /// Whose.
        #[n(0)]
        party: PartyId,
        /// The public key file.
        #[n(1)]
        keys: String,
        /// The new keys' own signature ([`crate::Possession`]).
        #[n(2)]
        proof: SignaturePair,
        /// Who signs.
        #[n(3)]
        signers: Signers,
    },
    /// A key takes the place of another.
    #[n(11)]
    KeyRotated {
        /// Whose.
        #[n(0)]
        party: PartyId,
        /// The fingerprint of the one that ends.
        #[n(1)]
        old: Digest,
        /// The public key file of the new one.
        #[n(2)]
        keys: String,
        /// The new keys' own signature ([`crate::Possession`]).
        #[n(3)]
        proof: SignaturePair,
        /// Who signs.
        #[n(4)]
        signers: Signers,
    },
    /// A key does not count any more: it was stolen, or lost, or its party is gone.
    #[n(12)]
    KeyRevoked {
        /// Whose.
        #[n(0)]
        party: PartyId,
        /// Its fingerprint.
        #[n(1)]
        key: Digest,
        /// Why, for people.
        #[n(2)]
        reason: Line,
        /// Who signs.
        #[n(3)]
        signers: Signers,
    },
    /// A party joins.
    #[n(13)]
    PartyAdded {
        /// Who.
        #[n(0)]
        party: Newcomer,
        /// The party above its keys.
        #[n(1)]
        root: Option<PartyId>,
        /// The public key file.
        #[n(2)]
        keys: String,
        /// The new keys' own signature ([`crate::Possession`]).
        #[n(3)]
        proof: SignaturePair,
        /// Who signs.
        #[n(4)]
        signers: Signers,
    },
    /// The log ends here. A log whose key must change goes on as another log, under another name.
    #[n(14)]
    LogClosed {
        /// The verifier key of the log that goes on.
        #[n(0)]
        successor: Option<Line>,
        /// Why, for people.
        #[n(1)]
        reason: Line,
        /// Who signs.
        #[n(2)]
        signers: Signers,
    },
}

/// Who signs a change, and how many of them must.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct Signers {
    /// Who may.
    #[n(0)]
    pub parties: Vec<PartyId>,
    /// How many must.
    #[n(1)]
    pub needed: u8,
}

/// A party that joins.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct Newcomer {
    /// Its id.
    #[n(0)]
    pub id: PartyId,
    /// What people call it.
    #[n(1)]
    pub name: Line,
    /// What it may do.
    #[n(2)]
    pub roles: Vec<Role>,
}

impl Newcomer {
    /// The party.
    pub fn party(&self) -> Party {
        let Self { id, name, roles } = self.clone();
        Party { id, name, roles }
    }
}

impl Event {
    /// The kinds that change who is who.
    pub const KEY_KINDS: [&str; 5] =
        ["key-added", "key-rotated", "key-revoked", "party-added", "log-closed"];

    fn changed_by(&self) -> Option<&Signers> {
        match self {
            Self::Shredded { .. } => None,
            Self::KeyAdded { signers, .. }
            | Self::KeyRotated { signers, .. }
            | Self::KeyRevoked { signers, .. }
            | Self::PartyAdded { signers, .. }
            | Self::LogClosed { signers, .. } => Some(signers),
        }
    }
}

impl Statement for Event {
    const SCHEMA: &'static str = "ledger/v1";

    fn kind(&self) -> &'static str {
        match self {
            Self::Shredded { .. } => "shredded",
            Self::KeyAdded { .. } => "key-added",
            Self::KeyRotated { .. } => "key-rotated",
            Self::KeyRevoked { .. } => "key-revoked",
            Self::PartyAdded { .. } => "party-added",
            Self::LogClosed { .. } => "log-closed",
        }
    }

    fn signers(&self) -> BTreeSet<PartyId> {
        match (self, self.changed_by()) {
            (_, Some(signers)) => signers.parties.iter().cloned().collect(),
            (Self::Shredded { by, with, .. }, None) => {
                [by].into_iter().chain(with.as_ref()).cloned().collect()
            }
            (_, None) => BTreeSet::new(),
        }
    }

    fn needed(&self) -> Option<usize> {
        self.changed_by().map(|signers| usize::from(signers.needed))
    }
}

#[cfg(test)]
mod tests;
