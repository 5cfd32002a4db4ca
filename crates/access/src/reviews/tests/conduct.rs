//! Breaches stop and go on, records are records, and a release is as possible as ever.

use super::scene::{Stage as Course, ask, at, case, check, check_after, say, with};
use crate::event::{
    Audience, Breach, BreachKind, BreachWord, Consideration, Destruction, Event, Release,
    SignalAction, Snapshot, Stage, Step,
};
use crate::walk::world::{id, instant, line, text};
use crate::{Reviews, Status};
use domain::{Digest, PartyId};
use std::collections::BTreeSet;

fn breach(by: &str, stops: bool) -> Breach {
    Breach {
        case: case(),
        incident: id("b1"),
        by: id(by),
        about: id("evaluator"),
        kind: BreachKind::Spill,
        account: text("it reached a laptop"),
        occurred_at: None,
        aware_at: instant(2),
        stops,
    }
}

fn word(by: &str) -> BreachWord {
    BreachWord { case: case(), incident: id("b1"), by: id(by), remedy: text("wiped") }
}

fn snapshot(of: &[u8], from: Option<&[u8]>, stage: Stage) -> Snapshot {
    Snapshot {
        case: case(),
        developer: id("developer"),
        model: id("model-a"),
        digest: Digest::of(of),
        stage,
        variant: line("as it is served"),
        derived_from: from.map(Digest::of),
    }
}

fn destruction(by: &str) -> Destruction {
    Destruction {
        case: case(),
        by: id(by),
        person: id("p1"),
        what: text("notes"),
        digest: None,
        method: line("purge"),
        destroyed_at: instant(1),
    }
}

fn action(by: &str, grant: &str) -> SignalAction {
    SignalAction {
        case: case(),
        developer: id(by),
        grant: id(grant),
        rule: line("sweep"),
        evidence: Digest::of(b"evidence"),
        step: Step::Note,
        person: id("p3"),
        reason: text("seen"),
    }
}

fn considered(by: &str) -> Consideration {
    Consideration {
        case: case(),
        by: id(by),
        candidate: id("nobody-knows"),
        cohort: line("hospitals"),
        rule: line("operates"),
        criteria: Digest::of(b"criteria"),
        forward: false,
        reason: text("no staff"),
        person: None,
        declared: None,
    }
}

#[test]
fn a_breach_that_stops_ends_uses_until_whoever_noticed_it_says_it_is_over() {
    let mut reviews = at(Course::Issued);
    assert!(ask(&reviews, "g1", 30).is_ok());
    let mut stream = at(Course::Issued);
    let permit = ask(&stream, "g1", 30).expect("granted");
    for reviews in [&mut reviews, &mut stream] {
        say(reviews, 31, Event::BreachNoticed(breach("government", true))).expect("noticed");
    }
    let refusal = ask(&reviews, "g1", 32).expect_err("stopped");
    assert_eq!(refusal.code(), "stopped-by-breach");
    assert!(stream.is_live(&permit, instant(32)).is_err(), "open streams end, too");
    say(&mut reviews, 33, Event::BreachAnswered(word("evaluator"))).expect("answered");
    assert!(ask(&reviews, "g1", 34).is_err(), "an answer is no remedy");
    say(&mut reviews, 35, Event::BreachRemedied(word("government"))).expect("remedied");
    assert!(ask(&reviews, "g1", 36).is_ok(), "on again");
    let view = reviews.state(&case(), instant(36)).expect("a case").records().view();
    let [seen] = view.breaches.as_slice() else { panic!("one breach: {:?}", view.breaches) };
    assert!(!seen.stops && seen.answers.len() == 1 && seen.remedied.is_some());
}

#[test]
fn either_side_s_notice_of_a_breach_stops_uses_before_the_log_has_it() {
    let mut reviews = at(Course::Issued);
    let permit = ask(&reviews, "g1", 30).expect("granted");
    let signed = |by: &str| BTreeSet::from([id(by)]);
    let heard = reviews.heed_breach(&breach("evaluator", true), &signed("evaluator"));
    assert_eq!(heard.map_err(|r| r.code()), Err("not-entitled"));
    let mut theirs = reviews.clone();
    theirs.heed_breach(&breach("government", true), &signed("government")).expect("heard");
    assert_eq!(ask(&theirs, "g1", 31).map_err(|r| r.code()).err(), Some("stopped-by-breach"));
    let unsigned = reviews.heed_breach(&breach("developer", true), &signed("government"));
    assert_eq!(unsigned.map_err(|r| r.code()), Err("signature-missing"));
    reviews.heed_breach(&breach("developer", false), &signed("developer")).expect("heard");
    assert!(ask(&reviews, "g1", 31).is_ok(), "this one stops nothing");
    reviews.heed_breach(&breach("developer", true), &signed("developer")).expect("heard");
    let refusal = ask(&reviews, "g1", 32).expect_err("stopped");
    assert_eq!(refusal.code(), "stopped-by-breach");
    assert!(reviews.is_live(&permit, instant(32)).is_err(), "open streams end, too");
    let mut taken_back = reviews.clone();
    taken_back.forget_breaches();
    assert!(ask(&taken_back, "g1", 33).is_ok(), "the notice was taken back");
    // the log has it: from there on the log decides
    say(&mut reviews, 33, Event::BreachNoticed(breach("developer", true))).expect("noticed");
    assert!(ask(&reviews, "g1", 34).is_err());
    say(&mut reviews, 35, Event::BreachRemedied(word("developer"))).expect("remedied");
    assert!(ask(&reviews, "g1", 36).is_ok(), "on again, though the word is still there");
}

#[test]
fn a_notice_alone_stops_nothing() {
    let mut reviews = at(Course::Issued);
    say(&mut reviews, 31, Event::BreachNoticed(breach("evaluator", false))).expect("noticed");
    assert!(ask(&reviews, "g1", 32).is_ok(), "granted as before");
}

#[test]
fn nothing_of_this_stands_against_a_release() {
    let mut reviews = at(Course::Issued);
    let all = [
        Event::BreachNoticed(breach("government", true)),
        Event::BreachAnswered(word("evaluator")),
        Event::DestructionAttested(destruction("evaluator")),
        Event::SnapshotBound(snapshot(b"1", None, Stage::Evaluated)),
        Event::SignalActed(action("developer", "g1")),
        Event::CandidateConsidered(considered("government")),
        Event::BreachRemedied(word("government")),
    ];
    for event in all {
        say(&mut reviews, 2, event).expect("admitted");
        let mut released = reviews.clone();
        let release = Reviews::release(Release {
            developer: id("developer"),
            model: id("model-a"),
            audience: Audience::OpenWeights,
            released_at: instant(3),
            case: Some(case()),
        });
        say(&mut released, 3, release).expect("a release is never refused");
        assert!(released.cases().eq(reviews.cases()), "and changes no case");
        let view = released.state(&case(), instant(4)).expect("a case").records().view();
        assert!(view.statuses.contains(&Status::Released));
    }
}

#[test]
fn a_lineage_is_read_back_to_its_first() {
    let mut reviews = at(Course::Inquired);
    for (of, from, stage) in [
        (b"1", None, Stage::Evaluated),
        (b"2", Some(b"1" as &[u8]), Stage::Accessed),
        (b"3", Some(b"2"), Stage::Released),
        (b"1", None, Stage::Accessed),
    ] {
        say(&mut reviews, 2, Event::SnapshotBound(snapshot(of, from, stage))).expect("bound");
    }
    let case = reviews.case(&case()).expect("a case");
    let line: Vec<_> = case.lineage(&Digest::of(b"3")).iter().map(|s| s.digest).collect();
    assert_eq!(line, [b"3", b"2", b"1"].map(|bytes| Digest::of(bytes)));
    assert!(case.lineage(&Digest::of(b"4")).is_empty());
}

#[test]
fn refusals() {
    let noticed = || vec![(2, Event::BreachNoticed(breach("government", false)))];
    let stage = Course::Issued;
    let outside: PartyId = id("outsider");
    for (before, event, code) in [
        (vec![], Event::BreachNoticed(breach("evaluator", true)), "not-entitled"),
        (vec![], Event::BreachNoticed(breach("outsider", false)), "not-entitled"),
        (
            vec![],
            Event::BreachNoticed(with(breach("government", true), |b| b.about = outside)),
            "not-entitled",
        ),
        (
            vec![],
            Event::BreachNoticed(with(breach("government", true), |b| b.account = text(" "))),
            "nothing-named",
        ),
        (noticed(), Event::BreachNoticed(breach("developer", true)), "breach-exists"),
        (vec![], Event::BreachAnswered(word("evaluator")), "unknown-breach"),
        (noticed(), Event::BreachAnswered(word("government")), "not-entitled"),
        (noticed(), Event::BreachRemedied(word("evaluator")), "not-entitled"),
        (vec![], Event::DestructionAttested(destruction("outsider")), "not-entitled"),
        (vec![], Event::SignalActed(action("government", "g1")), "not-entitled"),
        (vec![], Event::SignalActed(action("developer", "g9")), "unknown-grant"),
        (vec![], Event::CandidateConsidered(considered("evaluator")), "not-entitled"),
        (
            vec![],
            Event::SnapshotBound(snapshot(b"2", Some(b"1"), Stage::Accessed)),
            "unknown-snapshot",
        ),
        (
            vec![],
            Event::SnapshotBound(snapshot(b"1", Some(b"1"), Stage::Accessed)),
            "unknown-snapshot",
        ),
        (
            vec![(2, Event::SnapshotBound(snapshot(b"1", None, Stage::Accessed)))],
            Event::SnapshotBound(snapshot(b"1", None, Stage::Accessed)),
            "record-exists",
        ),
    ] {
        check_after(stage, before, (3, event), code);
    }
    let mut over = noticed();
    over.push((2, Event::BreachRemedied(word("government"))));
    check_after(stage, over, (3, Event::BreachRemedied(word("government"))), "breach-remedied");
    check(Course::Nothing, Event::CandidateConsidered(considered("government")), "unknown-case");
}
