//! Inventories from their files. Of a large one only that is kept which can be of concern.

use super::{CheckError, INVENTORY};
use crate::files;
use advisory::inventory;
use remediation::{Component, Index, Sifted};
use std::fs::File;
use std::path::Path;
use versions::Namespace;

/// The name of rpm's database.
pub(super) const RPM: &str = "rpmdb.sqlite";

/// Reads an inventory, and keeps what can be of concern.
///
/// # Errors
/// A file that can't be read; the place in it is named.
pub(super) fn sifted(path: &Path, index: &Index) -> Result<Sifted, CheckError> {
    let name = path.file_name().unwrap_or_default();
    if name.eq_ignore_ascii_case("Cargo.lock") {
        let system = |act| move |source| CheckError::File(files::system(act, path)(source));
        let file = File::open(path).map_err(system("open"))?;
        if let Some(sifted) = Sifted::of_lock(file, index).map_err(system("read"))? {
            return Ok(sifted);
        }
    }
    Ok(Sifted::of(&whole(path)?, index))
}

/// The components of a file.
pub(super) fn whole(path: &Path) -> Result<Vec<Component>, CheckError> {
    parse(path, &files::read(path, INVENTORY)?)
}

/// The components of a file that has these bytes.
pub(super) fn parse(path: &Path, bytes: &[u8]) -> Result<Vec<Component>, CheckError> {
    let read = if path.file_name().is_some_and(|name| name == RPM) {
        let headers = store::rpm_headers(bytes)
            .map_err(|source| CheckError::Rpm { path: path.to_owned(), source })?;
        inventory::read_rpm_headers(&headers)
    } else {
        inventory::read(&path.to_string_lossy(), bytes)
    };
    let read = read
        .map_err(|source| CheckError::Read { path: path.to_owned(), source: Box::new(source) })?;
    let release = distribution(path);
    let kernel = path.parent().is_some_and(|folder| folder.ends_with("proc"));
    let components = read.components.into_iter();
    Ok(components.map(|read| component(read, release.as_ref(), kernel)).collect())
}

/// A component. A package manager's file does not name the machine's release; `release` does. A kernel may be that of
/// the system around a container, and then of another distribution.
fn component(read: inventory::Component, release: Option<&Namespace>, kernel: bool) -> Component {
    let ecosystem = read.ecosystem;
    let mut component = Component::from(read);
    let named = component.namespace.as_ref().is_some_and(|found| found.release().is_some());
    let base = component.namespace.as_ref().map(Namespace::base);
    if let Some(release) = release.filter(|one| ecosystem == Some(one.ecosystem()))
        && !named
        && (!kernel || base == Some(release.base()))
    {
        component.namespace = Some(release.clone());
    }
    component
}

/// Where package managers keep their files, and the kernel says what it is, below a system's root.
const FOLDERS: [&str; 5] =
    ["var/lib/dpkg", "lib/apk/db", "var/lib/rpm", "usr/lib/sysimage/rpm", "proc"];

/// The release of the system whose package manager keeps this file: `etc/os-release` beside `var/lib` or
/// `lib`, of a running machine or of an unpacked image.
pub(super) fn distribution(inventory: &Path) -> Option<Namespace> {
    let root =
        inventory.ancestors().find(|folder| FOLDERS.iter().any(|end| folder.ends_with(end)))?;
    let depth = FOLDERS.iter().find(|end| root.ends_with(end))?.split('/').count();
    let root = root.ancestors().nth(depth)?;
    let text = ["etc/os-release", "usr/lib/os-release"]
        .iter()
        .find_map(|file| files::read_text(&root.join(file), 64 << 10).ok())?;
    let value = |key: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='))?;
        Some(line.trim().trim_matches(['"', '\'']).to_owned())
    };
    Namespace::from_os_release(&value("ID")?, &value("VERSION_ID").unwrap_or_default())
}
