//! The sections of an index while they are written.

use super::draft::{Draft, Lists};
use super::known::{self, Snapshot};
use super::layout::{
    Field, HEADER, MAGIC, MAX_NAMESPACES, PLAIN, Section, hash, place, prefix, tag,
};
use crate::flaw::{Class, Flaw};
use crate::intelligence::Intelligence;
use domain::AdvisoryId;
use std::collections::BTreeMap;

/// Sections, by place.
pub(super) struct File {
    sections: Vec<Vec<u8>>,
    words: BTreeMap<Box<str>, u32>,
    spaces: Vec<Box<str>>,
    packages: usize,
}

impl File {
    /// Room for so many packages.
    pub(super) fn new(packages: usize) -> Self {
        let slots = (packages * 2).next_power_of_two().max(8);
        let mut file = Self {
            sections: vec![Vec::new(); Section::ALL.len()],
            words: BTreeMap::new(),
            spaces: Vec::new(),
            packages: 0,
        };
        *file.at(Section::Tags) = vec![0; slots];
        *file.at(Section::Slots) = vec![0; slots * 4];
        file
    }

    #[expect(clippy::indexing_slicing, reason = "there is one vector a section")]
    fn at(&mut self, section: Section) -> &mut Vec<u8> {
        &mut self.sections[section as usize]
    }

    fn push(&mut self, section: Section, value: usize) {
        let bytes = small(value).to_le_bytes();
        self.at(section).extend_from_slice(&bytes);
    }

    /// How many entries of `size` bytes a section has.
    fn count(&mut self, section: Section, size: usize) -> usize {
        self.at(section).len() / size
    }

    /// A text that recurs, in `words` once: start and length.
    fn word(&mut self, section: Section, text: &str) {
        let start = if let Some(start) = self.words.get(text) {
            *start
        } else {
            let start = self.add(text);
            self.words.insert(text.into(), start);
            start
        };
        self.at(section).extend_from_slice(&start.to_le_bytes());
        self.push(section, text.len());
    }

    /// A text that is like no other.
    fn text(&mut self, section: Section, text: &str) {
        let start = self.add(text);
        self.at(section).extend_from_slice(&start.to_le_bytes());
        self.push(section, text.len());
    }

    fn add(&mut self, text: &str) -> u32 {
        let start = small(self.at(Section::Words).len());
        self.at(Section::Words).extend_from_slice(text.as_bytes());
        start
    }

    pub(super) fn record(&mut self, id: &AdvisoryId, flaw: u32, class: Class) {
        self.text(Section::Records, id.as_str());
        self.at(Section::Records).extend_from_slice(&flaw.to_le_bytes());
        self.push(Section::Records, usize::from(class.code()));
    }

    pub(super) fn flaw(&mut self, flaw: &Flaw) {
        let mut text = flaw.id.to_string();
        for id in &flaw.ids {
            text.push(' ');
            text.push_str(id.as_str());
        }
        text.push('\n');
        text.push_str(flaw.summary.as_ref().map_or("", |line| line.as_str()));
        self.text(Section::Flaws, &text);
        self.push(Section::Flaws, usize::from(flaw.class.code()));
    }

    fn space(&mut self, text: &str) -> usize {
        if let Some(at) = self.spaces.iter().rposition(|space| **space == *text) {
            return at;
        }
        assert!(self.spaces.len() < MAX_NAMESPACES, "fewer namespaces than 2^16");
        self.text(Section::Namespaces, text);
        self.spaces.push(text.into());
        self.spaces.len() - 1
    }

    /// Adds a package; they come sorted by namespace and name.
    pub(super) fn package(&mut self, space: &str, name: &str, draft: &Draft) {
        let space = self.space(space);
        let number = self.packages;
        self.packages += 1;
        self.enter(number, hash(space as u64 + 1, name.as_bytes()));
        let (bounds, lists) = draft.lists();
        let first = self.count(Section::Bounds, 16);
        let name_at = self.at(Section::Texts).len();
        self.at(Section::Texts).extend_from_slice(name.as_bytes());
        let (node, leaves) = match &lists {
            Lists::Plain(plain) => {
                for (key, list) in bounds.iter().zip(plain) {
                    self.bound(key.as_bytes());
                    self.list(list);
                }
                (PLAIN, 0)
            }
            Lists::Tree { leaves, nodes } => {
                bounds.iter().for_each(|key| self.bound(key.as_bytes()));
                (small(self.nodes(nodes)), *leaves)
            }
        };
        // where the last list ends; it is none of the package's bounds
        self.bound(b"");
        let all = self.count(Section::Hits, 4);
        self.list(&draft.all);
        let starts = self.starts();
        for field in Field::ALL {
            let value = match field {
                Field::Name => name_at,
                Field::Sizes => name.len() | space << 16,
                Field::Bound => first,
                Field::Bounds => bounds.len(),
                Field::All => all,
                Field::Records => draft.all.len(),
                Field::Doubt => starts.0,
                Field::Fix => starts.1,
                Field::Spelling => starts.2,
                Field::Node => usize::try_from(node).unwrap_or(usize::MAX),
                Field::Leaves => leaves,
            };
            self.push(Section::Packages, value);
        }
        self.push(Section::Packages, 0);
        self.details(draft);
    }

    /// Where the next doubts, fixes and spellings start.
    fn starts(&mut self) -> (usize, usize, usize) {
        let doubts = self.count(Section::Doubts, 12);
        (doubts, self.count(Section::Fixes, 16), self.count(Section::Spellings, 12))
    }

    fn details(&mut self, draft: &Draft) {
        for (record, why) in &draft.doubts {
            self.at(Section::Doubts).extend_from_slice(&record.to_le_bytes());
            self.word(Section::Doubts, why);
        }
        for (key, text) in &draft.fixes {
            let start = self.at(Section::Keys).len();
            self.at(Section::Keys).extend_from_slice(key.as_bytes());
            self.push(Section::Fixes, start);
            self.push(Section::Fixes, key.as_bytes().len());
            self.word(Section::Fixes, text);
        }
        for (record, text) in &draft.spellings {
            self.at(Section::Spellings).extend_from_slice(&record.to_le_bytes());
            self.word(Section::Spellings, text);
        }
    }

    fn enter(&mut self, number: usize, hash: u64) {
        let mask = self.at(Section::Tags).len() - 1;
        let mut slot = place(hash, mask);
        while self.at(Section::Tags).get(slot).is_some_and(|tag| *tag != 0) {
            slot = (slot + 1) & mask;
        }
        if let Some(to) = self.at(Section::Tags).get_mut(slot) {
            *to = tag(hash);
        }
        if let Some(to) = self.at(Section::Slots).get_mut(slot * 4..slot * 4 + 4) {
            to.copy_from_slice(&small(number).to_le_bytes());
        }
    }

    fn bound(&mut self, key: &[u8]) {
        self.at(Section::Bounds).extend_from_slice(&prefix(key).to_le_bytes());
        let (keys, hits) = (self.at(Section::Keys).len(), self.count(Section::Hits, 4));
        self.push(Section::Bounds, keys);
        self.push(Section::Bounds, hits);
        self.at(Section::Keys).extend_from_slice(key);
    }

    fn list(&mut self, records: &[u32]) {
        for record in records {
            self.at(Section::Hits).extend_from_slice(&record.to_le_bytes());
        }
    }

    /// The lists of a tree; gives where it starts in `nodes`.
    fn nodes(&mut self, nodes: &[Vec<u32>]) -> usize {
        let first = self.count(Section::Nodes, 4);
        for list in nodes {
            let start = self.count(Section::Hits, 4);
            self.push(Section::Nodes, start);
            self.list(list);
        }
        let end = self.count(Section::Hits, 4);
        self.push(Section::Nodes, end);
        first
    }

    pub(super) fn known(&mut self, snapshot: Option<&Snapshot>, intelligence: &Intelligence) {
        let about = known::about(snapshot, intelligence);
        self.text(Section::Known, &about);
        self.at(Section::Known).resize(super::layout::KNOWN, 0);
        for (cve, entry) in intelligence.entries() {
            self.text(Section::Known, cve);
            let bytes = known::write(&entry);
            self.at(Section::Known).extend_from_slice(&bytes);
        }
    }

    pub(super) fn written(mut self) -> Vec<u8> {
        // one package more: where the last one's lists end
        let starts = self.starts();
        for value in [0, 0, 0, 0, 0, 0, starts.0, starts.1, starts.2, 0, 0, 0] {
            self.push(Section::Packages, value);
        }
        let whole = HEADER + self.sections.iter().map(Vec::len).sum::<usize>();
        let mut out = Vec::with_capacity(whole);
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&[0; 8]);
        for section in &self.sections {
            out.extend_from_slice(&(section.len() as u64).to_le_bytes());
        }
        for section in &self.sections {
            out.extend_from_slice(section);
        }
        let sum = hash(0, out.get(16..).unwrap_or_default());
        if let Some(to) = out.get_mut(8..16) {
            to.copy_from_slice(&sum.to_le_bytes());
        }
        out
    }
}

fn small(value: usize) -> u32 {
    u32::try_from(value).expect("sections stay under 4 GiB")
}
