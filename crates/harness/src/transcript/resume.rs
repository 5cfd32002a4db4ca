//! Going on with a transcript whose writer was killed.

use super::{Checked, LINE_BOUND, Line, TranscriptError, Writer, at, next, wrong};
use crate::agent::{Ended, Spent};
use crate::measure::Sample;
use domain::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::fs::OpenOptions;
use std::io::{BufReader, Seek as _, SeekFrom};
use std::path::Path;

/// A sample that was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// Its number.
    pub index: u32,
    /// The place of its cell in the bank.
    pub cell: u32,
    /// Its family.
    pub family: String,
    /// How hard it is, from 1 to 5.
    pub dial: u8,
}

/// What a torn transcript holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Past {
    /// What a verifier takes from it.
    pub checked: Checked,
    /// When the run started.
    pub started_at: Option<Timestamp>,
    /// The samples that came to their end.
    pub samples: Vec<Sample>,
    /// The sample that did not.
    pub in_flight: Option<Begun>,
    /// Bytes of a last line that was cut, which are dropped.
    pub cut: u64,
}

impl Writer {
    /// Goes on with a transcript whose writer was killed, after its last whole line.
    ///
    /// # Errors
    /// A file that can't be read or written, a line that does not fit the chain, or a run that had ended.
    pub fn resume(path: &Path) -> Result<(Self, Past), TranscriptError> {
        let open = OpenOptions::new().read(true).write(true).open(path);
        let mut file = open.map_err(|error| at(path, error))?;
        let mut past = Past::default();
        let mut whole = 0;
        let mut reader = BufReader::new(&file);
        while let Line::Whole { value, bytes } = next(&mut reader, path, &mut past.checked)? {
            past.learn(&value).map_err(|what| wrong(path, &past.checked, what))?;
            whole += bytes;
        }
        drop(reader);
        let size = file.seek(SeekFrom::End(0)).map_err(|error| at(path, error))?;
        past.cut = size.saturating_sub(whole);
        // a writer that was killed leaves less than a line; more than that is not its doing, and is not dropped
        if past.cut > LINE_BOUND {
            return Err(wrong(path, &past.checked, "is cut or too long"));
        }
        file.set_len(whole).map_err(|error| at(path, error))?;
        file.seek(SeekFrom::Start(whole)).map_err(|error| at(path, error))?;
        let (sequence, previous) = (past.checked.lines, past.checked.root);
        Ok((Self { file, path: path.to_owned(), sequence, previous }, past))
    }
}

impl Past {
    fn learn(&mut self, line: &Value) -> Result<(), &'static str> {
        let body = line.get("body").unwrap_or(&Value::Null);
        match line.get("kind").and_then(Value::as_str) {
            Some("run-started") => self.started_at = field(line, "at"),
            Some("run-ended") => return Err("ends the run: there is nothing to go on with"),
            Some("sample-started") => {
                self.in_flight = begun(body);
                if self.in_flight.is_none() {
                    return Err("does not say which sample it starts");
                }
            }
            Some("sample-ended") => {
                let begun = self.in_flight.take().ok_or("ends a sample that was not started")?;
                let sample = ended(begun, body).ok_or("does not say what came of its sample")?;
                self.samples.push(sample);
            }
            _ => {}
        }
        Ok(())
    }
}

fn field<T: DeserializeOwned>(of: &Value, name: &str) -> Option<T> {
    of.get(name).and_then(|value| serde_json::from_value(value.clone()).ok())
}

fn begun(body: &Value) -> Option<Begun> {
    Some(Begun {
        index: field(body, "sample")?,
        cell: field(body, "cell")?,
        family: field(body, "family")?,
        dial: field(body, "dial")?,
    })
}

fn ended(begun: Begun, body: &Value) -> Option<Sample> {
    let outcome = match body.get("outcome").and_then(Value::as_str)? {
        "pass" => "pass",
        "fail" => "fail",
        "invalid" => "invalid",
        _ => return None,
    };
    let index = field(body, "sample").filter(|index| *index == begun.index)?;
    Some(Sample {
        index,
        family: begun.family,
        dial: begun.dial,
        outcome,
        reason: field(body, "reason")?,
        ended: field::<Ended>(body, "ended")?,
        spent: field::<Spent>(body, "spent")?,
    })
}
