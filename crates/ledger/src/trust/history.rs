//! Which keys a party had at which place in the log.

use super::{Change, Trust};
use crate::keys::PublicKeys;
use domain::PartyId;
use std::fmt;

/// Most keys that a party can have had; and most that can count at a time are a quarter of them.
pub const MAX_KEYS: usize = 64;
/// Most keys of a party that count at a time, which bounds what one bad signature costs to refuse.
pub(super) const MAX_OPEN_KEYS: usize = 4;

/// A key and the places in the log at which it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySpan {
    /// The key.
    pub keys: PublicKeys,
    /// The first place at which it counts: 0, or the one after the statement that brought it.
    pub from: u64,
    /// What ended it, if something did.
    pub end: Option<KeyEnd>,
}

/// The end of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyEnd {
    /// The place of the statement that ended it. That statement may still be signed with it.
    pub index: u64,
    /// How.
    pub ending: Ending,
}

/// How a key ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Another key took its place.
    Rotated,
    /// It was revoked.
    Revoked,
}

impl KeySpan {
    /// Whether the key counts at a place in the log.
    pub fn counts_at(&self, at: u64) -> bool {
        self.from <= at && self.end.is_none_or(|end| at <= end.index)
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rotated => "replaced",
            Self::Revoked => "revoked",
        })
    }
}

impl Trust {
    /// Every key that a party has or had, oldest first; `None` when nobody of that name is known.
    pub fn keys_of(&self, party: &PartyId) -> Option<&[KeySpan]> {
        self.keys.get(party).map(Vec::as_slice)
    }

    /// The newest key of a party that still counts: what is sealed to the party, is sealed to it. `None` when
    /// the party is not known or every key of it was revoked.
    pub fn sealing_keys(&self, party: &PartyId) -> Option<&PublicKeys> {
        let spans = self.keys.get(party)?;
        spans.iter().rev().find(|span| span.end.is_none()).map(|span| &span.keys)
    }

    /// What was learned from the log, in its order.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// The roots of trust as the file says them, without what was learned from the log.
    #[must_use]
    pub fn bootstrap(&self) -> Self {
        let mut trust = self.clone();
        for change in std::mem::take(&mut trust.changes).iter().rev() {
            trust.undo(change);
        }
        trust
    }

    fn undo(&mut self, change: &Change) {
        let party = &change.party;
        if let Some(spans) = self.keys.get_mut(party) {
            spans.retain(|span| span.from <= change.index);
            for span in spans.iter_mut() {
                span.end = span.end.filter(|end| end.index < change.index);
            }
            match (spans.last(), self.members.get_mut(party)) {
                (Some(last), Some(member)) => member.keys = last.keys.clone(),
                (None, _) => {
                    self.keys.remove(party);
                    self.members.remove(party);
                }
                (Some(_), None) => {}
            }
        }
        self.closed = self.closed.take().filter(|closed| closed.index < change.index);
    }
}
