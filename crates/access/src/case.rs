//! One review, folded from its statements.

mod admit;
mod agreement;
mod commit;
mod conduct;
mod grants;
mod partners;
mod persons;
mod programme;
mod records;

pub(crate) use admit::Rules;

use crate::event::{
    Application, AssessmentPublication, AssessmentSharing, Breach, Consideration, Destruction,
    Determination, Enrolment, Gives, GrantRequest, Nomination, Scope, SignalAction, Snapshot, Step,
    Tier, Verification, Withdrawal,
};
use crate::{Refusal, Terms, Window};
use domain::{
    CaseId, Digest, GrantId, IncidentId, LatestDays, Line, ModelId, NominationId, PartyId,
    PersonId, TermsId, Text, Timestamp, WindowId,
};
use std::collections::{BTreeMap, BTreeSet};

/// One review of one or several models, from inquiry on.
///
/// The log alone decides what is in here; [`crate::Reviews`] adds what was heeded directly. What may
/// happen next is asked through [`crate::Reviews::state`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Case {
    pub(crate) id: CaseId,
    pub(crate) developer: PartyId,
    pub(crate) government: PartyId,
    pub(crate) models: BTreeSet<ModelId>,
    pub(crate) question: Text,
    /// The developer's current plan for its partner release.
    pub(crate) plan: Timestamp,
    /// The latest instant that the developer or government stated. Never goes back.
    pub(crate) latest: Timestamp,
    pub(crate) proposal: Option<Terms>,
    pub(crate) terms: Option<Agreement>,
    pub(crate) terms_ids: BTreeSet<TermsId>,
    pub(crate) acknowledged: BTreeSet<(Digest, PartyId, PersonId)>,
    pub(crate) windows: BTreeMap<WindowId, WindowRecord>,
    pub(crate) last_window: Option<WindowId>,
    pub(crate) standings: BTreeMap<NominationId, Standing>,
    pub(crate) grants: BTreeMap<GrantId, GrantRecord>,
    /// The grants of each person that were issued, so that theirs are found among many.
    pub(crate) held_by: BTreeMap<(PartyId, PersonId), BTreeSet<GrantId>>,
    pub(crate) recused: BTreeSet<(PartyId, PersonId)>,
    pub(crate) removed: BTreeSet<(PartyId, PersonId)>,
    pub(crate) removed_parties: BTreeSet<PartyId>,
    pub(crate) determinations: Vec<DeterminationRecord>,
    pub(crate) shared: Vec<AssessmentSharing>,
    pub(crate) published: Vec<AssessmentPublication>,
    pub(crate) withdrawn: Withdrawals,
    pub(crate) breaches: BTreeMap<IncidentId, BreachRecord>,
    pub(crate) destroyed: Vec<Destruction>,
    pub(crate) snapshots: Vec<Snapshot>,
    pub(crate) actions: Vec<SignalAction>,
    pub(crate) considered: Vec<Consideration>,
}

/// A breach and what was said about it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct BreachRecord {
    pub(crate) breach: Breach,
    pub(crate) answers: Vec<Text>,
    pub(crate) remedied: Option<Text>,
}

/// Terms that both sides signed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Agreement {
    pub(crate) digest: Digest,
    pub(crate) terms: Terms,
}

/// A window and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct WindowRecord {
    pub(crate) window: Window,
    pub(crate) models: BTreeSet<ModelId>,
    pub(crate) closed: Option<(PartyId, Timestamp)>,
}

/// What an organisation's standing rests on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Origin {
    Partner(Nomination),
    Defender(Application),
    Programme(Enrolment),
}

impl Origin {
    pub(crate) fn party(&self) -> &PartyId {
        match self {
            Self::Partner(nomination) => &nomination.nominee,
            Self::Defender(application) => &application.applicant,
            Self::Programme(enrolment) => &enrolment.applicant,
        }
    }

    /// The models that were asked for; the programme gives them with a tier.
    pub(crate) fn models(&self) -> Option<&BTreeSet<ModelId>> {
        match self {
            Self::Partner(nomination) => Some(&nomination.models),
            Self::Defender(application) => Some(&application.models),
            Self::Programme(_) => None,
        }
    }
}

/// A nomination or application and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Standing {
    pub(crate) origin: Origin,
    /// The first instant without standing, once both sides signed.
    pub(crate) until: Option<Timestamp>,
    pub(crate) revoked: Option<PartyId>,
    /// Who verified the organisation of an application to the programme, and how.
    pub(crate) verified: Vec<Verification>,
    /// The tier at which both sides admitted it to the programme, and the first instant of use.
    pub(crate) tier: Option<(Tier, Timestamp)>,
}

impl Standing {
    /// The models that it stands for now.
    pub(crate) fn models(&self) -> Option<&BTreeSet<ModelId>> {
        match &self.tier {
            None => self.origin.models(),
            Some((Tier { gives: Gives::Model(allowance), .. }, _)) => Some(&allowance.models),
            Some((Tier { gives: Gives::FindingsAndPatches, .. }, _)) => None,
        }
    }
}

/// A grant and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct GrantRecord {
    pub(crate) request: GrantRequest,
    /// The digest of its credential.
    pub(crate) credential: Digest,
    /// Credentials that were replaced, with the first instant at which each works no more.
    pub(crate) replaced: BTreeMap<Digest, Timestamp>,
    /// The developer's and government's approvers.
    pub(crate) issued: Option<(PersonId, PersonId)>,
    pub(crate) revoked: Option<PartyId>,
    pub(crate) suspended: BTreeSet<PartyId>,
    /// What the developer's latest step about each rule's signals holds the grant to. Notes and questions hold to nothing.
    pub(crate) held: BTreeMap<Line, Step>,
    pub(crate) uses: BTreeSet<(Timestamp, Digest)>,
    pub(crate) used_tokens: u64,
    pub(crate) used_requests: u64,
    /// The latest days (UTC) with uses on record, and their tokens.
    pub(crate) used_on: LatestDays<u64>,
}

/// A determination's reference and whether it still counts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct DeterminationRecord {
    pub(crate) determination: Determination,
    pub(crate) superseded_by: Option<Digest>,
    pub(crate) withdrawn: bool,
}

impl DeterminationRecord {
    pub(crate) fn is_in_force(&self) -> bool {
        self.superseded_by.is_none() && !self.withdrawn
    }
}

/// What a developer has withdrawn. Only ever grows, so order and repetition don't matter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Withdrawals {
    pub(crate) case: bool,
    pub(crate) models: BTreeSet<ModelId>,
    pub(crate) windows: BTreeSet<WindowId>,
}

impl Withdrawals {
    pub(crate) fn note(&mut self, withdrawal: &Withdrawal) {
        match &withdrawal.scope {
            Scope::Case => self.case = true,
            Scope::Model(model) => {
                self.models.insert(model.clone());
            }
            Scope::Window(window) => {
                self.windows.insert(window.clone());
            }
        }
    }
}

/// The state a case is in, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Phase {
    Inquired,
    AwaitingTerms,
    Agreed,
    Open,
    Ended,
    Withdrawn,
}

impl Phase {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Inquired => "inquired",
            Self::AwaitingTerms => "awaiting-terms",
            Self::Agreed => "agreed",
            Self::Open => "open",
            Self::Ended => "ended",
            Self::Withdrawn => "withdrawn",
        }
    }
}

impl Case {
    /// Its id.
    pub fn id(&self) -> &CaseId {
        &self.id
    }

    /// Who develops the models.
    pub fn developer(&self) -> &PartyId {
        &self.developer
    }

    /// Who speaks for government.
    pub fn government(&self) -> &PartyId {
        &self.government
    }

    /// The models it is about.
    pub fn models(&self) -> &BTreeSet<ModelId> {
        &self.models
    }

    /// The developer's current plan for its release to other trusted partners.
    pub fn planned_partner_release_at(&self) -> Timestamp {
        self.plan
    }

    /// The terms in force, with their digest.
    pub fn terms(&self) -> Option<(&Digest, &Terms)> {
        self.terms.as_ref().map(|agreed| (&agreed.digest, &agreed.terms))
    }

    /// The terms on the table.
    pub fn proposal(&self) -> Option<&Terms> {
        self.proposal.as_ref()
    }

    /// The latest window, over or not.
    pub fn last_window(&self) -> Option<(&WindowId, &Window)> {
        let id = self.last_window.as_ref()?;
        self.windows.get(id).map(|record| (id, &record.window))
    }

    /// Whether there is or was such a window.
    pub fn has_window(&self, window: &WindowId) -> bool {
        self.windows.contains_key(window)
    }

    /// A grant's request, whether issued or not.
    pub fn grant_request(&self, grant: &GrantId) -> Option<&GrantRequest> {
        self.grants.get(grant).map(|record| &record.request)
    }

    /// The digest of the credential that a grant has now.
    pub fn credential(&self, grant: &GrantId) -> Option<&Digest> {
        self.grants.get(grant).map(|record| &record.credential)
    }

    /// Every grant's request, by grant.
    pub fn grant_requests(&self) -> impl Iterator<Item = &GrantRequest> {
        self.grants.values().map(|record| &record.request)
    }

    /// The steps about signals that hold a grant now, by rule.
    pub fn held(&self, grant: &GrantId) -> Vec<(String, &'static str)> {
        let held = self.grants.get(grant).into_iter().flat_map(|record| &record.held);
        held.map(|(rule, step)| (rule.to_string(), step.name())).collect()
    }

    /// A nomination, whether selected or not.
    pub fn nomination(&self, nomination: &NominationId) -> Option<&Nomination> {
        match &self.standings.get(nomination)?.origin {
            Origin::Partner(nomination) => Some(nomination),
            Origin::Defender(_) | Origin::Programme(_) => None,
        }
    }

    /// A defender's application, whether admitted or not.
    pub fn application(&self, application: &NominationId) -> Option<&Application> {
        match &self.standings.get(application)?.origin {
            Origin::Partner(_) | Origin::Programme(_) => None,
            Origin::Defender(application) => Some(application),
        }
    }

    /// An application to the defender programme, whether admitted or not.
    pub fn enrolment(&self, application: &NominationId) -> Option<&Enrolment> {
        match &self.standings.get(application)?.origin {
            Origin::Partner(_) | Origin::Defender(_) => None,
            Origin::Programme(enrolment) => Some(enrolment),
        }
    }

    /// `at`, or the latest instant the main parties stated if the clock lags behind it.
    pub(crate) fn instant(&self, at: Timestamp) -> Timestamp {
        self.latest.max(at)
    }

    /// The window that is not over, begun or not.
    pub(crate) fn live_window(&self, at: Timestamp) -> Option<(&WindowId, &WindowRecord)> {
        let id = self.last_window.as_ref()?;
        let record = self.windows.get(id)?;
        let live = record.closed.is_none()
            && !self.withdrawn.windows.contains(id)
            && !record.window.is_over(self.instant(at));
        live.then_some((id, record))
    }

    pub(crate) fn phase(&self, at: Timestamp) -> Phase {
        if self.withdrawn.case {
            Phase::Withdrawn
        } else if self.live_window(at).is_some() {
            Phase::Open
        } else if self.last_window.is_some() {
            Phase::Ended
        } else if self.terms.is_some() {
            Phase::Agreed
        } else if self.proposal.is_some() {
            Phase::AwaitingTerms
        } else {
            Phase::Inquired
        }
    }

    /// The window's record while it is usable or not yet begun.
    pub(crate) fn window_in_time(
        &self,
        id: &WindowId,
        at: Timestamp,
    ) -> Result<&WindowRecord, Refusal> {
        let window = || id.clone();
        let record =
            self.windows.get(id).ok_or_else(|| Refusal::UnknownWindow { window: window() })?;
        if self.withdrawn.windows.contains(id) {
            return Err(Refusal::WindowWithdrawn { window: window() });
        }
        if let Some((_, ended_at)) = record.closed {
            return Err(Refusal::WindowOver { window: window(), ended_at });
        }
        if record.window.is_over(self.instant(at)) {
            let ended_at = record.window.ends_at();
            return Err(Refusal::WindowOver { window: window(), ended_at });
        }
        Ok(record)
    }

    /// The end of a standing that both sides signed, nobody revoked and time has not ended.
    pub(crate) fn standing_in_time(
        &self,
        id: &NominationId,
        at: Timestamp,
    ) -> Result<(&Standing, Timestamp), Refusal> {
        let nomination = || id.clone();
        let standing = self
            .standings
            .get(id)
            .ok_or_else(|| Refusal::UnknownNomination { nomination: nomination() })?;
        if let Some(by) = &standing.revoked {
            return Err(Refusal::NominationRevoked { nomination: nomination(), by: by.clone() });
        }
        let Some(until) = standing.until else {
            return Err(Refusal::NominationOpen { nomination: nomination() });
        };
        if self.instant(at) >= until {
            let expired_at = until;
            return Err(Refusal::NominationExpired { nomination: nomination(), expired_at });
        }
        Ok((standing, until))
    }
}
