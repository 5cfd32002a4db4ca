//! One wave: a notice from issue to closure.

use crate::event::{HourKey, Ring};
use crate::index::{Component, Index};
use crate::refusal::Refusal;
use domain::{AdvisoryId, Digest, NoticeId, PartyId, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// Most rings of a notice; a reader with a copy of their own is a ring.
pub(crate) const MOST_RINGS: usize = 128;
/// Most readers of a ring.
pub(crate) const MOST_READERS: usize = 20_000;

/// A notice as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub(crate) issuer: PartyId,
    pub(crate) rings: Vec<Ring>,
    pub(crate) act_by: Option<Timestamp>,
    pub(crate) keys: BTreeMap<u8, HourKey>,
    pub(crate) acknowledged: BTreeMap<PartyId, Timestamp>,
    pub(crate) closed: BTreeMap<PartyId, Timestamp>,
}

/// How many, never who.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// How many the notice is for.
    pub told: usize,
    /// For how many its hour came.
    pub opened: usize,
    /// How many read it.
    pub acknowledged: usize,
    /// How many closed it by a newer inventory.
    pub closed: usize,
}

/// Two inventories between which a match ended. Only [`closure`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closure {
    pub(crate) before: (Digest, Timestamp),
    pub(crate) after: (Digest, Timestamp),
}

/// Why two inventories close nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotClosed {
    /// The second is not newer, or is the same file.
    #[error("the inventory of {after} is the same file as that of {before}, or no newer")]
    NotNewer {
        /// When the first was taken.
        before: Timestamp,
        /// When the second was taken.
        after: Timestamp,
    },
    /// The first never matched.
    #[error("the earlier inventory does not match the notice, so there is nothing to close")]
    NeverMatched,
    /// The second still matches.
    #[error("`{component}` still matches {advisory}")]
    StillMatches {
        /// The component, with its version.
        component: String,
        /// The advisory.
        advisory: AdvisoryId,
    },
    /// It can't be said whether the second matches.
    #[error("whether `{component}` matches {advisory} is unknown: {doubt}")]
    Unknown {
        /// The component, with its version.
        component: String,
        /// The advisory.
        advisory: AdvisoryId,
        /// Why.
        doubt: String,
    },
}

impl Notice {
    /// Who issued it.
    pub fn issuer(&self) -> &PartyId {
        &self.issuer
    }

    /// By when operators should have acted.
    pub fn act_by(&self) -> Option<Timestamp> {
        self.act_by
    }

    /// Its rings.
    pub fn rings(&self) -> &[Ring] {
        &self.rings
    }

    /// The ring and key with which a party may read it now: its hour came and the key was told.
    ///
    /// # Errors
    /// Not in any ring, or too early; says from when.
    pub fn may_read(&self, party: &PartyId, now: Timestamp) -> Result<(&Ring, &HourKey), Refusal> {
        let mine = self.rings.iter().zip(0u8..).filter(|(ring, _)| ring.audience.contains(party));
        let (ring, number) = mine
            .min_by_key(|(ring, _)| ring.opens_at)
            .ok_or_else(|| Refusal::NotInAudience(party.clone()))?;
        match self.keys.get(&number) {
            Some(key) if now >= ring.opens_at => Ok((ring, key)),
            Some(_) | None => Err(Refusal::NotOpen { opens_at: ring.opens_at }),
        }
    }

    /// Everyone it is for, once each.
    pub fn audience(&self) -> BTreeSet<&PartyId> {
        self.rings.iter().flat_map(|r| &r.audience).collect()
    }

    /// How many, never who. This is what goes upstream.
    pub fn counts(&self) -> Counts {
        let open = self.rings.iter().zip(0u8..).filter(|(_, i)| self.keys.contains_key(i));
        let opened: BTreeSet<_> = open.flat_map(|(ring, _)| &ring.audience).collect();
        Counts {
            told: self.audience().len(),
            opened: opened.len(),
            acknowledged: self.acknowledged.len(),
            closed: self.closed.len(),
        }
    }

    /// Who could read it and has not said so when half of the time to act is over: ask through a
    /// second channel.
    pub fn silent(&self, now: Timestamp) -> Vec<&PartyId> {
        let Some(act_by) = self.act_by else { return Vec::new() };
        let mut silent = BTreeSet::new();
        for (ring, number) in self.rings.iter().zip(0u8..) {
            let half = half_way(ring.opens_at, act_by);
            if self.keys.contains_key(&number) && now >= half {
                silent.extend(ring.audience.iter().filter(|p| !self.acknowledged.contains_key(*p)));
            }
        }
        silent.into_iter().collect()
    }

    /// Instants at which something follows from time alone.
    pub(crate) fn instants(&self) -> impl Iterator<Item = Timestamp> {
        let opens = self.rings.iter().map(|r| r.opens_at);
        let halves = self.rings.iter().filter_map(|r| Some(half_way(r.opens_at, self.act_by?)));
        opens.chain(halves).chain(self.act_by)
    }
}

fn half_way(from: Timestamp, to: Timestamp) -> Timestamp {
    from.after(domain::Span::micros(to.since(from).as_micros() / 2))
}

/// A newer inventory that no longer matches the notice's advisories closes it; nothing else does.
///
/// # Errors
/// Which component still matches, or of which it can't be said.
pub fn closure(
    index: &Index,
    advisories: &BTreeSet<AdvisoryId>,
    before: (Digest, Timestamp, &[Component]),
    after: (Digest, Timestamp, &[Component]),
) -> Result<Closure, NotClosed> {
    if after.1 <= before.1 || after.0 == before.0 {
        return Err(NotClosed::NotNewer { before: before.1, after: after.1 });
    }
    let concerns = |record: u32| {
        let (_, flaw) = index.flaw(record)?;
        flaw.ids.iter().find(|id| advisories.contains(*id)).cloned()
    };
    let matched = |component: &Component| {
        let found = index.look_up(component);
        let unknown = found.unknown.iter().map(|(record, _)| *record);
        found.affected.iter().copied().chain(unknown).any(|r| concerns(r).is_some())
    };
    if !before.2.iter().any(matched) {
        return Err(NotClosed::NeverMatched);
    }
    for component in after.2 {
        let shown = || {
            let version = component.version.as_deref().unwrap_or("?");
            format!("{} {version}", component.name).chars().take(200).collect::<String>()
        };
        let found = index.look_up(component);
        if let Some(advisory) = found.affected.iter().find_map(|r| concerns(*r)) {
            return Err(NotClosed::StillMatches { component: shown(), advisory });
        }
        for (record, doubt) in &found.unknown {
            if let Some(advisory) = concerns(*record) {
                let doubt = doubt.to_string();
                return Err(NotClosed::Unknown { component: shown(), advisory, doubt });
            }
        }
    }
    Ok(Closure { before: (before.0, before.1), after: (after.0, after.1) })
}

/// Checks a notice's rings.
pub(crate) fn check_rings(notice: &NoticeId, rings: &[Ring]) -> Result<(), Refusal> {
    if rings.is_empty() || rings.len() > MOST_RINGS {
        return Err(Refusal::Rings { given: rings.len() });
    }
    for ring in rings {
        let distinct: BTreeSet<_> = ring.audience.iter().collect();
        let ordered = ring.audience.iter().eq(distinct);
        if ring.audience.is_empty() || ring.audience.len() > MOST_READERS || !ordered {
            return Err(Refusal::Audience(ring.name.clone()));
        }
        if ring.opens_at.as_micros() % 3_600_000_000 != 0 {
            return Err(Refusal::NotAnHour { opens_at: ring.opens_at });
        }
    }
    let hours = || rings.iter().map(|r| r.opens_at);
    if !hours().zip(hours().skip(1)).all(|(a, b)| a <= b) {
        return Err(Refusal::RingOrder(notice.clone()));
    }
    Ok(())
}
