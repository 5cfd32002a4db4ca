//! Advisories by package and version: one binary search a component.
//!
//! The affected versions of a package are cut at every boundary that any advisory has. Between two
//! boundaries the set of advisories is the same, so a lookup does no work per advisory. Withdrawn records
//! are left out before; a version is affected when it is listed **or** in a range; what can't be placed
//! is *unknown* and listed apart.
//!
//! A package of a distribution is matched within its release. Where an inventory does not name the
//! release, what any release's advisories say of it is *unknown*.

mod packed;

pub use packed::{
    Matched, NamespaceNumber, Pack, PackageNumber, Packed, PackedError, Query, Records, Snapshot,
    Source, Unknown,
};

use crate::flaw::{Class, Flaw};
use advisory::osv;
use domain::AdvisoryId;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use versions::{Ecosystem, Namespace, VersionKey};

/// One package that an asset contains.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Component {
    /// Where its name belongs; none when its version order is not known.
    pub namespace: Option<Namespace>,
    /// Its name.
    pub name: Box<str>,
    /// Its exact version, when the inventory has one.
    pub version: Option<Box<str>>,
}

/// A component that is asked for, where it lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked<'a> {
    /// Where its name belongs.
    pub namespace: Option<&'a Namespace>,
    /// Its name.
    pub name: &'a str,
    /// Its exact version, when the inventory has one.
    pub version: Option<&'a str>,
}

/// Advisories that match a component, by record number; ask [`Index::record`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// Records that affect it, ascending.
    pub affected: Vec<u32>,
    /// Records of which it can't be said, ascending, with the doubt. Treat them as possible.
    pub unknown: Vec<(u32, Box<str>)>,
}

/// A version to go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upgrade {
    /// The version, as the advisory that fixes it writes it.
    pub to: Box<str>,
    /// Records that it closes.
    pub closes: Vec<u32>,
}

/// Advisories by package and version, over bytes that may lie in a mapped file.
#[derive(Clone)]
pub struct Index {
    bytes: Arc<dyn AsRef<[u8]> + Send + Sync>,
}

impl From<advisory::inventory::Component> for Component {
    fn from(read: advisory::inventory::Component) -> Self {
        let namespace = read.ecosystem.and_then(|ecosystem| {
            if ecosystem.is_distribution() {
                read.purl().as_ref().and_then(Namespace::from_purl)
            } else {
                Some(Namespace::whole(ecosystem))
            }
        });
        Self { namespace, name: read.name.into(), version: read.version.map(Into::into) }
    }
}

impl<'a> From<&'a Component> for Asked<'a> {
    fn from(one: &'a Component) -> Self {
        let (namespace, version) = (one.namespace.as_ref(), one.version.as_deref());
        Self { namespace, name: &one.name, version }
    }
}

impl From<Asked<'_>> for Component {
    fn from(asked: Asked<'_>) -> Self {
        let version = asked.version.map(Into::into);
        Self { namespace: asked.namespace.cloned(), name: asked.name.into(), version }
    }
}

impl Component {
    /// Whose version order applies.
    pub fn ecosystem(&self) -> Option<Ecosystem> {
        self.namespace.as_ref().map(Namespace::ecosystem)
    }

    /// Its namespace as OSV writes it; empty where it has none.
    pub fn space(&self) -> String {
        self.namespace.as_ref().map(ToString::to_string).unwrap_or_default()
    }
}

impl Default for Index {
    fn default() -> Self {
        Pack::default().into()
    }
}

impl From<Pack> for Index {
    fn from(pack: Pack) -> Self {
        Self { bytes: Arc::new(pack.finish()) }
    }
}

impl fmt::Debug for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.packed().fmt(f)
    }
}

/// A package in which a component may be found.
struct Candidate {
    package: PackageNumber,
    ecosystem: Ecosystem,
    /// Why what is said there is not certain of the component.
    doubt: Option<String>,
}

impl Index {
    /// Builds the index. Of two records with one id the first counts.
    pub fn build<'r>(records: impl IntoIterator<Item = &'r osv::Record>) -> Self {
        let mut pack = Pack::default();
        for record in records {
            pack.add(record);
        }
        pack.into()
    }

    /// Opens an index over its bytes; looks at the header only.
    ///
    /// # Errors
    /// [`PackedError`] when the header is not that of an index.
    pub fn open(bytes: Arc<dyn AsRef<[u8]> + Send + Sync>) -> Result<Self, PackedError> {
        Packed::open((*bytes).as_ref())?;
        Ok(Self { bytes })
    }

    /// The index as bytes, for bulk work.
    pub fn packed(&self) -> Packed<'_> {
        Packed::open((*self.bytes).as_ref()).expect("it was opened before")
    }

    /// How many records it holds.
    pub fn len(&self) -> usize {
        self.packed().records()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A record's id and class.
    pub fn record(&self, number: u32) -> Option<(AdvisoryId, Class)> {
        self.packed().record(number).map(|(id, _, class)| (id, class))
    }

    /// The flaw that a record is about, and its number.
    pub fn flaw(&self, number: u32) -> Option<(u32, Flaw)> {
        let packed = self.packed();
        let (_, flaw, _) = packed.record(number)?;
        packed.flaw(flaw).map(|found| (flaw, found))
    }

    /// What is found of many components, by place, ascending; of those about whose package there are no
    /// advisories nothing. As [`Self::look_up`] one by one, in less time: in a real inventory most
    /// components are of no concern, and finding that out is most of the work.
    pub fn look_up_all(&self, asked: &[Asked<'_>]) -> Vec<(usize, Found)> {
        let packed = self.packed();
        let mut spaces: BTreeMap<&Namespace, Vec<Seen>> = BTreeMap::new();
        let mut names = Vec::with_capacity(asked.len());
        let mut last = None;
        for one in asked {
            let Some(namespace) = one.namespace else { continue };
            if last != Some(namespace) {
                spaces.entry(namespace).or_insert_with(|| seen(&packed, namespace));
                last = Some(namespace);
            }
            names.push(namespace.ecosystem().normalised(one.name));
        }
        let mut queries = Vec::with_capacity(asked.len());
        let mut places = Vec::with_capacity(asked.len());
        let named =
            asked.iter().enumerate().filter_map(|(at, one)| Some((at, one, one.namespace?)));
        let mut here: Option<(&Namespace, &[Seen])> = None;
        for ((at, one, namespace), name) in named.zip(&names) {
            let seen = match here {
                Some((last, seen)) if last == namespace => seen,
                _ => spaces.get(namespace).map(Vec::as_slice).unwrap_or_default(),
            };
            here = Some((namespace, seen));
            for seen in seen {
                let (ecosystem, version) = (namespace.ecosystem(), one.version.unwrap_or_default());
                queries.push(Query { namespace: seen.number, ecosystem, name, version });
                places.push((at, seen.doubt.as_deref()));
            }
        }
        let mut all: Vec<(usize, Found)> = Vec::new();
        packed.each(&queries, |query, package, matched| {
            let Some((at, doubt)) = places.get(query).copied() else { return };
            let Some(one) = asked.get(at) else { return };
            if all.last().is_none_or(|(last, _)| *last != at) {
                all.push((at, Found::default()));
            }
            let Some((_, found)) = all.last_mut() else { return };
            let ecosystem = one.namespace.map(Namespace::ecosystem);
            found.take(&packed, package, doubt, ecosystem.zip(one.version), matched);
        });
        all.iter_mut().for_each(|(_, found)| found.settle());
        all
    }

    /// The advisories about a component.
    pub fn look_up(&self, component: &Component) -> Found {
        let packed = self.packed();
        let mut found = Found::default();
        let mut buffer = Vec::new();
        let version = component.version.as_deref();
        for Candidate { package, ecosystem, doubt } in candidates(&packed, component) {
            let text = version.unwrap_or_default();
            let matched = packed.matched(ecosystem, package, text, &mut buffer);
            let version = version.map(|version| (ecosystem, version));
            found.take(&packed, package, doubt.as_deref(), version, matched);
        }
        found.settle();
        found
    }

    /// The smallest fixed version that closes all of `records` that can be closed, and if possible
    /// brings no other vulnerability. No pre-release where a released version closes as much, unless
    /// the installed one is a pre-release too.
    pub fn upgrade(&self, component: &Component, records: &[u32]) -> Option<Upgrade> {
        let packed = self.packed();
        let version = component.version.as_deref()?;
        let certain = candidates(&packed, component).into_iter().filter(|c| c.doubt.is_none());
        let certain: Vec<_> = certain.collect();
        let ecosystem = component.ecosystem()?;
        let from = VersionKey::parse(ecosystem, version).ok()?;
        let hits = |key: &[u8]| {
            let mut all: Vec<u32> =
                certain.iter().flat_map(|c| packed.hits(c.package, key)).collect();
            all.sort_unstable();
            all
        };
        let ahead = certain.iter().flat_map(|c| packed.fixes(c.package));
        let mut ahead: Vec<_> = ahead.filter(|(key, _)| *key > from.as_bytes()).collect();
        ahead.sort_unstable();
        ahead.dedup_by_key(|(key, _)| *key);
        let early = ecosystem.is_prerelease(version);
        let grave = |record: &u32| {
            packed.kind(*record).is_some_and(|(_, class)| class == Class::Vulnerability)
        };
        let rated = ahead.iter().enumerate().map(|(i, (key, text))| {
            let there = hits(key);
            let closed = records.iter().filter(|r| there.binary_search(r).is_err());
            let closes: Vec<u32> = closed.copied().collect();
            let released = early || !ecosystem.is_prerelease(text);
            // most closed, then released, then clean, then first in order
            let clean = !there.iter().any(grave);
            ((closes.len(), released, clean, std::cmp::Reverse(i)), text, closes)
        });
        let (_, text, closes) = rated.max_by_key(|(rank, _, _)| *rank)?;
        (!closes.is_empty()).then(|| Upgrade { to: (*text).into(), closes })
    }
}

/// A namespace of the index, as a component sees it.
struct Seen {
    number: NamespaceNumber,
    /// Why what is said there is not certain of the component.
    doubt: Option<String>,
}

/// The namespaces in which a component of one may be found: its own, and where its release is not known
/// those of every release.
fn seen(packed: &Packed<'_>, namespace: &Namespace) -> Vec<Seen> {
    let mut out = Vec::new();
    for (number, text) in packed.namespaces() {
        if let Some(certain) = concerns(text, namespace) {
            let doubt = (!certain).then(|| {
                format!("the inventory does not say which release it is of; this is about {text}")
            });
            out.push(Seen { number, doubt });
        }
    }
    out
}

/// Whether what is said in a namespace of feeds is about components of another one, and if so whether for certain:
/// where the inventory names no release, it is not.
pub(crate) fn concerns(text: &str, namespace: &Namespace) -> Option<bool> {
    let (base, release) = text.split_once(':').unwrap_or((text, ""));
    let whole = release.is_empty() && base == namespace.base();
    let certain = whole || text == namespace.as_str();
    (certain || (namespace.release().is_none() && base == namespace.base())).then_some(certain)
}

/// The packages that a component may be.
fn candidates(packed: &Packed<'_>, component: &Component) -> Vec<Candidate> {
    let Some(namespace) = &component.namespace else { return Vec::new() };
    let ecosystem = namespace.ecosystem();
    let normal = ecosystem.normalise_name(&component.name);
    let found = seen(packed, namespace).into_iter().filter_map(|seen| {
        let package = packed.package(seen.number, &normal)?;
        Some(Candidate { package, ecosystem, doubt: seen.doubt })
    });
    found.collect()
}

impl Found {
    /// Adds what one package says of a version.
    fn take(
        &mut self,
        packed: &Packed<'_>,
        package: PackageNumber,
        doubt: Option<&str>,
        version: Option<(Ecosystem, &str)>,
        matched: Matched<'_>,
    ) {
        let said = |why: &str, record: u32| (record, Box::<str>::from(why));
        let Some((ecosystem, version)) = version else {
            let why = versions::Doubt::NoVersion.to_string();
            self.unknown.extend(packed.all(package).map(|record| said(&why, record)));
            return;
        };
        let affected = packed.spelled(package, version).chain(matched.affected);
        match doubt {
            None => self.affected.extend(affected),
            Some(why) => self.unknown.extend(affected.map(|record| said(why, record))),
        }
        match matched.unknown {
            Unknown::Doubts(pairs) => {
                self.unknown.extend(pairs.map(|(record, why)| said(why, record)));
            }
            Unknown::Version(all) => {
                let why = VersionKey::parse(ecosystem, version).err().map(|e| e.to_string());
                let why = why.unwrap_or_default();
                self.unknown.extend(all.map(|record| said(&why, record)));
            }
        }
    }

    /// Puts the records in order, each once; what is certain is not in doubt.
    fn settle(&mut self) {
        self.affected.sort_unstable();
        self.affected.dedup();
        self.unknown.retain(|(record, _)| self.affected.binary_search(record).is_err());
        self.unknown.sort();
        self.unknown.dedup_by_key(|(record, _)| *record);
    }
}

#[cfg(test)]
pub(crate) mod tests;
