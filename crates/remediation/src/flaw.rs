//! A flaw: records of several databases that are about the same thing.

use advisory::osv;
use domain::{AdvisoryId, Line};
use std::collections::BTreeMap;

/// Most characters of outside text that are shown.
const SHOWN: usize = 200;

/// What a record says of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// A vulnerability.
    Vulnerability,
    /// RustSec: safe code can break memory safety. A notice, without a deadline.
    Unsound,
    /// RustSec: nobody maintains it. A notice, without a deadline.
    Unmaintained,
    /// RustSec: another notice.
    Notice,
}

/// One flaw by all its ids.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Flaw {
    /// The id people look for: the first CVE, else the first record's own.
    pub id: AdvisoryId,
    /// Every id, ascending.
    pub ids: Vec<AdvisoryId>,
    /// One line about it, by its database. Outside text: show it, don't trust it.
    pub summary: Option<Line>,
    /// The gravest class of its records.
    pub class: Class,
}

impl Class {
    /// Every class, by its code in an index.
    const ALL: [Self; 4] = [Self::Vulnerability, Self::Unsound, Self::Unmaintained, Self::Notice];

    /// Its code in an index.
    pub(crate) fn code(self) -> u8 {
        self as u8
    }

    /// The class of a code.
    pub(crate) fn coded(code: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|class| u32::from(class.code()) == code)
    }

    pub(crate) fn of(record: &osv::Record) -> Self {
        let notices = record.affected.iter().map(|a| a.database_specific.informational.as_deref());
        let classes = notices.map(|notice| match notice {
            None => Self::Vulnerability,
            Some("unsound") => Self::Unsound,
            Some("unmaintained") => Self::Unmaintained,
            Some(_) => Self::Notice,
        });
        classes.min().unwrap_or(Self::Vulnerability)
    }
}

/// Outside text as one safe line: unsafe characters go, length is cut.
pub(crate) fn shown(text: &str) -> Option<Line> {
    if text.len() <= SHOWN && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return text.parse().ok();
    }
    let spaced = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c });
    let plain = |c: char| c == ' ' || c.is_ascii_graphic();
    let safe = spaced.filter(|c| plain(*c) || c.to_string().parse::<Line>().is_ok());
    let safe: String = safe.take(4_000).collect();
    let words = safe.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut cut: String = words.chars().take(SHOWN).collect();
    if cut.len() < words.len() {
        cut.pop();
        cut.push('…');
    }
    cut.parse().ok()
}

/// What of a record matters for its flaw.
#[derive(Debug)]
pub(crate) struct Told {
    /// Its own id.
    pub(crate) id: AdvisoryId,
    /// Its own and its aliases.
    pub(crate) ids: Vec<AdvisoryId>,
    /// One line about it.
    pub(crate) about: Option<Line>,
    /// Its class.
    pub(crate) class: Class,
    /// Who tells it.
    pub(crate) origin: Origin,
}

/// Who tells what of a flaw's packages, the better informed first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// A database of the ecosystem or the distribution (OSV).
    Database,
    /// A supplier (CSAF).
    Supplier,
    /// The CVE record.
    Cve,
}

/// Merges records by their ids and aliases. Gives the flaws, and each record's flaw.
pub(crate) fn merge(records: &[Told]) -> (Vec<Flaw>, Vec<u32>) {
    let mut groups = Groups { parent: (0..records.len()).collect() };
    let mut by_id: BTreeMap<&AdvisoryId, usize> = BTreeMap::new();
    for (i, record) in records.iter().enumerate() {
        for id in &record.ids {
            if let Some(first) = by_id.insert(id, i) {
                groups.join(first, i);
            }
        }
    }
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for i in 0..records.len() {
        members.entry(groups.root(i)).or_default().push(i);
    }
    let mut flaws = Vec::with_capacity(members.len());
    let mut flaw_of = vec![0; records.len()];
    for group in members.values() {
        let number = u32::try_from(flaws.len()).expect("fewer records than 2^32");
        let held: Vec<_> = group.iter().filter_map(|i| records.get(*i)).collect();
        let Some(flaw) = flaw(&held) else { continue };
        for i in group {
            if let Some(place) = flaw_of.get_mut(*i) {
                *place = number;
            }
        }
        flaws.push(flaw);
    }
    (flaws, flaw_of)
}

fn flaw(records: &[&Told]) -> Option<Flaw> {
    let mut ids: Vec<AdvisoryId> = records.iter().flat_map(|r| r.ids.iter().cloned()).collect();
    ids.sort();
    ids.dedup();
    let own = records.first()?.id.clone();
    let cve = ids.iter().find(|id| id.as_str().starts_with("CVE-")).cloned();
    Some(Flaw {
        id: cve.unwrap_or(own),
        summary: records.iter().find_map(|r| r.about.clone()),
        class: records.iter().map(|r| r.class).min()?,
        ids,
    })
}

/// Disjoint sets.
struct Groups {
    parent: Vec<usize>,
}

impl Groups {
    fn root(&mut self, mut i: usize) -> usize {
        while let Some(up) = self.parent.get(i).copied()
            && up != i
        {
            let above = self.parent.get(up).copied().unwrap_or(up);
            if let Some(place) = self.parent.get_mut(i) {
                *place = above;
            }
            i = above;
        }
        i
    }

    /// The smaller root stays, so that groups keep the order of records.
    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        if let Some(place) = self.parent.get_mut(a.max(b)) {
            *place = a.min(b);
        }
    }
}
