//! A transcript of a run, or of practice, in the formats of others that are not Inspect's: ATIF trajectories and OpenTelemetry spans.
//!
//! Both are projections of a checked transcript, made only when somebody asks for them. One sample is held at a time.

mod atif;
mod otel;

use crate::transcript::{self, Checked, Line, TranscriptError, link};
use domain::Digest;
use serde_json::Value;
use std::fs::File;
use std::io::{BufReader, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// The transcript.
    #[error(transparent)]
    Transcript(#[from] TranscriptError),
    /// A file can't be written.
    #[error("{path}: {error}")]
    File {
        /// Its path.
        path: String,
        /// What the system said.
        error: std::io::Error,
    },
    /// The transcript is none of a run or of practice.
    #[error("the transcript {0} is none of a run or of practice")]
    NoRun(String),
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Formatted {
    /// The files.
    pub files: Vec<PathBuf>,
    /// The transcript's root, which stands in each.
    pub transcript: Digest,
}

/// The run that a transcript is of.
pub(crate) struct Run {
    pub(crate) run: String,
    pub(crate) model: String,
    pub(crate) name: String,
    pub(crate) root: Digest,
}

/// One sample: its lines, from its start to its end.
pub(crate) struct Sample {
    pub(crate) lines: Vec<Value>,
}

pub(crate) fn text<'a>(of: &'a Value, key: &str) -> &'a str {
    of.get(key).and_then(Value::as_str).unwrap_or_default()
}

pub(crate) fn body(line: &Value) -> &Value {
    line.get("body").unwrap_or(&Value::Null)
}

/// Reads a checked transcript sample by sample.
fn each(
    path: &Path,
    mut take: impl FnMut(&Run, &Sample) -> Result<(), FormatError>,
) -> Result<Digest, FormatError> {
    let heading = transcript::heading(path)?;
    let heading = heading.ok_or_else(|| FormatError::NoRun(path.display().to_string()))?;
    let root = heading.root;
    let file = File::open(path).map_err(|error| transcript::at(path, error))?;
    let (mut reader, mut checked) = (BufReader::new(file), Checked::default());
    let name = text(body(&heading.first), "name").to_owned();
    let run = Run { run: heading.run, model: heading.model, name, root };
    let mut lines = Vec::new();
    while let Line::Whole { value, .. } = link(&mut reader, path, &mut checked)? {
        match text(&value, "kind") {
            "sample-started" => lines = vec![value],
            "sample-ended" => {
                lines.push(value);
                take(&run, &Sample { lines: std::mem::take(&mut lines) })?;
            }
            _ if lines.is_empty() => {}
            _ => lines.push(value),
        }
    }
    Ok(root)
}

/// Writes each sample as an ATIF trajectory, a file each, below `folder` (0600).
///
/// # Errors
/// A transcript that does not hold together or is none of a run; a file that exists or can't be written.
pub fn trajectories(from: &Path, folder: &Path) -> Result<Formatted, FormatError> {
    let mut files = Vec::new();
    let transcript = each(from, |run, sample| {
        let (name, trajectory) = atif::trajectory(run, sample);
        let path = folder.join(name);
        write(&path, &trajectory)?;
        files.push(path);
        Ok(())
    })?;
    Ok(Formatted { files, transcript })
}

/// Writes the run as OpenTelemetry spans in OTLP's JSON, a line each sample, in one file below `folder` (0600). Nothing that was said is
/// in it.
///
/// # Errors
/// As for [`trajectories`].
pub fn spans(from: &Path, folder: &Path) -> Result<Formatted, FormatError> {
    let mut path = PathBuf::new();
    let mut file = None;
    let wrong = |path: &Path, error| FormatError::File { path: path.display().to_string(), error };
    let transcript = each(from, |run, sample| {
        if file.is_none() {
            path = folder.join(format!("{}.otlp.jsonl", run.run));
            file = Some(create(&path)?);
        }
        let line = otel::request(run, sample).to_string() + "\n";
        match &mut file {
            Some(file) => file.write_all(line.as_bytes()).map_err(|error| wrong(&path, error)),
            None => Ok(()),
        }
    })?;
    let files = if file.is_some() { vec![path] } else { Vec::new() };
    Ok(Formatted { files, transcript })
}

/// The bodies of the OTLP/HTTP requests that carry the run's spans, a request each sample.
///
/// # Errors
/// A transcript that does not hold together or is none of a run.
pub fn span_requests(from: &Path) -> Result<Vec<Vec<u8>>, FormatError> {
    let mut requests = Vec::new();
    each(from, |run, sample| {
        requests.push(otel::request(run, sample).to_string().into_bytes());
        Ok(())
    })?;
    Ok(requests)
}

fn create(path: &Path) -> Result<File, FormatError> {
    let open = File::options().write(true).create_new(true).mode(0o600).open(path);
    open.map_err(|error| FormatError::File { path: path.display().to_string(), error })
}

fn write(path: &Path, value: &Value) -> Result<(), FormatError> {
    let bytes = value.to_string();
    let written = create(path)?.write_all(bytes.as_bytes());
    written.map_err(|error| FormatError::File { path: path.display().to_string(), error })
}

#[cfg(test)]
mod tests;
