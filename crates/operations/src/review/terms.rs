//! Terms as a person writes them: a TOML file, strict.
//!
//! ```toml
//! id = "terms-1"
//! case = "case-1"
//! models = ["model-1"]
//! evaluators = ["evaluator"]
//!
//! [limits]
//! endpoints = ["chat-completions"]
//! tokens-per-grant = 200000
//! # each of these may be left out, and is not agreed then
//! tokens-per-day = 20000
//! networks = ["192.0.2.0/24"]
//! recording = "durable"
//! partners = ["hospital-group"]
//! recipients = []
//! content = "sealed"
//! retention-days = 90
//! credentials = ["certificate", "dpop"]
//! publication = "both-sides"
//!
//! [confidentiality]          # likewise [cybersecurity], [insider-risk], [intellectual-property]
//! protection = "…"
//! use = "…"
//! nondisclosure = "…"
//! ```

use crate::files::{self, FileError};
use access::{Binding, Content, Endpoint, Head, Limits, Network, Safeguards, Terms};
use domain::{CaseId, ModelId, PartyId, TermsId, Text};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

mod clauses;
mod compare;
mod library;

pub use clauses::{Cell, Checked, TermsView, terms_view};
pub use compare::{Comparison, Difference, Gives, compare_terms};
pub use library::{Clause, Fill, Library, Template};

/// Most bytes of a terms file.
const LIMIT: u64 = 256 << 10;

/// Why a terms file was refused.
#[derive(Debug, thiserror::Error)]
pub enum TermsError {
    /// The file.
    #[error(transparent)]
    File(#[from] FileError),
    /// What is in it.
    #[error("{}: {reason}", path.display())]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// What is wrong, and where.
        reason: String,
    },
    /// A template, or what it was filled with.
    #[error("{0}")]
    Template(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct TermsFile {
    id: TermsId,
    case: CaseId,
    models: BTreeSet<ModelId>,
    evaluators: BTreeSet<PartyId>,
    limits: LimitsFile,
    confidentiality: HeadFile,
    cybersecurity: HeadFile,
    insider_risk: HeadFile,
    intellectual_property: HeadFile,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct LimitsFile {
    endpoints: BTreeSet<String>,
    tokens_per_grant: u64,
    tokens_per_day: Option<u64>,
    tokens_per_person: Option<u64>,
    tokens_per_person_per_day: Option<u64>,
    networks: Option<BTreeSet<String>>,
    recording: Option<String>,
    partners: Option<BTreeSet<PartyId>>,
    recipients: Option<BTreeSet<PartyId>>,
    content: Option<String>,
    retention_days: Option<u16>,
    credentials: Option<BTreeSet<String>>,
    publication: Option<String>,
}

impl LimitsFile {
    fn read(self) -> Result<Limits, String> {
        let endpoints = self.endpoints.iter().map(|name| name.parse::<Endpoint>());
        let networks = self.networks.map(|texts| {
            let networks = texts.iter().map(|text| text.parse::<Network>());
            networks.collect::<Result<_, _>>().map_err(|error| error.to_string())
        });
        let content = match (&self.content, self.retention_days) {
            (Some(name), days) => Some(Content::read(name, days)?),
            (None, None) => None,
            (None, Some(_)) => {
                return Err("`retention-days` goes with `content`; say what is kept".to_owned());
            }
        };
        let credentials = self.credentials.map(|names| {
            let ways = names.iter().map(|name| name.parse::<Binding>());
            ways.collect::<Result<_, _>>()
        });
        Ok(Limits {
            endpoints: endpoints.collect::<Result<_, _>>()?,
            tokens_per_grant: self.tokens_per_grant,
            tokens_per_day: self.tokens_per_day,
            tokens_per_person: self.tokens_per_person,
            tokens_per_person_per_day: self.tokens_per_person_per_day,
            networks: networks.transpose()?,
            recording: self.recording.map(|text| text.parse()).transpose()?,
            partners: self.partners,
            recipients: self.recipients,
            content,
            credentials: credentials.transpose()?,
            publication: self.publication.map(|text| text.parse()).transpose()?,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HeadFile {
    protection: Text,
    #[serde(rename = "use")]
    usage: Text,
    nondisclosure: Text,
}

impl From<HeadFile> for Head {
    fn from(file: HeadFile) -> Self {
        let HeadFile { protection, usage, nondisclosure } = file;
        Self { protection, usage, nondisclosure }
    }
}

/// Reads a terms file.
///
/// # Errors
/// See [`TermsError`].
pub fn read_terms(path: &Path) -> Result<Terms, TermsError> {
    let text = files::read_text(path, LIMIT)?;
    parse_terms(&text).map_err(|reason| TermsError::Malformed { path: path.to_owned(), reason })
}

/// Reads the text of a terms file.
///
/// # Errors
/// What is wrong, and where.
pub fn parse_terms(text: &str) -> Result<Terms, String> {
    let file: TermsFile = toml::from_str(text).map_err(|e| e.to_string())?;
    Ok(Terms {
        id: file.id,
        case: file.case,
        models: file.models,
        evaluators: file.evaluators,
        safeguards: Safeguards {
            confidentiality: file.confidentiality.into(),
            cybersecurity: file.cybersecurity.into(),
            insider_risk: file.insider_risk.into(),
            intellectual_property: file.intellectual_property.into(),
        },
        limits: file.limits.read()?,
    })
}

#[cfg(test)]
mod tests;
