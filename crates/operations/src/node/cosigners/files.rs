//! A log's files read as those of an earlier tree, while the log goes on growing.
//!
//! Growing replaces a partial tile by a wider one. The first entries of a wider tile are those of the narrower, so
//! it serves as well.

use ledger::{CHECKPOINT_PATH, LogFiles, Tiles};
use tlog::{Level, ReadError, SignedCheckpoint, Tile, TileSource, tile};

/// Tiles of which a wider one stands in for one that is gone.
#[derive(Clone, Copy)]
pub(super) struct Wider<'a>(pub(super) &'a dyn LogFiles);

/// The same tile as the published tree has it, if it is wider.
fn wider(files: &dyn LogFiles, tile: &Tile) -> Result<Option<Tile>, ReadError> {
    let storage = |e: ledger::FileError| ReadError::Storage { path: e.path, why: e.reason };
    let note = files.read(CHECKPOINT_PATH).map_err(storage)?;
    let size = note
        .and_then(|note| SignedCheckpoint::parse(&note).ok())
        .map_or(0, |signed| signed.checkpoint().size());
    let now = Tile::at(tile.level(), tile.index(), size);
    Ok(now.filter(|now| now.width() > tile.width()))
}

impl TileSource for Wider<'_> {
    fn tile(&self, tile: &Tile) -> Result<Option<Vec<u8>>, ReadError> {
        let source = Tiles(self.0);
        if let Some(bytes) = source.tile(tile)? {
            return Ok(Some(bytes));
        }
        let Some(wider) = wider(self.0, tile)? else { return Ok(None) };
        let Some(mut bytes) = source.tile(&wider)? else { return Ok(None) };
        if let Some(len) = tile.byte_len() {
            bytes.truncate(len);
        }
        Ok(Some(bytes))
    }
}

/// The entries that the tree of `size` leaves has in bundle `n`.
pub(super) fn bundle(files: &dyn LogFiles, n: u64, size: u64) -> Result<Vec<Vec<u8>>, String> {
    let missing = || format!("bundle {n} of {size} entries is missing");
    let wanted = Tile::at(Level::Entries, n, size).ok_or_else(missing)?;
    let wider = wider(files, &wanted).map_err(|e| e.to_string())?;
    for tile in [Some(wanted), wider, Some(wanted.full())].into_iter().flatten() {
        if let Some(bytes) = files.read(&tile.to_string()).map_err(|e| e.to_string())? {
            let entries = tile::parse_bundle(&bytes, tile.width());
            let entries = entries.map_err(|e| format!("{tile}: {e}"))?;
            let some = entries.into_iter().take(usize::from(wanted.width()));
            return Ok(some.map(<[u8]>::to_vec).collect());
        }
    }
    Err(missing())
}
