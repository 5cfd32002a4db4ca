//! The two tables: runs of subjects, and items. Comma-separated, a header that names the columns, no quoting.

use super::super::seal::{logits, rate, width};
use assessment::calibration::Kind;
use assessment::graded::Attempt;
use assessment::{Cell, Dial, Item};
use domain::Line;
use std::collections::BTreeMap;

/// What is believed of each task.
pub type Items = BTreeMap<Cell, Item>;

/// The header of a table of runs.
const RECORDS: &str = "subject,kind,family,dial,passed,tried";
/// The header of a table of items.
const ITEMS: &str = "family,dial,difficulty,doubt,slope,slope_doubt,floor,ceiling,cost";
/// The header of a table of attempts on ranges.
const ATTEMPTS: &str = "range,reached,steps,tokens";
/// Most lines of a table.
const MOST: usize = 100_000;

/// Why a table can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalibrationError {
    /// The first line is another.
    #[error("line 1 must be `{0}`")]
    Header(&'static str),
    /// A line that is none of such a table.
    #[error("line {line}: {what}")]
    Line {
        /// Which, from 1.
        line: usize,
        /// What is wrong with it.
        what: String,
    },
}

/// What one subject did on one task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Who, by a name of the evaluator's.
    pub subject: Line,
    /// What it is.
    pub kind: Kind,
    /// The task.
    pub cell: Cell,
    /// Successes.
    pub passed: u32,
    /// Valid tries.
    pub tried: u32,
}

impl Row {
    pub(super) fn key(&self) -> (Line, Cell) {
        (self.subject.clone(), self.cell.clone())
    }
}

pub(super) const fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Model => "model",
        Kind::Human => "human",
    }
}

/// The lines after the header, each with its number and as many fields as the header has.
fn lines<'t>(
    text: &'t str,
    header: &'static str,
) -> Result<Vec<(usize, Vec<&'t str>)>, CalibrationError> {
    let mut all = text.lines().zip(1..);
    if all.next().map(|(line, _)| line.trim()) != Some(header) {
        return Err(CalibrationError::Header(header));
    }
    let columns = header.split(',').count();
    let mut found = Vec::new();
    for (line, number) in all.filter(|(line, _)| !line.trim().is_empty()) {
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        if fields.len() != columns {
            let what = format!("{} fields; there must be {columns}", fields.len());
            return Err(CalibrationError::Line { line: number, what });
        }
        if found.len() == MOST {
            let what = format!("more than {MOST} lines");
            return Err(CalibrationError::Line { line: number, what });
        }
        found.push((number, fields));
    }
    Ok(found)
}

fn cell(family: &str, dial: &str) -> Result<Cell, String> {
    let known = assessment::family::family(family).ok_or(format!("`{family}` is no family"))?;
    let step = dial.parse().ok().and_then(Dial::new);
    let dial = step.ok_or(format!("`{dial}` is no dial; they go from 1 to 5"))?;
    Ok(Cell { family: known.name().parse().map_err(|_| "a family without a name")?, dial })
}

/// Reads a table of runs.
///
/// # Errors
/// The first line that is none, by its number.
pub fn read_records(text: &str) -> Result<Vec<Row>, CalibrationError> {
    let mut rows = Vec::new();
    for (line, fields) in lines(text, RECORDS)? {
        let row = row(&fields).map_err(|what| CalibrationError::Line { line, what })?;
        rows.push(row);
    }
    Ok(rows)
}

fn row(fields: &[&str]) -> Result<Row, String> {
    let [subject, kind, family, dial, passed, tried] = fields else {
        return Err("not six fields".to_owned());
    };
    let kind = match *kind {
        "model" => Kind::Model,
        "human" => Kind::Human,
        other => return Err(format!("`{other}` is neither `model` nor `human`")),
    };
    let count = |text: &str| text.parse::<u32>().map_err(|_| format!("`{text}` is no count"));
    let (passed, tried) = (count(passed)?, count(tried)?);
    if passed > tried || tried == 0 {
        return Err(format!("{passed} of {tried} tries can't have passed"));
    }
    let subject = subject.parse().map_err(|_| format!("`{subject}` is no name"))?;
    Ok(Row { subject, kind, cell: cell(family, dial)?, passed, tried })
}

/// One attempt on a range, as a table has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RangeAttempt {
    /// The range.
    pub range: String,
    /// How far it came.
    pub attempt: Attempt,
}

/// Reads a table of attempts on ranges.
///
/// # Errors
/// The first line that is none, by its number.
pub fn read_attempts(text: &str) -> Result<Vec<RangeAttempt>, CalibrationError> {
    let mut rows = Vec::new();
    for (line, fields) in lines(text, ATTEMPTS)? {
        let row = attempt(&fields).map_err(|what| CalibrationError::Line { line, what })?;
        rows.push(row);
    }
    Ok(rows)
}

fn attempt(fields: &[&str]) -> Result<RangeAttempt, String> {
    let [range, reached, steps, tokens] = fields else {
        return Err("not four fields".to_owned());
    };
    let range: Line = range.parse().map_err(|_| format!("`{range}` is no name"))?;
    let count = |text: &str| text.parse::<u32>().map_err(|_| format!("`{text}` is no count"));
    let (reached, steps) = (count(reached)?, count(steps)?);
    if reached > steps || steps == 0 {
        return Err(format!("{reached} of {steps} steps can't have been reached"));
    }
    let tokens = tokens.parse().map_err(|_| format!("`{tokens}` is no count"))?;
    Ok(RangeAttempt { range: range.to_string(), attempt: Attempt { reached, steps, tokens } })
}

/// Writes a table of runs.
pub fn records_text<'r>(rows: impl Iterator<Item = &'r Row>) -> String {
    let mut text = format!("{RECORDS}\n");
    for Row { subject, kind, cell, passed, tried } in rows {
        let kind = kind_name(*kind);
        text += &format!("{subject},{kind},{},{},{passed},{tried}\n", cell.family, cell.dial);
    }
    text
}

/// Reads a table of items: logits with three places, chances with six, costs in millionths of a dollar.
///
/// # Errors
/// The first line that is none, by its number.
pub fn read_items(text: &str) -> Result<Items, CalibrationError> {
    let mut items = Items::new();
    for (line, fields) in lines(text, ITEMS)? {
        let (cell, item) = item(&fields).map_err(|what| CalibrationError::Line { line, what })?;
        if items.insert(cell, item).is_some() {
            let what = "the task is there already".to_owned();
            return Err(CalibrationError::Line { line, what });
        }
    }
    Ok(items)
}

fn item(fields: &[&str]) -> Result<(Cell, Item), String> {
    let [family, dial, difficulty, doubt, slope, slope_doubt, floor, ceiling, cost] = fields else {
        return Err("not nine fields".to_owned());
    };
    let item = Item {
        difficulty: logits(difficulty)?,
        doubt: width(doubt)?,
        slope: logits(slope)?,
        slope_doubt: width(slope_doubt)?,
        floor: rate(floor)?,
        ceiling: rate(ceiling)?,
        cost: cost.parse().map_err(|_| format!("`{cost}` is no cost"))?,
    };
    if item.is_sound() {
        Ok((cell(family, dial)?, item))
    } else {
        Err("a number is out of its bounds".to_owned())
    }
}

/// Writes a table of items.
pub fn items_text(items: &Items) -> String {
    let signed = |n: i32| {
        let sign = if n < 0 { "-" } else { "" };
        let size = n.unsigned_abs();
        format!("{sign}{}.{:03}", size / 1_000, size % 1_000)
    };
    let parts = |n: u32| format!("{}.{:06}", n / 1_000_000, n % 1_000_000);
    let mut text = format!("{ITEMS}\n");
    for (cell, item) in items {
        let Item { difficulty, doubt, slope, slope_doubt, floor, ceiling, cost } = *item;
        let wide = |n: u32| format!("{}.{:03}", n / 1_000, n % 1_000);
        text += &format!(
            "{},{},{},{},{},{},{},{},{cost}\n",
            cell.family,
            cell.dial,
            signed(difficulty),
            wide(doubt),
            signed(slope),
            wide(slope_doubt),
            parts(floor),
            parts(ceiling)
        );
    }
    text
}
