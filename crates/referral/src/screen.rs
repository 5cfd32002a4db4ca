//! Elements of offences and the good-faith screen, as data (`rules/offences.toml`).

use crate::manifest::{Answer, Manifest};
use domain::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Most bytes of a file that are read.
const LIMIT: usize = 1 << 20;

/// One offence with its elements.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offence {
    /// Its id.
    pub id: Box<str>,
    /// The statute.
    pub statute: Box<str>,
    /// What it is called.
    pub title: Box<str>,
    /// Its elements.
    pub elements: Vec<Element>,
}

/// One element, as a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Element {
    /// Its id within the offence.
    pub id: Box<str>,
    /// What to answer.
    pub ask: Box<str>,
}

/// One factor of the good-faith screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Factor {
    /// Its id.
    pub id: Box<str>,
    /// What to answer.
    pub ask: Box<str>,
    /// The answer that points to good faith.
    pub good_faith: Answer,
}

/// The whole data file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Screen {
    /// Its id.
    pub id: Box<str>,
    /// The version of this data.
    pub version: Box<str>,
    /// What it is called.
    pub title: Box<str>,
    /// How to cite it.
    pub citation: Box<str>,
    /// Where it was read.
    pub url: Box<str>,
    /// The day it was last compared with its source.
    pub retrieved: Timestamp,
    /// How it was known: `primary`, `secondary`, `reported` or `background`.
    pub source: Box<str>,
    /// What a reader should know.
    pub note: Option<Box<str>>,
    /// The offences.
    #[serde(rename = "offence")]
    pub offences: Vec<Offence>,
    /// The factors.
    #[serde(rename = "factor")]
    pub factors: Vec<Factor>,
}

/// Why a data file was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScreenError {
    /// Over the bound.
    #[error("the file has {0} bytes; at most {LIMIT} are read")]
    TooLong(usize),
    /// Not TOML, or not of the expected shape; says the line.
    #[error("the file of offences can't be read: {0}")]
    Malformed(String),
    /// Two entries share an id, or a list is empty.
    #[error("`{0}` is listed twice, or has nothing in it")]
    Inconsistent(Box<str>),
}

/// What the good-faith screen says. It decides nothing: a person does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// A factor has no answer, or an answer rests on nothing.
    Unanswered,
    /// Every answer points to good-faith research.
    GoodFaith,
    /// Answers point both ways, or some are unknown.
    Unclear,
    /// An answer points away from it and none is unknown.
    NotGoodFaith,
}

impl Screen {
    /// Reads the data file.
    ///
    /// # Errors
    /// See [`ScreenError`].
    pub fn read(text: &str) -> Result<Self, ScreenError> {
        if text.len() > LIMIT {
            return Err(ScreenError::TooLong(text.len()));
        }
        let screen: Self = toml::from_str(text)
            .map_err(|e| ScreenError::Malformed(e.to_string().trim().into()))?;
        distinct(&screen.id, screen.offences.iter().map(|o| &o.id))?;
        distinct(&screen.id, screen.factors.iter().map(|f| &f.id))?;
        for offence in &screen.offences {
            distinct(&offence.id, offence.elements.iter().map(|e| &e.id))?;
        }
        Ok(screen)
    }

    /// What the answers say.
    pub fn verdict(&self, manifest: &Manifest) -> Verdict {
        let Some(given) = &manifest.good_faith else { return Verdict::Unanswered };
        let (mut towards, mut away, mut unknown) = (0, 0, 0);
        for factor in &self.factors {
            let answer = given.answers.iter().find(|a| *a.factor.as_str() == *factor.id);
            let Some(answer) = answer.filter(|a| !a.basis.as_str().trim().is_empty()) else {
                return Verdict::Unanswered;
            };
            match answer.answer {
                Answer::Unknown => unknown += 1,
                known if known == factor.good_faith => towards += 1,
                Answer::Yes | Answer::No => away += 1,
            }
        }
        match (towards, away, unknown) {
            (_, 0, 0) => Verdict::GoodFaith,
            (0, _, 0) => Verdict::NotGoodFaith,
            // extortion alone excludes good faith, but a person says so, not a count
            (_, _, _) => Verdict::Unclear,
        }
    }

    /// Elements without an answer, as `offence element`; a named offence that the file lacks; or
    /// that no offence is named at all.
    pub fn unanswered(&self, manifest: &Manifest) -> Vec<String> {
        if manifest.offences.is_empty() {
            return vec!["no offence is named".to_owned()];
        }
        let mut open = Vec::new();
        for list in &manifest.offences {
            let Some(offence) = self.offences.iter().find(|o| *o.id == *list.offence.as_str())
            else {
                open.push(format!("{}: not in the file of offences", list.offence));
                continue;
            };
            for element in &offence.elements {
                let answer = list.elements.iter().find(|a| *a.element.as_str() == *element.id);
                if answer.is_none_or(|a| a.answer.as_str().trim().is_empty()) {
                    open.push(format!("{} {}", offence.id, element.id));
                }
            }
        }
        open
    }
}

fn distinct<'a>(within: &str, ids: impl Iterator<Item = &'a Box<str>>) -> Result<(), ScreenError> {
    let mut seen = BTreeSet::new();
    for id in ids {
        if !seen.insert(id) {
            return Err(ScreenError::Inconsistent(id.clone()));
        }
    }
    if seen.is_empty() { Err(ScreenError::Inconsistent(within.into())) } else { Ok(()) }
}

#[cfg(test)]
pub(crate) mod tests;
