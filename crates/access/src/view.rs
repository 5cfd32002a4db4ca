//! A case as people see it: for pages, files and API answers.

use crate::case::{BreachRecord, Case, GrantRecord, Origin, Standing};
use crate::event::{
    Account, AssessmentPublication, AssessmentSharing, Audience, Basis, BreachKind, Consideration,
    Destruction, Enrolment, Outcome, SignalAction, Snapshot, Tier, Verification,
};
use crate::{Endpoint, Refusal, Reviews, Terms};
use domain::{
    CaseId, Digest, GrantId, IncidentId, Line, ModelId, NominationId, PartyId, PersonId, Text,
    Timestamp, WindowId,
};

/// What people are told about a case. There is no other word for where it stands, and none of these
/// says that a release is allowed or not (EO 14409 §3(c)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// The developer asked.
    Notified,
    /// Both sides opened a window.
    AccessOffered,
    /// A window ended, or the developer withdrew.
    AccessEnded,
    /// An assessment or findings went to the developer.
    FindingsShared,
    /// The developer released a model of the case.
    Released,
}

impl Status {
    /// The word shown, also its key in the vocabulary.
    pub fn name(self) -> &'static str {
        match self {
            Self::Notified => "notified",
            Self::AccessOffered => "access offered",
            Self::AccessEnded => "access ended",
            Self::FindingsShared => "findings shared",
            Self::Released => "released",
        }
    }
}

/// A case at an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseView {
    /// Its id.
    pub case: CaseId,
    /// Whose models.
    pub developer: PartyId,
    /// Who speaks for government.
    pub government: PartyId,
    /// The developer's question.
    pub question: Text,
    /// The name of the state, which says what commands are legal.
    pub state: &'static str,
    /// What people are told, in order.
    pub statuses: Vec<Status>,
    /// The developer's plan for its partner release.
    pub planned_partner_release_at: Timestamp,
    /// The models.
    pub models: Vec<ModelView>,
    /// The terms on the table.
    pub proposal: Option<Terms>,
    /// The terms in force.
    pub terms: Option<(Digest, Terms)>,
    /// Who has acknowledged the terms in force.
    pub acknowledged: Vec<(PartyId, PersonId)>,
    /// Windows, by id.
    pub windows: Vec<WindowView>,
    /// Nominations and applications, by id.
    pub standings: Vec<AdmissionView>,
    /// Grants, by id.
    pub grants: Vec<GrantView>,
    /// Organisations that lost all access.
    pub removed: Vec<PartyId>,
    /// Persons who lost all access, by party.
    pub removed_persons: Vec<(PartyId, PersonId)>,
    /// Who is recused, by party.
    pub recused: Vec<(PartyId, PersonId)>,
    /// What was shared, by whom and to whom, oldest first.
    pub shared: Vec<AssessmentSharing>,
    /// What was made public, oldest first.
    pub published: Vec<AssessmentPublication>,
    /// Breaches that were noticed, by id.
    pub breaches: Vec<BreachView>,
    /// Snapshots that the developer bound, oldest first.
    pub snapshots: Vec<Snapshot>,
    /// What somebody holds no more, oldest first.
    pub destroyed: Vec<Destruction>,
    /// What the developer did about signals, oldest first.
    pub actions: Vec<SignalAction>,
    /// Who was considered as a partner or defender, oldest first.
    pub considered: Vec<Consideration>,
    /// How many external orders name the case. They change nothing in it.
    pub external_orders: usize,
    /// How many requests of government name the case.
    pub requests: usize,
    /// How many declines name the case.
    pub declines: usize,
}

/// A breach that somebody noticed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreachView {
    /// Its id.
    pub incident: IncidentId,
    /// Who noticed it.
    pub by: PartyId,
    /// Whose side it was on.
    pub about: PartyId,
    /// What kind of thing.
    pub kind: BreachKind,
    /// What happened.
    pub account: Text,
    /// When it began, if that is known.
    pub occurred_at: Option<Timestamp>,
    /// When it was noticed.
    pub aware_at: Timestamp,
    /// Whether it stops uses now.
    pub stops: bool,
    /// What those said that it is about.
    pub answers: Vec<Text>,
    /// How it was remedied.
    pub remedied: Option<Text>,
}

/// A model of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelView {
    /// Its id.
    pub model: ModelId,
    /// Whether the developer withdrew access to it.
    pub withdrawn: bool,
    /// Determinations about it, oldest first.
    pub determinations: Vec<DeterminationView>,
    /// Its releases.
    pub releases: Vec<(Audience, Timestamp)>,
}

/// A determination's reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeterminationView {
    /// The reference.
    pub reference: Digest,
    /// Who determined.
    pub authority: PartyId,
    /// What was determined.
    pub outcome: Outcome,
    /// The version of the benchmark, by name.
    pub benchmark: Line,
    /// Who was consulted.
    pub consultees: Vec<Line>,
    /// When it was decided.
    pub decided_at: Timestamp,
    /// The reference's handling marking.
    pub handling: Line,
    /// What replaced it.
    pub superseded_by: Option<Digest>,
    /// Whether the authority took it back.
    pub withdrawn: bool,
    /// How it was made, as far as the authority says so.
    pub account: Option<Account>,
}

/// A window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowView {
    /// Its id.
    pub window: WindowId,
    /// The models that may be used.
    pub models: Vec<ModelId>,
    /// When access begins.
    pub first_access_at: Timestamp,
    /// The first instant without access, by the current plan.
    pub ends_at: Timestamp,
    /// Who ended it early, and when.
    pub closed: Option<(PartyId, Timestamp)>,
    /// Whether the developer withdrew it, or all access.
    pub withdrawn: bool,
    /// Whether access is possible now.
    pub live: bool,
}

/// A nomination or application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdmissionView {
    /// Its id.
    pub nomination: NominationId,
    /// The organisation.
    pub party: PartyId,
    /// Whether it is a defender rather than a partner.
    pub defender: bool,
    /// The models.
    pub models: Vec<ModelId>,
    /// Declared conflicts of a nomination.
    pub conflicts: Vec<Line>,
    /// The first instant without standing, once both sides signed.
    pub until: Option<Timestamp>,
    /// Who ended it.
    pub revoked_by: Option<PartyId>,
    /// The application to the defender programme, if it is one, with who verified it and the tier.
    pub programme: Option<ProgrammeView>,
}

/// An application to the defender programme and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgrammeView {
    /// The application.
    pub enrolment: Enrolment,
    /// Who verified the organisation, and how.
    pub verified: Vec<Verification>,
    /// The tier at which both sides admitted it, and the first instant of use.
    pub tier: Option<(Tier, Timestamp)>,
}

/// A grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantView {
    /// Its id.
    pub grant: GrantId,
    /// What it rests on.
    pub basis: Basis,
    /// The model.
    pub model: ModelId,
    /// The person's party.
    pub party: PartyId,
    /// The person.
    pub person: PersonId,
    /// The endpoints.
    pub endpoints: Vec<Endpoint>,
    /// The first instant of use.
    pub starts_at: Timestamp,
    /// The first instant without use.
    pub ends_at: Timestamp,
    /// The developer's and government's approvers, once both sides signed.
    pub approvers: Option<(PersonId, PersonId)>,
    /// The budget, in tokens.
    pub budget_tokens: u64,
    /// Tokens on record as used.
    pub used_tokens: u64,
    /// Requests on record.
    pub used_requests: u64,
    /// Why it can't be used now, if it can't.
    pub stopped: Option<Refusal>,
}

impl CaseView {
    pub(crate) fn of(reviews: &Reviews, case: &Case, at: Timestamp) -> Self {
        let state = reviews.state(&case.id, at).map_or("", |state| state.name());
        let windows = window_views(reviews, case, at);
        let models: Vec<_> = case.models.iter().map(|m| model_view(reviews, case, m)).collect();
        let standings = case.standings.iter().map(|(id, s)| standing_view(id, s)).collect();
        let grants = case.grants.values().map(|r| grant_view(reviews, case, r, at)).collect();
        let acknowledged = case
            .acknowledged
            .iter()
            .filter(|(terms, ..)| case.terms.as_ref().is_some_and(|a| a.digest == *terms))
            .map(|(_, party, person)| (party.clone(), person.clone()))
            .collect();
        Self {
            case: case.id.clone(),
            developer: case.developer.clone(),
            government: case.government.clone(),
            question: case.question.clone(),
            state,
            statuses: statuses(case, state, &windows, &models),
            planned_partner_release_at: case.plan,
            models,
            proposal: case.proposal.clone(),
            terms: case.terms.as_ref().map(|agreed| (agreed.digest, agreed.terms.clone())),
            acknowledged,
            windows,
            standings,
            grants,
            removed: case.removed_parties.iter().cloned().collect(),
            removed_persons: case.removed.iter().cloned().collect(),
            recused: case.recused.iter().cloned().collect(),
            shared: case.shared.clone(),
            published: case.published.clone(),
            breaches: case.breaches.values().map(breach_view).collect(),
            snapshots: case.snapshots.clone(),
            destroyed: case.destroyed.clone(),
            actions: case.actions.clone(),
            considered: case.considered.clone(),
            external_orders: reviews.orders(&case.id).count(),
            requests: reviews.requests(&case.id).count(),
            declines: reviews.declines(&case.id).count(),
        }
    }
}

fn statuses(case: &Case, state: &str, windows: &[WindowView], models: &[ModelView]) -> Vec<Status> {
    let mut statuses = vec![Status::Notified];
    if !windows.is_empty() {
        statuses.push(Status::AccessOffered);
    }
    if matches!(state, "ended" | "withdrawn") {
        statuses.push(Status::AccessEnded);
    }
    if !case.shared.is_empty() {
        statuses.push(Status::FindingsShared);
    }
    if models.iter().any(|model| !model.releases.is_empty()) {
        statuses.push(Status::Released);
    }
    statuses
}

fn window_views(reviews: &Reviews, case: &Case, at: Timestamp) -> Vec<WindowView> {
    let heeded = reviews.heeded_of(case);
    let gone = |id: &WindowId| {
        heeded.is_some_and(|withdrawn| withdrawn.case || withdrawn.windows.contains(id))
    };
    let views = case.windows.iter().map(|(id, record)| WindowView {
        window: id.clone(),
        models: record.models.iter().cloned().collect(),
        first_access_at: record.window.first_access_at(),
        ends_at: record.window.ends_at(),
        closed: record.closed.clone(),
        withdrawn: gone(id) || case.withdrawn.case || case.withdrawn.windows.contains(id),
        live: !gone(id)
            && !case.withdrawn.case
            && case.window_in_time(id, at).is_ok()
            && record.window.has_begun(case.instant(at)),
    });
    views.collect()
}

fn model_view(reviews: &Reviews, case: &Case, model: &ModelId) -> ModelView {
    let heeded = reviews.heeded_of(case);
    let withdrawn = [Some(&case.withdrawn), heeded]
        .into_iter()
        .flatten()
        .any(|withdrawn| withdrawn.case || withdrawn.models.contains(model));
    let determinations = case.determinations.iter().filter(|r| r.determination.model == *model);
    let determinations = determinations.map(|record| {
        let d = &record.determination;
        DeterminationView {
            reference: d.reference,
            authority: d.authority.clone(),
            outcome: d.outcome,
            benchmark: d.benchmark.clone(),
            account: d.account.clone(),
            consultees: d.consultees.iter().cloned().collect(),
            decided_at: d.decided_at,
            handling: d.handling.clone(),
            superseded_by: record.superseded_by,
            withdrawn: record.withdrawn,
        }
    });
    let releases = reviews.releases(&case.developer, model);
    ModelView {
        model: model.clone(),
        withdrawn,
        determinations: determinations.collect(),
        releases: releases.map(|r| (r.audience, r.released_at)).collect(),
    }
}

fn breach_view(record: &BreachRecord) -> BreachView {
    let breach = &record.breach;
    BreachView {
        incident: breach.incident.clone(),
        by: breach.by.clone(),
        about: breach.about.clone(),
        kind: breach.kind,
        account: breach.account.clone(),
        occurred_at: breach.occurred_at,
        aware_at: breach.aware_at,
        stops: breach.stops && record.remedied.is_none(),
        answers: record.answers.clone(),
        remedied: record.remedied.clone(),
    }
}

fn standing_view(id: &NominationId, standing: &Standing) -> AdmissionView {
    let (defender, conflicts) = match &standing.origin {
        Origin::Partner(nomination) => (false, nomination.conflicts.iter().cloned().collect()),
        Origin::Defender(_) | Origin::Programme(_) => (true, Vec::new()),
    };
    let programme = match &standing.origin {
        Origin::Partner(_) | Origin::Defender(_) => None,
        Origin::Programme(enrolment) => Some(ProgrammeView {
            enrolment: enrolment.clone(),
            verified: standing.verified.clone(),
            tier: standing.tier.clone(),
        }),
    };
    AdmissionView {
        nomination: id.clone(),
        party: standing.origin.party().clone(),
        defender,
        models: standing.models().into_iter().flatten().cloned().collect(),
        conflicts,
        until: standing.until,
        revoked_by: standing.revoked.clone(),
        programme,
    }
}

fn grant_view(reviews: &Reviews, case: &Case, record: &GrantRecord, at: Timestamp) -> GrantView {
    let request = &record.request;
    GrantView {
        grant: request.grant.clone(),
        basis: request.basis.clone(),
        model: request.model.clone(),
        party: request.party.clone(),
        person: request.person.clone(),
        endpoints: request.endpoints.iter().copied().collect(),
        starts_at: request.starts_at,
        ends_at: request.ends_at,
        approvers: record.issued.clone(),
        budget_tokens: request.budget_tokens,
        used_tokens: record.used_tokens,
        used_requests: record.used_requests,
        stopped: reviews.usable(case, record, at).err(),
    }
}
