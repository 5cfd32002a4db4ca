//! Tiles as they must be, recomputed from leaf hashes from left to right at 8 KiB a level.

use tlog::merkle::Frontier;
use tlog::{Hash, Level, Tile, node_hash};

/// The tree over the leaves so far: its root, and the tiles at its right edge.
#[derive(Debug, Clone, Default)]
pub(crate) struct Climb {
    frontier: Frontier,
    rows: Vec<Row>,
}

#[derive(Debug, Clone, Default)]
struct Row {
    index: u64,
    hashes: Vec<Hash>,
}

/// A tile with the content that it must have.
pub(crate) struct Expected {
    pub(crate) tile: Tile,
    pub(crate) bytes: Vec<u8>,
}

impl Climb {
    pub(crate) fn root(&self) -> Hash {
        self.frontier.root()
    }

    /// Appends a leaf; tiles that became full are added to `full`.
    pub(crate) fn push(&mut self, leaf: Hash, full: &mut Vec<Expected>) {
        self.frontier.push(leaf);
        let mut hash = leaf;
        for level in 0.. {
            let at = usize::from(level);
            if self.rows.len() == at {
                self.rows.push(Row::default());
            }
            let Some(row) = self.rows.get_mut(at) else { return };
            row.hashes.push(hash);
            if row.hashes.len() < usize::from(tlog::tile::FULL) {
                return;
            }
            full.extend(row.tile(level));
            hash = complete_root(std::mem::take(&mut row.hashes));
            row.index += 1;
        }
    }

    /// The partial tiles at the right edge.
    pub(crate) fn partial(&self) -> impl Iterator<Item = Expected> {
        self.rows.iter().zip(0..).filter_map(|(row, level)| row.tile(level))
    }
}

impl Row {
    fn tile(&self, level: u8) -> Option<Expected> {
        let width = u16::try_from(self.hashes.len()).ok()?;
        let tile = Tile::new(Level::Hashes(level), self.index, width).ok()?;
        let bytes = self.hashes.iter().flat_map(|h| *h.as_bytes()).collect();
        Some(Expected { tile, bytes })
    }
}

/// The root of a complete tree; the number of leaves is a power of two.
fn complete_root(mut row: Vec<Hash>) -> Hash {
    while row.len() > 1 {
        let (pairs, _) = row.as_chunks::<2>();
        row = pairs.iter().map(|[left, right]| node_hash(left, right)).collect();
    }
    row.first().copied().unwrap_or(Hash::EMPTY_ROOT)
}
