//! Item parameters: how hard a cell of the bank is believed to be, and how sure that is.
//!
//! The model is the two-parameter logistic with a known floor and ceiling: at ability θ a cell of
//! difficulty b and slope a is solved with chance `floor + (ceiling - floor) · logistic(a (θ - b))`. With few
//! reference models these are priors, so each carries its uncertainty, and the uncertainty enters every
//! likelihood ([`Item::spread`]).

use crate::exact::{exp, logistic, normal, real, root};
use crate::family::Dial;
use minicbor::{Decode, Encode};

/// What is believed of one cell. Logits and logarithms are in thousandths, chances in parts per million.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Item {
    /// Difficulty b on the scale of ability, in thousandths of a logit.
    #[n(0)]
    pub difficulty: i32,
    /// Standard deviation of what is believed of the difficulty.
    #[n(1)]
    pub doubt: u32,
    /// Natural logarithm of the slope a, in thousandths.
    #[n(2)]
    pub slope: i32,
    /// Standard deviation of what is believed of the logarithm of the slope.
    #[n(3)]
    pub slope_doubt: u32,
    /// The chance of solving it by luck.
    #[n(4)]
    pub floor: u32,
    /// The chance for the ablest: what is missing to a million fails whoever tries.
    #[n(5)]
    pub ceiling: u32,
    /// What one sample is expected to cost, in millionths of a dollar.
    #[n(6)]
    pub cost: u64,
}

/// Largest difficulty either way, in thousandths of a logit.
pub(crate) const DIFFICULTY: u32 = 10_000;
/// Largest doubt, in thousandths.
const DOUBT: u32 = 5_000;
/// Largest logarithm of a slope either way, in thousandths.
const SLOPE: u32 = 2_000;
const MILLION: u32 = 1_000_000;

pub(crate) fn thousandths(value: i32) -> f64 {
    f64::from(value) / 1e3
}

pub(crate) fn millionths(value: u32) -> f64 {
    f64::from(value) / 1e6
}

impl Item {
    /// What is believed of a cell before anybody was measured on it: one logit a dial, 0 at dial 3, and
    /// a standard deviation of one logit, as wide as the steps.
    pub fn prior(dial: Dial) -> Self {
        Self {
            difficulty: (i32::from(dial.step()) - 3) * 1_000,
            doubt: 1_000,
            slope: 0,
            slope_doubt: 300,
            floor: 0,
            ceiling: MILLION,
            cost: 1_000_000,
        }
    }

    /// Whether every number is within its bounds.
    pub const fn is_sound(&self) -> bool {
        self.difficulty.unsigned_abs() <= DIFFICULTY
            && self.doubt <= DOUBT
            && self.slope.unsigned_abs() <= SLOPE
            && self.slope_doubt <= DOUBT
            && self.floor < self.ceiling
            && self.ceiling <= MILLION
            && self.cost > 0
            && self.cost <= 1_000_000_000_000
    }

    /// Slope and distance at an ability: `a` and `a (θ - b)`.
    pub(crate) fn place(&self, ability: f64) -> (f64, f64) {
        let slope = exp(thousandths(self.slope));
        (slope, slope * (ability - thousandths(self.difficulty)))
    }

    /// Standard deviation, in logits, of a model's own deviation on this cell: interaction and what is not
    /// known of difficulty and slope. All of them are the same for repeated tries, so one number serves.
    pub(crate) fn spread(&self, interaction: f64, ability: f64) -> f64 {
        let (slope, distance) = self.place(ability);
        let doubt = slope * f64::from(self.doubt) / 1e3;
        let slope_doubt = distance * f64::from(self.slope_doubt) / 1e3;
        root(interaction * interaction + doubt * doubt + slope_doubt * slope_doubt)
    }

    /// The chance of success at an ability and a deviation of so many logits.
    pub(crate) fn chance(&self, distance: f64) -> f64 {
        let (floor, ceiling) = (millionths(self.floor), millionths(self.ceiling));
        // away from 0 and 1, so that every logarithm is finite
        (floor + (ceiling - floor) * logistic(distance)).clamp(1e-9, 1.0 - 1e-9)
    }

    /// The chance of success at an ability over all deviations of a spread.
    pub(crate) fn mean_chance(&self, ability: f64, spread: f64) -> f64 {
        let (_, distance) = self.place(ability);
        normal().fold(0.0, |sum, (z, weight)| sum + weight * self.chance(distance + spread * z))
    }

    /// The expected cost of a sample, in millionths of a dollar.
    pub(crate) fn price(&self) -> f64 {
        real(i64::try_from(self.cost).unwrap_or(i64::MAX)) * 1e9
    }
}

#[cfg(test)]
mod tests;
