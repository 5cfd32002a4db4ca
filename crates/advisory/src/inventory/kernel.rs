//! The running kernel: `/proc/version`, `/proc/version_signature`, or what `uname -a` or `uname -r` prints.
//!
//! It becomes the distribution's package. Debian's version stands only in the longer forms; `uname -r` alone
//! gives Debian's kernel without version, so that it is *unknown*. Ubuntu's is put together from the release
//! (`5.15.0-91-generic`) and the build (`#101-Ubuntu`), and belongs to one source package for each flavour.

use versions::Ecosystem;

use super::rpm::release_number;
use super::{Component, Inventory, text};
use crate::error::{Format, Place, Problem, ReadError};

/// Longest text we read, in bytes.
const MAX_BYTES: usize = 64 << 10;

/// A kernel's release in parts: `5.15.0`, `91`, `generic`.
struct Release<'a> {
    whole: &'a str,
    base: &'a str,
    number: &'a str,
    flavour: &'a str,
}

/// Reads the release of a running kernel.
///
/// # Errors
/// [`ReadError`] where the text holds no kernel release.
pub fn read(bytes: &[u8]) -> Result<Inventory, ReadError> {
    let text = text::of(Format::Kernel, bytes, MAX_BYTES)?.trim();
    let words: Vec<&str> = text.split_whitespace().collect();
    let whole = match words.as_slice() {
        // `Ubuntu 5.15.0-91.101-generic 5.15.131`, `Linux version 6.1.0-18-amd64 …`, `Linux host 6.1.0-18-amd64 …`
        ["Ubuntu", release, ..] | ["Linux", _, release, ..] | [release] => *release,
        _ => "",
    };
    if !whole.starts_with(|c: char| c.is_ascii_digit()) || !whole.contains('.') {
        let problem = Problem::value(text, "a kernel release such as `6.1.0-18-amd64`");
        return Err(ReadError::new(Format::Kernel, Place::line(1), problem));
    }
    let mut parts = whole.splitn(3, '-');
    let mut next = || parts.next().unwrap_or_default();
    let release = Release { whole, base: next(), number: next(), flavour: next() };
    let component = if words.first() == Some(&"Ubuntu") {
        // the signature has the build in its number: `91.101`
        ubuntu(&release, release.number.split_once('.').map_or("", |(_, build)| build), true)
    } else if let Some(build) = ubuntu_build(&words) {
        ubuntu(&release, build, false)
    } else {
        other(&release, &words)
    };
    Ok(Inventory { format: Format::Kernel, components: vec![component] })
}

/// `101` of `#101-Ubuntu`, `14~22.04.1` of `#14~22.04.1-Ubuntu`.
fn ubuntu_build<'a>(words: &[&'a str]) -> Option<&'a str> {
    words.iter().find_map(|word| word.strip_prefix('#')?.strip_suffix("-Ubuntu"))
}

fn ubuntu(release: &Release<'_>, build: &str, signed: bool) -> Component {
    let number =
        if signed { release.number.split('.').next().unwrap_or_default() } else { release.number };
    // kernels of later releases are built for earlier ones: `~22.04.1`
    let backport =
        build.split_once('~').map(|(_, of)| of.split('.').take(2).collect::<Vec<_>>().join("."));
    let distro = backport.as_ref().map(|of| format!("ubuntu-{of}"));
    let series: Vec<&str> = release.base.split('.').take(2).collect();
    let series = series.join(".");
    let flavour = match (release.flavour, &backport) {
        ("generic" | "virtual", None) => "linux".to_owned(),
        ("generic" | "virtual", Some(_)) => format!("linux-hwe-{series}"),
        (flavour, None) => format!("linux-{flavour}"),
        (flavour, Some(_)) => format!("linux-{flavour}-{series}"),
    };
    let version = format!("{}-{number}.{build}", release.base);
    let of = (Ecosystem::Debian, "ubuntu", distro.as_deref().unwrap_or_default());
    Component::installed(of, &flavour, Some(&version), Place::line(1))
}

fn other(release: &Release<'_>, words: &[&str]) -> Component {
    let place = Place::line(1);
    let series: Vec<&str> = release.base.split('.').take(2).collect();
    let series = series.join(".");
    // `Debian 6.1.76-1 (2024-02-01)`; the compiler is Debian's as well, but of another version
    let debian = words.windows(2).find_map(|pair| match pair {
        ["Debian", version] if version.starts_with(&series) => Some(*version),
        _ => None,
    });
    let tagged = release.whole.split_once("+deb").map(|(_, rest)| {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        format!("debian-{}", rest.get(..end).unwrap_or_default())
    });
    let machine = ["amd64", "arm64", "686", "686-pae", "armmp", "riscv64", "ppc64le", "s390x"];
    let debian_like = machine.iter().any(|one| release.whole.ends_with(one));
    if debian.is_some() || tagged.is_some() || debian_like {
        let of = (Ecosystem::Debian, "debian", tagged.as_deref().unwrap_or_default());
        return Component::installed(of, "linux", debian, place);
    }
    if ["lts", "virt", "edge", "rpi"].contains(&release.flavour) {
        let version = format!("{}-r{}", release.base, release.number);
        let name = format!("linux-{}", release.flavour);
        return Component::pinned(Ecosystem::Alpine, &name, Some(&version), place);
    }
    let rpm = ["el", "fc", "amzn"].iter().any(|tag| release_number(release.whole, tag).is_some());
    if rpm && let Some((version, _)) = release.whole.rsplit_once('.') {
        return Component::unplaced(Ecosystem::Rpm, "kernel", version, place);
    }
    Component::unknown("linux", Some(release.whole), place)
}

#[cfg(test)]
mod tests;
