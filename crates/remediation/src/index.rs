//! Advisories by package and version: one binary search a component.
//!
//! The affected versions of a package are cut at every boundary that any advisory has. Between two
//! boundaries the set of advisories is the same, so each elementary interval holds its list and a
//! lookup does no work per advisory. Withdrawn records are left out before; a version is affected
//! when it is listed **or** in a range; what can't be placed is *unknown* and listed apart.

mod packed;

pub use packed::{Matched, NamespaceNumber, Pack, PackageNumber, Packed, PackedError, Records};

use crate::flaw::{self, Class, Flaw};
use advisory::osv;
use domain::AdvisoryId;
use std::collections::BTreeMap;
use versions::{Containment, Doubt, Ecosystem, Interval, VersionKey, VersionSet};

/// One package that an asset contains.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Component {
    /// Its ecosystem; none when its version order is not known.
    pub ecosystem: Option<Ecosystem>,
    /// Its name.
    pub name: Box<str>,
    /// Its exact version, when the inventory has one.
    pub version: Option<Box<str>>,
}

/// Advisories that match a component, by record number; ask [`Index::record`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// Records that affect it, ascending.
    pub affected: Vec<u32>,
    /// Records of which it can't be said, with the doubt. Treat them as possible.
    pub unknown: Vec<(u32, Doubt)>,
}

/// A version to go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upgrade {
    /// The version, as the advisory that fixes it writes it.
    pub to: Box<str>,
    /// Records that it closes.
    pub closes: Vec<u32>,
}

/// Advisories by package and version.
#[derive(Debug, Clone, Default)]
pub struct Index {
    packages: BTreeMap<Ecosystem, BTreeMap<Box<str>, Package>>,
    records: Vec<Record>,
    flaws: Vec<Flaw>,
    left_out: Vec<(Box<str>, &'static str)>,
}

#[derive(Debug, Clone)]
struct Record {
    id: AdvisoryId,
    flaw: u32,
    class: Class,
}

/// All that is known of one package.
#[derive(Debug, Clone, Default)]
struct Package {
    /// Boundaries, ascending.
    bounds: Vec<VersionKey>,
    /// For each boundary where its list in `hits` starts; one more at the end.
    starts: Vec<usize>,
    /// Record numbers, list after list, each ascending.
    hits: Vec<u32>,
    /// Listed versions that don't parse, with their record.
    spelled: Vec<(Box<str>, u32)>,
    /// Records that leave a doubt about every version they don't affect.
    doubts: Vec<(u32, Doubt)>,
    /// Every record about the package.
    all: Vec<u32>,
    /// Versions in which something was fixed, ascending, as written.
    fixes: Vec<(VersionKey, Box<str>)>,
}

impl From<&advisory::inventory::Component> for Component {
    fn from(read: &advisory::inventory::Component) -> Self {
        Self {
            ecosystem: read.ecosystem,
            name: read.name.as_str().into(),
            version: read.version.as_deref().map(Into::into),
        }
    }
}

impl Index {
    /// Builds the index. Of two records with one id the first counts.
    pub fn build<'r>(records: impl IntoIterator<Item = &'r osv::Record>) -> Self {
        let mut index = Self::default();
        let mut kept: BTreeMap<&str, &osv::Record> = BTreeMap::new();
        for record in records {
            if let Some(why) = refused(record) {
                index.left_out.push((record.id.as_str().into(), why));
            } else {
                kept.entry(&record.id).or_insert(record);
            }
        }
        let kept: Vec<_> = kept.into_values().collect();
        let (flaws, flaw_of) = flaw::merge(&kept);
        index.flaws = flaws;
        let mut drafts: BTreeMap<(Ecosystem, String), Draft> = BTreeMap::new();
        for (record, flaw) in kept.iter().zip(flaw_of) {
            let Ok(id) = record.id.parse() else { continue };
            let number = u32::try_from(index.records.len()).expect("fewer records than 2^32");
            index.records.push(Record { id, flaw, class: Class::of(record) });
            for affected in &record.affected {
                let (Some(key), Ok(set)) = (affected.package_key(), affected.version_set()) else {
                    let why = "a package whose version order is not known";
                    index.left_out.push((record.id.as_str().into(), why));
                    continue;
                };
                drafts.entry(key).or_default().add(number, affected, &set);
            }
        }
        for ((ecosystem, name), draft) in drafts {
            let packages = index.packages.entry(ecosystem).or_default();
            packages.insert(name.into(), draft.finish());
        }
        index
    }

    /// How many records it holds.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Records, or parts of them, that were left out, with the reason.
    pub fn left_out(&self) -> &[(Box<str>, &'static str)] {
        &self.left_out
    }

    /// A record's id and class.
    pub fn record(&self, number: u32) -> Option<(&AdvisoryId, Class)> {
        self.at(number).map(|r| (&r.id, r.class))
    }

    /// The flaw that a record is about, and its number.
    pub fn flaw(&self, number: u32) -> Option<(u32, &Flaw)> {
        let flaw = self.at(number)?.flaw;
        self.flaws.get(usize::try_from(flaw).ok()?).map(|f| (flaw, f))
    }

    fn at(&self, number: u32) -> Option<&Record> {
        self.records.get(usize::try_from(number).ok()?)
    }

    /// The advisories about a component.
    pub fn look_up(&self, component: &Component) -> Found {
        let Some(ecosystem) = component.ecosystem else { return Found::default() };
        let Some(package) = self.package(ecosystem, &component.name) else {
            return Found::default();
        };
        let Some(version) = component.version.as_deref() else {
            return package.unknown_all(&Doubt::NoVersion, &[]);
        };
        let spelled = package.spelled.iter().filter(|(text, _)| **text == *version);
        let mut affected: Vec<u32> = spelled.map(|(_, record)| *record).collect();
        match VersionKey::parse(ecosystem, version) {
            Ok(key) => {
                affected.extend_from_slice(package.hits_at(&key));
                affected.sort_unstable();
                affected.dedup();
                let open = |(record, _): &&(u32, Doubt)| affected.binary_search(record).is_err();
                let unknown = package.doubts.iter().filter(open).cloned().collect();
                Found { affected, unknown }
            }
            Err(error) => {
                let doubt = Doubt::Version(error);
                let mut found = package.unknown_all(&doubt, &affected);
                found.affected = affected;
                found
            }
        }
    }

    /// The records that affect a version, for bulk matching: no allocation, no doubts.
    pub fn hits(&self, ecosystem: Ecosystem, normal_name: &str, key: &VersionKey) -> &[u32] {
        let package = self.packages.get(&ecosystem).and_then(|p| p.get(normal_name));
        package.map_or(&[], |p| p.hits_at(key))
    }

    /// The smallest fixed version that closes all of `records` that can be closed, and if possible
    /// brings no other vulnerability. Released versions come before pre-releases.
    pub fn upgrade(&self, component: &Component, records: &[u32]) -> Option<Upgrade> {
        let ecosystem = component.ecosystem?;
        let package = self.package(ecosystem, &component.name)?;
        let from = VersionKey::parse(ecosystem, component.version.as_deref()?).ok()?;
        let ahead = package.fixes.iter().filter(|(key, _)| *key > from);
        let (mut candidates, early): (Vec<_>, Vec<_>) =
            ahead.partition(|(_, text)| !ecosystem.is_prerelease(text));
        candidates.extend(early);
        let closed_by = |key: &VersionKey| {
            let hits = package.hits_at(key);
            records.iter().filter(move |r| hits.binary_search(r).is_err()).copied()
        };
        let clean = |key: &VersionKey| {
            package
                .hits_at(key)
                .iter()
                .all(|r| self.at(*r).is_none_or(|record| record.class != Class::Vulnerability))
        };
        // most closed, then clean, then first in order
        let best = candidates.iter().enumerate().max_by_key(|(i, (key, _))| {
            (closed_by(key).count(), clean(key), std::cmp::Reverse(*i))
        });
        let (_, (key, text)) = best?;
        let closes: Vec<_> = closed_by(key).collect();
        (!closes.is_empty()).then(|| Upgrade { to: text.clone(), closes })
    }

    fn package(&self, ecosystem: Ecosystem, name: &str) -> Option<&Package> {
        let packages = self.packages.get(&ecosystem)?;
        packages.get(name).or_else(|| packages.get(&*ecosystem.normalise_name(name)))
    }
}

/// Why a record matches nothing.
fn refused(record: &osv::Record) -> Option<&'static str> {
    if record.withdrawn.is_some() {
        Some("withdrawn")
    } else if record.id.parse::<AdvisoryId>().is_err() {
        Some("its id is not an advisory id")
    } else if record.id.starts_with("RUSTSEC-") && record.id.ends_with("-0000") {
        Some("a placeholder without a number of its own")
    } else {
        None
    }
}

impl Package {
    fn hits_at(&self, key: &VersionKey) -> &[u32] {
        let after = self.bounds.partition_point(|bound| bound <= key);
        let Some(at) = after.checked_sub(1) else { return &[] };
        let (Some(from), Some(to)) = (self.starts.get(at), self.starts.get(after)) else {
            return &[];
        };
        self.hits.get(*from..*to).unwrap_or_default()
    }

    fn unknown_all(&self, doubt: &Doubt, but: &[u32]) -> Found {
        let open = self.all.iter().filter(|r| !but.contains(r));
        Found { affected: Vec::new(), unknown: open.map(|r| (*r, doubt.clone())).collect() }
    }
}

/// A package while records are added.
#[derive(Default)]
struct Draft {
    /// Boundary → records whose interval starts (+1) or ends (-1) there.
    edges: BTreeMap<VersionKey, Vec<(u32, i32)>>,
    package: Package,
}

impl Draft {
    fn add(&mut self, record: u32, affected: &osv::Affected, set: &VersionSet) {
        self.package.all.push(record);
        let points = set
            .listed()
            .iter()
            .map(|key| Interval { from: key.clone(), until: Some(key.successor()) });
        let ranges = set.ranges().iter().flat_map(|r| r.intervals().iter().cloned());
        for interval in points.chain(ranges) {
            self.edges.entry(interval.from).or_default().push((record, 1));
            if let Some(until) = interval.until {
                self.edges.entry(until).or_default().push((record, -1));
            }
        }
        let spelled = set.listed_unparsable().iter().map(|text| (text.clone(), record));
        self.package.spelled.extend(spelled);
        if let Some(doubt) = set.doubt() {
            self.package.doubts.push((record, doubt));
        }
        let ranges = affected.ranges.iter().filter(|r| r.kind != osv::RangeKind::Git);
        for event in ranges.flat_map(|r| &r.events) {
            if let osv::RangeEvent::Fixed(text) = event
                && let Ok(key) = VersionKey::parse(set.ecosystem(), text)
                // a fix that the same record still affects (a hole in its ranges) is no fix
                && set.contains_key(&key) != Containment::Affected
            {
                self.package.fixes.push((key, text.as_str().into()));
            }
        }
    }

    fn finish(mut self) -> Package {
        let mut open: BTreeMap<u32, i32> = BTreeMap::new();
        for (bound, edges) in self.edges {
            for (record, step) in edges {
                *open.entry(record).or_default() += step;
            }
            open.retain(|_, depth| *depth > 0);
            self.package.bounds.push(bound);
            self.package.starts.push(self.package.hits.len());
            self.package.hits.extend(open.keys());
        }
        self.package.starts.push(self.package.hits.len());
        self.package.all.dedup();
        self.package.doubts.dedup_by_key(|(record, _)| *record);
        self.package.fixes.sort();
        self.package.fixes.dedup_by(|a, b| a.0 == b.0);
        self.package
    }
}

#[cfg(test)]
pub(crate) mod tests;
