//! Package ecosystems: whose version order applies, and how names are written.

use std::fmt;

/// A package ecosystem whose version order we know.
///
/// One variant stands for one version order and one name rule. A Linux distribution's release
/// ("Debian:12") is a namespace, not an order; it stays in the advisory's own text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ecosystem {
    /// Rust crates: Semantic Versioning 2.0.0.
    CratesIo,
    /// Python packages: PEP 440 versions, PEP 503 names.
    PyPi,
    /// npm packages: Semantic Versioning 2.0.0 as node-semver reads it.
    Npm,
    /// Go modules: Semantic Versioning with shortened forms and pseudo-versions.
    Go,
    /// Debian and derivatives: dpkg's order of `epoch:upstream-revision`.
    Debian,
    /// RPM distributions: rpm's order of `epoch:version-release`.
    Rpm,
}

impl Ecosystem {
    /// Every ecosystem, in declaration order.
    pub const ALL: [Self; 6] =
        [Self::CratesIo, Self::PyPi, Self::Npm, Self::Go, Self::Debian, Self::Rpm];

    /// The ecosystem that an OSV `package.ecosystem` text names; a `:release` suffix is ignored.
    ///
    /// `None` means that we do not know its version order.
    pub fn from_osv(text: &str) -> Option<Self> {
        let base = text.split_once(':').map_or(text, |(base, _)| base);
        match base {
            "crates.io" => Some(Self::CratesIo),
            "PyPI" => Some(Self::PyPi),
            "npm" => Some(Self::Npm),
            "Go" => Some(Self::Go),
            "Debian" | "Ubuntu" | "Echo" => Some(Self::Debian),
            "Red Hat" | "AlmaLinux" | "Rocky Linux" | "SUSE" | "openSUSE" | "Mageia"
            | "openEuler" | "Azure Linux" => Some(Self::Rpm),
            _ => None,
        }
    }

    /// The ecosystem of a package URL type.
    pub fn from_purl_type(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ecosystem| ecosystem.purl_type() == text)
    }

    /// The package URL type, such as `cargo`.
    pub fn purl_type(self) -> &'static str {
        match self {
            Self::CratesIo => "cargo",
            Self::PyPi => "pypi",
            Self::Npm => "npm",
            Self::Go => "golang",
            Self::Debian => "deb",
            Self::Rpm => "rpm",
        }
    }

    /// The name as this ecosystem compares it: PEP 503 for PyPI, unchanged elsewhere.
    pub fn normalise_name(self, name: &str) -> String {
        match self {
            Self::PyPi => pep503(name),
            Self::CratesIo | Self::Npm | Self::Go | Self::Debian | Self::Rpm => name.to_owned(),
        }
    }
}

/// Lower case, each run of `-`, `_` and `.` becomes one `-` (PEP 503, "Normalized Names").
fn pep503(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut separator = false;
    for c in name.chars() {
        if matches!(c, '-' | '_' | '.') {
            separator = true;
            continue;
        }
        if separator {
            out.push('-');
            separator = false;
        }
        out.push(c.to_ascii_lowercase());
    }
    if separator {
        out.push('-');
    }
    out
}

impl fmt::Display for Ecosystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CratesIo => "crates.io",
            Self::PyPi => "PyPI",
            Self::Npm => "npm",
            Self::Go => "Go",
            Self::Debian => "Debian",
            Self::Rpm => "RPM",
        })
    }
}

#[cfg(test)]
mod tests;
