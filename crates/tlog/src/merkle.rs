//! Merkle trees of RFC 6962 and 9162: roots, proofs and their verification, subtrees included.
//!
//! A *subtree* is the tree over the leaves `start..end`, where `start` is a multiple of the smallest
//! power of two that is not below `end - start` (draft-ietf-plants-merkle-tree-certs, section
//! "Subtrees"). A whole tree is the subtree that starts at 0, and one leaf is a subtree too, so an
//! inclusion proof is a consistency proof for one leaf: one routine here builds both, another checks both.

mod build;
mod tree;
mod verify;

pub use build::{
    consistency_proof, inclusion_proof, root, subtree_consistency_proof, subtree_inclusion_proof,
    subtree_root,
};
pub use tree::{Frontier, MemoryTree};
pub use verify::{
    root_from_consistency_proof, root_from_inclusion_proof, verify_consistency, verify_inclusion,
    verify_subtree_consistency, verify_subtree_inclusion,
};

use crate::{Hash, TreeHash};

/// The most hashes a proof can have: one for each level of a tree of 2^64 leaves, and one more.
pub const MAX_PROOF: usize = 65;

/// Where the hashes of complete subtrees come from.
pub trait HashReader<H: TreeHash = Hash> {
    /// The root of the complete subtree of `2^level` leaves that starts at leaf `index * 2^level`.
    ///
    /// # Errors
    ///
    /// [`ReadError`] when the hash is not there or what is there is malformed.
    fn hash(&self, level: u8, index: u64) -> Result<H, ReadError>;
}

impl<H: TreeHash, R: HashReader<H> + ?Sized> HashReader<H> for &R {
    fn hash(&self, level: u8, index: u64) -> Result<H, ReadError> {
        (**self).hash(level, index)
    }
}

/// Why a hash could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The tile, or the hash in it, does not exist.
    #[error("`{0}` is missing")]
    Missing(String),
    /// The tile exists and has a wrong length.
    #[error("`{path}` has {got} bytes where {wanted} are needed")]
    Malformed {
        /// Which tile.
        path: String,
        /// Its length in bytes.
        got: usize,
        /// The length that its width asks for, in bytes.
        wanted: usize,
    },
    /// The storage itself failed; the text is its own.
    #[error("`{path}` could not be read: {why}")]
    Storage {
        /// Which tile.
        path: String,
        /// What the storage said.
        why: String,
    },
}

/// Why a proof could not be built, or was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The leaf lies outside the tree.
    #[error("leaf {index} lies outside the tree of leaves {start} to {end}")]
    LeafOutside {
        /// The leaf asked for.
        index: u64,
        /// First leaf of the tree.
        start: u64,
        /// One past its last leaf.
        end: u64,
    },
    /// The range is not a subtree of a tree of this size.
    #[error("leaves {start} to {end} are not a subtree of a tree of {size} leaves")]
    NotASubtree {
        /// First leaf.
        start: u64,
        /// One past the last leaf.
        end: u64,
        /// Leaves of the whole tree.
        size: u64,
    },
    /// The older tree is empty, which every tree is consistent with: there is nothing to prove.
    #[error("consistency with the empty tree proves nothing; compare the sizes instead")]
    FromEmpty,
    /// The proof has too few or too many hashes.
    #[error("the proof has {got} hashes where {wanted} are needed")]
    Length {
        /// Hashes given.
        got: usize,
        /// Hashes needed.
        wanted: usize,
    },
    /// The proof leads to another root than the one given.
    #[error("the proof leads to the root `{computed}`, not to `{given}`")]
    OtherRoot {
        /// What the proof leads to, in base64.
        computed: String,
        /// What was expected, in base64.
        given: String,
    },
    /// A hash could not be read while building.
    #[error("the proof cannot be built")]
    Read(#[from] ReadError),
}

/// The largest power of two below `n`; `n` is at least 2.
fn split(n: u64) -> u64 {
    1 << (63 - (n - 1).leading_zeros())
}

/// Whether `start..end` is a subtree that is not empty.
pub(crate) fn is_subtree(start: u64, end: u64) -> bool {
    let Some(len @ 1..) = end.checked_sub(start) else { return false };
    len.checked_next_power_of_two().is_some_and(|power| start.is_multiple_of(power))
        || (start == 0 && len > 1 << 63)
}

/// One step down from a tree towards a subtree of it, named by which part is left beside the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// The way goes left; `range` is the right part.
    RightBeside(u64, u64),
    /// The way goes right; the left part has none of the subtree.
    LeftBeside(u64, u64),
    /// The way goes right; the left part belongs to the subtree.
    LeftInside(u64, u64),
}

impl Step {
    /// The leaves of the part beside the way.
    const fn range(self) -> (u64, u64) {
        match self {
            Self::RightBeside(a, b) | Self::LeftBeside(a, b) | Self::LeftInside(a, b) => (a, b),
        }
    }
}

/// The way from the tree `0..size` down to the subtree `start..end`, and where it ends: at the subtree
/// itself, or at the complete subtree at its right edge when the way has crossed it.
/// The caller has checked the range.
fn descend(start: u64, end: u64, size: u64) -> (Vec<Step>, (u64, u64)) {
    let (mut low, mut high, mut start) = (0, size, start);
    let mut steps = Vec::new();
    while (low, high) != (start, end) {
        let middle = low + split(high - low);
        if end <= middle {
            steps.push(Step::RightBeside(middle, high));
            high = middle;
        } else if middle <= start {
            steps.push(Step::LeftBeside(low, middle));
            low = middle;
        } else {
            steps.push(Step::LeftInside(low, middle));
            low = middle;
            start = middle;
        }
    }
    (steps, (low, high))
}

/// Whether the proof must carry the hash at which the way ends: only when it crossed the subtree.
fn carries_end(steps: &[Step]) -> bool {
    steps.iter().any(|s| matches!(s, Step::LeftInside(..)))
}

#[cfg(test)]
mod tests;
