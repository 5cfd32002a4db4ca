//! CISA Vulnrichment: SSVC values, KEV dates, CVSS vectors and weaknesses by CVE.
//!
//! Two forms are read and give the same [`Assessment`]: a whole CVE record (CVE JSON 5, with the
//! values in the containers of the authorised data publisher) and a compact line form,
//! `{"cve", "ssvc": {"Exploitation", "Automatable", "Technical Impact", "timestamp"}, "kev",
//! "cvss": [{"by", "vector", "score"}], "cwe"}`. A value that is absent stays absent: nothing is
//! guessed here.

use serde::Deserialize;

use crate::error::{Format, Place, Problem, ReadError};
use crate::ssvc::{Automatable, Exploitation, TechnicalImpact};
use crate::{cve, instant, json, osv};

mod record;

/// Largest CVE record we read, in bytes.
pub const MAX_RECORD_BYTES: usize = cve::MAX_CVE_BYTES;

/// What is published of one CVE.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Assessment {
    /// CVE identifier.
    pub cve: String,
    /// Whether the CVE was rejected; it then matches nothing.
    pub rejected: bool,
    /// What is known of exploitation.
    pub exploitation: Option<Exploitation>,
    /// Whether exploitation can be automated.
    pub automatable: Option<Automatable>,
    /// What exploitation gains.
    pub technical_impact: Option<TechnicalImpact>,
    /// When CISA decided these three, as published.
    pub assessed_at: Option<String>,
    /// When the CVE joined the KEV catalogue, `YYYY-MM-DD`.
    pub kev_added: Option<String>,
    /// Every published CVSS vector.
    pub cvss: Vec<Cvss>,
    /// Weaknesses, such as `CWE-79`.
    pub cwe: Vec<String>,
}

/// A published vector and the score published with it. The two may contradict each other.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Cvss {
    /// Who scored.
    pub by: String,
    /// The vector.
    pub vector: String,
    /// The score as published, 0 to 10.
    pub score: f64,
}

/// The compact line form.
#[derive(Deserialize)]
struct Compact {
    cve: String,
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    ssvc: Option<CompactSsvc>,
    #[serde(default)]
    kev: Option<String>,
    #[serde(default, deserialize_with = "json::null_as_default")]
    cvss: Vec<Cvss>,
    #[serde(default, deserialize_with = "json::null_as_default")]
    cwe: Vec<String>,
}

#[derive(Deserialize)]
struct CompactSsvc {
    #[serde(default, rename = "Exploitation")]
    exploitation: Option<String>,
    #[serde(default, rename = "Automatable")]
    automatable: Option<String>,
    #[serde(default, rename = "Technical Impact")]
    technical_impact: Option<String>,
    #[serde(default)]
    timestamp: Option<String>,
}

/// Tells the two forms apart without reading the rest.
#[derive(Deserialize)]
struct Probe {
    #[serde(default, rename = "cveMetadata")]
    metadata: Option<serde::de::IgnoredAny>,
}

/// Reads one whole CVE record.
///
/// # Errors
/// [`ReadError`] with the JSON path.
pub fn read_record(bytes: &[u8]) -> Result<Assessment, ReadError> {
    cve::Record::read(bytes)?.assessment()
}

impl cve::Record {
    /// How it is assessed.
    ///
    /// # Errors
    /// [`ReadError`] with the JSON path.
    pub fn assessment(&self) -> Result<Assessment, ReadError> {
        checked(record::assessment(self)?)
    }
}

/// Reads one compact line.
///
/// # Errors
/// [`ReadError`] with the JSON path.
pub fn read_compact(bytes: &[u8]) -> Result<Assessment, ReadError> {
    let compact: Compact = json::decode(Format::Vulnrichment, bytes, MAX_RECORD_BYTES)?;
    let mut assessment = Assessment {
        cve: compact.cve,
        rejected: compact.state.is_some_and(|state| state.eq_ignore_ascii_case("REJECTED")),
        kev_added: compact.kev,
        cvss: compact.cvss,
        cwe: compact.cwe,
        ..Assessment::default()
    };
    if let Some(ssvc) = compact.ssvc {
        assessment.set("ssvc", "Exploitation", ssvc.exploitation.as_deref())?;
        assessment.set("ssvc", "Automatable", ssvc.automatable.as_deref())?;
        assessment.set("ssvc", "Technical Impact", ssvc.technical_impact.as_deref())?;
        assessment.assessed_at = ssvc.timestamp;
    }
    checked(assessment)
}

/// Reads a JSON lines file of either form, line by line.
///
/// A line that is refused is an item that names the line; the lines after it are still read.
pub fn read_lines(bytes: &[u8]) -> impl Iterator<Item = Result<Assessment, ReadError>> {
    read_whole_lines(bytes).map(|read| read.map(|(assessment, _)| assessment))
}

/// As [`read_lines`], with what whole records say of packages.
pub fn read_whole_lines(
    bytes: &[u8],
) -> impl Iterator<Item = Result<(Assessment, Option<osv::Record>), ReadError>> {
    json::lines(bytes).map(|(line, text)| {
        let read = match json::decode::<Probe>(Format::Vulnrichment, text, MAX_RECORD_BYTES) {
            Ok(Probe { metadata: Some(_) }) => cve::Record::read(text)
                .and_then(|record| Ok((record.assessment()?, record.packages()))),
            Ok(Probe { metadata: None }) => read_compact(text).map(|read| (read, None)),
            Err(error) => Err(error),
        };
        read.map_err(|error| error.on_line(line))
    })
}

impl Assessment {
    /// Sets one decision point from its published name and value; other points are ignored.
    fn set(&mut self, path: &str, point: &str, value: Option<&str>) -> Result<(), ReadError> {
        let Some(text) = value else { return Ok(()) };
        let expected = match point {
            "Exploitation" => {
                self.exploitation = Exploitation::parse(text);
                self.exploitation.is_none().then_some("`none`, `poc` or `active`")
            }
            "Automatable" => {
                self.automatable = Automatable::parse(text);
                self.automatable.is_none().then_some("`no` or `yes`")
            }
            "Technical Impact" => {
                self.technical_impact = TechnicalImpact::parse(text);
                self.technical_impact.is_none().then_some("`partial` or `total`")
            }
            _ => None,
        };
        expected.map_or(Ok(()), |expected| {
            let place = Place::path(format!("{path}.{point}"));
            Err(ReadError::new(Format::Vulnrichment, place, Problem::value(text, expected)))
        })
    }
}

fn checked(assessment: Assessment) -> Result<Assessment, ReadError> {
    let refuse =
        |path: &str, problem| Err(ReadError::new(Format::Vulnrichment, Place::path(path), problem));
    if !cve::is_id(&assessment.cve) {
        return refuse("cve", Problem::value(&assessment.cve, "a CVE identifier"));
    }
    if let Some(date) = &assessment.kev_added
        && !instant::is_date(date)
    {
        return refuse("kev", Problem::value(date, "a date `YYYY-MM-DD`"));
    }
    if let Some(at) = &assessment.assessed_at
        && !instant::is_instant(at)
    {
        return refuse("ssvc.timestamp", Problem::value(at, "an RFC 3339 instant"));
    }
    for cvss in &assessment.cvss {
        if !(0.0..=10.0).contains(&cvss.score) {
            return refuse("cvss", Problem::value(&cvss.score.to_string(), "a score from 0 to 10"));
        }
    }
    Ok(assessment)
}

#[cfg(test)]
mod tests;
