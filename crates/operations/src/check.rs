//! What to patch first, on the operator's own machine: inventories against advisories, deadlines, a worklist.
//! Nothing leaves the machine and no network is needed.

mod inventory;
mod matches;
mod systems;
mod walk;

pub use matches::{Match, Matches, matches};
pub use remediation::Mission;
pub use systems::{Subject, called, fleet};

use crate::feeds::{Feeds, Used};
use crate::files::{self, FileError};
use crate::rules;
use domain::{AdvisoryId, AssetId, Line, Timestamp, Vocabulary, VocabularyError};
use remediation::{
    AssetExplanation, Component, Detections, EXPLAIN_WORDS, Explanation, Ruling, Suppressions,
    Table, TableError, WORDS, Worklist, WorklistView,
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use systems::Read;
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
    /// A database of rpm.
    #[error("{}: not an rpm database; give the output of `rpm -qa` instead", path.display())]
    Rpm {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: store::StoreError,
    },
    /// The table of deadlines.
    #[error("the table of deadlines")]
    Table(#[from] TableError),
    /// A table of the operator's own.
    #[error("{}", path.display())]
    Profile {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: TableError,
    },
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
    /// Two systems with one name.
    #[error("{} and {} would both be the system `{id}`; give each a name of its own, in a table (--fleet)", first.display(), second.display())]
    TwoSystems {
        /// What both would be called.
        id: AssetId,
        /// The one.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// A table of systems that says what it can't.
    #[error("{}{place}: {reason}", path.display())]
    Systems {
        /// Which table.
        path: PathBuf,
        /// Where in it.
        place: Box<advisory::Place>,
        /// What is wrong.
        reason: String,
    },
    /// Systems none of which could be read.
    #[error("none of {count} systems could be read; the first: {first}")]
    NoneRead {
        /// How many there are.
        count: usize,
        /// Why the first could not.
        first: String,
    },
    /// Neither an advisory nor a system.
    #[error("`{0}` is none of the systems given and no advisory's id")]
    NoSuchThing(String),
    /// A folder without an inventory.
    #[error("{}: no lock file, bill of materials or package manager's list below it", .0.display())]
    NoInventory(PathBuf),
    /// A folder with too much below it.
    #[error("{}: more than two million files or ten thousand inventories below it; give smaller folders", .0.display())]
    TooLarge(PathBuf),
    /// An id that no advisory has.
    #[error(
        "no advisory of these feeds has the id {0}, and none of the systems given is called so; look for a typing error, or bring newer feeds"
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
    /// Which snapshot of feeds was used.
    pub feeds: Used,
    /// The table that set the dates.
    #[serde(skip)]
    pub table: Table,
}

/// What is taken into account beside inventories and feeds.
#[derive(Debug, Clone)]
pub struct Given<'a> {
    /// The table that sets the dates.
    pub table: &'a Table,
    /// What earlier checks found.
    pub detected: &'a [Found],
    /// What suppliers say is no work.
    pub suppressions: &'a Suppressions,
}

/// The decision table of that name, or of the file at that path.
///
/// # Errors
/// A file that can't be read or is no table; it says where.
pub fn profile(name: &str) -> Result<Table, CheckError> {
    if let Some((_, text)) = rules::PROFILES.iter().find(|(known, _)| *known == name) {
        return Ok(Table::read(text)?);
    }
    let path = PathBuf::from(name);
    let text = files::read_text(&path, 1 << 20)?;
    Table::read(&text).map_err(|source| CheckError::Profile { path, source })
}

/// Every component of an inventory.
///
/// # Errors
/// A file that can't be read; the place in it is named.
pub fn components(inventory: &Path) -> Result<Vec<Component>, CheckError> {
    inventory::whole(inventory)
}

/// A file's name below a folder, as people are shown it.
fn within(path: &Path, folder: &Path) -> Option<Line> {
    line(&path.strip_prefix(folder).unwrap_or(path).to_string_lossy())
}

/// A file's name as one safe line, cut.
fn line(name: &str) -> Option<Line> {
    name.chars().filter(|c| !c.is_control()).take(200).collect::<String>().parse().ok()
}

/// Packages by namespace and normalised name.
pub(crate) type Packages = BTreeSet<(Namespace, String)>;

/// Every package of inventories and of folders of them, by namespace and normalised name; and what could not be read.
///
/// # Errors
/// A path that is none; a folder without an inventory.
pub(crate) fn packages(paths: &[PathBuf]) -> Result<(Packages, Vec<Unread>), CheckError> {
    let (mut all, mut unread) = (BTreeSet::new(), Vec::new());
    let mut add = |components: Vec<Component>| {
        for one in components {
            if let Some(namespace) = one.namespace {
                let name = namespace.ecosystem().normalise_name(&one.name);
                all.insert((namespace, name));
            }
        }
    };
    for path in paths {
        if !path.is_dir() {
            add(inventory::whole(path)?);
            continue;
        }
        let found = walk::inventories(path)?;
        if found.is_empty() {
            return Err(CheckError::NoInventory(path.clone()));
        }
        for path in found {
            match inventory::whole(&path) {
                Ok(read) => add(read),
                Err(error) => unread.push(Unread { path, reason: crate::plain(&error) }),
            }
        }
    }
    Ok((all, unread))
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
    let (table, suppressions) = (&Table::read(rules::BOD_26_04)?, &Suppressions::default());
    let given = Given { table, detected, suppressions };
    check_given(subjects, feeds, &given, words, (now, &|_, _| {}))
}

/// Told how many systems were read, of how many.
pub type Tell<'a> = dyn Fn(usize, usize) + 'a;

/// As [`check`], with a table, and with what suppliers say is no work listed apart; tells how far it is.
///
/// # Errors
/// See [`CheckError`].
pub fn check_given(
    subjects: &[Subject],
    feeds: &Feeds,
    given: &Given<'_>,
    words: &Vocabulary,
    (now, tell): (Timestamp, &Tell<'_>),
) -> Result<Checked, CheckError> {
    words.require(WORDS.iter().copied())?;
    let Given { table, detected, suppressions } = *given;
    let Read { fleet, unread, places } = systems::read(subjects, &feeds.index, now, tell)?;
    let mut detections = Detections::new();
    for (asset, advisory, at) in detected {
        detections.insert(asset.clone(), advisory.clone(), *at);
    }
    let rules = (table, &feeds.index);
    let before = (&detections, suppressions);
    let worklist = Worklist::build_without(rules, &feeds.intelligence, &fleet, before, now);
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
        feeds: feeds.used.clone(),
        table: table.clone(),
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
        let unnamed = || "a VEX document".parse().expect("words are a line");
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let source = line(&name).unwrap_or_else(unnamed);
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
    let rules = (&checked.table, &feeds.index);
    remediation::explain(id, rules, &feeds.intelligence, &checked.worklist, words)
        .ok_or_else(|| CheckError::NoSuchFlaw(id.clone()))
}

/// Explains a system whose list of work this is: what is known of it, and what it being exposed or not would change.
///
/// # Errors
/// Words that are missing.
pub fn explain_system(
    system: &Subject,
    checked: &Checked,
    words: &Vocabulary,
) -> Result<AssetExplanation, CheckError> {
    words.require(EXPLAIN_WORDS.iter().copied())?;
    Ok(remediation::explain_asset(&system.name, &checked.table, &checked.worklist, words))
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
        let Ruling { flaw, facts, .. } = &*target.ruling;
        let at = facts.detected.as_ref().map_or(checked.worklist.as_of, |d| d.value);
        for (asset, id) in
            target.assets.ids().flat_map(|a| flaw.ids.iter().map(move |id| (a.clone(), id)))
        {
            let known = first.entry((asset, id.clone())).or_insert(at);
            *known = at.min(*known);
        }
    }
    let all: Vec<Found> = first.into_iter().map(|((asset, id), at)| (asset, id, at)).collect();
    // a line each: a fleet has many
    let lines: Result<Vec<_>, _> = all.iter().map(serde_json::to_string).collect();
    let lines =
        lines.map_err(|e| CheckError::History { path: path.to_owned(), reason: e.to_string() })?;
    let bytes = format!("[\n{}\n]\n", lines.join(",\n")).into_bytes();
    Ok(files::write(path, &bytes, files::Access::Private)?)
}

#[cfg(test)]
mod tests;
