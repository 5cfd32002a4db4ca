//! A log among objects as anyone reads it who may read the bucket. Nothing is written, and nothing in it is trusted.

use super::{ObjectDisk, Objects, PATH};
use crate::disk::Disk;
use crate::log::{failed, is_log_path};
use ledger::{FileError, LogFiles};

/// The files of a log among objects, to read and check.
#[derive(Debug)]
pub struct LogObjects {
    disk: ObjectDisk,
}

impl LogObjects {
    /// The log among these objects.
    pub const fn new(objects: Objects) -> Self {
        Self { disk: ObjectDisk::new(objects) }
    }

    /// The commit object, if there is one; [`crate::committed_in`] reads it.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn commit(&self) -> Result<Option<Vec<u8>>, FileError> {
        self.disk.read(PATH).map_err(failed)
    }

    /// The bundles of appends that are under way, each with its path.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn staged(&self) -> Result<Vec<(String, Vec<u8>)>, FileError> {
        let mut found = Vec::new();
        for path in self.disk.list("stage").map_err(failed)? {
            // one that is gone meanwhile is of an append that was finished
            if let Some(bytes) = self.disk.read(&path).map_err(failed)? {
                found.push((path, bytes));
            }
        }
        Ok(found)
    }
}

impl LogFiles for LogObjects {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, FileError> {
        if is_log_path(path) {
            self.disk.read(&format!("log/{path}")).map_err(failed)
        } else {
            Ok(None)
        }
    }

    fn list(&self) -> Result<Vec<String>, FileError> {
        let paths = self.disk.list("log").map_err(failed)?;
        Ok(paths.iter().filter_map(|p| p.strip_prefix("log/")).map(str::to_owned).collect())
    }
}
