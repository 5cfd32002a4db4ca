//! Tiles as they must be, recomputed from leaf hashes from left to right one tile a level in hand.

use tlog::merkle::Frontier;
use tlog::{Tile, TreeHash, tile};

/// The tree over the leaves so far: its root, and the tiles at its right edge.
#[derive(Debug, Clone)]
pub(crate) struct Climb<H> {
    frontier: Frontier<H>,
    rows: Vec<Row<H>>,
}

#[derive(Debug, Clone)]
struct Row<H> {
    index: u64,
    hashes: Vec<H>,
}

/// A tile with the content that it must have.
pub(crate) struct Expected {
    pub(crate) tile: Tile,
    pub(crate) bytes: Vec<u8>,
}

impl<H> Default for Climb<H> {
    fn default() -> Self {
        Self { frontier: Frontier::default(), rows: Vec::new() }
    }
}

impl<H: TreeHash> Climb<H> {
    pub(crate) fn root(&self) -> H {
        self.frontier.root()
    }

    /// Appends a leaf; tiles that became full are added to `full`.
    pub(crate) fn push(&mut self, leaf: H, full: &mut Vec<Expected>) {
        self.frontier.push(leaf);
        let mut hash = leaf;
        for level in 0.. {
            let at = usize::from(level);
            if self.rows.len() == at {
                self.rows.push(Row { index: 0, hashes: Vec::new() });
            }
            let Some(row) = self.rows.get_mut(at) else { return };
            row.hashes.push(hash);
            if row.hashes.len() < usize::from(tile::FULL) {
                return;
            }
            full.extend(row.tile(level));
            let Some(root) = tile::complete_root(std::mem::take(&mut row.hashes)) else { return };
            hash = root;
            row.index += 1;
        }
    }

    /// The partial tiles at the right edge.
    pub(crate) fn partial(&self) -> impl Iterator<Item = Expected> {
        self.rows.iter().zip(0..).filter_map(|(row, level)| row.tile(level))
    }
}

impl<H: TreeHash> Row<H> {
    fn tile(&self, level: u8) -> Option<Expected> {
        let width = u16::try_from(self.hashes.len()).ok()?;
        let tile = Tile::new(H::level(level), self.index, width).ok()?;
        let bytes = self.hashes.iter().flat_map(|h| h.as_slice().to_vec()).collect();
        Some(Expected { tile, bytes })
    }
}
