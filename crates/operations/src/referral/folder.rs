//! The package's folder: drafting, items copied and hashed in one pass, what belongs in it.

use super::answers::{self, Questions};
use super::{ReferralError, refuse, screen};
use crate::files::{self, Access, FileError};
use aws_lc_rs::digest;
use domain::{Digest, Digest384, Line, PackageId, PartyId, PersonId, Text, Timestamp};
use referral::{Check, Holder, Item, ItemName, Items, Manifest, Outcome};
use serde::Serialize;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Most bytes of `manifest.json`.
const MANIFEST: u64 = 4 << 20;
/// Most files that a package's folder may hold.
const MOST: usize = 30_000;
/// Deepest folder below the package's; names of items are short.
const DEEP: usize = 70;
/// Files beside the manifest that only a bundle writes.
pub(super) const BUNDLED: [&str; 6] = [
    "README.txt",
    "trust.toml",
    "offences.toml",
    "certification-902-13.txt",
    "certification-902-14.txt",
    "SHA256SUMS",
];

/// How an item was collected.
#[derive(Debug, Clone)]
pub struct Collected {
    /// Its name in the package.
    pub name: ItemName,
    /// What it is.
    pub description: Line,
    /// Who collected it.
    pub by: PersonId,
    /// When; the moment of adding it if not said.
    pub at: Option<Timestamp>,
    /// Where.
    pub place: Line,
    /// With which tool and version.
    pub tool: Line,
}

/// A package that waits for evidence and answers.
#[derive(Debug, Clone, Serialize)]
pub struct Drafted {
    /// Its manifest, which the program keeps.
    pub manifest: PathBuf,
    /// The questions, which a person answers in this file.
    pub to_fill_in: PathBuf,
    /// What has no answer yet.
    pub unanswered: Vec<String>,
}

/// Makes a package's folder, and beside it a file of questions with every mandatory section, each marked
/// unanswered. A file of answers that is there already is kept.
///
/// # Errors
/// The folder has a manifest already, or the system's.
pub fn draft(
    folder: &Path,
    package: PackageId,
    issuer: PartyId,
    title: Line,
    summary: Text,
) -> Result<Drafted, ReferralError> {
    let manifest = Manifest {
        package,
        revision: 1,
        previous: None,
        issuer,
        title,
        summary,
        items: Vec::new(),
        custody: Vec::new(),
        timeline: Vec::new(),
        systems: Vec::new(),
        agents: Vec::new(),
        losses: Vec::new(),
        offences: Vec::new(),
        exculpatory: None,
        good_faith: None,
    };
    let path = folder.join("manifest.json");
    let Questions { text, unanswered } = answers::questions(&screen()?, &manifest.package);
    files::create(&path, &json(&manifest), Access::Private)?;
    let to_fill_in = answers::answers_beside(folder);
    if !to_fill_in.exists() {
        files::write(&to_fill_in, text.as_bytes(), Access::Private)?;
    }
    Ok(Drafted { manifest: path, to_fill_in, unanswered })
}

/// Copies a file into the package and lists it with both digests.
///
/// # Errors
/// The same bytes or name are listed already, or the system's.
pub fn add(
    folder: &Path,
    file: &Path,
    collected: Collected,
    now: Timestamp,
) -> Result<Item, ReferralError> {
    let mut manifest = read_manifest(folder)?;
    let Collected { name, description, by, at, place, tool } = collected;
    if manifest.items.iter().any(|i| i.name == name) {
        return Err(refuse("item-twice", format!("`{name}` is in the package already")));
    }
    let path = folder.join("items").join(name.as_str());
    let hashed = copy(file, &path)?;
    if let Some(there) = manifest.item(&hashed.sha256) {
        let detail = format!("the same bytes are in the package already, as `{}`", there.name);
        files::remove(&path)?;
        return Err(refuse("item-twice", detail));
    }
    let Hashed { sha256, sha384, size } = hashed;
    let collected_by = Holder { party: manifest.issuer.clone(), person: by };
    let (collected_at, collected_where) = (at.unwrap_or(now), place);
    let item = Item {
        name,
        sha256,
        sha384,
        size,
        description,
        collected_by,
        collected_at,
        collected_where,
        tool,
    };
    manifest.items.push(item.clone());
    write_manifest(folder, &manifest)?;
    Ok(item)
}

/// Reads the package's manifest.
///
/// # Errors
/// Missing or malformed; says the line.
pub fn read_manifest(folder: &Path) -> Result<Manifest, ReferralError> {
    let path = folder.join("manifest.json");
    let bytes = manifest_bytes(folder)?;
    Manifest::read(&bytes).map_err(|source| ReferralError::Manifest { path, source })
}

pub(super) fn manifest_bytes(folder: &Path) -> Result<Vec<u8>, FileError> {
    files::read(&folder.join("manifest.json"), MANIFEST)
}

pub(super) fn write_manifest(folder: &Path, manifest: &Manifest) -> Result<(), FileError> {
    files::write(&folder.join("manifest.json"), &json(manifest), Access::Private)
}

fn json(manifest: &Manifest) -> Vec<u8> {
    let text = serde_json::to_string_pretty(manifest);
    let mut text = text.expect("a manifest has text keys only");
    text.push('\n');
    text.into_bytes()
}

/// Digests and length of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hashed {
    pub(super) sha256: Digest,
    pub(super) sha384: Digest384,
    pub(super) size: u64,
}

/// Hashes a plain file of any size.
pub(super) fn hash(path: &Path) -> Result<Hashed, FileError> {
    each(path, &mut |_| Ok(()))
}

/// Gives a plain file to `sink` in pieces and hashes it on the way.
fn each(
    path: &Path,
    sink: &mut dyn FnMut(&[u8]) -> Result<(), FileError>,
) -> Result<Hashed, FileError> {
    let failed = files::system("read", path);
    let mut file = File::open(path).map_err(failed)?;
    if !file.metadata().map_err(failed)?.is_file() {
        return Err(failed(io::Error::other("it is not a plain file")));
    }
    let mut sha256 = digest::Context::new(&digest::SHA256);
    let mut sha384 = digest::Context::new(&digest::SHA384);
    let (mut size, mut buffer) = (0u64, vec![0; 64 << 10]);
    loop {
        let length = file.read(&mut buffer).map_err(failed)?;
        let Some(piece) = buffer.get(..length).filter(|piece| !piece.is_empty()) else { break };
        sha256.update(piece);
        sha384.update(piece);
        size = size.saturating_add(piece.len() as u64);
        sink(piece)?;
    }
    let (mut short, mut long) = ([0; 32], [0; 48]);
    short.copy_from_slice(sha256.finish().as_ref());
    long.copy_from_slice(sha384.finish().as_ref());
    Ok(Hashed { sha256: Digest::from_bytes(short), sha384: Digest384::from_bytes(long), size })
}

/// Copies a file durably, whole or not at all. The digests are those of the bytes that were written.
fn copy(from: &Path, to: &Path) -> Result<Hashed, FileError> {
    let folder = to.parent().unwrap_or(Path::new("."));
    let name = to.file_name().unwrap_or_default().to_string_lossy();
    let temporary = folder.join(format!(".{name}.{}.new", std::process::id()));
    let failed = files::system("write", to);
    fs::create_dir_all(folder).map_err(failed)?;
    let mut options = File::options();
    let options = options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(&temporary).map_err(failed)?;
    let copied =
        each(from, &mut |piece| file.write_all(piece).map_err(failed)).and_then(|hashed| {
            file.sync_all().map_err(failed)?;
            fs::rename(&temporary, to).map_err(failed)?;
            File::open(folder).and_then(|f| f.sync_all()).map_err(failed)?;
            Ok(hashed)
        });
    if copied.is_err() {
        // best effort: the error that counts is the first
        let _ = fs::remove_file(&temporary);
    }
    copied
}

/// That every item lies in the folder as the manifest says, and nothing else does. What a killed command left
/// half-written is removed.
///
/// # Errors
/// The first file that differs, is missing, or does not belong here.
pub(super) fn check_items(folder: &Path, manifest: &Manifest) -> Result<(), ReferralError> {
    for item in &manifest.items {
        let found = hash(&folder.join("items").join(item.name.as_str()))?;
        let Hashed { sha256, sha384, size } = found;
        if (sha256, sha384, size) != (item.sha256, item.sha384, item.size) {
            let detail = format!(
                "items/{} is not what was collected: {size} bytes with SHA-256 {sha256}; the manifest says {} with {}",
                item.name, item.size, item.sha256
            );
            return Err(refuse("item-changed", detail));
        }
    }
    for found in list(folder)? {
        let path = folder.join(&found.path);
        if found.plain && is_left_over(&found.path) {
            files::remove(&path)?;
            continue;
        }
        let item = found.path.strip_prefix("items/");
        let listed = item.is_some_and(|n| manifest.items.iter().any(|i| i.name.as_str() == n));
        if !found.plain || !(listed || belongs(&found.path)) {
            let detail = format!(
                "{} is in the package's folder and no part of it; move it away, or add it as an item",
                path.display()
            );
            return Err(refuse("stray-file", detail));
        }
    }
    Ok(())
}

/// Whether a name is one that writing a file uses before its rename.
fn is_left_over(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.starts_with('.') && Path::new(name).extension().is_some_and(|e| e == "new")
}

/// Whether a package has files of this path, other than items.
pub(super) fn belongs(path: &str) -> bool {
    let pair = |(part, extension): (&str, &str)| {
        let name = path.strip_prefix(part).and_then(|rest| rest.strip_prefix('/'));
        name.is_some_and(|n| {
            !n.contains('/') && Path::new(n).extension().is_some_and(|e| e == extension)
        })
    };
    path == "manifest.json"
        || BUNDLED.contains(&path)
        || pair(super::statements::RECEIPTS)
        || pair(super::statements::STATEMENTS)
}

/// One file of the folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    /// Its path below the folder, with `/`.
    pub(super) path: String,
    /// Whether it is a plain file: no link, no device.
    pub(super) plain: bool,
}

/// Every file below the folder, sorted. Links are named, not followed.
pub(super) fn list(folder: &Path) -> Result<Vec<Found>, FileError> {
    let mut found = Vec::new();
    walk(folder, "", DEEP, &mut found)?;
    found.sort();
    Ok(found)
}

fn walk(folder: &Path, before: &str, deep: usize, into: &mut Vec<Found>) -> Result<(), FileError> {
    let here = folder.join(before);
    let failed = files::system("list", &here);
    for entry in fs::read_dir(&here).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let path = format!("{before}{}", entry.file_name().to_string_lossy());
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_dir() && deep > 0 {
            walk(folder, &format!("{path}/"), deep - 1, into)?;
        } else if into.len() < MOST {
            into.push(Found { path, plain: kind.is_file() });
        } else {
            return Err(failed(io::Error::other("more files than a package has")));
        }
    }
    Ok(())
}

/// The items of a package as the rules read them.
pub(super) struct ItemFolder<'a> {
    pub(super) folder: &'a Path,
    pub(super) found: &'a [Found],
}

impl Items for ItemFolder<'_> {
    fn read(&mut self, name: &ItemName, sink: &mut dyn FnMut(&[u8])) -> Result<bool, String> {
        let path = format!("items/{name}");
        let Some(found) = self.found.iter().find(|f| f.path == path) else { return Ok(false) };
        if !found.plain {
            return Err("it is a link or a device, not a plain file".to_owned());
        }
        let given = each(&self.folder.join(path), &mut |piece| {
            sink(piece);
            Ok(())
        });
        given.map(|_| true).map_err(|e| crate::plain(&e))
    }

    fn names(&mut self) -> Vec<String> {
        let below = self.found.iter().filter_map(|f| f.path.strip_prefix("items/"));
        below.map(str::to_owned).collect()
    }
}

/// The exculpatory section in lines.
pub(super) fn for_the_defence(manifest: &Manifest) -> Vec<String> {
    let Some(section) = &manifest.exculpatory else {
        return vec!["the section is missing".to_owned()];
    };
    if section.found.is_empty() {
        return vec![format!("none found after looking at: {}", section.looked_at)];
    }
    section.found.iter().map(|f| f.what.to_string()).collect()
}

/// A check that failed.
pub(super) fn bad(what: &'static str, subject: &str, reason: impl Into<String>) -> Check {
    Check { what, subject: subject.to_owned(), outcome: Outcome::Bad(reason.into()) }
}
