//! Writes an imported log as a log of Inspect again, member by member, with all that was in it.

use super::import::{Imported, PARTS};
use super::zip::Archive;
use super::{ExportError, Exported, numbers};
use crate::transcript::{self, Checked, Line, link};
use serde_json::{Value, json};
use std::fs::{File, OpenOptions};
use std::io::{BufReader, BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// What is read of a transcript until it is written.
#[derive(Default)]
struct Open {
    sample: Option<Value>,
    summaries: Vec<Value>,
    reductions: Vec<Value>,
    updates: Vec<(String, Value)>,
    ended: bool,
}

/// Checks an imported transcript's chain and gives what its first line says.
///
/// # Errors
/// A transcript that does not hold together, is cut, or is none of an imported log.
pub fn imported(path: &Path) -> Result<(Imported, Checked), ExportError> {
    let mut lines = Lines::open(path)?;
    let first = lines.next()?.ok_or_else(|| lines.lacking("it is empty"))?;
    let imported = lines.imported(&first)?;
    let mut ended = false;
    while let Some(line) = lines.next()? {
        ended = kind(&line) == "log-ended";
    }
    if ended { Ok((imported, lines.checked)) } else { Err(lines.lacking("its end is missing")) }
}

/// What the first line of a transcript says, if it is one of an imported log. The rest is not read.
pub fn first_line(path: &Path) -> Option<Imported> {
    let mut lines = Lines::open(path).ok()?;
    let first = lines.next().ok()??;
    lines.imported(&first).ok()
}

pub(super) fn restore(from: &Path, folder: &Path) -> Result<Exported, ExportError> {
    let (imported, checked) = imported(from)?;
    let mut lines = Lines::open(from)?;
    let first = lines.next()?.unwrap_or_default();
    let header = body(&first).get("header").cloned().unwrap_or_default();
    let name = Path::new(&imported.file).file_name().unwrap_or_default();
    let path = folder.join(name);
    let wrong = |error| ExportError::File { path: path.display().to_string(), error };
    let open = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
    let mut archive = Archive::new(BufWriter::new(open.map_err(wrong)?));
    let field = |key: &str| header.get(key).cloned().unwrap_or_default();
    let start = json!({"version": 2, "eval": field("eval"), "plan": field("plan")});
    archive.add("_journal/start.json", &numbers::write(&start)).map_err(wrong)?;
    let mut open = Open::default();
    while let Some(line) = lines.next()? {
        if kind(&line) != "part"
            && let Some(sample) = open.sample.take()
        {
            archive.add(&member(&sample), &numbers::write(&sample)).map_err(wrong)?;
        }
        open.take(line);
    }
    for (name, update) in open.updates {
        archive.add(&name, &numbers::write(&update)).map_err(wrong)?;
    }
    // a log in progress has no header, and its journal has the summaries
    let closed = imported.status != "started";
    let summaries = if closed { "summaries.json" } else { "_journal/summaries/1.json" };
    let lists = [(summaries, open.summaries), ("reductions.json", open.reductions)];
    for (name, items) in lists {
        if !items.is_empty() {
            archive.add(name, &numbers::write(&Value::Array(items))).map_err(wrong)?;
        }
    }
    if closed {
        archive.add("header.json", &numbers::write(&header)).map_err(wrong)?;
    }
    let written = archive.finish().and_then(|mut buffer| buffer.flush().map(|()| buffer));
    let file = written.map_err(wrong)?.into_inner().map_err(|e| wrong(e.into_error()))?;
    file.sync_all().map_err(wrong)?;
    let samples = usize::try_from(imported.samples).unwrap_or(usize::MAX);
    Ok(Exported { path, transcript: checked.root, samples, ended: open.ended })
}

impl Open {
    fn take(&mut self, mut line: Value) {
        let kind = kind(&line).to_owned();
        let Some(body) = line.get_mut("body") else { return };
        let mut field = |key: &str| body.get_mut(key).map(Value::take).unwrap_or_default();
        match kind.as_str() {
            "sample-imported" => self.sample = Some(field("sample")),
            "log-ended" => self.ended = true,
            "part" => {
                let (of, key, value) = (field("of"), field("key"), field("value"));
                match (of.as_str().unwrap_or_default(), &mut self.sample) {
                    ("summaries", _) => self.summaries.push(value),
                    ("reductions", _) => self.reductions.push(value),
                    ("config_updates", _) => {
                        self.updates.extend(key.as_str().map(|key| (key.to_owned(), value)));
                    }
                    (of, Some(sample)) if PARTS.contains(&of) => put(sample, of, key, value),
                    _ => {}
                }
            }
            _ => {}
        }
    }
}

/// Puts a part back where it was taken out.
fn put(sample: &mut Value, of: &str, key: Value, value: Value) {
    let place = of.split('.').try_fold(sample, |value, key| value.get_mut(key));
    match (place, key) {
        (Some(Value::Array(items)), _) => items.push(value),
        (Some(Value::Object(fields)), Value::String(key)) => {
            fields.insert(key, value);
        }
        _ => {}
    }
}

fn member(sample: &Value) -> String {
    let id = sample.get("id").unwrap_or(&Value::Null);
    let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
    format!("samples/{id}_epoch_{}.json", sample.get("epoch").unwrap_or(&Value::Null))
}

fn kind(line: &Value) -> &str {
    line.get("kind").and_then(Value::as_str).unwrap_or_default()
}

fn body(line: &Value) -> &Value {
    line.get("body").unwrap_or(&Value::Null)
}

/// The chained lines of an imported transcript.
struct Lines<'a> {
    reader: BufReader<File>,
    path: &'a Path,
    checked: Checked,
}

impl<'a> Lines<'a> {
    fn open(path: &'a Path) -> Result<Self, ExportError> {
        let file = File::open(path).map_err(|error| transcript::at(path, error))?;
        Ok(Self { reader: BufReader::new(file), path, checked: Checked::default() })
    }

    fn next(&mut self) -> Result<Option<Value>, ExportError> {
        match link(&mut self.reader, self.path, &mut self.checked)? {
            Line::Whole { value, .. } => Ok(Some(value)),
            Line::End => Ok(None),
            Line::Cut => Err(self.lacking("its last line is cut or too long")),
        }
    }

    fn lacking(&self, what: &'static str) -> ExportError {
        ExportError::Lacking { path: self.path.display().to_string(), what }
    }

    fn imported(&self, first: &Value) -> Result<Imported, ExportError> {
        let said = (kind(first) == super::import::FIRST).then(|| body(first).get("log").cloned());
        let read = said.flatten().and_then(|log| serde_json::from_value(log).ok());
        read.ok_or_else(|| self.lacking("it is none of an imported log"))
    }
}
