//! The defender programme: verified first, both keys, a tier, and no model where the tier gives none; organisations that lose access.

use super::scene::{Stage as Course, ask, at, case, check_after, issue_of, say, token, with};
use crate::event::{
    Acknowledgement, Allowance, Basis, Enrolment, EnrolmentAdmission, Event, Gives, GrantRequest,
    OrganisationRemoval, Revocation, Right, System, Tier, Verification,
};
use crate::walk::world::{id, instant, line, terms, text};
use crate::{Endpoint, Reviews};
use domain::Digest;
use std::collections::BTreeSet;

use super::scene::PLAN;

fn applied() -> Enrolment {
    Enrolment {
        case: case(),
        application: id("d1"),
        applicant: id("defender"),
        organisation: line("a hospital"),
        sector: line("health"),
        size: line("small"),
        sponsored: false,
        systems: BTreeSet::from([System { name: line("portal"), right: Right::Owns }]),
        tier: line("model"),
        reason: text("no staff"),
    }
}

fn verified(by: &str) -> Verification {
    Verification {
        case: case(),
        application: id("d1"),
        by: id(by),
        person: id("p5"),
        method: line("register"),
        evidence: None,
        verified_at: instant(2),
    }
}

fn model() -> Gives {
    Gives::Model(Allowance {
        models: BTreeSet::from([id("model-a")]),
        endpoints: BTreeSet::from([Endpoint::ChatCompletions]),
        tokens_per_grant: 500,
    })
}

fn admitted(gives: Gives) -> EnrolmentAdmission {
    EnrolmentAdmission {
        case: case(),
        application: id("d1"),
        proposal: applied().digest(),
        tier: Tier { name: line("a tier"), ladder: Digest::of(b"ladder"), gives },
        terms: terms("terms-1").digest(),
        developer: id("developer"),
        government: id("government"),
        starts_at: instant(PLAN),
        expires_at: instant(PLAN + 900),
    }
}

fn wanted() -> GrantRequest {
    GrantRequest {
        basis: Basis::Defender(id("d1")),
        party: id("defender"),
        person: id("p1"),
        budget_tokens: 500,
        starts_at: instant(PLAN),
        ends_at: instant(PLAN + 100),
        credential: token("g2"),
        ..super::scene::request("g2")
    }
}

fn before() -> Vec<(u64, Event)> {
    vec![
        (2, Event::ProgrammeApplied(applied())),
        (2, Event::OrganisationVerified(verified("government"))),
    ]
}

fn stood(gives: Gives) -> Vec<(u64, Event)> {
    let terms = terms("terms-1").digest();
    let read = Acknowledgement { case: case(), terms, party: id("defender"), person: id("p1") };
    let mut all = before();
    all.push((2, Event::ProgrammeAdmitted(admitted(gives))));
    all.push((2, Event::TermsAcknowledged(read)));
    all
}

fn with_grant() -> Reviews {
    let mut reviews = at(Course::Issued);
    for (hour, event) in stood(model()) {
        say(&mut reviews, hour, event).expect("the course is admitted");
    }
    let request = wanted();
    let issue = issue_of(&request);
    say(&mut reviews, 3, Event::GrantRequested(request)).expect("asked");
    say(&mut reviews, 3, Event::GrantIssued(issue)).expect("both keys");
    reviews
}

#[test]
fn a_grant_comes_from_a_tier_that_gives_a_model() {
    let reviews = with_grant();
    assert!(ask(&reviews, "g2", PLAN - 1).is_err(), "not before the partner release");
    assert!(ask(&reviews, "g2", PLAN + 1).is_ok());
    let view = reviews.state(&case(), instant(PLAN)).expect("a case").records().view();
    let standing = view.standings.iter().find(|s| s.nomination == id("d1")).expect("it stands");
    let programme = standing.programme.as_ref().expect("of the programme");
    assert_eq!((programme.verified.len(), standing.models.len()), (1, 1));
}

#[test]
fn findings_and_patches_alone_give_no_model() {
    check_after(
        Course::Opened,
        stood(Gives::FindingsAndPatches),
        (3, Event::GrantRequested(wanted())),
        "tier-without-model",
    );
    let mut reviews = at(Course::Opened);
    for (hour, event) in stood(Gives::FindingsAndPatches) {
        say(&mut reviews, hour, event).expect("admitted");
    }
    let view = reviews.state(&case(), instant(3)).expect("a case").records().view();
    assert!(view.standings.iter().all(|s| s.models.is_empty()), "no model is named anywhere");
}

#[test]
fn both_keys_and_somebody_who_looked_come_first() {
    let stage = Course::Opened;
    let applied_only = || vec![(2, Event::ProgrammeApplied(applied()))];
    let admission = |change: fn(&mut EnrolmentAdmission)| {
        (3, Event::ProgrammeAdmitted(with(admitted(model()), change)))
    };
    check_after(stage, applied_only(), admission(|_| {}), "not-verified");
    check_after(stage, vec![], admission(|_| {}), "unknown-nomination");
    for (change, code) in [
        (
            (|e: &mut EnrolmentAdmission| e.government = id("evaluator"))
                as fn(&mut EnrolmentAdmission),
            "not-entitled",
        ),
        (|e| e.proposal = Digest::of(b""), "digest-differs"),
        (|e| e.terms = Digest::of(b""), "terms-differ"),
        (|e| e.starts_at = instant(PLAN - 1), "before-partner-release"),
        (|e| e.expires_at = instant(3), "nomination-expired"),
        (
            |e| {
                let Gives::Model(allowance) = &mut e.tier.gives else { return };
                allowance.tokens_per_grant = 1_001;
            },
            "budget-over-terms",
        ),
        (
            |e| {
                let Gives::Model(allowance) = &mut e.tier.gives else { return };
                allowance.endpoints.insert(Endpoint::Embeddings);
            },
            "endpoint-outside-terms",
        ),
    ] {
        check_after(stage, before(), admission(change), code);
    }
    let verification = |by: &str| (3, Event::OrganisationVerified(verified(by)));
    check_after(stage, applied_only(), verification("defender"), "not-entitled");
    check_after(stage, before(), verification("government"), "record-exists");
    check_after(
        stage,
        applied_only(),
        (3, Event::ProgrammeApplied(with(applied(), |e| e.sponsored = true))),
        "nomination-exists",
    );
    check_after(
        stage,
        vec![],
        (3, Event::ProgrammeApplied(with(applied(), |e| e.applicant = id("partner")))),
        "role-missing",
    );
    let recused = Event::PersonRecused(super::scene::about("government", "p5", "government"));
    let mut all = applied_only();
    all.push((2, recused));
    check_after(stage, all, verification("government"), "person-recused");
}

#[test]
fn a_grant_stays_within_its_tier() {
    for (change, code) in [
        ((|e: &mut GrantRequest| e.budget_tokens = 501) as fn(&mut GrantRequest), "outside-tier"),
        (|e| e.endpoints = BTreeSet::from([Endpoint::Models]), "outside-tier"),
        (|e| e.model = id("model-b"), "unknown-model"),
        (|e| e.starts_at = instant(PLAN - 1), "before-partner-release"),
    ] {
        let asked = Event::GrantRequested(with(wanted(), change));
        check_after(Course::Opened, stood(model()), (3, asked), code);
    }
}

#[test]
fn an_organisation_that_is_removed_loses_everything_at_once() {
    let removal = |party: &str, by: &str| {
        let (party, by, reason) = (id(party), id(by), text("closed"));
        Event::OrganisationRemoved(OrganisationRemoval { case: case(), party, by, reason })
    };
    for by in ["government", "developer", "defender"] {
        let mut reviews = with_grant();
        let permit = ask(&reviews, "g2", PLAN + 1).expect("granted");
        say(&mut reviews, PLAN + 1, removal("defender", by)).expect("either side, or itself");
        assert_eq!(ask(&reviews, "g2", PLAN + 2).expect_err("gone").code(), "organisation-removed");
        assert!(reviews.is_live(&permit, instant(PLAN + 2)).is_err(), "open streams, too");
    }
    let gone = vec![(2, removal("defender", "developer"))];
    let stage = Course::Opened;
    check_after(stage, vec![], (3, removal("defender", "evaluator")), "not-entitled");
    check_after(
        stage,
        gone.clone(),
        (3, Event::ProgrammeApplied(applied())),
        "organisation-removed",
    );
    check_after(stage, gone, (3, removal("defender", "developer")), "organisation-removed");
}

#[test]
fn a_standing_of_the_programme_is_ended_as_a_defender_s() {
    let mut reviews = with_grant();
    let revocation =
        Revocation { case: case(), nomination: id("d1"), by: id("developer"), reason: text("") };
    say(&mut reviews, PLAN + 1, Event::DefenderRevoked(revocation)).expect("either side");
    assert_eq!(ask(&reviews, "g2", PLAN + 2).expect_err("ended").code(), "nomination-revoked");
}
