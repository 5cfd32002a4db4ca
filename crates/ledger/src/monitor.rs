//! The monitor: what the log shows about commitments that were not kept as they were made.
//!
//! It is pure: facts in log order and `now` in, findings out. The ledger's own commit-reveal statements are facts
//! ([`Monitor::slot`]); other schemas that commit and open, such as sealed criteria, are turned into the
//! same facts by who knows them. What this party can't read is no fault: a slot whose reveal may be among
//! statements sealed to others is said to be unseen, not missing.

use crate::reveal::{Slot, commitment};
use domain::{Attested, Digest, Line, PartyId, Timestamp};
use std::collections::BTreeMap;
use std::fmt;

/// One thing that was committed to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Who committed.
    pub by: PartyId,
    /// The set or the run.
    pub set: String,
    /// Which slot, counted from 1.
    pub slot: u16,
}

/// A commitment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// How many slots the set has.
    pub slots: u16,
    /// When it must be opened, if that was said.
    pub reveal_by: Option<Timestamp>,
    /// When it was logged, by its issuer's clock.
    pub at: Timestamp,
    /// When a trusted witness first cosigned a tree that has it, as far as is known here.
    pub vouched_at: Option<Timestamp>,
    /// Its place in the log.
    pub index: u64,
}

/// An opening.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reveal {
    /// When it was logged, by its issuer's clock.
    pub at: Timestamp,
    /// Its place in the log.
    pub index: u64,
    /// Why it does not fit its commitment, if it does not.
    pub fault: Option<String>,
}

/// What is wrong. Each has a stable code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Concern {
    /// Opened after its time.
    Late {
        /// When it was to be opened.
        reveal_by: Timestamp,
        /// When it was.
        at: Timestamp,
    },
    /// Not opened by its time, and nothing in the log can be the opening.
    Missing {
        /// When it was to be opened.
        reveal_by: Timestamp,
    },
    /// Not opened by its time as far as can be read here; the opening may be sealed to others.
    Unseen {
        /// When it was to be opened.
        reveal_by: Timestamp,
    },
    /// Not what was committed to.
    Mismatched(String),
    /// Opened before an earlier slot of its set.
    Reordered {
        /// The slot that comes first.
        before: u16,
    },
    /// Opened without, or before, its commitment.
    Uncommitted,
    /// Committed to a second time.
    Recommitted,
    /// A set with slots that were never committed to, or that disagrees about their number.
    Slots(String),
    /// A result that was begun before its commitment was logged, or before any witness vouched for it.
    ResultEarly {
        /// When the result says that it was begun.
        begun_at: Timestamp,
        /// When the commitment is known to have been there.
        committed_at: Timestamp,
    },
}

/// A finding about one commitment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// About what.
    pub key: Key,
    /// What is wrong.
    pub concern: Concern,
}

/// Commitments, openings and results so far.
#[derive(Debug, Clone, Default)]
pub struct Monitor {
    commits: BTreeMap<Key, Commit>,
    slots: BTreeMap<Key, Slot>,
    /// What other schemas committed to, as a digest.
    fixed: BTreeMap<Key, Digest>,
    reveals: BTreeMap<Key, Reveal>,
    findings: Vec<Finding>,
    unread: BTreeMap<PartyId, u64>,
}

impl Concern {
    /// A stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Late { .. } => "late",
            Self::Missing { .. } => "missing",
            Self::Unseen { .. } => "unseen",
            Self::Mismatched(_) => "mismatched",
            Self::Reordered { .. } => "reordered",
            Self::Uncommitted => "uncommitted",
            Self::Recommitted => "recommitted",
            Self::Slots(_) => "slots",
            Self::ResultEarly { .. } => "result-early",
        }
    }

    /// Whether something is wrong, and not only out of sight.
    pub const fn is_fault(&self) -> bool {
        !matches!(self, Self::Unseen { .. })
    }
}

impl fmt::Display for Concern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Late { reveal_by, at } => write!(f, "revealed at {at}, after {reveal_by}"),
            Self::Missing { reveal_by } => write!(f, "not revealed by {reveal_by}"),
            Self::Unseen { reveal_by } => {
                write!(f, "not revealed by {reveal_by} as far as this party can read")
            }
            Self::Mismatched(why) => write!(f, "not what was committed to: {why}"),
            Self::Reordered { before } => write!(f, "revealed before slot {before} of its set"),
            Self::Uncommitted => f.write_str("revealed without a commitment before it"),
            Self::Recommitted => f.write_str("committed to a second time; the first one counts"),
            Self::Slots(why) => f.write_str(why),
            Self::ResultEarly { begun_at, committed_at } => write!(
                f,
                "its result was begun at {begun_at}, and the commitment is only known since {committed_at}"
            ),
        }
    }
}

impl Monitor {
    /// Takes in a commit-reveal statement. `vouched_at` is when a trusted witness first cosigned a tree that has it.
    pub fn slot(
        &mut self,
        attested: &Attested<Slot>,
        at: Timestamp,
        vouched_at: Option<Timestamp>,
    ) {
        let index = attested.index;
        let key = |set: &Line, slot: u16| {
            let (by, set) = (attested.issuer.clone(), set.as_str().to_owned());
            Key { by, set, slot }
        };
        if !attested.is_complete() {
            return;
        }
        match &attested.event {
            Slot::Committed { set, slot, slots, reveal_by, by, .. } => {
                if *by != attested.issuer {
                    return;
                }
                let key = key(set, *slot);
                let reveal_by = Some(*reveal_by);
                let commit = Commit { slots: *slots, reveal_by, at, vouched_at, index };
                if self.commit(key.clone(), commit) {
                    self.slots.insert(key, attested.event.clone());
                }
            }
            Slot::Revealed { set, slot, schema, salt, value, by } => {
                if *by != attested.issuer {
                    return;
                }
                let key = key(set, *slot);
                let fault = self
                    .slots
                    .get(&key)
                    .and_then(|committed| misfit(committed, schema, salt, value));
                self.reveal(key, Reveal { at, index, fault });
            }
        }
    }

    /// Takes in a commitment; false if there was one before.
    pub fn commit(&mut self, key: Key, commit: Commit) -> bool {
        if self.commits.contains_key(&key) {
            self.find(key, Concern::Recommitted);
            return false;
        }
        if key.slot == 0 || key.slot > commit.slots {
            let why = format!("slot {} of a set of {}", key.slot, commit.slots);
            self.find(key.clone(), Concern::Slots(why));
        }
        self.commits.insert(key, commit);
        true
    }

    /// Takes in an opening. The first of a slot counts.
    pub fn reveal(&mut self, key: Key, reveal: Reveal) {
        let Some(commit) = self.commits.get(&key) else {
            return self.find(key, Concern::Uncommitted);
        };
        if let Some(reveal_by) = commit.reveal_by.filter(|by| reveal.at > *by) {
            self.find(key.clone(), Concern::Late { reveal_by, at: reveal.at });
        }
        if let Some(fault) = &reveal.fault {
            self.find(key.clone(), Concern::Mismatched(fault.clone()));
        }
        let earlier = (1..key.slot).find(|slot| {
            let earlier = Key { slot: *slot, ..key.clone() };
            self.commits.contains_key(&earlier) && !self.reveals.contains_key(&earlier)
        });
        if let Some(before) = earlier {
            self.find(key.clone(), Concern::Reordered { before });
        }
        self.reveals.entry(key).or_insert(reveal);
    }

    /// Takes in a result that rests on a commitment: it must have been begun when the commitment was there.
    pub fn result(&mut self, key: Key, begun_at: Timestamp) {
        let Some(commit) = self.commits.get(&key) else {
            return self.find(key, Concern::Uncommitted);
        };
        let committed_at = commit.vouched_at.map_or(commit.at, |vouched| vouched.max(commit.at));
        if begun_at < committed_at {
            self.find(key, Concern::ResultEarly { begun_at, committed_at });
        }
    }

    /// Remembers the digest that a commitment of another schema fixed.
    pub fn fix(&mut self, key: Key, digest: Digest) {
        self.fixed.insert(key, digest);
    }

    /// The digest that was fixed.
    pub fn fixed(&self, key: &Key) -> Option<Digest> {
        self.fixed.get(key).copied()
    }

    /// Whether it was opened.
    pub fn is_revealed(&self, key: &Key) -> bool {
        self.reveals.contains_key(key)
    }

    /// Takes in that a party stated an opening that can't be read here.
    pub fn unread(&mut self, by: PartyId) {
        *self.unread.entry(by).or_default() += 1;
    }

    fn find(&mut self, key: Key, concern: Concern) {
        self.findings.push(Finding { key, concern });
    }

    /// Everything that is wrong at `now`.
    pub fn findings(&self, now: Timestamp) -> Vec<Finding> {
        let mut found = self.findings.clone();
        let mut unread = self.unread.clone();
        for (key, commit) in &self.commits {
            let due = commit.reveal_by.filter(|by| *by < now);
            if let Some(reveal_by) = due.filter(|_| !self.reveals.contains_key(key)) {
                // each opening that can't be read stands for one slot at most
                let hidden = unread.get_mut(&key.by).filter(|left| **left > 0);
                let concern = match hidden {
                    Some(left) => {
                        *left -= 1;
                        Concern::Unseen { reveal_by }
                    }
                    None => Concern::Missing { reveal_by },
                };
                found.push(Finding { key: key.clone(), concern });
            }
            self.check_set(key, commit, now, &mut found);
        }
        found
    }

    /// Whether the set of a first slot is whole by the time that it is opened.
    fn check_set(&self, key: &Key, commit: &Commit, now: Timestamp, found: &mut Vec<Finding>) {
        let of_set = |k: &&Key| k.by == key.by && k.set == key.set;
        if self.commits.keys().find(of_set) != Some(key) {
            return;
        }
        let all: Vec<_> = self.commits.iter().filter(|(k, _)| of_set(k)).collect();
        let about = |why: String| Finding { key: key.clone(), concern: Concern::Slots(why) };
        if all.iter().any(|(_, c)| c.slots != commit.slots) {
            found.push(about("its commitments disagree about how many slots it has".to_owned()));
        } else if commit.reveal_by.is_some_and(|by| by < now)
            && all.len() < usize::from(commit.slots)
        {
            let (made, of) = (all.len(), commit.slots);
            found.push(about(format!("{made} of its {of} slots were ever committed to")));
        }
    }
}

/// Why an opening does not fit, if it does not.
fn misfit(committed: &Slot, schema: &Line, salt: &[u8; 32], value: &[u8]) -> Option<String> {
    let Slot::Committed { set, slot, slots, schema: expected, commitment: fixed, .. } = committed
    else {
        return None;
    };
    if schema != expected {
        return Some(format!("its schema is `{schema}`, not `{expected}`"));
    }
    let opened = commitment(set, (*slot, *slots), schema, salt, value);
    (opened != *fixed).then(|| "value and salt do not open the commitment".to_owned())
}

#[cfg(test)]
mod tests;
