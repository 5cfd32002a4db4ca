//! The fold: what is admitted, what is refused and why, and that commands are always admitted.

use super::{Refusal, Run, Runs};
use crate::criteria::{Opening, ResultOpening, tests as criteria};
use crate::decision::Verdict;
use crate::elicitation::RungOf;
use crate::event::Event;
use crate::oracle::Outcome;
use domain::{Attested, Digest, Party, PartyId, Role, RunId, Statement as _, Timestamp};
use std::collections::BTreeMap;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000).expect("an instant")
}

fn party(id: &str) -> PartyId {
    id.parse().expect("an id")
}

fn run() -> RunId {
    "run-1".parse().expect("an id")
}

fn runs() -> Runs {
    let parties =
        [("north", Role::Evaluator), ("south", Role::Evaluator), ("lab", Role::Developer)];
    let directory = parties.map(|(id, role)| {
        (party(id), Party { id: party(id), name: id.parse().expect("a line"), roles: vec![role] })
    });
    Runs::new(BTreeMap::from(directory))
}

fn attested(event: Event, now: Timestamp) -> Attested<Event> {
    let signers = event.signers();
    Attested { issuer: event.evaluator().clone(), event, signers, claimed_at: now, index: 0 }
}

fn result(outcomes: Vec<Outcome>, verdict: Verdict) -> ResultOpening {
    ResultOpening { outcomes, verdict, salt: [5; 32], path: None }
}

fn good() -> ResultOpening {
    result(criteria::outcomes(), Verdict::Above)
}

fn sealed() -> Runs {
    let mut runs = runs();
    let event =
        runs.seal(&party("north"), (None, None), &criteria::opening(), at(10)).expect("legal");
    runs.apply(&attested(event, at(10))).expect("a command is admitted");
    runs
}

fn record(
    runs: &Runs,
    result: &ResultOpening,
    from: i64,
    to: i64,
    now: i64,
) -> Result<Event, Refusal> {
    let Some(Run::Sealed(sealed)) = runs.run(&run()) else { panic!("sealed") };
    sealed.record(Digest::of(b"t"), (at(from), at(to)), result, true, at(now))
}

fn measured(result: &ResultOpening) -> Runs {
    let mut runs = sealed();
    let event = record(&runs, result, 20, 30, 31).expect("legal");
    runs.apply(&attested(event, at(31))).expect("a command is admitted");
    runs
}

fn open(runs: &Runs, opening: Opening, result: ResultOpening) -> Result<Event, Refusal> {
    let Some(Run::Measured(measured)) = runs.run(&run()) else { panic!("measured") };
    measured.open(opening, result, at(40))
}

#[test]
fn a_whole_run() {
    let mut runs = measured(&good());
    assert_eq!(runs.run(&run()).and_then(Run::verdict), Some(Verdict::Above));
    let event = open(&runs, criteria::opening(), good()).expect("legal");
    runs.apply(&attested(event.clone(), at(40))).expect("a command is admitted");
    let Some(Run::Opened(opened)) = runs.run(&run()) else { panic!("opened") };
    assert_eq!(opened.decision.verdict, Verdict::Above);
    let again = runs.apply(&attested(event, at(41))).expect_err("once");
    assert_eq!(again.code(), "already-opened");
}

fn refused(runs: &mut Runs, event: Event, now: i64, code: &str) {
    let before = runs.clone();
    let refusal = runs.apply(&attested(event, at(now))).expect_err("must be refused");
    assert_eq!(refusal.code(), code, "{refusal}");
    assert_eq!(*runs, before, "a refused statement changes nothing");
}

#[test]
fn what_is_refused() {
    let seal = |who: &str| Event::CriteriaSealed {
        run: run(),
        evaluator: party(who),
        model: criteria::opening().criteria.model,
        model_digest: None,
        case: None,
        commitment: Digest::of(b"c"),
        ladder: None,
    };
    refused(&mut runs(), seal("lab"), 10, "not-evaluator");
    refused(&mut runs(), seal("nobody"), 10, "not-evaluator");
    refused(&mut sealed(), seal("north"), 11, "already-sealed");
    refused(&mut sealed(), seal("south"), 11, "already-sealed");
    let recorded = record(&sealed(), &good(), 20, 30, 31).expect("legal");
    refused(&mut runs(), recorded.clone(), 31, "never-sealed");
    refused(&mut measured(&good()), recorded.clone(), 32, "already-measured");
    // stated before the run ended
    refused(&mut sealed(), recorded.clone(), 29, "times");
    let Event::MeasurementRecorded { transcript, started_at, ended_at, result, .. } = recorded
    else {
        panic!("recorded")
    };
    let by = |who: &str, start| Event::MeasurementRecorded {
        run: run(),
        evaluator: party(who),
        transcript,
        started_at: start,
        ended_at,
        result,
        verdict: None,
    };
    refused(&mut sealed(), by("south", started_at), 31, "other-evaluator");
    refused(&mut sealed(), by("north", at(9)), 31, "called-before-sealing");
    refused(&mut sealed(), by("north", at(31)), 31, "times");
    let opened = open(&measured(&good()), criteria::opening(), good()).expect("legal");
    refused(&mut runs(), opened.clone(), 40, "never-sealed");
    refused(&mut sealed(), opened, 40, "not-measured");
    let mut unsigned = attested(seal("north"), at(10));
    unsigned.signers.clear();
    assert_eq!(runs().apply(&unsigned).expect_err("unsigned").code(), "unsigned");
}

fn false_opening(
    result_recorded: &ResultOpening,
    opening: Opening,
    result: ResultOpening,
    why: &str,
) {
    let mut runs = measured(result_recorded);
    let refusal = open(&runs, opening.clone(), result.clone()).expect_err("must be refused");
    assert_eq!(refusal.to_string(), why);
    let event = Event::CriteriaOpened {
        run: run(),
        evaluator: party("north"),
        opening: Box::new(opening),
        result,
    };
    refused(&mut runs, event, 40, "fault");
}

#[test]
fn false_openings_are_refused() {
    let mut moved = criteria::opening();
    moved.criteria.budget.turns += 1;
    let why = "run run-1: the criteria are not the ones that were sealed";
    false_opening(&good(), moved, good(), why);

    let other = result(vec![Outcome::Fail; 8], Verdict::Below);
    let why = "run run-1: the result is not the one that was recorded";
    false_opening(&good(), criteria::opening(), other, why);

    // the evaluator committed to a verdict that its outcomes do not lead to
    let lie = result(vec![Outcome::Fail; 8], Verdict::Above);
    let why = "run run-1: the outcomes lead to BELOW, but ABOVE was claimed";
    false_opening(&lie, criteria::opening(), lie.clone(), why);

    // samples taken on after the rule had stopped
    let mut long = vec![Outcome::Fail; 8];
    long.extend(vec![Outcome::Pass; 20]);
    let long = result(long, Verdict::Above);
    let why = "run run-1: the rule stopped after 8 samples, but 28 were taken";
    false_opening(&long, criteria::opening(), long.clone(), why);
}

#[test]
fn a_run_that_broke_off_is_undetermined() {
    let broken = result(vec![Outcome::Pass, Outcome::Invalid], Verdict::Undetermined);
    let mut runs = measured(&broken);
    let event = open(&runs, criteria::opening(), broken).expect("legal");
    runs.apply(&attested(event, at(40))).expect("a command is admitted");
    assert_eq!(runs.run(&run()).and_then(Run::verdict), Some(Verdict::Undetermined));
}

/// A fifth run within thirty days is refused to whoever seals it, told by the log as by the command; another case is not.
#[test]
fn a_threshold_can_not_be_bisected() {
    let day = 86_400;
    let numbered = |n: i64| {
        let mut opening = criteria::opening();
        opening.criteria.run = format!("run-{n}").parse().expect("an id");
        opening.criteria.model = format!("model-{n}").parse().expect("an id");
        opening
    };
    let case = |id: &str| Some(id.parse().expect("an id"));
    let mut runs = runs();
    for n in 0..4 {
        let now = at(day * n * 5);
        let event =
            runs.seal(&party("north"), (case("case-1"), None), &numbered(n), now).expect("legal");
        runs.apply(&attested(event, now)).expect("a command is admitted");
    }
    let now = at(day * 16);
    let refusal =
        runs.seal(&party("south"), (case("case-1"), None), &numbered(4), now).expect_err("five");
    assert_eq!(
        refusal,
        Refusal::TooOften { run: "run-4".parse().expect("an id"), until: at(day * 30) }
    );
    let other = runs
        .seal(&party("south"), (case("case-2"), None), &numbered(4), now)
        .expect("another case");
    let alone = runs.seal(&party("south"), (None, None), &numbered(4), now).expect("no case");
    let Event::CriteriaSealed { run, evaluator, model, model_digest, commitment, .. } = alone
    else {
        panic!("sealed")
    };
    let case = case("case-1");
    let same = Event::CriteriaSealed {
        run,
        evaluator,
        model,
        model_digest,
        case,
        commitment,
        ladder: None,
    };
    refused(&mut runs, same.clone(), day * 16, "too-often");
    runs.apply(&attested(other, now)).expect("another case");
    // when the oldest is thirty days old there is room again
    let mut later = self::runs();
    for n in 0..4 {
        let event = runs.run(&numbered(n).criteria.run).map(Run::sealed).expect("sealed").clone();
        let sealed = Event::CriteriaSealed {
            run: event.run,
            evaluator: event.evaluator,
            model: event.model,
            model_digest: event.model_digest,
            case: event.case,
            commitment: event.commitment,
            ladder: None,
        };
        later.apply(&attested(sealed, event.sealed_at)).expect("as before");
    }
    later.apply(&attested(same, at(day * 30))).expect("room again");
}

#[test]
fn escrow_holds_what_was_sealed_and_nothing_else() {
    let mut runs = sealed();
    let event = runs.escrow(&party("north"), criteria::opening(), at(11)).expect("legal");
    runs.apply(&attested(event, at(11))).expect("a command is admitted");
    let mut other = criteria::opening();
    other.salt = [1; 32];
    let refused = runs.escrow(&party("north"), other, at(11)).expect_err("other criteria");
    assert_eq!(refused.code(), "fault");
    let refused = runs.escrow(&party("south"), criteria::opening(), at(11)).expect_err("theirs");
    assert_eq!(refused.code(), "other-evaluator");
}

#[test]
fn marks_are_of_samples_and_stay() {
    let marks = |sample: u32, why: &str| BTreeMap::from([(sample, why.parse().expect("a line"))]);
    let early = sealed().mark(&party("north"), &run(), marks(0, "looked it up"), at(11));
    assert_eq!(early.expect_err("nothing was taken").code(), "not-measured");
    let mut runs = measured(&good());
    let event = open(&runs, criteria::opening(), good()).expect("legal");
    runs.apply(&attested(event, at(40))).expect("admitted");
    let event = runs.mark(&party("north"), &run(), marks(1, "looked it up"), at(41));
    runs.apply(&attested(event.expect("legal"), at(41))).expect("admitted");
    let again = runs.mark(&party("north"), &run(), marks(1, "another word"), at(42));
    runs.apply(&attested(again.expect("legal"), at(42))).expect("admitted");
    assert_eq!(runs.marks(&run()), marks(1, "looked it up"), "the first word stays");
    let outside = runs.mark(&party("north"), &run(), marks(10_000, "none"), at(42));
    assert_eq!(outside.expect_err("no such sample").code(), "marks");
    let none = runs.mark(&party("north"), &run(), BTreeMap::new(), at(42));
    assert_eq!(none.expect_err("no mark").code(), "marks");
}

/// Seven rungs that are sealed together are one verdict; no rung is sealed once another was measured, and none beyond their number.
#[test]
fn the_rungs_of_one_ladder_count_once() {
    let numbered = |n: i64| {
        let mut opening = criteria::opening();
        opening.criteria.run = format!("rung-{n}").parse().expect("an id");
        opening
    };
    let ladder = |name: &str, rungs| Some(RungOf { ladder: name.parse().expect("a line"), rungs });
    let case = || Some("case-1".parse().expect("an id"));
    let north = party("north");
    let mut runs = runs();
    let now = at(10);
    for n in 0..7 {
        let event =
            runs.seal(&north, (case(), ladder("july", 7)), &numbered(n), now).expect("legal");
        runs.apply(&attested(event, now)).expect("a command is admitted");
    }
    let why = |found: Result<Event, Refusal>| found.expect_err("must be refused").to_string();
    let eighth = runs.seal(&north, (case(), ladder("july", 7)), &numbered(7), now);
    assert_eq!(why(eighth), "run rung-7 can't be a rung of that ladder: it has all its rungs");
    let other = runs.seal(&north, (case(), ladder("july", 8)), &numbered(7), now);
    let expected =
        "run rung-7 can't be a rung of that ladder: its other rungs say another number of rungs";
    assert_eq!(why(other), expected);
    let many = runs.seal(&north, (case(), ladder("august", 17)), &numbered(7), now);
    assert_eq!(
        why(many),
        "run rung-7 can't be a rung of that ladder: a ladder has from 2 to 16 rungs"
    );
    // three more verdicts of the case, and then it is too often, for a new ladder too
    for n in 7..10 {
        let event = runs.seal(&north, (case(), None), &numbered(n), now).expect("legal");
        runs.apply(&attested(event, now)).expect("a command is admitted");
    }
    let fifth = runs.seal(&north, (case(), ladder("august", 2)), &numbered(10), now);
    assert_eq!(fifth.expect_err("the fifth verdict").code(), "too-often");
    // another evaluator's ladder of that name is another ladder
    let theirs = runs.seal(&party("south"), (case(), ladder("july", 7)), &numbered(10), now);
    assert_eq!(theirs.expect_err("the fifth verdict").code(), "too-often");

    let mut runs = self::runs();
    let event = runs.seal(&north, (None, ladder("july", 3)), &numbered(0), now).expect("legal");
    runs.apply(&attested(event, now)).expect("a command is admitted");
    let Some(Run::Sealed(first)) = runs.run(&numbered(0).criteria.run) else { panic!("sealed") };
    let event = first.record(Digest::of(b"t"), (at(20), at(30)), &good(), false, at(31));
    runs.apply(&attested(event.expect("legal"), at(31))).expect("a command is admitted");
    let late = runs.seal(&north, (None, ladder("july", 3)), &numbered(1), at(32));
    assert_eq!(
        why(late),
        "run rung-1 can't be a rung of that ladder: one of its rungs is measured already"
    );
}
