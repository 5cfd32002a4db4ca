//! Commit and reveal: values that are fixed now and opened later, in numbered slots, by a time that is named.
//!
//! Who commits says beforehand how many slots the set has, so it can't commit many values and reveal the one that
//! turned out best without the missing ones being seen. A notary cosigns each commitment. The value is hidden by
//! `HMAC-SHA-384(salt, PAE("vestibule/slot/v1", CBOR [set, slot, slots, schema, value]))` with a random 32-byte salt.
//! [`crate::monitor::Monitor`] says what was late, is missing, or does not fit.

use crate::signature::pae;
use domain::{Digest384, Line, PartyId, Statement, Timestamp};
use minicbor::{Decode, Encode};
use std::collections::BTreeSet;

/// Most bytes of a committed value.
pub const MAX_VALUE: usize = 256 << 10;
/// Most slots of a set.
pub const MAX_SLOTS: u16 = 1024;

/// A statement of schema `reveal/v1`. Commitments are for everyone to read; a reveal for whom it is sealed to.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Slot {
    /// A value is fixed. Counts with the notary's signature.
    #[n(0)]
    Committed {
        /// The set, a name that its committer gives once.
        #[n(0)]
        set: Line,
        /// Which of its slots, counted from 1.
        #[n(1)]
        slot: u16,
        /// How many slots the set has.
        #[n(2)]
        slots: u16,
        /// Family and version of the value.
        #[n(3)]
        schema: Line,
        /// When it is opened at the latest.
        #[n(4)]
        reveal_by: Timestamp,
        /// The commitment ([`commitment`]).
        #[n(5)]
        commitment: Digest384,
        /// Who commits.
        #[n(6)]
        by: PartyId,
        /// Who attests that it was made now.
        #[n(7)]
        notary: PartyId,
    },
    /// A value is opened.
    #[n(1)]
    Revealed {
        /// The set.
        #[n(0)]
        set: Line,
        /// Which slot.
        #[n(1)]
        slot: u16,
        /// Who committed.
        #[n(2)]
        by: PartyId,
        /// Family and version of the value.
        #[n(3)]
        schema: Line,
        /// The salt.
        #[cbor(n(4), with = "minicbor::bytes")]
        salt: [u8; 32],
        /// The value.
        #[cbor(n(5), with = "minicbor::bytes")]
        value: Vec<u8>,
    },
}

/// What a commitment is over.
#[derive(Encode)]
struct Committed<'a> {
    #[n(0)]
    set: &'a Line,
    #[n(1)]
    slot: u16,
    #[n(2)]
    slots: u16,
    #[n(3)]
    schema: &'a Line,
    #[cbor(n(4), with = "minicbor::bytes")]
    value: &'a [u8],
}

/// The commitment to a value in one slot of a set, under a salt of 32 random bytes.
pub fn commitment(
    set: &Line,
    (slot, slots): (u16, u16),
    schema: &Line,
    salt: &[u8; 32],
    value: &[u8],
) -> Digest384 {
    let body = domain::wire::encode(&Committed { set, slot, slots, schema, value });
    Digest384::from_bytes(crypto::hmac_sha384(salt, &pae("vestibule/slot/v1", &body)))
}

impl Statement for Slot {
    const SCHEMA: &'static str = "reveal/v1";

    fn kind(&self) -> &'static str {
        match self {
            Self::Committed { .. } => "committed",
            Self::Revealed { .. } => "revealed",
        }
    }

    fn signers(&self) -> BTreeSet<PartyId> {
        match self {
            Self::Committed { by, notary, .. } => BTreeSet::from([by.clone(), notary.clone()]),
            Self::Revealed { by, .. } => BTreeSet::from([by.clone()]),
        }
    }
}
