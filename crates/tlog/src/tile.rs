//! Tiles: how a tree and its entries are cut into files (c2sp.org/tlog-tiles).
//!
//! A full tile holds 256 hashes, a partial one fewer; an entry bundle holds the entries of one
//! tile of level 0. Paths are relative to the log's address, such as `tile/0/x001/067.p/12`.
//! The second tree of a log, with SHA-384, is cut alike and lies below `tile384/`; C2SP knows nothing of it.
//! Its entries are those of the first: there are bundles below `tile/entries/` alone.

mod bundle;
mod reader;

pub use bundle::{BundleError, MAX_ENTRY, parse_bundle, push_entry};
pub(crate) use reader::read_hashes;
pub use reader::{TileReader, TileSource, complete_root, hashes};

use crate::text::{decimal, shown};
use crate::{Hash, Hash384, TreeHash};
use std::fmt;
use std::str::FromStr;

/// Hashes in a full tile.
pub const FULL: u16 = 256;
/// The highest level of a tile. 64-bit sizes never need more than 7.
pub const MAX_LEVEL: u8 = 63;
/// The longest path that is read.
const MAX_PATH: usize = 64;

/// What a tile holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Entries themselves, beside the tiles of level 0.
    Entries,
    /// Hashes of subtrees of 256^level leaves.
    Hashes(u8),
    /// The same with SHA-384: tiles of the second tree.
    Hashes384(u8),
}

impl Level {
    /// How many levels of tiles lie below, if there is such a level.
    fn depth(self) -> Option<u32> {
        match self {
            Self::Entries => Some(0),
            Self::Hashes(level) | Self::Hashes384(level) => {
                (level <= MAX_LEVEL).then_some(u32::from(level))
            }
        }
    }
}

/// One tile: what it holds, which one it is and how wide. The fields are checked and fit together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    level: Level,
    index: u64,
    width: u16,
}

/// Why something is not a tile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TileError {
    /// Level, index or width is out of bounds.
    #[error("no tile has level {level:?}, index {index} and width {width}")]
    OutOfBounds {
        /// The level asked for.
        level: Level,
        /// The index asked for.
        index: u64,
        /// The width asked for.
        width: u16,
    },
    /// The text is not the path of a tile.
    #[error("`{0}` is not the path of a tile")]
    NotAPath(String),
}

impl Tile {
    /// A tile; width is 256 when full.
    ///
    /// # Errors
    ///
    /// [`TileError::OutOfBounds`]: widths are 1 to 256, levels at most 63, and the leaves below must have
    /// indices that fit in 64 bits.
    pub fn new(level: Level, index: u64, width: u16) -> Result<Self, TileError> {
        let wrong = TileError::OutOfBounds { level, index, width };
        if !(1..=FULL).contains(&width) {
            return Err(wrong);
        }
        let Some(depth) = level.depth() else { return Err(wrong) };
        // The last leaf below is (index + 1) * 256^(depth + 1) - 1, which must be a u64.
        let last = 64_u32.checked_sub(8 * (depth + 1)).map(|bits| (1_u64 << bits) - 1);
        if last.is_none_or(|last| index > last) {
            Err(wrong)
        } else {
            Ok(Self { level, index, width })
        }
    }

    /// The tile of this level and index in a tree of `size` leaves: full if it can be, else partial;
    /// `None` if the tree does not reach it.
    pub fn at(level: Level, index: u64, size: u64) -> Option<Self> {
        let hashes = size.checked_shr(8 * level.depth()?).unwrap_or(0);
        let width = hashes.checked_sub(index.checked_mul(u64::from(FULL))?)?.min(u64::from(FULL));
        Self::new(level, index, u16::try_from(width).ok()?).ok()
    }

    /// What it holds.
    pub const fn level(&self) -> Level {
        self.level
    }

    /// Which tile of its level.
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// How many hashes or entries, 1 to 256.
    pub const fn width(&self) -> u16 {
        self.width
    }

    /// Whether it is full and will never change.
    pub const fn is_full(&self) -> bool {
        self.width == FULL
    }

    /// The full tile at the same place.
    #[must_use]
    pub const fn full(self) -> Self {
        Self { width: FULL, ..self }
    }

    /// How many bytes it has, if it holds hashes.
    pub fn byte_len(&self) -> Option<usize> {
        match self.level {
            Level::Entries => None,
            Level::Hashes(_) => Some(usize::from(self.width) * Hash::LEN),
            Level::Hashes384(_) => Some(usize::from(self.width) * Hash384::LEN),
        }
    }

    /// Every tile that a tree of `size` leaves has at its right edge and that is partial: at most one a
    /// level, and the entry bundle.
    pub fn partials(size: u64) -> Vec<Self> {
        let mut tiles = Vec::from_iter(Self::at(Level::Entries, size / u64::from(FULL), size));
        tiles.extend(Self::partials_of::<Hash>(size));
        tiles
    }

    /// The same of one of the trees alone, without the entry bundle.
    pub fn partials_of<H: TreeHash>(size: u64) -> impl Iterator<Item = Self> {
        (0..8).filter_map(move |level| {
            let index = size.checked_shr(8 * (u32::from(level) + 1)).unwrap_or(0);
            Self::at(H::level(level), index, size)
        })
    }

    /// Every tile of hashes, full or partial, that a tree of `size` leaves has: level by level, left to right.
    pub fn all_of<H: TreeHash>(size: u64) -> impl Iterator<Item = Self> {
        (0..8).flat_map(move |level| {
            let hashes = size.checked_shr(8 * u32::from(level)).unwrap_or(0);
            (0..hashes.div_ceil(u64::from(FULL)))
                .filter_map(move |index| Self::at(H::level(level), index, size))
        })
    }
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.level {
            Level::Entries => f.write_str("tile/entries")?,
            Level::Hashes(level) => write!(f, "tile/{level}")?,
            Level::Hashes384(level) => write!(f, "tile384/{level}")?,
        }
        let (mut rest, mut groups) = (self.index / 1000, vec![self.index % 1000]);
        while rest > 0 {
            groups.push(rest % 1000);
            rest /= 1000;
        }
        while let Some(group) = groups.pop() {
            let x = if groups.is_empty() { "" } else { "x" };
            write!(f, "/{x}{group:03}")?;
        }
        if self.is_full() { Ok(()) } else { write!(f, ".p/{}", self.width) }
    }
}

impl FromStr for Tile {
    type Err = TileError;

    /// Reads exactly what [`fmt::Display`] writes.
    fn from_str(path: &str) -> Result<Self, TileError> {
        let wrong = || TileError::NotAPath(shown(path));
        if path.len() > MAX_PATH {
            return Err(wrong());
        }
        let (tree, rest) = path.split_once('/').ok_or_else(wrong)?;
        let (level, rest) = rest.split_once('/').ok_or_else(wrong)?;
        let number = decimal(level).and_then(|l| u8::try_from(l).ok());
        let level = match (tree, level, number) {
            ("tile", "entries", None) => Level::Entries,
            ("tile", _, Some(number)) => Level::Hashes(number),
            ("tile384", _, Some(number)) => Level::Hashes384(number),
            _ => return Err(wrong()),
        };
        let (groups, width) = match rest.split_once(".p/") {
            None => (rest, FULL),
            Some((groups, width)) => {
                let width = decimal(width).and_then(|w| u16::try_from(w).ok());
                (groups, width.filter(|w| (1..FULL).contains(w)).ok_or_else(wrong)?)
            }
        };
        let index = parse_index(groups).ok_or_else(wrong)?;
        let tile = Self::new(level, index, width).map_err(|_| wrong())?;
        if tile.to_string() == path { Ok(tile) } else { Err(wrong()) }
    }
}

/// The number in groups of three digits; [`Tile::from_str`] compares with the one right spelling.
fn parse_index(groups: &str) -> Option<u64> {
    let mut index: u64 = 0;
    for group in groups.split('/') {
        let digits = group.strip_prefix('x').unwrap_or(group);
        if digits.len() != 3 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        index = index.checked_mul(1000)?.checked_add(digits.parse().ok()?)?;
    }
    Some(index)
}

#[cfg(test)]
mod tests;
