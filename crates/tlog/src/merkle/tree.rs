//! Two trees to append to: the right edge alone, and one with every hash in memory.

use super::{HashReader, ReadError};
use crate::{Hash, TreeHash};

/// The compact state of a tree: its size and the roots of the complete subtrees at its right edge.
/// It can be appended to, at one hash a level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frontier<H = Hash> {
    size: u64,
    /// Roots of the complete subtrees, largest (leftmost) first.
    edge: Vec<H>,
}

impl<H> Default for Frontier<H> {
    fn default() -> Self {
        Self { size: 0, edge: Vec::new() }
    }
}

impl<H: TreeHash> Frontier<H> {
    /// The empty tree.
    pub const fn new() -> Self {
        Self { size: 0, edge: Vec::new() }
    }

    /// The state of the tree of `size` leaves, read from hashes kept elsewhere.
    ///
    /// # Errors
    ///
    /// [`ReadError`] from the reader.
    pub fn read(reader: &impl HashReader<H>, size: u64) -> Result<Self, ReadError> {
        let (mut edge, mut low) = (Vec::new(), 0);
        for level in (0..64_u8).rev().filter(|level| size >> level & 1 == 1) {
            edge.push(reader.hash(level, low >> level)?);
            low += 1 << level;
        }
        Ok(Self { size, edge })
    }

    /// How many leaves.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf by its hash.
    ///
    /// # Panics
    ///
    /// At 2^64 leaves, which nobody can append.
    pub fn push(&mut self, leaf: H) {
        let mut hash = leaf;
        for _ in 0..self.size.trailing_ones() {
            let left = self.edge.pop().expect("one root for each bit of the size");
            hash = H::node(&left, &hash);
        }
        self.edge.push(hash);
        self.size = self.size.checked_add(1).expect("fewer than 2^64 leaves");
    }

    /// The root.
    pub fn root(&self) -> H {
        let mut edge = self.edge.iter().rev();
        let Some(last) = edge.next() else { return H::EMPTY_ROOT };
        edge.fold(*last, |right, left| H::node(left, &right))
    }
}

/// A whole tree in memory, for logs that fit there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryTree<H = Hash> {
    levels: Vec<Vec<H>>,
}

impl<H> Default for MemoryTree<H> {
    fn default() -> Self {
        Self { levels: Vec::new() }
    }
}

impl<H: TreeHash> MemoryTree<H> {
    /// The empty tree.
    pub const fn new() -> Self {
        Self { levels: Vec::new() }
    }

    /// How many leaves.
    pub fn size(&self) -> u64 {
        self.levels.first().map_or(0, |l| u64::try_from(l.len()).expect("memory is below 2^64"))
    }

    /// Appends a leaf by its hash.
    pub fn push(&mut self, leaf: H) {
        let mut hash = leaf;
        let mut level = 0;
        loop {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            let Some(row) = self.levels.get_mut(level) else { return };
            row.push(hash);
            match row.as_slice() {
                [.., left, right] if row.len() % 2 == 0 => hash = H::node(left, right),
                _ => return,
            }
            level += 1;
        }
    }
}

impl<H: TreeHash> HashReader<H> for MemoryTree<H> {
    fn hash(&self, level: u8, index: u64) -> Result<H, ReadError> {
        let row = self.levels.get(usize::from(level));
        let hash = usize::try_from(index).ok().and_then(|i| row?.get(i));
        hash.copied().ok_or_else(|| ReadError::Missing(format!("hash {index} of level {level}")))
    }
}

impl<H: TreeHash> FromIterator<H> for MemoryTree<H> {
    fn from_iter<I: IntoIterator<Item = H>>(leaves: I) -> Self {
        let mut tree = Self::new();
        for leaf in leaves {
            tree.push(leaf);
        }
        tree
    }
}
