//! What rpm says is installed: the text of `rpm -qa`, or the headers of its database.
//!
//! A line is `name-version-release.arch`, rpm's own form, or what
//! `rpm -qa --qf '%{NAME} %{EPOCHNUM}:%{VERSION}-%{RELEASE} %{ARCH} %{VENDOR}\n'` gives, which also tells the
//! epoch and whose package it is. The release of the distribution follows from the vendor and a tag such as
//! `.el9` in the package's release. Keys (`gpg-pubkey`) are no packages.

mod header;

pub use header::read as read_headers;

use versions::Ecosystem;

use super::{Component, Inventory, MAX_LOCK_BYTES, bounded, text};
use crate::error::{Format, Place, Problem, ReadError};

/// How vendors' names begin; the namespace and the `distro` of package URLs; the tag before the number.
const VENDORS: [(&str, &str, &str, &str); 9] = [
    ("Red Hat", "redhat", "rhel", "el"),
    ("AlmaLinux", "almalinux", "almalinux", "el"),
    ("Rocky", "rocky-linux", "rocky", "el"),
    ("CentOS", "centos", "centos", "el"),
    ("Oracle", "oracle", "ol", "el"),
    ("Fedora", "fedora", "fedora", "fc"),
    ("Amazon", "amazon", "amzn", "amzn"),
    ("Mageia", "mageia", "mageia", "mga"),
    ("VMware", "photon", "photon", "ph"),
];

/// Reads the text of `rpm -qa`.
///
/// # Errors
/// [`ReadError`] with the line.
pub fn read_list(bytes: &[u8]) -> Result<Inventory, ReadError> {
    let text = text::of(Format::RpmList, bytes, MAX_LOCK_BYTES)?;
    let mut components = Vec::new();
    for (line, text) in text::lines(text) {
        let place = Place::line(line);
        let Some((name, version, vendor)) = parts(text) else {
            let problem = Problem::value(text, "a package such as `bash-5.1.8-6.el9.x86_64`");
            return Err(ReadError::new(Format::RpmList, place, problem));
        };
        if name != "gpg-pubkey" {
            components.push(component(name, version, vendor, place));
            bounded(Format::RpmList, &components)?;
        }
    }
    Ok(Inventory { format: Format::RpmList, components })
}

/// Name, `epoch:version-release`, vendor.
fn parts(line: &str) -> Option<(&str, &str, &str)> {
    let line = line.trim();
    if let Some((name, rest)) = line.split_once([' ', '\t']) {
        let (version, rest) =
            rest.trim_start().split_once([' ', '\t']).unwrap_or((rest.trim(), ""));
        let vendor =
            rest.trim_start().split_once([' ', '\t']).map_or("", |(_, vendor)| vendor.trim());
        let (_, release) = version.split_once('-')?;
        return (!name.is_empty() && !release.is_empty()).then_some((name, version, vendor));
    }
    let (package, arch) =
        if line.starts_with("gpg-pubkey-") { (line, "key") } else { line.rsplit_once('.')? };
    let (rest, release) = package.rsplit_once('-')?;
    let (name, version) = rest.rsplit_once('-')?;
    if [name, version, release, arch].contains(&"") {
        return None;
    }
    Some((name, package.get(name.len() + 1..)?, ""))
}

fn component(name: &str, version: &str, vendor: &str, place: Place) -> Component {
    // `%{EPOCH}` writes `(none)`; zero is what rpm takes it for
    let without = version.strip_prefix("(none):").or_else(|| version.strip_prefix("0:"));
    let version = without.unwrap_or(version);
    let known = VENDORS.iter().find(|(start, ..)| vendor.starts_with(start));
    let Some((_, namespace, id, tag)) = known else {
        return Component::unplaced(Ecosystem::Rpm, name, version, place);
    };
    let distro = release_number(version, tag).map(|number| format!("{id}-{number}"));
    let distro = distro.as_deref().unwrap_or_default();
    Component::installed((Ecosystem::Rpm, namespace, distro), name, Some(version), place)
}

/// The digits after a tag: `9` of `5.1.8-6.el9_2`.
pub(super) fn release_number<'a>(version: &'a str, tag: &str) -> Option<&'a str> {
    version.split(['.', '-', '+']).rev().find_map(|part| {
        let rest = part.strip_prefix(tag)?;
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest.get(..end).filter(|digits| !digits.is_empty())
    })
}

#[cfg(test)]
mod tests;
