//! The fold: which clocks run, what was met, which due dates moved.

use crate::event::Event;
use crate::view::{Adjustment, Met};
use crate::{ClockId, Force, ObligationId, Pack, Refusal, Rule};
use domain::{Attested, Digest, Line, Party, PartyId, Role, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// A clock of a party.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Running {
    pub(crate) pack: Box<str>,
    pub(crate) subject: Line,
    pub(crate) starts: BTreeMap<Box<str>, Timestamp>,
    pub(crate) withdrawn: Option<Line>,
}

/// Obligations of everybody, from packs and statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directives {
    pub(crate) packs: BTreeMap<Box<str>, Pack>,
    parties: BTreeMap<PartyId, Party>,
    pub(crate) clocks: BTreeMap<(PartyId, ClockId), Running>,
    pub(crate) met: BTreeMap<(ObligationId, PartyId), Met>,
    pub(crate) adjusted: BTreeMap<(ObligationId, PartyId), Vec<Adjustment>>,
}

impl Directives {
    /// Starts from packs and the directory of parties. Of two packs with one id the later counts.
    pub fn new(packs: Vec<Pack>, parties: BTreeMap<PartyId, Party>) -> Self {
        Self {
            packs: packs.into_iter().map(|p| (p.id.clone(), p)).collect(),
            parties,
            clocks: BTreeMap::new(),
            met: BTreeMap::new(),
            adjusted: BTreeMap::new(),
        }
    }

    /// The packs, by id.
    pub fn packs(&self) -> impl Iterator<Item = &Pack> {
        self.packs.values()
    }

    /// States that something happened from which rules of a pack run.
    ///
    /// # Errors
    /// An unknown, inactive or fixed start; a start that the clock has already.
    pub fn start_clock(
        &self,
        (by, clock): (PartyId, ClockId),
        (pack, start): (Line, Line),
        at: Timestamp,
        subject: Line,
        now: Timestamp,
    ) -> Result<Event, Refusal> {
        self.admit(Event::ClockStarted { clock, pack, start, at, subject, by }, now)
    }

    /// States that an obligation was met.
    ///
    /// # Errors
    /// An unknown obligation, another role's, one met before, or an instant outside its clock.
    pub fn meet(
        &self,
        obligation: ObligationId,
        by: PartyId,
        at: Timestamp,
        (evidence, note): (Digest, Line),
        now: Timestamp,
    ) -> Result<Event, Refusal> {
        self.admit(Event::ObligationMet { obligation, by, at, evidence, note }, now)
    }

    /// States that a due date moved, and where that is written.
    ///
    /// # Errors
    /// An unknown obligation, another role's, or one without a due date.
    pub fn adjust(
        &self,
        obligation: ObligationId,
        by: PartyId,
        due: Timestamp,
        (reason, source): (Line, Line),
        now: Timestamp,
    ) -> Result<Event, Refusal> {
        self.admit(Event::DueAdjusted { obligation, by, due, reason, source }, now)
    }

    /// States that a clock was started in error.
    ///
    /// # Errors
    /// An unknown clock or one withdrawn before.
    pub fn withdraw_clock(
        &self,
        clock: ClockId,
        by: PartyId,
        reason: Line,
        now: Timestamp,
    ) -> Result<Event, Refusal> {
        self.admit(Event::ClockWithdrawn { clock, by, reason }, now)
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
        if !attested.signers.contains(event.by()) {
            return Err(Refusal::NotSigned(event.by().clone()));
        }
        self.check(event, attested.claimed_at)?;
        match event.clone() {
            Event::ClockStarted { clock, pack, start, at, subject, by } => {
                let running = self.clocks.entry((by, clock)).or_insert_with(|| Running {
                    pack: pack.as_str().into(),
                    subject,
                    starts: BTreeMap::new(),
                    withdrawn: None,
                });
                running.starts.insert(start.as_str().into(), at);
            }
            Event::ObligationMet { obligation, by, at, evidence, note } => {
                let met =
                    Met { by: by.clone(), at, evidence, note, stated_at: attested.claimed_at };
                self.met.insert((obligation, by), met);
            }
            Event::DueAdjusted { obligation, by, due, reason, source } => {
                let stated_at = attested.claimed_at;
                let adjustment = Adjustment { by: by.clone(), due, reason, source, stated_at };
                self.adjusted.entry((obligation, by)).or_default().push(adjustment);
            }
            Event::ClockWithdrawn { clock, by, reason } => {
                if let Some(running) = self.clocks.get_mut(&(by, clock)) {
                    running.withdrawn = Some(reason);
                }
            }
        }
        Ok(())
    }

    fn check(&self, event: &Event, now: Timestamp) -> Result<(), Refusal> {
        let by = event.by();
        let party = self.parties.get(by).ok_or_else(|| Refusal::UnknownParty(by.clone()))?;
        match event {
            Event::ClockStarted { clock, pack, start, at, .. } => {
                not_future(*at, now)?;
                self.check_start(party, clock, (pack.as_str(), start.as_str()))
            }
            Event::ObligationMet { obligation, at, .. } => {
                not_future(*at, now)?;
                let rule = self.rule_for(obligation, party)?;
                if self.met.contains_key(&(obligation.clone(), by.clone())) {
                    let (by, obligation) = (by.clone(), obligation.clone());
                    return Err(Refusal::AlreadyMet { by, obligation });
                }
                match self.started_at(rule, obligation, by) {
                    Some(started) if *at < started => {
                        Err(Refusal::BeforeStart { at: *at, started })
                    }
                    Some(_) | None => Ok(()),
                }
            }
            Event::DueAdjusted { obligation, .. } => {
                let rule = self.rule_for(obligation, party)?;
                let due = self.due_by_rule(rule, obligation, by);
                due.map(|_| ()).ok_or_else(|| Refusal::NoDue(obligation.clone()))
            }
            Event::ClockWithdrawn { clock, .. } => {
                let running = self.clocks.get(&(by.clone(), clock.clone()));
                let running = running.ok_or_else(|| Refusal::UnknownClock(clock.clone()))?;
                match running.withdrawn {
                    Some(_) => Err(Refusal::ClockGone(clock.clone())),
                    None => Ok(()),
                }
            }
        }
    }

    fn check_start(
        &self,
        party: &Party,
        clock: &ClockId,
        (pack, start): (&str, &str),
    ) -> Result<(), Refusal> {
        let known = self.packs.get(pack).ok_or_else(|| Refusal::UnknownPack(pack.into()))?;
        if known.force == Force::Inactive {
            return Err(Refusal::PackInactive(pack.into()));
        }
        match known.start(start) {
            None => {
                return Err(Refusal::UnknownStart { pack: pack.into(), start: start.into() });
            }
            Some(s) if s.at.is_some() => return Err(Refusal::StartFixed(start.into())),
            Some(_) => {}
        }
        if !known.rules.iter().any(|r| speaks_to(r, party)) {
            return Err(Refusal::NoRuleForYou { by: party.id.clone(), pack: pack.into() });
        }
        let Some(running) = self.clocks.get(&(party.id.clone(), clock.clone())) else {
            return Ok(());
        };
        if &*running.pack != pack {
            return Err(Refusal::ClockTaken(clock.clone()));
        }
        if running.withdrawn.is_some() {
            return Err(Refusal::ClockGone(clock.clone()));
        }
        if running.starts.contains_key(start) {
            return Err(Refusal::StartRecorded { clock: clock.clone(), start: start.into() });
        }
        Ok(())
    }

    /// The rule of an obligation that exists for the party: its clock, if it needs one, has started.
    fn rule_for(&self, obligation: &ObligationId, party: &Party) -> Result<&Rule, Refusal> {
        let unknown = || Refusal::UnknownObligation(obligation.clone());
        let pack = self.packs.get(obligation.rule.pack()).ok_or_else(unknown)?;
        if pack.force == Force::Inactive {
            return Err(Refusal::PackInactive(pack.id.clone()));
        }
        let rule = pack.rule(obligation.rule.rule()).ok_or_else(unknown)?;
        if !speaks_to(rule, party) {
            let (by, obligation) = (party.id.clone(), obligation.clone());
            return Err(Refusal::NotYours { by, obligation });
        }
        if let Some(clock) = &obligation.clock
            && let Some(running) = self.clocks.get(&(party.id.clone(), clock.clone()))
            && running.withdrawn.is_some()
        {
            return Err(Refusal::ClockGone(clock.clone()));
        }
        let started = self.started_at(rule, obligation, &party.id).is_some();
        match (&rule.clock, &obligation.clock) {
            (None, None) => Ok(rule),
            (Some(_), _) if started => Ok(rule),
            (Some(_) | None, Some(_) | None) => Err(unknown()),
        }
    }

    /// The instant a rule's clock runs from.
    pub(crate) fn started_at(
        &self,
        rule: &Rule,
        obligation: &ObligationId,
        by: &PartyId,
    ) -> Option<Timestamp> {
        let from = &rule.clock.as_ref()?.from;
        let fixed = self.packs.get(rule.id.pack())?.start(from)?.at;
        match (&obligation.clock, fixed) {
            (None, Some(at)) => Some(at),
            (Some(clock), None) => self.start_of(clock, by, rule, from),
            (None, None) | (Some(_), Some(_)) => None,
        }
    }

    /// The instant of a start that a party recorded on a clock of the rule's pack.
    pub(crate) fn start_of(
        &self,
        clock: &ClockId,
        by: &PartyId,
        rule: &Rule,
        start: &str,
    ) -> Option<Timestamp> {
        let running = self.clocks.get(&(by.clone(), clock.clone()))?;
        if &*running.pack != rule.id.pack() {
            return None;
        }
        running.starts.get(start).copied()
    }

    /// The last instant in time, by the rule alone.
    pub(crate) fn due_by_rule(
        &self,
        rule: &Rule,
        obligation: &ObligationId,
        by: &PartyId,
    ) -> Option<Timestamp> {
        let start = self.started_at(rule, obligation, by)?;
        rule.clock.as_ref().map(|c| c.length.due(start))
    }
}

fn not_future(at: Timestamp, now: Timestamp) -> Result<(), Refusal> {
    if at > now { Err(Refusal::InFuture { at }) } else { Ok(()) }
}

fn speaks_to(rule: &Rule, party: &Party) -> bool {
    let roles: BTreeSet<Role> = party.roles.iter().copied().collect();
    rule.roles.is_empty() || !rule.roles.is_disjoint(&roles)
}

#[cfg(test)]
mod tests;
