//! A log's folder as anyone reads it: a node's `log/`, a copy of one, a bundle that was carried in.

use super::is_log_path;
use crate::disk::{Disk, DiskError, Folder};
use ledger::{FileError, LogFiles};
use std::path::PathBuf;

/// The files of a log below a folder, to read and check. It needs no lock and no database, and nothing in it is
/// trusted.
#[derive(Debug, Clone)]
pub struct LogFolder {
    folder: Folder,
}

impl LogFolder {
    /// The log in this folder, which has `checkpoint` and `tile/` in it.
    pub const fn new(folder: PathBuf) -> Self {
        Self { folder: Folder::new(folder) }
    }
}

pub(crate) fn failed(error: DiskError) -> FileError {
    FileError { path: error.path, reason: error.source.to_string() }
}

impl LogFiles for LogFolder {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, FileError> {
        if is_log_path(path) { self.folder.read(path).map_err(failed) } else { Ok(None) }
    }

    fn list(&self) -> Result<Vec<String>, FileError> {
        self.folder.list("").map_err(failed)
    }
}
