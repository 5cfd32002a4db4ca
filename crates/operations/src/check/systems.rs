//! Systems with their inventories, read into one fleet.

use super::{CheckError, INVENTORY, Tell, Unread, inventory, line, walk, within};
use crate::files;
use domain::{AssetId, Digest, Line, Timestamp};
use remediation::{Fleet, Index, InventoryNumber, Known, Mission, Provenance, Sifted, Standing};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use versions::Namespace;

/// Largest table of systems, in bytes.
const TABLE: u64 = 64 << 20;
/// Most systems of a folder.
const SYSTEMS: usize = advisory::inventory::MAX_SYSTEMS;

/// One system to check.
#[derive(Debug, Clone)]
pub struct Subject {
    /// A file, such as `Cargo.lock` or a bill of materials, or a folder with any number of them below.
    pub path: PathBuf,
    /// What people call the asset.
    pub name: String,
    /// Whether the internet can reach it, if anybody knows.
    pub exposed: Option<bool>,
    /// What depends on it, if anybody says.
    pub mission: Option<Mission>,
    /// Whether it is one of a fleet: then the others count although this one can't be read.
    pub of_fleet: bool,
}

impl Subject {
    /// An inventory on its own, of which nobody says what depends on it.
    pub fn new(path: impl Into<PathBuf>, name: impl Into<String>, exposed: Option<bool>) -> Self {
        let (path, name) = (path.into(), name.into());
        Self { path, name, exposed, mission: None, of_fleet: false }
    }

    /// Whether this is what people mean by it: its name, or its id.
    pub fn is(&self, called: &str) -> bool {
        self.name == called || slug(&self.name) == called
    }
}

/// What was read.
pub(super) struct Read {
    pub(super) fleet: Fleet,
    pub(super) unread: Vec<Unread>,
    /// What was given for each asset.
    pub(super) places: BTreeMap<AssetId, String>,
}

/// The systems of a fleet: those of a folder, each file and each folder in it a system; or those of a table, with where
/// the inventory of each is, counted from the table's own folder. What the table does not say of a system is as given.
///
/// # Errors
/// A folder without a system or with too many; a table that can't be read, with the line.
pub fn fleet(
    path: &Path,
    (exposed, mission): (Option<bool>, Option<Mission>),
) -> Result<Vec<Subject>, CheckError> {
    if path.is_dir() {
        return folder(path, (exposed, mission));
    }
    let bytes = files::read(path, TABLE)?;
    let read = advisory::inventory::read_systems(&bytes);
    let read = read
        .map_err(|source| CheckError::Read { path: path.to_owned(), source: Box::new(source) })?;
    let beside = path.parent().unwrap_or(Path::new(""));
    let subjects = read.into_iter().map(|system| {
        let mission = match system.mission {
            None => mission,
            Some(word) => Some(word.parse().map_err(|reason| CheckError::Systems {
                path: path.to_owned(),
                place: Box::new(system.place),
                reason,
            })?),
        };
        let inventory = beside.join(system.inventory);
        let name = system.name.unwrap_or_else(|| called(&inventory));
        let exposed = system.exposed.or(exposed);
        Ok(Subject { path: inventory, name, exposed, mission, of_fleet: true })
    });
    subjects.collect()
}

fn folder(
    path: &Path,
    (exposed, mission): (Option<bool>, Option<Mission>),
) -> Result<Vec<Subject>, CheckError> {
    let mut found = walk::list(path).map_err(files::system("list", path))?;
    let name = |path: &PathBuf| path.file_name().map(|n| n.to_string_lossy().into_owned());
    found.retain(|one| {
        name(one).is_some_and(|name| !name.starts_with('.') && !name.ends_with(".md"))
    });
    if found.is_empty() {
        return Err(CheckError::NoInventory(path.to_owned()));
    }
    if found.len() > SYSTEMS {
        return Err(CheckError::TooLarge(path.to_owned()));
    }
    found.sort();
    let subject = |path: PathBuf| {
        let name = called(&path);
        Subject { path, name, exposed, mission, of_fleet: true }
    };
    Ok(found.into_iter().map(subject).collect())
}

/// Ends of names that say what a file is and not whose.
const ENDS: [&str; 13] = [
    "json", "xml", "cdx", "spdx", "spdx3", "bom", "sbom", "csv", "tsv", "txt", "lock", "yaml",
    "toml",
];

/// What people would call it: a file's name without what says of which kind it is, a folder's whole name.
pub fn called(path: &Path) -> String {
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let Some(name) = whole.file_name().map(|name| name.to_string_lossy().into_owned()) else {
        return "this system".to_owned();
    };
    if whole.is_dir() {
        return name;
    }
    let mut rest = name.as_str();
    while let Some((before, end)) = rest.rsplit_once('.')
        && !before.is_empty()
        && ENDS.contains(&end.to_ascii_lowercase().as_str())
    {
        rest = before;
    }
    rest.to_owned()
}

/// Reads systems, each file or folder as one; of folders and fleets also what could not be read.
pub(super) fn read(
    subjects: &[Subject],
    index: &Index,
    now: Timestamp,
    tell: &Tell<'_>,
) -> Result<Read, CheckError> {
    let mut reader =
        Reader { index, many: subjects.len() > 1, fleet: Fleet::default(), alike: BTreeMap::new() };
    let (mut unread, mut places) = (Vec::new(), BTreeMap::new());
    let mut seen: BTreeMap<AssetId, &Path> = BTreeMap::new();
    for (at, subject) in subjects.iter().enumerate() {
        let id = id_of(subject)?;
        if let Some(first) = seen.insert(id.clone(), &subject.path) {
            let (first, second) = (first.to_owned(), subject.path.clone());
            return Err(CheckError::TwoSystems { id, first, second });
        }
        match reader.inventory(&subject.path, &mut unread) {
            Ok(inventory) => {
                places.insert(id.clone(), subject.path.to_string_lossy().into_owned());
                reader.fleet.place(&id, &name_of(subject)?, standing(subject, now), inventory);
            }
            Err(error) if subject.of_fleet => {
                unread.push(Unread { path: subject.path.clone(), reason: crate::plain(&error) });
            }
            Err(error) => return Err(error),
        }
        tell(at + 1, subjects.len());
    }
    match unread.first() {
        Some(first) if reader.fleet.is_empty() => {
            Err(CheckError::NoneRead { count: subjects.len(), first: first.reason.clone() })
        }
        _ => Ok(Read { fleet: reader.fleet, unread, places }),
    }
}

/// Inventories into a fleet; files with the same bytes are read once.
struct Reader<'a> {
    index: &'a Index,
    many: bool,
    fleet: Fleet,
    alike: BTreeMap<(Digest, String, Option<Namespace>), InventoryNumber>,
}

impl Reader<'_> {
    fn inventory(
        &mut self,
        path: &Path,
        unread: &mut Vec<Unread>,
    ) -> Result<InventoryNumber, CheckError> {
        if path.is_dir() {
            let (parts, not_read) = below(path, self.index)?;
            unread.extend(not_read);
            return Ok(self.fleet.take(parts));
        }
        if !self.many {
            return Ok(self.fleet.take(inventory::sifted(path, self.index)?));
        }
        let bytes = files::read(path, INVENTORY)?;
        // how a file is read depends on its name and on the system that it belongs to
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let kind = name.split_once('.').map_or(&*name, |(_, kind)| kind).to_owned();
        let key = (Digest::of(&bytes), kind, inventory::distribution(path));
        if let Some(number) = self.alike.get(&key) {
            return Ok(*number);
        }
        let parts = Sifted::of(&inventory::parse(path, &bytes)?, self.index);
        let number = self.fleet.take(parts);
        self.alike.insert(key, number);
        Ok(number)
    }
}

/// Reads every inventory below a folder as one system; those that can't be read are told, and the others count.
pub(super) fn below(path: &Path, index: &Index) -> Result<(Sifted, Vec<Unread>), CheckError> {
    let found = walk::inventories(path)?;
    if found.is_empty() {
        return Err(CheckError::NoInventory(path.to_owned()));
    }
    let (mut all, mut unread) = (Sifted::default(), Vec::new());
    for file in found {
        match inventory::sifted(&file, index) {
            Ok(read) => all.extend(read, within(&file, path).as_ref()),
            Err(error) => unread.push(Unread { path: file, reason: crate::plain(&error) }),
        }
    }
    Ok((all, unread))
}

fn standing(subject: &Subject, now: Timestamp) -> Standing {
    let source = || line("the operator").expect("words are a line");
    let from = || Provenance { source: source(), as_of: now };
    Standing {
        exposed: subject.exposed.map(|value| Known { value, from: from() }),
        mission: subject.mission.map(|value| Known { value, from: from() }),
        taken_at: now,
    }
}

fn name_of(subject: &Subject) -> Result<Line, CheckError> {
    let wrong = |reason: domain::ParseTextError| CheckError::Asset {
        given: subject.name.clone(),
        reason: reason.to_string(),
    };
    subject.name.parse().map_err(wrong)
}

fn id_of(subject: &Subject) -> Result<AssetId, CheckError> {
    let wrong = |reason: domain::ParseIdError| CheckError::Asset {
        given: subject.name.clone(),
        reason: reason.to_string(),
    };
    slug(&subject.name).parse().map_err(wrong)
}

/// An id from a name: lower case, everything else a hyphen.
fn slug(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let text: String = name.chars().map(plain).take(60).collect();
    let text = text.trim_matches('-');
    if text.is_empty() { "asset".to_owned() } else { text.to_owned() }
}
