//! What the log says: a pure fold.

use super::days::Days;
use crate::case::{Case, Rules, Withdrawals};
use crate::event::{AccessRequest, Audience, Decline, ExternalOrder, Release};
use crate::{Event, Refusal};
use domain::{CaseId, Digest, GrantId, ModelId, PartyId, Role, Statement, Timestamp};
use std::collections::BTreeMap;

/// What identifies a release on record.
type ReleaseKey = (PartyId, ModelId, Audience, Timestamp);

/// The fold of the log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Record {
    pub(super) cases: BTreeMap<CaseId, Case>,
    /// Withdrawals that came before the inquiry they belong to.
    early: BTreeMap<(CaseId, PartyId), Withdrawals>,
    /// The grant of each credential ever issued.
    pub(super) credentials: BTreeMap<Digest, (CaseId, GrantId)>,
    pub(super) releases: BTreeMap<ReleaseKey, Release>,
    pub(super) requests: BTreeMap<Digest, AccessRequest>,
    pub(super) declines: BTreeMap<Digest, Decline>,
    pub(super) orders: BTreeMap<Digest, ExternalOrder>,
    pub(super) days: Days,
}

impl Record {
    pub(super) fn admit(
        &self,
        rules: &Rules<'_>,
        event: &Event,
        at: Timestamp,
    ) -> Result<(), Refusal> {
        match (event, event.case().and_then(|case| self.cases.get(case))) {
            // A release asks nothing of anyone.
            (Event::ModelReleased(_), _) => Ok(()),
            // A withdrawal may come before its case.
            (Event::AccessWithdrawn(_), None) => Ok(()),
            (Event::AccessRequested(e), _) => rules.role(&e.government, Role::Government),
            (Event::RequestDeclined(e), _) => rules.role(&e.developer, Role::Developer),
            (Event::OrderRecorded(e), _) => rules.known(&e.by).map(|_| ()),
            (Event::Inquired(e), None) => e.admit(rules),
            (_, Some(case)) => {
                case.admit(rules, event, at)?;
                self.credential_free(case, event)
            }
            (_, None) => match event.case() {
                Some(case) => Err(Refusal::UnknownCase { case: case.clone() }),
                None => Ok(()),
            },
        }
    }

    /// One credential is one grant's, over all cases and for ever.
    fn credential_free(&self, case: &Case, event: &Event) -> Result<(), Refusal> {
        let credential = if let Event::GrantRequested(e) = event {
            &e.credential
        } else if let Event::GrantIssued(e) = event {
            &case.grant(&e.grant)?.request.credential
        } else if let Event::CredentialReplaced(e) = event {
            &e.new
        } else {
            return Ok(());
        };
        match self.credentials.get(credential) {
            Some(_) => Err(Refusal::CredentialInUse),
            None => Ok(()),
        }
    }

    pub(super) fn commit(&mut self, rules: &Rules<'_>, event: &Event, at: Timestamp) {
        if let Event::Inquired(e) = event {
            let early = self.early.remove(&(e.case.clone(), e.developer.clone()));
            self.early.retain(|(case, _), _| *case != e.case);
            let case = Case::opened(e, at, early.unwrap_or_default());
            self.cases.insert(e.case.clone(), case);
        } else if let Event::ModelReleased(e) = event {
            let key = (e.developer.clone(), e.model.clone(), e.audience, e.released_at);
            self.releases.insert(key, e.clone());
        } else if let Event::AccessRequested(e) = event {
            self.requests.insert(Digest::of(&event.to_bytes()), e.clone());
        } else if let Event::RequestDeclined(e) = event {
            self.declines.insert(Digest::of(&event.to_bytes()), e.clone());
        } else if let Event::OrderRecorded(e) = event {
            self.orders.insert(Digest::of(&event.to_bytes()), e.clone());
        } else {
            self.commit_to_case(rules, event, at);
        }
    }

    fn commit_to_case(&mut self, rules: &Rules<'_>, event: &Event, at: Timestamp) {
        let Some(case) = event.case().and_then(|id| self.cases.get_mut(id)) else {
            if let Event::AccessWithdrawn(e) = event {
                let key = (e.case.clone(), e.developer.clone());
                self.early.entry(key).or_default().note(e);
            }
            return;
        };
        case.commit(rules, event, at);
        if let Event::UsesRecorded(e) = event
            && let Some(record) = case.grants.get(&e.grant)
        {
            self.days.note(&record.request, e);
        }
        if let Event::CredentialReplaced(e) = event {
            self.credentials.insert(e.new, (e.case.clone(), e.grant.clone()));
        }
        if let Event::GrantIssued(e) = event
            && let Some(record) = case.grants.get(&e.grant)
        {
            let holder = (e.case.clone(), e.grant.clone());
            self.credentials.insert(record.request.credential, holder);
        }
    }
}
