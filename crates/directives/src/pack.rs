//! Rule packs: TOML files, read strictly.
//!
//! A pack's dates are checked against its own arithmetic: where a clock states `due`, the start plus
//! the length must give that day, so a typing error in a pack can't pass.

use crate::clock::{Clock, Length};
use crate::id::{RuleId, is_name};
use domain::{Role, Timestamp};
use serde::Deserialize;
use std::collections::BTreeSet;

/// Most bytes of a pack that are read.
const LIMIT: usize = 1 << 20;
/// Most rules and most starts of a pack.
const MOST: usize = 1_000;

/// How a fact was known when the pack was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The text itself was read.
    Primary,
    /// Someone who quotes the text was read.
    Secondary,
    /// One outlet reported it.
    Reported,
    /// Nothing was read: it was written from general knowledge and has to be checked.
    Background,
}

/// Whether a pack's clocks run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Force {
    /// They run.
    InForce,
    /// They are data for the day the text takes effect.
    Inactive,
}

/// Cited rules of one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pack {
    /// Its id.
    pub id: Box<str>,
    /// The version of this data.
    pub version: Box<str>,
    /// What the text is called.
    pub title: Box<str>,
    /// How to cite it.
    pub citation: Box<str>,
    /// Where it is published.
    pub url: Option<Box<str>>,
    /// The day it was last compared with its source.
    pub retrieved: Timestamp,
    /// How the text was known.
    pub source: Source,
    /// Whether its clocks run.
    pub force: Force,
    /// What a reader should know.
    pub note: Option<Box<str>>,
    /// What clocks may run from.
    pub starts: Vec<Start>,
    /// What it asks.
    pub rules: Vec<Rule>,
}

/// An instant from which clocks run.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// Its id in the pack.
    pub id: Box<str>,
    /// What happened, as half a sentence.
    pub what: Box<str>,
    /// The instant, when the text fixes it.
    pub at: Option<Timestamp>,
}

/// One thing a text asks.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Rule {
    /// Its name with its pack's.
    pub id: RuleId,
    /// The section, as people cite it.
    pub section: Box<str>,
    /// Of whom it is asked, as the text says.
    pub who: Vec<Box<str>>,
    /// Whom they consult.
    pub consulting: Vec<Box<str>>,
    /// The roles whose parties may state that it is met; any party when empty.
    pub roles: BTreeSet<Role>,
    /// What is asked, in our words.
    pub duty: Box<str>,
    /// Where the text says so.
    pub cited: Box<str>,
    /// How that was known.
    pub source: Source,
    /// Whether it goes on after its due date.
    pub continuing: bool,
    /// The start that it must come before, such as a patch before which evidence is taken.
    pub before: Option<Box<str>>,
    /// Its clock, when it has one.
    pub clock: Option<Clock>,
    /// What a reader should know.
    pub note: Option<Box<str>>,
}

/// Why a pack was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    /// Too many bytes, rules or starts.
    #[error("the rule pack has {given} {what}; at most {most} are read")]
    TooMuch {
        /// Of what.
        what: &'static str,
        /// How many there are.
        given: usize,
        /// How many there may be.
        most: usize,
    },
    /// Not TOML, or not of the expected shape; says the line.
    #[error("the rule pack can't be read: {0}")]
    Malformed(String),
    /// The shape is right and the content contradicts itself.
    #[error("the rule pack contradicts itself at `{at}`: {reason}")]
    Inconsistent {
        /// The start or rule.
        at: String,
        /// What is wrong.
        reason: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    id: Box<str>,
    version: Box<str>,
    title: Box<str>,
    citation: Box<str>,
    url: Option<Box<str>>,
    retrieved: Timestamp,
    source: Source,
    status: Force,
    note: Option<Box<str>>,
    #[serde(default)]
    start: Vec<Start>,
    #[serde(default)]
    rule: Vec<FileRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileRule {
    id: Box<str>,
    section: Box<str>,
    who: Vec<Box<str>>,
    #[serde(default)]
    consulting: Vec<Box<str>>,
    #[serde(default)]
    roles: BTreeSet<Role>,
    duty: Box<str>,
    cited: Box<str>,
    source: Source,
    #[serde(default)]
    continuing: bool,
    before: Option<Box<str>>,
    clock: Option<FileClock>,
    note: Option<Box<str>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileClock {
    from: Box<str>,
    hours: Option<u32>,
    days: Option<u32>,
    months: Option<u32>,
    extension_days: Option<u32>,
    due: Option<Timestamp>,
}

fn inconsistent(at: &str, reason: impl Into<String>) -> PackError {
    PackError::Inconsistent { at: at.chars().take(100).collect(), reason: reason.into() }
}

impl Pack {
    /// Reads a pack.
    ///
    /// # Errors
    /// See [`PackError`].
    pub fn read(text: &str) -> Result<Self, PackError> {
        if text.len() > LIMIT {
            return Err(PackError::TooMuch { what: "bytes", given: text.len(), most: LIMIT });
        }
        let file: File =
            toml::from_str(text).map_err(|e| PackError::Malformed(e.to_string().trim().into()))?;
        for (what, given) in [("rules", file.rule.len()), ("starts", file.start.len())] {
            if given > MOST {
                return Err(PackError::TooMuch { what, given, most: MOST });
            }
        }
        let mut seen = BTreeSet::new();
        for start in &file.start {
            if !is_name(&start.id) {
                return Err(inconsistent(&start.id, "not a name of a-z, 0-9 and `-`"));
            }
            if !seen.insert(start.id.clone()) {
                return Err(inconsistent(&start.id, "two starts have this id"));
            }
        }
        let mut rules = Vec::with_capacity(file.rule.len());
        let mut seen = BTreeSet::new();
        for rule in file.rule {
            if !seen.insert(rule.id.clone()) {
                return Err(inconsistent(&rule.id, "two rules have this id"));
            }
            rules.push(rule.check(&file.id, &file.start)?);
        }
        Ok(Self {
            id: file.id,
            version: file.version,
            title: file.title,
            citation: file.citation,
            url: file.url,
            retrieved: file.retrieved,
            source: file.source,
            force: file.status,
            note: file.note,
            starts: file.start,
            rules,
        })
    }

    /// A start by its id.
    pub fn start(&self, id: &str) -> Option<&Start> {
        self.starts.iter().find(|s| &*s.id == id)
    }

    /// A rule by its id within the pack.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|r| r.id.rule() == id)
    }
}

impl FileRule {
    fn check(self, pack: &str, starts: &[Start]) -> Result<Rule, PackError> {
        let id = RuleId::new(pack, &self.id).map_err(|e| inconsistent(&self.id, e.to_string()))?;
        if self.who.is_empty() || self.duty.is_empty() || self.cited.is_empty() {
            return Err(inconsistent(&self.id, "`who`, `duty` and `cited` must say something"));
        }
        if let Some(before) = &self.before
            && !starts.iter().any(|s| s.id == *before && s.at.is_none())
        {
            return Err(inconsistent(&self.id, format!("there is no open start `{before}`")));
        }
        let clock = self.clock.map(|c| c.check(&self.id, starts)).transpose()?;
        Ok(Rule {
            id,
            section: self.section,
            who: self.who,
            consulting: self.consulting,
            roles: self.roles,
            duty: self.duty,
            cited: self.cited,
            source: self.source,
            continuing: self.continuing,
            before: self.before,
            clock,
            note: self.note,
        })
    }
}

impl FileClock {
    fn check(self, rule: &str, starts: &[Start]) -> Result<Clock, PackError> {
        let lengths = [
            self.hours.map(Length::Hours),
            self.days.map(Length::Days),
            self.months.map(Length::Months),
        ];
        let mut given = lengths.into_iter().flatten();
        let (Some(length), None) = (given.next(), given.next()) else {
            return Err(inconsistent(rule, "a clock has one of `hours`, `days`, `months`"));
        };
        let Some(start) = starts.iter().find(|s| s.id == self.from) else {
            return Err(inconsistent(rule, format!("there is no start `{}`", self.from)));
        };
        if let Some(stated) = self.due {
            let Some(at) = start.at else {
                return Err(inconsistent(rule, "`due` is stated, but its start is not fixed"));
            };
            let due = length.due(at);
            if due.date() != stated.date() {
                let reason = format!("`due` says {}, {length} gives {}", stated.date(), due.date());
                return Err(inconsistent(rule, reason));
            }
        }
        Ok(Clock { from: self.from, length, extension: self.extension_days.map(Length::Days) })
    }
}

#[cfg(test)]
mod tests;
