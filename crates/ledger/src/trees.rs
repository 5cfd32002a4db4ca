//! Both trees of a log at once, by their right edges: what reading on needs, flat in the size of the log.

use crate::files::{LogFiles, Tiles};
use crate::plan::TreeHead;
use tlog::merkle::Frontier;
use tlog::{Hash, Hash384, ReadError, TileReader, TreeHash};

/// The right edges of both trees.
#[derive(Debug, Default)]
pub struct Trees {
    first: Frontier,
    second: Frontier<Hash384>,
}

impl Trees {
    /// Those of the tree of `size` leaves, from the tiles of a log that has grown to `held` by now and may have
    /// dropped the partial tiles of smaller trees. Whether they are right is for the caller to compare.
    ///
    /// # Errors
    /// Tiles that are missing or malformed.
    pub fn read(files: &dyn LogFiles, size: u64, held: u64) -> Result<Self, ReadError> {
        let first = Frontier::read(&TileReader::new(Tiles(files), held), size)?;
        let second = Frontier::read(&TileReader::of(Tiles(files), held), size)?;
        Ok(Self { first, second })
    }

    /// Appends an entry to both, and gives its SHA-256 leaf hash.
    pub fn push(&mut self, entry: &[u8]) -> Hash {
        let hash = tlog::leaf_hash(entry);
        self.first.push(hash);
        self.second.push(Hash384::leaf(entry));
        hash
    }

    /// How many leaves.
    pub const fn size(&self) -> u64 {
        self.first.size()
    }

    /// Size and roots.
    pub fn head(&self) -> TreeHead {
        let (root, root384) = (*self.first.root().as_bytes(), *self.second.root().as_bytes());
        TreeHead { size: self.first.size(), root, root384 }
    }
}
