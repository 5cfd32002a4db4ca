//! One version of one ecosystem.

use std::cmp::Ordering;
use std::fmt;

use crate::{Ecosystem, VersionKey, debian, pep440, rpm, semver};

/// Longest version text we read, in bytes. node-semver has the same bound.
pub const MAX_VERSION_BYTES: usize = 256;

/// A version with its text as given and its key.
///
/// Equality and order are those of the ecosystem (`1.0` equals `1.0.0` in PEP 440); versions of
/// two ecosystems are never equal and have no order.
#[derive(Debug, Clone)]
pub struct Version {
    ecosystem: Ecosystem,
    text: Box<str>,
    key: VersionKey,
}

/// Why a text is not a version of its ecosystem. Treat it as *unknown*, never as safe.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not a {ecosystem} version: {why}; correct it where it was recorded, \
     until then whether it is affected stays unknown"
)]
pub struct Unparsable {
    /// Whose grammar was applied.
    pub ecosystem: Ecosystem,
    /// The text, cut to 80 characters, control characters escaped.
    pub text: String,
    /// What is wrong.
    pub why: &'static str,
}

impl Version {
    /// Parses `text` by the grammar of `ecosystem`.
    ///
    /// # Errors
    /// [`Unparsable`] when the text does not fit the grammar or is over [`MAX_VERSION_BYTES`].
    pub fn parse(ecosystem: Ecosystem, text: &str) -> Result<Self, Unparsable> {
        let key = VersionKey::parse(ecosystem, text)?;
        Ok(Self { ecosystem, text: text.into(), key })
    }

    /// Whose version it is.
    pub fn ecosystem(&self) -> Ecosystem {
        self.ecosystem
    }

    /// The text as given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The order-preserving key.
    pub fn key(&self) -> &VersionKey {
        &self.key
    }
}

impl VersionKey {
    /// The key of `text`, without keeping the text.
    ///
    /// # Errors
    /// As [`Version::parse`].
    pub fn parse(ecosystem: Ecosystem, text: &str) -> Result<Self, Unparsable> {
        let parsed = if text.len() > MAX_VERSION_BYTES {
            Err("it is longer than 256 bytes")
        } else {
            match ecosystem {
                Ecosystem::CratesIo => semver::key(text, semver::Dialect::Strict),
                Ecosystem::Npm => semver::key(text, semver::Dialect::Npm),
                Ecosystem::Go => semver::key(text, semver::Dialect::Go),
                Ecosystem::PyPi => pep440::key(text),
                Ecosystem::Debian => debian::key(text),
                Ecosystem::Rpm => rpm::key(text),
            }
        };
        parsed.map_err(|why| Unparsable { ecosystem, text: quotable(text), why })
    }
}

fn quotable(text: &str) -> String {
    text.chars().take(80).flat_map(char::escape_debug).collect()
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.ecosystem == other.ecosystem && self.key == other.key
    }
}

impl Eq for Version {}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        (self.ecosystem == other.ecosystem).then(|| self.key.cmp(&other.key))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests;
