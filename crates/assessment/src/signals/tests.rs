//! The power of the signals, as the literature and the prototype found it: random failing is seen, imitation is not.

use super::{Strategy, Trial, gap, person_fit};
use crate::item::Item;
use crate::seed::{Draws, InstanceSeed};

/// 120 tasks with difficulties N(0.3, 1.5) and slopes logN(0, 0.3), known.
fn bank() -> Vec<Item> {
    let mut draws = Draws::new(&InstanceSeed::new([3; 32]), "bank");
    let mut number = |mean: f64, spread: f64| {
        let drawn = 1e3 * (mean + spread * crate::simulate::normal(&mut draws));
        format!("{drawn:.0}").parse::<i32>().unwrap()
    };
    let mut item = || Item {
        difficulty: number(0.3, 1.5),
        doubt: 0,
        slope: number(0.0, 0.3),
        slope_doubt: 0,
        floor: 0,
        ceiling: 1_000_000,
        cost: 1_000_000,
    };
    (0..120).map(|_| item()).collect()
}

fn part(strategy: Strategy, samples: u32) -> f64 {
    let trial = Trial { ability: 1_000, samples, runs: 400 };
    f64::from(person_fit(&bank(), strategy, trial, [9; 32]).caught) / 400.0
}

#[test]
fn random_failing_is_seen_and_imitation_is_not() {
    let random = Strategy::FailPart(400_000);
    let (few, many) = (part(random, 40), part(random, 120));
    // the prototype found .72 and .91 at 40 and 120
    assert!(few > 0.5 && many > 0.8 && many > few, "{few} {many}");
    for samples in [40, 120] {
        assert!(part(Strategy::Imitate(1_500), samples) < 0.12);
        assert!(part(Strategy::FailHard(0), samples) < 0.05);
    }
    let alarms = part(Strategy::Honest, 80);
    assert!(alarms < 0.09, "false alarms {alarms}");
}

#[test]
fn a_gap_is_seen_when_an_elicitation_recovers_it() {
    let trial = Trial { ability: 1_000, samples: 80, runs: 200 };
    let seen = |strategy| gap(&bank(), strategy, trial, [4; 32]);
    assert!(seen(Strategy::Imitate(1_500)) > 180);
    assert!(seen(Strategy::Honest) < 22);
}
