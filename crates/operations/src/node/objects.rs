//! A node whose log is in a bucket, perhaps with other hosts at it.

use super::{Backing, NodeError};
use ledger::{CHECKPOINT_PATH, Leaf, Trust};
use std::path::Path;
use store::{Database, LogStore, ObjectLog, Objects};

impl Backing for ObjectLog {
    fn log(&self) -> &dyn LogStore {
        &**self
    }
    fn database(&self) -> &Database {
        Self::database(self)
    }
    fn is_shared(&self) -> bool {
        true
    }
    fn keeps_versions(&self) -> bool {
        self.probed().versioned
    }
}

/// Opens the log among these objects, if it is this key's or nobody's yet, with its index in a folder.
pub(super) fn open(folder: &Path, objects: Objects, trust: &Trust) -> Result<ObjectLog, NodeError> {
    let place = objects.to_string();
    // a folder that has published before has its commit point in it
    if folder.join("log").join(CHECKPOINT_PATH).exists() {
        return Err(NodeError::TwoPlaces { folder: folder.to_owned(), place });
    }
    let id_of = |entry: &[u8]| Leaf::from_bytes(entry).ok().map(|leaf| leaf.id());
    let log = ObjectLog::open(folder, objects, id_of).map_err(NodeError::Store)?;
    let committed = log.head().map_err(NodeError::Store)?;
    match committed.map(|committed| trust.log().open(&committed.checkpoint)) {
        None | Some(Ok(_)) => Ok(log),
        Some(Err(_)) => Err(NodeError::OthersObjects { place }),
    }
}

#[cfg(test)]
mod tests;
