//! From outcomes to ABOVE, BELOW or UNDETERMINED, with stated error rates.
//!
//! The rule that ships has [two keys](TwoKeys) and says ABOVE or BELOW only when both agree:
//!
//! 1. *Ratio.* A sequential probability ratio test of ability against the threshold, on an item response model
//!    with the model-by-task interaction integrated out ([`Tables`]). Powerful; rests on the item parameters.
//! 2. *Bets.* A betting e-process on the mean success over the bank, on instances drawn with equal chances.
//!    It is valid whatever the item parameters are; they only make it faster.
//!
//! [`Sprt`] is Wald's plain test on success rates. A [`Course`] is a run under a rule: it says what to draw
//! next, takes what came of it, and stops. Replaying the same outcomes gives the same [`Step`]s bit for bit
//! (see [`crate::exact`]'s head), so a verifier recomputes each increment.

mod bets;
mod course;
mod recount;
mod sprt;
mod tables;
mod two_keys;

use crate::family::Dial;
use crate::item::Item;
use crate::oracle::Outcome;
use minicbor::{Decode, Encode};
use std::fmt;

pub use course::{Ask, Course, Prepared};
pub use sprt::Sprt;
pub(crate) use tables::MET;
pub use tables::Tables;
pub use two_keys::{Choice, Keys, RECOMMENDED_CELLS, TwoKeys};

/// The answer of a run, and all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Verdict {
    /// At or above the sealed threshold.
    #[n(0)]
    Above,
    /// Below it.
    #[n(1)]
    Below,
    /// Neither could be shown within the cap.
    #[n(2)]
    Undetermined,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Above => "ABOVE",
            Self::Below => "BELOW",
            Self::Undetermined => "UNDETERMINED",
        })
    }
}

/// How a run stops and what it says then.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[non_exhaustive]
pub enum Rule {
    /// Wald's test on fresh instances, each tried once.
    #[n(0)]
    Sprt(#[n(0)] Sprt),
    /// Ratio and bets, which must agree.
    #[n(1)]
    TwoKeys(#[n(0)] TwoKeys),
}

impl Rule {
    /// Whether its numbers are within their bounds and belong together.
    pub fn is_sound(&self) -> bool {
        match self {
            Self::Sprt(sprt) => sprt.is_sound(),
            Self::TwoKeys(keys) => keys.check().is_ok(),
        }
    }

    /// Most samples that count, and most that don't.
    pub const fn caps(&self) -> (u32, u32) {
        match self {
            Self::Sprt(sprt) => (sprt.cap(), sprt.invalid_cap()),
            Self::TwoKeys(keys) => (keys.cap, keys.invalid_cap),
        }
    }

    /// The error rates alpha and beta, in parts per million.
    pub const fn errors(&self) -> (u32, u32) {
        match self {
            Self::Sprt(sprt) => sprt.errors(),
            Self::TwoKeys(keys) => (keys.alpha, keys.beta),
        }
    }

    /// Distinct cells without which there is no verdict.
    pub const fn floor(&self) -> u32 {
        match self {
            Self::Sprt(_) => 1,
            Self::TwoKeys(keys) => keys.floor,
        }
    }
}

/// Why a rule can't be built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// The two rates must lie strictly between 0 and 1, the first below the second.
    #[error(
        "the success rates must satisfy 0 < p0 < p1 < 1; {p0} and {p1} parts per million do not"
    )]
    Rates {
        /// The lower rate.
        p0: u32,
        /// The upper rate.
        p1: u32,
    },
    /// Error rates must be positive and together below one half.
    #[error(
        "alpha and beta must be positive and sum to less than 0.5; {alpha} and {beta} parts per million do not"
    )]
    Errors {
        /// The chance of a wrong ABOVE.
        alpha: u32,
        /// The chance of a wrong BELOW.
        beta: u32,
    },
    /// At least one sample and at most 100,000.
    #[error("the caps must be from 1 to 100000; {cap} and {invalid_cap} are not")]
    Cap {
        /// The cap on samples that count.
        cap: u32,
        /// The cap on invalid samples.
        invalid_cap: u32,
    },
    /// A number of the two keys is out of its bounds.
    #[error("the {what} must be from {low} to {high}; {given} is not")]
    Bounds {
        /// Which.
        what: &'static str,
        /// What was given.
        given: i64,
        /// Smallest.
        low: i64,
        /// Largest.
        high: i64,
    },
}

/// What came of one sample of a run, as far as a decision is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// The place of its cell in the bank.
    pub cell: u32,
    /// What came of it.
    pub outcome: Outcome,
}

/// How a sample's cell was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Stage {
    /// Every cell was equally likely, by the master seed.
    #[n(0)]
    Drawn,
    /// It was the one that tells most at the threshold.
    #[n(1)]
    Chosen,
}

/// One increment of the evidence: everything the sealed payload holds of a sample. Logarithms are natural;
/// all fields but the first three are in units of 10⁻⁹.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Step {
    /// The place of the sample's cell in the bank.
    #[n(0)]
    pub cell: u32,
    /// How the cell was chosen.
    #[n(1)]
    pub stage: Stage,
    /// What came of the sample.
    #[n(2)]
    pub outcome: Outcome,
    /// What it adds to the log-likelihood ratio; zero when invalid or tried too often.
    #[n(3)]
    pub increment: i64,
    /// The log-likelihood ratio so far.
    #[n(4)]
    pub total: i64,
    /// What the second key had foretold for this cell, and for the bank's mean.
    #[n(5)]
    pub forecast: (i64, i64),
    /// The second key's log-wealth for ABOVE and for BELOW so far.
    #[n(6)]
    pub wealth: (i64, i64),
}

impl Step {
    /// What was taken.
    pub const fn taken(&self) -> Taken {
        Taken { cell: self.cell, outcome: self.outcome }
    }
}

/// Why a decision stands where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The evidence crossed its boundaries.
    Boundary,
    /// As many samples as the cap allows.
    Cap,
    /// More invalid samples than their cap: the measurement is broken.
    Invalid,
    /// No cell is left that the rule may still choose.
    Exhausted,
    /// The rule asks for more samples.
    Running,
}

/// A verdict with the path that leads to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The verdict; UNDETERMINED while the rule asks for more samples.
    pub verdict: Verdict,
    /// Why it stands.
    pub stop: Stop,
    /// One step for each sample up to the stop. Samples after it are not looked at.
    pub path: Vec<Step>,
}

impl Decision {
    /// Whether the rule asks for another sample.
    pub const fn wants_more(&self) -> bool {
        matches!(self.stop, Stop::Running)
    }
}

/// Replays outcomes, in order, through a rule that does not tell cells apart.
pub fn decide(rule: &Rule, outcomes: &[Outcome]) -> Decision {
    let taken: Vec<_> = outcomes.iter().map(|&outcome| Taken { cell: 0, outcome }).collect();
    Prepared::new(rule, &[Item::prior(Dial::ALL[2])]).replay(&taken)
}

#[cfg(test)]
mod tests;
