//! SARIF 2.1.0 logs (OASIS standard), read into plain results.
//!
//! What a result says is resolved here: rule by index or id, message by id and arguments, level
//! from the rule's default, place through the list of artifacts, weaknesses from tags, taxa and
//! relationships. A log that contradicts itself (an index outside its list, a region that ends
//! before it starts, a reference to nothing, an address that is no URI) is refused with the JSON
//! path, because its results could then mean something else than their author saw.
//!
//! Texts in a log are written by tools and by the code they read: hostile data, never instructions.

mod check;
mod resolve;
mod shape;
mod uri;

use std::collections::BTreeMap;

use crate::error::{Format, Place, Problem, ReadError, printable};
use crate::json;

/// Largest log we read, in bytes.
pub const MAX_LOG_BYTES: usize = 256 << 20;

/// Most results of one log.
pub const MAX_RESULTS: usize = 1_000_000;

/// Longest message kept, in characters; longer ones are cut.
pub const MAX_MESSAGE_CHARS: usize = 8_000;

/// One run of one tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Name of the tool.
    pub tool: String,
    /// Version of the tool: its semantic version, else its version.
    pub tool_version: Option<String>,
    /// What it found, in the order of the log.
    pub results: Vec<RunResult>,
}

/// One result, resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunResult {
    /// Identifier of the rule.
    pub rule_id: Option<String>,
    /// Name of the rule, where it has one.
    pub rule_name: Option<String>,
    /// How grave the tool thinks it is.
    pub level: Level,
    /// Whether the tool reports a problem at all.
    pub kind: Kind,
    /// The message, placeholders filled in.
    pub message: String,
    /// Where; may be empty.
    pub locations: Vec<Location>,
    /// Weaknesses, such as `CWE-79`, ascending.
    pub cwe: Vec<String>,
    /// Fingerprints by name, partial ones included.
    pub fingerprints: BTreeMap<String, String>,
    /// Whether the tool's user suppressed it.
    pub suppressed: bool,
    /// JSON path in the log.
    pub path: String,
}

/// How grave a result is (SARIF §3.27.10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The result is no problem.
    None,
    /// A minor problem, or a chance to improve.
    Note,
    /// A problem.
    Warning,
    /// A serious problem.
    Error,
}

/// What a result is (SARIF §3.27.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The rule was evaluated and no problem found.
    Pass,
    /// The rule could not be evaluated.
    Open,
    /// Purely informational.
    Informational,
    /// The rule does not apply.
    NotApplicable,
    /// A person must look.
    Review,
    /// A problem was found.
    Fail,
}

/// Where a result is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Location {
    /// URI reference as written; relative ones start from [`Self::base`] or the source root.
    pub uri: String,
    /// Name of the base that the tool gives the URI.
    pub base: Option<String>,
    /// Lines and columns, counted from 1.
    pub region: Option<Region>,
}

/// Lines and columns, counted from 1; a byte or character offset alone gives no region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Region {
    /// First line.
    pub start_line: u64,
    /// First column.
    pub start_column: Option<u64>,
    /// Last line.
    pub end_line: u64,
    /// Column after the last.
    pub end_column: Option<u64>,
}

impl Location {
    /// The path, decoded: of a relative reference or of a `file:` URI; `None` for others.
    pub fn path(&self) -> Option<String> {
        uri::path(&self.uri)
    }

    /// Whether the URI has a scheme.
    pub fn is_absolute(&self) -> bool {
        uri::is_absolute(&self.uri)
    }
}

/// Reads a SARIF 2.1.0 log.
///
/// # Errors
/// [`ReadError`] with line or JSON path; other versions of SARIF are named as not supported.
pub fn read(bytes: &[u8]) -> Result<Vec<Run>, ReadError> {
    let probe: shape::Probe = json::decode(Format::Sarif, bytes, MAX_LOG_BYTES)?;
    match probe.version.as_deref() {
        Some("2.1.0") => {}
        Some(other) => {
            let what = format!("version `{}`", printable(other, 40));
            let remedy = "let the tool write SARIF 2.1.0, or convert the log to it";
            let problem = Problem::Unsupported { what, remedy };
            return Err(ReadError::new(Format::Sarif, Place::path("version"), problem));
        }
        None => {
            let rule = "there is no `version`; this is no SARIF log";
            return Err(ReadError::new(Format::Sarif, Place::path("version"), Problem::Rule(rule)));
        }
    }
    let log: shape::Log = json::decode(Format::Sarif, bytes, MAX_LOG_BYTES)?;
    let results: usize = log.runs.iter().map(|run| run.results.len()).sum();
    if results > MAX_RESULTS {
        let problem = Problem::TooMany { what: "results", bound: MAX_RESULTS };
        return Err(ReadError::new(Format::Sarif, Place::default(), problem));
    }
    check::log(&log, bytes)?;
    Ok(log.runs.iter().enumerate().map(|(i, run)| resolve::run(i, run)).collect())
}

#[cfg(test)]
mod tests;
