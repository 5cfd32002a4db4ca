//! A review that goes well, step by step, for tests to spoil.

use crate::event::{
    Acknowledgement, Admission, Application, Basis, Determination, Event, GrantChange, GrantIssue,
    GrantRequest, Inquiry, Nomination, Outcome, PersonStatement, Replan, Revocation, Scope,
    Selection, TermsAgreement, TermsProposal, Uses, WindowClosing, WindowOpening, Withdrawal,
};
use crate::walk::world::{CASE, World, attest, id, instant, line, terms, text};
use crate::{Endpoint, Permit, Refusal, Reviews, UseRequest};
use domain::{CaseId, Digest, Span, Statement, Timestamp};
use std::collections::BTreeSet;

/// How far the review has come. Each stage includes the ones before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    Nothing,
    Inquired,
    Proposed,
    Agreed,
    Acknowledged,
    Opened,
    Requested,
    Issued,
    Nominated,
    Selected,
    Applied,
    Admitted,
}

/// Hours: first access, the window's end (30 days later) and the planned partner release.
pub(super) const FIRST: u64 = 24;
pub(super) const END: u64 = 24 + 720;
pub(super) const PLAN: u64 = 960;

/// Reviews at a stage.
pub(super) fn at(stage: Stage) -> Reviews {
    let mut reviews = World::new(0).reviews;
    for (needed, event) in course() {
        if needed <= stage {
            say(&mut reviews, 1, event).expect("the course is admitted");
        }
    }
    reviews
}

/// States an event, fully signed, claimed at an hour.
pub(super) fn say(reviews: &mut Reviews, hour: u64, event: Event) -> Result<(), Refusal> {
    reviews.apply(&attest(event, instant(hour)))
}

pub(super) fn case() -> CaseId {
    id(CASE)
}

fn course() -> Vec<(Stage, Event)> {
    vec![
        (Stage::Inquired, Event::Inquired(inquiry())),
        (Stage::Proposed, proposal("terms-1")),
        (Stage::Agreed, Event::TermsAgreed(agreement("terms-1"))),
        (Stage::Acknowledged, Event::TermsAcknowledged(acknowledgement("evaluator", "p1"))),
        (Stage::Opened, Event::WindowOpened(opening("w1"))),
        (Stage::Requested, Event::GrantRequested(request("g1"))),
        (Stage::Issued, Event::GrantIssued(issue("g1"))),
        (Stage::Nominated, Event::PartnerNominated(nomination("n1"))),
        (Stage::Selected, Event::PartnerSelected(selection("n1"))),
        (Stage::Applied, Event::DefenderApplied(application("n2"))),
        (Stage::Admitted, Event::DefenderAdmitted(admission("n2"))),
    ]
}

pub(super) fn inquiry() -> Inquiry {
    Inquiry {
        case: case(),
        developer: id("developer"),
        government: id("government"),
        models: BTreeSet::from([id("model-a"), id("model-b")]),
        planned_partner_release_at: instant(PLAN),
        question: text("covered?"),
    }
}

pub(super) fn proposal(name: &str) -> Event {
    Event::TermsProposed(TermsProposal { by: id("government"), terms: terms(name) })
}

pub(super) fn agreement(name: &str) -> TermsAgreement {
    TermsAgreement {
        case: case(),
        terms: terms(name).digest(),
        developer: id("developer"),
        government: id("government"),
    }
}

pub(super) fn acknowledgement(party: &str, person: &str) -> Acknowledgement {
    let terms = terms("terms-1").digest();
    Acknowledgement { case: case(), terms, party: id(party), person: id(person) }
}

pub(super) fn opening(name: &str) -> WindowOpening {
    WindowOpening {
        case: case(),
        window: id(name),
        terms: terms("terms-1").digest(),
        developer: id("developer"),
        government: id("government"),
        models: BTreeSet::from([id("model-a")]),
        first_access_at: instant(FIRST),
        planned_partner_release_at: instant(PLAN),
        longest: Span::days(30),
    }
}

pub(super) fn closing(by: &str) -> Event {
    let (window, reason) = (id("w1"), text(""));
    Event::WindowClosed(WindowClosing { case: case(), window, by: id(by), reason })
}

pub(super) fn replan(hour: u64) -> Event {
    let planned_partner_release_at = instant(hour);
    let developer = id("developer");
    Event::ReleaseReplanned(Replan { case: case(), developer, planned_partner_release_at })
}

/// `g1` has the credential [`token`]`("g1")`, and so on.
pub(super) fn request(name: &str) -> GrantRequest {
    GrantRequest {
        case: case(),
        grant: id(name),
        basis: Basis::Window(id("w1")),
        model: id("model-a"),
        party: id("evaluator"),
        person: id("p1"),
        requested_by: id("p2"),
        terms: terms("terms-1").digest(),
        credential: token(name),
        endpoints: BTreeSet::from([Endpoint::ChatCompletions]),
        budget_tokens: 1_000,
        starts_at: instant(FIRST),
        ends_at: instant(END),
        purpose: line("to measure"),
    }
}

pub(super) fn token(name: &str) -> Digest {
    Digest::of(name.as_bytes())
}

pub(super) fn issue(name: &str) -> GrantIssue {
    issue_of(&request(name))
}

pub(super) fn issue_of(request: &GrantRequest) -> GrantIssue {
    GrantIssue {
        case: case(),
        grant: request.grant.clone(),
        request: request.digest(),
        developer: id("developer"),
        developer_approver: id("p3"),
        government: id("government"),
        government_approver: id("p4"),
    }
}

pub(super) fn change(by: &str) -> GrantChange {
    GrantChange { case: case(), grant: id("g1"), by: id(by), reason: text("") }
}

pub(super) fn about(party: &str, person: &str, by: &str) -> PersonStatement {
    let (party, person, by) = (id(party), id(person), id(by));
    PersonStatement { case: case(), party, person, by, reason: text("") }
}

pub(super) fn nomination(name: &str) -> Nomination {
    let criteria = text("operates critical infrastructure");
    Nomination {
        case: case(),
        nomination: id(name),
        by: id("government"),
        nominee: id("partner"),
        models: BTreeSet::from([id("model-a")]),
        criteria_digest: Digest::of(criteria.as_str().as_bytes()),
        criteria,
        reason: text("it does"),
        conflicts: BTreeSet::new(),
        expires_at: instant(3_000),
    }
}

pub(super) fn selection(name: &str) -> Selection {
    Selection {
        case: case(),
        nomination: id(name),
        proposal: nomination(name).digest(),
        developer: id("developer"),
        government: id("government"),
    }
}

pub(super) fn application(name: &str) -> Application {
    Application {
        case: case(),
        application: id(name),
        applicant: id("defender"),
        organisation: line("a hospital"),
        sector: line("health"),
        systems: BTreeSet::from([line("its own network")]),
        models: BTreeSet::from([id("model-a")]),
    }
}

pub(super) fn admission(name: &str) -> Admission {
    Admission {
        case: case(),
        application: id(name),
        proposal: application(name).digest(),
        developer: id("developer"),
        government: id("government"),
        expires_at: instant(3_000),
    }
}

pub(super) fn revocation(name: &str, by: &str) -> Revocation {
    Revocation { case: case(), nomination: id(name), by: id(by), reason: text("") }
}

pub(super) fn determination(document: &str) -> Determination {
    Determination {
        case: case(),
        model: id("model-a"),
        authority: id("determiner"),
        outcome: Outcome::Covered,
        reference: Digest::of(document.as_bytes()),
        benchmark: line("benchmark 1"),
        consultees: BTreeSet::new(),
        decided_at: instant(0),
        handling: line("unclassified"),
        supersedes: None,
        account: None,
    }
}

pub(super) fn withdrawal(scope: Scope) -> Withdrawal {
    Withdrawal { case: case(), developer: id("developer"), scope, reason: text("") }
}

pub(super) fn uses(minute: Timestamp, tokens: u64) -> Uses {
    Uses {
        case: case(),
        grant: id("g1"),
        developer: id("developer"),
        minute,
        root: Digest::of(&tokens.to_be_bytes()),
        count: 1,
        tokens_in: tokens / 2,
        tokens_out: tokens - tokens / 2,
    }
}

/// Asks for 10 tokens of `model-a` with the credential of a grant.
pub(super) fn ask(reviews: &Reviews, grant: &str, hour: u64) -> Result<Permit, Refusal> {
    reviews.permit(&token(grant), &call(), instant(hour))
}

pub(super) fn call() -> UseRequest {
    UseRequest::new(id("model-a"), Endpoint::ChatCompletions, 10)
}

/// At a stage, an event stated in the second hour is refused with the code and changes nothing.
pub(super) fn check(stage: Stage, event: Event, code: &str) {
    check_after(stage, vec![], (2, event), code);
}

/// The same after other events, at an hour.
pub(super) fn check_after(
    stage: Stage,
    before: Vec<(u64, Event)>,
    (hour, event): (u64, Event),
    code: &str,
) {
    let mut reviews = at(stage);
    for (hour, event) in before {
        say(&mut reviews, hour, event).expect("what comes before is admitted");
    }
    let unchanged = reviews.clone();
    let kind = event.kind();
    let refusal = say(&mut reviews, hour, event).expect_err(kind);
    assert_eq!(refusal.code(), code, "{kind} at {stage:?}: {refusal}");
    assert!(reviews.same_record(&unchanged), "{kind}: a refused event changed the record");
    let words = refusal.to_string();
    assert!(!words.is_empty() && !words.ends_with('.'), "{words}");
}

/// The value with one thing changed.
pub(super) fn with<T>(mut value: T, change: impl FnOnce(&mut T)) -> T {
    change(&mut value);
    value
}
