//! Our own finding: what a finder hands in when no other format fits.
//!
//! The JSON Schema is published as `docs/book/src/reference/finding.schema.json`, and a test holds
//! the two together. Reading is strict: unknown fields and doubled keys are refused, every text is
//! bounded and free of control characters. All text is hostile data: shown, never followed.

use serde::Deserialize;
use versions::Purl;

use crate::error::{Format, Place, Problem, ReadError};
use crate::{cve, instant, json};

/// Largest finding we read, in bytes; files of proof and evidence travel beside it.
pub const MAX_FINDING_BYTES: usize = 1 << 20;

/// The value of `schema` that this version reads.
pub const SCHEMA: &str = "vestibule-finding/1";

/// A finding as it is handed in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// Which schema; [`SCHEMA`].
    pub schema: String,
    /// One line, at most 200 characters.
    pub title: String,
    /// The report's own words, at most 8,000 characters.
    pub description: String,
    /// What it is in.
    pub target: Target,
    /// Affected versions: each a version or a `vers:` range. Empty when not known.
    #[serde(default)]
    pub affected: Vec<String>,
    /// Where in the source. Empty when not known.
    #[serde(default)]
    pub locations: Vec<CodeLocation>,
    /// Weaknesses, such as `CWE-787`.
    #[serde(default)]
    pub cwe: Vec<String>,
    /// CVSS vector.
    #[serde(default)]
    pub severity: Option<String>,
    /// Links, `http` or `https`.
    #[serde(default)]
    pub references: Vec<String>,
    /// Commit that brought the flaw in.
    #[serde(default)]
    pub introduced_commit: Option<String>,
    /// Commit that fixes it.
    #[serde(default)]
    pub fixed_commit: Option<String>,
    /// The proof of vulnerability.
    #[serde(default)]
    pub proof: Option<Attachment>,
    /// Further files.
    #[serde(default)]
    pub evidence: Vec<Attachment>,
    /// How it was found.
    pub discovery: Discovery,
    /// How the finder wants to be named.
    pub credit: String,
    /// When it was discovered, RFC 3339 in UTC.
    pub discovered_at: String,
    /// When the finder understood that it is a vulnerability, RFC 3339 in UTC.
    pub aware_at: String,
    /// Days of embargo that the finder asks for, 0 to 365.
    #[serde(default)]
    pub embargo_days: Option<u16>,
}

/// What a finding is in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Name of the software.
    pub name: String,
    /// Package URL without version.
    #[serde(default)]
    pub purl: Option<String>,
    /// Address of the repository.
    #[serde(default)]
    pub repository: Option<String>,
}

/// A place in the source.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeLocation {
    /// Path from the root of the repository.
    pub path: String,
    /// Function or symbol; better than a line, since lines drift.
    #[serde(default)]
    pub symbol: Option<String>,
    /// First line, counted from 1.
    #[serde(default)]
    pub line: Option<u32>,
    /// Last line.
    #[serde(default)]
    pub end_line: Option<u32>,
}

/// A file that travels beside the finding.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// Name, without folders.
    pub file: String,
    /// SHA-256 of its bytes, 64 lower-case hexadecimal digits.
    pub sha256: String,
}

/// How a finding was made.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Discovery {
    /// The tool and its version.
    pub tool: String,
    /// The part a model had.
    pub ai_use: AiUse,
    /// Which model.
    #[serde(default)]
    pub model: Option<String>,
}

/// The part a model had in a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AiUse {
    /// None.
    None,
    /// A person found it with a model's help.
    Assisted,
    /// A model found it by itself.
    Autonomous,
}

/// Reads a finding.
///
/// # Errors
/// [`ReadError`] with line or JSON path.
pub fn read(bytes: &[u8]) -> Result<Finding, ReadError> {
    let finding: Finding = json::decode(Format::Finding, bytes, MAX_FINDING_BYTES)?;
    check(&finding)
        .map_err(|(path, problem)| ReadError::new(Format::Finding, Place::path(path), problem))?;
    Ok(finding)
}

type Checked = Result<(), (String, Problem)>;

fn check(finding: &Finding) -> Checked {
    if finding.schema != SCHEMA {
        let problem = Problem::value(&finding.schema, "`vestibule-finding/1`");
        return Err(("schema".to_owned(), problem));
    }
    line("title", &finding.title, 200)?;
    text("description", &finding.description, 8_000)?;
    line("credit", &finding.credit, 200)?;
    target(&finding.target)?;
    each("affected", &finding.affected, 64, |path, one| line(path, one, 200))?;
    each("locations", &finding.locations, 64, location)?;
    each("cwe", &finding.cwe, 16, |path, id| {
        shaped(path, id, cve::is_cwe(id), "a weakness such as `CWE-787`")
    })?;
    if let Some(vector) = &finding.severity {
        line("severity", vector, 200)?;
        let vectors = ["CVSS:3.0/", "CVSS:3.1/", "CVSS:4.0/"];
        let known = vectors.iter().any(|prefix| vector.starts_with(prefix));
        shaped("severity", vector, known, "a CVSS 3.0, 3.1 or 4.0 vector")?;
    }
    each("references", &finding.references, 16, |path, one| link(path, one))?;
    let commits = [
        ("introduced_commit", &finding.introduced_commit),
        ("fixed_commit", &finding.fixed_commit),
    ];
    for (path, commit) in commits {
        if let Some(commit) = commit {
            let good = (7..=64).contains(&commit.len()) && is_hex(commit);
            shaped(path, commit, good, "a commit of 7 to 64 hexadecimal digits")?;
        }
    }
    if let Some(proof) = &finding.proof {
        attachment("proof", proof)?;
    }
    each("evidence", &finding.evidence, 16, attachment)?;
    line("discovery.tool", &finding.discovery.tool, 128)?;
    if let Some(model) = &finding.discovery.model {
        line("discovery.model", model, 128)?;
    }
    for (path, at) in [("discovered_at", &finding.discovered_at), ("aware_at", &finding.aware_at)] {
        let good = instant::is_utc_instant(at);
        shaped(path, at, good, "an RFC 3339 instant ending in `Z`")?;
    }
    let days = finding.embargo_days.unwrap_or(0);
    shaped("embargo_days", &days.to_string(), days <= 365, "a number of days from 0 to 365")
}

fn target(target: &Target) -> Checked {
    line("target.name", &target.name, 200)?;
    if let Some(purl) = &target.purl {
        line("target.purl", purl, 512)?;
        let unversioned = Purl::parse(purl).is_ok_and(|purl| purl.version().is_none());
        shaped("target.purl", purl, unversioned, "a package URL without version")?;
    }
    target.repository.as_ref().map_or(Ok(()), |address| link("target.repository", address))
}

fn location(path: &str, location: &CodeLocation) -> Checked {
    line(&format!("{path}.path"), &location.path, 512)?;
    let inside = !location.path.starts_with('/')
        && !location.path.contains('\\')
        && !location.path.split('/').any(|segment| segment == "..");
    shaped(&format!("{path}.path"), &location.path, inside, "a path from the repository's root")?;
    if let Some(symbol) = &location.symbol {
        line(&format!("{path}.symbol"), symbol, 256)?;
    }
    let good = match (location.line, location.end_line) {
        (Some(line), Some(end)) => line >= 1 && end >= line,
        (Some(line), None) => line >= 1,
        (None, end) => end.is_none(),
    };
    if good {
        return Ok(());
    }
    let rule = "lines count from 1, and `end_line` is not before `line`";
    Err((format!("{path}.line"), Problem::Rule(rule)))
}

fn attachment(path: &str, attachment: &Attachment) -> Checked {
    let Attachment { file, sha256 } = attachment;
    line(&format!("{path}.file"), file, 255)?;
    let plain = !file.contains(['/', '\\']) && file != "." && file != "..";
    shaped(&format!("{path}.file"), file, plain, "a file name without folders")?;
    let good = sha256.len() == 64 && is_hex(sha256);
    shaped(&format!("{path}.sha256"), sha256, good, "64 lower-case hexadecimal digits")
}

fn link(path: &str, text: &str) -> Checked {
    line(path, text, 512)?;
    let good = ["https://", "http://"].iter().any(|scheme| {
        text.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
    }) && text.chars().all(|c| c.is_ascii_graphic());
    shaped(path, text, good, "an `http` or `https` address")
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn shaped(path: &str, given: &str, good: bool, expected: &'static str) -> Checked {
    if good { Ok(()) } else { Err((path.to_owned(), Problem::value(given, expected))) }
}

fn each<T>(
    path: &'static str,
    items: &[T],
    bound: usize,
    check: impl Fn(&str, &T) -> Checked,
) -> Checked {
    if items.len() > bound {
        return Err((path.to_owned(), Problem::TooMany { what: "items", bound }));
    }
    for (i, item) in items.iter().enumerate() {
        check(&format!("{path}[{i}]"), item)?;
    }
    Ok(())
}

fn line(path: &str, given: &str, bound: usize) -> Checked {
    shaped(path, given, !given.contains('\n'), "one line")?;
    text(path, given, bound)
}

fn text(path: &str, given: &str, bound: usize) -> Checked {
    let count = given.chars().count();
    if count > bound {
        return Err((path.to_owned(), Problem::TooMany { what: "characters", bound }));
    }
    shaped(path, given, !given.trim().is_empty(), "a text that says something")?;
    let hidden = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}')
            || matches!(c, '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{E0000}'..='\u{E007F}')
    };
    shaped(path, given, !given.chars().any(hidden), "free of control and hidden characters")
}

#[cfg(test)]
mod tests;
