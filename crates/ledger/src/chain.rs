//! Each issuer's chain through the log, and every id once: what makes an omission visible.

use crate::leaf::{Leaf, Position, Seen};
use domain::{Digest, PartyId, Timestamp};
use std::collections::BTreeMap;

/// Where every issuer's chain stands after some leaves. It grows with the parties, not with the log, so whoever holds
/// the ids elsewhere, as a node does in its database, needs no more than this.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Heads {
    tips: BTreeMap<PartyId, Tip>,
}

/// [`Heads`], and which ids were logged.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Chains {
    heads: Heads,
    ids: BTreeMap<Digest, u64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Tip {
    sequence: u64,
    leaf_hash: Digest,
    issued_at: Timestamp,
    index: u64,
}

/// Why a leaf does not continue the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainFault {
    /// The same statement again.
    #[error("statement {id} is already logged at index {first}")]
    Replayed {
        /// Its id.
        id: Digest,
        /// Where it was logged first.
        first: u64,
    },
    /// Statements of this issuer are missing before this one.
    #[error("statements {from} to {to} of `{issuer}` are missing before this one")]
    Gap {
        /// Whose.
        issuer: PartyId,
        /// The first missing sequence.
        from: u64,
        /// The last missing sequence.
        to: u64,
    },
    /// The issuer used a sequence twice: two histories, or two machines with one key.
    #[error("`{issuer}` issued sequence {given} again; {expected} is next")]
    Fork {
        /// Whose.
        issuer: PartyId,
        /// The leaf's sequence.
        given: u64,
        /// The one that is next.
        expected: u64,
    },
    /// The sequence fits but the predecessor is another leaf.
    #[error(
        "statement {sequence} of `{issuer}` names another predecessor than the one at index {index}"
    )]
    OtherPredecessor {
        /// Whose.
        issuer: PartyId,
        /// The leaf's sequence.
        sequence: u64,
        /// Where the predecessor was logged.
        index: u64,
    },
    /// The issuer's clock went back.
    #[error("`{issuer}` issued this at {given}, before its previous statement at {previous}")]
    TimeWentBack {
        /// Whose.
        issuer: PartyId,
        /// The previous time.
        previous: Timestamp,
        /// This leaf's.
        given: Timestamp,
    },
    /// A quoted checkpoint that could not have existed yet.
    #[error("quotes a checkpoint of {size} leaves, but is itself leaf {index}")]
    SeenAhead {
        /// The quoted size.
        size: u64,
        /// The leaf's index.
        index: u64,
    },
}

impl ChainFault {
    /// Whether the statement must not count: it was logged before, or its place is taken.
    pub const fn voids(&self) -> bool {
        match self {
            Self::Replayed { .. } | Self::Fork { .. } => true,
            Self::Gap { .. }
            | Self::OtherPredecessor { .. }
            | Self::TimeWentBack { .. }
            | Self::SeenAhead { .. } => false,
        }
    }
}

impl Heads {
    /// Whether `leaf` may follow at `index`. That its id is not in the log yet is for the caller to know.
    ///
    /// # Errors
    /// See [`ChainFault`]; the first found.
    pub fn check(&self, leaf: &Leaf, index: u64) -> Result<(), ChainFault> {
        let issuer = leaf.header().issuer();
        let Position { sequence, previous, issued_at, seen } = leaf.position();
        let tip = self.tips.get(issuer);
        let expected = tip.map_or(0, |t| t.sequence.saturating_add(1));
        if *sequence > expected {
            let (issuer, to) = (issuer.clone(), sequence - 1);
            return Err(ChainFault::Gap { issuer, from: expected, to });
        }
        if *sequence < expected {
            return Err(ChainFault::Fork { issuer: issuer.clone(), given: *sequence, expected });
        }
        if let Some(tip) = tip {
            if *previous != Some(tip.leaf_hash) {
                let (issuer, sequence, index) = (issuer.clone(), *sequence, tip.index);
                return Err(ChainFault::OtherPredecessor { issuer, sequence, index });
            }
            if *issued_at < tip.issued_at {
                let (previous, given) = (tip.issued_at, *issued_at);
                return Err(ChainFault::TimeWentBack { issuer: issuer.clone(), previous, given });
            }
        }
        match seen {
            Some(Seen { size, root: _ }) if *size > index => {
                Err(ChainFault::SeenAhead { size: *size, index })
            }
            _ => Ok(()),
        }
    }

    /// Takes a logged leaf in, and says what is wrong with it. After a gap or a wrong predecessor the
    /// chain goes on from this leaf, so that one fault is reported once; a leaf that does not
    /// count ([`ChainFault::voids`]) moves nothing. `leaf_hash` is the RFC 6962 hash of its bytes.
    pub fn admit(&mut self, leaf: &Leaf, leaf_hash: Digest, index: u64) -> Option<ChainFault> {
        let fault = self.check(leaf, index).err();
        if !fault.as_ref().is_some_and(ChainFault::voids) {
            let Position { sequence, issued_at, previous: _, seen: _ } = *leaf.position();
            let issuer = leaf.header().issuer().clone();
            let latest = self.tips.get(&issuer).map_or(issued_at, |t| t.issued_at.max(issued_at));
            let tip = Tip { sequence, leaf_hash, issued_at: latest, index };
            self.tips.insert(issuer, tip);
        }
        fault
    }

    /// The position that `issuer`'s next statement takes.
    pub fn next(&self, issuer: &PartyId, seen: Option<Seen>, now: Timestamp) -> Position {
        match self.tips.get(issuer) {
            None => Position::first(seen, now),
            Some(tip) => Position {
                sequence: tip.sequence.saturating_add(1),
                previous: Some(tip.leaf_hash),
                issued_at: now.max(tip.issued_at),
                seen,
            },
        }
    }
}

impl Chains {
    /// Whether `leaf` may follow at `index`.
    ///
    /// # Errors
    /// See [`ChainFault`]; the first found.
    pub fn check(&self, leaf: &Leaf, index: u64) -> Result<(), ChainFault> {
        let id = leaf.id();
        if let Some(first) = self.ids.get(&id) {
            return Err(ChainFault::Replayed { id, first: *first });
        }
        self.heads.check(leaf, index)
    }

    /// [`Heads::admit`], and remembers the id. One that is logged already does not count.
    pub fn admit(&mut self, leaf: &Leaf, leaf_hash: Digest, index: u64) -> Option<ChainFault> {
        let id = leaf.id();
        if let Some(first) = self.ids.get(&id) {
            return Some(ChainFault::Replayed { id, first: *first });
        }
        let fault = self.heads.admit(leaf, leaf_hash, index);
        if !fault.as_ref().is_some_and(ChainFault::voids) {
            self.ids.insert(id, index);
        }
        fault
    }

    /// The position that `issuer`'s next statement takes.
    pub fn next(&self, issuer: &PartyId, seen: Option<Seen>, now: Timestamp) -> Position {
        self.heads.next(issuer, seen, now)
    }

    /// Where a statement was logged.
    pub fn index_of(&self, id: &Digest) -> Option<u64> {
        self.ids.get(id).copied()
    }

    /// Where the issuers' chains stand.
    pub const fn heads(&self) -> &Heads {
        &self.heads
    }
}

#[cfg(test)]
mod tests;
