//! The index as one block of bytes: written once, then read where it lies, without parsing.
//!
//! Opening looks at the header only. Every later read is bounds-checked, so that damaged bytes give
//! wrong answers at worst, never a panic; [`Packed::check`] reads all of it and tells.

mod build;
mod bulk;
mod detail;
mod draft;
mod file;
mod known;
pub(crate) mod layout;

use layout::{
    BOUND, Field, HEADER, MAGIC, PACKAGE, PLAIN, SECTIONS, Section, hash, long, place, prefix, tag,
    word,
};
use std::fmt;
use versions::{Ecosystem, VersionKey};

pub use build::Pack;
pub use bulk::Query;
pub use known::{Snapshot, Source};

/// Why bytes are not an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PackedError {
    /// They do not begin as an index of this version does.
    #[error("this is no index of version 2; make it again with `vestibule update`")]
    Magic,
    /// A section lies outside of the bytes or has an impossible length.
    #[error("section {0} of the index lies outside of the file; it was cut off: make it again")]
    Section(usize),
    /// The checksum differs.
    #[error("the index is damaged: its checksum differs; make it again")]
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

/// Records; those of one package, in no order, each once.
#[derive(Debug, Clone)]
pub struct Records<'a> {
    list: std::slice::ChunksExact<'a, u8>,
    hits: &'a [u8],
    /// Where lists start, from the tree's node 0 on.
    nodes: &'a [u8],
    node: usize,
}

impl Iterator for Records<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        loop {
            if let Some(record) = self.list.next() {
                return Some(word(record));
            }
            if self.node <= 1 {
                return None;
            }
            // up to the root; the leaf's own list came first
            self.node /= 2;
            self.list = node(self.hits, self.nodes, self.node).chunks_exact(4);
        }
    }
}

/// What a version matches.
#[derive(Debug, Clone)]
pub struct Matched<'a> {
    /// Records that affect it.
    pub affected: Records<'a>,
    /// Records of which it can't be said; those among `affected` are certain.
    pub unknown: Unknown<'a>,
}

/// Records of which it can't be said whether they affect a version.
#[derive(Debug, Clone)]
pub enum Unknown<'a> {
    /// The version does not parse: every record about the package.
    Version(Records<'a>),
    /// Those with a doubt of their own, with what it is.
    Doubts(detail::Pairs<'a>),
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
        for (at, (section, (_, size))) in sections.iter_mut().zip(Section::ALL).enumerate() {
            let length = whole.get(16 + at * 8..24 + at * 8).map(long).unwrap_or_default();
            let length = usize::try_from(length).map_err(|_| PackedError::Section(at))?;
            let end = start.checked_add(length).ok_or(PackedError::Section(at))?;
            *section = whole.get(start..end).ok_or(PackedError::Section(at))?;
            if !length.is_multiple_of(size) {
                return Err(PackedError::Section(at));
            }
            start = end;
        }
        let packed = Self { whole, sections };
        let slots = packed.part(Section::Tags).len();
        if !slots.is_power_of_two() || packed.part(Section::Slots).len() != slots * 4 {
            return Err(PackedError::Section(0));
        }
        Ok(packed)
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

    #[expect(clippy::indexing_slicing, reason = "there is one slice a section")]
    fn part(&self, section: Section) -> &'a [u8] {
        self.sections[section as usize]
    }

    /// How many packages it holds.
    pub fn packages(&self) -> usize {
        (self.part(Section::Packages).len() / PACKAGE).saturating_sub(1)
    }

    /// The namespaces, as [`versions::Namespace`] writes them, ascending by ecosystem.
    pub fn namespaces(&self) -> impl Iterator<Item = (NamespaceNumber, &'a str)> + use<'a> {
        let packed = *self;
        let entries = self.part(Section::Namespaces).chunks_exact(8);
        (0u16..)
            .zip(entries)
            .map(move |(number, entry)| (NamespaceNumber(number), packed.words(entry)))
    }

    /// The namespace of that text.
    pub fn namespace(&self, text: &str) -> Option<NamespaceNumber> {
        self.namespaces().find(|(_, space)| *space == text).map(|(number, _)| number)
    }

    /// The package of that (normalised) name.
    pub fn package(&self, namespace: NamespaceNumber, name: &str) -> Option<PackageNumber> {
        let hash = hash(u64::from(namespace.0) + 1, name.as_bytes());
        let mask = self.part(Section::Tags).len() - 1;
        self.on_from(place(hash, mask), hash, namespace, name)
    }

    /// As [`Self::package`], from a slot on.
    fn on_from(
        &self,
        mut slot: usize,
        hash: u64,
        namespace: NamespaceNumber,
        name: &str,
    ) -> Option<PackageNumber> {
        let tags = self.part(Section::Tags);
        let mask = tags.len() - 1;
        let wanted = tag(hash);
        for _ in 0..=mask {
            slot &= mask;
            match tags.get(slot) {
                Some(0) | None => return None,
                Some(tag) if *tag == wanted => {
                    let number = self.part(Section::Slots).get(slot * 4..).map_or(u32::MAX, word);
                    if self.is(number, namespace, name.as_bytes()) {
                        return Some(PackageNumber(number));
                    }
                }
                Some(_) => {}
            }
            slot += 1;
        }
        None
    }

    /// The records that affect a version, by its key.
    pub fn hits(&self, package: PackageNumber, key: &[u8]) -> Records<'a> {
        let entry = self.entry(package.0);
        let (first, count) = (size(field(entry, Field::Bound)), size(field(entry, Field::Bounds)));
        let wanted = prefix(key);
        // the first bound above the key, by halving: its first bytes decide nearly always
        let (mut low, mut high) = (first, first.saturating_add(count));
        while low < high {
            let middle = low + (high - low) / 2;
            let told = long(self.bound(middle));
            let above = if told == wanted { self.key(middle) > key } else { told > wanted };
            if above {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        if low == first {
            return Records::none();
        }
        let at = low - 1;
        let (hits, tree) = (self.part(Section::Hits), field(entry, Field::Node));
        if tree == PLAIN {
            let list = list(hits, second(self.bound(at)), second(self.bound(low)));
            return Records { list: list.chunks_exact(4), ..Records::none() };
        }
        let nodes = self.part(Section::Nodes).get(size(tree).saturating_mul(4)..);
        let nodes = nodes.unwrap_or_default();
        let leaf = (at - first).saturating_add(size(field(entry, Field::Leaves)));
        Records { list: node(hits, nodes, leaf).chunks_exact(4), hits, nodes, node: leaf }
    }

    /// Every record about a package: what a version that does not parse leaves unknown.
    pub fn all(&self, package: PackageNumber) -> Records<'a> {
        let entry = self.entry(package.0);
        let from = field(entry, Field::All);
        let to = from.saturating_add(field(entry, Field::Records));
        let list = list(self.part(Section::Hits), from, to).chunks_exact(4);
        Records { list, ..Records::none() }
    }

    /// Matches a version as written; `buffer` is for its key. Listed versions that do not parse are told by
    /// [`Self::spelled`].
    pub fn matched(
        &self,
        ecosystem: Ecosystem,
        package: PackageNumber,
        version: &str,
        buffer: &mut Vec<u8>,
    ) -> Matched<'a> {
        if VersionKey::write(ecosystem, version, buffer).is_ok() {
            let affected = self.hits(package, buffer);
            Matched { affected, unknown: Unknown::Doubts(self.doubts(package)) }
        } else {
            let all = Unknown::Version(self.all(package));
            Matched { affected: Records::none(), unknown: all }
        }
    }

    fn is(&self, number: u32, namespace: NamespaceNumber, name: &[u8]) -> bool {
        let entry = self.entry(number);
        let (start, sizes) = (field(entry, Field::Name), field(entry, Field::Sizes));
        let text = || cut(self.part(Section::Texts), start, sizes & 0xffff);
        !entry.is_empty() && sizes >> 16 == u32::from(namespace.0) && text() == name
    }

    /// A package's entry; empty where there is none.
    fn entry(&self, number: u32) -> &'a [u8] {
        let start = size(number).saturating_mul(PACKAGE);
        self.part(Section::Packages).get(start..start.saturating_add(PACKAGE)).unwrap_or_default()
    }

    /// A bound; empty where there is none.
    fn bound(&self, number: usize) -> &'a [u8] {
        let start = number.saturating_mul(BOUND);
        self.part(Section::Bounds).get(start..start.saturating_add(BOUND)).unwrap_or_default()
    }

    /// The whole key of a bound; it goes to where the next one starts.
    fn key(&self, number: usize) -> &'a [u8] {
        let start = |bound: &[u8]| bound.get(8..).map_or(0, word);
        let (from, to) = (start(self.bound(number)), start(self.bound(number.saturating_add(1))));
        cut(self.part(Section::Keys), from, to.saturating_sub(from))
    }

    fn words(&self, entry: &[u8]) -> &'a str {
        text(self.part(Section::Words), entry)
    }
}

impl Records<'_> {
    /// No record.
    pub fn none() -> Self {
        Self { list: [].chunks_exact(4), hits: &[], nodes: &[], node: 0 }
    }
}

impl fmt::Debug for Packed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Packed({} packages, {} bytes)", self.packages(), self.whole.len())
    }
}

fn field(entry: &[u8], field: Field) -> u32 {
    entry.get(field as usize * 4..).map_or(0, word)
}

/// The text at which an entry points.
fn text<'a>(words: &'a [u8], entry: &[u8]) -> &'a str {
    let (start, length) = (word(entry), entry.get(4..).map_or(0, word));
    std::str::from_utf8(cut(words, start, length)).unwrap_or_default()
}

fn size(value: u32) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

/// Where a bound's list starts in `hits`.
fn second(bound: &[u8]) -> u32 {
    bound.get(12..).map_or(0, word)
}

fn cut(section: &[u8], start: u32, length: u32) -> &[u8] {
    let start = size(start);
    section.get(start..start.saturating_add(size(length))).unwrap_or_default()
}

/// The bytes of the records from one place in `hits` to another.
fn list(hits: &[u8], from: u32, to: u32) -> &[u8] {
    hits.get(size(from).saturating_mul(4)..size(to).saturating_mul(4)).unwrap_or_default()
}

fn node<'a>(hits: &'a [u8], nodes: &[u8], at: usize) -> &'a [u8] {
    let place = |at: usize| nodes.get(at.saturating_mul(4)..).map_or(0, word);
    list(hits, place(at), place(at.saturating_add(1)))
}

#[cfg(test)]
mod tests;
