//! Simulated frequencies: far from the threshold the rule is right, at it each verdict is possible, and a seed is a seed.

use super::{Setting, normal, simulate};
use crate::decision::{Rule, TwoKeys};
use crate::family::Dial;
use crate::item::Item;
use crate::seed::{Draws, InstanceSeed};

fn items() -> Vec<Item> {
    let known = |dial| Item { doubt: 300, ..Item::prior(dial) };
    Dial::ALL.into_iter().cycle().take(30).map(known).collect()
}

fn at(ability: i32, failing: u32) -> super::Frequencies {
    let rule = Rule::TwoKeys(TwoKeys { delta: 1_000, ..TwoKeys::at(0) });
    let setting = Setting { ability, interaction: 500, failing, met: 0, runs: 60 };
    simulate(&rule, &items(), &setting, [7; 32])
}

#[test]
fn the_rule_errs_as_seldom_as_it_says() {
    let (low, middle, high) = (at(-1_000, 0), at(0, 0), at(1_000, 0));
    // at most one in twenty of 60 runs, and three standard errors
    assert!(low.above <= 8 && high.below <= 8, "{low:?} {high:?}");
    assert!(low.below > 40 && high.above > 40, "{low:?} {high:?}");
    assert!(middle.above > 0 && middle.below > 0, "{middle:?}");
    for found in [low, middle, high] {
        assert_eq!(found.above + found.below + found.undetermined, found.runs);
        assert!(found.samples >= 20 * u64::from(found.above + found.below), "the floor");
    }
    assert_eq!(at(0, 0), middle, "the same seed, the same figures");
}

/// Models well below the threshold that have met a fifth of the cells before: a rule without an allowance is fooled, one that allows for it
/// is not, and still finds those who are well above.
#[test]
fn an_allowance_holds_where_tasks_were_met_before() {
    let at = |contaminated, ability, met| {
        let keys = TwoKeys { delta: 1_000, contaminated, ..TwoKeys::at(0) };
        let setting = Setting { ability, interaction: 500, failing: 0, met, runs: 60 };
        simulate(&Rule::TwoKeys(keys), &items(), &setting, [7; 32])
    };
    let (fooled, held) = (at(None, -1_000, 200_000), at(Some(200_000), -1_000, 200_000));
    assert!(fooled.above >= 6 && held.above <= 3, "{fooled:?} {held:?}");
    let above = at(Some(200_000), 3_000, 0);
    assert!(above.above >= 55 && above.below == 0, "{above:?}");
    let below = at(Some(200_000), -2_000, 0);
    assert!(below.below >= 55 && below.above == 0, "{below:?}");
}

#[test]
fn failures_of_the_measurement_judge_nobody() {
    let failing = at(1_000, 100_000);
    assert!(failing.below <= 8, "{failing:?}");
    let broken = at(1_000, 1_000_000);
    assert_eq!((broken.undetermined, broken.invalid, broken.samples), (60, 60, 0));
}

#[test]
fn the_normal_variable_is_one() {
    let mut draws = Draws::new(&InstanceSeed::new([1; 32]), "normal");
    let all: Vec<f64> = (0..4_000).map(|_| normal(&mut draws)).collect();
    let mean = all.iter().sum::<f64>() / 4_000.0;
    let square = all.iter().map(|x| x * x).sum::<f64>() / 4_000.0;
    assert!(mean.abs() < 0.06 && (square - 1.0).abs() < 0.1, "{mean} {square}");
}
