//! The numbers that the clearinghouse works with, from the shipped rule files.

use crate::rules;
use clearinghouse::{DisclosureClock, Rules, Term};
use directives::{Length, Pack, PackError};
use domain::Span;
use serde::Deserialize;

const WORKING: &str = include_str!("../../../../rules/clearinghouse.toml");

/// Why a rule file was refused.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// The disclosure clocks.
    #[error("rules/disclosure.toml")]
    Pack(#[from] PackError),
    /// A clock is missing or has another unit.
    #[error("rules/disclosure.toml has no rule `{0}` with a clock in days")]
    Clock(&'static str),
    /// The working numbers.
    #[error("rules/clearinghouse.toml: {0}")]
    Working(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Working {
    #[serde(rename = "id")]
    _id: String,
    #[serde(rename = "version")]
    _version: String,
    #[serde(rename = "title")]
    _title: String,
    #[serde(rename = "citation")]
    _citation: String,
    #[serde(rename = "retrieved")]
    _retrieved: String,
    #[serde(rename = "source")]
    _source: directives::Source,
    reports_per_week: u32,
    longest_lease_days: u32,
    suppress_below: u64,
}

fn working() -> Result<Working, PolicyError> {
    toml::from_str(WORKING).map_err(|e| PolicyError::Working(e.to_string().trim().to_owned()))
}

/// The rules of findings and claims.
///
/// # Errors
/// Never for the files as shipped; a test holds that.
pub fn rules() -> Result<Rules, PolicyError> {
    let working = working()?;
    Ok(Rules {
        disclosure: disclosure(rules::DISCLOSURE)?,
        default_pace: working.reports_per_week,
        longest_lease: Span::days(u64::from(working.longest_lease_days)),
    })
}

/// Counts from 1 to one less than this are withheld from public reports.
///
/// # Errors
/// As [`rules`].
pub fn suppress_below() -> Result<u64, PolicyError> {
    Ok(working()?.suppress_below)
}

/// The clocks of a rule pack, by the ids that `clearinghouse` gives as reasons.
fn disclosure(text: &str) -> Result<DisclosureClock, PolicyError> {
    let pack = Pack::read(text)?;
    let term = |id: &'static str| {
        let rule = pack.rules.iter().find(|r| r.id.rule() == id);
        let clock = rule.and_then(|r| r.clock.as_ref()).ok_or(PolicyError::Clock(id))?;
        let days = |length: Length| match length {
            Length::Days(days) => Ok(days),
            Length::Hours(_) | Length::Months(_) => Err(PolicyError::Clock(id)),
        };
        let extension_days = clock.extension.map(days).transpose()?.unwrap_or(0);
        Ok::<_, PolicyError>(Term { days: days(clock.length)?, extension_days })
    };
    Ok(DisclosureClock {
        standard: term("standard")?,
        exploited: term("exploited-critical")?,
        silent_days: term("silent-maintainer")?.days,
        unresponsive_days: term("unresponsive-vendor")?.days,
        details_days: term("details-after-patch")?.days,
    })
}

#[cfg(test)]
mod tests;
