//! What is said beside the intervals: doubts, spellings, fixes, records, flaws, CVEs.

use super::layout::{Field, KNOWN, Section, word};
use super::{PackageNumber, Packed, cut, field, known, size, text};
use crate::facts::Provenance;
use crate::flaw::{Class, Flaw};
use crate::intelligence::Entry;
use domain::AdvisoryId;

/// Records with a text each.
#[derive(Debug, Clone)]
pub struct Pairs<'a> {
    words: &'a [u8],
    entries: std::slice::ChunksExact<'a, u8>,
}

impl<'a> Iterator for Pairs<'a> {
    type Item = (u32, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let entry = self.entries.next()?;
        Some((word(entry), text(self.words, entry.get(4..).unwrap_or_default())))
    }
}

impl<'a> Packed<'a> {
    /// Records that leave a doubt about every version they don't affect, and what it is.
    pub fn doubts(&self, package: PackageNumber) -> Pairs<'a> {
        let entries = self.own(package, Field::Doubt, Section::Doubts, 12).chunks_exact(12);
        Pairs { words: self.part(Section::Words), entries }
    }

    /// Listed versions that don't parse, each with its record.
    pub fn spellings(&self, package: PackageNumber) -> Pairs<'a> {
        let entries = self.own(package, Field::Spelling, Section::Spellings, 12).chunks_exact(12);
        Pairs { words: self.part(Section::Words), entries }
    }

    /// Records that list this version, which does not parse.
    pub fn spelled(&self, package: PackageNumber, version: &str) -> impl Iterator<Item = u32> {
        self.spellings(package).filter(move |(_, text)| *text == version).map(|(record, _)| record)
    }

    /// Versions in which something was fixed, ascending: their keys, and as written.
    pub fn fixes(
        &self,
        package: PackageNumber,
    ) -> impl Iterator<Item = (&'a [u8], &'a str)> + use<'a> {
        let packed = *self;
        let entries = self.own(package, Field::Fix, Section::Fixes, 16).chunks_exact(16);
        entries.map(move |entry| {
            let (start, length) = (word(entry), entry.get(4..).map_or(0, word));
            let key = cut(packed.part(Section::Keys), start, length);
            (key, packed.words(entry.get(8..).unwrap_or_default()))
        })
    }

    /// A package's entries of a section: they go to where the next package's start.
    fn own(&self, package: PackageNumber, of: Field, section: Section, length: usize) -> &'a [u8] {
        let from = size(field(self.entry(package.0), of));
        let to = size(field(self.entry(package.0.saturating_add(1)), of));
        let at = |number: usize| number.saturating_mul(length);
        self.part(section).get(at(from)..at(to)).unwrap_or_default()
    }

    /// How many records it holds.
    pub fn records(&self) -> usize {
        self.part(Section::Records).len() / 16
    }

    /// A record's id, its flaw and its class.
    pub fn record(&self, number: u32) -> Option<(AdvisoryId, u32, Class)> {
        let (flaw, class) = self.kind(number)?;
        Some((self.words(self.record_at(number)?).parse().ok()?, flaw, class))
    }

    /// A record's flaw and its class. Copies no text, so it may be asked often.
    pub fn kind(&self, number: u32) -> Option<(u32, Class)> {
        let rest = self.record_at(number)?.get(8..)?;
        Some((word(rest), Class::coded(word(rest.get(4..)?))?))
    }

    fn record_at(&self, number: u32) -> Option<&'a [u8]> {
        let start = size(number).checked_mul(16)?;
        self.part(Section::Records).get(start..start.checked_add(16)?)
    }

    /// A flaw.
    pub fn flaw(&self, number: u32) -> Option<Flaw> {
        let start = size(number).checked_mul(12)?;
        let entry = self.part(Section::Flaws).get(start..start.checked_add(12)?)?;
        let (ids, summary) = self.words(entry).split_once('\n')?;
        let mut ids = ids.split(' ').map(|id| id.parse::<AdvisoryId>().ok());
        let id = ids.next()??;
        let class = Class::coded(word(entry.get(8..)?))?;
        Some(Flaw { id, ids: ids.collect::<Option<_>>()?, summary: summary.parse().ok(), class })
    }

    /// The flaw that goes by this id; looks through all of them.
    pub fn flaw_with(&self, id: &AdvisoryId) -> Option<Flaw> {
        let ids = |entry: &[u8]| self.words(entry).split_once('\n').map_or("", |(ids, _)| ids);
        let mut entries = self.part(Section::Flaws).chunks_exact(12);
        let at = entries.position(|entry| ids(entry).split(' ').any(|one| one == id.as_str()))?;
        self.flaw(u32::try_from(at).ok()?)
    }

    /// What is known of a CVE.
    pub fn known(&self, cve: &str) -> Option<Entry> {
        let (mut low, mut high) = (1, self.part(Section::Known).len() / KNOWN);
        while low < high {
            let middle = low + (high - low) / 2;
            let entry = self.known_at(middle)?;
            match self.words(entry).cmp(cve) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Some(known::read(entry.get(8..)?)),
            }
        }
        None
    }

    /// Every CVE of which something is known, ascending.
    pub fn all_known(&self) -> impl Iterator<Item = (&'a str, Entry)> + use<'a> {
        let packed = *self;
        let entries = self.part(Section::Known).chunks_exact(KNOWN).skip(1);
        entries.map(move |entry| {
            (packed.words(entry), known::read(entry.get(8..).unwrap_or_default()))
        })
    }

    fn known_at(&self, at: usize) -> Option<&'a [u8]> {
        let start = at.checked_mul(KNOWN)?;
        self.part(Section::Known).get(start..start.checked_add(KNOWN)?)
    }

    /// Who says what is in KEV, and from what the file was made.
    pub fn about(&self) -> (Option<Provenance>, Option<known::Snapshot>) {
        self.known_at(0).map_or((None, None), |entry| known::read_about(self.words(entry)))
    }
}
