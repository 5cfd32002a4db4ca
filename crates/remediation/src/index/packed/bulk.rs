//! Many package versions at once.
//!
//! A look-up waits for memory, not for the processor: the table of names, the package, its bounds. Here the
//! look-ups of a block go through those places together, so that their waits overlap.

use super::layout::{Field, Section, hash, place, tag, word};
use super::{Matched, NamespaceNumber, PackageNumber, Packed, field};
use std::hint::black_box;
use versions::Ecosystem;

/// A package version to match.
#[derive(Debug, Clone, Copy)]
pub struct Query<'q> {
    /// The namespace in the index.
    pub namespace: NamespaceNumber,
    /// Whose version order applies.
    pub ecosystem: Ecosystem,
    /// The name, normalised.
    pub name: &'q str,
    /// The version as written.
    pub version: &'q str,
}

/// How many look-ups go together.
const BLOCK: usize = 256;

/// A query whose name's tag is in the table.
#[derive(Clone, Copy)]
struct Likely {
    query: usize,
    slot: usize,
    number: u32,
}

impl<'a> Packed<'a> {
    /// Matches every query whose package has records: its place in `queries`, and what it matches. As
    /// [`Self::package`] and [`Self::matched`] one by one, in less time.
    pub fn each(&self, queries: &[Query<'_>], mut found: impl FnMut(usize, Matched<'a>)) {
        let mut buffer = Vec::new();
        self.packages_of(queries, |at, asked, package| {
            found(at, self.matched(asked.ecosystem, package, asked.version, &mut buffer));
        });
    }

    /// Names every query whose package has records, by its place; versions are not looked at.
    pub fn known_of(&self, queries: &[Query<'_>], mut found: impl FnMut(usize)) {
        self.packages_of(queries, |at, _, _| found(at));
    }

    fn packages_of(
        &self,
        queries: &[Query<'_>],
        mut found: impl FnMut(usize, &Query<'_>, PackageNumber),
    ) {
        let mut likely = Vec::with_capacity(BLOCK);
        let mut hashes = [0u64; BLOCK];
        let mut tags = [0u8; BLOCK];
        for (block, first) in queries.chunks(BLOCK).zip((0..).step_by(BLOCK)) {
            self.tags(block, &mut hashes, &mut tags);
            self.likely(block.len(), &hashes, &tags, &mut likely);
            self.touch(&mut likely);
            for Likely { query, slot, number } in &likely {
                let Some(asked) = block.get(*query) else { continue };
                let here = self.is(*number, asked.namespace, asked.name.as_bytes());
                let package = if here {
                    Some(PackageNumber(*number))
                } else {
                    // another name with the same tag: on from here
                    let hash = hashes.get(*query).copied().unwrap_or_default();
                    self.on_from(slot + 1, hash, asked.namespace, asked.name)
                };
                if let Some(package) = package {
                    found(first + query, asked, package);
                }
            }
        }
    }

    /// Hashes the names, and reads the tag at the first slot of each.
    fn tags(&self, block: &[Query<'_>], hashes: &mut [u64; BLOCK], tags: &mut [u8; BLOCK]) {
        let table = self.part(Section::Tags);
        let mask = table.len() - 1;
        for ((query, to), tag) in block.iter().zip(hashes.iter_mut()).zip(tags.iter_mut()) {
            *to = hash(u64::from(query.namespace.0) + 1, query.name.as_bytes());
            *tag = table.get(place(*to, mask)).copied().unwrap_or_default();
        }
    }

    /// Those whose tag stands somewhere from its first slot to the first empty one.
    fn likely(
        &self,
        count: usize,
        hashes: &[u64; BLOCK],
        tags: &[u8; BLOCK],
        likely: &mut Vec<Likely>,
    ) {
        let table = self.part(Section::Tags);
        let mask = table.len() - 1;
        likely.clear();
        for (query, (hash, first)) in hashes.iter().zip(tags).take(count).enumerate() {
            let (wanted, mut slot, mut tag_here) = (tag(*hash), place(*hash, mask), *first);
            // a table without an empty slot is damaged; it still has an end
            let mut left = mask;
            while tag_here != 0 && tag_here != wanted && left > 0 {
                slot = (slot + 1) & mask;
                tag_here = table.get(slot).copied().unwrap_or_default();
                left -= 1;
            }
            if tag_here == wanted {
                likely.push(Likely { query, slot, number: 0 });
            }
        }
    }

    /// Reads what will be compared, one kind of place after the other.
    fn touch(&self, likely: &mut [Likely]) {
        for one in likely.iter_mut() {
            one.number = self.part(Section::Slots).get(one.slot * 4..).map_or(u32::MAX, word);
        }
        let mut seen = 0;
        for one in likely.iter() {
            seen ^= field(self.entry(one.number), Field::Name);
        }
        for one in likely.iter() {
            let entry = self.entry(one.number);
            let name = super::size(field(entry, Field::Name));
            seen ^= u32::from(self.part(Section::Texts).get(name).copied().unwrap_or_default());
            let bounds = super::size(field(entry, Field::Bounds)) / 2;
            let bound = super::size(field(entry, Field::Bound)).saturating_add(bounds);
            seen ^= word(self.bound(bound));
        }
        black_box(seen);
    }
}
