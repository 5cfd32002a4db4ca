//! Thresholds: data, read strictly, never constants in code.

use crate::Rule;
use domain::Digest;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Most bytes of a rules file.
const MOST_BYTES: usize = 64 << 10;
/// The purpose of grants that declare none that is known.
const UNSTATED: &str = "unstated";

/// The numbers by which rules tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thresholds {
    file: File,
    digest: Digest,
    innocent: BTreeMap<Rule, String>,
}

/// What a person with a purpose is expected to need at most.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Purpose {
    /// Its name, with which a grant's purpose begins.
    pub name: String,
    /// Requests in any hour.
    pub requests_per_hour: u64,
    /// Requests in any 24 hours.
    pub requests_per_day: u64,
    /// Different prompts in a day (UTC).
    pub distinct_per_day: u64,
    /// Prompts in a day that vary one template, or that have nearly one size.
    pub alike_per_day: u64,
    /// The same prompt in a day.
    pub same_per_day: u64,
    /// Tokens of answers for each token of prompts, in thousandths.
    pub harvest_permille: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    version: u32,
    #[serde(rename = "retrieved")]
    _retrieved: String,
    purpose: Vec<Purpose>,
    alike: Alike,
    regular: Regular,
    harvest: Harvest,
    odd_hours: Least,
    odd_place: Least,
    shared_credential: Shared,
    impossible_travel: Travel,
    ceiling: Ceiling,
    common_prompts: Common,
    rule: Vec<Words>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Alike {
    likeness_permille: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Regular {
    pub(crate) share_permille: u64,
    pub(crate) spread_permille: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Harvest {
    least_tokens_out: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Least {
    least_uses: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Shared {
    pub(crate) gap_minutes: u64,
    pub(crate) overlap_minutes: u64,
    pub(crate) least_uses: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Travel {
    pub(crate) kilometres_per_hour: u64,
    pub(crate) least_kilometres: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Ceiling {
    pub(crate) tokens_out_per_day: u64,
    pub(crate) tokens_out_in_all: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Common {
    least_prompts: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Words {
    name: Rule,
    innocent: String,
}

/// Why a rules file is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the rules of signals are not taken: {0}")]
pub struct ThresholdsError(String);

impl Thresholds {
    /// Reads a rules file.
    ///
    /// # Errors
    /// It is over 64 KiB or no TOML, a field is missing, unknown or zero, or a purpose or rule is there twice or not at all.
    pub fn read(text: &str) -> Result<Self, ThresholdsError> {
        let wrong = |why: String| ThresholdsError(why);
        if text.len() > MOST_BYTES {
            return Err(wrong(format!("{} bytes; at most {MOST_BYTES} are read", text.len())));
        }
        let file: File =
            toml::from_str(text).map_err(|e| wrong(e.to_string().trim().to_owned()))?;
        if file.version != 1 {
            return Err(wrong(format!("version {} is not known; 1 is", file.version)));
        }
        for (n, purpose) in file.purpose.iter().enumerate() {
            let name = &purpose.name;
            if file.purpose.iter().take(n).any(|earlier| earlier.name == *name) {
                return Err(wrong(format!("purpose `{name}` is there twice")));
            }
            if name.is_empty() || purpose.numbers().contains(&0) {
                return Err(wrong(format!(
                    "purpose `{name}` has a number that is zero, or no name"
                )));
            }
        }
        if !file.purpose.iter().any(|purpose| purpose.name == UNSTATED) {
            return Err(wrong(format!("there is no purpose `{UNSTATED}`")));
        }
        if file.numbers().contains(&0) {
            return Err(wrong("a number is zero".to_owned()));
        }
        let mut innocent = BTreeMap::new();
        for words in &file.rule {
            if innocent.insert(words.name, words.innocent.clone()).is_some() {
                return Err(wrong(format!("rule `{}` is there twice", words.name.name())));
            }
        }
        match Rule::ALL.iter().find(|rule| !innocent.contains_key(rule)) {
            Some(rule) => Err(wrong(format!("rule `{}` is missing", rule.name()))),
            None => Ok(Self { digest: Digest::of(text.as_bytes()), file, innocent }),
        }
    }

    /// SHA-256 of the file.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The class of a declared purpose: the one whose name it begins with.
    pub fn purpose(&self, declared: &str) -> Option<&Purpose> {
        let lower = declared.to_lowercase();
        let begins = |name: &str| {
            lower.strip_prefix(name).is_some_and(|rest| {
                rest.chars().next().is_none_or(|c| !c.is_alphanumeric() && c != '-')
            })
        };
        self.file.purpose.iter().find(|purpose| begins(&purpose.name))
    }

    /// The class of a declared purpose, or `unstated`.
    pub(crate) fn purpose_or_unstated(&self, declared: &str) -> &Purpose {
        let unstated = || self.file.purpose.iter().find(|purpose| purpose.name == UNSTATED);
        self.purpose(declared).or_else(unstated).expect("a file without `unstated` is not taken")
    }

    /// What a signal of a rule may be that is no misuse.
    pub(crate) fn innocent(&self, rule: Rule) -> String {
        self.innocent.get(&rule).cloned().unwrap_or_default()
    }

    pub(crate) fn likeness(&self) -> u64 {
        self.file.alike.likeness_permille
    }

    pub(crate) fn regular(&self) -> &Regular {
        &self.file.regular
    }

    pub(crate) fn harvest_tokens(&self) -> u64 {
        self.file.harvest.least_tokens_out
    }

    pub(crate) fn odd_hour_uses(&self) -> u64 {
        self.file.odd_hours.least_uses
    }

    pub(crate) fn odd_place_uses(&self) -> u64 {
        self.file.odd_place.least_uses
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.file.shared_credential
    }

    pub(crate) fn travel(&self) -> &Travel {
        &self.file.impossible_travel
    }

    pub(crate) fn ceiling(&self) -> &Ceiling {
        &self.file.ceiling
    }

    pub(crate) fn common_prompts(&self) -> u64 {
        self.file.common_prompts.least_prompts
    }
}

impl Purpose {
    fn numbers(&self) -> [u64; 6] {
        [
            self.requests_per_hour,
            self.requests_per_day,
            self.distinct_per_day,
            self.alike_per_day,
            self.same_per_day,
            self.harvest_permille,
        ]
    }
}

impl File {
    fn numbers(&self) -> [u64; 14] {
        let shared = &self.shared_credential;
        [
            self.alike.likeness_permille,
            self.regular.share_permille,
            self.regular.spread_permille,
            self.harvest.least_tokens_out,
            self.odd_hours.least_uses,
            self.odd_place.least_uses,
            shared.gap_minutes,
            shared.overlap_minutes,
            shared.least_uses,
            self.impossible_travel.kilometres_per_hour,
            self.impossible_travel.least_kilometres,
            self.ceiling.tokens_out_per_day,
            self.ceiling.tokens_out_in_all,
            self.common_prompts.least_prompts,
        ]
    }
}

#[cfg(test)]
mod tests;
