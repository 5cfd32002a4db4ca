//! Which reader takes a file: by its name where the name says it, by its content otherwise.

use super::{
    Inventory, read_apk, read_cargo_lock, read_composer, read_csaf_assets, read_cyclonedx,
    read_dpkg, read_gemfile, read_go_mod, read_go_sum, read_gradle, read_kernel, read_maven_list,
    read_maven_pom, read_npm_list, read_nuget, read_package_lock, read_pip_list, read_pipfile,
    read_pnpm, read_poetry, read_python_metadata, read_requirements, read_rpm_list, read_spdx,
    read_spreadsheet, read_uv, read_yarn,
};
use crate::error::ReadError;
use crate::json;

type Reader = fn(&[u8]) -> Result<Inventory, ReadError>;

/// File names that say how to read, in lower case.
const NAMES: [(&str, Reader); 17] = [
    ("buildscript-gradle.lockfile", read_gradle),
    ("cargo.lock", read_cargo_lock),
    ("composer.lock", read_composer),
    ("gemfile.lock", read_gemfile),
    ("gems.locked", read_gemfile),
    ("go.mod", read_go_mod),
    ("go.sum", read_go_sum),
    ("gradle.lockfile", read_gradle),
    ("npm-shrinkwrap.json", read_package_lock),
    ("package-lock.json", read_package_lock),
    ("packages.lock.json", read_nuget),
    ("pipfile.lock", read_pipfile),
    ("pnpm-lock.yaml", read_pnpm),
    ("poetry.lock", read_poetry),
    ("pom.xml", read_maven_pom),
    ("uv.lock", read_uv),
    ("yarn.lock", read_yarn),
];

/// Names that a walk passes over: `go.mod` beside `go.sum` says what is built; `uname` is a program, too.
const PASSED_OVER: [&str; 2] = ["go.sum", "uname"];

/// Ends of paths that say how to read, in lower case, after a `/` or at the beginning.
const PATHS: [(&str, Reader); 5] = [
    ("dpkg/status", read_dpkg),
    ("apk/db/installed", read_apk),
    ("proc/version", read_kernel),
    ("proc/version_signature", read_kernel),
    ("proc/sys/kernel/osrelease", read_kernel),
];

/// Ends of names of bills of materials, in lower case.
const BILLS: [(&str, Reader); 9] = [
    (".spdx", read_spdx),
    (".spdx.json", read_spdx),
    (".spdx3.json", read_spdx),
    (".cdx.json", read_cyclonedx),
    (".cdx.xml", read_cyclonedx),
    ("bom.json", read_any),
    ("bom.xml", read_any),
    (".bom", read_any),
    (".sbom", read_any),
];

/// Keys of JSON documents that say what they are. A bill of materials may have any of the others, too.
const KEYS: [&[(&str, Reader)]; 2] = [
    &[
        ("bomFormat", read_cyclonedx),
        ("spdxVersion", read_spdx),
        ("SPDXID", read_spdx),
        ("@context", read_spdx),
        ("@graph", read_spdx),
    ],
    &[
        ("product_tree", read_csaf_assets),
        ("lockfileVersion", read_package_lock),
        ("_meta", read_pipfile),
        ("content-hash", read_composer),
        ("dependencies", read_npm_list),
    ],
];

/// Reads a file of any format that we know.
///
/// The name decides where it is one that a tool always gives (`Cargo.lock`, `…/dpkg/status`, `bom.json`);
/// otherwise the content does. What nothing fits is read as CycloneDX, whose refusal says what is missing.
///
/// # Errors
/// [`ReadError`] of the reader that was chosen.
pub fn read(file_name: &str, bytes: &[u8]) -> Result<Inventory, ReadError> {
    by_name(&lower(file_name)).unwrap_or(read_any)(bytes)
}

/// Whether the name or path alone says that a file lists what is installed: for the walk of a folder.
pub fn is_inventory(file_name: &str) -> bool {
    let name = lower(file_name);
    let base = base(&name);
    if base == "metadata" || base == "pkg-info" {
        let folder = name.rsplit('/').nth(1).unwrap_or_default();
        return folder.ends_with(".dist-info") || folder.ends_with(".egg-info");
    }
    // tables may hold anything, and so may `.txt` and `.in`
    if base.ends_with(".csv") || base.ends_with(".tsv") {
        return false;
    }
    if base.ends_with(".txt") || base.ends_with(".in") {
        return base.contains("requirements");
    }
    !PASSED_OVER.contains(&base) && by_name(&name).is_some()
}

fn lower(file_name: &str) -> String {
    file_name.replace('\\', "/").to_lowercase()
}

fn base(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// The reader for a name in lower case.
fn by_name(name: &str) -> Option<Reader> {
    let base = base(name);
    let path = |end: &str| {
        name.strip_suffix(end).is_some_and(|before| before.is_empty() || before.ends_with('/'))
    };
    let named = NAMES.iter().find(|(known, _)| *known == base);
    let placed = || PATHS.iter().find(|(end, _)| path(end));
    let bill = || BILLS.iter().find(|(end, _)| base.ends_with(end));
    if let Some((_, reader)) = named.or_else(placed).or_else(bill) {
        return Some(*reader);
    }
    match base {
        // copied out of their folder
        "status" => Some(read_dpkg),
        "installed" => Some(read_apk),
        "metadata" | "pkg-info" => Some(read_python_metadata),
        _ if base.ends_with(".csv") || base.ends_with(".tsv") => Some(read_spreadsheet),
        _ if base.starts_with("rpm") && base.ends_with(".txt") => Some(read_rpm_list),
        "uname" | "uname.txt" | "kernel.txt" => Some(read_kernel),
        _ if base.ends_with(".txt") || base.ends_with(".in") => Some(read_text),
        _ => None,
    }
}

/// By content.
fn read_any(bytes: &[u8]) -> Result<Inventory, ReadError> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    if text.starts_with(b"{") {
        for keys in KEYS {
            let names: Vec<&'static str> = keys.iter().map(|(key, _)| *key).collect();
            let found = json::first_key(text, &names);
            if let Some((_, reader)) = found.and_then(|key| keys.iter().find(|one| one.0 == key)) {
                return reader(bytes);
            }
        }
    }
    if text.starts_with(b"[{") {
        return read_pip_list(bytes);
    }
    by_start(text).unwrap_or(read_cyclonedx)(bytes)
}

/// Beginnings of texts that say what they are.
const STARTS: [(&[u8], Reader); 3] = [
    (b"SPDXVersion:", read_spdx),
    (b"[INFO]", read_maven_list),
    (b"The following files have been resolved", read_maven_list),
];

fn by_start(text: &[u8]) -> Option<Reader> {
    STARTS.iter().find(|(start, _)| text.starts_with(start)).map(|(_, reader)| *reader)
}

/// A text whose name says nothing; it lists requirements unless its beginning says otherwise.
fn read_text(bytes: &[u8]) -> Result<Inventory, ReadError> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    by_start(text).unwrap_or(read_requirements)(bytes)
}
