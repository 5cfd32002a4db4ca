//! What is installed: bills of materials and lock files, read into one [`Inventory`].
//!
//! A reader gives the exact version only where the file pins one. Anything else has no version,
//! and whether it is affected is then *unknown*, never *no*.

mod cargo_lock;
mod choose;
mod composer;
mod csaf_assets;
mod cyclonedx;
mod gemfile;
mod go;
mod installed;
mod kernel;
mod machine;
mod maven;
mod package_lock;
mod pnpm;
mod python_lock;
mod requirements;
mod rpm;
mod spdx;
mod spreadsheet;
mod systems;
mod text;
mod xml;
mod yarn;

use versions::{Ecosystem, Purl};

use crate::error::{Format, Place, Problem, ReadError, printable};

pub use cargo_lock::{Locked, LockedReader, read as read_cargo_lock};
pub use choose::{is_inventory, read};
pub use composer::{read_composer, read_nuget};
pub use csaf_assets::read as read_csaf_assets;
pub use cyclonedx::read as read_cyclonedx;
pub use gemfile::read as read_gemfile;
pub use go::{read_mod as read_go_mod, read_sum as read_go_sum};
pub use installed::{read_npm_list, read_pip_list, read_python_metadata};
pub use kernel::read as read_kernel;
pub use machine::{read_apk, read_dpkg};
pub use maven::{read_gradle, read_list as read_maven_list, read_pom as read_maven_pom};
pub use package_lock::read as read_package_lock;
pub use pnpm::read as read_pnpm;
pub use python_lock::{read_pipfile, read_poetry, read_uv};
pub use requirements::read as read_requirements;
pub use rpm::{read_headers as read_rpm_headers, read_list as read_rpm_list};
pub use spdx::read as read_spdx;
pub use spreadsheet::read as read_spreadsheet;
pub use systems::{MAX_SYSTEMS, System, read_systems};
pub use yarn::read as read_yarn;

/// Largest bill of materials we read, in bytes.
pub const MAX_DOCUMENT_BYTES: usize = 512 << 20;

/// Largest lock or requirements file we read, in bytes.
pub const MAX_LOCK_BYTES: usize = 64 << 20;

/// Most components of one file.
pub const MAX_COMPONENTS: usize = 1_000_000;

/// How deep components may lie within components.
pub const MAX_NESTING: usize = 16;

/// Components of one file, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inventory {
    /// What was read.
    pub format: Format,
    /// Components; the same one may occur twice.
    pub components: Vec<Component>,
}

/// One component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// Whose advisories apply; `None` for an ecosystem we do not know, or a private source.
    pub ecosystem: Option<Ecosystem>,
    /// Name as the ecosystem's advisories write it, normalised.
    pub name: String,
    /// Exact version as written; `None` when the file does not pin one.
    pub version: Option<String>,
    /// Where in the file.
    pub place: Place,
    named: Named,
}

/// How a component's package URL is known.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Named {
    /// The file gives it, or says what a name and a version alone don't.
    Stated(Box<Purl>),
    /// It follows from ecosystem, name and version.
    Follows,
    /// There is none.
    Not,
}

impl Component {
    /// Its package URL, where the file gives one or it follows from a known ecosystem.
    pub fn purl(&self) -> Option<Purl> {
        match (&self.named, self.ecosystem) {
            (Named::Stated(purl), _) => Some((**purl).clone()),
            (Named::Follows, Some(ecosystem)) => self.following(ecosystem),
            (Named::Follows | Named::Not, _) => None,
        }
    }

    /// The package URL that the file gives, or that says more than the fields beside it.
    pub fn stated_purl(&self) -> Option<&Purl> {
        match &self.named {
            Named::Stated(purl) => Some(purl),
            Named::Follows | Named::Not => None,
        }
    }

    fn following(&self, ecosystem: Ecosystem) -> Option<Purl> {
        let separator = if ecosystem == Ecosystem::Maven { ':' } else { '/' };
        let split = self.name.rsplit_once(separator);
        let (namespace, name) = match (ecosystem, split) {
            (Ecosystem::Debian, _) => (Some("debian"), self.name.as_str()),
            (Ecosystem::Alpine, _) => (Some("alpine"), self.name.as_str()),
            (_, Some((namespace, last))) => (Some(namespace), last),
            (_, None) => (None, self.name.as_str()),
        };
        let parts = versions::purl::Parts {
            kind: ecosystem.purl_type(),
            namespace,
            name,
            version: self.version.as_deref(),
            ..versions::purl::Parts::default()
        };
        Purl::new(&parts).ok()
    }

    /// A component of a known ecosystem; its package URL follows.
    fn pinned(ecosystem: Ecosystem, name: &str, version: Option<&str>, place: Place) -> Self {
        let (name, version) = (ecosystem.normalise_name(name), version.map(str::to_owned));
        Self { ecosystem: Some(ecosystem), name, version, place, named: Named::Follows }
    }

    /// A package of a distribution: its ecosystem, and the namespace and `distro` of its package URL; that
    /// may be empty.
    fn installed(
        (ecosystem, namespace, distro): (Ecosystem, &str, &str),
        name: &str,
        version: Option<&str>,
        place: Place,
    ) -> Self {
        // an RPM's epoch stands in a qualifier there
        let epoch = version.and_then(|version| version.split_once(':'));
        let (epoch, bare) = match epoch.filter(|_| ecosystem == Ecosystem::Rpm) {
            Some((epoch, rest)) => (epoch, Some(rest)),
            None => ("", version),
        };
        let purl = Purl::new(&versions::purl::Parts {
            kind: ecosystem.purl_type(),
            namespace: Some(namespace),
            name,
            version: bare,
            qualifiers: vec![("distro", distro), ("epoch", epoch)],
            ..versions::purl::Parts::default()
        });
        let (name, version) = (name.to_owned(), version.map(str::to_owned));
        let named = purl.map_or(Named::Not, |purl| Named::Stated(Box::new(purl)));
        Self { ecosystem: Some(ecosystem), name, version, place, named }
    }

    /// A component of which no public ecosystem speaks: from a path, a repository, a private source.
    fn unknown(name: &str, version: Option<&str>, place: Place) -> Self {
        let version = version.map(str::to_owned);
        Self { ecosystem: None, name: name.to_owned(), version, place, named: Named::Not }
    }

    /// A package of an ecosystem, with nothing that names its distribution.
    fn unplaced(ecosystem: Ecosystem, name: &str, version: &str, place: Place) -> Self {
        let version = Some(version.to_owned());
        let (ecosystem, name) = (Some(ecosystem), name.to_owned());
        Self { ecosystem, name, version, place, named: Named::Not }
    }

    /// What a package URL names; `version` counts where it has none.
    fn of_purl(text: &str, version: Option<&str>, place: Place) -> Result<Self, Problem> {
        let purl = Purl::parse_lenient(text)
            .map_err(|why| Problem::Purl { given: printable(text, 80), why: Box::new(why) })?;
        let version = purl.version().or(version).map(|version| with_epoch(&purl, version));
        let (ecosystem, name) = (purl.ecosystem(), purl.package_name());
        Ok(Self { ecosystem, name, version, place, named: Named::Stated(Box::new(purl)) })
    }
}

/// An RPM's epoch stands in a qualifier; rpm's own order wants it before the version.
fn with_epoch(purl: &Purl, version: &str) -> String {
    match purl.qualifiers().get("epoch") {
        Some(epoch) if purl.ecosystem() == Some(Ecosystem::Rpm) && !version.contains(':') => {
            format!("{epoch}:{version}")
        }
        _ => version.to_owned(),
    }
}

/// Refuses a list that outgrew [`MAX_COMPONENTS`].
fn bounded(format: Format, components: &[Component]) -> Result<(), ReadError> {
    few(components).map_err(|problem| ReadError::new(format, Place::default(), problem))
}

/// The same for who names the place.
fn few(components: &[Component]) -> Result<(), Problem> {
    if components.len() <= MAX_COMPONENTS {
        return Ok(());
    }
    Err(Problem::TooMany { what: "components", bound: MAX_COMPONENTS })
}

#[cfg(test)]
mod tests;
