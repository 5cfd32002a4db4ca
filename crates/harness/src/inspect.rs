//! Writes a transcript as an Inspect log, so that `inspect view` and what else reads `.eval` files opens our runs.
//!
//! The format is that of Inspect AI 0.3: a ZIP archive with `_journal/start.json`, one `samples/ID_epoch_1.json` a sample,
//! `summaries.json` and `header.json`. It is a projection: the transcript stays what is believed, and its root and the
//! commitment stand in the header's metadata. One sample is held in memory at a time.
//!
//! An INVALID sample becomes one with an error and without a score, so that no reader counts it against the model.

mod import;
mod numbers;
mod restore;
mod sample;
mod unzip;
mod zip;

use crate::tools;
use crate::transcript::{self, Heading, Line, TranscriptError, link};
use domain::Digest;
use sample::Sample;
use serde_json::{Value, json};
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use zip::Archive;

pub(crate) use import::FIRST;
pub use import::{ImportError, Imported, import, look, look_at};
pub use restore::{first_line, imported};
pub use unzip::ZipError;

/// The task's name in the log.
const TASK: &str = "vestibule";
/// The scorer's name in the log.
const SCORER: &str = "oracle";

/// Why no log was written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The transcript.
    #[error(transparent)]
    Transcript(#[from] TranscriptError),
    /// The log can't be written.
    #[error("the log {path}: {error}")]
    File {
        /// Its path.
        path: String,
        /// What the system said.
        error: io::Error,
    },
    /// The transcript is empty, or lacks what a log needs.
    #[error("the transcript {path}: {what}")]
    Lacking {
        /// Its path.
        path: String,
        /// What is not there.
        what: &'static str,
    },
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Exported {
    /// The log.
    pub path: PathBuf,
    /// The transcript's root, which stands in it.
    pub transcript: Digest,
    /// How many samples it has.
    pub samples: usize,
    /// Whether the run had ended; a log of one that had not says `cancelled`.
    pub ended: bool,
}

/// What the log's header needs, gathered on the way.
#[derive(Default)]
struct Header {
    start: Value,
    ended_at: Value,
    summaries: Vec<Value>,
    passed: u64,
    scored: u64,
    tokens: u64,
}

/// Checks the chain of a transcript, of a run or of practice, and writes it as an Inspect log below `folder`, 0600, under the name Inspect would give it. One that was
/// imported is written as it was, under its own name.
///
/// # Errors
/// A transcript that does not hold together or says too little; a log that exists or can't be written.
pub fn export(from: &Path, folder: &Path) -> Result<Exported, ExportError> {
    if first_line(from).is_some() {
        return restore::restore(from, folder);
    }
    let lacking = |what| ExportError::Lacking { path: from.display().to_string(), what };
    let heading = transcript::heading(from)?
        .ok_or_else(|| lacking("its first line, if it has one, says too little"))?;
    let file = File::open(from).map_err(|error| transcript::at(from, error))?;
    let mut reader = BufReader::new(file);
    let mut again = transcript::Checked::default();
    let spec = Spec::new(&heading).ok_or_else(|| lacking("its first line says too little"))?;
    let path = folder.join(spec.file_name());
    let wrong = |error| ExportError::File { path: path.display().to_string(), error };
    let open = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
    let mut archive = Archive::new(BufWriter::new(open.map_err(wrong)?));
    let start = json!({"version": 2, "eval": spec.eval, "plan": spec.plan()});
    archive.add("_journal/start.json", &bytes(&start)).map_err(wrong)?;
    let mut header = Header { start: spec.created.clone(), ..Header::default() };
    let mut sample: Option<Sample> = None;
    while let Line::Whole { value, .. } = link(&mut reader, from, &mut again)? {
        let kind = value.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
        match (kind.as_str(), &mut sample) {
            ("run-ended" | "practice-ended", _) => {
                header.ended_at = value.get("at").cloned().unwrap_or_default();
            }
            ("sample-started", _) => sample = Some(Sample::new(&value, &spec.model, &spec.system)),
            ("sample-ended", Some(open)) => {
                open.end(&value);
                let name = format!("samples/{}_epoch_1.json", open.id);
                archive.add(&name, &bytes(&open.json())).map_err(wrong)?;
                header.take(open);
                sample = None;
            }
            (kind, Some(open)) => open.line(kind, &value),
            (_, None) => {}
        }
    }
    let summaries = Value::Array(std::mem::take(&mut header.summaries));
    archive.add("summaries.json", &bytes(&summaries)).map_err(wrong)?;
    let samples = heading.samples;
    archive.add("header.json", &bytes(&header.json(&spec, samples))).map_err(wrong)?;
    let written = archive.finish().and_then(|mut buffer| buffer.flush().map(|()| buffer));
    let file = written.map_err(wrong)?.into_inner().map_err(|e| wrong(e.into_error()))?;
    file.sync_all().map_err(wrong)?;
    let ended = !header.ended_at.is_null();
    Ok(Exported { path, transcript: heading.root, samples, ended })
}

fn bytes(value: &Value) -> Vec<u8> {
    value.to_string().into_bytes()
}

/// The part of the header that is known at the start.
struct Spec {
    created: Value,
    task_id: String,
    model: String,
    /// What was said before each task.
    system: String,
    eval: Value,
}

impl Spec {
    fn new(heading: &Heading) -> Option<Self> {
        let body = heading.first.get("body")?;
        let created = heading.first.get("at")?.clone();
        let model = format!("vestibule/{}", heading.model);
        let (run, samples) = (heading.run.as_str(), heading.samples);
        // practice has no criteria: it is named by what it came to
        let names = heading.commitment.unwrap_or(heading.root).to_string();
        let task_id: String = names.chars().filter(char::is_ascii_alphanumeric).take(22).collect();
        let eval = json!({
            "eval_id": task_id, "run_id": run, "created": created, "task": TASK, "task_id": task_id,
            "task_version": 0, "task_args": {}, "model": model, "model_generate_config": {}, "model_args": {},
            "dataset": {"name": "generated", "samples": samples, "shuffled": false},
            "sandbox": {"type": "vestibule", "config": null},
            "config": {"epochs": 1}, "packages": {"vestibule": env!("CARGO_PKG_VERSION")},
            "scorers": [{"name": SCORER}],
            "metadata": {
                "commitment": heading.commitment, "transcript": heading.root, "run": run, "note": body.get("note"),
                "name": body.get("name"), "sandbox": body.get("sandbox"), "elicitation": body.get("elicitation"),
            },
        });
        let system = body.get("system").and_then(Value::as_str).unwrap_or(tools::SYSTEM).to_owned();
        Some(Self { created, task_id, model, system, eval })
    }

    fn plan(&self) -> Value {
        json!({"name": "plan", "steps": [{"solver": "vestibule/agent", "params": {}}], "config": {}, "model": self.model})
    }

    fn file_name(&self) -> String {
        let created = self.created.as_str().unwrap_or_default().replace(':', "-");
        format!("{created}_{TASK}_{}.eval", self.task_id)
    }
}

impl Header {
    fn take(&mut self, sample: &Sample) {
        self.summaries.push(sample.summary());
        self.tokens += sample.tokens;
        if let Some(passed) = sample.passed {
            self.scored += 1;
            self.passed += u64::from(passed);
        }
    }

    fn json(&self, spec: &Spec, samples: usize) -> Value {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a share for display; counts are far below 2^52"
        )]
        let accuracy = if self.scored == 0 { 0.0 } else { self.passed as f64 / self.scored as f64 };
        let metric = json!({"accuracy": {"name": "accuracy", "value": accuracy, "params": {}}});
        let unscored = u64::try_from(samples).unwrap_or(u64::MAX).saturating_sub(self.scored);
        let status = if self.ended_at.is_null() { "cancelled" } else { "success" };
        let ended = if self.ended_at.is_null() { &self.start } else { &self.ended_at };
        json!({
            "version": 2, "status": status, "eval": spec.eval, "plan": spec.plan(),
            "results": {
                "total_samples": samples, "completed_samples": self.scored,
                "scores": [{"name": SCORER, "scorer": SCORER, "scored_samples": self.scored,
                            "unscored_samples": unscored, "params": {}, "metrics": metric}],
            },
            "stats": {
                "started_at": self.start, "completed_at": ended,
                "model_usage": {&spec.model: {"input_tokens": 0, "output_tokens": 0, "total_tokens": self.tokens}},
            },
        })
    }
}

#[cfg(test)]
pub(crate) mod tests;
