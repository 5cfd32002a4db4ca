//! The second key: betting against "the mean success is at most the lower rate", and against "at least the higher".
//!
//! Each drawn sample pays `z = outcome - forecast of its cell + forecast of the bank`. The cell is drawn with equal
//! chances after the forecasts are made, so the mean of `z` is the mean success over the bank whatever the
//! forecasts are; good ones only take variance away. Wealth multiplies by `1 + bet · (z - rate)`, never below
//! zero, so under the hypothesis it is a nonnegative supermartingale, and reaching `1 / alpha` at any time
//! has a chance of at most alpha (Ville). A fifth of the stake is spread over twelve constant bets; the rest follows
//! the bet of fastest growth at the forecast mean, or at the other rate if the forecast lies nearer.
//! Method: I. Waudby-Smith and A. Ramdas, "Estimating means of bounded random variables by betting", 2024.

use super::tables::Tables;
use crate::exact::{exp, ln, real, whole};

/// Constant bets, as parts of the largest that can't ruin.
const CONSTANT: usize = 12;
const BETS: usize = CONSTANT + 1;
/// Part of the stake on all constant bets.
const SPREAD: f64 = 0.2;
/// Largest part of the ruinous bet.
const BOLDEST: f64 = 0.95;

/// The state of the second key.
#[derive(Debug, Clone)]
pub(super) struct Bets {
    /// Log-posterior over the grid, up to a constant.
    posterior: Vec<i64>,
    above: [i64; BETS],
    below: [i64; BETS],
}

/// What is foretold before a cell is drawn.
#[derive(Debug, Clone)]
pub(super) struct Forecast {
    weights: Vec<f64>,
    /// The bank's mean success, in units of 10⁻⁹.
    pub(super) mean: i64,
    noise: f64,
}

impl Bets {
    pub(super) fn new(tables: &Tables) -> Self {
        Self { posterior: tables.prior.clone(), above: [0; BETS], below: [0; BETS] }
    }

    pub(super) fn forecast(&self, tables: &Tables) -> Forecast {
        let top = self.posterior.iter().copied().max().unwrap_or(0);
        let mut weights: Vec<f64> = self.posterior.iter().map(|l| exp(real(l - top))).collect();
        let sum = weights.iter().fold(0.0, |sum, w| sum + w);
        for weight in &mut weights {
            *weight /= sum;
        }
        let mean = whole(expectation(&weights, &tables.mean));
        let noise = expectation(&weights, &tables.noise);
        Forecast { weights, mean, noise }
    }

    /// What every observation of the cell teaches the forecasts, drawn or chosen.
    pub(super) fn learn(&mut self, tables: &Tables, cell: usize, pass: bool) {
        let Some(row) = tables.cells.get(cell) else { return };
        let [fail, success] = &row.log;
        let log = if pass { success } else { fail };
        for (posterior, log) in self.posterior.iter_mut().zip(log) {
            *posterior = posterior.saturating_add(*log);
        }
    }

    /// Pays a drawn sample. Gives the cell's forecast.
    pub(super) fn pay(
        &mut self,
        tables: &Tables,
        forecast: &Forecast,
        cell: usize,
        pass: bool,
    ) -> i64 {
        let chance = tables.cells.get(cell).map(|row| &row.chance);
        let foretold = chance.map_or(0, |c| whole(expectation(&forecast.weights, c)));
        let mean = real(forecast.mean);
        let z = f64::from(u8::from(pass)) - real(foretold) + mean;
        let (low, high) = (tables.lowest_rate(), tables.highest_rate());
        let bold = mean.max(high);
        let refuted = tables.guarded_rate();
        wager(&mut self.above, z - refuted, bold - refuted, (refuted - mean + 1.0, forecast.noise));
        let timid = mean.min(low);
        wager(&mut self.below, high - z, high - timid, (mean + 1.0 - high, forecast.noise));
        foretold
    }

    /// Log-wealth for ABOVE and for BELOW.
    pub(super) fn wealth(&self) -> (i64, i64) {
        (mixture(&self.above), mixture(&self.below))
    }
}

/// Multiplies each wealth by its bet on a gain of at least `-room`, expected to be `hope`.
fn wager(wealth: &mut [i64; BETS], gain: f64, hope: f64, (room, noise): (f64, f64)) {
    let room = room.max(1e-6);
    let best = (room * hope / (noise + hope * hope)).clamp(0.0, BOLDEST);
    for (n, wealth) in (0_u8..).zip(wealth.iter_mut()) {
        let part = if usize::from(n) < CONSTANT {
            0.05 + f64::from(n) * (BOLDEST - 0.05) / 11.0
        } else {
            best
        };
        *wealth = wealth.saturating_add(whole(ln(1.0 + part * gain / room)));
    }
}

/// The logarithm of the weighted mean of wealths.
fn mixture(wealth: &[i64; BETS]) -> i64 {
    let top = wealth.iter().copied().max().unwrap_or(0);
    let mut sum = 0.0;
    for (n, wealth) in wealth.iter().enumerate() {
        let weight = if n < CONSTANT { SPREAD / 12.0 } else { 1.0 - SPREAD };
        sum += weight * exp(real(wealth - top));
    }
    top.saturating_add(whole(ln(sum)))
}

fn expectation(weights: &[f64], values: &[f64]) -> f64 {
    weights.iter().zip(values).fold(0.0, |sum, (w, v)| sum + w * v)
}
