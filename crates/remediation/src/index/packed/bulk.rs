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
    /// Matches every query whose package has records: its place in `queries`, the package, and what matches. As
    /// [`Self::package`] and [`Self::matched`] one by one, in less time.
    pub fn each(
        &self,
        queries: &[Query<'_>],
        mut found: impl FnMut(usize, PackageNumber, Matched<'a>),
    ) {
        let mut buffer = Vec::new();
        let mut likely = Vec::with_capacity(BLOCK);
        let mut hashes = [0u64; BLOCK];
        let mut groups = [0u64; BLOCK];
        for (block, first) in queries.chunks(BLOCK).zip((0..).step_by(BLOCK)) {
            self.groups(block, &mut hashes, &mut groups);
            self.likely(block.len(), &hashes, &groups, &mut likely);
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
                    let matched =
                        self.matched(asked.ecosystem, package, asked.version, &mut buffer);
                    found(first + query, package, matched);
                }
            }
        }
    }

    /// Hashes the names, and reads the tags of eight slots from the first one of each on.
    fn groups(&self, block: &[Query<'_>], hashes: &mut [u64; BLOCK], groups: &mut [u64; BLOCK]) {
        let table = self.part(Section::Tags);
        let mask = table.len() - 1;
        // each loop waits for one kind of place only, and no load of it for another
        let firsts = block.iter().map(|query| query.name.as_bytes().first().copied());
        black_box(firsts.fold(0, |seen, byte| seen ^ byte.unwrap_or_default()));
        for (query, to) in block.iter().zip(hashes.iter_mut()) {
            *to = hash(u64::from(query.namespace.0) + 1, query.name.as_bytes());
        }
        for (hash, to) in hashes.iter().take(block.len()).zip(groups.iter_mut()) {
            let slot = place(*hash, mask);
            *to = match table.get(slot..).and_then(|rest| rest.first_chunk::<8>()) {
                Some(eight) => u64::from_le_bytes(*eight),
                None => around(table, slot),
            };
        }
    }

    /// Those whose tag stands somewhere from its first slot to the first empty one.
    fn likely(
        &self,
        count: usize,
        hashes: &[u64; BLOCK],
        groups: &[u64; BLOCK],
        likely: &mut Vec<Likely>,
    ) {
        let table = self.part(Section::Tags);
        let mask = table.len() - 1;
        likely.clear();
        for (query, (hash, group)) in hashes.iter().zip(groups).take(count).enumerate() {
            let wanted = tag(*hash);
            let (same, empty) = (zeros(group ^ (EACH * u64::from(wanted))), zeros(*group));
            // the lower a bit, the earlier its slot; most names end at an empty slot of these eight
            if same == 0 && empty != 0 {
                continue;
            }
            let steps = if same != 0 && same.trailing_zeros() < empty.trailing_zeros() {
                same.trailing_zeros() / 8
            } else if empty != 0 {
                continue;
            } else {
                8
            };
            let mut slot = (place(*hash, mask) + super::size(steps)) & mask;
            // a table without an empty slot is damaged; it still has an end
            let mut left = mask;
            let here = |slot: usize| table.get(slot).copied().unwrap_or_default();
            while here(slot) != wanted && here(slot) != 0 && left > 0 {
                slot = (slot + 1) & mask;
                left -= 1;
            }
            if here(slot) == wanted {
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

/// A one in each byte.
const EACH: u64 = u64::from_le_bytes([1; 8]);

/// The high bit of the lowest byte that is zero, and perhaps of some above it; nothing if none is.
fn zeros(bytes: u64) -> u64 {
    bytes.wrapping_sub(EACH) & !bytes & (EACH << 7)
}

/// The tags of eight slots from one on, at the end of the table, which goes on at its beginning.
fn around(table: &[u8], slot: usize) -> u64 {
    let eight = table.iter().skip(slot).chain(table.iter().cycle()).take(8);
    eight.fold(0, |group, byte| group >> 8 | u64::from(*byte) << 56)
}
