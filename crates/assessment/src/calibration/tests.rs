//! A fit finds what was simulated, says how unsure it is, and finds a cell that drifted and a subject that does not fit.

use super::{Kind, Record, fit, person};
use crate::decision::{Stage, Step};
use crate::family::Dial;
use crate::item::Item;
use crate::oracle::Outcome;
use crate::seed::{Draws, InstanceSeed};

fn draws(label: &str) -> Draws {
    Draws::new(&InstanceSeed::new([4; 32]), label)
}

fn chance(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

fn hit(draws: &mut Draws, chance: f64) -> bool {
    f64::from(u32::try_from(draws.below(1_000_000)).expect("small")) < chance * 1e6
}

fn priors(cells: usize) -> Vec<Item> {
    Dial::ALL.into_iter().cycle().take(cells).map(Item::prior).collect()
}

/// Twelve subjects from -3 to 2.5 logits on cells that lie off their prior by what `off` says.
fn records(items: &[Item], tries: u32, off: impl Fn(usize) -> f64) -> Vec<Record> {
    let mut draws = draws("records");
    let mut all = Vec::new();
    for subject in 0..12_u32 {
        let ability = f64::from(subject) * 0.5 - 3.0;
        for (at, item) in items.iter().enumerate() {
            let difficulty = f64::from(item.difficulty) / 1e3 + off(at);
            let passed = (0..tries).filter(|_| hit(&mut draws, chance(ability - difficulty)));
            all.push(Record {
                subject: format!("subject {subject:02}").parse().expect("a line"),
                kind: if subject < 6 { Kind::Human } else { Kind::Model },
                cell: u32::try_from(at).expect("few"),
                passed: u32::try_from(passed.count()).expect("few"),
                tried: tries,
            });
        }
    }
    all
}

#[test]
fn what_was_simulated_is_found_within_its_doubt() {
    let priors = priors(20);
    let off = |at: usize| if at.is_multiple_of(2) { 0.7 } else { -0.4 };
    let fitted = fit(&priors, &records(&priors, 6, off));
    let mut within = 0;
    for (at, (cell, prior)) in fitted.cells.iter().zip(&priors).enumerate() {
        let truth = f64::from(prior.difficulty) / 1e3 + off(at);
        let miss = (f64::from(cell.item.difficulty) / 1e3 - truth).abs();
        let doubt = f64::from(cell.item.doubt) / 1e3;
        assert!(doubt > 0.1 && doubt < 0.7, "cell {at}: {cell:?}");
        within += u32::from(miss < 2.0 * doubt);
        assert_eq!(cell.tried, 72);
        assert!(cell.item.is_sound());
    }
    assert!(within >= 18, "{within} of 20 within two standard deviations");
    let close = fitted.subjects.iter().zip(0_u32..).filter(|(subject, n)| {
        (subject.ability - (f64::from(*n) * 0.5 - 3.0)).abs() < 2.5 * subject.error
    });
    assert!(close.count() >= 11, "{:?}", fitted.subjects);
}

#[test]
fn a_cell_nobody_met_keeps_its_prior() {
    let priors = priors(6);
    let mut all = records(&priors, 4, |_| 0.0);
    all.retain(|record| record.cell != 3);
    all.push(Record { cell: 99, ..all[0].clone() });
    all.push(Record { passed: 5, tried: 4, cell: 3, ..all[0].clone() });
    let fitted = fit(&priors, &all);
    assert_eq!(fitted.cells[3].item, priors[3]);
    assert_eq!((fitted.cells[3].outfit, fitted.cells[3].drift.abs() < 1e-9), (None, true));
    assert!(fitted.cells[2].item.doubt < priors[2].doubt);
    assert!(fit(&priors, &[]).subjects.is_empty());
}

#[test]
fn a_cell_that_drifted_is_flagged_and_its_doubt_widened() {
    let believed: Vec<Item> = priors(20).into_iter().map(|i| Item { doubt: 200, ..i }).collect();
    let fitted = fit(&believed, &records(&believed, 6, |at| if at == 7 { -3.0 } else { 0.0 }));
    let flagged: Vec<_> = fitted
        .cells
        .iter()
        .enumerate()
        .filter(|(_, c)| c.drift.abs() > 3.0)
        .map(|(n, _)| n)
        .collect();
    assert_eq!(flagged, [7]);
    let quiet = fitted.cells[8].item.doubt;
    assert!(fitted.cells[7].item.doubt > 2 * quiet, "{:?}", fitted.cells[7]);
}

fn path(items: &[Item], outcome: impl FnMut(usize) -> Outcome) -> Vec<Step> {
    let cells = 0..u32::try_from(items.len()).expect("few");
    let outcomes = (0..items.len()).map(outcome);
    cells
        .zip(outcomes)
        .map(|(cell, outcome)| Step {
            cell,
            stage: Stage::Drawn,
            outcome,
            increment: 0,
            total: 0,
            forecast: (0, 0),
            wealth: (0, 0),
        })
        .collect()
}

#[test]
fn a_pattern_that_does_not_fit_is_seen_and_imitation_is_not() {
    let items: Vec<Item> = priors(80).into_iter().map(|i| Item { doubt: 200, ..i }).collect();
    let run = |ability: f64, part: f64, label: &str| {
        let mut draws = draws(label);
        let path = path(&items, |at| {
            let p = part * chance(ability - f64::from(items[at].difficulty) / 1e3);
            if hit(&mut draws, p) { Outcome::Pass } else { Outcome::Fail }
        });
        person(&items, &path)
    };
    let mean = |ability, part| {
        (0..20).map(|n| run(ability, part, &format!("run {n}")).fit).sum::<f64>() / 20.0
    };
    let (honest, careless, imitating) = (mean(2.0, 1.0), mean(2.0, 0.6), mean(0.0, 1.0));
    assert!(careless < honest - 1.0, "{honest} {careless}");
    assert!((imitating - honest).abs() < 1.0, "{honest} {imitating}");
    let one = run(2.0, 1.0, "one");
    assert!((one.ability - 2.0).abs() < 3.0 * one.error && one.error < 0.6, "{one:?}");
    // failures of the measurement are no failures of the subject
    let none = person(&items, &path(&items, |_| Outcome::Invalid));
    assert!(none.ability.abs() < 1e-9 && none.error > 1.9, "{none:?}");
}
