//! What a tour has done so far, in one file that is written durably after each act.
//!
//! A tour that was killed reads it and goes on behind the last act that it names. An act that was
//! under way is asked for again with the same request key, so that nothing is stated twice.

use anyhow::{Context, bail};
use domain::Timestamp;
use operations::files::{self, Access};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The journal's name in the tour's folder.
pub(crate) const NAME: &str = "tour.json";
/// Most bytes of a journal.
const LIMIT: u64 = 16 << 20;

/// What is written.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    /// The program that began the tour.
    program: String,
    /// When it began.
    started_at: Timestamp,
    /// Each act that is done, by its key, with what came of it.
    acts: BTreeMap<String, Value>,
    /// Each step that is done or was left out, by its key.
    steps: BTreeMap<String, StepEnd>,
    /// When all was done.
    finished_at: Option<Timestamp>,
}

/// How a step ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StepEnd {
    /// How long it took, in milliseconds, in the run that finished it.
    pub(crate) millis: u64,
    /// Why it was left out, or what of it.
    pub(crate) left_out: Option<String>,
}

/// The journal of a tour's folder.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    written: Written,
}

impl Journal {
    /// Opens the journal of a folder, or begins one in a folder that is new or empty.
    ///
    /// # Errors
    /// A folder with other things in it, or a journal that this program can't go on with.
    pub(crate) fn open(out: &Path, now: Timestamp) -> anyhow::Result<Self> {
        let path = out.join(NAME);
        if path.exists() {
            let text = files::read_text(&path, LIMIT)?;
            let written: Written = serde_json::from_str(&text)
                .with_context(|| format!("{} is not a tour's journal", path.display()))?;
            if written.program != program() {
                bail!(
                    "{} was begun by {}, and this is {}; choose another folder with --out",
                    out.display(),
                    written.program,
                    program()
                );
            }
            return Ok(Self { path, written });
        }
        if let Some(name) = strange(out)? {
            bail!(
                "{} is no tour's folder: `{name}` is in it; choose a new or empty one with --out",
                out.display()
            );
        }
        let written = Written {
            program: program(),
            started_at: now,
            acts: BTreeMap::new(),
            steps: BTreeMap::new(),
            finished_at: None,
        };
        let journal = Self { path, written };
        journal.save()?;
        Ok(journal)
    }

    /// Whether anything was done.
    pub(crate) fn is_begun(&self) -> bool {
        !self.written.acts.is_empty()
    }

    /// When the tour ended, if it did.
    pub(crate) const fn finished_at(&self) -> Option<Timestamp> {
        self.written.finished_at
    }

    /// When the tour began.
    pub(crate) const fn started_at(&self) -> Timestamp {
        self.written.started_at
    }

    /// What came of an act, if it is done.
    pub(crate) fn act(&self, key: &str) -> Option<&Value> {
        self.written.acts.get(key)
    }

    /// How a step ended, if it did.
    pub(crate) fn step(&self, key: &str) -> Option<&StepEnd> {
        self.written.steps.get(key)
    }

    /// Writes down that an act is done.
    pub(crate) fn acted(&mut self, key: &str, came: Value) -> anyhow::Result<()> {
        self.written.acts.insert(key.to_owned(), came);
        self.save()
    }

    /// Writes down that a step ended.
    pub(crate) fn stepped(&mut self, key: &str, end: StepEnd) -> anyhow::Result<()> {
        self.written.steps.insert(key.to_owned(), end);
        self.save()
    }

    /// Writes down that all is done.
    pub(crate) fn finished(&mut self, now: Timestamp) -> anyhow::Result<()> {
        self.written.finished_at = Some(now);
        self.save()
    }

    fn save(&self) -> anyhow::Result<()> {
        let mut text = serde_json::to_string_pretty(&self.written)?;
        text.push('\n');
        Ok(files::write(&self.path, text.as_bytes(), Access::Shared)?)
    }
}

fn program() -> String {
    format!("vestibule {}", env!("CARGO_PKG_VERSION"))
}

/// A name in a folder that a tour did not leave there before its first journal.
fn strange(out: &Path) -> anyhow::Result<Option<String>> {
    if !out.exists() {
        return Ok(None);
    }
    let entries = std::fs::read_dir(out).with_context(|| out.display().to_string())?;
    for entry in entries {
        let name = entry?.file_name().to_string_lossy().into_owned();
        // the first journal's temporary file, when the first write was cut short
        if !name.starts_with(&format!(".{NAME}.")) && name != super::LOCK {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests;
