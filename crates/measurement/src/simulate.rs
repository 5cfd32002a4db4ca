//! What a rule would do on a bank, before it is sealed: frequencies of the three outcomes around the threshold.

use super::seal::believed;
use super::{Items, MeasureError};
use assessment::{Cell, Rule, Setting};
use serde::Serialize;

/// What is simulated.
#[derive(Debug, Clone)]
pub struct Simulation {
    /// The kinds of tasks.
    pub cells: Vec<Cell>,
    /// What is believed of them, where it is more than their dials say.
    pub items: Items,
    /// The rule.
    pub rule: Rule,
    /// Simulated models at each ability.
    pub runs: u32,
    /// Standard deviation of a model's own deviation on a cell, in thousandths of a logit.
    pub interaction: u32,
    /// The chance that measuring a sample fails, in parts per million.
    pub failing: u32,
    /// The chance that a model has met a cell before, in parts per million.
    pub met: u32,
    /// Which draws.
    pub seed: u64,
}

/// What came of the models of one ability. Rates are parts of one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Forecast {
    /// Their ability, in logits.
    pub ability: f64,
    /// How many there were.
    pub runs: u32,
    /// Part of them that ended ABOVE.
    pub above: f64,
    /// Part of them that ended BELOW.
    pub below: f64,
    /// Part of them that ended UNDETERMINED.
    pub undetermined: f64,
    /// Part of them that ended so because measuring failed.
    pub invalid: f64,
    /// Mean samples.
    pub samples: f64,
}

/// Simulates a rule at its threshold and at one and two half-widths on either side. `step` is called after each ability.
///
/// # Errors
/// A plain rule on success rates, which has no ability to simulate around; a bank that the rule can't decide on.
pub fn simulate(asked: &Simulation, mut step: impl FnMut()) -> Result<Vec<Forecast>, MeasureError> {
    let Rule::TwoKeys(keys) = &asked.rule else {
        let why = "only the rule with two keys is about an ability; leave out --p0 and --p1";
        return Err(MeasureError::Argument(why.to_owned()));
    };
    let cells = asked.cells.len();
    if usize::try_from(keys.floor).is_ok_and(|floor| floor > cells) {
        let fault = assessment::Fault::Floor { floor: keys.floor, cells };
        return Err(MeasureError::Argument(fault.to_string()));
    }
    let items = believed(&asked.cells, &asked.items);
    let delta = i32::try_from(keys.delta).unwrap_or(i32::MAX);
    let forecast = |half: i32| {
        let ability = keys.threshold.saturating_add(half.saturating_mul(delta));
        let setting = Setting {
            ability,
            interaction: asked.interaction,
            failing: asked.failing,
            met: asked.met,
            runs: asked.runs,
        };
        let mut seed = [0; 32];
        for (to, from) in seed.iter_mut().zip(asked.seed.to_be_bytes()) {
            *to = from;
        }
        let found = assessment::simulate(&asked.rule, &items, &setting, seed);
        step();
        let runs = f64::from(found.runs.max(1));
        Forecast {
            ability: f64::from(ability) / 1e3,
            runs: found.runs,
            above: f64::from(found.above) / runs,
            below: f64::from(found.below) / runs,
            undetermined: f64::from(found.undetermined) / runs,
            invalid: f64::from(found.invalid) / runs,
            samples: f64::from(u32::try_from(found.samples).unwrap_or(u32::MAX)) / runs,
        }
    };
    Ok([-2, -1, 0, 1, 2].map(forecast).into())
}
