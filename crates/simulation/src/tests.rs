//! Committed seeds, a few fresh ones, and the proof that the invariants can fail.

use super::*;

/// Runs seeds until one finds a violation; says what it was.
fn found(flaw: Flaw) -> String {
    for seed in 0..30 {
        if let Err(violation) = run_with(seed, 400, flaw) {
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

#[test]
fn every_flaw_is_noticed() {
    for flaw in [
        Flaw::LosesFiles,
        Flaw::LosesCommits,
        Flaw::StreamsOutlive,
        Flaw::DeafToWords,
        Flaw::ForgetsCharges,
        Flaw::SkipsStatements,
    ] {
        println!("{flaw:?}: {}", found(flaw));
    }
}

#[test]
fn the_same_seed_gives_the_same_run() {
    assert_eq!(run(7, 250), run(7, 250));
}

#[test]
fn a_run_without_steps_comes_to_rest() {
    let summary = run(1, 0).expect("nothing happened");
    assert_eq!((summary.appends, summary.crashes()), (1, 0));
}
