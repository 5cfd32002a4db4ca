//! The two keys: replay is live, order does not matter where it must not, and nothing is judged too early.

use crate::decision::{
    Ask, Course, Keys, Prepared, Rule, RuleError, Stage, Step, Stop, Taken, TwoKeys, Verdict,
};
use crate::family::Dial;
use crate::item::Item;
use crate::oracle::Outcome;
use crate::seed::{Draws, InstanceSeed};
use expect_test::expect;
use proptest::prelude::{any, proptest};
use std::sync::{LazyLock, OnceLock};

fn items(cells: usize) -> Vec<Item> {
    let known = |dial| Item { doubt: 300, ..Item::prior(dial) };
    Dial::ALL.into_iter().cycle().take(cells).map(known).collect()
}

fn prepared(keys: TwoKeys, cells: usize) -> Prepared {
    Prepared::new(&Rule::TwoKeys(keys), &items(cells))
}

/// Runs to the end with outcomes from a function of the sample's number and cell.
fn live<'p>(
    prepared: &'p Prepared,
    cells: u64,
    seed: u8,
    mut outcome: impl FnMut(usize, u32) -> Outcome,
) -> Course<'p> {
    let mut draws = Draws::new(&InstanceSeed::new([seed; 32]), "cells");
    let mut course = prepared.begin();
    for sample in 0.. {
        let cell = match course.ask() {
            Ask::Drawn => u32::try_from(draws.below(cells)).expect("few cells"),
            Ask::Chosen(cell) => cell,
            Ask::Nothing => break,
        };
        course.take(Taken { cell, outcome: outcome(sample, cell) });
    }
    course
}

fn coin(pass: bool) -> Outcome {
    if pass { Outcome::Pass } else { Outcome::Fail }
}

#[test]
fn the_strongest_is_above_the_weakest_below_and_neither_before_twenty_cells() {
    let prepared = prepared(TwoKeys::at(0), 60);
    for (pass, verdict) in [(true, Verdict::Above), (false, Verdict::Below)] {
        for seed in 0..20 {
            let course = live(&prepared, 60, seed, |_, _| coin(pass));
            let decision = course.decision();
            assert_eq!((decision.verdict, decision.stop), (verdict, Stop::Boundary));
            assert!(course.distinct() >= 20, "{}", course.distinct());
        }
    }
}

#[test]
fn the_path_of_a_strong_model_is_fixed() {
    let keys = TwoKeys { floor: 4, ..TwoKeys::at(-500) };
    let prepared = prepared(keys, 10);
    let decision = live(&prepared, 10, 1, |sample, _| coin(sample % 5 != 3)).into_decision();
    let steps: Vec<_> = decision.path.iter().map(|s| (s.cell, s.increment, s.wealth.0)).collect();
    expect!["ABOVE Boundary [(0, 182374254, 250660717), (7, 453662913, 651640381), (7, 267440248, 1120433666), (8, -182374254, 874756969), (8, 541853213, 1433719692), (3, 561702809, 2047543079), (6, 310936935, 2504421437), (3, 289431151, 3156422438), (1, -453662913, 3156422438), (2, 453662913, 3156422438), (5, 182374254, 3156422438), (6, 202137411, 3156422438), (1, 319439154, 3156422438)]"].assert_eq(&format!("{} {:?} {steps:?}", decision.verdict, decision.stop));
}

#[test]
fn infrastructure_failures_judge_nothing() {
    let prepared = prepared(TwoKeys { invalid_cap: 100, ..TwoKeys::at(0) }, 60);
    let mut draws = Draws::new(&InstanceSeed::new([9; 32]), "failures");
    let course =
        live(
            &prepared,
            60,
            3,
            |_, _| {
                if draws.below(10) == 0 { Outcome::Invalid } else { Outcome::Pass }
            },
        );
    assert_eq!(course.decision().verdict, Verdict::Above);
    for step in course.decision().path.iter().filter(|s| s.outcome == Outcome::Invalid) {
        assert_eq!((step.increment, step.forecast), (0, (0, 0)));
    }
    let broken = live(&prepared, 60, 3, |_, _| Outcome::Invalid);
    assert_eq!(broken.decision().stop, Stop::Invalid);
    assert_eq!((broken.decision().verdict, broken.distinct()), (Verdict::Undetermined, 0));
}

/// A cell that fails to be measured is asked for again and never skipped: skipping would change what the bets are about.
#[test]
fn a_cell_that_fails_is_asked_for_again_three_times() {
    let prepared = prepared(TwoKeys::at(0), 60);
    let course = live(&prepared, 60, 3, |n, _| {
        if matches!(n, 4 | 5 | 15) { Outcome::Invalid } else { Outcome::Pass }
    });
    let path = &course.decision().path;
    for failed in [4, 5, 15] {
        let (failed, again) = (path[failed], path[failed + 1]);
        assert_eq!((again.cell, again.stage), (failed.cell, failed.stage));
    }
    assert_eq!(course.decision().verdict, Verdict::Above);
    // only cell 7 can't be measured: the run ends there, whatever else it shows
    let broken =
        live(&prepared, 60, 3, |_, cell| if cell == 7 { Outcome::Invalid } else { Outcome::Pass });
    let ended = broken.decision().path.iter().rev().take_while(|s| s.cell == 7).count();
    let met = broken.decision().path.iter().any(|s| s.cell == 7);
    let expected = if met { (3, Stop::Invalid) } else { (0, Stop::Boundary) };
    assert_eq!((ended, broken.decision().stop), expected);
    let all = live(&prepared, 60, 3, |_, _| Outcome::Invalid);
    assert_eq!((all.decision().path.len(), all.decision().stop), (3, Stop::Invalid));
}

#[test]
fn a_small_bank_runs_out_undetermined() {
    let prepared = prepared(TwoKeys { keys: Keys::Ratio, floor: 1, ..TwoKeys::at(0) }, 2);
    let course = live(&prepared, 2, 1, |sample, _| coin(sample % 2 == 0));
    assert_eq!(course.decision().stop, Stop::Exhausted);
    assert_eq!(course.decision().path.len(), 6, "two cells, three tries each");
    assert!(course.decision().path.iter().all(|s| s.stage == Stage::Chosen));
}

#[test]
fn bounds() {
    let good = TwoKeys::at(0);
    assert_eq!(good.check(), Ok(()));
    let what = |keys: TwoKeys| keys.check().expect_err("out of bounds").to_string();
    expect!["the half-width delta must be from 50 to 3000; 49 is not"]
        .assert_eq(&what(TwoKeys { delta: 49, ..good }));
    expect!["the threshold must be from -10000 to 10000; -10001 is not"]
        .assert_eq(&what(TwoKeys { threshold: -10_001, ..good }));
    let errors = RuleError::Errors { alpha: 0, beta: 50_000 };
    assert_eq!(TwoKeys { alpha: 0, ..good }.check(), Err(errors));
    // alpha and beta move one boundary each
    let strict = TwoKeys { alpha: 10_000, ..good };
    assert!(strict.boundaries().0 > good.boundaries().0 && strict.bars().0 > good.bars().0);
    assert_eq!(strict.bars().1, good.bars().1);
}

proptest! {
    #[test]
    fn replay_is_live(passes in proptest::collection::vec(any::<bool>(), 200), seed in 0_u8..255) {
        static PREPARED: LazyLock<Prepared> = LazyLock::new(|| prepared(TwoKeys::at(0), 30));
        let prepared = &*PREPARED;
        let course = live(prepared, 30, seed, |n, _| coin(passes[n % 200]));
        let taken: Vec<_> = course.decision().path.iter().map(Step::taken).collect();
        assert_eq!(prepared.replay(&taken), *course.decision());
    }

    /// The ratio depends on the counts of each cell, not on the order in which they came, as long as no cell is tried more
    /// often than the rule allows; what is behind that adds nothing.
    #[test]
    fn the_ratio_does_not_depend_on_order(
        samples in proptest::collection::vec((0_u32..6, any::<bool>()), 0..18),
        rotate in 0_usize..18,
    ) {
        let keys = TwoKeys { keys: Keys::Bets, floor: 6, cap: 1_000, tries: 8, ..TwoKeys::at(0) };
        static PREPARED: OnceLock<Prepared> = OnceLock::new();
        let prepared = PREPARED.get_or_init(|| prepared(keys, 6));
        let total = |samples: &[(u32, bool)]| {
            let mut course = prepared.begin();
            for (cell, pass) in samples {
                if course.ask() == Ask::Nothing {
                    return None;
                }
                course.take(Taken { cell: *cell, outcome: coin(*pass) });
            }
            Some(course.decision().path.last().map_or(0, |s| s.total))
        };
        let mut tried = [0; 6];
        let mut samples = samples;
        samples.retain(|(cell, _)| {
            let tries = &mut tried[usize::try_from(*cell).expect("small")];
            *tries += 1;
            *tries <= keys.tries
        });
        let mut turned = samples.clone();
        turned.rotate_left(rotate % samples.len().max(1));
        if let Some((a, b)) = total(&samples).zip(total(&turned)) {
            assert_eq!(a, b);
        }
    }
}

/// Counted again as they were, samples lead where they led; with passes taken back they lead elsewhere or nowhere.
#[test]
fn counting_again() {
    let items = vec![Item { doubt: 200, ..Item::prior(Dial::ALL[2]) }; 30];
    let rule = Rule::TwoKeys(TwoKeys { delta: 1_000, ..TwoKeys::at(0) });
    let prepared = Prepared::new(&rule, &items);
    let mut course = prepared.begin();
    for n in 0_u32.. {
        let cell = match course.ask() {
            Ask::Drawn => n % 30,
            Ask::Chosen(cell) => cell,
            Ask::Nothing => break,
        };
        let outcome = if n == 3 { Outcome::Invalid } else { Outcome::Pass };
        course.take(Taken { cell, outcome });
    }
    let decision = course.into_decision();
    assert_eq!(decision.verdict, Verdict::Above);
    assert_eq!(prepared.recount(&decision.path, |_, step| step.outcome), decision);
    let failed = |_: usize, step: &Step| match step.outcome {
        Outcome::Invalid => Outcome::Invalid,
        Outcome::Pass | Outcome::Fail => Outcome::Fail,
    };
    assert_eq!(prepared.recount(&decision.path, failed).verdict, Verdict::Below);
    let half = |n: usize, step: &Step| match (step.outcome, n % 2) {
        (Outcome::Pass, 0) => Outcome::Fail,
        (outcome, _) => outcome,
    };
    assert_eq!(prepared.recount(&decision.path, half).verdict, Verdict::Undetermined);
}
