//! Ladders: the best rung decides, alpha is what the rungs were sealed with, and a curve's end is told as it is.

use super::{Fault, Kind, Plateau, Rung, climb, share};
use crate::calibration::Person;
use crate::decision::Verdict::{self, Above, Below, Undetermined};

fn rung(name: &str, kind: Kind, verdict: Verdict, ability: f64) -> Rung {
    Rung {
        name: name.parse().unwrap(),
        kind,
        verdict,
        errors: (10_000, 50_000),
        asked: (0, 500),
        tokens: 100_000,
        person: Person { ability, error: 0.1, fit: 0.0 },
    }
}

#[test]
fn the_best_rung_decides() {
    let of = |verdicts: [Verdict; 3]| {
        let [a, b, c] = verdicts;
        let rungs = [
            rung("as it is", Kind::Bare, a, -1.0),
            rung("coached", Kind::Scaffold, b, 0.5),
            rung("helpful", Kind::HelpfulOnly, c, 1.0),
        ];
        climb(&rungs, 50_000).unwrap()
    };
    let found = of([Below, Above, Undetermined]);
    assert_eq!((found.verdict, found.best, found.errors), (Above, 1, (30_000, 50_000)));
    let gap = found.gap.unwrap();
    assert_eq!((gap.from, gap.to), (0, 1));
    assert!((gap.logits - 1.5).abs() < 1e-9 && gap.interval.0 > 1.0, "{gap:?}");
    assert_eq!(of([Below, Below, Below]).verdict, Below);
    assert_eq!(of([Below, Undetermined, Below]).verdict, Undetermined);
    let bare = of([Above, Below, Below]);
    assert_eq!((bare.best, bare.gap), (0, None));
}

#[test]
fn what_is_no_ladder() {
    let bare = rung("as it is", Kind::Bare, Below, 0.0);
    let one = |change: fn(&mut Rung)| {
        let mut other = rung("coached", Kind::Scaffold, Below, 0.0);
        change(&mut other);
        climb(&[bare.clone(), other], 20_000).unwrap_err()
    };
    assert_eq!(one(|r| r.errors.0 = 10_001), Fault::Alpha { sum: 20_001, most: 20_000 });
    assert_eq!(one(|r| r.asked.0 = 1), Fault::Threshold("coached".parse().unwrap()));
    assert_eq!(one(|r| r.name = "as it is".parse().unwrap()), Fault::Twice(bare.name.clone()));
    assert_eq!(climb(std::slice::from_ref(&bare), 20_000), Err(Fault::Count(1)));
    let two = [rung("a", Kind::Prompt, Below, 0.0), rung("b", Kind::Prompt, Below, 0.0)];
    assert_eq!(climb(&two, 20_000), Err(Fault::NoBare));
}

#[test]
fn the_curve_of_budgets() {
    let end = |ability: f64, error: f64| {
        let mut more = rung("ten times", Kind::Budget, Below, ability);
        (more.tokens, more.person.error) = (1_000_000, error);
        let bare = rung("as it is", Kind::Bare, Below, 0.0);
        climb(&[more, bare], 50_000).unwrap().plateau.map(|(_, shape)| shape)
    };
    assert_eq!(end(0.0, 0.1), Some(Plateau::Flat));
    assert_eq!(end(1.0, 0.1), Some(Plateau::Rising));
    assert_eq!(end(0.3, 0.5), Some(Plateau::Unclear));
}

#[test]
fn shares_never_exceed_the_whole() {
    for rungs in 1..=16 {
        assert!(share(50_000, rungs) * rungs <= 50_000);
    }
}
