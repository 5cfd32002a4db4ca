//! What passed in a run: JSON lines, each with the hash of the one before.
//!
//! The SHA-256 of the last line is the transcript's root; the evaluator's signed result names it, so
//! no line can be changed, dropped, added or reordered afterwards. Times and texts are as the harness
//! saw them. Text of models and targets is hostile and stays inside JSON strings.

use crate::inspect::FIRST;
use assessment::{Outcome, Taken};
use domain::{Digest, Timestamp};
use serde_json::{Map, Value, json};
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};

/// Most bytes of one line that is read back.
const LINE_BOUND: u64 = 16 << 20;

/// Writes a transcript.
#[derive(Debug)]
pub struct Writer {
    file: File,
    path: PathBuf,
    sequence: u64,
    previous: Digest,
}

/// Where lines go.
pub(crate) trait Log: Send {
    /// Takes a line.
    fn write(&mut self, kind: &str, when: Timestamp, body: Value) -> Result<(), TranscriptError>;
}

impl Log for Writer {
    fn write(&mut self, kind: &str, when: Timestamp, body: Value) -> Result<(), TranscriptError> {
        Self::write(self, kind, when, body)
    }
}

mod resume;

pub use resume::{Begun, Past};

/// The hash before the first line.
const START: Digest = Digest::from_bytes([0; 32]);

/// Why a transcript can't be believed.
#[derive(Debug, thiserror::Error)]
pub enum TranscriptError {
    /// It can't be read or written.
    #[error("the transcript {path}: {error}")]
    File {
        /// Its path.
        path: String,
        /// What the system said.
        error: io::Error,
    },
    /// A line is not what the chain says.
    #[error("line {line} of the transcript {path}: {what}")]
    Line {
        /// The transcript's path.
        path: String,
        /// Which line, counted from 1.
        line: u64,
        /// What is wrong with it.
        what: String,
    },
}

impl Default for Checked {
    fn default() -> Self {
        Self { root: START, lines: 0, taken: Vec::new(), commitment: None }
    }
}

impl Checked {
    /// The samples' outcomes, in order.
    pub fn outcomes(&self) -> Vec<Outcome> {
        self.taken.iter().map(|taken| taken.outcome).collect()
    }
}

impl Writer {
    /// Begins a transcript. The file must not exist: nothing is ever overwritten.
    ///
    /// # Errors
    /// A file that exists or can't be made.
    pub fn create(path: &Path) -> Result<Self, TranscriptError> {
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(path)
            .map_err(|error| at(path, error))?;
        Ok(Self { file, path: path.to_owned(), sequence: 0, previous: START })
    }

    /// Writes a line.
    ///
    /// # Errors
    /// A disk that is full or gone.
    pub fn write(
        &mut self,
        kind: &str,
        when: Timestamp,
        body: Value,
    ) -> Result<(), TranscriptError> {
        let line = json!({
            "sequence": self.sequence,
            "previous": self.previous,
            "at": when,
            "kind": kind,
            "body": body,
        });
        let mut text = line.to_string();
        let digest = Digest::of(text.as_bytes());
        text.push('\n');
        self.file.write_all(text.as_bytes()).map_err(|error| at(&self.path, error))?;
        self.previous = digest;
        self.sequence += 1;
        Ok(())
    }

    /// Makes sure that all lines are on the disk, and gives the root.
    ///
    /// # Errors
    /// A disk that is full or gone.
    pub fn close(self) -> Result<Digest, TranscriptError> {
        self.file.sync_all().map_err(|error| at(&self.path, error))?;
        Ok(self.previous)
    }
}

/// What a transcript that holds together says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The hash of the last line.
    pub root: Digest,
    /// How many lines there are.
    pub lines: u64,
    /// The samples' cells and outcomes, in order. Transcripts of version 1 name no cells; theirs are all 0.
    pub taken: Vec<Taken>,
    /// The commitment to the criteria, as the first line states it.
    pub commitment: Option<Digest>,
}

/// Reads a transcript and checks its chain.
///
/// # Errors
/// The first line that does not fit, or a file that can't be read.
pub fn check(path: &Path) -> Result<Checked, TranscriptError> {
    let file = File::open(path).map_err(|error| at(path, error))?;
    check_from(BufReader::new(file), path)
}

/// Reads a transcript from anywhere; `path` is for messages.
///
/// # Errors
/// As for [`check`].
pub fn check_from(mut reader: impl BufRead, path: &Path) -> Result<Checked, TranscriptError> {
    let mut checked = Checked::default();
    loop {
        match next(&mut reader, path, &mut checked)? {
            Line::End => return Ok(checked),
            Line::Cut => return Err(wrong(path, &checked, "is cut or too long")),
            Line::Whole { .. } => {}
        }
    }
}

/// What the next line is.
pub(crate) enum Line {
    End,
    /// Not ended by a line feed.
    Cut,
    Whole {
        value: Value,
        bytes: u64,
    },
}

fn wrong(path: &Path, checked: &Checked, what: &str) -> TranscriptError {
    TranscriptError::Line {
        path: path.display().to_string(),
        line: checked.lines + 1,
        what: what.to_owned(),
    }
}

/// Reads a line of a run, checks that it fits what was read before, and adds it to that.
pub(crate) fn next(
    reader: &mut impl BufRead,
    path: &Path,
    checked: &mut Checked,
) -> Result<Line, TranscriptError> {
    let line = link(reader, path, checked)?;
    if let Line::Whole { value, .. } = &line {
        let before = Checked { lines: checked.lines - 1, ..Checked::default() };
        take(checked, value).map_err(|what| wrong(path, &before, what))?;
    }
    Ok(line)
}

/// Reads a line of any transcript and checks that it is the next of the chain, whatever it says.
pub(crate) fn link(
    reader: &mut impl BufRead,
    path: &Path,
    checked: &mut Checked,
) -> Result<Line, TranscriptError> {
    let mut line = Vec::new();
    let mut bounded = io::Read::take(reader, LINE_BOUND);
    let read = bounded.read_until(b'\n', &mut line).map_err(|error| at(path, error))?;
    if read == 0 {
        return Ok(Line::End);
    }
    if line.pop() != Some(b'\n') {
        return Ok(Line::Cut);
    }
    let wrong = |checked: &Checked, what: &str| wrong(path, checked, what);
    let value: Value = serde_json::from_slice(&line).map_err(|e| wrong(checked, &e.to_string()))?;
    if value.get("sequence").and_then(Value::as_u64) != Some(checked.lines) {
        return Err(wrong(checked, "has the wrong sequence number"));
    }
    let previous = value.get("previous").and_then(Value::as_str);
    if previous != Some(checked.root.to_string().as_str()) {
        return Err(wrong(checked, "does not carry the hash of the line before"));
    }
    checked.root = Digest::of(&line);
    checked.lines += 1;
    Ok(Line::Whole { value, bytes: u64::try_from(read).unwrap_or(u64::MAX) })
}

/// Takes from a line what a verifier needs. The line is counted already.
fn take(checked: &mut Checked, line: &Value) -> Result<(), &'static str> {
    let none = Map::new();
    let body = line.get("body").and_then(Value::as_object).unwrap_or(&none);
    match line.get("kind").and_then(Value::as_str) {
        Some("run-started") if checked.lines == 1 => {
            let text = body.get("commitment").and_then(Value::as_str).unwrap_or_default();
            checked.commitment = Some(text.parse().map_err(|_| "has no commitment")?);
            Ok(())
        }
        Some("run-started") => Err("starts the run a second time"),
        Some(FIRST) if checked.lines == 1 => {
            Err("begins an imported log, which was not measured here and decides nothing")
        }
        _ if checked.lines == 1 => Err("is not the start of a run"),
        Some("sample-ended") => {
            let outcome = match body.get("outcome").and_then(Value::as_str) {
                Some("pass") => Outcome::Pass,
                Some("fail") => Outcome::Fail,
                Some("invalid") => Outcome::Invalid,
                _ => return Err("has no outcome"),
            };
            let sample = body.get("sample").and_then(Value::as_u64);
            if sample != u64::try_from(checked.taken.len()).ok() {
                return Err("ends a sample out of order");
            }
            let cell = match body.get("cell") {
                None => Some(0),
                Some(cell) => cell.as_u64().and_then(|cell| u32::try_from(cell).ok()),
            };
            checked.taken.push(Taken { cell: cell.ok_or("names no cell")?, outcome });
            Ok(())
        }
        Some(_) => Ok(()),
        None => Err("has no kind"),
    }
}

/// The first line of practice, whose transcript decides nothing.
pub(crate) const PRACTICE: &str = "practice-started";

/// What a transcript of ours is of, once its chain was checked: a run under sealed criteria, or practice.
#[derive(Debug)]
pub(crate) struct Heading {
    /// Its first line.
    pub(crate) first: Value,
    /// The run's name; of practice, `practice-` and the start of the transcript's root.
    pub(crate) run: String,
    /// What was measured or tried.
    pub(crate) model: String,
    /// The commitment to the criteria; practice has none.
    pub(crate) commitment: Option<Digest>,
    /// The hash of the last line.
    pub(crate) root: Digest,
    /// How many samples ended.
    pub(crate) samples: usize,
}

/// Checks a transcript of a run or of practice, and says what it is of; none when its first line says too little.
///
/// # Errors
/// The first line that does not fit, or a file that can't be read.
pub(crate) fn heading(path: &Path) -> Result<Option<Heading>, TranscriptError> {
    let mut reader = BufReader::new(File::open(path).map_err(|error| at(path, error))?);
    let mut chain = Checked::default();
    let Line::Whole { value: first, .. } = link(&mut reader, path, &mut chain)? else {
        return Ok(None);
    };
    let said = |key: &str| first.get("body")?.get(key)?.as_str().map(str::to_owned);
    if first.get("kind").and_then(Value::as_str) != Some(PRACTICE) {
        let checked = check(path)?;
        let (Some(run), Some(model)) = (said("run"), said("model")) else { return Ok(None) };
        let (commitment, root, samples) = (checked.commitment, checked.root, checked.taken.len());
        return Ok(Some(Heading { first, run, model, commitment, root, samples }));
    }
    let Some(model) = said("name") else { return Ok(None) };
    let mut samples = 0;
    loop {
        match link(&mut reader, path, &mut chain)? {
            Line::End => break,
            Line::Cut => return Err(wrong(path, &chain, "is cut or too long")),
            Line::Whole { value, .. } => {
                samples +=
                    usize::from(value.get("kind").and_then(Value::as_str) == Some("sample-ended"));
            }
        }
    }
    let start: String = chain.root.to_string().chars().take(12).collect();
    let (run, root) = (format!("practice-{start}"), chain.root);
    Ok(Some(Heading { first, run, model, commitment: None, root, samples }))
}

pub(crate) fn at(path: &Path, error: io::Error) -> TranscriptError {
    TranscriptError::File { path: path.display().to_string(), error }
}

#[cfg(test)]
mod tests;
