//! `Cargo.lock`, versions 1 to 4.
//!
//! A package of crates.io gets that ecosystem; one from a path, from git or from another registry
//! is listed without ecosystem, because crates.io advisories do not speak of it.
//!
//! What cargo itself writes is read line by line; anything else of TOML goes to the `toml` library, which
//! also says what is wrong. A property test holds that both give the same.

mod lines;

pub use lines::{Locked, LockedReader};

use serde::Deserialize;
use versions::Ecosystem;

use super::{Component, Inventory, MAX_LOCK_BYTES, bounded};
use crate::error::{Format, Place, Problem, ReadError, printable};
use crate::json;

#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    version: Option<toml::Spanned<u64>>,
    #[serde(default, rename = "package")]
    packages: Vec<toml::Spanned<Package>>,
    #[serde(default)]
    root: Option<toml::Spanned<Package>>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    #[serde(default)]
    source: Option<String>,
}

/// The sources that are crates.io: its git index and its sparse index.
const CRATES_IO: [&str; 2] =
    ["registry+https://github.com/rust-lang/crates.io-index", "sparse+https://index.crates.io/"];

/// Newest lock file version that we know.
const NEWEST: u64 = 4;

/// Reads a `Cargo.lock`.
///
/// # Errors
/// [`ReadError`] with the line.
pub fn read(bytes: &[u8]) -> Result<Inventory, ReadError> {
    json::within(Format::CargoLock, bytes, MAX_LOCK_BYTES)?;
    if let Some(components) = by_lines(bytes) {
        bounded(Format::CargoLock, &components)?;
        return Ok(Inventory { format: Format::CargoLock, components });
    }
    read_toml(bytes)
}

/// As cargo writes it; `None` if it has to be read as TOML.
fn by_lines(bytes: &[u8]) -> Option<Vec<Component>> {
    // a package takes some two hundred bytes
    let mut components = Vec::with_capacity(bytes.len() / 256);
    LockedReader::default().take(bytes, true, |locked| components.push(locked.into()))?;
    Some(components)
}

impl From<Locked<'_>> for Component {
    fn from(locked: Locked<'_>) -> Self {
        let place = Place::line(locked.line);
        if locked.public {
            Self::pinned(Ecosystem::CratesIo, locked.name, Some(locked.version), place)
        } else {
            Self::unknown(locked.name, Some(locked.version), place)
        }
    }
}

fn read_toml(bytes: &[u8]) -> Result<Inventory, ReadError> {
    let refuse = |place, problem| ReadError::new(Format::CargoLock, place, problem);
    let text =
        std::str::from_utf8(bytes).map_err(|_| refuse(Place::default(), Problem::NotUtf8))?;
    let lines = Lines::of(text);
    let lock: Lock = toml::from_str(text).map_err(|error| {
        let line = error.span().map(|span| lines.line(span.start));
        let message = printable(error.message(), 200);
        refuse(Place { line, ..Place::default() }, Problem::Syntax(message))
    })?;
    if let Some(version) = &lock.version
        && *version.get_ref() > NEWEST
    {
        let what = format!("lock file version {}", version.get_ref());
        let remedy = "update this program, or write the file with an older cargo";
        let place = Place::line(lines.line(version.span().start));
        return Err(refuse(place, Problem::Unsupported { what, remedy }));
    }
    if lock.packages.is_empty() && lock.root.is_none() {
        let rule =
            "there is no `[[package]]`; this is no Cargo.lock, or run `cargo generate-lockfile`";
        return Err(refuse(Place::default(), Problem::Rule(rule)));
    }
    let mut components = Vec::with_capacity(lock.packages.len());
    for package in lock.root.iter().chain(&lock.packages) {
        let place = Place::line(lines.line(package.span().start));
        let package = package.get_ref();
        if package.name.trim().is_empty() {
            return Err(refuse(place, Problem::value(&package.name, "the name of a crate")));
        }
        let public = package.source.as_deref().is_some_and(|one| CRATES_IO.contains(&one));
        let (name, version) = (package.name.as_str(), package.version.as_str());
        components.push(Component { place, ..Locked { name, version, public, line: 0 }.into() });
    }
    bounded(Format::CargoLock, &components)?;
    Ok(Inventory { format: Format::CargoLock, components })
}

/// Line numbers of byte offsets.
pub(super) struct Lines(Vec<usize>);

impl Lines {
    pub(super) fn of(text: &str) -> Self {
        Self(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at).collect())
    }

    /// Counted from 1.
    pub(super) fn line(&self, offset: usize) -> usize {
        self.0.partition_point(|end| *end < offset) + 1
    }
}

#[cfg(test)]
mod tests;
