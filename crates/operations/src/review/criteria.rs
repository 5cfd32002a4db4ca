//! Neutral criteria as data: what a consideration may name, and who was considered against which bytes.

use domain::{Digest, Line};
use serde::Deserialize;
use std::collections::BTreeSet;

/// Most bytes of a file of criteria.
pub const CRITERIA_LIMIT: u64 = 256 << 10;
/// Most entries of each list.
const MOST: usize = 200;

/// Criteria, cohorts and kinds of conflict, read and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Criteria {
    /// SHA-256 of the whole file.
    pub digest: Digest,
    criteria: Vec<(String, String)>,
    cohorts: Vec<(String, String)>,
    conflicts: Vec<(String, String)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CriteriaFile {
    #[serde(rename = "id")]
    _id: Line,
    #[serde(rename = "version")]
    _version: Line,
    #[serde(rename = "title")]
    _title: Line,
    citation: Line,
    #[serde(rename = "url")]
    _url: Option<String>,
    #[serde(rename = "retrieved")]
    _retrieved: Option<Line>,
    #[serde(rename = "source")]
    _source: Option<Line>,
    #[serde(rename = "note")]
    _note: Option<String>,
    criterion: Vec<Criterion>,
    #[serde(default)]
    cohort: Vec<Entry>,
    #[serde(default)]
    conflict: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Criterion {
    id: Line,
    #[serde(rename = "for")]
    whom: BTreeSet<String>,
    asks: Line,
    #[serde(rename = "shown-by")]
    _shown_by: Line,
    #[serde(rename = "after")]
    _after: Line,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: Line,
    title: Line,
}

impl Criteria {
    /// The criteria that ship with the program.
    ///
    /// # Errors
    /// Never for the shipped text; a test reads it.
    pub fn shipped() -> Result<Self, String> {
        Self::read(crate::rules::PARTNER_CRITERIA)
    }

    /// Reads criteria, strictly.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn read(text: &str) -> Result<Self, String> {
        let file: CriteriaFile = toml::from_str(text).map_err(|e| e.to_string())?;
        if file.citation.as_str().trim().is_empty() {
            return Err("criteria need a citation: where they come from".to_owned());
        }
        for criterion in &file.criterion {
            let known = |whom: &String| matches!(whom.as_str(), "partner" | "defender");
            if criterion.whom.is_empty() || !criterion.whom.iter().all(known) {
                return Err(format!("`{}`: `for` is of partner, defender", criterion.id));
            }
        }
        let pair = |id: Line, words: Line| (id.as_str().to_owned(), words.as_str().to_owned());
        let entries = |all: Vec<Entry>| all.into_iter().map(|e| pair(e.id, e.title)).collect();
        let found = Self {
            digest: Digest::of(text.as_bytes()),
            criteria: file.criterion.into_iter().map(|c| pair(c.id, c.asks)).collect(),
            cohorts: entries(file.cohort),
            conflicts: entries(file.conflict),
        };
        for (what, list) in [
            ("criterion", &found.criteria),
            ("cohort", &found.cohorts),
            ("conflict", &found.conflicts),
        ] {
            let ids: BTreeSet<_> = list.iter().map(|(id, _)| id).collect();
            if ids.len() != list.len() {
                return Err(format!("a {what} is there twice"));
            }
            if list.len() > MOST {
                return Err(format!("{} of {what}; at most {MOST} are read", list.len()));
            }
        }
        if found.criteria.is_empty() {
            return Err("there is no criterion".to_owned());
        }
        Ok(found)
    }

    /// The criteria: id and what each asks.
    pub fn criteria(&self) -> &[(String, String)] {
        &self.criteria
    }

    /// The cohorts: id and title.
    pub fn cohorts(&self) -> &[(String, String)] {
        &self.cohorts
    }

    /// The kinds of conflict: id and title.
    pub fn conflicts(&self) -> &[(String, String)] {
        &self.conflicts
    }

    /// Whether a consideration may name this criterion and this cohort, and declare this.
    ///
    /// # Errors
    /// What the data does not have, with what it has.
    pub fn admit(&self, rule: &str, cohort: &str, declared: Option<&str>) -> Result<(), String> {
        named("criterion", &self.criteria, rule)?;
        if !self.cohorts.is_empty() {
            named("cohort", &self.cohorts, cohort)?;
        }
        match declared {
            Some(declared) if !self.conflicts.is_empty() => {
                named("kind of conflict", &self.conflicts, declared)
            }
            Some(_) | None => Ok(()),
        }
    }
}

fn named(what: &str, list: &[(String, String)], given: &str) -> Result<(), String> {
    if list.iter().any(|(id, _)| id == given) {
        return Ok(());
    }
    let given: String = given.chars().take(80).collect();
    let all: Vec<_> = list.iter().map(|(id, _)| id.as_str()).collect();
    Err(format!("these criteria have no {what} `{given}`; they have: {}", all.join(", ")))
}

#[cfg(test)]
mod tests;
