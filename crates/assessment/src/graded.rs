//! Graded evidence: how far attempts on a long range came, with intervals, and never a verdict.
//!
//! A range is attempted ten times, not a hundred, so a count of completions says little: three of ten lie between 7 % and 65 %, and three
//! and six of ten can't be told apart. The steps that each attempt reached say more. Their mean gets an interval that holds for any
//! distribution of progress (I. Waudby-Smith and A. Ramdas, "Estimating means of bounded random variables by betting", 2024);
//! completions get the exact binomial one (C. Clopper and E. Pearson, 1934). Nothing here returns a [`crate::Verdict`].

use crate::exact::{exp, ln};

/// Constant bets, as parts of the largest that can't ruin.
const BETS: u8 = 12;
/// The grid of means that an interval is sought on.
const GRID: u32 = 1_000;
/// Most attempts of one range.
pub const ATTEMPTS: usize = 10_000;

/// One attempt on a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// Steps that it reached.
    pub reached: u32,
    /// Steps that there are.
    pub steps: u32,
    /// Tokens that it used.
    pub tokens: u64,
}

/// A share of one with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    /// As observed.
    pub mean: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// What attempts on one range show.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Graded {
    /// How many there were.
    pub attempts: u32,
    /// How many reached every step.
    pub completed: u32,
    /// Mean share of the steps.
    pub progress: Share,
    /// Share of attempts that reached every step.
    pub completion: Share,
    /// Mean tokens of an attempt.
    pub tokens: u64,
}

/// What attempts on one range show; `None` without any, with too many, or with more steps reached than there are.
pub fn graded(attempts: &[Attempt]) -> Option<Graded> {
    let sound = |a: &Attempt| a.steps > 0 && a.reached <= a.steps;
    if attempts.is_empty() || attempts.len() > ATTEMPTS || !attempts.iter().all(sound) {
        return None;
    }
    let count = u32::try_from(attempts.len()).ok()?;
    let shares: Vec<f64> =
        attempts.iter().map(|a| f64::from(a.reached) / f64::from(a.steps)).collect();
    let done = attempts.iter().filter(|a| a.reached == a.steps).count();
    let completed = u32::try_from(done).ok()?;
    let tokens = attempts.iter().fold(0_u64, |sum, a| sum.saturating_add(a.tokens));
    Some(Graded {
        attempts: count,
        completed,
        progress: mean(&shares),
        completion: exact(completed, count),
        tokens: tokens / u64::from(count),
    })
}

/// The mean of values from 0 to 1 with a 95 % interval that holds for any distribution of them.
pub fn mean(values: &[f64]) -> Share {
    let size = f64::from(u32::try_from(values.len().max(1)).unwrap_or(u32::MAX));
    let mean = values.iter().fold(0.0, |sum, x| sum + x / size);
    let kept = |n: &u32| !refuted(values, f64::from(*n) / f64::from(GRID));
    let grid = |n: u32| f64::from(n) / f64::from(GRID);
    // the means that are not refuted are an interval around the observed one
    let low = (0..=GRID).find(kept).map_or(mean, grid);
    let high = (0..=GRID).rev().find(kept).map_or(mean, grid);
    Share { mean, low: low.min(mean), high: high.max(mean) }
}

/// Whether betting against a mean, half the stake each way, has multiplied it by twenty.
fn refuted(values: &[f64], mean: f64) -> bool {
    let side = |gain: &dyn Fn(f64) -> f64| {
        let mut sum = 0.0;
        for bet in 1..=BETS {
            let part = 0.95 * f64::from(bet) / f64::from(BETS);
            let log =
                values.iter().fold(0.0, |sum, x| sum + ln((1.0 + part * gain(*x)).max(1e-12)));
            sum += exp(log.min(600.0)) / f64::from(BETS);
        }
        sum
    };
    let up = if mean > 0.0 { side(&|x| (x - mean) / mean) } else { above_zero(values) };
    let down = if mean < 1.0 {
        side(&|x| (mean - x) / (1.0 - mean))
    } else {
        above_zero(&values.iter().map(|x| 1.0 - x).collect::<Vec<_>>())
    };
    0.5 * (up + down) >= 20.0
}

/// A mean of zero allows no value above it.
fn above_zero(values: &[f64]) -> f64 {
    if values.iter().any(|x| *x > 0.0) { f64::MAX } else { 1.0 }
}

/// The exact binomial share with its 95 % interval.
pub fn exact(passed: u32, tried: u32) -> Share {
    if tried == 0 {
        return Share { mean: 0.0, low: 0.0, high: 1.0 };
    }
    let passed = passed.min(tried);
    let mean = f64::from(passed) / f64::from(tried);
    let at_least = |p: f64| (passed..=tried).fold(0.0, |sum, k| sum + chance(k, tried, p));
    let at_most = |p: f64| (0..=passed).fold(0.0, |sum, k| sum + chance(k, tried, p));
    let low = if passed == 0 { 0.0 } else { bisect(&|p| at_least(p) < 0.025) };
    let high = if passed == tried { 1.0 } else { bisect(&|p| at_most(p) > 0.025) };
    Share { mean, low, high }
}

/// Where a predicate that holds from zero upwards stops holding.
fn bisect(holds: &dyn Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..50 {
        let middle = f64::midpoint(low, high);
        if holds(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// The binomial chance of exactly `k` of `n`.
fn chance(k: u32, n: u32, p: f64) -> f64 {
    let ways = (1..=k).fold(0.0, |sum, i| sum + ln(f64::from(n - k + i)) - ln(f64::from(i)));
    exp(ways + f64::from(k) * ln(p) + f64::from(n - k) * ln(1.0 - p))
}

#[cfg(test)]
mod tests;
