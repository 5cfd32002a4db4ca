//! Building the packed index.

use super::{HEADER, MAGIC, SECTIONS, hash, place, tag};
use std::collections::BTreeMap;
use versions::{Interval, VersionKey, VersionSet};

/// Packages and their records, before they are packed.
#[derive(Debug, Clone, Default)]
pub struct Pack {
    packages: BTreeMap<(Box<str>, Box<str>), Draft>,
}

#[derive(Debug, Clone, Default)]
struct Draft {
    /// Boundary → records whose interval starts (+1) or ends (-1) there.
    edges: Vec<(VersionKey, u32, i32)>,
    all: Vec<u32>,
    doubts: Vec<u32>,
}

/// Most records about one package.
const MAX_RECORDS: usize = 65_535;

/// Longest name of a package, in bytes.
const MAX_NAME: usize = 4_096;

impl Pack {
    /// Says what a record states of a package. The namespace is the ecosystem as OSV writes it, with its
    /// release; the name is normalised. Answers `false`, and adds nothing, over the format's bounds.
    pub fn add(&mut self, namespace: &str, name: &str, record: u32, set: &VersionSet) -> bool {
        if name.len() > MAX_NAME {
            return false;
        }
        let draft = self.packages.entry((namespace.into(), name.into())).or_default();
        if draft.all.len() >= MAX_RECORDS {
            return false;
        }
        draft.all.push(record);
        if set.doubt().is_some() || !set.listed_unparsable().is_empty() {
            draft.doubts.push(record);
        }
        let points = set.listed().iter().map(|key| (key.clone(), Some(key.successor())));
        let ranges = set.ranges().iter().flat_map(|range| {
            range.intervals().iter().map(|Interval { from, until }| (from.clone(), until.clone()))
        });
        for (from, until) in points.chain(ranges) {
            draft.edges.push((from, record, 1));
            draft.edges.extend(until.map(|until| (until, record, -1)));
        }
        true
    }

    /// The bytes, for [`super::Packed::open`].
    ///
    /// # Panics
    /// When a section outgrows 4 GiB.
    pub fn finish(self) -> Vec<u8> {
        let mut namespaces: Vec<&str> = self.packages.keys().map(|(space, _)| &**space).collect();
        namespaces.dedup();
        let slots = (self.packages.len() * 2).next_power_of_two().max(8);
        let mut file = File { tags: vec![0; slots], slots: vec![0; slots * 4], ..File::default() };
        for space in &namespaces {
            push(&mut file.namespaces, file.texts.len());
            push(&mut file.namespaces, space.len());
            file.texts.extend_from_slice(space.as_bytes());
        }
        for (number, ((space, name), draft)) in self.packages.iter().enumerate() {
            let at = namespaces.binary_search(&&**space).expect("every namespace is listed");
            file.package(number, at, name, draft);
        }
        push(&mut file.bounds, file.keys.len());
        push(&mut file.bounds, file.hits.len() / 4);
        file.written()
    }
}

#[derive(Default)]
struct File {
    tags: Vec<u8>,
    slots: Vec<u8>,
    packages: Vec<u8>,
    texts: Vec<u8>,
    bounds: Vec<u8>,
    keys: Vec<u8>,
    hits: Vec<u8>,
    namespaces: Vec<u8>,
}

impl File {
    fn package(&mut self, number: usize, space: usize, name: &str, draft: &Draft) {
        let hash = hash(space as u64 + 1, name.as_bytes());
        let mask = self.tags.len() - 1;
        let mut slot = place(hash, mask);
        while self.tags.get(slot).is_some_and(|tag| *tag != 0) {
            slot = (slot + 1) & mask;
        }
        if let (Some(to), Some(number_to)) =
            (self.tags.get_mut(slot), self.slots.get_mut(slot * 4..slot * 4 + 4))
        {
            *to = tag(hash);
            number_to.copy_from_slice(&small(number).to_le_bytes());
        }
        push(&mut self.packages, self.texts.len());
        push(&mut self.packages, name.len() | space << 16);
        self.texts.extend_from_slice(name.as_bytes());
        push(&mut self.packages, self.bounds.len() / 8);
        let before = self.bounds.len();
        self.sweep(draft);
        push(&mut self.packages, (self.bounds.len() - before) / 8);
        // where the last list ends; it is none of the package's bounds
        self.bound(b"");
        let (mut all, mut doubts) = (draft.all.clone(), draft.doubts.clone());
        for list in [&mut all, &mut doubts] {
            list.sort_unstable();
            list.dedup();
        }
        push(&mut self.packages, self.hits.len() / 4);
        push(&mut self.packages, all.len() | doubts.len() << 16);
        for record in all.iter().chain(&doubts) {
            self.hits.extend_from_slice(&record.to_le_bytes());
        }
    }

    /// One bound for each boundary, with the records open from there on.
    fn sweep(&mut self, draft: &Draft) {
        let mut edges = draft.edges.clone();
        edges.sort();
        let mut open: BTreeMap<u32, i32> = BTreeMap::new();
        for same in edges.chunk_by(|a, b| a.0 == b.0) {
            for (_, record, step) in same {
                *open.entry(*record).or_default() += step;
            }
            open.retain(|_, depth| *depth > 0);
            let Some((key, _, _)) = same.first() else { continue };
            self.bound(key.as_bytes());
            for record in open.keys() {
                self.hits.extend_from_slice(&record.to_le_bytes());
            }
        }
    }

    fn bound(&mut self, key: &[u8]) {
        push(&mut self.bounds, self.keys.len());
        push(&mut self.bounds, self.hits.len() / 4);
        self.keys.extend_from_slice(key);
    }

    fn written(self) -> Vec<u8> {
        let sections: [&[u8]; SECTIONS] = [
            &self.tags,
            &self.slots,
            &self.packages,
            &self.texts,
            &self.bounds,
            &self.keys,
            &self.hits,
            &self.namespaces,
        ];
        let mut out = Vec::with_capacity(HEADER + sections.iter().map(|s| s.len()).sum::<usize>());
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&[0; 8]);
        for section in sections {
            out.extend_from_slice(&(section.len() as u64).to_le_bytes());
        }
        out.resize(HEADER, 0);
        for section in sections {
            out.extend_from_slice(section);
        }
        let sum = hash(0, out.get(16..).unwrap_or_default());
        if let Some(to) = out.get_mut(8..16) {
            to.copy_from_slice(&sum.to_le_bytes());
        }
        out
    }
}

fn push(to: &mut Vec<u8>, value: usize) {
    to.extend_from_slice(&small(value).to_le_bytes());
}

fn small(value: usize) -> u32 {
    u32::try_from(value).expect("sections stay under 4 GiB")
}
