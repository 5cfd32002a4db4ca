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
//!
//! [confidentiality]          # likewise [cybersecurity], [insider-risk], [intellectual-property]
//! protection = "…"
//! use = "…"
//! nondisclosure = "…"
//! ```

use crate::files::{self, FileError};
use access::{Endpoint, Head, Limits, Safeguards, Terms};
use domain::{CaseId, ModelId, PartyId, TermsId, Text};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

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
    let mut endpoints = BTreeSet::new();
    for name in &file.limits.endpoints {
        endpoints.insert(name.parse::<Endpoint>()?);
    }
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
        limits: Limits { endpoints, tokens_per_grant: file.limits.tokens_per_grant },
    })
}

#[cfg(test)]
mod tests;
