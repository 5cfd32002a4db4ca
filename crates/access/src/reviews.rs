//! All reviews: the fold of their statements, the developer's direct word, and the permits.

mod clock;
mod days;
mod record;
mod recorded;
mod spend;
mod word;

pub use clock::Lapse;
pub use days::{Used, Whose};
pub use recorded::RecordedUses;
pub use word::Word;

use crate::case::{Phase, Rules, Withdrawals};
use crate::event::{AccessRequest, Decline, ExternalOrder, Inquiry, Release, Withdrawal};
use crate::states::{Records, State};
use crate::{Bounds, Case, Event, Refusal};
use clock::HighWater;
use domain::{Attested, CaseId, IncidentId, ModelId, Party, PartyId, Statement, Timestamp};
use record::Record;
use std::collections::{BTreeMap, BTreeSet};

/// All reviews of one place: a party's, a gateway's, a node's.
///
/// What the log says lives in one part, a pure fold, so two places that folded the same statements
/// agree ([`Reviews::same_record`]). What was heeded directly, and the latest instant seen here, lie
/// over it and can only take access away.
#[derive(Debug, Clone)]
pub struct Reviews {
    directory: BTreeMap<PartyId, Party>,
    bounds: Bounds,
    record: Record,
    heeded: BTreeMap<(CaseId, PartyId), Withdrawals>,
    stopped: BTreeMap<(CaseId, PartyId), BTreeSet<IncidentId>>,
    seen: HighWater,
    reported: BTreeSet<Lapse>,
}

impl Reviews {
    /// No reviews yet, with the parties known here and the bounds of windows.
    pub fn new(directory: BTreeMap<PartyId, Party>, bounds: Bounds) -> Self {
        Self {
            directory,
            bounds,
            record: Record::default(),
            heeded: BTreeMap::new(),
            stopped: BTreeMap::new(),
            seen: HighWater::default(),
            reported: BTreeSet::new(),
        }
    }

    /// Adds a party, or replaces what is known of it. It does not reach back: statements already
    /// folded stay as they were judged.
    pub fn enrol(&mut self, party: Party) {
        self.directory.insert(party.id.clone(), party);
    }

    /// Folds a statement, in log order. Its signatures were checked; here it is checked that the
    /// right parties gave them.
    ///
    /// # Errors
    /// What the rules don't admit changes nothing.
    pub fn apply(&mut self, statement: &Attested<Event>) -> Result<(), Refusal> {
        if let Some(missing) = statement.event.signers().difference(&statement.signers).next() {
            return Err(Refusal::SignatureMissing { missing: missing.clone() });
        }
        let rules = Rules { directory: &self.directory, bounds: &self.bounds };
        self.record.admit(&rules, &statement.event, statement.claimed_at)?;
        self.record.commit(&rules, &statement.event, statement.claimed_at);
        Ok(())
    }

    /// Whether [`Reviews::apply`] would admit the event now, once its signers have signed.
    ///
    /// # Errors
    /// As [`Reviews::apply`], signatures aside.
    pub fn check(&self, event: &Event, now: Timestamp) -> Result<(), Refusal> {
        let rules = Rules { directory: &self.directory, bounds: &self.bounds };
        self.record.admit(&rules, event, self.seen.at(now))
    }

    /// A developer released a model. There is nothing to ask and nobody to wait for: the statement
    /// follows from the developer's word alone, in every state and without any case.
    pub fn release(release: Release) -> Event {
        Event::ModelReleased(release)
    }

    /// A developer ends access. Like a release, it follows from the developer's word alone.
    pub fn withdraw(withdrawal: Withdrawal) -> Event {
        Event::AccessWithdrawn(withdrawal)
    }

    /// A developer asks whether models still in training are covered.
    ///
    /// # Errors
    /// Parties without the roles, no models, or an id that is taken.
    pub fn inquire(&self, inquiry: Inquiry, now: Timestamp) -> Result<Event, Refusal> {
        self.offer(Event::Inquired(inquiry), now)
    }

    /// Government asks for access. Nothing follows from it.
    ///
    /// # Errors
    /// A party without the role.
    pub fn request_access(&self, request: AccessRequest, now: Timestamp) -> Result<Event, Refusal> {
        self.offer(Event::AccessRequested(request), now)
    }

    /// A developer declines a request. Nothing follows from it, nor from silence.
    ///
    /// # Errors
    /// A party without the role.
    pub fn decline(&self, decline: Decline, now: Timestamp) -> Result<Event, Refusal> {
        self.offer(Event::RequestDeclined(decline), now)
    }

    /// Records an order under other law, beside every case.
    ///
    /// # Errors
    /// A party that is not in the directory.
    pub fn record_order(&self, order: ExternalOrder, now: Timestamp) -> Result<Event, Refusal> {
        self.offer(Event::OrderRecorded(order), now)
    }

    pub(crate) fn offer(&self, event: Event, now: Timestamp) -> Result<Event, Refusal> {
        self.check(&event, now).map(|()| event)
    }

    /// The state of a case now, with the commands that are legal in it.
    ///
    /// # Errors
    /// [`Refusal::UnknownCase`].
    pub fn state(&self, case: &CaseId, now: Timestamp) -> Result<State<'_>, Refusal> {
        let case = self.case(case)?;
        let at = self.seen.at(now);
        let records = Records { reviews: self, case, at };
        let heeded = self.heeded_of(case);
        let phase = if heeded.is_some_and(|withdrawn| withdrawn.case) {
            Phase::Withdrawn
        } else if let Some(window) = case.live_window(at).map(|(id, _)| id)
            && heeded.is_some_and(|withdrawn| withdrawn.windows.contains(window))
        {
            Phase::Ended
        } else {
            case.phase(at)
        };
        Ok(State::new(phase, records))
    }

    /// A case.
    ///
    /// # Errors
    /// [`Refusal::UnknownCase`].
    pub fn case(&self, case: &CaseId) -> Result<&Case, Refusal> {
        self.record.cases.get(case).ok_or_else(|| Refusal::UnknownCase { case: case.clone() })
    }

    /// All cases, by id.
    pub fn cases(&self) -> impl Iterator<Item = &Case> {
        self.record.cases.values()
    }

    /// The releases of a model on record, by audience and instant.
    pub fn releases<'a>(
        &'a self,
        developer: &'a PartyId,
        model: &'a ModelId,
    ) -> impl Iterator<Item = &'a Release> {
        let releases = self.record.releases.values();
        releases.filter(move |r| r.developer == *developer && r.model == *model)
    }

    /// Orders under other law that name the case.
    pub fn orders<'a>(&'a self, case: &'a CaseId) -> impl Iterator<Item = &'a ExternalOrder> {
        self.record.orders.values().filter(move |order| order.case.as_ref() == Some(case))
    }

    /// Government's requests that name the case.
    pub fn requests<'a>(&'a self, case: &'a CaseId) -> impl Iterator<Item = &'a AccessRequest> {
        self.record.requests.values().filter(move |request| request.case == *case)
    }

    /// Declines that name the case.
    pub fn declines<'a>(&'a self, case: &'a CaseId) -> impl Iterator<Item = &'a Decline> {
        self.record.declines.values().filter(move |decline| decline.case == *case)
    }

    /// The bounds of windows here.
    pub fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// Whether both have folded the same statements to the same record.
    pub fn same_record(&self, other: &Self) -> bool {
        self.record == other.record
    }
}

#[cfg(test)]
mod tests;
