//! The file operations that the log needs, few enough to fail each in turn.
//!
//! Paths are relative to the node's folder, with `/`. Every operation except [`Disk::remove`] is durable when
//! it returns. When it fails or the machine stops, any part of it may have happened; what [`Disk::put`] was at may then
//! be there torn: cut short, or with zeros where its bytes did not arrive.

mod folder;
mod memory;

pub use folder::Folder;
pub use memory::MemoryDisk;

use std::io;

/// A disk as the log sees it.
pub trait Disk: Send + Sync {
    /// The content of a file; `None` if there is no such file.
    ///
    /// # Errors
    /// When the system fails.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, DiskError>;

    /// The paths of all files in a folder and below, sorted; none if there is no such folder.
    ///
    /// # Errors
    /// When the system fails.
    fn list(&self, folder: &str) -> Result<Vec<String>, DiskError>;

    /// Creates folders, each after its parent. Existing ones are fine.
    ///
    /// # Errors
    /// When the system fails.
    fn create_folders(&self, folders: &[String]) -> Result<(), DiskError>;

    /// Writes files, each created or replaced as a whole. The folder's own entry for them is not made durable:
    /// [`Disk::place`] does that.
    ///
    /// # Errors
    /// When the system fails.
    fn write(&self, files: &[(String, &[u8])]) -> Result<(), DiskError>;

    /// Moves files, `(from, to)` each, replacing what is there. The folders are there.
    ///
    /// # Errors
    /// When the system fails.
    fn place(&self, files: &[(String, String)]) -> Result<(), DiskError>;

    /// Creates folders, each after its parent, and puts files where nothing is yet, all of it made durable in one step.
    /// Returns the places at which something is already, in order: nothing was done there. A disk that compares by itself
    /// leaves out what is the same, and fails for the rest with [`DiskFault::Changed`].
    ///
    /// # Errors
    /// When the system fails.
    fn put(&self, folders: &[String], files: &[(String, &[u8])]) -> Result<Vec<usize>, DiskError>;

    /// Removes a file, or a folder that is empty; neither need be there. Not durable: a crash may bring it
    /// back.
    ///
    /// # Errors
    /// When the system fails.
    fn remove(&self, path: &str) -> Result<(), DiskError>;

    /// Whether other processes write here too, each its own appends; the commit point then decides between them. A file
    /// below `log/` is then placed only where there is nothing, the same, or what may come before or after it; anything
    /// else is [`DiskFault::Changed`].
    fn is_shared(&self) -> bool {
        false
    }
}

/// What failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiskFault {
    /// No room.
    Full,
    /// A sync. Nothing that the system says about this file afterwards can be trusted.
    Sync,
    /// Something else is there, where what is placed never changes.
    Changed,
    /// Anything else; the word says what was being done, such as `read`.
    Other(&'static str),
}

/// A file operation that failed.
#[derive(Debug, thiserror::Error)]
#[error("`{path}`: {fault:?}")]
pub struct DiskError {
    /// Which file or folder.
    pub path: String,
    /// What failed.
    pub fault: DiskFault,
    /// What the system said.
    pub source: io::Error,
}

impl DiskError {
    /// An error of an operation, told apart by what the system said.
    pub(crate) fn new(path: &str, doing: &'static str, source: io::Error) -> Self {
        let full =
            matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
        let fault = if full { DiskFault::Full } else { DiskFault::Other(doing) };
        Self { path: path.to_owned(), fault, source }
    }

    /// A failed sync, whatever the system said.
    pub(crate) fn sync(path: &str, source: io::Error) -> Self {
        Self { path: path.to_owned(), fault: DiskFault::Sync, source }
    }
}
