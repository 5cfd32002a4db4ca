//! Composer's `composer.lock` and NuGet's `packages.lock.json`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use versions::Ecosystem;

use super::{Component, Inventory, MAX_LOCK_BYTES, bounded};
use crate::error::{Format, Place, Problem, ReadError};
use crate::json;

#[derive(Deserialize)]
struct Lock<'a> {
    #[serde(borrow, default)]
    packages: Option<Vec<Package<'a>>>,
    #[serde(borrow, default, rename = "packages-dev", deserialize_with = "json::null_as_default")]
    packages_dev: Vec<Package<'a>>,
}

#[derive(Deserialize)]
struct Package<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    version: Cow<'a, str>,
    #[serde(borrow, default)]
    dist: Option<Dist<'a>>,
}

#[derive(Deserialize)]
struct Dist<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Option<Cow<'a, str>>,
}

/// Reads a `composer.lock`. A package from a folder has no ecosystem.
///
/// # Errors
/// [`ReadError`] with line or path.
pub fn read_composer(bytes: &[u8]) -> Result<Inventory, ReadError> {
    let lock: Lock<'_> = json::decode(Format::Composer, bytes, MAX_LOCK_BYTES)?;
    let Some(packages) = &lock.packages else {
        let problem = Problem::Rule("there are no `packages`; this is no composer.lock");
        return Err(ReadError::new(Format::Composer, Place::path("packages"), problem));
    };
    let mut components = Vec::new();
    for (field, list) in [("packages", packages), ("packages-dev", &lock.packages_dev)] {
        for (at, package) in list.iter().enumerate() {
            let place = Place::path(format!("{field}[{at}]"));
            let kind = package.dist.as_ref().and_then(|dist| dist.kind.as_deref());
            components.push(if kind == Some("path") {
                Component::unknown(&package.name, Some(&package.version), place)
            } else {
                Component::pinned(
                    Ecosystem::Packagist,
                    &package.name,
                    Some(&package.version),
                    place,
                )
            });
        }
    }
    bounded(Format::Composer, &components)?;
    Ok(Inventory { format: Format::Composer, components })
}

#[derive(Deserialize)]
struct NuGet<'a> {
    version: u64,
    #[serde(borrow)]
    dependencies: BTreeMap<Cow<'a, str>, BTreeMap<Cow<'a, str>, Resolved<'a>>>,
}

#[derive(Deserialize)]
struct Resolved<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    resolved: Option<Cow<'a, str>>,
}

/// Reads a `packages.lock.json`. A package of several frameworks is listed for each; a project has no
/// ecosystem.
///
/// # Errors
/// [`ReadError`] with line or path.
pub fn read_nuget(bytes: &[u8]) -> Result<Inventory, ReadError> {
    let lock: NuGet<'_> = json::decode(Format::NuGetLock, bytes, MAX_LOCK_BYTES)?;
    if !(1..=2).contains(&lock.version) {
        let what = format!("lock file version {}", lock.version);
        let problem = Problem::Unsupported { what, remedy: "update this program" };
        return Err(ReadError::new(Format::NuGetLock, Place::path("version"), problem));
    }
    let mut components = Vec::new();
    for (framework, packages) in &lock.dependencies {
        for (name, package) in packages {
            let place = Place::path(format!("dependencies[{framework:?}][{name:?}]"));
            let version = package.resolved.as_deref();
            components.push(if package.kind.eq_ignore_ascii_case("project") {
                Component::unknown(name, version, place)
            } else {
                Component::pinned(Ecosystem::NuGet, name, version, place)
            });
            bounded(Format::NuGetLock, &components)?;
        }
    }
    Ok(Inventory { format: Format::NuGetLock, components })
}

#[cfg(test)]
mod tests;
