//! Feeds: advisories, KEV, SSVC and EPSS, from files into one index, and the index from its file.
//!
//! A folder is read whole each time. [`compile`] makes one file of it, which is mapped and used where it
//! lies, so that a check starts at once however many advisories there are.

mod courier;
mod fetch;
mod map;
mod mixed;
mod openpgp;
mod publish;
mod reading;
mod receive;
mod signed;
mod snapshot;
mod sources;
mod taken;
mod unpack;
mod update;

pub use fetch::FetchError;
pub use openpgp::{KeyFault, PinnedKeys, SignatureFault};
pub use publish::{Published, Publishing, publish};
pub use receive::{Received, Subscription, receive};
pub use signed::{Fault, Founded, Renewal, found, renew};
pub use sources::Sources;
pub use taken::{Recorded, TakenError, record};
pub use update::{Fetched, Order, update};

use crate::files::{self, FileError};
use crate::rules;
use advisory::ReadError;
use domain::{Digest, Timestamp};
use reading::Reading;
use remediation::{Index, Intelligence, PackedError, SliceError, Snapshot};
use snapshot::Folder;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Largest feed file, in bytes.
pub(crate) const FEED: u64 = 1 << 30;

/// Why feeds can't be used.
#[derive(Debug, thiserror::Error)]
pub enum FeedsError {
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
        source: Box<ReadError>,
    },
    /// A folder without advisories.
    #[error("{}: no advisories there; put OSV records as *.json or *.jsonl into it", .0.display())]
    NoAdvisories(PathBuf),
    /// A compressed file or an archive that can't be unpacked.
    #[error("{}: {reason}; fetch it again", path.display())]
    Packed {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Something that could not be fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// A file that the pinned keys do not vouch for.
    #[error("{what}: {fault}")]
    Signature {
        /// Which file, or its address.
        what: String,
        /// Why not.
        fault: SignatureFault,
    },
    /// A key that can't be pinned.
    #[error("{what}: {fault}")]
    Key {
        /// Where it was to come from.
        what: String,
        /// Why not.
        fault: KeyFault,
    },
    /// A folder of fetched files that is damaged.
    #[error("{}: {reason}", path.display())]
    Snapshot {
        /// Which folder.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A signed feed that is not what its publisher signed, or not its newest.
    #[error("{fault}: {reason}")]
    Feed {
        /// Which rule it breaks.
        fault: Fault,
        /// What was found.
        reason: String,
    },
    /// An inventory, or a folder of them, for which slices are to be fetched.
    #[error(transparent)]
    Inventory {
        /// What is wrong with it.
        source: Box<crate::check::CheckError>,
    },
    /// A part of a sliced feed that can't be read.
    #[error("{}", path.display())]
    Slice {
        /// Which file.
        path: PathBuf,
        /// What is wrong, and where.
        #[source]
        source: SliceError,
    },
    /// A file that is no index, or no longer one.
    #[error("{}", path.display())]
    Index {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: PackedError,
    },
}

/// What advisories, KEV, SSVC and EPSS say.
#[derive(Debug)]
pub struct Feeds {
    /// Advisories, ready to match.
    pub index: Index,
    /// KEV, SSVC and EPSS.
    pub intelligence: Intelligence,
    /// Whether these are only the shipped facts.
    pub demonstration: bool,
    /// From what they were read.
    pub used: Used,
}

/// From which files feeds were read, so that a page can be made again and two people can say whether they used the
/// same.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Used {
    /// The digest of all files together; what `update` states in the log.
    pub snapshot: Digest,
    /// How many files there are.
    pub files: usize,
    /// When the index was made of them, RFC 3339; none where the files were read as they lie.
    pub made_at: Option<String>,
}

impl Used {
    fn of(snapshot: &Snapshot) -> Self {
        let made_at = Some(snapshot.made_at.clone()).filter(|at| !at.is_empty());
        Self { snapshot: snapshot.digest(), files: snapshot.sources.len(), made_at }
    }
}

/// The shipped facts.
///
/// # Errors
/// Never for the files as shipped; a test holds that.
pub fn shipped() -> Result<Feeds, FeedsError> {
    let mut reading = Reading::default();
    for file in rules::FACTS {
        reading.add(Path::new(file.name), file.text.as_bytes())?;
    }
    Ok(Feeds { demonstration: true, ..reading.finish() })
}

/// Feeds from a folder of files or from a file that [`compile`] made.
///
/// # Errors
/// A file that can't be read, with the place in it; an index that is damaged.
pub fn read(path: &Path) -> Result<Feeds, FeedsError> {
    if path.is_dir() {
        let reading = gather(&[path.to_owned()], &|_, _| ())?;
        return Ok(reading.finish());
    }
    let wrong = |source| FeedsError::Index { path: path.to_owned(), source };
    let index = Index::open(Arc::new(map::Map::open(path)?)).map_err(wrong)?;
    // what is believed without a second look must at least be what was written
    index.packed().check().map_err(wrong)?;
    let (_, snapshot) = index.packed().about();
    let nothing = Snapshot { made_at: String::new(), sources: Vec::new(), left_out: Vec::new() };
    let used = Used::of(&snapshot.unwrap_or(nothing));
    Ok(Feeds { intelligence: Intelligence::of(&index), index, demonstration: false, used })
}

/// What [`compile`] made.
#[derive(Debug, serde::Serialize)]
pub struct Compiled {
    /// Where the index is.
    pub index: PathBuf,
    /// Its length in bytes.
    pub bytes: usize,
    /// SHA-256 of the file.
    pub sha256: String,
    /// How many advisories it holds.
    pub advisories: usize,
    /// From what it was made.
    pub snapshot: Snapshot,
}

/// Makes one file of feeds, for [`read`]. `progress` hears bytes read and bytes in all.
///
/// # Errors
/// A file that can't be read, with the place in it; a file that can't be written.
pub fn compile(
    from: &[PathBuf],
    to: &Path,
    now: Timestamp,
    progress: &dyn Fn(u64, u64),
) -> Result<Compiled, FeedsError> {
    gather(from, progress)?.compile(to, now)
}

/// As [`compile`], where each CSAF document must have a signature of a pinned key beside it (`NAME.asc`). Says how many
/// have.
///
/// # Errors
/// As [`compile`]; a document without a signature, or with one that is not good.
pub fn compile_signed(
    from: &[PathBuf],
    keys: PinnedKeys,
    to: &Path,
    now: Timestamp,
    progress: &dyn Fn(u64, u64),
) -> Result<(Compiled, usize), FeedsError> {
    let reading = gather_into(Reading::vouched_by(keys, now), from, progress)?;
    let signed = reading.signed;
    Ok((reading.compile(to, now)?, signed))
}

/// Reads every file of folders, and files.
fn gather(from: &[PathBuf], progress: &dyn Fn(u64, u64)) -> Result<Reading, FeedsError> {
    gather_into(Reading::default(), from, progress)
}

fn gather_into(
    mut reading: Reading,
    from: &[PathBuf],
    progress: &dyn Fn(u64, u64),
) -> Result<Reading, FeedsError> {
    let mut paths = Vec::new();
    for path in from {
        if Folder::is_one(path) {
            let folder = Folder::new(path);
            for held in folder.current()?.into_iter().flat_map(|(_, manifest)| manifest.files) {
                reading.held(&folder, &held)?;
            }
        } else if path.is_dir() {
            for extension in ["json", "jsonl", "csv", "gz", "zip"] {
                paths.extend(files::list(path, extension)?);
            }
        } else {
            paths.push(path.clone());
        }
    }
    let length = |path: &PathBuf| std::fs::metadata(path).map_or(0, |meta| meta.len());
    let total = paths.iter().map(length).sum();
    let mut done = 0;
    for path in paths {
        let bytes = files::read(&path, FEED)?;
        done += bytes.len() as u64;
        reading.vouched(&path, &bytes, &|| beside(&path))?;
        reading.add(&path, &bytes)?;
        progress(done, total);
    }
    reading.join();
    if reading.pack.is_empty() {
        let named = from.first().cloned().unwrap_or_default();
        return Err(FeedsError::NoAdvisories(named));
    }
    Ok(reading)
}

/// The signature that lies beside a file, if one does.
fn beside(path: &Path) -> Result<Option<Vec<u8>>, FeedsError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".asc");
    let path = PathBuf::from(name);
    if !path.exists() {
        return Ok(None);
    }
    Ok(Some(files::read(&path, openpgp::MAX_BYTES as u64)?))
}

#[cfg(test)]
mod tests;
