//! What package managers of languages say is installed: `pip list --format=json`, `METADATA` of a Python
//! package, `npm ls --json --all`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use versions::Ecosystem;

use super::{Component, Inventory, MAX_LOCK_BYTES, bounded, text};
use crate::error::{Format, Place, Problem, ReadError};
use crate::json;

#[derive(Deserialize)]
struct PipPackage<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    version: Cow<'a, str>,
    #[serde(borrow, default)]
    editable_project_location: Option<Cow<'a, str>>,
}

/// Reads what `pip list --format=json` prints. A package that is edited in place has no ecosystem.
///
/// # Errors
/// [`ReadError`] with line or path.
pub fn read_pip_list(bytes: &[u8]) -> Result<Inventory, ReadError> {
    let packages: Vec<PipPackage<'_>> = json::decode(Format::PipList, bytes, MAX_LOCK_BYTES)?;
    let component = |(at, package): (usize, &PipPackage<'_>)| {
        let place = Place::path(format!("[{at}]"));
        match package.editable_project_location {
            Some(_) => Component::unknown(&package.name, Some(&package.version), place),
            None => {
                Component::pinned(Ecosystem::PyPi, &package.name, Some(&package.version), place)
            }
        }
    };
    let components: Vec<Component> = packages.iter().enumerate().map(component).collect();
    bounded(Format::PipList, &components)?;
    Ok(Inventory { format: Format::PipList, components })
}

/// Reads `METADATA` of a `*.dist-info` folder, or `PKG-INFO` of a `*.egg-info` one: the core metadata of one
/// installed Python package.
///
/// # Errors
/// [`ReadError`] where name or version is missing.
pub fn read_python_metadata(bytes: &[u8]) -> Result<Inventory, ReadError> {
    let text = text::of(Format::PythonMetadata, bytes, MAX_LOCK_BYTES)?;
    // what follows the first blank line is the description
    let fields = text.lines().enumerate().take_while(|(_, line)| !line.trim().is_empty());
    let (mut name, mut version) = (None, None);
    for (at, line) in fields {
        match line.split_once(':') {
            Some(("Name", value)) => name = name.or(Some((value.trim(), at + 1))),
            Some(("Version", value)) => version = version.or(Some(value.trim())),
            _ => {}
        }
    }
    let found =
        name.zip(version).filter(|((name, _), version)| !name.is_empty() && !version.is_empty());
    let Some(((name, line), version)) = found else {
        let rule = "there is no `Name` or no `Version`; this is no metadata of a Python package";
        return Err(ReadError::new(Format::PythonMetadata, Place::line(1), Problem::Rule(rule)));
    };
    let component = Component::pinned(Ecosystem::PyPi, name, Some(version), Place::line(line));
    Ok(Inventory { format: Format::PythonMetadata, components: vec![component] })
}

/// How deep packages may lie within packages.
const MAX_TREE: usize = 40;

#[derive(Deserialize)]
struct NpmPackage<'a> {
    #[serde(borrow, default)]
    version: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    resolved: Option<Cow<'a, str>>,
    #[serde(default)]
    missing: bool,
    #[serde(borrow, default)]
    dependencies: Option<BTreeMap<Cow<'a, str>, Self>>,
}

/// Reads what `npm ls --json --all` prints. What is missing is not installed; what comes from elsewhere than
/// a registry has no ecosystem.
///
/// # Errors
/// [`ReadError`] with line or path.
pub fn read_npm_list(bytes: &[u8]) -> Result<Inventory, ReadError> {
    let root: NpmPackage<'_> = json::decode(Format::NpmList, bytes, MAX_LOCK_BYTES)?;
    if root.dependencies.is_none() {
        let rule = "there are no `dependencies`; write it with `npm ls --json --all`";
        let place = Place::path("dependencies");
        return Err(ReadError::new(Format::NpmList, place, Problem::Rule(rule)));
    }
    let mut components = Vec::new();
    within(&root, "", 0, &mut components)?;
    Ok(Inventory { format: Format::NpmList, components })
}

fn within(
    package: &NpmPackage<'_>,
    path: &str,
    depth: usize,
    components: &mut Vec<Component>,
) -> Result<(), ReadError> {
    for (name, one) in package.dependencies.iter().flatten() {
        let path = format!("{path}dependencies[{name:?}]");
        if depth >= MAX_TREE {
            let problem = Problem::TooMany { what: "levels of packages", bound: MAX_TREE };
            return Err(ReadError::new(Format::NpmList, Place::path(path), problem));
        }
        if one.missing {
            continue;
        }
        let version = one.version.as_deref();
        // without an address it was found in the folder of installed packages, or said before
        let registry = one.resolved.as_deref().is_none_or(|from| from.starts_with("http"));
        let place = Place::path(path.as_str());
        components.push(if registry {
            Component::pinned(Ecosystem::Npm, name, version, place)
        } else {
            Component::unknown(name, version, place)
        });
        bounded(Format::NpmList, components)?;
        within(one, &format!("{path}."), depth + 1, components)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
