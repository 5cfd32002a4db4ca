//! What an admitted event changes.

use super::{
    Agreement, Case, DeterminationRecord, GrantRecord, Origin, Rules, Standing, WindowRecord,
};
use crate::event::{Determination, Event, Replan, Uses, WindowOpening};
use domain::{LatestDays, PartyId, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

impl Case {
    /// Changes the case by an event that [`Case::admit`] admitted at the same `at`.
    pub(crate) fn commit(&mut self, rules: &Rules<'_>, event: &Event, at: Timestamp) {
        let at = self.instant(at);
        match event {
            // Records beside the case: they change nothing in it, not even its clock.
            Event::Inquired(_)
            | Event::AccessRequested(_)
            | Event::RequestDeclined(_)
            | Event::ModelReleased(_)
            | Event::OrderRecorded(_) => {}
            Event::AccessWithdrawn(e) => self.withdrawn.note(e),
            Event::ModelDetermined(e) => self.commit_determination(e),
            Event::DeterminationWithdrawn(e) => {
                let mut records = self.determinations.iter_mut();
                if let Some(r) = records.find(|r| r.determination.reference == e.reference) {
                    r.withdrawn = true;
                }
            }
            Event::AssessmentShared(_) | Event::AssessmentPublished(_) => {
                self.commit_records(event);
            }
            Event::PersonRecused(_) | Event::PersonRemoved(_) | Event::OrganisationRemoved(_) => {
                self.commit_persons(event);
            }
            Event::ReleaseReplanned(e) => self.commit_replan(e, at),
            Event::TermsProposed(e) => {
                self.terms_ids.insert(e.terms.id.clone());
                self.proposal = Some(e.terms.clone());
            }
            Event::TermsAgreed(e) => {
                let proposal = self.proposal.take();
                self.terms = proposal.map(|terms| Agreement { digest: e.terms, terms });
            }
            Event::TermsAcknowledged(e) => {
                self.acknowledged.insert((e.terms, e.party.clone(), e.person.clone()));
            }
            Event::WindowOpened(e) => self.commit_opening(rules, e),
            Event::WindowClosed(e) => {
                if let Some(record) = self.windows.get_mut(&e.window) {
                    record.closed = Some((e.by.clone(), at));
                }
            }
            Event::PartnerNominated(_)
            | Event::PartnerSelected(_)
            | Event::PartnerRevoked(_)
            | Event::DefenderApplied(_)
            | Event::DefenderAdmitted(_)
            | Event::DefenderRevoked(_) => self.commit_standing(event),
            Event::ProgrammeApplied(_)
            | Event::OrganisationVerified(_)
            | Event::ProgrammeAdmitted(_) => self.commit_programme(event),
            Event::GrantRequested(_)
            | Event::GrantIssued(_)
            | Event::CredentialReplaced(_)
            | Event::GrantRevoked(_)
            | Event::GrantSuspended(_)
            | Event::GrantResumed(_) => self.commit_grant(event),
            Event::UsesRecorded(e) => self.commit_uses(e),
            Event::BreachNoticed(_)
            | Event::BreachAnswered(_)
            | Event::BreachRemedied(_)
            | Event::DestructionAttested(_)
            | Event::SnapshotBound(_)
            | Event::SignalActed(_)
            | Event::CandidateConsidered(_) => self.commit_conduct(event),
        }
        if self.moves_clock(event) {
            self.latest = at;
        }
    }

    /// Whether the event's claimed instant becomes the case's. Only the two main parties', for either
    /// may end access anyway: a wrong clock of theirs can only end more. A release, a withdrawal and
    /// the records beside the case never do, so that nothing depends on them but themselves.
    fn moves_clock(&self, event: &Event) -> bool {
        let main = |party: &PartyId| *party == self.developer || *party == self.government;
        match event {
            Event::Inquired(_)
            | Event::AccessRequested(_)
            | Event::RequestDeclined(_)
            | Event::ModelDetermined(_)
            | Event::DeterminationWithdrawn(_)
            | Event::AccessWithdrawn(_)
            | Event::ModelReleased(_)
            | Event::AssessmentShared(_)
            | Event::AssessmentPublished(_)
            | Event::OrderRecorded(_)
            | Event::DefenderApplied(_)
            | Event::ProgrammeApplied(_)
            | Event::OrganisationVerified(_)
            | Event::BreachNoticed(_)
            | Event::BreachAnswered(_)
            | Event::BreachRemedied(_)
            | Event::DestructionAttested(_)
            | Event::SnapshotBound(_)
            | Event::SignalActed(_)
            | Event::CandidateConsidered(_) => false,
            Event::TermsProposed(_)
            | Event::TermsAgreed(_)
            | Event::WindowOpened(_)
            | Event::WindowClosed(_)
            | Event::ReleaseReplanned(_)
            | Event::PartnerNominated(_)
            | Event::PartnerSelected(_)
            | Event::PartnerRevoked(_)
            | Event::DefenderAdmitted(_)
            | Event::DefenderRevoked(_)
            | Event::ProgrammeAdmitted(_)
            | Event::GrantIssued(_)
            | Event::UsesRecorded(_) => true,
            Event::TermsAcknowledged(e) => main(&e.party),
            Event::PersonRecused(e) | Event::PersonRemoved(e) => main(&e.by),
            Event::OrganisationRemoved(e) => main(&e.by),
            Event::GrantRequested(e) => main(&e.party),
            Event::CredentialReplaced(e) => main(&e.party),
            Event::GrantRevoked(e) | Event::GrantSuspended(e) | Event::GrantResumed(e) => {
                main(&e.by)
            }
        }
    }

    fn commit_determination(&mut self, e: &Determination) {
        let superseded = self
            .determinations
            .iter_mut()
            .find(|r| Some(r.determination.reference) == e.supersedes && r.is_in_force());
        if let Some(record) = superseded {
            record.superseded_by = Some(e.reference);
        }
        let determination = e.clone();
        self.determinations.push(DeterminationRecord {
            determination,
            superseded_by: None,
            withdrawn: false,
        });
    }

    /// A plan is the developer's and always recorded. It moves the end of a window only while that
    /// window has not ended: nothing revives.
    fn commit_replan(&mut self, e: &Replan, at: Timestamp) {
        let live = self.live_window(at).map(|(id, _)| id.clone());
        self.plan = e.planned_partner_release_at;
        if let Some(record) = live.and_then(|id| self.windows.get_mut(&id)) {
            record.window = record.window.reanchored(e.planned_partner_release_at);
        }
    }

    fn commit_opening(&mut self, rules: &Rules<'_>, e: &WindowOpening) {
        let Ok(window) = e.window(rules) else { return };
        let models = e.models.clone();
        self.windows.insert(e.window.clone(), WindowRecord { window, models, closed: None });
        self.last_window = Some(e.window.clone());
    }

    fn commit_standing(&mut self, event: &Event) {
        if let Event::PartnerNominated(e) = event {
            self.add_standing(&e.nomination, Origin::Partner(e.clone()));
        }
        if let Event::DefenderApplied(e) = event {
            self.add_standing(&e.application, Origin::Defender(e.clone()));
        }
        if let Event::PartnerSelected(e) = event
            && let Some(standing) = self.standings.get_mut(&e.nomination)
            && let Origin::Partner(nomination) = &standing.origin
        {
            standing.until = Some(nomination.expires_at);
        }
        if let Event::DefenderAdmitted(e) = event
            && let Some(standing) = self.standings.get_mut(&e.application)
        {
            standing.until = Some(e.expires_at);
        }
        if let Event::PartnerRevoked(e) | Event::DefenderRevoked(e) = event
            && let Some(standing) = self.standings.get_mut(&e.nomination)
        {
            standing.revoked = Some(e.by.clone());
        }
    }

    pub(super) fn add_standing(&mut self, id: &domain::NominationId, origin: Origin) {
        let (verified, tier) = (Vec::new(), None);
        let standing = Standing { origin, until: None, revoked: None, verified, tier };
        self.standings.insert(id.clone(), standing);
    }

    fn commit_grant(&mut self, event: &Event) {
        if let Event::GrantRequested(e) = event {
            let record = GrantRecord {
                request: e.clone(),
                credential: e.credential,
                replaced: BTreeMap::new(),
                issued: None,
                revoked: None,
                suspended: BTreeSet::new(),
                held: BTreeMap::new(),
                uses: BTreeSet::new(),
                used_tokens: 0,
                used_requests: 0,
                used_on: LatestDays::default(),
            };
            self.grants.insert(e.grant.clone(), record);
        }
        if let Event::GrantIssued(e) = event
            && let Some(record) = self.grants.get_mut(&e.grant)
        {
            record.issued = Some((e.developer_approver.clone(), e.government_approver.clone()));
            let holder = (record.request.party.clone(), record.request.person.clone());
            self.held_by.entry(holder).or_default().insert(e.grant.clone());
        }
        if let Event::CredentialReplaced(e) = event
            && let Some(record) = self.grants.get_mut(&e.grant)
        {
            record.replaced.insert(e.old, e.old_ends_at);
            record.credential = e.new;
        }
        if let Event::GrantRevoked(e) = event
            && let Some(record) = self.grants.get_mut(&e.grant)
        {
            record.revoked = Some(e.by.clone());
        }
        if let Event::GrantSuspended(e) = event
            && let Some(record) = self.grants.get_mut(&e.grant)
        {
            record.suspended.insert(e.by.clone());
        }
        if let Event::GrantResumed(e) = event
            && let Some(record) = self.grants.get_mut(&e.grant)
        {
            record.suspended.remove(&e.by);
        }
    }

    fn commit_uses(&mut self, e: &Uses) {
        if let Some(record) = self.grants.get_mut(&e.grant) {
            record.uses.insert((e.minute, e.root));
            let tokens = e.tokens_in.saturating_add(e.tokens_out);
            record.used_tokens = record.used_tokens.saturating_add(tokens);
            record.used_requests = record.used_requests.saturating_add(e.count);
            record.note_day(e.minute.day(), tokens);
        }
    }
}
