//! Package ecosystems: whose version order applies, and how names are written.

use std::borrow::Cow;
use std::fmt;

/// A package ecosystem, or a version scheme of VERS, whose version order we know.
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
    /// Alpine and derivatives: apk-tools' order.
    Alpine,
    /// Arch Linux: pacman's order.
    Alpm,
    /// Maven artifacts, named `group:artifact`.
    Maven,
    /// NuGet packages; names have no case.
    NuGet,
    /// PHP packages of Packagist, named `vendor/package`; names have no case.
    Packagist,
    /// Ruby gems.
    RubyGems,
    /// Erlang and Elixir packages: Semantic Versioning 2.0.0.
    Hex,
    /// Dart packages: Semantic Versioning with ordered build metadata.
    Pub,
    /// Swift packages, named by repository address.
    Swift,
    /// GitHub Actions, named `owner/repository`.
    GitHubActions,
    /// Julia packages.
    Julia,
    /// Bitnami's packages.
    Bitnami,
    /// Haskell packages: the Package Versioning Policy.
    Hackage,
    /// R packages.
    Cran,
    /// Conan packages.
    Conan,
    /// Gentoo packages.
    Gentoo,
    /// OpenSSL's own versions.
    OpenSsl,
    /// nginx's own versions.
    Nginx,
    /// VERS `intdot`: leading numbers separated by dots.
    IntDot,
    /// VERS `datetime`: RFC 3339 instants.
    DateTime,
    /// VERS `lexicographic`: code points.
    Lexicographic,
    /// No ecosystem: only what every ecosystem orders alike.
    Generic,
}

/// Ecosystem, name in OSV or in words, package URL type or VERS scheme.
const NAMES: [(Ecosystem, &str, &str); 28] = [
    (Ecosystem::CratesIo, "crates.io", "cargo"),
    (Ecosystem::PyPi, "PyPI", "pypi"),
    (Ecosystem::Npm, "npm", "npm"),
    (Ecosystem::Go, "Go", "golang"),
    (Ecosystem::Debian, "Debian", "deb"),
    (Ecosystem::Rpm, "RPM", "rpm"),
    (Ecosystem::Alpine, "Alpine", "apk"),
    (Ecosystem::Alpm, "Arch Linux", "alpm"),
    (Ecosystem::Maven, "Maven", "maven"),
    (Ecosystem::NuGet, "NuGet", "nuget"),
    (Ecosystem::Packagist, "Packagist", "composer"),
    (Ecosystem::RubyGems, "RubyGems", "gem"),
    (Ecosystem::Hex, "Hex", "hex"),
    (Ecosystem::Pub, "Pub", "pub"),
    (Ecosystem::Swift, "SwiftURL", "swift"),
    (Ecosystem::GitHubActions, "GitHub Actions", "githubactions"),
    (Ecosystem::Julia, "Julia", "julia"),
    (Ecosystem::Bitnami, "Bitnami", "bitnami"),
    (Ecosystem::Hackage, "Hackage", "hackage"),
    (Ecosystem::Cran, "CRAN", "cran"),
    (Ecosystem::Conan, "ConanCenter", "conan"),
    (Ecosystem::Gentoo, "Gentoo", "ebuild"),
    (Ecosystem::OpenSsl, "OpenSSL", "openssl"),
    (Ecosystem::Nginx, "nginx", "nginx"),
    (Ecosystem::IntDot, "intdot", "intdot"),
    (Ecosystem::DateTime, "datetime", "datetime"),
    (Ecosystem::Lexicographic, "lexicographic", "lexicographic"),
    (Ecosystem::Generic, "generic", "generic"),
];

impl Ecosystem {
    /// Every ecosystem, in declaration order.
    pub const ALL: [Self; 28] = {
        let mut all = [Self::Generic; 28];
        let mut at = 0;
        while at < all.len() {
            all[at] = NAMES[at].0;
            at += 1;
        }
        all
    };

    /// The ecosystem that an OSV `package.ecosystem` text names; a `:release` suffix is ignored.
    ///
    /// `None` means that we do not know its version order.
    pub fn from_osv(text: &str) -> Option<Self> {
        let base = text.split_once(':').map_or(text, |(base, _)| base);
        match base {
            "Ubuntu" | "Echo" => Some(Self::Debian),
            "Red Hat" | "AlmaLinux" | "Rocky Linux" | "SUSE" | "openSUSE" | "Mageia"
            | "openEuler" | "Azure Linux" | "Photon OS" | "TuxCare" => Some(Self::Rpm),
            "Wolfi" | "Chainguard" | "Alpaquita" | "BellSoft Hardened Containers" | "MinimOS" => {
                Some(Self::Alpine)
            }
            "VSCode" | "opam" | "GIT" | "Linux" | "OSS-Fuzz" | "Android" | "GHC" => None,
            _ => NAMES
                .iter()
                .take_while(|(ecosystem, _, _)| *ecosystem < Self::Gentoo)
                .find(|(ecosystem, name, _)| *name == base && *ecosystem != Self::Rpm)
                .map(|(ecosystem, _, _)| *ecosystem),
        }
    }

    /// The ecosystem of a package URL type.
    pub fn from_purl_type(text: &str) -> Option<Self> {
        NAMES.iter().find(|(_, _, kind)| *kind == text).map(|(ecosystem, _, _)| *ecosystem)
    }

    /// The ecosystem of a VERS scheme: the package URL types and a few names more.
    pub fn from_vers_scheme(text: &str) -> Option<Self> {
        match text {
            "semver" => Some(Self::CratesIo),
            "go" => Some(Self::Go),
            "alpine" => Some(Self::Alpine),
            "arch" => Some(Self::Alpm),
            "gentoo" => Some(Self::Gentoo),
            "github" => Some(Self::GitHubActions),
            _ => Self::from_purl_type(text),
        }
    }

    /// The package URL type, such as `cargo`; the VERS scheme where there is no such type.
    pub fn purl_type(self) -> &'static str {
        self.names().1
    }

    /// The name, as `Display` writes it.
    pub fn name(self) -> &'static str {
        self.names().0
    }

    fn names(self) -> (&'static str, &'static str) {
        // declaration order, held by a test
        NAMES.get(self as usize).map_or(("generic", "generic"), |(_, name, kind)| (name, kind))
    }

    /// Whether the names of this ecosystem's packages are written `namespace/name`.
    pub fn joins_names(self) -> bool {
        !matches!(self, Self::Debian | Self::Rpm | Self::Alpine | Self::Alpm | Self::Maven)
    }

    /// Whether its packages belong to releases of distributions, so that a name alone is not enough.
    pub fn is_distribution(self) -> bool {
        matches!(self, Self::Debian | Self::Rpm | Self::Alpine | Self::Alpm)
    }

    /// The name as this ecosystem compares it: PEP 503 for PyPI, without case where the registry
    /// has none, unchanged elsewhere.
    pub fn normalise_name(self, name: &str) -> String {
        match self {
            Self::PyPi => pep503(name),
            Self::NuGet | Self::Packagist | Self::GitHubActions | Self::Hex => {
                name.to_ascii_lowercase()
            }
            Self::Maven
            | Self::CratesIo
            | Self::Npm
            | Self::Go
            | Self::Debian
            | Self::Rpm
            | Self::Alpine
            | Self::Alpm
            | Self::RubyGems
            | Self::Pub
            | Self::Swift
            | Self::Julia
            | Self::Bitnami
            | Self::Hackage
            | Self::Cran
            | Self::Conan
            | Self::Gentoo
            | Self::OpenSsl
            | Self::Nginx
            | Self::IntDot
            | Self::DateTime
            | Self::Lexicographic
            | Self::Generic => name.to_owned(),
        }
    }

    /// As [`Self::normalise_name`]; borrowed where the name is written so already.
    pub fn normalised(self, name: &str) -> Cow<'_, str> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let folds = matches!(
            self,
            Self::PyPi | Self::NuGet | Self::Packagist | Self::GitHubActions | Self::Hex
        );
        if folds && !name.bytes().all(plain) {
            Cow::Owned(self.normalise_name(name))
        } else {
            Cow::Borrowed(name)
        }
    }

    /// Whether the ecosystem marks the version as not yet released; `false` where that can't be said.
    pub fn is_prerelease(self, text: &str) -> bool {
        let (public, _) = text.split_once('+').unwrap_or((text, ""));
        let word = |words: &[&str]| {
            let lower = public.to_ascii_lowercase();
            words.iter().any(|word| lower.contains(word))
        };
        match self {
            Self::CratesIo
            | Self::Npm
            | Self::Go
            | Self::NuGet
            | Self::Hex
            | Self::Pub
            | Self::Swift
            | Self::GitHubActions
            | Self::Julia
            | Self::Bitnami
            | Self::Conan
            | Self::OpenSsl => public.contains('-'),
            Self::PyPi => {
                let rest = public.trim_start_matches(['v', 'V']).to_ascii_lowercase();
                rest.replace("post", "").contains(|c: char| c.is_ascii_alphabetic())
            }
            Self::RubyGems => public.contains(|c: char| c.is_ascii_alphabetic()),
            // `~deb12u1`, `~bpo12`, `~ubuntu22.04` say for which release it was built, not that it is early
            Self::Debian | Self::Rpm => text.split('~').skip(1).any(|after| {
                let built_for = ["deb", "bpo", "ubuntu", "+"];
                !built_for.iter().any(|word| after.starts_with(word))
            }),
            Self::Alpine | Self::Gentoo => word(&["_alpha", "_beta", "_pre", "_rc"]),
            Self::Maven | Self::Packagist | Self::Generic => {
                word(&["alpha", "beta", "rc", "snapshot", "milestone", "dev", "-m"])
            }
            Self::Alpm
            | Self::Hackage
            | Self::Cran
            | Self::Nginx
            | Self::IntDot
            | Self::DateTime
            | Self::Lexicographic => false,
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
        f.write_str(self.names().0)
    }
}

#[cfg(test)]
mod tests;
