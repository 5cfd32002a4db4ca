//! What bounds the tokens of a request, and what it says when they don't suffice.

use access::{DayBudget, Permit, PersonBudget};
use domain::Timestamp;
use std::fmt;

/// What a grant may spend, and what of it is known to be spent, here or elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cap {
    /// Tokens in all.
    pub tokens: u64,
    /// Tokens on record as spent.
    pub recorded: u64,
    /// The same for today, when the terms bound a day.
    pub day: Option<DayBudget>,
    /// What its person may spend over all of their grants, when the terms bound that.
    pub person: Option<PersonBudget>,
}

impl Cap {
    /// The day that a request under it is counted for, where anything bounds a day.
    pub(super) fn counted_day(&self) -> Option<Timestamp> {
        let of_person = self.person.as_ref().filter(|person| person.tokens_per_day.is_some());
        self.day.map(|budget| budget.day).or(of_person.map(|person| person.day))
    }
}

impl From<&Permit> for Cap {
    fn from(permit: &Permit) -> Self {
        Self {
            tokens: permit.budget_tokens(),
            recorded: permit.recorded_tokens(),
            day: permit.day_budget(),
            person: permit.person_budget().cloned(),
        }
    }
}

/// The grant's budget doesn't hold what a request needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the request needs up to {needed} tokens and {} {left} left{why}", why.holder())]
pub struct Exhausted {
    /// Tokens the request may use.
    pub needed: u64,
    /// Tokens that are neither spent nor set aside.
    pub left: u64,
    /// Which bound it is.
    pub why: Bound,
}

/// What bounds the tokens of a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// The grant itself.
    Grant,
    /// The terms, for one day.
    Day {
        /// When more may be spent.
        resumes_at: Timestamp,
    },
    /// The operator, for what one gateway spends before the record counts it.
    Unstated,
    /// The terms, for one person over all of their grants.
    Person,
    /// The same, for one day.
    PersonDay {
        /// When more may be spent.
        resumes_at: Timestamp,
    },
}

impl Bound {
    /// Who has nothing left.
    fn holder(self) -> &'static str {
        match self {
            Self::Grant | Self::Day { .. } | Self::Unstated => "the grant has",
            Self::Person | Self::PersonDay { .. } => "its person has, over all their grants,",
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Grant => f.write_str("; ask for less (`max_tokens`) or for a new grant"),
            Self::Day { resumes_at } => write!(
                f,
                " today, more from {resumes_at} (terms: tokens-per-day); ask for less (`max_tokens`)"
            ),
            Self::Person => {
                f.write_str(" (terms: tokens-per-person); ask for less (`max_tokens`)")
            }
            Self::PersonDay { resumes_at } => write!(
                f,
                " today, more from {resumes_at} (terms: tokens-per-person-per-day); ask for less (`max_tokens`)"
            ),
            Self::Unstated => f.write_str(
                " at this gateway until its uses are on record, which takes about a minute; ask for less (`max_tokens`) or again then",
            ),
        }
    }
}
