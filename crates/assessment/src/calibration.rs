//! Item parameters from runs of reference models and people, and whether a run fits them.
//!
//! Abilities and difficulties are fitted together (Fisher scoring on the joint posterior, priors included), so a cell that few were
//! measured on stays near its prior and keeps its doubt. Repeated tries of one subject on one cell share a deviation; they count
//! as fewer, by the design effect. What is not known of the subjects' abilities widens the doubt of every difficulty (Schur
//! complement over the abilities).
//!
//! Two checks say where the parameters should not be believed: *drift* compares what a cell's runs say with what was
//! believed of it before, and *person fit* (the standardised log-likelihood, Drasgow, Levine and Williams 1985) compares the
//! pattern of one subject's outcomes with what its ability makes likely.

mod fit;
mod person;

use crate::item::Item;
use domain::Line;
use minicbor::{Decode, Encode};

pub use fit::{CellFit, Fitted, SubjectFit, fit};
pub use person::{Person, chance, person};

/// Who was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Kind {
    /// A model.
    #[n(0)]
    Model,
    /// A person.
    #[n(1)]
    Human,
}

/// What one subject did on one cell.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Record {
    /// Who, by a name of the evaluator's.
    pub subject: Line,
    /// What it is.
    pub kind: Kind,
    /// The place of the cell in the bank.
    pub cell: u32,
    /// Successes.
    pub passed: u32,
    /// Valid tries.
    pub tried: u32,
}

/// Standard deviation of abilities before anything was seen, in logits.
const ABILITY: f64 = 2.0;
/// Standard deviation of a subject's own deviation on a cell, in logits, as expected.
const DEVIATION: f64 = 0.5;
/// Variance of the logistic distribution.
const LOGISTIC: f64 = 3.289_868_133_696_453;
/// Most tries of one record; more say nothing further of a cell.
pub const TRIES: u32 = 10_000;

/// One record as the fit sees it.
#[derive(Debug, Clone, Copy)]
struct Seen {
    subject: usize,
    cell: usize,
    /// Success rate.
    rate: f64,
    /// Tries, fewer for sharing a deviation.
    weight: f64,
}

impl Seen {
    fn of(subject: usize, record: &Record) -> Option<Self> {
        let tried = record.tried.min(TRIES);
        if tried == 0 || record.passed > record.tried {
            return None;
        }
        let n = f64::from(tried);
        let shared = DEVIATION * DEVIATION / (DEVIATION * DEVIATION + LOGISTIC);
        Some(Self {
            subject,
            cell: usize::try_from(record.cell).ok()?,
            rate: f64::from(record.passed) / f64::from(record.tried),
            weight: n / (1.0 + (n - 1.0) * shared),
        })
    }
}

/// Chance of success, and what a logit more ability adds to it.
fn slope(item: &Item, ability: f64, difficulty: f64) -> (f64, f64) {
    let a = crate::exact::exp(f64::from(item.slope) / 1e3);
    let chance = item.chance(a * (ability - difficulty));
    let (floor, ceiling) = (f64::from(item.floor) / 1e6, f64::from(item.ceiling) / 1e6);
    let inside = ((chance - floor) / (ceiling - floor)).clamp(1e-9, 1.0 - 1e-9);
    (chance, a * (ceiling - floor) * inside * (1.0 - inside))
}

/// Thousandths, within bounds.
fn thousandths(x: f64, bound: i32) -> i32 {
    let scaled = (x * 1e3).round().clamp(f64::from(-bound), f64::from(bound));
    #[expect(clippy::cast_possible_truncation, reason = "clamped to the bound")]
    let whole = scaled as i32;
    whole
}

#[cfg(test)]
mod tests;
