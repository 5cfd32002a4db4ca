//! Where what lies in the packed index, shared by who writes and who reads.
//!
//! Little-endian: a header of 144 bytes ([`MAGIC`], the checksum of what follows it, the length of each of
//! sixteen sections), then the sections without gaps.
//!
//! | section | content |
//! |---|---|
//! | tags | one byte a slot of a power-of-two hash table; 0 is empty, else 7 bits of the hash and a one |
//! | slots | u32 a slot: package number |
//! | packages | 48 bytes each, see [`Field`]; one more, where the last one's lists end |
//! | texts | names of packages |
//! | bounds | 16 bytes each: the key's first eight bytes, key start, hits start; one more after each package's, where its last list ends |
//! | keys | version keys, ascending within a package; keys of fixed versions |
//! | hits | u32 each: records, ascending within a list |
//! | nodes | u32 each: where lists of segment trees start in hits |
//! | namespaces | 8 bytes each: word |
//! | doubts | 12 bytes each: record, word that says why |
//! | fixes | 16 bytes each: key start and length, word: the version as written |
//! | spellings | 12 bytes each: record, word: a listed version that does not parse |
//! | words | every other text; those that recur, once |
//! | records | 16 bytes each: word: id; flaw, class |
//! | flaws | 12 bytes each: word: its id, then all ids, with blanks between, a line feed, its summary; class |
//! | known | 40 bytes each, ascending by CVE: word, flags, EPSS, three instants; before them one whose word is a JSON object about the file as a whole |
//!
//! A *word* is start and length in the section `words`, u32 each.

/// The first bytes of an index of this version.
pub(crate) const MAGIC: &[u8; 8] = b"VESTIDX2";

/// How many sections there are.
pub(crate) const SECTIONS: usize = 16;

/// Length of the header.
pub(crate) const HEADER: usize = 16 + SECTIONS * 8;

/// A section, by its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    Tags,
    Slots,
    Packages,
    Texts,
    Bounds,
    Keys,
    Hits,
    Nodes,
    Namespaces,
    Doubts,
    Fixes,
    Spellings,
    Words,
    Records,
    Flaws,
    Known,
}

impl Section {
    /// Every section and the length of its entries, in the order of the file.
    pub(crate) const ALL: [(Self, usize); SECTIONS] = [
        (Self::Tags, 1),
        (Self::Slots, 4),
        (Self::Packages, PACKAGE),
        (Self::Texts, 1),
        (Self::Bounds, BOUND),
        (Self::Keys, 1),
        (Self::Hits, 4),
        (Self::Nodes, 4),
        (Self::Namespaces, 8),
        (Self::Doubts, 12),
        (Self::Fixes, 16),
        (Self::Spellings, 12),
        (Self::Words, 1),
        (Self::Records, 16),
        (Self::Flaws, 12),
        (Self::Known, KNOWN),
    ];
}

/// Length of a package's entry.
pub(crate) const PACKAGE: usize = 48;

/// Length of a bound.
pub(crate) const BOUND: usize = 16;

/// Length of an entry on a CVE.
pub(crate) const KNOWN: usize = 40;

/// The fields of a package, u32 each.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Field {
    /// Where its name starts in texts.
    Name,
    /// Length of its name, and its namespace times 2^16.
    Sizes,
    /// Its first bound.
    Bound,
    /// How many bounds.
    Bounds,
    /// Where the list of all its records starts in hits.
    All,
    /// How many records.
    Records,
    /// Its first doubt; the next package's is the end.
    Doubt,
    /// Its first fix; likewise.
    Fix,
    /// Its first spelling; likewise.
    Spelling,
    /// Where its segment tree starts in nodes; [`PLAIN`] where every bound has its whole list.
    Node,
    /// How many leaves the tree has, a power of two.
    Leaves,
}

impl Field {
    /// Every field, in the order of the entry.
    pub(crate) const ALL: [Self; 11] = [
        Self::Name,
        Self::Sizes,
        Self::Bound,
        Self::Bounds,
        Self::All,
        Self::Records,
        Self::Doubt,
        Self::Fix,
        Self::Spelling,
        Self::Node,
        Self::Leaves,
    ];
}

/// No segment tree.
pub(crate) const PLAIN: u32 = u32::MAX;

/// Most namespaces.
pub(crate) const MAX_NAMESPACES: usize = 1 << 16;

/// The first four bytes as a number; zero where there are fewer.
pub(crate) fn word(bytes: &[u8]) -> u32 {
    bytes.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

/// The first eight.
pub(crate) fn long(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// Eight bytes a step, folded by a wide product (as in wyhash, public domain); the file format fixes it.
pub(crate) fn hash(seed: u64, bytes: &[u8]) -> u64 {
    const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
    let fold = |a: u64, b: u64| {
        let wide = u128::from(a) * u128::from(b);
        let [low, high] = [wide & u128::from(u64::MAX), wide >> 64];
        u64::try_from(low ^ high).unwrap_or_default()
    };
    let length = u64::try_from(bytes.len()).unwrap_or_default();
    let mut state = fold(seed ^ 0xa076_1d64_78bd_642f, length ^ STEP);
    let (chunks, rest) = bytes.as_chunks::<8>();
    for chunk in chunks {
        state = fold(state ^ u64::from_le_bytes(*chunk), STEP);
    }
    // the last eight bytes again, in part; short texts are read from both ends
    let last = match (bytes.last_chunk::<8>(), bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        _ if rest.is_empty() => 0,
        (Some(eight), _, _) => u64::from_le_bytes(*eight),
        (None, Some(first), Some(last)) => {
            u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last))
        }
        _ => rest.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
    };
    fold(state ^ last, 0xe703_7ed1_a0b4_28db)
}

/// A key's first eight bytes as a number; shorter keys end in zeros.
pub(crate) fn prefix(key: &[u8]) -> u64 {
    match key.first_chunk::<8>() {
        Some(eight) => u64::from_be_bytes(*eight),
        None => {
            let shift = 8 * (8 - key.len());
            key.iter()
                .fold(0u64, |sum, byte| sum << 8 | u64::from(*byte))
                .checked_shl(u32::try_from(shift).unwrap_or(64))
                .unwrap_or(0)
        }
    }
}

/// Seven bits and a one, so that it is never the empty slot.
pub(crate) fn tag(hash: u64) -> u8 {
    u8::try_from(hash >> 57).unwrap_or_default() | 0x80
}

/// The slot at which a search starts.
pub(crate) fn place(hash: u64, mask: usize) -> usize {
    usize::try_from(hash & u64::try_from(mask).unwrap_or_default()).unwrap_or_default()
}
