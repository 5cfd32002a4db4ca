//! Each guard refuses what it guards against, with its code, and nothing changes.

use super::scene::{
    Stage, about, acknowledgement, admission, agreement, application, at, case, change, closing,
    determination, inquiry, issue, issue_of, nomination, opening, proposal, replan, request,
    revocation, say, selection, token, uses, withdrawal,
};
use crate::event::{
    AccessRequest, AssessmentSharing, Basis, Decline, DeterminationWithdrawal, Event,
    ExternalOrder, Scope, TermsProposal,
};
use crate::walk::world::{attest, id, instant, line, terms, text};
use crate::{Endpoint, Reviews};
use domain::{Digest, Span, Statement};
use std::collections::BTreeSet;

/// At a stage, an event stated in the second hour is refused with the code and changes nothing.
fn check(stage: Stage, event: Event, code: &str) {
    check_after(stage, vec![], (2, event), code);
}

/// The same after other events, at an hour.
fn check_after(stage: Stage, before: Vec<(u64, Event)>, (hour, event): (u64, Event), code: &str) {
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
fn with<T>(mut value: T, change: impl FnOnce(&mut T)) -> T {
    change(&mut value);
    value
}

#[test]
fn every_needed_signature_must_be_there() {
    let check = |stage: Stage, event: Event| {
        for missing in event.signers() {
            let mut statement = attest(event.clone(), instant(2));
            statement.signers.remove(&missing);
            statement.signers.insert(id("outsider"));
            let mut reviews: Reviews = at(stage);
            let code = reviews.apply(&statement).map_err(|refusal| refusal.code());
            assert_eq!(code, Err("signature-missing"), "{} without {missing}", event.kind());
        }
    };
    check(Stage::Nothing, Event::Inquired(inquiry()));
    check(Stage::Inquired, proposal("terms-1"));
    check(Stage::Proposed, Event::TermsAgreed(agreement("terms-1")));
    check(Stage::Acknowledged, Event::WindowOpened(opening("w1")));
    check(Stage::Requested, Event::GrantIssued(issue("g1")));
    check(Stage::Nominated, Event::PartnerSelected(selection("n1")));
    check(Stage::Applied, Event::DefenderAdmitted(admission("n2")));
    check(Stage::Issued, Event::AccessWithdrawn(withdrawal(Scope::Case)));
    check(Stage::Issued, replan(800));
}

#[test]
fn inquiries() {
    let check = |event, code| check(Stage::Nothing, Event::Inquired(event), code);
    check(with(inquiry(), |e| e.developer = id("stranger")), "unknown-party");
    check(with(inquiry(), |e| e.developer = id("evaluator")), "role-missing");
    check(with(inquiry(), |e| e.government = id("developer")), "role-missing");
    check(with(inquiry(), |e| e.models.clear()), "nothing-named");
    let many = (0..65).map(|n| id(&format!("m{n}"))).collect();
    check(with(inquiry(), |e| e.models = many), "too-many");
    self::check(Stage::Inquired, Event::Inquired(inquiry()), "case-exists");
    self::check(Stage::Nothing, proposal("terms-1"), "unknown-case");
}

#[test]
fn one_party_does_not_hold_two_keys() {
    let mut reviews = at(Stage::Nothing);
    let mut party = crate::walk::world::World::new(0).party_of("both");
    party.roles = vec![domain::Role::Developer, domain::Role::Government];
    reviews.enrol(party);
    let both = with(inquiry(), |e| (e.developer, e.government) = (id("both"), id("both")));
    let refusal = say(&mut reviews, 1, Event::Inquired(both)).expect_err("one party");
    assert_eq!(refusal.code(), "one-party-two-keys");
}

#[test]
fn records_need_who_they_name() {
    let (government, developer, reason) = (id("evaluator"), id("developer"), text(""));
    let asked = AccessRequest { case: case(), government, developer, reason };
    check(Stage::Inquired, Event::AccessRequested(asked), "role-missing");
    let declined = Decline { case: case(), developer: id("government"), reason: None };
    check(Stage::Inquired, Event::RequestDeclined(declined), "role-missing");
    let order = ExternalOrder {
        by: id("stranger"),
        case: None,
        authority: line("an agency"),
        legal_basis: line("another law"),
        document: Digest::of(b"order"),
        received_at: instant(0),
    };
    check(Stage::Inquired, Event::OrderRecorded(order), "unknown-party");
}

#[test]
fn determinations() {
    let first = || (1, Event::ModelDetermined(determination("one")));
    let check = |event, code| check(Stage::Inquired, Event::ModelDetermined(event), code);
    check(with(determination("one"), |e| e.authority = id("government")), "role-missing");
    check(with(determination("one"), |e| e.model = id("model-x")), "unknown-model");
    let named = with(determination("two"), |e| e.supersedes = Some(Digest::of(b"one")));
    check(named, "unknown-determination");
    let many = (0..65).map(|n| line(&format!("director {n}"))).collect();
    check(with(determination("one"), |e| e.consultees = many), "too-many");
    let check = |event, code| {
        let event = (2, Event::ModelDetermined(event));
        check_after(Stage::Inquired, vec![first()], event, code);
    };
    check(determination("one"), "determination-exists");
    check(determination("two"), "must-supersede");
    let other = with(determination("two"), |e| e.supersedes = Some(Digest::of(b"three")));
    check(other, "unknown-determination");
    let withdrawn = |authority: &str, document: &str| {
        let (authority, reference) = (id(authority), Digest::of(document.as_bytes()));
        let reason = text("");
        Event::DeterminationWithdrawn(DeterminationWithdrawal {
            case: case(),
            authority,
            reference,
            reason,
        })
    };
    let check = |event, code| check_after(Stage::Inquired, vec![first()], (2, event), code);
    check(withdrawn("government", "one"), "not-entitled");
    check(withdrawn("determiner", "two"), "unknown-determination");
}

#[test]
fn sharing() {
    let shared = AssessmentSharing {
        case: case(),
        by: id("government"),
        recipients: BTreeSet::from([id("developer")]),
        report: Digest::of(b"report"),
        handling: line("unclassified"),
    };
    let check = |event, code| check(Stage::Agreed, Event::AssessmentShared(event), code);
    check(with(shared.clone(), |e| e.by = id("partner")), "role-missing");
    check(with(shared.clone(), |e| e.recipients.clear()), "nothing-named");
    let again = Event::AssessmentShared(shared.clone());
    check_after(Stage::Agreed, vec![(1, again.clone())], (2, again), "digest-differs");
}

#[test]
fn proposals() {
    let check = |by: &str, terms, code| {
        check(Stage::Inquired, Event::TermsProposed(TermsProposal { by: id(by), terms }), code);
    };
    check("evaluator", terms("t"), "not-entitled");
    let gap = with(terms("t"), |t| t.safeguards.insider_risk.nondisclosure = text(""));
    check("developer", gap, "safeguard-missing");
    check("developer", with(terms("t"), |t| t.models = [id("model-x")].into()), "unknown-model");
    let unknown = with(terms("t"), |t| t.evaluators = [id("stranger")].into());
    check("developer", unknown, "unknown-party");
    let partner = with(terms("t"), |t| t.evaluators = [id("partner")].into());
    check("developer", partner, "role-missing");
    self::check(Stage::Proposed, proposal("terms-1"), "terms-exist");
    self::check(Stage::Opened, proposal("terms-2"), "window-live");
    let gone = Event::AccessWithdrawn(withdrawal(Scope::Case));
    check_after(Stage::Inquired, vec![(1, gone)], (2, proposal("terms-1")), "case-withdrawn");
    let gone = Event::AccessWithdrawn(withdrawal(Scope::Model(id("model-a"))));
    check_after(Stage::Inquired, vec![(1, gone)], (2, proposal("terms-1")), "model-withdrawn");
}

#[test]
fn agreements() {
    let check = |stage, event, code| check(stage, Event::TermsAgreed(event), code);
    check(Stage::Inquired, agreement("terms-1"), "wrong-state");
    check(Stage::Proposed, agreement("terms-2"), "terms-differ");
    let other = with(agreement("terms-1"), |e| e.developer = id("evaluator"));
    check(Stage::Proposed, other, "not-entitled");
    let other = with(agreement("terms-1"), |e| e.government = id("evaluator"));
    check(Stage::Proposed, other, "not-entitled");
    // Other terms came onto the table before the second key did: the first key does not count.
    let event = (2, Event::TermsAgreed(agreement("terms-1")));
    check_after(Stage::Proposed, vec![(1, proposal("terms-2"))], event, "terms-differ");
    // Terms on the table are not signed under a window.
    let before = vec![(1, proposal("terms-2")), (1, Event::WindowOpened(opening("w1")))];
    let event = (2, Event::TermsAgreed(agreement("terms-2")));
    check_after(Stage::Acknowledged, before, event, "window-live");
    let gone = Event::AccessWithdrawn(withdrawal(Scope::Model(id("model-b"))));
    let event = (2, Event::TermsAgreed(agreement("terms-1")));
    check_after(Stage::Proposed, vec![(1, gone)], event, "model-withdrawn");
    let gone = Event::AccessWithdrawn(withdrawal(Scope::Case));
    let event = (2, Event::TermsAgreed(agreement("terms-1")));
    check_after(Stage::Proposed, vec![(1, gone)], event, "case-withdrawn");
}

#[test]
fn acknowledgements() {
    let ack = || acknowledgement("evaluator", "p9");
    let check = |stage, event, code| check(stage, Event::TermsAcknowledged(event), code);
    check(Stage::Proposed, ack(), "wrong-state");
    check(Stage::Agreed, with(ack(), |e| e.terms = terms("terms-2").digest()), "terms-differ");
    check(Stage::Agreed, with(ack(), |e| e.party = id("partner")), "not-entitled");
}

#[test]
fn windows() {
    let check = |event, code| check(Stage::Acknowledged, Event::WindowOpened(event), code);
    check(with(opening("w1"), |e| e.developer = id("evaluator")), "not-entitled");
    check(with(opening("w1"), |e| e.government = id("evaluator")), "not-entitled");
    check(with(opening("w1"), |e| e.terms = terms("terms-2").digest()), "terms-differ");
    check(with(opening("w1"), |e| e.models = [id("model-x")].into()), "unknown-model");
    check(with(opening("w1"), |e| e.models.clear()), "nothing-named");
    check(with(opening("w1"), |e| e.longest = Span::days(31)), "window-too-long");
    check(with(opening("w1"), |e| e.longest = Span::ZERO), "window-empty");
    let plan = |hour| {
        move |e: &mut crate::WindowOpening| {
            e.planned_partner_release_at = instant(hour);
        }
    };
    check(with(opening("w1"), plan(970)), "plan-moved");
    self::check(Stage::Proposed, Event::WindowOpened(opening("w1")), "wrong-state");
    self::check(Stage::Opened, Event::WindowOpened(opening("w1")), "window-exists");
    self::check(Stage::Opened, Event::WindowOpened(opening("w2")), "window-live");
    let opened = |hour| (hour, Event::WindowOpened(opening("w1")));
    check_after(Stage::Acknowledged, vec![], opened(744), "window-over");
    let gone = Event::AccessWithdrawn(withdrawal(Scope::Window(id("w1"))));
    check_after(Stage::Acknowledged, vec![(1, gone)], opened(2), "window-withdrawn");
    let gone = Event::AccessWithdrawn(withdrawal(Scope::Model(id("model-a"))));
    check_after(Stage::Acknowledged, vec![(1, gone)], opened(2), "model-withdrawn");
    let gone = Event::AccessWithdrawn(withdrawal(Scope::Case));
    check_after(Stage::Acknowledged, vec![(1, gone)], opened(2), "case-withdrawn");
    // Terms cover fewer models than the case.
    let narrow = with(terms("terms-2"), |t| t.models = [id("model-b")].into());
    let agreed = with(agreement("terms-2"), |e| e.terms = narrow.digest());
    let event = with(opening("w1"), |e| e.terms = narrow.digest());
    let proposed = Event::TermsProposed(TermsProposal { by: id("developer"), terms: narrow });
    let before = vec![(1, proposed), (1, Event::TermsAgreed(agreed))];
    check_after(Stage::Acknowledged, before, (2, Event::WindowOpened(event)), "unknown-model");
}

#[test]
fn closing_and_planning() {
    check(Stage::Opened, closing("evaluator"), "not-entitled");
    check(Stage::Agreed, closing("developer"), "unknown-window");
    let before = vec![(2, closing("government"))];
    check_after(Stage::Opened, before, (3, closing("developer")), "window-over");
    check_after(Stage::Opened, vec![], (744, closing("developer")), "window-over");
    let other = |event: Event| match event {
        Event::ReleaseReplanned(mut e) => {
            e.developer = id("government");
            Event::ReleaseReplanned(e)
        }
        Event::AccessWithdrawn(mut e) => {
            e.developer = id("government");
            Event::AccessWithdrawn(e)
        }
        other => other,
    };
    check(Stage::Opened, other(replan(2_000)), "not-entitled");
    let word = Event::AccessWithdrawn(withdrawal(Scope::Case));
    check(Stage::Opened, other(word), "not-entitled");
}

#[test]
fn partners() {
    let check = |event, code| check(Stage::Opened, Event::PartnerNominated(event), code);
    check(with(nomination("n1"), |e| e.by = id("partner")), "not-entitled");
    check(with(nomination("n1"), |e| e.nominee = id("developer")), "one-party-two-keys");
    check(with(nomination("n1"), |e| e.models = [id("model-x")].into()), "unknown-model");
    let blank = with(nomination("n1"), |e| {
        e.criteria = text(" ");
        e.criteria_digest = Digest::of(b" ");
    });
    check(blank, "nothing-named");
    check(with(nomination("n1"), |e| e.criteria = text("friends")), "digest-differs");
    check(with(nomination("n1"), |e| e.expires_at = instant(2)), "nomination-expired");
    let many = (0..65).map(|n| line(&format!("conflict {n}"))).collect();
    check(with(nomination("n1"), |e| e.conflicts = many), "too-many");
    let again = Event::PartnerNominated(nomination("n1"));
    self::check(Stage::Nominated, again, "nomination-exists");
    self::check(Stage::Proposed, Event::PartnerNominated(nomination("n1")), "wrong-state");

    let selected = |event| Event::PartnerSelected(event);
    let check = |event, code| self::check(Stage::Nominated, selected(event), code);
    check(with(selection("n1"), |e| e.developer = id("partner")), "not-entitled");
    check(with(selection("n1"), |e| e.government = id("partner")), "not-entitled");
    check(with(selection("n1"), |e| e.proposal = Digest::of(b"")), "digest-differs");
    check(selection("n9"), "unknown-nomination");
    self::check(Stage::Selected, selected(selection("n1")), "nomination-settled");
    let revoked = vec![(1, Event::PartnerRevoked(revocation("n1", "developer")))];
    let event = (2, selected(selection("n1")));
    check_after(Stage::Nominated, revoked, event, "nomination-revoked");
    let late = (3_000, selected(selection("n1")));
    check_after(Stage::Nominated, vec![], late, "nomination-expired");
    let gone = Event::AccessWithdrawn(withdrawal(Scope::Model(id("model-a"))));
    let event = (2, selected(selection("n1")));
    check_after(Stage::Nominated, vec![(1, gone)], event, "model-withdrawn");

    let ended = |name, by| Event::PartnerRevoked(revocation(name, by));
    self::check(Stage::Selected, ended("n1", "partner"), "not-entitled");
    self::check(Stage::Selected, ended("n9", "developer"), "unknown-nomination");
    let before = vec![(1, ended("n1", "government"))];
    let event = (2, ended("n1", "developer"));
    check_after(Stage::Selected, before, event, "nomination-revoked");
}

#[test]
fn defenders() {
    let check = |event, code| check(Stage::Opened, Event::DefenderApplied(event), code);
    check(with(application("n2"), |e| e.applicant = id("partner")), "role-missing");
    check(with(application("n2"), |e| e.systems.clear()), "nothing-named");
    check(with(application("n2"), |e| e.models = [id("model-x")].into()), "unknown-model");
    let again = Event::DefenderApplied(application("n2"));
    self::check(Stage::Applied, again.clone(), "nomination-exists");
    self::check(Stage::Proposed, again, "wrong-state");

    let check = |event, code| self::check(Stage::Applied, Event::DefenderAdmitted(event), code);
    check(with(admission("n2"), |e| e.government = id("defender")), "not-entitled");
    check(with(admission("n2"), |e| e.proposal = Digest::of(b"")), "digest-differs");
    check(with(admission("n2"), |e| e.expires_at = instant(2)), "nomination-expired");
    // A partner is not admitted as a defender, nor the other way round.
    let crossed = with(admission("n1"), |e| e.proposal = nomination("n1").digest());
    check_after(
        Stage::Nominated,
        vec![],
        (2, Event::DefenderAdmitted(crossed)),
        "unknown-nomination",
    );
    let crossed = with(selection("n2"), |e| e.proposal = application("n2").digest());
    self::check(Stage::Applied, Event::PartnerSelected(crossed), "unknown-nomination");
    let wrong = Event::PartnerRevoked(revocation("n2", "developer"));
    self::check(Stage::Applied, wrong, "unknown-nomination");
}

#[test]
fn grant_requests() {
    let check = |event, code| check(Stage::Opened, Event::GrantRequested(event), code);
    let changed = |change: fn(&mut crate::GrantRequest)| with(request("g1"), change);
    check(changed(|e| e.terms = terms("terms-2").digest()), "terms-differ");
    check(changed(|e| e.model = id("model-x")), "unknown-model");
    check(changed(|e| e.model = id("model-b")), "unknown-model");
    check(changed(|e| e.basis = Basis::Window(id("w9"))), "unknown-window");
    check(changed(|e| e.basis = Basis::Partner(id("n1"))), "unknown-nomination");
    check(changed(|e| e.party = id("partner")), "not-entitled");
    check(changed(|e| e.person = id("p9")), "terms-not-acknowledged");
    check(changed(|e| e.starts_at = instant(23)), "grant-outside-basis");
    check(changed(|e| e.ends_at = instant(745)), "grant-outside-basis");
    check(changed(|e| e.ends_at = e.starts_at), "grant-outside-basis");
    check(changed(|e| e.endpoints.clear()), "nothing-named");
    check(changed(|e| e.endpoints = [Endpoint::Messages].into()), "endpoint-outside-terms");
    check(changed(|e| e.budget_tokens = 0), "nothing-named");
    check(changed(|e| e.budget_tokens = 1_001), "budget-over-terms");
    let asked = || Event::GrantRequested(request("g1"));
    self::check(Stage::Requested, asked(), "grant-exists");
    self::check(Stage::Proposed, asked(), "wrong-state");
    let taken = with(request("g2"), |e| e.credential = token("g1"));
    self::check(Stage::Issued, Event::GrantRequested(taken), "credential-in-use");
    let over = changed(|e| e.ends_at = instant(100));
    let late = (100, Event::GrantRequested(over));
    check_after(Stage::Opened, vec![], late, "grant-outside-basis");
    check_after(Stage::Opened, vec![(3, closing("developer"))], (4, asked()), "window-over");
    check_after(Stage::Opened, vec![], (744, asked()), "window-over");
    for person in ["p1", "p2"] {
        let removed = Event::PersonRemoved(about("evaluator", person, "evaluator"));
        check_after(Stage::Opened, vec![(3, removed)], (4, asked()), "person-removed");
    }
    let gone = |scope| Event::AccessWithdrawn(withdrawal(scope));
    let model = gone(Scope::Model(id("model-a")));
    check_after(Stage::Opened, vec![(3, model)], (4, asked()), "model-withdrawn");
    let window = gone(Scope::Window(id("w1")));
    check_after(Stage::Opened, vec![(3, window)], (4, asked()), "window-withdrawn");
    check_after(Stage::Opened, vec![(3, gone(Scope::Case))], (4, asked()), "case-withdrawn");
}

#[test]
fn partner_and_defender_grants() {
    let partner = |change: fn(&mut crate::GrantRequest)| {
        let asked = with(request("g2"), |e| {
            e.basis = Basis::Partner(id("n1"));
            (e.party, e.person) = (id("partner"), id("p5"));
            (e.starts_at, e.ends_at) = (instant(960), instant(1_500));
        });
        Event::GrantRequested(with(asked, change))
    };
    let read = || (2, Event::TermsAcknowledged(acknowledgement("partner", "p5")));
    let check = |stage, event, code| check_after(stage, vec![read()], (3, event), code);
    check(Stage::Nominated, partner(|_| {}), "nomination-open");
    check(Stage::Selected, partner(|e| e.starts_at = instant(959)), "before-partner-release");
    check(Stage::Selected, partner(|e| e.ends_at = instant(3_001)), "grant-outside-basis");
    check(Stage::Selected, partner(|e| e.model = id("model-b")), "unknown-model");
    check(Stage::Selected, partner(|e| e.party = id("evaluator")), "not-entitled");
    check(Stage::Selected, partner(|e| e.basis = Basis::Defender(id("n1"))), "not-entitled");
    check(Stage::Admitted, partner(|e| e.basis = Basis::Partner(id("n2"))), "not-entitled");
    let revoked = (2, Event::PartnerRevoked(revocation("n1", "government")));
    check_after(Stage::Selected, vec![read(), revoked], (3, partner(|_| {})), "nomination-revoked");
    check_after(Stage::Selected, vec![read()], (3_000, partner(|_| {})), "nomination-expired");
}

#[test]
fn grant_issues() {
    let check = |event, code| check(Stage::Requested, Event::GrantIssued(event), code);
    let changed = |change: fn(&mut crate::GrantIssue)| with(issue("g1"), change);
    check(changed(|e| e.developer = id("evaluator")), "not-entitled");
    check(changed(|e| e.government = id("evaluator")), "not-entitled");
    check(changed(|e| e.request = Digest::of(b"")), "digest-differs");
    check(issue("g9"), "unknown-grant");
    // Requester, holder and the two approvers are different people.
    check(changed(|e| e.developer_approver = id("p2")), "self-approval");
    check(changed(|e| e.government_approver = id("p2")), "self-approval");
    check(changed(|e| e.developer_approver = id("p1")), "self-approval");
    check(changed(|e| e.government_approver = id("p1")), "self-approval");
    check(changed(|e| e.government_approver = id("p3")), "self-approval");
    let issued = || Event::GrantIssued(issue("g1"));
    self::check(Stage::Issued, issued(), "grant-issued");
    let check =
        |before, code| check_after(Stage::Requested, vec![(2, before)], (3, issued()), code);
    check(Event::PersonRecused(about("developer", "p3", "developer")), "person-recused");
    check(Event::PersonRecused(about("government", "p4", "government")), "person-recused");
    check(Event::PersonRemoved(about("developer", "p3", "developer")), "person-removed");
    check(Event::PersonRemoved(about("evaluator", "p1", "evaluator")), "person-removed");
    check(Event::GrantRevoked(change("evaluator")), "grant-revoked");
    check(Event::GrantSuspended(change("developer")), "grant-suspended");
    check(closing("developer"), "window-over");
    check(Event::AccessWithdrawn(withdrawal(Scope::Case)), "case-withdrawn");
    check_after(Stage::Requested, vec![], (744, issued()), "window-over");
    // Two grants asked with one credential: the first that is issued has it.
    let twin = with(request("g2"), |e| e.credential = token("g1"));
    let before = vec![(2, Event::GrantRequested(twin.clone())), (2, issued())];
    let event = (3, Event::GrantIssued(issue_of(&twin)));
    check_after(Stage::Requested, before, event, "credential-in-use");
}

#[test]
fn stops_and_resumptions() {
    let suspended = |by: &str| (2, Event::GrantSuspended(change(by)));
    let resumed = |by: &str| (3, Event::GrantResumed(change(by)));
    check(Stage::Issued, Event::GrantRevoked(change("partner")), "not-entitled");
    check(Stage::Issued, Event::GrantSuspended(change("partner")), "not-entitled");
    check(Stage::Opened, Event::GrantRevoked(change("developer")), "unknown-grant");
    let revoked = || (2, Event::GrantRevoked(change("evaluator")));
    check_after(Stage::Issued, vec![revoked()], revoked(), "grant-revoked");
    check_after(Stage::Issued, vec![revoked()], suspended("developer"), "grant-revoked");
    check_after(
        Stage::Issued,
        vec![suspended("developer")],
        suspended("developer"),
        "grant-suspended",
    );
    check_after(Stage::Issued, vec![], resumed("developer"), "grant-not-suspended");
    let paused = || vec![suspended("developer")];
    check_after(Stage::Issued, paused(), resumed("government"), "grant-not-suspended");
    check_after(Stage::Issued, paused(), resumed("partner"), "not-entitled");
    let ended = vec![suspended("developer"), revoked()];
    check_after(Stage::Issued, ended, resumed("developer"), "grant-revoked");
    let gone = vec![suspended("developer"), (2, Event::AccessWithdrawn(withdrawal(Scope::Case)))];
    check_after(Stage::Issued, gone, resumed("developer"), "case-withdrawn");
    let other = Event::PersonRemoved(about("evaluator", "p1", "partner"));
    check(Stage::Issued, other, "not-entitled");
    let other = Event::PersonRecused(about("developer", "p3", "government"));
    check(Stage::Issued, other, "not-entitled");
    let other = Event::PersonRecused(about("evaluator", "p3", "evaluator"));
    check(Stage::Issued, other, "not-entitled");
}

#[test]
fn uses_on_record() {
    let check = |event, code| check(Stage::Issued, Event::UsesRecorded(event), code);
    check(with(uses(instant(30), 9), |e| e.developer = id("government")), "not-entitled");
    check(with(uses(instant(30), 9), |e| e.grant = id("g9")), "unknown-grant");
    check(uses(instant(30).after(Span::seconds(1)), 9), "not-a-minute");
    let first = (2, Event::UsesRecorded(uses(instant(30), 9)));
    check_after(Stage::Issued, vec![first.clone()], first, "uses-recorded");
}
