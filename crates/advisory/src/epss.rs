//! Exploit Prediction Scoring System scores as CSV.
//!
//! The published form begins with a comment such as `#model_version:v2025.03.14,score_date:…`,
//! then a heading with at least `cve` and `epss`. Columns are found by heading, in any order, and
//! others are ignored. Scores of two model versions do not compare: a jump on the day the model
//! changed is no change of risk.

use crate::error::{Format, Place, Problem, ReadError};
use crate::{cve, instant, json};

/// Largest file we read, in bytes; a day's full file has about 10 MB.
pub const MAX_FILE_BYTES: usize = 256 << 20;

/// A file of scores.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scores {
    /// Version of the model, from the comment.
    pub model_version: Option<String>,
    /// Day or instant of the scores, from the comment.
    pub score_date: Option<String>,
    /// In the order of the file.
    pub rows: Vec<Score>,
}

/// One score.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// CVE identifier.
    pub cve: String,
    /// Probability of exploitation in the next 30 days, 0 to 1.
    pub epss: f64,
    /// Share of CVEs with this score or a lower one, 0 to 1.
    pub percentile: Option<f64>,
    /// Day of the score, `YYYY-MM-DD`, where the file has that column.
    pub date: Option<String>,
}

/// Columns of the heading.
struct Columns {
    cve: usize,
    epss: usize,
    percentile: Option<usize>,
    date: Option<usize>,
}

/// Reads a file of scores.
///
/// # Errors
/// [`ReadError`] with the line.
pub fn read(bytes: &[u8]) -> Result<Scores, ReadError> {
    json::within(Format::Epss, bytes, MAX_FILE_BYTES)?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut scores = Scores::default();
    let (comment, _) =
        bytes.split_at(bytes.iter().position(|b| *b == b'\n').unwrap_or(bytes.len()));
    if let Some(comment) = comment.strip_prefix(b"#") {
        read_comment(comment, &mut scores)?;
    }
    let mut reader =
        csv::ReaderBuilder::new().comment(Some(b'#')).trim(csv::Trim::All).from_reader(bytes);
    let heading = reader.headers().map_err(|error| syntax(&error))?.clone();
    let columns = columns(&heading).ok_or_else(|| {
        let rule = "the heading has no `cve` and `epss` columns; this is no EPSS file";
        ReadError::new(Format::Epss, Place::line(1), Problem::Rule(rule))
    })?;
    for row in reader.records() {
        let row = row.map_err(|error| syntax(&error))?;
        let line = row.position().map_or(0, csv::Position::line);
        let place = Place::line(usize::try_from(line).unwrap_or(usize::MAX));
        let score = read_row(&row, &columns)
            .map_err(|problem| ReadError::new(Format::Epss, place, problem))?;
        scores.rows.push(score);
    }
    Ok(scores)
}

fn read_comment(comment: &[u8], scores: &mut Scores) -> Result<(), ReadError> {
    let refuse = |problem| ReadError::new(Format::Epss, Place::line(1), problem);
    let text = std::str::from_utf8(comment).map_err(|_| refuse(Problem::NotUtf8))?;
    for pair in text.trim().split(',') {
        let Some((key, value)) = pair.split_once(':') else { continue };
        let value = value.trim();
        match key.trim() {
            "model_version" if value.len() <= 40 && value.chars().all(|c| c.is_ascii_graphic()) => {
                scores.model_version = Some(value.to_owned());
            }
            "model_version" => {
                return Err(refuse(Problem::value(value, "a model version of at most 40 letters")));
            }
            // the feed writes its offset without a colon: 2025-03-17T12:55:00+0000
            "score_date" if value.get(..10).is_some_and(instant::is_date) => {
                scores.score_date = Some(value.to_owned());
            }
            "score_date" => return Err(refuse(Problem::value(value, "a date"))),
            _ => {}
        }
    }
    Ok(())
}

fn columns(heading: &csv::StringRecord) -> Option<Columns> {
    let find = |name| heading.iter().position(|column| column == name);
    Some(Columns {
        cve: find("cve")?,
        epss: find("epss")?,
        percentile: find("percentile"),
        date: find("date"),
    })
}

fn read_row(row: &csv::StringRecord, columns: &Columns) -> Result<Score, Problem> {
    let field = |at: usize| row.get(at).unwrap_or_default();
    let id = field(columns.cve);
    if !cve::is_id(id) {
        return Err(Problem::value(id, "a CVE identifier"));
    }
    let percentile = columns.percentile.map(field).filter(|text| !text.is_empty());
    let date = columns.date.map(field).filter(|text| !text.is_empty());
    if let Some(date) = date
        && !instant::is_date(date)
    {
        return Err(Problem::value(date, "a date `YYYY-MM-DD`"));
    }
    Ok(Score {
        cve: id.to_owned(),
        epss: probability(field(columns.epss))?,
        percentile: percentile.map(probability).transpose()?,
        date: date.map(str::to_owned),
    })
}

fn probability(text: &str) -> Result<f64, Problem> {
    let value: Option<f64> = text.parse().ok();
    value
        .filter(|value| (0.0..=1.0).contains(value))
        .ok_or_else(|| Problem::value(text, "a number from 0 to 1"))
}

fn syntax(error: &csv::Error) -> ReadError {
    let line = error.position().and_then(|position| usize::try_from(position.line()).ok());
    let problem = if let csv::ErrorKind::Utf8 { .. } = error.kind() {
        Problem::NotUtf8
    } else if let csv::ErrorKind::UnequalLengths { expected_len, len, .. } = error.kind() {
        Problem::Syntax(format!("the row has {len} fields and the heading {expected_len}"))
    } else {
        Problem::Syntax("the file is not CSV".to_owned())
    };
    ReadError::new(Format::Epss, Place { line, ..Place::default() }, problem)
}

#[cfg(test)]
mod tests;
