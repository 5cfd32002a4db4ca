//! The fold: clocks of assets, notices of waves.

use crate::clock::Clock;
use crate::event::{Event, HourKey, Ring};
use crate::facts::Facts;
use crate::notice::{Closure, Notice, check_rings};
use crate::refusal::Refusal;
use crate::table::Table;
use crate::worklist::Detections;
use domain::{AdvisoryId, AssetId, Attested, Digest, NoticeId, Party, PartyId, Role, Timestamp};
use std::collections::BTreeMap;

/// Clocks of every asset and notices of every wave, from statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remediation {
    table: Table,
    parties: BTreeMap<PartyId, Party>,
    clocks: BTreeMap<(PartyId, AssetId, AdvisoryId), Clock>,
    notices: BTreeMap<NoticeId, Notice>,
    feeds: BTreeMap<PartyId, Vec<Taken>>,
}

/// A snapshot of feeds that a party took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Taken {
    /// The digest of its files together.
    pub snapshot: Digest,
    /// How many files it has.
    pub files: u32,
    /// The digest of the index that was made of them.
    pub index: Digest,
    /// When that was made.
    pub taken_at: Timestamp,
}

/// What follows from time alone. Each needs a person or a party to act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prompt {
    /// A ring's hour came: its issuer should tell the key.
    Open {
        /// The notice.
        notice: NoticeId,
        /// The ring.
        ring: u8,
    },
    /// Half of the time to act is over and these have not said that they read it.
    Silent {
        /// The notice.
        notice: NoticeId,
        /// Who.
        operators: Vec<PartyId>,
    },
}

impl Remediation {
    /// Starts from the table and the directory of parties.
    pub fn new(table: Table, parties: BTreeMap<PartyId, Party>) -> Self {
        let (clocks, notices, feeds) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { table, parties, clocks, notices, feeds }
    }

    /// The table that decides.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// States what an operator knows of one vulnerability on one asset.
    ///
    /// # Errors
    /// Not an operator, or facts that lie ahead.
    pub fn record_facts(
        &self,
        operator: PartyId,
        asset: AssetId,
        advisory: AdvisoryId,
        facts: Facts,
        now: Timestamp,
    ) -> Result<Event, Refusal> {
        self.admit(Event::FactsRecorded { operator, asset, advisory, facts }, now)
    }

    /// States that a notice was sealed for its rings.
    ///
    /// # Errors
    /// Not a clearinghouse, an id that is taken, or rings out of bounds.
    pub fn issue(
        &self,
        notice: NoticeId,
        issuer: PartyId,
        rings: Vec<Ring>,
        act_by: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Event, Refusal> {
        self.admit(Event::NoticeIssued { notice, issuer, rings, act_by }, now)
    }

    /// States a ring's key, from its hour on.
    ///
    /// # Errors
    /// Too early, another key, or not the issuer.
    pub fn open(
        &self,
        notice: NoticeId,
        issuer: PartyId,
        ring: u8,
        key: HourKey,
        now: Timestamp,
    ) -> Result<Event, Refusal> {
        self.admit(Event::NoticeOpened { notice, issuer, ring, key }, now)
    }

    /// States that an operator has read a notice.
    ///
    /// # Errors
    /// Not for the operator, not open, or said before.
    pub fn acknowledge(
        &self,
        notice: NoticeId,
        operator: PartyId,
        now: Timestamp,
    ) -> Result<Event, Refusal> {
        self.admit(Event::NoticeAcknowledged { notice, operator }, now)
    }

    /// States that a newer inventory no longer matches; [`crate::closure`] compared the two.
    ///
    /// # Errors
    /// Not for the operator, not open, or closed before.
    pub fn close(
        &self,
        notice: NoticeId,
        operator: PartyId,
        closure: &Closure,
        now: Timestamp,
    ) -> Result<Event, Refusal> {
        let Closure { before: (before, before_at), after: (after, after_at) } = *closure;
        self.admit(
            Event::NoticeClosed { notice, operator, before, before_at, after, after_at },
            now,
        )
    }

    /// States which snapshot of feeds a party took.
    ///
    /// # Errors
    /// The one that it took last, once more; or one that was made later than now.
    pub fn take_feeds(&self, by: PartyId, taken: Taken, now: Timestamp) -> Result<Event, Refusal> {
        let Taken { snapshot, files, index, taken_at } = taken;
        self.admit(Event::FeedsTaken { by, snapshot, files, index, taken_at }, now)
    }

    fn admit(&self, event: Event, now: Timestamp) -> Result<Event, Refusal> {
        self.check(&event, now).map(|()| event)
    }

    /// Folds one statement. What does not count changes nothing.
    ///
    /// # Errors
    /// Why it does not count.
    pub fn apply(&mut self, attested: &Attested<Event>) -> Result<(), Refusal> {
        let event = &attested.event;
        let now = attested.claimed_at;
        if !attested.signers.contains(event.by()) {
            return Err(Refusal::NotSigned(event.by().clone()));
        }
        self.check(event, now)?;
        match event.clone() {
            Event::FactsRecorded { operator, asset, advisory, facts } => {
                match self.clocks.get_mut(&(operator.clone(), asset.clone(), advisory.clone())) {
                    Some(clock) => {
                        clock.reclock(&self.table, facts, now);
                    }
                    None => {
                        let clock = Clock::start(&self.table, facts, now);
                        self.clocks.insert((operator, asset, advisory), clock);
                    }
                }
            }
            Event::NoticeIssued { notice, issuer, rings, act_by } => {
                let issued = Notice {
                    issuer,
                    rings,
                    act_by,
                    keys: BTreeMap::new(),
                    acknowledged: BTreeMap::new(),
                    closed: BTreeMap::new(),
                };
                self.notices.insert(notice, issued);
            }
            Event::NoticeOpened { notice, ring, key, issuer: _ } => {
                if let Some(held) = self.notices.get_mut(&notice) {
                    held.keys.insert(ring, key);
                }
            }
            Event::NoticeAcknowledged { notice, operator } => {
                if let Some(held) = self.notices.get_mut(&notice) {
                    held.acknowledged.insert(operator, now);
                }
            }
            Event::NoticeClosed { notice, operator, after_at, .. } => {
                if let Some(held) = self.notices.get_mut(&notice) {
                    held.closed.insert(operator, after_at);
                }
            }
            Event::FeedsTaken { by, snapshot, files, index, taken_at } => {
                let taken = Taken { snapshot, files, index, taken_at };
                self.feeds.entry(by).or_default().push(taken);
            }
        }
        Ok(())
    }

    fn check(&self, event: &Event, now: Timestamp) -> Result<(), Refusal> {
        let by = event.by();
        let party = self.parties.get(by).ok_or_else(|| Refusal::UnknownParty(by.clone()))?;
        let has = |role| {
            let wrong = Refusal::WrongRole { by: by.clone(), role };
            if party.roles.contains(&role) { Ok(()) } else { Err(wrong) }
        };
        match event {
            Event::FactsRecorded { facts, .. } => {
                has(Role::Operator)?;
                let detected = facts.detected.as_ref().map(|d| d.value);
                match detected.filter(|at| *at > now) {
                    Some(at) => Err(Refusal::InFuture { at }),
                    None => Ok(()),
                }
            }
            Event::NoticeIssued { notice, rings, .. } => {
                has(Role::Clearinghouse)?;
                if self.notices.contains_key(notice) {
                    return Err(Refusal::NoticeTaken(notice.clone()));
                }
                check_rings(notice, rings)
            }
            Event::NoticeOpened { notice, issuer, ring, key } => {
                self.check_open(notice, issuer, (*ring, key), now)
            }
            Event::NoticeAcknowledged { notice, operator } => {
                let held = self.held(notice)?;
                held.may_read(operator, now)?;
                if held.acknowledged.contains_key(operator) {
                    return Err(Refusal::AlreadyAcknowledged(operator.clone()));
                }
                Ok(())
            }
            Event::NoticeClosed { notice, operator, before, before_at, after, after_at } => {
                let held = self.held(notice)?;
                held.may_read(operator, now)?;
                if held.closed.contains_key(operator) {
                    return Err(Refusal::AlreadyClosed(operator.clone()));
                }
                if after_at <= before_at || after == before || *after_at > now {
                    let (before, after) = (*before_at, *after_at);
                    return Err(Refusal::InventoryOrder { before, after });
                }
                Ok(())
            }
            Event::FeedsTaken { by, snapshot, taken_at, .. } => {
                if *taken_at > now {
                    return Err(Refusal::InFuture { at: *taken_at });
                }
                let last = self.feeds(by).last();
                if last.is_some_and(|last| last.snapshot == *snapshot) {
                    return Err(Refusal::SameFeeds(*snapshot));
                }
                Ok(())
            }
        }
    }

    fn check_open(
        &self,
        notice: &NoticeId,
        issuer: &PartyId,
        (ring, key): (u8, &HourKey),
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let held = self.held(notice)?;
        if held.issuer != *issuer {
            return Err(Refusal::NotTheIssuer(notice.clone()));
        }
        let unknown = || Refusal::UnknownRing { notice: notice.clone(), ring };
        let known = held.rings.get(usize::from(ring)).ok_or_else(unknown)?;
        if held.keys.contains_key(&ring) {
            return Err(Refusal::AlreadyOpen { notice: notice.clone(), ring });
        }
        if now < known.opens_at {
            return Err(Refusal::NotOpen { opens_at: known.opens_at });
        }
        if key.digest() != known.key {
            return Err(Refusal::WrongKey { notice: notice.clone(), ring });
        }
        Ok(())
    }

    fn held(&self, notice: &NoticeId) -> Result<&Notice, Refusal> {
        self.notices.get(notice).ok_or_else(|| Refusal::UnknownNotice(notice.clone()))
    }

    /// The snapshots of feeds that a party took, the latest last.
    pub fn feeds(&self, by: &PartyId) -> &[Taken] {
        self.feeds.get(by).map_or(&[], Vec::as_slice)
    }

    /// A notice.
    pub fn notice(&self, notice: &NoticeId) -> Option<&Notice> {
        self.notices.get(notice)
    }

    /// Every notice.
    pub fn notices(&self) -> impl Iterator<Item = (&NoticeId, &Notice)> {
        self.notices.iter()
    }

    /// The clock of one vulnerability on one asset.
    pub fn clock(
        &self,
        operator: &PartyId,
        asset: &AssetId,
        advisory: &AdvisoryId,
    ) -> Option<&Clock> {
        self.clocks.get(&(operator.clone(), asset.clone(), advisory.clone()))
    }

    /// Every clock of an operator.
    pub fn clocks(
        &self,
        operator: &PartyId,
    ) -> impl Iterator<Item = (&AssetId, &AdvisoryId, &Clock)> {
        let mine = self.clocks.iter().filter(move |((o, ..), _)| o == operator);
        mine.map(|((_, asset, advisory), clock)| (asset, advisory, clock))
    }

    /// When an operator first found what, for a worklist.
    pub fn detections(&self, operator: &PartyId) -> Detections {
        let mut detections = Detections::new();
        for (asset, advisory, clock) in self.clocks(operator) {
            if let Some(first) = &clock.facts().detected {
                detections.insert(asset.clone(), advisory.clone(), first.value);
            }
        }
        detections
    }

    /// The next instant after `now` at which something follows from time alone.
    pub fn due(&self, now: Timestamp) -> Option<Timestamp> {
        self.notices.values().flat_map(Notice::instants).filter(|at| *at > now).min()
    }

    /// What follows from time alone by `now`.
    pub fn tick(&self, now: Timestamp) -> Vec<Prompt> {
        let mut prompts = Vec::new();
        for (id, notice) in &self.notices {
            for (ring, number) in notice.rings.iter().zip(0u8..) {
                if now >= ring.opens_at && !notice.keys.contains_key(&number) {
                    prompts.push(Prompt::Open { notice: id.clone(), ring: number });
                }
            }
            let operators: Vec<_> = notice.silent(now).into_iter().cloned().collect();
            if !operators.is_empty() {
                prompts.push(Prompt::Silent { notice: id.clone(), operators });
            }
        }
        prompts
    }
}

#[cfg(test)]
mod tests;
