//! The CISA Known Exploited Vulnerabilities catalogue (JSON).
//!
//! The catalogue's due dates up to 2026-06-10 follow BOD 22-01; they are kept as published and
//! are no deadline of BOD 26-04. A due date before the date of addition does occur and is kept.

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer};

use crate::error::{Format, Place, Problem, ReadError};
use crate::{cve, instant, json};

/// Largest catalogue we read, in bytes; the one of August 2025 has 1.3 MB.
pub const MAX_CATALOGUE_BYTES: usize = 64 << 20;

/// The whole catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Catalogue {
    /// Version, such as `2025.08.25`.
    pub catalog_version: String,
    /// Release instant, RFC 3339.
    pub date_released: String,
    /// How many entries CISA says there are; checked.
    pub count: usize,
    /// Entries in the order of the file.
    pub vulnerabilities: Vec<Entry>,
}

/// One exploited vulnerability.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// CVE identifier.
    #[serde(rename = "cveID")]
    pub cve: String,
    /// Vendor or project.
    pub vendor_project: String,
    /// Product.
    pub product: String,
    /// Title.
    pub vulnerability_name: String,
    /// When CISA added it, `YYYY-MM-DD`.
    pub date_added: String,
    /// Description.
    pub short_description: String,
    /// What CISA asks for.
    pub required_action: String,
    /// CISA's own due date, `YYYY-MM-DD`.
    pub due_date: String,
    /// Whether ransomware campaigns use it; `None` when CISA says `Unknown` or nothing.
    #[serde(default, rename = "knownRansomwareCampaignUse", deserialize_with = "known")]
    pub ransomware: Option<bool>,
    /// Whether CISA asks for forensic triage; `None` when blank (feeds from June 2026 on).
    #[serde(default, deserialize_with = "yes_no")]
    pub forensic_triage: Option<bool>,
    /// Links, separated by `;`.
    #[serde(default)]
    pub notes: String,
    /// Weaknesses, such as `CWE-79`.
    #[serde(default, deserialize_with = "json::null_as_default")]
    pub cwes: Vec<String>,
}

/// Reads the catalogue.
///
/// # Errors
/// [`ReadError`] with the place; also when the number of entries is not the announced one, which
/// is how a truncated or merged file shows.
pub fn read(bytes: &[u8]) -> Result<Catalogue, ReadError> {
    let catalogue: Catalogue = json::decode(Format::Kev, bytes, MAX_CATALOGUE_BYTES)?;
    let refuse =
        |path: String, problem| Err(ReadError::new(Format::Kev, Place::path(path), problem));
    if catalogue.count != catalogue.vulnerabilities.len() {
        let rule = "`count` is not the number of entries; fetch the catalogue again";
        return refuse("count".to_owned(), Problem::Rule(rule));
    }
    if !instant::is_instant(&catalogue.date_released) {
        let problem = Problem::value(&catalogue.date_released, "an RFC 3339 instant");
        return refuse("dateReleased".to_owned(), problem);
    }
    let mut seen = BTreeSet::new();
    for (i, entry) in catalogue.vulnerabilities.iter().enumerate() {
        if !cve::is_id(&entry.cve) {
            let problem = Problem::value(&entry.cve, "a CVE identifier");
            return refuse(format!("vulnerabilities[{i}].cveID"), problem);
        }
        if !seen.insert(&entry.cve) {
            let rule = "the CVE is listed twice; fetch the catalogue again";
            return refuse(format!("vulnerabilities[{i}].cveID"), Problem::Rule(rule));
        }
        for (field, date) in [("dateAdded", &entry.date_added), ("dueDate", &entry.due_date)] {
            if !instant::is_date(date) {
                let problem = Problem::value(date, "a date `YYYY-MM-DD`");
                return refuse(format!("vulnerabilities[{i}].{field}"), problem);
            }
        }
    }
    Ok(catalogue)
}

fn known<'de, D: Deserializer<'de>>(from: D) -> Result<Option<bool>, D::Error> {
    choice(from, &[("known", Some(true)), ("unknown", None)], "`Known` or `Unknown`")
}

fn yes_no<'de, D: Deserializer<'de>>(from: D) -> Result<Option<bool>, D::Error> {
    choice(from, &[("yes", Some(true)), ("no", Some(false))], "`Yes`, `No` or blank")
}

fn choice<'de, D: Deserializer<'de>>(
    from: D,
    table: &[(&str, Option<bool>)],
    expected: &'static str,
) -> Result<Option<bool>, D::Error> {
    let text = Option::<String>::deserialize(from)?.unwrap_or_default();
    if text.trim().is_empty() {
        return Ok(None);
    }
    let row = table.iter().find(|row| row.0.eq_ignore_ascii_case(text.trim()));
    let refused = || serde::de::Error::invalid_value(serde::de::Unexpected::Str(&text), &expected);
    row.map(|row| row.1).ok_or_else(refused)
}

#[cfg(test)]
mod tests;
