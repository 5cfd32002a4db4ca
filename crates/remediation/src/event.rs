//! What is stated about remediation; schema `remediation/v1`.

use crate::facts::Facts;
use domain::{AdvisoryId, AssetId, Digest, Line, NoticeId, PartyId, Statement, Timestamp};
use std::collections::BTreeSet;
use std::fmt;

/// A key that opens a ring's copy of a notice from its hour on.
#[derive(Clone, PartialEq, Eq)]
pub struct HourKey([u8; 32]);

impl HourKey {
    /// A key from random bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The raw bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// What is stated of the key before its hour.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.0)
    }
}

impl fmt::Debug for HourKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HourKey(…)")
    }
}

impl<C> minicbor::Encode<C> for HourKey {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.bytes(&self.0)?;
        Ok(())
    }
}

impl<'b, C> minicbor::Decode<'b, C> for HourKey {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        let bytes = d.bytes()?.try_into();
        bytes.map(Self).map_err(|_| minicbor::decode::Error::message("an hour key has 32 bytes"))
    }
}

/// Those who may read a notice from one hour on: maintainers first, then distributors, agencies and
/// exposed operators, then everybody. What a ring receives is sealed for it alone.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct Ring {
    /// What the ring is called.
    #[n(0)]
    pub name: Line,
    /// Who is in it, ascending.
    #[n(1)]
    pub audience: Vec<PartyId>,
    /// From when they may read.
    #[n(2)]
    pub opens_at: Timestamp,
    /// The digest of this ring's ciphertext.
    #[n(3)]
    pub ciphertext: Digest,
    /// The digest of the key that opens it.
    #[n(4)]
    pub key: Digest,
}

/// A fact about assets and notices.
#[expect(clippy::large_enum_variant, reason = "facts are most of what is stated")]
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub enum Event {
    /// What an operator knows of one vulnerability on one asset. Sealed to the operator.
    #[n(0)]
    FactsRecorded {
        /// Whose asset.
        #[n(0)]
        operator: PartyId,
        /// Which asset.
        #[n(1)]
        asset: AssetId,
        /// Which vulnerability.
        #[n(2)]
        advisory: AdvisoryId,
        /// What is known.
        #[n(3)]
        facts: Facts,
    },
    /// A notice was sealed for its rings.
    #[n(1)]
    NoticeIssued {
        /// The notice.
        #[n(0)]
        notice: NoticeId,
        /// Who issues it.
        #[n(1)]
        issuer: PartyId,
        /// Its rings, by the hour they open.
        #[n(2)]
        rings: Vec<Ring>,
        /// By when operators should have acted.
        #[n(3)]
        act_by: Option<Timestamp>,
    },
    /// A ring's hour came, and its key was told.
    #[n(2)]
    NoticeOpened {
        /// The notice.
        #[n(0)]
        notice: NoticeId,
        /// Who issued it.
        #[n(1)]
        issuer: PartyId,
        /// Which ring, from 0.
        #[n(2)]
        ring: u8,
        /// Its key.
        #[n(3)]
        key: HourKey,
    },
    /// An operator has read it.
    #[n(3)]
    NoticeAcknowledged {
        /// The notice.
        #[n(0)]
        notice: NoticeId,
        /// Who read it.
        #[n(1)]
        operator: PartyId,
    },
    /// A newer inventory of an operator no longer matches it.
    #[n(4)]
    NoticeClosed {
        /// The notice.
        #[n(0)]
        notice: NoticeId,
        /// Whose inventory.
        #[n(1)]
        operator: PartyId,
        /// The digest of the inventory that matched.
        #[n(2)]
        before: Digest,
        /// When it was taken.
        #[n(3)]
        before_at: Timestamp,
        /// The digest of the newer one, which does not.
        #[n(4)]
        after: Digest,
        /// When that was taken.
        #[n(5)]
        after_at: Timestamp,
    },
    /// A party took a snapshot of feeds, with which it matches from now on. Sealed to the party.
    #[n(5)]
    FeedsTaken {
        /// Who took it.
        #[n(0)]
        by: PartyId,
        /// The digest of its files together: [`crate::Snapshot::digest`].
        #[n(1)]
        snapshot: Digest,
        /// How many files it has.
        #[n(2)]
        files: u32,
        /// The digest of the index that was made of them.
        #[n(3)]
        index: Digest,
        /// When that was made.
        #[n(4)]
        taken_at: Timestamp,
    },
}

impl Event {
    /// The party that states it.
    pub fn by(&self) -> &PartyId {
        match self {
            Self::NoticeIssued { issuer, .. } | Self::NoticeOpened { issuer, .. } => issuer,
            Self::FactsRecorded { operator, .. }
            | Self::NoticeAcknowledged { operator, .. }
            | Self::NoticeClosed { operator, .. } => operator,
            Self::FeedsTaken { by, .. } => by,
        }
    }
}

impl Statement for Event {
    const SCHEMA: &'static str = "remediation/v1";

    fn kind(&self) -> &'static str {
        match self {
            Self::FactsRecorded { .. } => "facts-recorded",
            Self::NoticeIssued { .. } => "notice-issued",
            Self::NoticeOpened { .. } => "notice-opened",
            Self::NoticeAcknowledged { .. } => "notice-acknowledged",
            Self::NoticeClosed { .. } => "notice-closed",
            Self::FeedsTaken { .. } => "feeds-taken",
        }
    }

    fn signers(&self) -> BTreeSet<PartyId> {
        BTreeSet::from([self.by().clone()])
    }
}

#[cfg(test)]
mod tests;
