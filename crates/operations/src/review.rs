//! Reviews of models: inquiry, determination, terms, window, partners, grants, withdrawal, release.
//!
//! Every verb makes an [`Event`], asks this party's own fold whether the rules admit it, and states it to
//! the case's parties. A release and a withdrawal are never asked about: nothing can refuse them.

use crate::act::{ActError, Ctx, Done, Readers};
use crate::fold::{self, Ignored, Refused};
use crate::sync::Known;
use access::{Bounds, CaseView, Event, Refusal, Reviews};
use domain::{CaseId, PartyId, Role, Timestamp};
use ledger::Trust;
use std::collections::BTreeSet;

mod calendar;
mod criteria;
mod dossier;
mod fairness;
mod guest;
mod handling;
mod lineage;
mod overview;
mod queue;
mod remarks;
mod requests;
mod terms;
pub mod told;
mod view;

pub use calendar::{
    Entry, Own, PLANS_LIMIT, Plan, RestsOn, calendar, calendar_text, ics, near, near_text,
    parse_plans,
};
pub use criteria::{CRITERIA_LIMIT, Criteria};
pub use dossier::{
    Checked, Dossier, DossierError, Entry as DossierEntry, LeftOut, Manifest, Minute, Written,
    check as check_dossier, dossier,
};
pub use fairness::{Considered, Counts, Fairness, Vote, fairness};
pub(crate) use guest::readable;
pub use guest::{Heard, heard, heard_of};
pub use handling::{Mark, banner, handling, publishable};
pub use lineage::{Kin, Lineage, lineages};
pub use overview::{Overview, overview};
pub use queue::{Queued, Stands, queue};
pub use remarks::remarks;
pub use requests::{Declined, Request, Requested, requests};
pub use terms::{
    Cell, Checked as CheckedClause, Clause, Comparison, Difference, Fill, Gives, Library, Template,
    TermsError, TermsView, compare_terms, parse_terms, read_terms, terms_view,
};
pub use view::{audience, case_json, outcome, programme as programme_json};

/// Why a verb of a review did nothing.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// Stating it.
    #[error(transparent)]
    Act(#[from] ActError),
    /// The rules do not admit it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The shipped clauses.
    #[error("{0}")]
    Clauses(String),
    /// A file of this home.
    #[error(transparent)]
    File(#[from] crate::files::FileError),
    /// The developer's own plans.
    #[error("{}: {reason}", path.display())]
    Plans {
        /// Which file.
        path: std::path::PathBuf,
        /// What is wrong, and where.
        reason: String,
    },
    /// This party can't read the case, so there is nothing to show.
    #[error("this party can read nothing of case `{0}`; other parties may know more")]
    Unknown(CaseId),
}

/// All reviews that a party can read, and the statements that do not count.
pub fn reviews(known: &Known, trust: &Trust) -> (Reviews, Vec<Ignored>) {
    reviews_with(known, trust, |_| {})
}

/// As [`reviews`]; `counts` is shown each event that does count, in log order.
pub(crate) fn reviews_with(
    known: &Known,
    trust: &Trust,
    mut counts: impl FnMut(&Event),
) -> (Reviews, Vec<Ignored>) {
    let directory = trust.parties().map(|m| (m.party.id.clone(), m.party.clone())).collect();
    let mut reviews = Reviews::new(directory, Bounds::default());
    let ignored = fold::fold::<Event>(known, |attested| {
        reviews.apply(attested).map_err(|refusal| refused(&refusal))?;
        counts(&attested.event);
        Ok(())
    });
    (reviews, ignored)
}

/// A refusal of the rules, as everything above them hands it on.
pub fn refused(refusal: &Refusal) -> Refused {
    Refused::new(refusal.code(), refusal)
}

/// States an event of a review, after asking the rules.
///
/// # Errors
/// The rules' refusal, or what stating met.
pub async fn state(ctx: &Ctx, event: &Event, request: Option<&str>) -> Result<Done, ReviewError> {
    state_to(ctx, event, BTreeSet::new(), request).await
}

/// As [`state`], also readable by `others`: an organisation outside a case names its developer.
///
/// # Errors
/// As [`state`].
pub async fn state_to(
    ctx: &Ctx,
    event: &Event,
    others: BTreeSet<PartyId>,
    request: Option<&str>,
) -> Result<Done, ReviewError> {
    if let Some(done) = ctx.repeated(request).await? {
        return Ok(done);
    }
    let known = ctx.known().await?;
    let (reviews, _) = reviews(&known, &known.trust);
    match reviews.check(event, ctx.clock.now()) {
        // a party that was not among the readers of a case's beginning can't judge: the others do
        Err(Refusal::UnknownCase { .. }) if is_guest(ctx, event) => {
            guest::judge(&known, &known.trust, event)?;
        }
        other => other.map_err(|refusal| refused(&refusal))?,
    }
    offers(ctx, event)?;
    let mut others = others;
    if let Some(case) = event.case() {
        others.extend(developer(&known, case));
    }
    let readers = readers(&known.trust, &reviews, event, others);
    Ok(ctx.state(event, &readers, request).await?)
}

/// Who offers a statement is one of those who sign it.
fn offers(ctx: &Ctx, event: &Event) -> Result<(), Refused> {
    let signers = domain::Statement::signers(event);
    if signers.contains(ctx.home.id()) {
        return Ok(());
    }
    let needed = "one of those who sign this, and one of them offers it";
    Err(refused(&Refusal::NotEntitled { party: ctx.home.id().clone(), needed }))
}

/// A case's developer, as a statement of both sides names it that even an organisation outside can read: its
/// selection or admission, the terms.
fn developer(known: &Known, case: &CaseId) -> Option<PartyId> {
    let ours = known
        .statements
        .iter()
        .filter(|s| s.leaf.header().schema() == <Event as domain::Statement>::SCHEMA);
    let mut read = ours.filter_map(|s| s.attested::<Event>().ok().map(|attested| attested.event));
    read.find_map(|event| match event {
        Event::TermsAgreed(e) if e.case == *case => Some(e.developer),
        Event::PartnerSelected(e) if e.case == *case => Some(e.developer),
        Event::DefenderAdmitted(e) if e.case == *case => Some(e.developer),
        Event::ProgrammeAdmitted(e) if e.case == *case => Some(e.developer),
        _ => None,
    })
}

/// A partner, defender or researcher speaks of a case whose beginning was not sealed to it.
fn is_guest(ctx: &Ctx, event: &Event) -> bool {
    let inside =
        [Role::Developer, Role::Government, Role::Determiner].iter().any(|r| ctx.home.has(*r));
    let speaks = matches!(
        event,
        Event::DefenderApplied(_)
            | Event::ProgrammeApplied(_)
            | Event::GrantRequested(_)
            | Event::TermsAcknowledged(_)
            | Event::PersonRecused(_)
            | Event::PersonRemoved(_)
            | Event::OrganisationRemoved(_)
            | Event::GrantRevoked(_)
            | Event::GrantSuspended(_)
            | Event::GrantResumed(_)
            | Event::DestructionAttested(_)
            | Event::BreachAnswered(_)
    );
    !inside && speaks
}

/// Who may read a statement about a review: its signers, the case's developer, government's side, the
/// inspectors, and the one organisation it is about.
fn readers(trust: &Trust, reviews: &Reviews, event: &Event, others: BTreeSet<PartyId>) -> Readers {
    const INSIDE: [Role; 4] =
        [Role::Government, Role::Determiner, Role::Evaluator, Role::Inspector];
    let mut parties: BTreeSet<PartyId> = trust
        .parties()
        .filter(|m| m.party.roles.iter().any(|r| INSIDE.contains(r)))
        .map(|m| m.party.id.clone())
        .collect();
    parties.extend(domain::Statement::signers(event));
    parties.extend(others);
    let case = event.case().and_then(|id| reviews.case(id).ok());
    match case {
        Some(case) => {
            parties.insert(case.developer().clone());
            parties.extend(subject(reviews, case.id(), event));
        }
        // not known here: every developer might be the one; only the named ones may read
        None => parties.extend(named(event)),
    }
    // what can't be sealed to a stranger is sealed to those who are known
    parties.retain(|p| trust.party(p).is_some());
    Readers::Parties(parties)
}

/// The organisation that an event is about, besides its signers.
fn subject(reviews: &Reviews, case: &CaseId, event: &Event) -> Vec<PartyId> {
    let grant = match event {
        Event::GrantIssued(e) => Some(&e.grant),
        Event::GrantRevoked(e) | Event::GrantSuspended(e) | Event::GrantResumed(e) => {
            Some(&e.grant)
        }
        Event::UsesRecorded(e) => Some(&e.grant),
        _ => None,
    };
    let Ok(view) = view_of(reviews, case, Timestamp::EPOCH) else { return Vec::new() };
    if let Event::BreachNoticed(e) = event {
        return vec![e.about.clone()];
    }
    let mut about: Vec<_> = match (grant, event) {
        (Some(grant), _) => {
            view.grants.iter().filter(|g| g.grant == *grant).map(|g| g.party.clone()).collect()
        }
        (None, Event::PartnerNominated(e)) => vec![e.nominee.clone()],
        (None, Event::PartnerSelected(e)) => standing(&view, &e.nomination),
        (None, Event::DefenderAdmitted(e)) => standing(&view, &e.application),
        (None, Event::ProgrammeAdmitted(e)) => standing(&view, &e.application),
        (None, Event::OrganisationVerified(e)) => standing(&view, &e.application),
        (None, Event::OrganisationRemoved(e)) => vec![e.party.clone()],
        (None, Event::PartnerRevoked(e) | Event::DefenderRevoked(e)) => {
            standing(&view, &e.nomination)
        }
        (None, Event::TermsAgreed(_) | Event::AccessWithdrawn(_)) => {
            view.standings.iter().map(|s| s.party.clone()).collect()
        }
        _ => Vec::new(),
    };
    about.extend(named(event));
    about
}

fn standing(view: &CaseView, nomination: &domain::NominationId) -> Vec<PartyId> {
    view.standings.iter().filter(|s| s.nomination == *nomination).map(|s| s.party.clone()).collect()
}

/// Organisations that an event names as addressees.
fn named(event: &Event) -> Vec<PartyId> {
    match event {
        Event::AccessRequested(e) => vec![e.developer.clone()],
        Event::AssessmentShared(e) => e.recipients.iter().cloned().collect(),
        _ => Vec::new(),
    }
}

/// One case as this party knows it.
///
/// # Errors
/// A case of which nothing can be read here.
pub async fn show(ctx: &Ctx, case: &CaseId) -> Result<(CaseView, Vec<Ignored>), ReviewError> {
    let Seen { view, ignored, .. } = seen(ctx, case).await?;
    Ok((view, ignored))
}

/// One case as of now.
struct Seen {
    as_of: Timestamp,
    /// The whole fold.
    reviews: Reviews,
    view: CaseView,
    /// Statements about the case without effect.
    ignored: Vec<Ignored>,
}

async fn seen(ctx: &Ctx, case: &CaseId) -> Result<Seen, ReviewError> {
    let known = ctx.known().await?;
    let as_of = ctx.clock.now();
    let (reviews, mut ignored) = reviews(&known, &known.trust);
    ignored.retain(|ignored| is_of(&known, ignored.index, case));
    let view = view_of(&reviews, case, as_of);
    let view = view.map_err(|_| ReviewError::Unknown(case.clone()))?;
    Ok(Seen { as_of, reviews, view, ignored })
}

/// Whether a statement names the case.
fn is_of(known: &Known, index: u64, case: &CaseId) -> bool {
    let found = known.statements.binary_search_by_key(&index, |statement| statement.index);
    let found = found.ok().and_then(|at| known.statements.get(at));
    let event = found.and_then(|statement| statement.content.as_ref().ok());
    let event = event.and_then(|opened| opened.statement::<Event>().ok());
    event.is_some_and(|event| event.case() == Some(case))
}

/// One case with the whole fold, for verbs that need a request or a nomination from it.
///
/// # Errors
/// As [`show`].
pub async fn case(ctx: &Ctx, case: &CaseId) -> Result<(Reviews, CaseView), ReviewError> {
    let known = ctx.known().await?;
    let (reviews, _) = reviews(&known, &known.trust);
    let view = view_of(&reviews, case, ctx.clock.now());
    let view = view.map_err(|_| ReviewError::Unknown(case.clone()))?;
    Ok((reviews, view))
}

/// A case as it stands at `now`.
///
/// # Errors
/// A case that is not known.
pub fn view_of(reviews: &Reviews, case: &CaseId, now: Timestamp) -> Result<CaseView, Refusal> {
    Ok(reviews.state(case, now)?.records().view())
}

/// Every case as this party knows it.
///
/// # Errors
/// The log can't be brought up to date.
pub async fn list(ctx: &Ctx) -> Result<Vec<CaseView>, ReviewError> {
    let known = ctx.known().await?;
    let (reviews, _) = reviews(&known, &known.trust);
    let now = ctx.clock.now();
    Ok(reviews.cases().filter_map(|case| view_of(&reviews, case.id(), now).ok()).collect())
}
