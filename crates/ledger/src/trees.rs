//! Both trees of a log at once, by their right edges: what reading on needs, flat in the size of the log.

use crate::files::{LogFiles, Tiles};
use tlog::merkle::Frontier;
use tlog::{Hash, Hash384, ReadError, TileReader, TreeHash};

/// A size, and the roots of both trees over as many leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeHead {
    /// How many leaves.
    pub size: u64,
    /// The SHA-256 root over them.
    pub root: [u8; 32],
    /// The SHA-384 root over them.
    pub root384: [u8; 48],
}

impl TreeHead {
    /// The tree without leaves.
    pub const EMPTY: Self = Self {
        size: 0,
        root: *Hash::EMPTY_ROOT.as_bytes(),
        root384: *Hash384::EMPTY_ROOT.as_bytes(),
    };
}

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
