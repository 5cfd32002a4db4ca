//! Where the tests find the shared vectors, and what they say of them in one word.
use std::path::PathBuf;

use crate::inventory::{Component, Inventory};
use versions::Containment;

/// The folder `name` of the shared data, or `None` (after saying so) where there is none.
#[expect(clippy::disallowed_methods, reason = "tests find their data by environment")]
pub(crate) fn folder(name: &str) -> Option<PathBuf> {
    let root = std::env::var("VESTIBULE_DATA").map_or_else(
        |_| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let folder = root.join(name);
    if !folder.is_dir() {
        println!("skipped: {name} (no VESTIBULE_DATA)");
        return None;
    }
    Some(folder)
}

/// A file's bytes, decompressed where its name ends in `.zst`.
pub(crate) fn bytes(path: &std::path::Path) -> Vec<u8> {
    let bytes = std::fs::read(path).unwrap();
    if path.extension().is_some_and(|extension| extension == "zst") {
        zstd::decode_all(bytes.as_slice()).unwrap()
    } else {
        bytes
    }
}

/// Every file below the folder, sorted.
pub(crate) fn files(folder: &std::path::Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(self::files(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

/// An inventory, one component a line: where, what, and the package URL or the version alone.
pub(crate) fn show(inventory: &Inventory) -> String {
    let line = |one: &Component| {
        let purl = one.purl().map(|purl| purl.to_string());
        let what = purl.unwrap_or_else(|| format!("{} {:?}", one.name, one.version));
        format!("{}: {what}\n", one.place.to_string().trim_start_matches(", "))
    };
    inventory.components.iter().map(line).collect()
}

/// Replays `fuzz/corpus/<target>` and returns how many files it holds.
pub(crate) fn replay(target: &str, read: impl Fn(&[u8])) {
    let folder =
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus")).join(target);
    let files = files(&folder);
    assert!(files.len() >= 3, "{target} has {} files", files.len());
    for file in files {
        read(&bytes(&file));
    }
}

pub(crate) const AFFECTED: Option<bool> = Some(true);
pub(crate) const NOT: Option<bool> = Some(false);
pub(crate) const UNKNOWN: Option<bool> = None;

/// Whether it is said to be affected.
pub(crate) fn told(contained: &Containment) -> Option<bool> {
    match contained {
        Containment::Affected => Some(true),
        Containment::NotAffected => Some(false),
        Containment::Unknown(_) => None,
    }
}
