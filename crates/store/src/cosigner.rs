//! What a witness or a mirror must never forget: for each log the latest checkpoint, how far a mirror has come, and
//! the checkpoints that show a log's misbehaviour.
//!
//! [`CosignerState::advance`] is a compare-and-swap: two requests that were checked against the same record can't
//! both be stored, so the record never goes back. It is durable when it returns, and only then may a cosignature leave
//! the process.

mod database;
mod memory;
mod sql;

pub use database::CosignerDatabase;
pub use memory::MemoryCosignerState;

use crate::StoreError;
use domain::Timestamp;
use std::fmt::Debug;
use tlog::witness::{Latest, Misbehaviour};

/// The most checkpoints that are kept as evidence for one log.
pub const MAX_EVIDENCE: u64 = 1_000;

/// The latest checkpoint that was recorded for a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedCheckpoint {
    /// Size, root and time of the cosignature.
    pub latest: Latest,
    /// The signed note: the log's verified lines, and a witness's own.
    pub note: Vec<u8>,
}

/// How far a mirror has come with a log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// The first entry that is missing; everything before is durable.
    pub next: u64,
    /// The SHA-256 root over the entries before it.
    pub root: Option<[u8; 32]>,
    /// The SHA-384 root over them; none when the mirror keeps one tree of this log.
    pub root384: Option<[u8; 48]>,
    /// The mirror checkpoint, signed by log and mirror.
    pub mirrored: Option<Vec<u8>>,
    /// Its size; 0 without one.
    pub mirrored_size: u64,
}

/// A checkpoint that shows something about its log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The log's name.
    pub origin: String,
    /// How strong it is.
    pub shows: Misbehaviour,
    /// The checkpoint, signed by the log.
    pub note: Vec<u8>,
    /// What was recorded when it came, signed by the log; `None` when nothing was.
    pub against: Option<Vec<u8>>,
    /// When it came.
    pub at: Timestamp,
}

/// Where a witness or a mirror keeps its records.
pub trait CosignerState: Debug + Send + Sync {
    /// The latest checkpoint of a log.
    ///
    /// # Errors
    /// When the storage fails.
    fn recorded(&self, origin: &str) -> Result<Option<RecordedCheckpoint>, StoreError>;

    /// Records a checkpoint if the latest one is still `from`; false if it is another and nothing was changed.
    /// Durable when it returns.
    ///
    /// # Errors
    /// When the storage fails. It is then not known what is recorded: read it anew, and answer nobody.
    fn advance(
        &self,
        origin: &str,
        from: Option<&Latest>,
        to: &RecordedCheckpoint,
    ) -> Result<bool, StoreError>;

    /// How far a mirror has come with a log.
    ///
    /// # Errors
    /// When the storage fails.
    fn progress(&self, origin: &str) -> Result<Progress, StoreError>;

    /// Records that every entry before `next` is durable, with the roots over them, the SHA-384 root if the mirror
    /// keeps that tree too. It never goes back: a smaller `next` changes nothing.
    ///
    /// # Errors
    /// When the storage fails.
    fn entries_are_there(
        &self,
        origin: &str,
        next: u64,
        root: &[u8; 32],
        root384: Option<&[u8; 48]>,
    ) -> Result<(), StoreError>;

    /// Records the SHA-384 root over the entries that are there already; false if there are not just `next`.
    ///
    /// # Errors
    /// When the storage fails.
    fn second_tree_is_there(
        &self,
        origin: &str,
        next: u64,
        root384: &[u8; 48],
    ) -> Result<bool, StoreError>;

    /// Records the mirror checkpoint; false if it is smaller than the one that is recorded, or if entries under it
    /// are missing, and nothing was changed.
    ///
    /// # Errors
    /// When the storage fails.
    fn mirror_checkpoint(&self, origin: &str, size: u64, note: &[u8]) -> Result<bool, StoreError>;

    /// Keeps evidence; false when the same checkpoint is there already, or [`MAX_EVIDENCE`] are.
    ///
    /// # Errors
    /// When the storage fails.
    fn keep(&self, evidence: &Evidence) -> Result<bool, StoreError>;

    /// All evidence, oldest first.
    ///
    /// # Errors
    /// When the storage fails.
    fn evidence(&self) -> Result<Vec<Evidence>, StoreError>;
}

#[cfg(test)]
mod tests;
