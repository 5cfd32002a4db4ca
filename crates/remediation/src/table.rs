//! BOD 26-04 Table 1 as data: sixteen rows, read strictly from a cited file.

use crate::facts::Impact;
use domain::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Most bytes of a table that are read.
const LIMIT: usize = 1 << 20;

/// Yes or no, as the table writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// Yes.
    Yes,
    /// No.
    No,
}

/// What a row asks for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// Its name.
    pub id: Box<str>,
    /// Calendar days; none means the next scheduled upgrade.
    pub days: Option<u32>,
    /// Whether forensic triage is asked for too.
    pub forensics: bool,
    /// The value's key in CERT/CC's SSVC table.
    pub ssvc: Box<str>,
}

/// One row: four answers, one outcome.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Its number, from 1.
    pub number: u8,
    /// Whether the asset is publicly exposed.
    pub exposed: Answer,
    /// Whether the vulnerability is in KEV.
    pub kev: Answer,
    /// Whether exploitation can be automated.
    pub automatable: Answer,
    /// What exploitation gains.
    pub impact: Impact,
    /// The outcome's id.
    pub outcome: Box<str>,
}

/// What may be assumed when Vulnrichment has no record and KEV does not list the vulnerability.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Fallback {
    /// Off unless an operator turns it on.
    pub enabled: bool,
    /// When it applies, in words.
    pub when: Box<str>,
    /// Assumed for automatable.
    pub automatable: Answer,
    /// Assumed for impact.
    pub impact: Impact,
    /// How it was known: `primary`, `secondary` or `reported`.
    pub source: Box<str>,
}

/// The table with its citation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Table {
    /// Its id.
    pub id: Box<str>,
    /// The version of this data.
    pub version: Box<str>,
    /// What the text is called.
    pub title: Box<str>,
    /// How to cite it.
    pub citation: Box<str>,
    /// Where it was read.
    pub url: Box<str>,
    /// The day it was last compared with its source.
    pub retrieved: Timestamp,
    /// From when agencies must meet the timelines in full.
    pub full_from: Timestamp,
    /// What may be assumed.
    pub fallback: Fallback,
    /// The outcomes.
    pub outcomes: Vec<Outcome>,
    /// The sixteen rows, by number.
    pub rows: Vec<Row>,
}

/// Why a table was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// Over the bound.
    #[error("the table has {given} bytes; at most {LIMIT} are read")]
    TooLong {
        /// How many there are.
        given: usize,
    },
    /// Not TOML, or not of the expected shape; says the line.
    #[error("the table can't be read: {0}")]
    Malformed(String),
    /// A row names no outcome of the file.
    #[error("row {row} names the outcome `{outcome}`, which the table lacks")]
    NoOutcome {
        /// The row.
        row: u8,
        /// What it names.
        outcome: Box<str>,
    },
    /// Rows are not numbered from 1 on.
    #[error("row {given} stands where row {expected} belongs")]
    Number {
        /// The number that belongs there.
        expected: usize,
        /// The number that stands there.
        given: u8,
    },
    /// Not every combination of answers has exactly one row.
    #[error("{0} of the 16 combinations of answers have a row of their own")]
    Incomplete(usize),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    dead_code,
    reason = "fields for people who read the file; they must be there and well formed"
)]
struct File {
    id: Box<str>,
    version: Box<str>,
    title: Box<str>,
    citation: Box<str>,
    url: Box<str>,
    retrieved: Timestamp,
    source: Box<str>,
    status: Box<str>,
    note: Option<Box<str>>,
    in_force: InForce,
    clock: Clock,
    fallback: Fallback,
    outcome: Vec<Outcome>,
    row: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    dead_code,
    reason = "fields for people who read the file; they must be there and well formed"
)]
struct InForce {
    issued: Timestamp,
    processes: Timestamp,
    full: Timestamp,
}

/// When the clock starts; one way is known.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    dead_code,
    reason = "fields for people who read the file; they must be there and well formed"
)]
struct Clock {
    starts: ClockRule,
    source: Box<str>,
}

#[derive(Deserialize)]
enum ClockRule {
    #[serde(rename = "earlier-of-kev-addition-and-own-detection")]
    Earlier,
}

impl Table {
    /// Reads a table (`rules/bod-26-04.toml` is the shipped one).
    ///
    /// # Errors
    /// See [`TableError`].
    pub fn read(text: &str) -> Result<Self, TableError> {
        if text.len() > LIMIT {
            return Err(TableError::TooLong { given: text.len() });
        }
        let file: File =
            toml::from_str(text).map_err(|e| TableError::Malformed(e.to_string().trim().into()))?;
        let mut seen = BTreeSet::new();
        for (i, row) in file.row.iter().enumerate() {
            if usize::from(row.number) != i + 1 {
                return Err(TableError::Number { expected: i + 1, given: row.number });
            }
            if !file.outcome.iter().any(|o| o.id == row.outcome) {
                let outcome = row.outcome.clone();
                return Err(TableError::NoOutcome { row: row.number, outcome });
            }
            seen.insert((row.exposed, row.kev, row.automatable, row.impact));
        }
        if seen.len() != 16 || file.row.len() != 16 {
            return Err(TableError::Incomplete(seen.len()));
        }
        Ok(Self {
            id: file.id,
            version: file.version,
            title: file.title,
            citation: file.citation,
            url: file.url,
            retrieved: file.retrieved,
            full_from: file.in_force.full,
            fallback: file.fallback,
            outcomes: file.outcome,
            rows: file.row,
        })
    }

    /// The row of four answers, with its outcome.
    pub fn row(
        &self,
        exposed: bool,
        kev: bool,
        automatable: bool,
        impact: Impact,
    ) -> (&Row, &Outcome) {
        let row = self.rows.iter().find(|r| {
            (r.exposed, r.kev, r.automatable, r.impact)
                == (exposed.into(), kev.into(), automatable.into(), impact)
        });
        let row = row.expect("reading checked that every combination has a row");
        let outcome = self.outcomes.iter().find(|o| o.id == row.outcome);
        (row, outcome.expect("reading checked that every row names an outcome"))
    }

    /// This table with its fallback turned on or off, which is the operator's policy.
    #[must_use]
    pub fn with_fallback(mut self, enabled: bool) -> Self {
        self.fallback.enabled = enabled;
        self
    }
}

impl From<bool> for Answer {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

impl From<Answer> for bool {
    fn from(answer: Answer) -> Self {
        matches!(answer, Answer::Yes)
    }
}

#[cfg(test)]
mod tests;
