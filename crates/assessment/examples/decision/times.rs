//! What the decision costs in time.

use crate::design::{Cell, Design};
use crate::tables::key;
use crate::world::CORRECT;
use crate::{Bench, TASKS, cell, ratio};
use assessment::{Ask, Dial, Item, Keys, Outcome, Prepared, Rule, Taken, TwoKeys};
use std::time::Instant;

/// One decision step at 500 tasks, and 10,000 assessments of 120 tasks.
pub(crate) fn times(bench: &Bench, shipped: TwoKeys) {
    let items = vec![Item::prior(Dial::ALL[2]); 500];
    let started = Instant::now();
    let prepared = Prepared::new(&Rule::TwoKeys(shipped), &items);
    let tables_ms = started.elapsed().as_secs_f64() * 1e3;
    let mut course = prepared.begin();
    let (started, mut steps) = (Instant::now(), 0_u32);
    while let Ask::Drawn | Ask::Chosen(_) = course.ask() {
        let cell = if let Ask::Chosen(cell) = course.ask() { cell } else { steps % 500 };
        let outcome = if steps.is_multiple_of(2) { Outcome::Pass } else { Outcome::Fail };
        course.take(Taken { cell, outcome });
        steps += 1;
    }
    let step_ms = started.elapsed().as_secs_f64() * 1e3 / f64::from(steps);
    let started = Instant::now();
    let design = Design::Keys { rule: shipped, carried: false };
    cell(
        &Cell { design, truth: CORRECT, ability: 0.5, cells: TASKS, fit: false },
        10_000,
        bench.threads,
    );
    let many = started.elapsed().as_secs_f64();
    bench.hold("a decision step at 500 tasks: under 10 ms", step_ms < 10.0);
    bench.hold("10,000 assessments of 120 tasks: under 300 s", many < 300.0);
    println!(
        "{{\"bench\":\"assessment-decision\",\"step_ms_at_500_tasks\":{step_ms:.4},\"limit_ms\":10,\"tables_ms_at_500_tasks\":{tables_ms:.1},\"seconds_for_10000_assessments\":{many:.2},\"limit_seconds\":300,\"threads\":{}}}",
        bench.threads
    );
    beside();
}

/// What the prototype in another language is measured beside: the robust ratio at +d, on one thread.
fn beside() {
    let design = Design::Keys { rule: key(Keys::Ratio, 1_200), carried: false };
    let started = Instant::now();
    let sums =
        cell(&Cell { design, truth: CORRECT, ability: 0.5, cells: TASKS, fit: false }, 10_000, 1);
    let seconds = started.elapsed().as_secs_f64();
    let below = 1.0 - ratio(sums.leaning, sums.runs);
    let samples = ratio(sums.samples, sums.runs);
    println!(
        "{{\"bench\":\"assessment-decision-robust\",\"seconds_for_10000_assessments\":{seconds:.2},\"false_below\":{below:.4},\"samples\":{samples:.1},\"threads\":1}}"
    );
}
