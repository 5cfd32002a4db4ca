//! What to patch first, on the operator's own machine: inventories against advisories, deadlines, a worklist.
//! Nothing leaves the machine and no network is needed.

mod walk;

use crate::feeds::Feeds;
use crate::files::{self, FileError};
use crate::rules;
use advisory::inventory;
use domain::{AdvisoryId, AssetId, Line, Timestamp, Vocabulary, VocabularyError};
use remediation::{
    Asset, Component, Detections, EXPLAIN_WORDS, Explanation, Known, Provenance, Suppressions,
    Table, TableError, WORDS, Worklist, WorklistView,
};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use versions::Namespace;

/// Largest history, in bytes.
const HISTORY: u64 = 1 << 30;
/// Largest inventory, in bytes.
const INVENTORY: u64 = 512 << 20;

/// Why nothing could be checked.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// What is in it.
    #[error("{}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// What is wrong, and where.
        #[source]
        source: Box<advisory::ReadError>,
    },
    /// The table of deadlines.
    #[error("the table of deadlines")]
    Table(#[from] TableError),
    /// The words.
    #[error(transparent)]
    Words(#[from] VocabularyError),
    /// A name that can't be an asset's.
    #[error("`{given}` can't be an asset's name: {reason}")]
    Asset {
        /// What was given.
        given: String,
        /// Why not.
        reason: String,
    },
    /// A folder without an inventory.
    #[error("{}: no lock file, bill of materials or package manager's list below it", .0.display())]
    NoInventory(PathBuf),
    /// A folder with too much below it.
    #[error("{}: more than two million files or ten thousand inventories below it; give smaller folders", .0.display())]
    TooLarge(PathBuf),
    /// An id that no advisory has.
    #[error(
        "no advisory of these feeds has the id {0}; look for a typing error, or bring newer feeds"
    )]
    NoSuchFlaw(AdvisoryId),
    /// A history that can't be read or written.
    #[error("{}: not a history of earlier checks: {reason}; move it away to begin anew", path.display())]
    History {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// One inventory to check.
#[derive(Debug, Clone)]
pub struct Subject {
    /// A file, such as `Cargo.lock` or a bill of materials, or a folder with any number of them below.
    pub path: PathBuf,
    /// What people call the asset.
    pub name: String,
    /// Whether the internet can reach it, if anybody knows.
    pub exposed: Option<bool>,
}

/// An inventory that could not be read.
#[derive(Debug, Serialize)]
pub struct Unread {
    /// Which file.
    pub path: PathBuf,
    /// Why, and where in it.
    pub reason: String,
}

/// A worklist with what it was made from.
#[derive(Debug, Serialize)]
pub struct Checked {
    /// What to do, as data.
    pub worklist: Worklist,
    /// What to do, in words.
    pub view: WorklistView,
    /// What to do, for a terminal.
    #[serde(skip)]
    pub text: String,
    /// What was given for each asset.
    #[serde(skip)]
    pub places: BTreeMap<AssetId, String>,
    /// Inventories of folders that could not be read.
    pub unread: Vec<Unread>,
    /// Advisories that were matched against.
    pub advisories: usize,
    /// Whether only the shipped facts were used.
    pub demonstration: bool,
}

/// Reads an inventory as an asset.
///
/// # Errors
/// A file that can't be read; the place in it is named.
pub fn asset(subject: &Subject, now: Timestamp) -> Result<Asset, CheckError> {
    with(subject, components(&subject.path)?, now)
}

/// Reads every inventory below a folder as one asset; those that can't be read are told, and the others count.
fn folder(subject: &Subject, now: Timestamp) -> Result<(Asset, Vec<Unread>), CheckError> {
    let found = walk::inventories(&subject.path)?;
    if found.is_empty() {
        return Err(CheckError::NoInventory(subject.path.clone()));
    }
    let (mut all, mut unread) = (Vec::new(), Vec::new());
    for path in found {
        match components(&path) {
            Ok(components) => all.extend(components),
            Err(error) => unread.push(Unread { path, reason: crate::plain(&error) }),
        }
    }
    Ok((with(subject, all, now)?, unread))
}

/// The components of a file.
fn components(path: &Path) -> Result<Vec<Component>, CheckError> {
    let bytes = files::read(path, INVENTORY)?;
    let read = inventory::read(&path.to_string_lossy(), &bytes)
        .map_err(|source| CheckError::Read { path: path.to_owned(), source: Box::new(source) })?;
    let release = distribution(path);
    Ok(read.components.into_iter().map(|read| component(read, release.as_ref())).collect())
}

fn with(
    subject: &Subject,
    components: Vec<Component>,
    now: Timestamp,
) -> Result<Asset, CheckError> {
    let wrong = |reason: String| CheckError::Asset { given: subject.name.clone(), reason };
    let name: Line =
        subject.name.parse().map_err(|e: domain::ParseTextError| wrong(e.to_string()))?;
    let source: Line =
        "the operator".parse().map_err(|e: domain::ParseTextError| wrong(e.to_string()))?;
    let told = |value| Known { value, from: Provenance { source: source.clone(), as_of: now } };
    Ok(Asset {
        id: slug(&subject.name).parse().map_err(|e: domain::ParseIdError| wrong(e.to_string()))?,
        name,
        exposed: subject.exposed.map(told),
        taken_at: now,
        components,
    })
}

/// A component. A package manager's file does not name the machine's release; `release` does.
fn component(read: inventory::Component, release: Option<&Namespace>) -> Component {
    let ecosystem = read.ecosystem;
    let mut component = Component::from(read);
    let named = component.namespace.as_ref().is_some_and(|found| found.release().is_some());
    if let Some(release) = release.filter(|one| ecosystem == Some(one.ecosystem()))
        && !named
    {
        component.namespace = Some(release.clone());
    }
    component
}

/// The release of the system whose package manager keeps this file: `etc/os-release` beside `var/lib` or
/// `lib`, of a running machine or of an unpacked image.
fn distribution(inventory: &Path) -> Option<Namespace> {
    let root = inventory.ancestors().find(|folder| {
        ["var/lib/dpkg", "lib/apk/db", "var/lib/rpm"].iter().any(|end| folder.ends_with(end))
    })?;
    let root = root.ancestors().nth(3)?;
    let text = ["etc/os-release", "usr/lib/os-release"]
        .iter()
        .find_map(|file| files::read_text(&root.join(file), 64 << 10).ok())?;
    let value = |key: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='))?;
        Some(line.trim().trim_matches(['"', '\'']).to_owned())
    };
    Namespace::from_os_release(&value("ID")?, &value("VERSION_ID").unwrap_or_default())
}

/// An id from a name: lower case, everything else a hyphen.
fn slug(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let text: String = name.chars().map(plain).take(60).collect();
    let text = text.trim_matches('-');
    if text.is_empty() { "asset".to_owned() } else { text.to_owned() }
}

/// Matches assets against feeds and makes the worklist.
///
/// # Errors
/// See [`CheckError`].
pub fn check(
    subjects: &[Subject],
    feeds: &Feeds,
    detected: &[(AssetId, AdvisoryId, Timestamp)],
    words: &Vocabulary,
    now: Timestamp,
) -> Result<Checked, CheckError> {
    check_without(subjects, feeds, (detected, &Suppressions::default()), words, now)
}

/// As [`check`], with what suppliers say is no work listed apart.
///
/// # Errors
/// See [`CheckError`].
pub fn check_without(
    subjects: &[Subject],
    feeds: &Feeds,
    (detected, suppressions): (&[Found], &Suppressions),
    words: &Vocabulary,
    now: Timestamp,
) -> Result<Checked, CheckError> {
    words.require(WORDS.iter().copied())?;
    let table = Table::read(rules::BOD_26_04)?;
    let (mut assets, mut unread) = (Vec::new(), Vec::new());
    for subject in subjects {
        if subject.path.is_dir() {
            let (asset, not_read) = folder(subject, now)?;
            assets.push(asset);
            unread.extend(not_read);
        } else {
            assets.push(asset(subject, now)?);
        }
    }
    let mut detections = Detections::new();
    for (asset, advisory, at) in detected {
        detections.insert(asset.clone(), advisory.clone(), *at);
    }
    let rules = (&table, &feeds.index);
    let before = (&detections, suppressions);
    let worklist = Worklist::build_without(rules, &feeds.intelligence, &assets, before, now);
    let given = |subject: &Subject| subject.path.to_string_lossy().into_owned();
    let places = assets.iter().zip(subjects).map(|(a, s)| (a.id.clone(), given(s))).collect();
    let mut view = worklist.view(words);
    // what was not read is not known to be well
    view.unknowns.extend(unread.iter().map(|one| one.reason.clone()));
    Ok(Checked {
        places,
        unread,
        text: view.text(words),
        view,
        advisories: feeds.index.len(),
        demonstration: feeds.demonstration,
        worklist,
    })
}

/// Reads what suppliers say, from VEX documents; gives how many statements have no reason and don't count.
///
/// # Errors
/// A file that can't be read, with the place in it.
pub fn read_vex(paths: &[PathBuf]) -> Result<(Suppressions, usize), CheckError> {
    let (mut all, mut left_out) = (Suppressions::default(), 0);
    for path in paths {
        let bytes = files::read(path, INVENTORY)?;
        let read = advisory::vex::read(&bytes)
            .map_err(|source| CheckError::Read { path: path.clone(), source: Box::new(source) })?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let source: String = name.chars().filter(|c| !c.is_control()).take(200).collect();
        let unnamed = || "a VEX document".parse().expect("words are a line");
        let source: Line = source.parse().unwrap_or_else(|_| unnamed());
        left_out += all.add(&source, &read);
    }
    Ok((all, left_out))
}

/// Explains one flaw, by any of its ids: what is known, where it is, what would change its date.
///
/// # Errors
/// [`CheckError::NoSuchFlaw`] when no advisory has the id; else as [`check`].
pub fn explain(
    id: &AdvisoryId,
    feeds: &Feeds,
    checked: &Checked,
    words: &Vocabulary,
) -> Result<Explanation, CheckError> {
    words.require(EXPLAIN_WORDS.iter().copied())?;
    let table = Table::read(rules::BOD_26_04)?;
    let rules = (&table, &feeds.index);
    remediation::explain(id, rules, &feeds.intelligence, &checked.worklist, words)
        .ok_or_else(|| CheckError::NoSuchFlaw(id.clone()))
}

/// When what was first found where: an asset, an advisory, an instant.
pub type Found = (AssetId, AdvisoryId, Timestamp);

/// Reads what earlier checks found, so that "found here" keeps its first day and no deadline moves by itself.
/// No file is an empty history.
///
/// # Errors
/// A file that is no history; it is not overwritten.
pub fn read_history(path: &Path) -> Result<Vec<Found>, CheckError> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let bytes = files::read(path, HISTORY)?;
    serde_json::from_slice(&bytes)
        .map_err(|e| CheckError::History { path: path.to_owned(), reason: e.to_string() })
}

/// Adds what was found now to a history. What was found before keeps its first instant.
///
/// # Errors
/// The system's.
pub fn write_history(path: &Path, before: Vec<Found>, checked: &Checked) -> Result<(), CheckError> {
    let mut first: BTreeMap<(AssetId, AdvisoryId), Timestamp> =
        before.into_iter().map(|(asset, advisory, at)| ((asset, advisory), at)).collect();
    for target in checked.worklist.items.iter().flat_map(|action| &action.targets) {
        for id in &target.flaw.ids {
            let at = target.facts.detected.as_ref().map_or(checked.worklist.as_of, |d| d.value);
            let known = first.entry((target.asset.clone(), id.clone())).or_insert(at);
            *known = at.min(*known);
        }
    }
    let all: Vec<Found> = first.into_iter().map(|((asset, id), at)| (asset, id, at)).collect();
    let mut bytes = serde_json::to_vec_pretty(&all)
        .map_err(|e| CheckError::History { path: path.to_owned(), reason: e.to_string() })?;
    bytes.push(b'\n');
    Ok(files::write(path, &bytes, files::Access::Private)?)
}

#[cfg(test)]
mod tests;
