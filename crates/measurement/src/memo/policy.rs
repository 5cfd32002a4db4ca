//! Which sections of a memo an audience reads: a file that anybody may replace.

use crate::MeasureError;
use operations::files;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Most bytes of a policy.
const LIMIT: u64 = 1 << 16;

/// A section that may be withheld.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Section {
    /// Threshold, error rates, caps.
    Rule,
    /// The path of the evidence.
    Evidence,
    /// Cheating counted both ways.
    Ledgers,
    /// What the run used.
    Spent,
    /// Ability against budget.
    Capability,
    /// Family by family.
    Families,
    /// Whether the pattern fits.
    Fit,
    /// How far attempts on ranges came.
    Ranges,
    /// What the sandbox attested.
    Containment,
    /// The words of each check.
    Details,
}

impl Section {
    /// All of them, in the order of the memo.
    pub const ALL: [Self; 10] = [
        Self::Rule,
        Self::Evidence,
        Self::Ledgers,
        Self::Spent,
        Self::Capability,
        Self::Families,
        Self::Fit,
        Self::Ranges,
        Self::Containment,
        Self::Details,
    ];

    /// Its name in a policy.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Evidence => "evidence",
            Self::Ledgers => "ledgers",
            Self::Spent => "spent",
            Self::Capability => "capability",
            Self::Families => "families",
            Self::Fit => "fit",
            Self::Ranges => "ranges",
            Self::Containment => "containment",
            Self::Details => "details",
        }
    }
}

/// What one audience reads.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Audience {
    show: BTreeSet<Section>,
}

/// Audiences by name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Policies(BTreeMap<String, Audience>);

/// Why a policy can't be read.
#[derive(Debug, thiserror::Error)]
#[error("the policy of memos: {0}")]
pub struct PolicyError(#[from] toml::de::Error);

impl Policies {
    /// The sections of an audience.
    pub(super) fn sections(&self, audience: &str) -> Result<BTreeSet<Section>, String> {
        self.0.get(audience).map(|a| a.show.clone()).ok_or_else(|| {
            let names: Vec<_> = self.0.keys().map(String::as_str).collect();
            format!("the policy has no audience `{audience}`; it has {}", names.join(", "))
        })
    }
}

/// Reads a policy. A section or key it does not know is refused: a typing error must not show more.
///
/// # Errors
/// What is wrong, and where.
pub fn read_policies(text: &str) -> Result<Policies, PolicyError> {
    Ok(toml::from_str(text)?)
}

/// The policy of a file, or the shipped one.
pub(super) fn at(path: Option<&Path>) -> Result<Policies, MeasureError> {
    let text = match path {
        Some(path) => files::read_text(path, LIMIT)?,
        None => operations::rules::MEMO.to_owned(),
    };
    read_policies(&text).map_err(|error| MeasureError::Argument(operations::plain(&error)))
}

#[cfg(test)]
mod tests;
