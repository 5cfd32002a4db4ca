//! What a bank's item parameters and a rule make of each outcome, computed once.
//!
//! Repeated tries of a cell share the model's own deviation there, so they correlate. The likelihood of `x`
//! successes in `k` tries is therefore an integral over that deviation (a normal variable, 21-point rule). Its
//! logarithms are rounded to whole units of 10⁻⁹ *per count*; an increment is the difference of two of them,
//! so the sum over a run depends on the counts alone and not on their order.

use super::two_keys::{Choice, TwoKeys};
use crate::exact::{ln, normal, real, whole};
use crate::item::{Item, thousandths};

/// The chance of success on a cell that the model has met before.
pub(crate) const MET: f64 = 0.95;

/// Abilities of the second key's forecast: four logits either way of the threshold in steps of 0.1.
pub(super) const GRID: usize = 81;

/// The tables of one bank under one rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Tables {
    pub(super) cells: Vec<Row>,
    /// Mean chance over the bank, at each ability of the grid.
    pub(super) mean: Vec<f64>,
    /// Mean variance of one outcome over the bank, at each ability of the grid.
    pub(super) noise: Vec<f64>,
    /// Log-prior over the grid.
    pub(super) prior: Vec<i64>,
    /// Mean success over the bank at `threshold - delta` and `threshold + delta`, in units of 10⁻⁹.
    pub(super) rates: (i64, i64),
    /// The first of them when the share of cells that the rule allows for has been met before.
    pub(super) guarded: i64,
}

/// What is known of one cell.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    /// By tries and successes ([`place`]): the log-likelihood ratio.
    ratio: Vec<i64>,
    /// By tries and successes: the expected information of one more try, for its cost if the rule says so.
    information: Vec<i64>,
    /// Chance of success at each ability of the grid.
    pub(super) chance: Vec<f64>,
    /// Logarithm of the chance of failure and of success at each ability of the grid.
    pub(super) log: [Vec<i64>; 2],
}

/// Where `passed` of `tried` lies in a triangular table.
const fn place(passed: u32, tried: u32) -> usize {
    (tried * (tried + 1) / 2 + passed) as usize
}

impl Row {
    fn new(item: &Item, rule: &TwoKeys) -> Self {
        let (low, high) = rule.abilities();
        let interaction = f64::from(rule.interaction) / 1e3;
        let mut at_low = likelihoods(item, interaction, low, rule.tries);
        met(&mut at_low, rule.share(), rule.tries);
        let at_high = likelihoods(item, interaction, high, rule.tries);
        let ratio = at_low.iter().zip(&at_high).map(|(l, h)| whole(ln(*h)) - whole(ln(*l)));
        let cost = match rule.choice {
            Choice::Information => 1.0,
            Choice::PerCost => item.price() / 1e6,
        };
        let mut information = Vec::new();
        for tried in 0..rule.tries {
            for passed in 0..=tried {
                let next = |all: &[f64]| {
                    let at = |p, k| all.get(place(p, k)).copied().unwrap_or(1.0);
                    (at(passed + 1, tried + 1) / at(passed, tried)).clamp(1e-12, 1.0 - 1e-12)
                };
                information.push(whole(divergence(next(&at_low), next(&at_high)) / cost));
            }
        }
        let mut row = Self {
            ratio: ratio.collect(),
            information,
            chance: Vec::new(),
            log: [Vec::new(), Vec::new()],
        };
        for ability in grid(rule) {
            let chance = item.mean_chance(ability, item.spread(interaction, ability));
            row.chance.push(chance);
            let [fail, pass] = &mut row.log;
            fail.push(whole(ln(1.0 - chance)));
            pass.push(whole(ln(chance)));
        }
        row
    }

    /// What one more outcome adds to the ratio; nothing when the cell was tried often enough.
    pub(super) fn increment(&self, (passed, tried): (u32, u32), pass: bool) -> i64 {
        let now = self.ratio.get(place(passed, tried));
        let then = self.ratio.get(place(passed + u32::from(pass), tried + 1));
        now.zip(then).map_or(0, |(now, then)| then - now)
    }

    /// What one more try tells; `None` when the cell was tried often enough.
    pub(super) fn information(&self, (passed, tried): (u32, u32)) -> Option<i64> {
        self.information.get(place(passed, tried)).copied()
    }
}

/// The likelihood of each count at an ability, over the spread of deviations.
fn likelihoods(item: &Item, interaction: f64, ability: f64, tries: u32) -> Vec<f64> {
    let spread = item.spread(interaction, ability);
    let (_, distance) = item.place(ability);
    let mut all = vec![0.0; place(tries, tries) + 1];
    for (z, weight) in normal() {
        let chance = item.chance(distance + spread * z);
        let mut none = weight;
        for tried in 0..=tries {
            // weight · (1 - p)^(tried - passed) · p^passed, from no success upwards
            let mut likelihood = none;
            for passed in 0..=tried {
                if let Some(sum) = all.get_mut(place(passed, tried)) {
                    *sum += likelihood;
                }
                likelihood *= chance / (1.0 - chance);
            }
            none *= 1.0 - chance;
        }
    }
    all
}

/// Mixes the likelihoods with those of a cell that was met before. Only the lower ability is given this excuse for a success, so a surprising
/// one speaks for the higher ability less and less loudly.
fn met(all: &mut [f64], share: f64, tries: u32) {
    let mut none = 1.0;
    for tried in 0..=tries {
        let mut likelihood = none;
        for passed in 0..=tried {
            if let Some(own) = all.get_mut(place(passed, tried)) {
                *own = (1.0 - share) * *own + share * likelihood;
            }
            likelihood *= MET / (1.0 - MET);
        }
        none *= 1.0 - MET;
    }
}

/// Kullback and Leibler's divergence of two coins, both ways, halved.
fn divergence(p: f64, q: f64) -> f64 {
    let one = |p: f64, q: f64| p * ln(p / q) + (1.0 - p) * ln((1.0 - p) / (1.0 - q));
    0.5 * (one(p, q) + one(q, p))
}

/// The grid's abilities, in logits.
fn grid(rule: &TwoKeys) -> impl Iterator<Item = f64> {
    let centre = thousandths(rule.threshold);
    (-40..=40_i8).map(move |tenths| centre + f64::from(tenths) / 10.0)
}

impl Tables {
    /// The tables of these items under a rule.
    pub fn new(items: &[Item], rule: &TwoKeys) -> Self {
        let cells: Vec<Row> = items.iter().map(|item| Row::new(item, rule)).collect();
        let size = f64::from(u32::try_from(cells.len().max(1)).unwrap_or(u32::MAX));
        let (mut mean, mut noise) = (vec![0.0; GRID], vec![0.0; GRID]);
        for row in &cells {
            for ((mean, noise), chance) in mean.iter_mut().zip(&mut noise).zip(&row.chance) {
                *mean += chance / size;
                *noise += chance * (1.0 - chance) / size;
            }
        }
        let expected = f64::from(rule.expected_interaction) / 1e3;
        let rate = |ability: f64| {
            let chance = |item: &Item| item.mean_chance(ability, item.spread(expected, ability));
            whole(items.iter().map(chance).fold(0.0, |sum, p| sum + p / size))
        };
        let (low, high) = rule.abilities();
        // a broad prior around the threshold: it only steers forecasts, so it can't bias the evidence
        let prior = (-40..=40_i8).map(|tenths| {
            let far = f64::from(tenths) / 15.0;
            whole(-0.5 * far * far)
        });
        let rates = (rate(low), rate(high));
        let guarded = whole(real(rates.0) + rule.share() * (1.0 - real(rates.0)));
        Self { cells, mean, noise, prior: prior.collect(), rates, guarded }
    }

    /// Mean success over the bank that is told apart, in units of 10⁻⁹: what the second key tests.
    pub const fn rates(&self) -> (i64, i64) {
        self.rates
    }

    pub(super) fn lowest_rate(&self) -> f64 {
        real(self.rates.0)
    }

    /// What ABOVE must be told from: the lowest rate, with the share of cells that may have been met before.
    pub(super) fn guarded_rate(&self) -> f64 {
        real(self.guarded)
    }

    pub(super) fn highest_rate(&self) -> f64 {
        real(self.rates.1)
    }
}
