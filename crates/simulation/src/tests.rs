//! Committed seeds, a few fresh ones, and the proof that the invariants can fail.

use super::*;

/// Runs seeds until one finds a violation; says what it was.
fn found(flaw: Flaw) -> String {
    let fresh = (100..130).map(|seed| (seed, 300));
    for (seed, steps) in seeds().into_iter().chain(fresh) {
        if let Err(violation) = run_with(seed, steps, flaw) {
            return violation.what;
        }
    }
    panic!("{flaw:?} was never noticed");
}

#[test]
fn committed_seeds_hold() {
    let seeds = seeds();
    assert!(!seeds.is_empty());
    let mut all = Summary::default();
    for (seed, steps) in seeds {
        all.add(&run(seed, steps).unwrap_or_else(|violation| panic!("{violation}")));
    }
    assert!(all.appends > 100, "{all}");
    assert!(all.crashes() > 20 && all.stops.len() == 6, "{all}");
    assert!(all.uses_forwarded > 10 && all.streams_cut > 0, "{all}");
    assert!(all.words_log_down > 0 && all.lost_answers > 0 && all.forgeries > 0, "{all}");
}

#[track_caller]
fn check_noticed(flaw: Flaw, because: &[&str]) {
    let what = found(flaw);
    assert!(because.iter().any(|why| what.contains(why)), "{flaw:?}: {what}");
}

#[test]
fn flaws_of_storage_are_noticed() {
    check_noticed(Flaw::LosesFiles, &[""]);
    check_noticed(Flaw::LosesCommits, &[""]);
}

#[test]
fn flaws_of_the_gateway_are_noticed() {
    let without_right =
        ["an open answer may go on: false; it does: true", "an answer went on without a right"];
    check_noticed(Flaw::StreamsOutlive, &without_right);
    check_noticed(Flaw::DeafToWords, &[""]);
    check_noticed(Flaw::ForgetsCharges, &["account"]);
    check_noticed(Flaw::CountsTwice, &["account"]);
    check_noticed(Flaw::GrowsOffRecord, &["account"]);
}

#[test]
fn a_party_that_skips_statements_is_noticed() {
    check_noticed(Flaw::SkipsStatements, &["differ"]);
}

#[test]
fn the_same_seed_gives_the_same_run() {
    assert_eq!(run(7, 120), run(7, 120));
}

#[test]
fn a_run_without_steps_comes_to_rest() {
    let summary = run(1, 0).expect("nothing happened");
    assert_eq!((summary.appends, summary.crashes()), (1, 0));
}
