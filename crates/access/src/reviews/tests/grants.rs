//! Guards of grants: who may ask, who may issue, who may stop, and what uses are taken.

use super::scene::{
    Stage, about, acknowledgement, agreement, at, case, change, check, check_after, closing, issue,
    issue_of, request, revocation, say, token, uses, with, withdrawal,
};
use crate::event::{Basis, Event, Scope, TermsProposal};
use crate::walk::world::{World, id, instant, terms};
use crate::{Endpoint, Refusal};
use domain::{Digest, Span};

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

/// Selected for a model that the terms do not cover: a partner gets no grant for it.
#[test]
fn a_standing_does_not_widen_the_terms() {
    let narrow = with(terms("terms-2"), |t| t.models = [id("model-b")].into());
    let digest = narrow.digest();
    let proposed = Event::TermsProposed(TermsProposal { by: id("developer"), terms: narrow });
    let agreed = Event::TermsAgreed(with(agreement("terms-2"), |e| e.terms = digest));
    let read = with(acknowledgement("partner", "p5"), |e| e.terms = digest);
    let before = vec![
        (2, closing("developer")),
        (2, proposed),
        (2, agreed),
        (2, Event::TermsAcknowledged(read)),
    ];
    let asked = with(request("g2"), |e| {
        (e.basis, e.terms) = (Basis::Partner(id("n1")), digest);
        (e.party, e.person) = (id("partner"), id("p5"));
        (e.starts_at, e.ends_at) = (instant(960), instant(1_500));
    });
    check_after(Stage::Selected, before, (3, Event::GrantRequested(asked)), "unknown-model");
}

/// What the directory says is asked again at every signature, not only at the first.
#[test]
fn a_role_that_was_taken_away_no_longer_counts() {
    let check = |stage, party: &str, event: Event| {
        let mut reviews = at(stage);
        reviews.enrol(World::new(0).party_of(party));
        let refusal = say(&mut reviews, 3, event).expect_err("the role is gone");
        assert_eq!(refusal.code(), "role-missing", "{refusal}");
    };
    check(Stage::Proposed, "evaluator", Event::TermsAgreed(agreement("terms-1")));
    check(Stage::Opened, "evaluator", Event::GrantRequested(request("g1")));
    check(Stage::Requested, "evaluator", Event::GrantIssued(issue("g1")));
    let asked = with(request("g2"), |e| {
        e.basis = Basis::Partner(id("n1"));
        e.party = id("partner");
        (e.starts_at, e.ends_at) = (instant(960), instant(1_500));
    });
    check(Stage::Selected, "partner", Event::GrantRequested(asked));
}

#[test]
fn a_grant_that_one_side_has_not_signed_is_shown_as_such() {
    let reviews = at(Stage::Requested);
    let view = reviews.state(&case(), instant(30)).expect("a case").records().view();
    let stopped: Vec<_> =
        view.grants.iter().map(|g| g.stopped.as_ref().map(Refusal::code)).collect();
    assert_eq!(stopped, vec![Some("grant-not-issued")]);
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
