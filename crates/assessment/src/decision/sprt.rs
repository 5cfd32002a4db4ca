//! Wald's sequential probability ratio test on Bernoulli outcomes of fresh instances (A. Wald, "Sequential
//! Tests of Statistical Hypotheses", Annals of Mathematical Statistics 16, 1945): the plain rule, and what the
//! two keys are compared with.

use super::RuleError;
use crate::exact;

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

const MILLION: u32 = 1_000_000;

/// A natural logarithm of a ratio of parts per million, in units of 10⁻⁹.
fn ln(numerator: u32, denominator: u32) -> i64 {
    exact::whole(exact::ln(f64::from(numerator) / f64::from(denominator)))
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

    /// Whether the sealed logarithms are those of the sealed rates.
    pub fn is_sound(&self) -> bool {
        let (rates, errors) = ((self.p0, self.p1), (self.alpha, self.beta));
        Self::new(rates, errors, self.cap, self.invalid_cap).is_ok_and(|again| again == *self)
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

    /// What an outcome adds to the log-likelihood ratio.
    pub(super) const fn increment(&self, pass: bool) -> i64 {
        if pass { self.pass } else { self.fail }
    }

    #[cfg(test)]
    pub(super) fn corrupt(&mut self) {
        self.upper -= 1;
    }
}
