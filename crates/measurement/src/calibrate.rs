//! Calibration: runs of reference models and people, kept in the home, and what they say of each task.
//!
//! The store is `calibration.csv` in the home (0600), one line a subject and cell. A refit reads it, starts from the priors of the
//! dials or from an earlier file of items, and writes a file of items that `assess seal --items` takes.

mod table;

use super::MeasureError;
use super::kept::Keeping;
use assessment::calibration::{Fitted, Kind, Record, fit};
use assessment::{Cell, Dial, Item, Outcome, families};
use domain::RunId;
use operations::files::{self, Access};
use operations::home::Home;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use table::{
    CalibrationError, Items, RangeAttempt, Row, items_text, read_attempts, read_items,
    read_records, records_text,
};

/// Most bytes of a store or a file of items.
const LIMIT: u64 = 16 << 20;
/// A drift beyond this many standard deviations is flagged.
const DRIFT: f64 = 3.0;
/// A person fit below this is flagged: one honest run in twenty lies there.
const MISFIT: f64 = -1.645;

/// What the store holds after something was added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stored {
    /// The store.
    pub path: PathBuf,
    /// Lines that were added.
    pub added: usize,
    /// Lines in all.
    pub lines: usize,
}

/// What a refit found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Refit {
    /// Lines of the store that were used.
    pub lines: usize,
    /// Each task somebody was measured on.
    pub tasks: Vec<TaskFit>,
    /// Each subject.
    pub subjects: Vec<SubjectView>,
    /// The file of items, when one was written.
    pub items: Option<PathBuf>,
}

/// One task after a refit. Logits.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TaskFit {
    /// Family and dial.
    pub task: String,
    /// Valid tries.
    pub tried: u32,
    /// Its difficulty before, and now with its doubt.
    pub before: f64,
    /// Now.
    pub difficulty: f64,
    /// Standard deviation of what is believed now.
    pub doubt: f64,
    /// How far the runs lie from what was believed before, in standard deviations.
    pub drift: f64,
    /// Whether that is flagged.
    pub drifted: bool,
    /// Mean square of the standardised residuals.
    pub outfit: Option<f64>,
}

/// One subject after a refit. Logits.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SubjectView {
    /// Who.
    pub subject: String,
    /// `model` or `human`.
    pub kind: &'static str,
    /// Its ability with its standard error.
    pub ability: f64,
    /// The standard error.
    pub error: f64,
    /// The person fit.
    pub fit: f64,
    /// Whether that is flagged.
    pub misfit: bool,
}

fn store(home: &Home) -> PathBuf {
    home.folder().join("calibration.csv")
}

fn stored(home: &Home) -> Result<Vec<Row>, MeasureError> {
    let path = store(home);
    if path.exists() { records_at(&path) } else { Ok(Vec::new()) }
}

fn records_at(path: &Path) -> Result<Vec<Row>, MeasureError> {
    let text = files::read_text(path, LIMIT)?;
    read_records(&text)
        .map_err(|source| MeasureError::Calibration { path: path.to_owned(), source })
}

/// Reads a file of items.
///
/// # Errors
/// A file that can't be read, or the first line that is none.
pub fn items_at(path: &Path) -> Result<Items, MeasureError> {
    let text = files::read_text(path, LIMIT)?;
    read_items(&text).map_err(|source| MeasureError::Calibration { path: path.to_owned(), source })
}

/// Reads a file of attempts on ranges.
pub(super) fn attempts_at(path: &Path) -> Result<Vec<RangeAttempt>, MeasureError> {
    let text = files::read_text(path, LIMIT)?;
    let read = read_attempts(&text);
    read.map_err(|source| MeasureError::Calibration { path: path.to_owned(), source })
}

/// Adds the lines of a file to the store. A line of a subject and task that the store has already replaces it, so adding a file
/// twice adds nothing.
///
/// # Errors
/// A file or store that can't be read or written.
pub fn calibrate(home: &Home, file: &Path) -> Result<Stored, MeasureError> {
    add(home, records_at(file)?)
}

/// Adds a measured run of this home to the store, as runs of a subject.
///
/// # Errors
/// A run that this home did not measure to its end, or one under criteria of version 1, whose result names no cells.
pub fn calibrate_run(home: &Home, run: &RunId, subject: &str) -> Result<Stored, MeasureError> {
    let keeping = Keeping::of(home, run);
    let opening = keeping.opening()?;
    let missing = || MeasureError::Argument(format!("run {run} has no result with cells here"));
    let kept = keeping.result()?.ok_or_else(missing)?;
    let path = kept.result.path.ok_or_else(missing)?;
    let subject: domain::Line =
        subject.parse().map_err(|_| MeasureError::Argument(format!("`{subject}` is no name")))?;
    let mut counts: BTreeMap<Cell, (u32, u32)> = BTreeMap::new();
    for step in path.iter().filter(|step| step.outcome != Outcome::Invalid) {
        let at = usize::try_from(step.cell).unwrap_or(usize::MAX);
        let Some(cell) = opening.criteria.bank.cells.get(at) else { continue };
        let (passed, tried) = counts.entry(cell.clone()).or_default();
        *passed += u32::from(step.outcome == Outcome::Pass);
        *tried += 1;
    }
    let rows = counts.into_iter().map(|(cell, (passed, tried))| Row {
        subject: subject.clone(),
        kind: Kind::Model,
        cell,
        passed,
        tried,
    });
    add(home, rows.collect())
}

fn add(home: &Home, rows: Vec<Row>) -> Result<Stored, MeasureError> {
    let mut all: BTreeMap<_, _> = stored(home)?.into_iter().map(|row| (row.key(), row)).collect();
    let before = all.len();
    for row in rows {
        all.insert(row.key(), row);
    }
    let path = store(home);
    files::write(&path, records_text(all.values()).as_bytes(), Access::Private)?;
    Ok(Stored { path, added: all.len() - before, lines: all.len() })
}

/// Fits every task to the store. `before` is an earlier file of items; without it the dials' priors are where it starts. `out` is
/// where the items go.
///
/// # Errors
/// A store without lines, files that can't be read, or a file that is there already.
pub fn refit(
    home: &Home,
    before: Option<&Path>,
    out: Option<&Path>,
) -> Result<Refit, MeasureError> {
    let rows = stored(home)?;
    if rows.is_empty() {
        let path = store(home);
        let why =
            format!("{}: no runs are stored; add some with `assess calibrate`", path.display());
        return Err(MeasureError::Argument(why));
    }
    let earlier = before.map(items_at).transpose()?.unwrap_or_default();
    let cells: Vec<Cell> = families()
        .iter()
        .flat_map(|f| {
            Dial::ALL.map(|dial| Cell { family: f.name().parse().expect("names are lines"), dial })
        })
        .collect();
    let priors: Vec<Item> = cells
        .iter()
        .map(|cell| earlier.get(cell).copied().unwrap_or_else(|| Item::prior(cell.dial)))
        .collect();
    let records: Vec<Record> = rows
        .iter()
        .filter_map(|row| {
            let cell = cells.iter().position(|cell| *cell == row.cell)?;
            let (subject, cell) = (row.subject.clone(), u32::try_from(cell).ok()?);
            let Row { kind, passed, tried, .. } = *row;
            Some(Record { subject, kind, cell, passed, tried })
        })
        .collect();
    let fitted = fit(&priors, &records);
    if let Some(out) = out {
        let items = cells.iter().cloned().zip(fitted.cells.iter().map(|c| c.item)).collect();
        files::create(out, items_text(&items).as_bytes(), Access::Private)?;
    }
    Ok(report(&cells, &priors, &fitted, (records.len(), out)))
}

fn report(
    cells: &[Cell],
    priors: &[Item],
    fitted: &Fitted,
    (lines, out): (usize, Option<&Path>),
) -> Refit {
    let logits = |thousandths: i32| f64::from(thousandths) / 1e3;
    let tasks = cells.iter().zip(priors).zip(&fitted.cells).filter(|(_, fit)| fit.tried > 0);
    let tasks = tasks.map(|((cell, prior), fit)| TaskFit {
        task: format!("{}={}", cell.family, cell.dial),
        tried: fit.tried,
        before: logits(prior.difficulty),
        difficulty: logits(fit.item.difficulty),
        doubt: f64::from(fit.item.doubt) / 1e3,
        drift: fit.drift,
        drifted: fit.drift.abs() > DRIFT,
        outfit: fit.outfit,
    });
    let subjects = fitted.subjects.iter().map(|s| SubjectView {
        subject: s.subject.to_string(),
        kind: table::kind_name(s.kind),
        ability: s.ability,
        error: s.error,
        fit: s.fit,
        misfit: s.fit < MISFIT,
    });
    Refit {
        lines,
        tasks: tasks.collect(),
        subjects: subjects.collect(),
        items: out.map(Path::to_owned),
    }
}

#[cfg(test)]
mod tests;
