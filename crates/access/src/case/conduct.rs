//! Guards of breaches, destruction, snapshots, signals and considerations. All but a breach that stops are records.

use super::{BreachRecord, Case};
use crate::event::{Breach, BreachWord, Consideration, Destruction, Event, SignalAction, Snapshot};
use crate::{ConductRefusal, Refusal};
use domain::{Digest, IncidentId, PartyId, PersonId, Text};

/// Most records of one kind in a case. It bounds what one party can make the others keep.
const RECORDS: usize = 4_096;
/// Most answers to one breach.
const ANSWERS: usize = 64;

impl Case {
    pub(super) fn admit_breach(&self, e: &Breach) -> Result<(), Refusal> {
        if e.stops {
            self.either_speaks(&e.by)?;
        } else {
            self.takes_part(&e.by)?;
        }
        self.takes_part(&e.about)?;
        if self.breaches.contains_key(&e.incident) {
            return Err(ConductRefusal::BreachExists { incident: e.incident.clone() }.into());
        }
        has_words("account of the breach", &e.account)?;
        room("breaches", self.breaches.len())
    }

    /// Whoever it is about answers.
    pub(super) fn admit_answer(&self, e: &BreachWord) -> Result<(), Refusal> {
        let record = self.open_breach(&e.incident)?;
        has_words("remedy", &e.remedy)?;
        if record.answers.len() >= ANSWERS {
            let given = record.answers.len() + 1;
            return Err(Refusal::TooMany { what: "answers to one breach", given, bound: ANSWERS });
        }
        says(&e.by, &record.breach.about, "the party that the breach is about")
    }

    /// Whoever noticed it says that it is over.
    pub(super) fn admit_remedy(&self, e: &BreachWord) -> Result<(), Refusal> {
        let record = self.open_breach(&e.incident)?;
        has_words("remedy", &e.remedy)?;
        says(&e.by, &record.breach.by, "the party that noticed the breach")
    }

    fn open_breach(&self, incident: &IncidentId) -> Result<&BreachRecord, Refusal> {
        let unknown = || ConductRefusal::UnknownBreach { incident: incident.clone() };
        let record = self.breaches.get(incident).ok_or_else(unknown)?;
        if record.remedied.is_some() {
            return Err(ConductRefusal::BreachRemedied { incident: incident.clone() }.into());
        }
        Ok(record)
    }

    pub(super) fn admit_destruction(&self, e: &Destruction) -> Result<(), Refusal> {
        self.takes_part(&e.by)?;
        has_words("thing that was destroyed", &e.what)?;
        if self.destroyed.contains(e) {
            return Err(ConductRefusal::RecordExists { what: "destruction" }.into());
        }
        room("destructions", self.destroyed.len())
    }

    /// A snapshot stands alone, or derives from one that was bound before, of this case.
    pub(super) fn admit_snapshot(&self, e: &Snapshot) -> Result<(), Refusal> {
        self.developer_speaks(&e.developer)?;
        if !self.models.contains(&e.model) {
            return Err(Refusal::UnknownModel { model: e.model.clone(), of: "the case" });
        }
        if let Some(parent) = e.derived_from
            && (parent == e.digest || !self.snapshots.iter().any(|s| s.digest == parent))
        {
            return Err(ConductRefusal::UnknownSnapshot { digest: parent }.into());
        }
        let same = self.snapshots.iter().filter(|s| s.digest == e.digest);
        for known in same {
            // one snapshot has one model and one parent, at whatever stage
            if known.model != e.model || known.derived_from != e.derived_from {
                return Err(ConductRefusal::SnapshotBound { digest: e.digest }.into());
            }
            if known.stage == e.stage && known.variant == e.variant {
                return Err(ConductRefusal::RecordExists { what: "snapshot" }.into());
            }
        }
        room("snapshots", self.snapshots.len())
    }

    pub(super) fn admit_action(&self, e: &SignalAction) -> Result<(), Refusal> {
        self.developer_speaks(&e.developer)?;
        self.grant(&e.grant)?;
        has_words("reason", &e.reason)?;
        room("actions", self.actions.len())
    }

    pub(super) fn admit_consideration(&self, e: &Consideration) -> Result<(), Refusal> {
        self.either_speaks(&e.by)?;
        has_words("reason", &e.reason)?;
        if let Some(person) = &e.person {
            self.impartial(&e.by, person)?;
        }
        if self.considered.contains(e) {
            return Err(ConductRefusal::RecordExists { what: "consideration" }.into());
        }
        room("considerations", self.considered.len())
    }

    /// The person is neither recused from the case nor removed.
    pub(super) fn impartial(&self, party: &PartyId, person: &PersonId) -> Result<(), Refusal> {
        if self.recused.contains(&(party.clone(), person.clone())) {
            let (party, person) = (party.clone(), person.clone());
            return Err(Refusal::PersonRecused { party, person });
        }
        self.not_removed(party, person)
    }

    /// The two main parties, the evaluators of the terms, and whoever has or had a standing or a grant.
    fn takes_part(&self, party: &PartyId) -> Result<(), Refusal> {
        let evaluates = self.terms.as_ref().is_some_and(|a| a.terms.evaluators.contains(party));
        let stands = self.standings.values().any(|s| s.origin.party() == party);
        let holds = self.grants.values().any(|record| record.request.party == *party);
        if evaluates || stands || holds {
            return Ok(());
        }
        let needed =
            "the developer, government, an evaluator, a partner or a defender of this case";
        let not = |_| Refusal::NotEntitled { party: party.clone(), needed };
        self.either_speaks(party).map_err(not)
    }

    /// No breach keeps uses stopped.
    pub(crate) fn not_breached(&self) -> Result<(), Refusal> {
        let mut open = self.breaches.iter().filter(|(_, r)| r.breach.stops && r.remedied.is_none());
        match open.next() {
            Some((incident, record)) => Err(ConductRefusal::StoppedByBreach {
                incident: incident.clone(),
                by: record.breach.by.clone(),
            }
            .into()),
            None => Ok(()),
        }
    }

    pub(super) fn commit_conduct(&mut self, event: &Event) {
        if let Event::BreachNoticed(e) = event {
            let record = BreachRecord { breach: e.clone(), answers: Vec::new(), remedied: None };
            self.breaches.insert(e.incident.clone(), record);
        } else if let Event::BreachAnswered(e) = event {
            if let Some(record) = self.breaches.get_mut(&e.incident) {
                record.answers.push(e.remedy.clone());
            }
        } else if let Event::BreachRemedied(e) = event {
            if let Some(record) = self.breaches.get_mut(&e.incident) {
                record.remedied = Some(e.remedy.clone());
            }
        } else if let Event::DestructionAttested(e) = event {
            self.destroyed.push(e.clone());
        } else if let Event::SnapshotBound(e) = event {
            self.snapshots.push(e.clone());
        } else if let Event::SignalActed(e) = event {
            if let Some(record) = self.grants.get_mut(&e.grant) {
                record.hold(&e.rule, e.step);
            }
            self.actions.push(e.clone());
        } else if let Event::CandidateConsidered(e) = event {
            self.considered.push(e.clone());
        }
    }

    /// The snapshots that one derives from, the nearest first. Ends at the first that stands alone.
    pub fn lineage(&self, digest: &Digest) -> Vec<&Snapshot> {
        let mut line: Vec<&Snapshot> = Vec::new();
        let mut next = Some(*digest);
        while let Some(digest) = next {
            let Some(found) = self.snapshots.iter().find(|s| s.digest == digest) else { break };
            line.push(found);
            // a parent was bound before its child, so this ends
            next = found.derived_from;
        }
        line
    }

    /// Every snapshot bound, in order.
    pub fn snapshots(&self) -> &[Snapshot] {
        &self.snapshots
    }

    /// Every destruction attested, in order.
    pub fn destroyed(&self) -> &[Destruction] {
        &self.destroyed
    }

    /// What the developer did about signals, in order.
    pub fn actions(&self) -> &[SignalAction] {
        &self.actions
    }

    /// Who was considered, in order.
    pub fn considered(&self) -> &[Consideration] {
        &self.considered
    }
}

fn says(by: &PartyId, who: &PartyId, needed: &'static str) -> Result<(), Refusal> {
    if by == who { Ok(()) } else { Err(Refusal::NotEntitled { party: by.clone(), needed }) }
}

fn has_words(what: &'static str, text: &Text) -> Result<(), Refusal> {
    if text.as_str().trim().is_empty() { Err(Refusal::NothingNamed { what }) } else { Ok(()) }
}

pub(super) fn room(what: &'static str, held: usize) -> Result<(), Refusal> {
    if held < RECORDS {
        return Ok(());
    }
    Err(Refusal::TooMany { what, given: held + 1, bound: RECORDS })
}
