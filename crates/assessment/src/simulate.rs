//! What a rule would do on a bank: how often it says what, for models of a given ability.
//!
//! An evaluator looks here before sealing, since error rates depend on the bank. Each simulated model meets a bank whose
//! true difficulties and slopes are drawn from what is believed of them, and has a deviation of its own on each cell.
//! Everything follows from a seed, so a figure can be had again.

use crate::decision::{Ask, MET, Prepared, Rule, Stop, Taken, Verdict};
use crate::exact::{exp, ln, logistic, root};
use crate::item::{Item, millionths, thousandths};
use crate::oracle::Outcome;
use crate::seed::{Draws, InstanceSeed};

/// How often a rule said what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Frequencies {
    /// Simulated runs.
    pub runs: u32,
    /// Those that ended ABOVE.
    pub above: u32,
    /// Those that ended BELOW.
    pub below: u32,
    /// Those that ended UNDETERMINED, for any reason.
    pub undetermined: u32,
    /// Those of them that ended so because measuring failed too often.
    pub invalid: u32,
    /// Samples that counted, all runs together.
    pub samples: u64,
}

/// What is simulated besides the rule and its bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// The models' ability, in thousandths of a logit.
    pub ability: i32,
    /// Standard deviation of a model's own deviation on a cell, in thousandths of a logit.
    pub interaction: u32,
    /// The chance that measuring a sample fails, in parts per million.
    pub failing: u32,
    /// The chance that a model has met a cell before and solves it 19 times of 20, in parts per million.
    pub met: u32,
    /// How many models.
    pub runs: u32,
}

/// Simulates a rule on a bank of these items. The same seed gives the same figures for ever.
pub fn simulate(rule: &Rule, items: &[Item], setting: &Setting, seed: [u8; 32]) -> Frequencies {
    let prepared = Prepared::new(rule, items);
    let mut found = Frequencies { runs: setting.runs, ..Frequencies::default() };
    let mut draws = Draws::new(&InstanceSeed::new(seed), "vestibule simulation v1");
    for _ in 0..setting.runs {
        one(&prepared, items, setting, (&mut draws, &mut found));
    }
    found
}

fn one(
    prepared: &Prepared,
    items: &[Item],
    setting: &Setting,
    (draws, found): (&mut Draws, &mut Frequencies),
) {
    let ability = thousandths(setting.ability);
    let interaction = f64::from(setting.interaction) / 1e3;
    let chances: Vec<u64> = items
        .iter()
        .map(|item| {
            let difficulty =
                thousandths(item.difficulty) + f64::from(item.doubt) / 1e3 * normal(draws);
            let slope =
                exp(thousandths(item.slope) + f64::from(item.slope_doubt) / 1e3 * normal(draws));
            let place = slope * (ability - difficulty) + interaction * normal(draws);
            let (floor, ceiling) = (millionths(item.floor), millionths(item.ceiling));
            let chance = floor + (ceiling - floor) * logistic(place);
            // drawn only where it is asked for, so that older figures stay
            let met = setting.met > 0 && draws.below(1_000_000) < u64::from(setting.met);
            share(if met { chance.max(MET) } else { chance })
        })
        .collect();
    let failing = u64::from(setting.failing);
    let cells = u64::try_from(items.len()).unwrap_or(1);
    let mut course = prepared.begin();
    loop {
        let cell = match course.ask() {
            Ask::Drawn => u32::try_from(draws.below(cells)).unwrap_or(0),
            Ask::Chosen(cell) => cell,
            Ask::Nothing => break,
        };
        let at = usize::try_from(cell).unwrap_or(usize::MAX);
        let chance = chances.get(at).copied().unwrap_or(0);
        let outcome = if failing > 0 && draws.below(1_000_000) < failing {
            Outcome::Invalid
        } else if draws.below(1_000_000_000) < chance {
            Outcome::Pass
        } else {
            Outcome::Fail
        };
        course.take(Taken { cell, outcome });
    }
    let decision = course.into_decision();
    match decision.verdict {
        Verdict::Above => found.above += 1,
        Verdict::Below => found.below += 1,
        Verdict::Undetermined => found.undetermined += 1,
    }
    found.invalid += u32::from(decision.stop == Stop::Invalid);
    let valid = decision.path.iter().filter(|step| step.outcome != Outcome::Invalid).count();
    found.samples += u64::try_from(valid).unwrap_or(u64::MAX);
}

/// A chance in units of 10⁻⁹.
fn share(chance: f64) -> u64 {
    u64::try_from(crate::exact::whole(chance)).unwrap_or(0)
}

/// A standard normal variable, by the polar method (G. Marsaglia and T. Bray, 1964): only what is in [`crate::exact`].
pub(crate) fn normal(draws: &mut Draws) -> f64 {
    loop {
        let mut side = || {
            let high = u32::try_from(draws.word() >> 32).unwrap_or(0);
            f64::from(high) / 2_147_483_648.0 - 1.0
        };
        let (u, v) = (side(), side());
        let square = u * u + v * v;
        if square > 0.0 && square < 1.0 {
            return u * root(-2.0 * ln(square) / square);
        }
    }
}

#[cfg(test)]
mod tests;
