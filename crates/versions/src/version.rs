//! One version of one ecosystem.

use std::cmp::Ordering;
use std::fmt;

use crate::dotted::{self, Numbers};
use crate::key::KeyWriter;
use crate::semver::{self, Dialect};
use crate::{Ecosystem, VersionKey};
use crate::{
    alpine, alpm, composer, conan, debian, gem, generic, gentoo, maven, nuget, openssl, pep440, rpm,
};

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
        Self::written(|key| write(ecosystem, text, key)).map_err(|why| Unparsable {
            ecosystem,
            text: quotable(text),
            why,
        })
    }

    /// Writes the key of `text` into `buffer`, which is cleared first; for bulk work.
    ///
    /// # Errors
    /// As [`Version::parse`], without the text; the buffer's content is then of no use.
    pub fn write(
        ecosystem: Ecosystem,
        text: &str,
        buffer: &mut Vec<u8>,
    ) -> Result<(), &'static str> {
        buffer.clear();
        let mut key = KeyWriter::over(std::mem::take(buffer));
        let written = write(ecosystem, text, &mut key);
        *buffer = key.into_bytes();
        written
    }

    /// The smallest key above every version that equals `text`: what turns an inclusive upper bound
    /// into an exclusive one.
    ///
    /// # Errors
    /// As [`Version::parse`].
    pub fn above(ecosystem: Ecosystem, text: &str) -> Result<Self, Unparsable> {
        let key = Self::parse(ecosystem, text)?;
        if ecosystem != Ecosystem::Alpm || alpm::has_release(text) {
            return Ok(key.successor());
        }
        // to pacman, a version without release equals every release of it
        let mut bytes = key.as_bytes().to_vec();
        if let Some(last) = bytes.last_mut() {
            *last = alpm::EVERY_RELEASE;
        }
        Ok(Self::from_bytes(&bytes))
    }
}

/// Compares two versions as their ecosystem does: their keys, except that pacman leaves the release
/// out when one of the two has none.
///
/// # Errors
/// As [`Version::parse`].
pub fn compare(ecosystem: Ecosystem, a: &str, b: &str) -> Result<Ordering, Unparsable> {
    let (left, right) = (VersionKey::parse(ecosystem, a)?, VersionKey::parse(ecosystem, b)?);
    if ecosystem == Ecosystem::Alpm && alpm::has_release(a) != alpm::has_release(b) {
        let bare = |text: &str| {
            let version = text.rsplit_once('-').map_or(text, |(version, _)| version);
            VersionKey::parse(ecosystem, version)
        };
        return Ok(bare(a)?.cmp(&bare(b)?));
    }
    Ok(left.cmp(&right))
}

fn write(ecosystem: Ecosystem, text: &str, key: &mut KeyWriter) -> Result<(), &'static str> {
    if text.len() > MAX_VERSION_BYTES {
        return Err("it is longer than 256 bytes");
    }
    match ecosystem {
        Ecosystem::CratesIo | Ecosystem::Hex | Ecosystem::Julia => {
            semver::write(text, Dialect::Strict, key)
        }
        Ecosystem::Npm | Ecosystem::Bitnami => semver::write(text, Dialect::Npm, key),
        Ecosystem::Go | Ecosystem::Swift | Ecosystem::GitHubActions => {
            semver::write(text, Dialect::Go, key)
        }
        Ecosystem::Pub => semver::write(text, Dialect::Pub, key),
        Ecosystem::PyPi => pep440::write(text, key),
        Ecosystem::Debian => debian::write(text, key),
        Ecosystem::Rpm => rpm::write(text, key),
        Ecosystem::Alpine => alpine::write(text, key),
        Ecosystem::Alpm => alpm::write(text, key),
        Ecosystem::Maven => maven::write(text, key),
        Ecosystem::NuGet => nuget::write(text, key),
        Ecosystem::Packagist => composer::write(text, key),
        Ecosystem::RubyGems => gem::write(text, key),
        Ecosystem::Hackage => dotted::numbers(text, Numbers::List, key),
        Ecosystem::Cran => dotted::numbers(text, Numbers::Dashed, key),
        Ecosystem::Nginx => dotted::numbers(text, Numbers::Three, key),
        Ecosystem::Conan => conan::write(text, key),
        Ecosystem::Gentoo => gentoo::write(text, key),
        Ecosystem::OpenSsl => openssl::write(text, key),
        Ecosystem::IntDot => dotted::leading(text, key),
        Ecosystem::DateTime => dotted::instant(text, key),
        Ecosystem::Lexicographic => dotted::lexicographic(text, key),
        Ecosystem::Generic => generic::write(text, key),
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
