//! Python's lock files: `poetry.lock` and `uv.lock` (TOML, one `[[package]]` each), `Pipfile.lock` (JSON).
//!
//! A package from an index is one of PyPI, also where the index is a mirror or adds builds of its own; one
//! from git, an address or a folder has no ecosystem.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use versions::Ecosystem;

use super::cargo_lock::Lines;
use super::{Component, Inventory, MAX_LOCK_BYTES, bounded, text};
use crate::error::{Format, Place, Problem, ReadError, printable};
use crate::json;

#[derive(Deserialize)]
struct Lock {
    /// uv's.
    #[serde(default)]
    version: Option<u64>,
    #[serde(default, rename = "package")]
    packages: Vec<toml::Spanned<Package>>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    source: BTreeMap<String, toml::Value>,
}

/// Reads a `poetry.lock`.
///
/// # Errors
/// [`ReadError`] with the line.
pub fn read_poetry(bytes: &[u8]) -> Result<Inventory, ReadError> {
    packages(Format::Poetry, bytes, |package| {
        let kind = package.source.get("type").and_then(toml::Value::as_str);
        kind.is_none_or(|kind| kind == "legacy" || kind == "pypi")
    })
}

/// Reads a `uv.lock`.
///
/// # Errors
/// [`ReadError`] with the line.
pub fn read_uv(bytes: &[u8]) -> Result<Inventory, ReadError> {
    packages(Format::Uv, bytes, |package| package.source.contains_key("registry"))
}

fn packages(
    format: Format,
    bytes: &[u8],
    from_index: impl Fn(&Package) -> bool,
) -> Result<Inventory, ReadError> {
    let text = text::of(format, bytes, MAX_LOCK_BYTES)?;
    let lines = Lines::of(text);
    let lock: Lock = toml::from_str(text).map_err(|error| {
        let line = error.span().map(|span| lines.line(span.start));
        let problem = Problem::Syntax(printable(error.message(), 200));
        ReadError::new(format, Place { line, ..Place::default() }, problem)
    })?;
    if let Some(version) = lock.version.filter(|version| format == Format::Uv && *version != 1) {
        let what = format!("lock file version {version}");
        let problem = Problem::Unsupported { what, remedy: "update this program" };
        return Err(ReadError::new(format, Place::path("version"), problem));
    }
    let mut components = Vec::with_capacity(lock.packages.len());
    for package in &lock.packages {
        let place = Place::line(lines.line(package.span().start));
        let package = package.get_ref();
        if package.name.trim().is_empty() {
            let problem = Problem::value(&package.name, "the name of a package");
            return Err(ReadError::new(format, place, problem));
        }
        let version = package.version.as_deref();
        components.push(if from_index(package) {
            Component::pinned(Ecosystem::PyPi, &package.name, version, place)
        } else {
            Component::unknown(&package.name, version, place)
        });
    }
    bounded(format, &components)?;
    Ok(Inventory { format, components })
}

#[derive(Deserialize)]
struct Locked<'a> {
    #[serde(borrow, default)]
    version: Option<Cow<'a, str>>,
}

/// Reads a `Pipfile.lock`.
///
/// # Errors
/// [`ReadError`] with line or path.
pub fn read_pipfile(bytes: &[u8]) -> Result<Inventory, ReadError> {
    type Category<'a> = BTreeMap<Cow<'a, str>, serde_json::Value>;
    let lock: BTreeMap<Cow<'_, str>, Category<'_>> =
        json::decode(Format::Pipfile, bytes, MAX_LOCK_BYTES)?;
    if !lock.contains_key("_meta") {
        let problem = Problem::Rule("there is no `_meta`; this is no Pipfile.lock");
        return Err(ReadError::new(Format::Pipfile, Place::path("_meta"), problem));
    }
    let mut components = Vec::new();
    for (category, packages) in lock.iter().filter(|(category, _)| *category != "_meta") {
        for (name, package) in packages {
            let place = Place::path(format!("{category}[{name:?}]"));
            let Ok(locked) = Locked::deserialize(package) else {
                let problem = Problem::value(&package.to_string(), "a package with a version");
                return Err(ReadError::new(Format::Pipfile, place, problem));
            };
            let version = locked.version.as_deref().and_then(|text| text.strip_prefix("=="));
            components.push(match version {
                Some(version) => Component::pinned(Ecosystem::PyPi, name, Some(version), place),
                None => Component::unknown(name, None, place),
            });
            bounded(Format::Pipfile, &components)?;
        }
    }
    Ok(Inventory { format: Format::Pipfile, components })
}

#[cfg(test)]
mod tests;
