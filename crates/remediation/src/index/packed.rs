//! The index as one block of bytes: written once, then read where it lies, without parsing.
//!
//! Layout, little-endian: a header of 96 bytes (`VESTIDX1`, checksum of what follows it, then start and
//! length of eight sections), then the sections.
//!
//! | section | content |
//! |---|---|
//! | tags | one byte a slot of a power-of-two hash table; 0 is empty, else 7 bits of the hash |
//! | slots | u32 a slot: package number |
//! | packages | 24 bytes each: name start, name length (u16) and namespace (u16), first bound, bounds, first of `all`, `all` (u16) and doubts (u16) |
//! | texts | namespaces, then names |
//! | bounds | 8 bytes each: key start, hits start; one more after each package's, where its last list ends |
//! | keys | version keys, ascending within a package |
//! | hits | u32 each: records, ascending within a list |
//! | namespaces | 8 bytes each: text start, length |
//!
//! Opening looks at the header only. Every later read is bounds-checked, so that damaged bytes give
//! wrong answers at worst, never a panic; [`Packed::check`] reads all of it and tells.

mod build;

use std::fmt;
use versions::{Ecosystem, VersionKey};

pub use build::Pack;

pub(crate) const MAGIC: &[u8; 8] = b"VESTIDX1";
pub(crate) const SECTIONS: usize = 8;
pub(crate) const HEADER: usize = 16 + SECTIONS * 8 + 16;
const PACKAGE: usize = 24;
const BOUND: usize = 8;

/// Why bytes are not an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PackedError {
    /// They do not begin as an index of this version does.
    #[error("this is no index of version 1; build it again from the advisories")]
    Magic,
    /// A section lies outside of the bytes or has an impossible length.
    #[error("section {0} of the index lies outside of the file; it was cut off: fetch it again")]
    Section(usize),
    /// The checksum differs.
    #[error("the index is damaged: its checksum differs; fetch it again")]
    Checksum,
}

/// A package of the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackageNumber(u32);

/// A namespace of the index: an ecosystem, with its release where it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NamespaceNumber(u16);

/// An index over bytes that lie elsewhere, such as a mapped file.
#[derive(Clone, Copy)]
pub struct Packed<'a> {
    whole: &'a [u8],
    sections: [&'a [u8]; SECTIONS],
}

/// Records, ascending.
#[derive(Debug, Clone)]
pub struct Records<'a>(std::slice::ChunksExact<'a, u8>);

impl Iterator for Records<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        self.0.next().map(word)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for Records<'_> {}

/// What a version matches.
#[derive(Debug, Clone)]
pub struct Matched<'a> {
    /// Records that affect it.
    pub affected: Records<'a>,
    /// Records of which it can't be said; those among `affected` are certain.
    pub unknown: Records<'a>,
}

impl<'a> Packed<'a> {
    /// Opens an index; looks at its header only.
    ///
    /// # Errors
    /// [`PackedError`] when the header is not that of an index or points outside.
    pub fn open(whole: &'a [u8]) -> Result<Self, PackedError> {
        if whole.get(..8) != Some(MAGIC.as_slice()) || whole.len() < HEADER {
            return Err(PackedError::Magic);
        }
        let mut sections: [&[u8]; SECTIONS] = [&[]; SECTIONS];
        let mut start = HEADER;
        for (at, section) in sections.iter_mut().enumerate() {
            let length = whole.get(16 + at * 8..24 + at * 8).map(long).unwrap_or_default();
            let length = usize::try_from(length).map_err(|_| PackedError::Section(at))?;
            let end = start.checked_add(length).ok_or(PackedError::Section(at))?;
            *section = whole.get(start..end).ok_or(PackedError::Section(at))?;
            start = end;
        }
        let slots = sections[0].len();
        if !slots.is_power_of_two() || sections[1].len() != slots * 4 {
            return Err(PackedError::Section(0));
        }
        for (at, size) in [(2, PACKAGE), (4, BOUND), (6, 4), (7, 8)] {
            if !sections[at].len().is_multiple_of(size) {
                return Err(PackedError::Section(at));
            }
        }
        Ok(Self { whole, sections })
    }

    /// Reads everything and compares the checksum.
    ///
    /// # Errors
    /// [`PackedError::Checksum`].
    pub fn check(&self) -> Result<(), PackedError> {
        let told = self.whole.get(8..16).map(long);
        let body = self.whole.get(16..).unwrap_or_default();
        if told == Some(hash(0, body)) { Ok(()) } else { Err(PackedError::Checksum) }
    }

    /// How many packages it holds.
    pub fn packages(&self) -> usize {
        self.sections[2].len() / PACKAGE
    }

    /// The namespace written as OSV writes ecosystems, such as `Debian:12`.
    pub fn namespace(&self, text: &str) -> Option<NamespaceNumber> {
        let found = self.sections[7].chunks_exact(8).position(|entry| {
            let (start, length) = (word(entry), entry.get(4..).map_or(0, word));
            self.text(start, length) == Some(text.as_bytes())
        });
        found.and_then(|at| u16::try_from(at).ok()).map(NamespaceNumber)
    }

    /// The package of that (normalised) name.
    pub fn package(&self, namespace: NamespaceNumber, name: &str) -> Option<PackageNumber> {
        let hash = hash(u64::from(namespace.0) + 1, name.as_bytes());
        let mask = self.sections[0].len() - 1;
        let wanted = tag(hash);
        let mut slot = place(hash, mask);
        for _ in 0..=mask {
            match self.sections[0].get(slot) {
                Some(0) | None => return None,
                Some(tag) if *tag == wanted => {
                    let number = self.sections[1].get(slot * 4..).map_or(u32::MAX, word);
                    if self.is(number, namespace, name.as_bytes()) {
                        return Some(PackageNumber(number));
                    }
                }
                Some(_) => {}
            }
            slot = (slot + 1) & mask;
        }
        None
    }

    /// The records that affect a version, by its key.
    pub fn hits(&self, package: PackageNumber, key: &[u8]) -> Records<'a> {
        let (Some(first), Some(count)) = (self.field(package.0, 8), self.field(package.0, 12))
        else {
            return Records([].chunks_exact(4));
        };
        // the first bound above the key, by halving
        let (mut low, mut high) = (0, count);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.key(first.saturating_add(middle)) <= key {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let Some(at) = low.checked_sub(1) else { return Records([].chunks_exact(4)) };
        let at = first.saturating_add(at);
        let (from, to) = (self.bound(at, 4), self.bound(at.saturating_add(1), 4));
        self.list(from, to.saturating_sub(from))
    }

    /// Every record about a package: what a version that does not parse leaves unknown.
    pub fn all(&self, package: PackageNumber) -> Records<'a> {
        let counts = self.field(package.0, 20).unwrap_or_default();
        self.list(self.field(package.0, 16).unwrap_or_default(), counts & 0xffff)
    }

    /// Records with a range that does not parse: unknown for every version they don't affect.
    pub fn doubts(&self, package: PackageNumber) -> Records<'a> {
        let counts = self.field(package.0, 20).unwrap_or_default();
        let all = self.field(package.0, 16).unwrap_or_default();
        self.list(all.saturating_add(counts & 0xffff), counts >> 16)
    }

    /// Matches a version as written; `buffer` is for its key.
    pub fn matched(
        &self,
        ecosystem: Ecosystem,
        package: PackageNumber,
        version: &str,
        buffer: &mut Vec<u8>,
    ) -> Matched<'a> {
        if VersionKey::write(ecosystem, version, buffer).is_ok() {
            let affected = self.hits(package, buffer);
            Matched { affected, unknown: self.doubts(package) }
        } else {
            Matched { affected: Records([].chunks_exact(4)), unknown: self.all(package) }
        }
    }

    fn is(&self, number: u32, namespace: NamespaceNumber, name: &[u8]) -> bool {
        let (Some(start), Some(sizes)) = (self.field(number, 0), self.field(number, 4)) else {
            return false;
        };
        sizes >> 16 == u32::from(namespace.0) && self.text(start, sizes & 0xffff) == Some(name)
    }

    fn field(&self, number: u32, at: usize) -> Option<u32> {
        let start = usize::try_from(number).ok()?.checked_mul(PACKAGE)?.checked_add(at)?;
        self.sections[2].get(start..start.checked_add(4)?).map(word)
    }

    fn bound(&self, number: u32, at: usize) -> u32 {
        let start = usize::try_from(number).unwrap_or(usize::MAX).saturating_mul(BOUND);
        self.sections[4].get(start.saturating_add(at)..).map_or(0, word)
    }

    fn key(&self, number: u32) -> &'a [u8] {
        let (from, to) = (self.bound(number, 0), self.bound(number.saturating_add(1), 0));
        part(self.sections[5], from, to.saturating_sub(from)).unwrap_or_default()
    }

    fn text(&self, start: u32, length: u32) -> Option<&'a [u8]> {
        part(self.sections[3], start, length)
    }

    fn list(&self, start: u32, count: u32) -> Records<'a> {
        let bytes = part(self.sections[6], start.saturating_mul(4), count.saturating_mul(4));
        Records(bytes.unwrap_or_default().chunks_exact(4))
    }
}

impl fmt::Debug for Packed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Packed({} packages, {} bytes)", self.packages(), self.whole.len())
    }
}

fn part(section: &[u8], start: u32, length: u32) -> Option<&[u8]> {
    let start = usize::try_from(start).ok()?;
    section.get(start..start.checked_add(usize::try_from(length).ok()?)?)
}

/// The first four bytes as a number; zero where there are fewer.
fn word(bytes: &[u8]) -> u32 {
    bytes.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

/// The first eight.
fn long(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// Eight bytes a step, folded by a wide product; the file format fixes it.
pub(crate) fn hash(seed: u64, bytes: &[u8]) -> u64 {
    const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
    let fold = |a: u64, b: u64| {
        let wide = u128::from(a) * u128::from(b);
        let [low, high] = [wide & u128::from(u64::MAX), wide >> 64];
        u64::try_from(low ^ high).unwrap_or_default()
    };
    let length = u64::try_from(bytes.len()).unwrap_or_default();
    let mut state = fold(seed ^ 0xa076_1d64_78bd_642f, length ^ STEP);
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        state = fold(state ^ long(chunk), STEP);
    }
    let mut last = [0; 8];
    for (to, from) in last.iter_mut().zip(chunks.remainder()) {
        *to = *from;
    }
    fold(state ^ u64::from_le_bytes(last), 0xe703_7ed1_a0b4_28db)
}

/// Seven bits and a one, so that it is never the empty slot.
pub(crate) fn tag(hash: u64) -> u8 {
    u8::try_from(hash >> 57).unwrap_or_default() | 0x80
}

pub(crate) fn place(hash: u64, mask: usize) -> usize {
    usize::try_from(hash & u64::try_from(mask).unwrap_or_default()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
