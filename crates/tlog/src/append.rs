//! What an append writes: every tile and entry bundle that changes, computed before anything is written.

use crate::merkle::{Frontier, ReadError};
use crate::tile::{self, BundleError, Level, Tile, TileReader, TileSource};
use crate::{Hash, TreeHash};
use std::collections::BTreeMap;

/// A tile with its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TileWrite {
    /// Which tile.
    pub tile: Tile,
    /// Its whole content.
    pub bytes: Vec<u8>,
}

/// The outcome of an append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended<H = Hash> {
    /// Leaves of the new tree.
    pub size: u64,
    /// Root of the new tree.
    pub root: H,
    /// Every tile that is new or wider than before: entry bundles first, then levels upwards.
    pub writes: Vec<TileWrite>,
}

/// Why entries can't be appended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// A tile at the right edge could not be read.
    #[error("the right edge of the tree cannot be read")]
    Read(#[from] ReadError),
    /// The last entry bundle is malformed, or an entry is too long.
    #[error("entry bundle `{path}`")]
    Bundle {
        /// Which bundle.
        path: String,
        /// What is wrong.
        source: BundleError,
    },
    /// The tree would have more leaves than 64 bits count.
    #[error("{old} leaves and {new} more are too many for one log")]
    TooMany {
        /// Leaves so far.
        old: u64,
        /// Leaves to append.
        new: usize,
    },
    /// What was read does not have the root that the caller expects.
    #[error(
        "the tiles of {size} leaves have the root `{read}`, not `{expected}`: the storage is damaged"
    )]
    OtherRoot {
        /// Leaves so far.
        size: u64,
        /// The root of what was read, in base64.
        read: String,
        /// The root that was expected, in base64.
        expected: String,
    },
}

/// Appends `entries` to the C2SP log of `old` leaves with the root `old_root`: entry bundles and tiles.
///
/// Only the tiles at the right edge are read, and their root is compared with `old_root` first, so that
/// damaged storage can't be signed over. The same input gives the same output, byte for byte.
///
/// # Errors
///
/// [`AppendError`].
pub fn append(
    source: &impl TileSource,
    old: u64,
    old_root: &Hash,
    entries: &[impl AsRef<[u8]>],
) -> Result<Appended, AppendError> {
    let Appended { size, root, writes } = append_tree(source, old, old_root, entries)?;
    let mut all = bundles(source, old, entries)?;
    all.extend(writes);
    Ok(Appended { size, root, writes: all })
}

/// Appends `entries` to one of a log's trees: its tiles, and no entry bundle.
///
/// As [`append`] otherwise. With [`crate::Hash384`] this is the second tree over the same leaves.
///
/// # Errors
///
/// [`AppendError`].
pub fn append_tree<H: TreeHash>(
    source: &impl TileSource,
    old: u64,
    old_root: &H,
    entries: &[impl AsRef<[u8]>],
) -> Result<Appended<H>, AppendError> {
    let too_many = || AppendError::TooMany { old, new: entries.len() };
    let count = u64::try_from(entries.len()).map_err(|_| too_many())?;
    let size = old.checked_add(count).ok_or_else(too_many)?;
    let mut frontier = Frontier::read(&TileReader::<_, H>::of(source, old), old)?;
    let read = frontier.root();
    if read != *old_root {
        let (read, expected) = (read.to_string(), old_root.to_string());
        return Err(AppendError::OtherRoot { size: old, read, expected });
    }
    let mut writes = Vec::new();
    let mut hashes: Vec<H> = entries.iter().map(|e| H::leaf(e.as_ref())).collect();
    for hash in &hashes {
        frontier.push(*hash);
    }
    let mut level = 0;
    while !hashes.is_empty() {
        let (tiles, full) = level_tiles(source, level, (old, size), &hashes)?;
        writes.extend(tiles);
        hashes = full;
        level += 1;
    }
    Ok(Appended { size, root: frontier.root(), writes })
}

/// The entry bundles that change.
fn bundles(
    source: &impl TileSource,
    old: u64,
    entries: &[impl AsRef<[u8]>],
) -> Result<Vec<TileWrite>, AppendError> {
    let mut changed: BTreeMap<u64, Vec<u8>> = BTreeMap::new();
    let index = old / 256;
    if !entries.is_empty()
        && let Some(last) = Tile::at(Level::Entries, index, old)
    {
        let found = source.tile(&last)?.ok_or_else(|| ReadError::Missing(last.to_string()))?;
        tile::parse_bundle(&found, last.width())
            .map_err(|source| AppendError::Bundle { path: last.to_string(), source })?;
        changed.insert(index, found);
    }
    for (at, entry) in (old..).zip(entries) {
        let bundle = changed.entry(at / 256).or_default();
        tile::push_entry(bundle, entry.as_ref()).map_err(|source| AppendError::Bundle {
            path: format!("tile/entries of leaf {at}"),
            source,
        })?;
    }
    let size = old + u64::try_from(entries.len()).unwrap_or(0);
    Ok(place(Level::Entries, size, changed))
}

/// The tiles of one level that change when `hashes` are appended to those already there, and the hashes of
/// the tiles that became full, which the next level appends.
fn level_tiles<H: TreeHash>(
    source: &impl TileSource,
    level: u8,
    (old, size): (u64, u64),
    hashes: &[H],
) -> Result<(Vec<TileWrite>, Vec<H>), AppendError> {
    let mut changed: BTreeMap<u64, Vec<u8>> = BTreeMap::new();
    let before = old.checked_shr(8 * u32::from(level)).unwrap_or(0);
    let index = before / 256;
    if let Some(last) = Tile::at(H::level(level), index, old) {
        changed.insert(index, tile::read_hashes(source, &last)?);
    }
    for (at, hash) in (before..).zip(hashes) {
        changed.entry(at / 256).or_default().extend_from_slice(hash.as_slice());
    }
    let full = changed.values().filter(|bytes| bytes.len() == usize::from(tile::FULL) * H::LEN);
    let full = full.filter_map(|bytes| tile::complete_root(tile::hashes(bytes))).collect();
    Ok((place(H::level(level), size, changed), full))
}

fn place(level: Level, size: u64, changed: BTreeMap<u64, Vec<u8>>) -> Vec<TileWrite> {
    let placed = changed.into_iter().filter_map(|(index, bytes)| {
        Some(TileWrite { tile: Tile::at(level, index, size)?, bytes })
    });
    placed.collect()
}

#[cfg(test)]
mod tests;
