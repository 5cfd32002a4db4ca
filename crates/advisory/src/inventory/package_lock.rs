//! npm's `package-lock.json` and `npm-shrinkwrap.json`, lock file versions 1 to 3.
//!
//! Versions 2 and 3 list packages by their path (`node_modules/a/node_modules/b`); version 1 nests
//! them. Links and packages that come from elsewhere than a registry have no ecosystem, because
//! advisories on npm do not speak of them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use versions::Ecosystem;

use super::{Component, Inventory, MAX_LOCK_BYTES, MAX_NESTING, bounded};
use crate::error::{Format, Place, Problem, ReadError};
use crate::json;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Lock<'a> {
    #[serde(default)]
    lockfile_version: Option<u64>,
    #[serde(borrow, default)]
    packages: Option<BTreeMap<Cow<'a, str>, Package<'a>>>,
    #[serde(borrow, default)]
    dependencies: Option<BTreeMap<Cow<'a, str>, Package<'a>>>,
}

#[derive(Deserialize)]
struct Package<'a> {
    #[serde(borrow, default)]
    name: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    version: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    resolved: Option<Cow<'a, str>>,
    #[serde(default)]
    link: bool,
    /// Version 1 nests packages here; later versions write what is required, as texts.
    #[serde(borrow, default)]
    dependencies: Option<BTreeMap<Cow<'a, str>, Nested<'a>>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Nested<'a> {
    Package(#[serde(borrow)] Box<Package<'a>>),
    Requirement(serde::de::IgnoredAny),
}

/// Reads a `package-lock.json`.
///
/// # Errors
/// [`ReadError`] with line or path.
pub fn read(bytes: &[u8]) -> Result<Inventory, ReadError> {
    let lock: Lock<'_> = json::decode(Format::PackageLock, bytes, MAX_LOCK_BYTES)?;
    let refuse =
        |path: &str, problem| ReadError::new(Format::PackageLock, Place::path(path), problem);
    if let Some(version) = lock.lockfile_version.filter(|version| !(1..=3).contains(version)) {
        let what = format!("lock file version {version}");
        let remedy = "update this program, or write the file with an older npm";
        return Err(refuse("lockfileVersion", Problem::Unsupported { what, remedy }));
    }
    let mut components = Vec::new();
    if let Some(packages) = &lock.packages {
        for (path, package) in packages.iter().filter(|(path, _)| !path.is_empty()) {
            let name = package.name.as_deref().or_else(|| path.rsplit("node_modules/").next());
            let name = name.unwrap_or_default();
            components.push(component(name, package, Place::path(format!("packages[{path:?}]"))));
            bounded(Format::PackageLock, &components)?;
        }
    } else if let Some(dependencies) = &lock.dependencies {
        for (name, package) in dependencies {
            nested(name, package, "dependencies", &mut components)?;
        }
    } else {
        let rule = "there are no `packages` and no `dependencies`; this is no package-lock.json";
        return Err(refuse("packages", Problem::Rule(rule)));
    }
    Ok(Inventory { format: Format::PackageLock, components })
}

fn nested(
    name: &str,
    package: &Package<'_>,
    path: &str,
    components: &mut Vec<Component>,
) -> Result<(), ReadError> {
    let path = format!("{path}[{name:?}]");
    components.push(component(name, package, Place::path(path.as_str())));
    bounded(Format::PackageLock, components)?;
    if path.matches("dependencies[").count() >= MAX_NESTING {
        let problem = Problem::TooMany { what: "levels of packages", bound: MAX_NESTING };
        return Err(ReadError::new(Format::PackageLock, Place::path(path), problem));
    }
    for (name, within) in package.dependencies.iter().flatten() {
        match within {
            Nested::Package(package) => {
                nested(name, package, &format!("{path}.dependencies"), components)?;
            }
            Nested::Requirement(_) => {}
        }
    }
    Ok(())
}

fn component(name: &str, package: &Package<'_>, place: Place) -> Component {
    let from = package.resolved.as_deref().unwrap_or_default();
    let version = package.version.as_deref();
    // version 1 writes the address of what is no registry package as its version
    let elsewhere = package.link
        || from.starts_with("git")
        || from.starts_with("file:")
        || version.is_some_and(|version| version.contains(':') || version.contains('/'));
    if elsewhere || name.is_empty() {
        return Component::unknown(name, version, place);
    }
    Component::pinned(Ecosystem::Npm, name, version, place)
}

#[cfg(test)]
mod tests;
