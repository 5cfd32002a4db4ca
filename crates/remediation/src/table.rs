//! Decision tables as data, read strictly from a cited file: BOD 26-04's Table 1 with its sixteen rows,
//! SSVC trees, a plain policy by CVSS score, an organisation's own.
//!
//! A row asks for some of the inputs; every combination of what any row asks for has exactly one row.

mod answers;

pub use answers::{Answer, Answers};

use domain::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most bytes of a table that are read.
const LIMIT: usize = 1 << 20;

/// A text by language, such as `en`.
pub type Said = BTreeMap<Box<str>, Box<str>>;

/// What a row asks for. Outcomes stand in their order, the most urgent first.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// Its name.
    pub id: Box<str>,
    /// Calendar days; none where the table gives no number.
    pub days: Option<u32>,
    /// Whether it belongs at the top of a list although it has no number of days.
    #[serde(default)]
    pub soon: bool,
    /// Whether forensic triage is asked for too.
    #[serde(default)]
    pub forensics: bool,
    /// The value's key in CERT/CC's SSVC table, where there is one.
    #[serde(default)]
    pub ssvc: Box<str>,
    /// When, in words, where there are no days; without words it means the next scheduled upgrade.
    #[serde(default)]
    pub say: Said,
}

/// One row: what it asks for, and one outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Its number, from 1.
    pub number: u8,
    /// The answers that it asks for; it does not care about the others.
    pub asks: Answers,
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
    pub impact: crate::Impact,
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
    /// A short name, before the number of a row.
    pub short: Said,
    /// How to cite it.
    pub citation: Box<str>,
    /// Where it was read.
    pub url: Box<str>,
    /// The day it was last compared with its source.
    pub retrieved: Timestamp,
    /// From when agencies must meet the timelines in full; none where nobody must.
    pub full_from: Option<Timestamp>,
    /// What starts a clock.
    pub starts: ClockRule,
    /// What may be assumed.
    pub fallback: Option<Fallback>,
    /// The outcomes, the most urgent first.
    pub outcomes: Vec<Outcome>,
    /// The rows, by number.
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
    #[error("{own} of the {all} combinations of answers have exactly one row; all must")]
    Incomplete {
        /// How many have.
        own: usize,
        /// How many there are.
        all: usize,
    },
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
    #[serde(default)]
    short: Said,
    in_force: Option<InForce>,
    clock: Clock,
    fallback: Option<Fallback>,
    outcome: Vec<Outcome>,
    row: Vec<answers::RowFile>,
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

/// When the clock starts.
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

/// What starts a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClockRule {
    /// The earlier of the addition to KEV and the operator's own detection.
    EarlierOfKevAdditionAndOwnDetection,
    /// The operator's own detection.
    OwnDetection,
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
        for (i, row) in file.row.iter().enumerate() {
            if usize::from(row.number) != i + 1 {
                return Err(TableError::Number { expected: i + 1, given: row.number });
            }
            if !file.outcome.iter().any(|o| o.id == row.outcome) {
                let outcome = row.outcome.clone();
                return Err(TableError::NoOutcome { row: row.number, outcome });
            }
        }
        let rows: Vec<Row> = file.row.into_iter().map(Row::from).collect();
        let combinations = answers::combinations(&rows);
        let one = |known: &&Answers| rows.iter().filter(|row| row.asks.fits(known)).count() == 1;
        let (own, all) = (combinations.iter().filter(one).count(), combinations.len());
        if own != all {
            return Err(TableError::Incomplete { own, all });
        }
        Ok(Self {
            id: file.id,
            version: file.version,
            title: file.title,
            citation: file.citation,
            url: file.url,
            retrieved: file.retrieved,
            short: file.short,
            full_from: file.in_force.map(|dates| dates.full),
            starts: file.clock.starts,
            fallback: file.fallback,
            outcomes: file.outcome,
            rows,
        })
    }

    /// The rows that known answers leave possible, each with its outcome and that one's place.
    pub fn possible(&self, known: &Answers) -> Vec<(&Row, &Outcome, usize)> {
        let rows = self.rows.iter().filter(|row| row.asks.fits(known));
        let placed = rows.map(|row| {
            let mut outcomes = self.outcomes.iter().enumerate();
            let found = outcomes.find(|(_, outcome)| outcome.id == row.outcome);
            let (place, outcome) = found.expect("reading checked that every row names an outcome");
            (row, outcome, place)
        });
        placed.collect()
    }

    /// This table with its fallback turned on or off, which is the operator's policy.
    #[must_use]
    pub fn with_fallback(mut self, enabled: bool) -> Self {
        if let Some(fallback) = &mut self.fallback {
            fallback.enabled = enabled;
        }
        self
    }
}

#[cfg(test)]
mod tests;
