//! From outcomes to ABOVE, BELOW or UNDETERMINED, with stated error rates.
//!
//! The rule of this version is Wald's sequential probability ratio test on Bernoulli outcomes (A. Wald,
//! "Sequential Tests of Statistical Hypotheses", Annals of Mathematical Statistics 16, 1945). All
//! arithmetic after sealing is on whole numbers, so a verdict is recomputed to the same bit on any
//! machine.

use crate::oracle::Outcome;
use std::fmt;

/// The answer of a run, and all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
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
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[non_exhaustive]
pub enum Rule {
    /// Wald's test on fresh instances, each tried once.
    #[n(0)]
    Sprt(#[n(0)] Sprt),
}

/// A Bernoulli SPRT: `p0` against `p1` with error rates `alpha` and `beta`.
///
/// Rates are parts per million. Increments and boundaries are natural logarithms in units of 10⁻⁹,
/// fixed when the rule is built and sealed with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct Sprt {
    #[n(0)]
    p0: u32,
    #[n(1)]
    p1: u32,
    #[n(2)]
    alpha: u32,
    #[n(3)]
    beta: u32,
    #[n(4)]
    cap: u32,
    #[n(5)]
    invalid_cap: u32,
    #[n(6)]
    pass: i64,
    #[n(7)]
    fail: i64,
    #[n(8)]
    upper: i64,
    #[n(9)]
    lower: i64,
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
        /// The chance of ABOVE at `p0`.
        alpha: u32,
        /// The chance of BELOW at `p1`.
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
}

const MILLION: u32 = 1_000_000;

/// A natural logarithm of a ratio of parts per million, in units of 10⁻⁹.
fn ln(numerator: u32, denominator: u32) -> i64 {
    let ratio = f64::from(numerator) / f64::from(denominator);
    let scaled = (ratio.ln() * 1e9).round();
    #[expect(clippy::cast_possible_truncation, reason = "at most 14e9 in size, checked rates")]
    let whole = scaled as i64;
    whole
}

impl Sprt {
    /// Builds the test. Rates are parts per million; `cap` bounds the samples that count, and
    /// `invalid_cap` those that don't.
    ///
    /// # Errors
    /// See [`RuleError`].
    pub fn new(
        rates: (u32, u32),
        errors: (u32, u32),
        cap: u32,
        invalid_cap: u32,
    ) -> Result<Self, RuleError> {
        let ((p0, p1), (alpha, beta)) = (rates, errors);
        if p0 == 0 || p0 >= p1 || p1 >= MILLION {
            return Err(RuleError::Rates { p0, p1 });
        }
        if alpha == 0 || beta == 0 || alpha.saturating_add(beta) >= MILLION / 2 {
            return Err(RuleError::Errors { alpha, beta });
        }
        let fits = 1..=100_000;
        if !fits.contains(&cap) || !fits.contains(&invalid_cap) {
            return Err(RuleError::Cap { cap, invalid_cap });
        }
        Ok(Self {
            p0,
            p1,
            alpha,
            beta,
            cap,
            invalid_cap,
            pass: ln(p1, p0),
            fail: ln(MILLION - p1, MILLION - p0),
            upper: ln(MILLION - beta, alpha),
            lower: ln(beta, MILLION - alpha),
        })
    }

    /// Whether the sealed logarithms are those of the sealed rates, within the last unit, in which
    /// mathematics libraries may differ.
    pub fn is_sound(&self) -> bool {
        let rates = (self.p0, self.p1);
        let Ok(again) = Self::new(rates, (self.alpha, self.beta), self.cap, self.invalid_cap)
        else {
            return false;
        };
        let near = |a: i64, b: i64| a.abs_diff(b) <= 1;
        near(again.pass, self.pass)
            && near(again.fail, self.fail)
            && near(again.upper, self.upper)
            && near(again.lower, self.lower)
    }

    /// The success rates, in parts per million.
    pub const fn rates(&self) -> (u32, u32) {
        (self.p0, self.p1)
    }

    /// The error rates alpha and beta, in parts per million.
    pub const fn errors(&self) -> (u32, u32) {
        (self.alpha, self.beta)
    }

    /// Most samples that count.
    pub const fn cap(&self) -> u32 {
        self.cap
    }

    /// Most samples that don't.
    pub const fn invalid_cap(&self) -> u32 {
        self.invalid_cap
    }

    /// The upper and lower boundary of the log-likelihood ratio, in units of 10⁻⁹.
    pub const fn boundaries(&self) -> (i64, i64) {
        (self.upper, self.lower)
    }
}

/// One increment of the evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// What came of the sample.
    pub outcome: Outcome,
    /// What it adds to the log-likelihood ratio, in units of 10⁻⁹; zero when invalid.
    pub increment: i64,
    /// The sum so far.
    pub total: i64,
}

/// Why a decision stands where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The evidence crossed a boundary.
    Boundary,
    /// As many samples as the cap allows.
    Cap,
    /// More invalid samples than their cap: the measurement is broken.
    Invalid,
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

/// Replays outcomes, in order, through a rule.
pub fn decide(rule: &Rule, outcomes: &[Outcome]) -> Decision {
    let Rule::Sprt(sprt) = rule;
    let mut path = Vec::new();
    let (mut total, mut counted, mut invalid) = (0_i64, 0_u32, 0_u32);
    for &outcome in outcomes {
        let increment = match outcome {
            Outcome::Pass => sprt.pass,
            Outcome::Fail => sprt.fail,
            Outcome::Invalid => 0,
        };
        match outcome {
            Outcome::Pass | Outcome::Fail => counted += 1,
            Outcome::Invalid => invalid += 1,
        }
        total = total.saturating_add(increment);
        path.push(Step { outcome, increment, total });
        let (verdict, stop) = if total >= sprt.upper {
            (Verdict::Above, Stop::Boundary)
        } else if total <= sprt.lower {
            (Verdict::Below, Stop::Boundary)
        } else if counted >= sprt.cap {
            (Verdict::Undetermined, Stop::Cap)
        } else if invalid >= sprt.invalid_cap {
            (Verdict::Undetermined, Stop::Invalid)
        } else {
            continue;
        };
        return Decision { verdict, stop, path };
    }
    Decision { verdict: Verdict::Undetermined, stop: Stop::Running, path }
}

#[cfg(test)]
mod tests;
