//! Hashes read out of tiles.

use super::Tile;
use crate::merkle::{HashReader, ReadError};
use crate::{Hash, TreeHash};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::rc::Rc;

/// Where tiles come from: a folder, a server, memory.
pub trait TileSource {
    /// The bytes of this tile, or `None` if there is no such tile.
    ///
    /// # Errors
    ///
    /// [`ReadError::Storage`] when the storage failed.
    fn tile(&self, tile: &Tile) -> Result<Option<Vec<u8>>, ReadError>;
}

impl<S: TileSource + ?Sized> TileSource for &S {
    fn tile(&self, tile: &Tile) -> Result<Option<Vec<u8>>, ReadError> {
        (**self).tile(tile)
    }
}

impl TileSource for BTreeMap<String, Vec<u8>> {
    fn tile(&self, tile: &Tile) -> Result<Option<Vec<u8>>, ReadError> {
        Ok(self.get(&tile.to_string()).cloned())
    }
}

/// Reads the hashes of the tree of `size` leaves from tiles, each tile once.
///
/// The hashes are what the source says: compare the root with a verified checkpoint before trusting any.
#[derive(Debug)]
pub struct TileReader<S, H = Hash> {
    source: S,
    size: u64,
    read: RefCell<BTreeMap<Tile, Rc<[u8]>>>,
    hash: PhantomData<fn() -> H>,
}

/// The bytes of a tile, at the width asked for. Where a partial tile is gone, the full one serves.
///
/// # Errors
///
/// [`ReadError`] when neither is there or one has a wrong length.
pub(crate) fn read_hashes(source: &impl TileSource, tile: &Tile) -> Result<Vec<u8>, ReadError> {
    let wanted = tile.byte_len().unwrap_or(0);
    let malformed = |read: &Tile, got, wanted| {
        Err(ReadError::Malformed { path: read.to_string(), got, wanted })
    };
    if let Some(bytes) = source.tile(tile)? {
        return if bytes.len() == wanted {
            Ok(bytes)
        } else {
            malformed(tile, bytes.len(), wanted)
        };
    }
    let full = tile.full();
    let found = if tile.is_full() { None } else { source.tile(&full)? };
    let Some(mut bytes) = found else { return Err(ReadError::Missing(tile.to_string())) };
    let all = full.byte_len().unwrap_or(0);
    if bytes.len() != all {
        return malformed(&full, bytes.len(), all);
    }
    bytes.truncate(wanted);
    Ok(bytes)
}

/// The hashes that a tile's bytes hold; a rest that is no whole hash is left out.
pub fn hashes<H: TreeHash>(bytes: &[u8]) -> Vec<H> {
    bytes.chunks_exact(H::LEN).filter_map(H::from_slice).collect()
}

/// The root over a row of hashes whose number is a power of two; `None` when there are none.
pub fn complete_root<H: TreeHash>(mut row: Vec<H>) -> Option<H> {
    while row.len() > 1 {
        let (pairs, _) = row.as_chunks::<2>();
        row = pairs.iter().map(|[left, right]| H::node(left, right)).collect();
    }
    row.first().copied()
}

impl<S: TileSource> TileReader<S> {
    /// A reader of the tree of `size` leaves, with SHA-256.
    pub const fn new(source: S, size: u64) -> Self {
        Self::of(source, size)
    }
}

impl<S: TileSource, H: TreeHash> TileReader<S, H> {
    /// A reader of the tree of `size` leaves, with the hash that is asked for.
    pub const fn of(source: S, size: u64) -> Self {
        Self { source, size, read: RefCell::new(BTreeMap::new()), hash: PhantomData }
    }

    /// How many leaves the tree has.
    pub const fn size(&self) -> u64 {
        self.size
    }

    fn tile_bytes(&self, tile: Tile) -> Result<Rc<[u8]>, ReadError> {
        if let Some(bytes) = self.read.borrow().get(&tile) {
            return Ok(Rc::clone(bytes));
        }
        let bytes: Rc<[u8]> = read_hashes(&self.source, &tile)?.into();
        self.read.borrow_mut().insert(tile, Rc::clone(&bytes));
        Ok(bytes)
    }
}

impl<S: TileSource, H: TreeHash> HashReader<H> for TileReader<S, H> {
    fn hash(&self, level: u8, index: u64) -> Result<H, ReadError> {
        let missing = || ReadError::Missing(format!("hash {index} of level {level}"));
        let (tile_level, within) = (level / 8, level % 8);
        let first = index.checked_mul(1 << within).ok_or_else(missing)?;
        let tile = Tile::at(H::level(tile_level), first / 256, self.size).ok_or_else(missing)?;
        let bytes = self.tile_bytes(tile)?;
        let skip = usize::try_from(first % 256).expect("below 256");
        let row = bytes.get(skip * H::LEN..(skip + (1 << within)) * H::LEN).ok_or_else(missing)?;
        complete_root(hashes(row)).ok_or_else(missing)
    }
}
