//! What the developer's steps about signals do to a grant, and how they are taken back.

use super::scene::{
    Stage as Course, acknowledgement, ask, at, call, case, change, issue_of, request, say, token,
};
use crate::event::{Audience, Event, Release, SignalAction, Step};
use crate::walk::world::{id, instant, line, text};
use crate::{GrantRequest, Permit, Refusal, Reviews, Status, UseRequest};
use domain::Digest;

fn step(rule: &str, step: Step) -> Event {
    Event::SignalActed(SignalAction {
        case: case(),
        developer: id("developer"),
        grant: id("g1"),
        rule: line(rule),
        evidence: Digest::of(b"evidence"),
        step,
        person: id("p3"),
        reason: text("seen"),
    })
}

fn act(reviews: &mut Reviews, rule: &str, what: Step) {
    say(reviews, 30, step(rule, what)).expect("the developer's own");
}

fn code(outcome: Result<Permit, Refusal>) -> Result<(), &'static str> {
    outcome.map(drop).map_err(|refusal| refusal.code())
}

/// `g2` is another person's.
fn two_persons() -> Reviews {
    let mut reviews = at(Course::Issued);
    let second = GrantRequest { person: id("p5"), ..request("g2") };
    for event in [
        Event::TermsAcknowledged(acknowledgement("evaluator", "p5")),
        Event::GrantRequested(second.clone()),
        Event::GrantIssued(issue_of(&second)),
    ] {
        say(&mut reviews, 2, event).expect("admitted");
    }
    reviews
}

#[test]
fn a_pause_refuses_and_cuts_and_a_note_takes_it_back() {
    let mut reviews = at(Course::Issued);
    let open = ask(&reviews, "g1", 30).expect("granted");
    act(&mut reviews, "sweep", Step::Pause);
    assert_eq!(code(ask(&reviews, "g1", 31)), Err("grant-paused"));
    assert!(reviews.is_live(&open, instant(31)).is_err(), "open answers are cut");
    act(&mut reviews, "sweep", Step::Note);
    assert_eq!(code(ask(&reviews, "g1", 32)), Ok(()));
    assert!(reviews.is_live(&open, instant(32)).is_ok());
}

#[test]
fn the_latest_step_of_a_rule_counts_and_of_several_rules_the_strongest() {
    let mut reviews = at(Course::Issued);
    let slowed = |reviews: &Reviews| ask(reviews, "g1", 31).map(|permit| permit.is_slowed());
    assert!(!slowed(&reviews).expect("granted"));
    act(&mut reviews, "sweep", Step::Slow);
    assert!(slowed(&reviews).expect("granted, slowly"));
    act(&mut reviews, "harvest", Step::Pause);
    assert_eq!(slowed(&reviews).expect_err("paused").code(), "grant-paused");
    act(&mut reviews, "sweep", Step::Ask);
    assert_eq!(slowed(&reviews).expect_err("still paused").code(), "grant-paused");
    act(&mut reviews, "harvest", Step::Slow);
    assert!(slowed(&reviews).expect("granted, slowly"));
    act(&mut reviews, "harvest", Step::Ask);
    assert!(!slowed(&reviews).expect("granted"));
    // other persons' grants are not touched
    act(&mut reviews, "sweep", Step::Pause);
    let mut two = two_persons();
    act(&mut two, "sweep", Step::Pause);
    assert_eq!(code(ask(&two, "g2", 31)), Ok(()));
}

#[test]
fn a_second_person_is_another_of_the_same_party_who_could_use_a_grant_now() {
    let mut reviews = two_persons();
    let with = |reviews: &Reviews, second: Option<&str>| {
        let request = UseRequest { second: second.map(token), ..call() };
        reviews.permit(&token("g1"), &request, instant(40))
    };
    let before = with(&reviews, None).expect("granted");
    let accompanied = with(&reviews, Some("g2")).expect("granted");
    assert_eq!(accompanied.second(), Some(&id("p5")));
    act(&mut reviews, "odd-place", Step::SecondPerson);
    for wrong in [None, Some("g1"), Some("g9")] {
        assert_eq!(code(with(&reviews, wrong)), Err("second-person-needed"), "{wrong:?}");
    }
    assert_eq!(with(&reviews, Some("g2")).expect("two persons").second(), Some(&id("p5")));
    assert!(reviews.is_live(&before, instant(41)).is_err(), "alone no longer");
    assert!(reviews.is_live(&accompanied, instant(41)).is_ok());
    // who looks on must still be able to
    let gone = crate::event::GrantChange { grant: id("g2"), ..change("evaluator") };
    say(&mut reviews, 42, Event::GrantSuspended(gone)).expect("its party's own");
    assert_eq!(code(with(&reviews, Some("g2"))), Err("second-person-needed"));
    assert!(reviews.is_live(&accompanied, instant(43)).is_err());
}

#[test]
fn only_the_developer_acts_and_a_release_waits_for_nothing() {
    let mut reviews = two_persons();
    let Event::SignalActed(action) = step("sweep", Step::Pause) else { panic!("an action") };
    let theirs = SignalAction { developer: id("government"), ..action };
    let refusal = say(&mut reviews, 30, Event::SignalActed(theirs)).expect_err("not theirs");
    assert_eq!(refusal.code(), "not-entitled");
    for (_, what) in Step::ALL.map(|(step, name)| (name, step)) {
        act(&mut reviews, "sweep", what);
        let mut released = reviews.clone();
        let release = Reviews::release(Release {
            developer: id("developer"),
            model: id("model-a"),
            audience: Audience::Public,
            released_at: instant(31),
            case: Some(case()),
        });
        say(&mut released, 31, release).expect("a release is never refused");
        assert!(released.cases().eq(reviews.cases()));
        let view = released.state(&case(), instant(32)).expect("a case").records().view();
        assert!(view.statuses.contains(&Status::Released));
    }
}
