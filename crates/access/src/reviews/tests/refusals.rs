//! Each guard refuses what it guards against, with its code, and nothing changes.

use super::scene::{
    Stage, acknowledgement, admission, agreement, application, at, case, check, check_after,
    closing, determination, inquiry, issue, nomination, opening, proposal, replan, revocation, say,
    selection, with, withdrawal,
};
use crate::event::{
    AccessRequest, Account, AssessmentPublication, AssessmentSharing, Decline,
    DeterminationWithdrawal, Event, ExternalOrder, PersonStatement, Replan, Scope, TermsProposal,
};
use crate::walk::world::{attest, id, instant, line, terms, text};
use crate::{Refusal, Reviews};
use domain::{Digest, Span, Statement};
use std::collections::BTreeSet;

#[test]
fn every_needed_signature_must_be_there() {
    let check = |stage: Stage, event: Event| {
        for missing in event.signers() {
            let mut statement = attest(event.clone(), instant(2));
            statement.signers.remove(&missing);
            statement.signers.insert(id("outsider"));
            let mut reviews: Reviews = at(stage);
            let refusal = reviews.apply(&statement).expect_err("a signature is missing");
            assert_eq!(refusal.code(), "signature-missing", "{} without {missing}", event.kind());
            assert_eq!(refusal, Refusal::SignatureMissing { missing: missing.clone() });
            assert!(refusal.to_string().contains(missing.as_str()), "{refusal} names {missing}");
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

/// Who is recused determines nothing, and stated words are those of the reference.
#[test]
fn who_decided() {
    let by = |person: &str, document: Option<&str>| {
        let document = document.map(text);
        let account = Account {
            decided_by: id(person),
            declared: line("none"),
            containment: None,
            memo: None,
            document,
        };
        Event::ModelDetermined(with(determination("one"), |e| e.account = Some(account)))
    };
    let recused = Event::PersonRecused(PersonStatement {
        case: case(),
        party: id("determiner"),
        person: id("d1"),
        by: id("determiner"),
        reason: text("worked there"),
    });
    let mut reviews = at(Stage::Inquired);
    say(&mut reviews, 1, recused.clone()).expect("a determiner's person may be recused");
    say(&mut reviews, 2, by("d2", Some("one"))).expect("another person decides");
    let view = reviews.state(&case(), instant(3)).expect("a case").records().view();
    assert_eq!(view.recused, [(id("determiner"), id("d1"))]);
    let before = || vec![(1, recused.clone())];
    check_after(Stage::Inquired, before(), (2, by("d1", None)), "person-recused");
    check_after(Stage::Inquired, before(), (2, by("d2", Some("two"))), "digest-differs");
}

#[test]
fn sharing() {
    let shared = AssessmentSharing {
        case: case(),
        by: id("government"),
        recipients: BTreeSet::from([id("developer")]),
        report: Digest::of(b"report"),
        handling: line("unclassified"),
        item: None,
    };
    let check = |event, code| check(Stage::Agreed, Event::AssessmentShared(event), code);
    check(with(shared.clone(), |e| e.by = id("partner")), "not-entitled");
    check(with(shared.clone(), |e| e.recipients.clear()), "nothing-named");
    let again = Event::AssessmentShared(shared.clone());
    check_after(Stage::Agreed, vec![(1, again.clone())], (2, again), "record-exists");
}

#[test]
fn publishing() {
    let published = AssessmentPublication {
        case: case(),
        by: id("evaluator"),
        report: Digest::of(b"report"),
        handling: line("unclassified"),
        place: line("https://reports.example/1"),
        agreed_by: [id("developer"), id("government")].into(),
        item: None,
    };
    let event = Event::AssessmentPublished;
    let check = |it, code| check(Stage::Agreed, event(it), code);
    check(with(published.clone(), |e| e.by = id("partner")), "not-entitled");
    check(with(published.clone(), |e| e.agreed_by = [id("partner")].into()), "not-entitled");
    let again = event(published.clone());
    check_after(Stage::Agreed, vec![(1, again.clone())], (2, again), "record-exists");
    // a record of every state: also after access ended, and by the developer alone
    let by_developer =
        event(with(published, |e| (e.by, e.agreed_by) = (id("developer"), [].into())));
    let mut reviews = at(Stage::Opened);
    say(&mut reviews, 1, Event::AccessWithdrawn(withdrawal(Scope::Case))).expect("never refused");
    say(&mut reviews, 2, by_developer).expect("a record");
    let view = reviews.state(&case(), instant(3)).expect("a case").records().view();
    assert_eq!((view.published.len(), view.state), (1, "withdrawn"));
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
    let again = acknowledgement("evaluator", "p1");
    check(Stage::Acknowledged, again, "terms-acknowledged-already");
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
    // Nobody but the developer plans or withdraws, however they sign.
    let developer = || id("government");
    let plan =
        Replan { case: case(), developer: developer(), planned_partner_release_at: instant(2_000) };
    check(Stage::Opened, Event::ReleaseReplanned(plan), "not-entitled");
    let word = with(withdrawal(Scope::Case), |e| e.developer = developer());
    check(Stage::Opened, Event::AccessWithdrawn(word), "not-entitled");
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

    let gone = Event::AccessWithdrawn(withdrawal(Scope::Case));
    let event = (2, selected(selection("n1")));
    check_after(Stage::Nominated, vec![(1, gone)], event, "case-withdrawn");

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
    // nor without a tier, from when there are tiers
    let since = 24 * 89;
    for (stage, event) in [
        (Stage::Opened, Event::DefenderApplied(application("n9"))),
        (Stage::Applied, Event::DefenderAdmitted(admission("n2"))),
    ] {
        check_after(stage, vec![], (since, event.clone()), "without-tier");
        let before = say(&mut at(stage), since - 1, event).map_err(|refusal| refusal.code());
        assert_ne!(before, Err("without-tier"), "what a log has from before stays");
    }
    let gone = Event::AccessWithdrawn(withdrawal(Scope::Case));
    let event = (2, Event::DefenderAdmitted(admission("n2")));
    check_after(Stage::Applied, vec![(1, gone)], event, "case-withdrawn");
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
