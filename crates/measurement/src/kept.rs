//! What an evaluator keeps of a run in its home, and the file of criteria.

use super::{MeasureError, rest};
use assessment::{Opening, ResultOpening};
use domain::wire::{self, WireError};
use domain::{Digest, RunId, Timestamp};
use minicbor::{Decode, Encode};
use operations::ctx::Random;
use operations::files::{self, Access, FileError};
use operations::home::Home;
use rustix::fs::{FlockOperation, flock};
use std::fs::{DirBuilder, File};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

/// The first line of a file of criteria, by the version of the document.
const MAGIC: [&[u8]; 2] = [b"vestibule-criteria/v1\n", b"vestibule-criteria/v2\n"];
/// Most bytes of a kept file.
const LIMIT: u64 = (wire::LIMIT as u64) + 64;
/// What sealing adds at the most.
const SEALED: u64 = 64 << 10;

/// Why a file of criteria can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CriteriaError {
    /// The first line is another.
    #[error("not a file of criteria: its first line is not `vestibule-criteria/v2` or `/v1`")]
    Magic,
    /// The first line is that of another version than the rest.
    #[error("the first line names another version of the document than the criteria after it have")]
    Version,
    /// The rest is not criteria. Places count from the end of the first line.
    #[error("the criteria after the first line")]
    Content(#[from] WireError),
}

/// Reads a file of criteria with its salts: one line that names the format, then deterministic CBOR.
///
/// # Errors
/// What is wrong, and at which byte.
pub fn read_criteria(bytes: &[u8]) -> Result<Opening, CriteriaError> {
    let found = MAGIC.iter().find_map(|magic| Some((*magic, bytes.strip_prefix(*magic)?)));
    let (magic, content) = found.ok_or(CriteriaError::Magic)?;
    let opening = wire::decode(content)?;
    if magic == first_line(&opening) { Ok(opening) } else { Err(CriteriaError::Version) }
}

fn first_line(opening: &Opening) -> &'static [u8] {
    let [first, second] = MAGIC;
    if opening.criteria.version() == 1 { first } else { second }
}

/// The bytes of a file of criteria.
pub(super) fn criteria_bytes(opening: &Opening) -> Vec<u8> {
    [first_line(opening), &wire::encode(opening)].concat()
}

/// Reads a file of criteria from disk.
pub(super) fn criteria_at(path: &Path) -> Result<Opening, MeasureError> {
    let bytes = files::read(path, LIMIT)?;
    read_criteria(&bytes).map_err(|source| MeasureError::Criteria { path: path.to_owned(), source })
}

/// A measurement that is over, as it will be stated. Written before it is stated.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(super) struct Kept {
    /// The transcript's root.
    #[n(0)]
    pub(super) transcript: Digest,
    /// When the first call could have been made.
    #[n(1)]
    pub(super) started_at: Timestamp,
    /// When the last oracle was judged.
    #[n(2)]
    pub(super) ended_at: Timestamp,
    /// Outcomes and verdict with the salt of their commitment.
    #[n(3)]
    pub(super) result: ResultOpening,
}

/// The folder of one run in the evaluator's home.
#[derive(Debug)]
pub(super) struct Keeping<'a> {
    home: &'a Home,
    run: RunId,
    folder: PathBuf,
}

/// Held while a command works on a run.
#[derive(Debug)]
pub(super) struct RunLock(
    #[expect(dead_code, reason = "the lock is held while the file is open")] File,
);

impl<'a> Keeping<'a> {
    pub(super) fn of(home: &'a Home, run: &RunId) -> Self {
        let folder = home.folder().join("runs").join(run.as_str());
        Self { home, run: run.clone(), folder }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    fn criteria_path(&self) -> PathBuf {
        self.folder.join("criteria")
    }

    /// What the criteria are bound to where they lie.
    fn what(&self) -> String {
        format!("criteria of {}", self.run)
    }

    /// Makes the folder and keeps other commands off the run until the lock is dropped.
    pub(super) fn lock(&self) -> Result<RunLock, MeasureError> {
        private_folder(&self.folder)?;
        let path = self.folder.join("lock");
        let open = || File::options().create(true).truncate(false).write(true).open(&path);
        let file = open().map_err(files::system("open", &path))?;
        flock(&file, FlockOperation::NonBlockingLockExclusive)
            .map_err(|_| MeasureError::Busy(self.folder.clone()))?;
        Ok(RunLock(file))
    }

    /// Keeps criteria with seed and salts, sealed to this home's own keys.
    pub(super) fn keep_criteria(
        &self,
        opening: &Opening,
        random: &dyn Random,
    ) -> Result<(), MeasureError> {
        let path = self.criteria_path();
        let place = (self.home, path.as_path());
        let letter = rest::seal_own(place, &self.what(), &criteria_bytes(opening), random)?;
        Ok(files::write(&path, &letter, Access::Private)?)
    }

    /// The criteria as they lie here. Those of earlier versions lie open.
    pub(super) fn opening(&self) -> Result<Opening, MeasureError> {
        let path = self.criteria_path();
        let mut bytes = files::read(&path, LIMIT + SEALED)?;
        if rest::sealed(&bytes) {
            bytes = rest::open_own((self.home, &path), &self.what(), &bytes)?;
        }
        read_criteria(&bytes).map_err(|source| MeasureError::Criteria { path, source })
    }

    /// The criteria, checked to be the ones that were sealed, part by part.
    pub(super) fn criteria(&self, run: &RunId, sealed: &Digest) -> Result<Opening, MeasureError> {
        let opening = self.opening()?;
        match opening.check(sealed) {
            Ok(()) => Ok(opening),
            Err(fault) => {
                let path = self.criteria_path();
                Err(MeasureError::OtherCriteria { path, run: run.clone(), fault })
            }
        }
    }

    pub(super) fn keep_result(&self, kept: &Kept) -> Result<(), FileError> {
        files::write(&self.folder.join("result"), &wire::encode(kept), Access::Private)
    }

    /// The result, if the run came to its end.
    pub(super) fn result(&self) -> Result<Option<Kept>, MeasureError> {
        let path = self.folder.join("result");
        if !path.exists() {
            return Ok(None);
        }
        let bytes = files::read(&path, LIMIT)?;
        let kept = wire::decode(&bytes);
        kept.map(Some).map_err(|e| MeasureError::Result { path, reason: e.to_string() })
    }
}

/// Makes a folder that only its owner may enter; one that is there stays as it is.
pub(super) fn private_folder(folder: &Path) -> Result<(), FileError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(files::system("make the folder", folder))
}

#[cfg(test)]
pub(super) mod tests;
