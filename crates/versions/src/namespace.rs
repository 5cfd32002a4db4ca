//! Namespaces of packages: an ecosystem, with the release of a distribution where it has one.
//!
//! `curl` of Debian 11 and `curl` of Debian 12 are different packages with different advisories, and so
//! are those of Debian and Ubuntu, although one order compares their versions. The text is that of OSV's
//! `package.ecosystem`, with spellings of one release made one.

use crate::{Ecosystem, Purl};
use std::borrow::Cow;
use std::fmt;

/// Where a package name belongs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Namespace {
    ecosystem: Ecosystem,
    text: Cow<'static, str>,
}

/// Names that distributions give their releases, with the number: `distro=bookworm` in package URLs.
const CODENAMES: [(&str, &str, &str); 16] = [
    ("Debian", "stretch", "9"),
    ("Debian", "buster", "10"),
    ("Debian", "bullseye", "11"),
    ("Debian", "bookworm", "12"),
    ("Debian", "trixie", "13"),
    ("Debian", "forky", "14"),
    ("Ubuntu", "trusty", "14.04"),
    ("Ubuntu", "xenial", "16.04"),
    ("Ubuntu", "bionic", "18.04"),
    ("Ubuntu", "focal", "20.04"),
    ("Ubuntu", "jammy", "22.04"),
    ("Ubuntu", "noble", "24.04"),
    ("Ubuntu", "oracular", "24.10"),
    ("Ubuntu", "plucky", "25.04"),
    ("Ubuntu", "questing", "25.10"),
    ("Ubuntu", "resolute", "26.04"),
];

/// `ID` of os-release (5), or the namespace of a package URL, and the base in OSV.
const DISTRIBUTIONS: [(&str, &str); 19] = [
    ("debian", "Debian"),
    ("ubuntu", "Ubuntu"),
    ("alpine", "Alpine"),
    ("wolfi", "Wolfi"),
    ("chainguard", "Chainguard"),
    ("alpaquita", "Alpaquita"),
    ("arch", "Arch Linux"),
    ("rhel", "Red Hat"),
    ("redhat", "Red Hat"),
    ("almalinux", "AlmaLinux"),
    ("rocky", "Rocky Linux"),
    ("rocky-linux", "Rocky Linux"),
    ("opensuse", "openSUSE"),
    ("opensuse-leap", "openSUSE"),
    ("sles", "SUSE"),
    ("suse", "SUSE"),
    ("mageia", "Mageia"),
    ("openeuler", "openEuler"),
    ("photon", "Photon OS"),
];

impl Namespace {
    /// The namespace that OSV's `package.ecosystem` names; none where we do not know its version order.
    pub fn from_osv(text: &str) -> Option<Self> {
        let ecosystem = Ecosystem::from_osv(text)?;
        let (base, release) = text.split_once(':').unwrap_or((text, ""));
        Some(Self::of(ecosystem, base, release))
    }

    /// The namespace of an ecosystem as a whole.
    pub fn whole(ecosystem: Ecosystem) -> Self {
        Self { ecosystem, text: Cow::Borrowed(ecosystem.name()) }
    }

    /// The namespace of a machine, by `ID` and `VERSION_ID` of its os-release (5) file.
    pub fn from_os_release(id: &str, version: &str) -> Option<Self> {
        let (_, base) = DISTRIBUTIONS.iter().find(|(name, _)| *name == id)?;
        Some(Self::of(Ecosystem::from_osv(base)?, base, version))
    }

    /// The namespace that a package URL gives: its type, its namespace and its `distro`.
    pub fn from_purl(purl: &Purl) -> Option<Self> {
        let ecosystem = Ecosystem::from_purl_type(purl.kind())?;
        if !ecosystem.is_distribution() {
            return Some(Self::whole(ecosystem));
        }
        let distro = purl.qualifiers().get("distro").map_or("", String::as_str);
        let by_name = |name: &str| DISTRIBUTIONS.iter().find(|(known, _)| *known == name);
        let split = distro.rsplit_once('-').unwrap_or((distro, ""));
        let (_, base) = by_name(split.0).or_else(|| by_name(purl.namespace()?))?;
        let release = if by_name(split.0).is_some() { split.1 } else { distro };
        Some(Self::of(Ecosystem::from_osv(base)?, base, release))
    }

    fn of(ecosystem: Ecosystem, base: &str, release: &str) -> Self {
        let release = release_of(base, release);
        let text = if release.is_empty() { base.to_owned() } else { format!("{base}:{release}") };
        Self { ecosystem, text: text.into() }
    }

    /// Whose version order applies.
    pub fn ecosystem(&self) -> Ecosystem {
        self.ecosystem
    }

    /// The text, such as `Debian:12` or `PyPI`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The text before the release: `Debian`.
    pub fn base(&self) -> &str {
        self.text.split_once(':').map_or(&self.text, |(base, _)| base)
    }

    /// The release, where one is named: `12`.
    pub fn release(&self) -> Option<&str> {
        self.text.split_once(':').map(|(_, release)| release)
    }
}

/// One spelling of a release: `22.04:LTS` and `jammy` are `22.04`, `12.5` of Debian is `12`, `3.18.4` of
/// Alpine is `v3.18`.
fn release_of(base: &str, text: &str) -> String {
    let coded = CODENAMES.iter().find(|(of, name, _)| *of == base && *name == text);
    let text = coded.map_or(text, |(_, _, number)| number);
    let leading = |parts: usize| text.split('.').take(parts).collect::<Vec<_>>().join(".");
    match base {
        "Debian" | "AlmaLinux" | "Rocky Linux" | "Mageia" => leading(1),
        "Ubuntu" => text.strip_suffix(":LTS").unwrap_or(text).to_owned(),
        "Alpine" => {
            let text = leading(2);
            if text.starts_with(|c: char| c.is_ascii_digit()) { format!("v{text}") } else { text }
        }
        "Red Hat" => match text.strip_prefix("enterprise_linux:") {
            // a CPE part: `enterprise_linux:9::baseos`
            Some(rest) => rest.split([':', '.']).next().unwrap_or_default().to_owned(),
            None if text.starts_with(|c: char| c.is_ascii_digit()) => leading(1),
            None => text.to_owned(),
        },
        "openSUSE" if text.starts_with(|c: char| c.is_ascii_digit()) => format!("Leap {text}"),
        // modules and service packs can't be told from a version number
        "SUSE" if text.starts_with(|c: char| c.is_ascii_digit()) => String::new(),
        _ => text.to_owned(),
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    //! Spellings of one namespace.
    use super::*;

    #[test]
    fn spellings_of_osv() {
        for (text, expected) in [
            ("PyPI", "PyPI"),
            ("crates.io", "crates.io"),
            ("Debian:12", "Debian:12"),
            ("Debian", "Debian"),
            ("Ubuntu:22.04:LTS", "Ubuntu:22.04"),
            ("Ubuntu:24.10", "Ubuntu:24.10"),
            ("Ubuntu:Pro:18.04:LTS", "Ubuntu:Pro:18.04"),
            ("Alpine:v3.18", "Alpine:v3.18"),
            ("Alpine:edge", "Alpine:edge"),
            ("Red Hat:enterprise_linux:9::baseos", "Red Hat:9"),
            ("Red Hat:openshift:4.12::el8", "Red Hat:openshift:4.12::el8"),
            ("Rocky Linux:9", "Rocky Linux:9"),
            ("SUSE:Linux Enterprise Server 15 SP5", "SUSE:Linux Enterprise Server 15 SP5"),
            ("openSUSE:Leap 15.5", "openSUSE:Leap 15.5"),
        ] {
            let namespace = Namespace::from_osv(text).unwrap();
            assert_eq!(namespace.as_str(), expected, "{text}");
        }
        assert_eq!(Namespace::from_osv("Android"), None);
    }

    #[test]
    fn spellings_of_package_urls() {
        for (text, expected) in [
            ("pkg:deb/debian/curl@7.88?distro=debian-12", "Debian:12"),
            ("pkg:deb/debian/curl@7.88?distro=debian-12.5", "Debian:12"),
            ("pkg:deb/debian/curl@7.88?distro=bookworm", "Debian:12"),
            ("pkg:deb/ubuntu/curl@7.88?distro=ubuntu-22.04", "Ubuntu:22.04"),
            ("pkg:deb/ubuntu/curl@7.88?distro=jammy", "Ubuntu:22.04"),
            ("pkg:deb/ubuntu/curl@7.88", "Ubuntu"),
            ("pkg:apk/alpine/curl@8?distro=alpine-3.18.4", "Alpine:v3.18"),
            ("pkg:apk/alpine/curl@8?distro=3.18.4", "Alpine:v3.18"),
            ("pkg:apk/wolfi/curl@8", "Wolfi"),
            ("pkg:rpm/redhat/curl@7-1.el9?distro=rhel-9.2", "Red Hat:9"),
            ("pkg:rpm/rocky-linux/curl@7?distro=rocky-9.3", "Rocky Linux:9"),
            ("pkg:rpm/opensuse/curl@7?distro=opensuse-leap-15.5", "openSUSE:Leap 15.5"),
            ("pkg:rpm/suse/curl@7?distro=sles-15.5", "SUSE"),
            ("pkg:npm/%40a/b@1", "npm"),
            ("pkg:maven/org.a/b@1", "Maven"),
        ] {
            let namespace = Namespace::from_purl(&text.parse().unwrap()).unwrap();
            assert_eq!(namespace.as_str(), expected, "{text}");
        }
        let fedora: Purl = "pkg:rpm/fedora/curl@7?distro=fedora-39".parse().unwrap();
        assert_eq!(Namespace::from_purl(&fedora), None, "no advisories are published for it");
    }

    #[test]
    fn parts() {
        let namespace = Namespace::from_os_release("ubuntu", "22.04").unwrap();
        assert_eq!((namespace.base(), namespace.release()), ("Ubuntu", Some("22.04")));
        assert_eq!(namespace.ecosystem(), Ecosystem::Debian);
        assert_eq!(Namespace::whole(Ecosystem::Npm).release(), None);
        assert_eq!(Namespace::from_os_release("debian", "12").unwrap().as_str(), "Debian:12");
        assert_eq!(Namespace::from_os_release("void", "1"), None);
    }
}
