//! The log's folder, as far as this crate needs it: paths to bytes.

use std::collections::BTreeMap;

/// Where the signed tree head lies.
pub const CHECKPOINT_PATH: &str = "checkpoint";
/// Where the newest checkpoint lies that the witness of every main party has cosigned. None before the first.
pub const WITNESSED_PATH: &str = "witnessed";

/// The storage failed, which says nothing about the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` can't be read: {reason}")]
pub struct FileError {
    /// Which file or folder, relative to the log's.
    pub path: String,
    /// What the storage said.
    pub reason: String,
}

/// The published files of a log. Paths are relative to its folder, with `/`.
pub trait LogFiles {
    /// The content of a file; `None` when there is none.
    ///
    /// # Errors
    /// Storage that fails in any other way than by not having the file.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, FileError>;

    /// The paths of all files in the folder and below.
    ///
    /// # Errors
    /// Storage that fails.
    fn list(&self) -> Result<Vec<String>, FileError>;
}

impl LogFiles for BTreeMap<String, Vec<u8>> {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, FileError> {
        Ok(self.get(path).cloned())
    }

    fn list(&self) -> Result<Vec<String>, FileError> {
        Ok(self.keys().cloned().collect())
    }
}

/// The tiles among a log's files, as `tlog` reads them.
#[derive(Clone, Copy)]
pub struct Tiles<'a>(pub &'a dyn LogFiles);

impl std::fmt::Debug for Tiles<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tiles")
    }
}

impl tlog::TileSource for Tiles<'_> {
    fn tile(&self, tile: &tlog::Tile) -> Result<Option<Vec<u8>>, tlog::ReadError> {
        self.0
            .read(&tile.to_string())
            .map_err(|FileError { path, reason }| tlog::ReadError::Storage { path, why: reason })
    }
}

/// An entry bundle as read, perhaps of a larger tree than asked for.
pub(crate) struct Bundle {
    bytes: Vec<u8>,
    stored: u16,
    wanted: usize,
}

impl Bundle {
    /// The entries that the tree asked for has in this bundle.
    pub(crate) fn entries(&self) -> Result<Vec<&[u8]>, String> {
        let parsed = tlog::tile::parse_bundle(&self.bytes, self.stored);
        let mut entries = parsed.map_err(|e| e.to_string())?;
        entries.truncate(self.wanted);
        Ok(entries)
    }
}

/// Bundle `n` of the tree of `size` leaves, with its path. Where the partial bundle is gone because the
/// log has grown, the full one serves. `None` when there is neither, or the tree has no such bundle.
pub(crate) fn read_bundle(
    files: &dyn LogFiles,
    n: u64,
    size: u64,
) -> Result<Option<(String, Bundle)>, FileError> {
    let Some(tile) = tlog::Tile::at(tlog::Level::Entries, n, size) else { return Ok(None) };
    for stored in [tile, tile.full()] {
        let path = stored.to_string();
        if let Some(bytes) = files.read(&path)? {
            let wanted = usize::from(tile.width());
            return Ok(Some((path, Bundle { bytes, stored: stored.width(), wanted })));
        }
    }
    Ok(None)
}
