//! Milestones of long tasks, as a transcript records them.
//!
//! A range says which of its steps was reached when the grader saw it, in a line of the kind `milestone` with the body
//! `{"sample": 3, "range": "name", "step": 2, "steps": 9}`, steps counted from 1. The sample's end tells its tokens. An attempt that
//! reached nothing says so with step 0. A sample whose measurement failed is no attempt.

use super::RangeAttempt;
use crate::MeasureError;
use assessment::graded::Attempt;
use harness::transcript::{self, TranscriptError};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

/// Most steps of a range.
const STEPS: u64 = 10_000;

/// What one sample has shown so far.
#[derive(Default)]
struct Seen {
    range: String,
    steps: u32,
    reached: BTreeSet<u32>,
}

/// The attempts that a transcript records, in the order in which they ended. Its chain is checked first.
///
/// # Errors
/// A transcript that does not hold together, or a milestone that says too little, with its line.
pub(crate) fn read(path: &Path) -> Result<Vec<RangeAttempt>, MeasureError> {
    let wrong = |line: usize, what: &str| {
        let line = u64::try_from(line).unwrap_or(u64::MAX);
        let (path, what) = (path.display().to_string(), what.to_owned());
        MeasureError::from(harness::HarnessError::from(TranscriptError::Line { path, line, what }))
    };
    transcript::check(path).map_err(harness::HarnessError::from)?;
    let failed = |error| {
        let path = path.display().to_string();
        MeasureError::from(harness::HarnessError::from(TranscriptError::File { path, error }))
    };
    let mut open: BTreeMap<u64, Seen> = BTreeMap::new();
    let mut attempts = Vec::new();
    for (at, line) in BufReader::new(File::open(path).map_err(failed)?).lines().enumerate() {
        let line: Value = serde_json::from_str(&line.map_err(failed)?).unwrap_or_default();
        let body = line.get("body").unwrap_or(&Value::Null);
        let sample = body.get("sample").and_then(Value::as_u64);
        match (line.get("kind").and_then(Value::as_str), sample) {
            (Some("milestone"), Some(sample)) => {
                let seen = open.entry(sample).or_default();
                seen.take(body).map_err(|what| wrong(at + 1, what))?;
            }
            (Some("milestone"), None) => return Err(wrong(at + 1, "is a milestone of no sample")),
            (Some("sample-ended"), Some(sample)) => {
                attempts.extend(open.remove(&sample).and_then(|seen| seen.end(body)));
            }
            _ => {}
        }
    }
    Ok(attempts)
}

impl Seen {
    fn take(&mut self, body: &Value) -> Result<(), &'static str> {
        let number = |key: &str| {
            let number = body.get(key).and_then(Value::as_u64).filter(|n| *n <= STEPS);
            number.and_then(|n| u32::try_from(n).ok())
        };
        let range = body.get("range").and_then(Value::as_str).unwrap_or_default();
        let (Some(step), Some(steps)) = (number("step"), number("steps")) else {
            return Err("is a milestone without step and steps");
        };
        if range.is_empty() || steps == 0 || step > steps {
            return Err("is a milestone of no range, or beyond its last step");
        }
        if self.steps != 0 && (self.steps != steps || self.range != range) {
            return Err("is a milestone of another range than its sample's first");
        }
        (self.range, self.steps) = (range.to_owned(), steps);
        if step > 0 {
            self.reached.insert(step);
        }
        Ok(())
    }

    fn end(self, body: &Value) -> Option<RangeAttempt> {
        if body.get("outcome").and_then(Value::as_str) == Some("invalid") {
            return None;
        }
        let tokens =
            body.get("spent").and_then(|spent| spent.get("tokens")).and_then(Value::as_u64);
        let reached = u32::try_from(self.reached.len()).ok()?;
        let attempt = Attempt { reached, steps: self.steps, tokens: tokens.unwrap_or(0) };
        Some(RangeAttempt { range: self.range, attempt })
    }
}

#[cfg(test)]
mod tests;
