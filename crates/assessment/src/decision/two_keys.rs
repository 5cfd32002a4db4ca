//! The rule with two keys, as it is sealed.

use super::RuleError;
use crate::exact;
use crate::item::{DIFFICULTY, millionths};
use minicbor::{Decode, Encode};

/// Fewer distinct cells than this make a verdict hard to defend, whatever the statistics say.
pub const RECOMMENDED_CELLS: u32 = 20;

/// Which keys a verdict needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Keys {
    /// Both, which must agree.
    #[n(0)]
    Both,
    /// The ratio alone; cells are chosen at the threshold from the first sample on.
    #[n(1)]
    Ratio,
    /// The bets alone.
    #[n(2)]
    Bets,
}

/// How a cell is chosen once the second key needs no more draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Choice {
    /// The most information at the threshold.
    #[n(0)]
    Information,
    /// The most information for its expected cost. Cheap cells then come first, which makes errors more
    /// frequent than the boundaries say: set [`TwoKeys::margin`] from a simulation.
    #[n(1)]
    PerCost,
}

/// The rule with two keys. Abilities, half-widths and interactions are thousandths of a logit, rates parts
/// per million.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct TwoKeys {
    /// Which keys.
    #[n(0)]
    pub keys: Keys,
    /// The ability that is asked about.
    #[n(1)]
    pub threshold: i32,
    /// Half the width of the zone around the threshold in which either verdict is as good as the other.
    #[n(2)]
    pub delta: u32,
    /// The chance of ABOVE for a model at `threshold - delta`.
    #[n(3)]
    pub alpha: u32,
    /// The chance of BELOW for a model at `threshold + delta`.
    #[n(4)]
    pub beta: u32,
    /// Standard deviation of a model's own deviation on a cell, as the ratio assumes it. Assuming more than
    /// there is costs samples and buys robustness.
    #[n(5)]
    pub interaction: u32,
    /// The same, as expected: only to translate ability into mean success.
    #[n(6)]
    pub expected_interaction: u32,
    /// Most samples of one cell that enter the ratio.
    #[n(7)]
    pub tries: u32,
    /// Distinct cells with a valid sample, without which there is no verdict.
    #[n(8)]
    pub floor: u32,
    /// Most samples that count; UNDETERMINED when they don't suffice.
    #[n(9)]
    pub cap: u32,
    /// Most samples that don't; UNDETERMINED beyond.
    #[n(10)]
    pub invalid_cap: u32,
    /// How cells are chosen at the threshold.
    #[n(11)]
    pub choice: Choice,
    /// What the ratio's boundaries lie beyond Wald's, in thousandths.
    #[n(12)]
    pub margin: u32,
    /// Most attempts in a row to measure a cell that may fail for reasons of the measurement; then the run is
    /// UNDETERMINED.
    #[n(13)]
    pub attempts: u32,
    /// The share of the cells that a model at `threshold - delta` may have met before, in parts per million: ABOVE is then no
    /// more frequent than alpha even so. It costs samples; `None` assumes that fresh instances can't have been met.
    #[n(14)]
    pub contaminated: Option<u32>,
}

impl TwoKeys {
    /// The rule that is recommended, at an ability.
    pub const fn at(threshold: i32) -> Self {
        Self {
            keys: Keys::Both,
            threshold,
            delta: 500,
            alpha: 50_000,
            beta: 50_000,
            interaction: 1_200,
            expected_interaction: 500,
            tries: 3,
            floor: RECOMMENDED_CELLS,
            cap: 150,
            invalid_cap: 30,
            choice: Choice::Information,
            margin: 0,
            attempts: 3,
            contaminated: None,
        }
    }

    /// Checks each number.
    ///
    /// # Errors
    /// The first that is out of its bounds.
    pub fn check(&self) -> Result<(), RuleError> {
        let Self { alpha, beta, cap, invalid_cap, .. } = *self;
        if alpha == 0 || beta == 0 || alpha.saturating_add(beta) >= 500_000 {
            return Err(RuleError::Errors { alpha, beta });
        }
        let fits = 1..=100_000;
        if !fits.contains(&cap) || !fits.contains(&invalid_cap) {
            return Err(RuleError::Cap { cap, invalid_cap });
        }
        let most = i64::from(DIFFICULTY);
        for (what, given, low, high) in [
            ("threshold", i64::from(self.threshold), -most, most),
            ("half-width delta", self.delta.into(), 50, 3_000),
            ("interaction", self.interaction.into(), 0, 5_000),
            ("expected interaction", self.expected_interaction.into(), 0, 5_000),
            ("number of tries", self.tries.into(), 1, 8),
            ("content floor", self.floor.into(), 1, 1_000),
            ("number of attempts", self.attempts.into(), 1, 100),
            ("margin", self.margin.into(), 0, 10_000),
            ("contaminated share", self.contaminated.unwrap_or(1).into(), 1, 500_000),
        ] {
            if !(low..=high).contains(&given) {
                return Err(RuleError::Bounds { what, given, low, high });
            }
        }
        Ok(())
    }

    /// The abilities that are told apart, in logits.
    pub(super) fn abilities(&self) -> (f64, f64) {
        let (at, delta) = (f64::from(self.threshold), f64::from(self.delta));
        ((at - delta) / 1e3, (at + delta) / 1e3)
    }

    /// The contaminated share as a part of one.
    pub(super) fn share(&self) -> f64 {
        self.contaminated.map_or(0.0, millionths)
    }

    /// The upper and lower boundary of the log-likelihood ratio: Wald's, and the margin beyond.
    pub fn boundaries(&self) -> (i64, i64) {
        let (alpha, beta) = (millionths(self.alpha), millionths(self.beta));
        let margin = i64::from(self.margin) * 1_000_000;
        let upper = exact::whole(exact::ln((1.0 - beta) / alpha)) + margin;
        let lower = exact::whole(exact::ln(beta / (1.0 - alpha))) - margin;
        (upper, lower)
    }

    /// The log-wealth that the bets must reach for ABOVE and for BELOW: at most one in `1 / alpha`
    /// ever does wrongly (Ville).
    pub fn bars(&self) -> (i64, i64) {
        let bar = |rate: u32| exact::whole(-exact::ln(millionths(rate)));
        (bar(self.alpha), bar(self.beta))
    }
}
