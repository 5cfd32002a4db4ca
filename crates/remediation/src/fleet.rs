//! A fleet's inventory: each distinct package version once, with the set of assets that have it.
//!
//! Memory grows with distinct versions, not with assets: a set of assets is a compressed bitmap. From an
//! advisory to assets the work is one range of versions and the union of their bitmaps.

use roaring::RoaringBitmap;
use std::collections::BTreeMap;
use versions::{Ecosystem, VersionKey, VersionSet};

/// Assets by package version.
#[derive(Debug, Clone, Default)]
pub struct Fleet {
    packages: BTreeMap<Box<str>, BTreeMap<Box<str>, Versions>>,
}

/// The versions of one package that some asset has.
#[derive(Debug, Clone, Default)]
struct Versions {
    ordered: BTreeMap<VersionKey, Entry>,
    /// What has no place in the order.
    unplaced: BTreeMap<Box<str>, RoaringBitmap>,
}

#[derive(Debug, Clone, Default)]
struct Entry {
    /// Spellings with this key.
    texts: Vec<Box<str>>,
    assets: RoaringBitmap,
}

/// Assets that an advisory concerns.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Concerned {
    /// Assets with an affected version.
    pub affected: RoaringBitmap,
    /// Assets of which it can't be said, without those that are affected.
    pub unknown: RoaringBitmap,
}

impl Fleet {
    /// Notes that an asset has a package version. The namespace is the ecosystem as OSV writes it, with
    /// its release; the name is normalised.
    pub fn add(
        &mut self,
        (ecosystem, namespace): (Ecosystem, &str),
        name: &str,
        version: &str,
        asset: u32,
    ) {
        if !self.packages.contains_key(namespace) {
            self.packages.insert(namespace.into(), BTreeMap::new());
        }
        let Some(names) = self.packages.get_mut(namespace) else { return };
        if !names.contains_key(name) {
            names.insert(name.into(), Versions::default());
        }
        let Some(versions) = names.get_mut(name) else { return };
        if let Ok(key) = VersionKey::parse(ecosystem, version) {
            let entry = versions.ordered.entry(key).or_default();
            if !entry.texts.iter().any(|text| **text == *version) {
                entry.texts.push(version.into());
            }
            entry.assets.insert(asset);
        } else {
            versions.unplaced.entry(version.into()).or_default().insert(asset);
        }
    }

    /// Notes that an asset no longer has anything: its new inventory is added after this.
    pub fn forget(&mut self, asset: u32) {
        for versions in self.packages.values_mut().flat_map(BTreeMap::values_mut) {
            for entry in versions.ordered.values_mut() {
                entry.assets.remove(asset);
            }
            for assets in versions.unplaced.values_mut() {
                assets.remove(asset);
            }
            versions.ordered.retain(|_, entry| !entry.assets.is_empty());
            versions.unplaced.retain(|_, assets| !assets.is_empty());
        }
    }

    /// How many distinct package versions there are.
    pub fn distinct(&self) -> usize {
        let versions = self.packages.values().flat_map(BTreeMap::values);
        versions.map(|one| one.ordered.len() + one.unplaced.len()).sum()
    }

    /// Every distinct namespace, name and version, as first written, with the number of its assets.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str, &str, u64)> {
        self.packages.iter().flat_map(|(space, names)| {
            names.iter().flat_map(move |(name, versions)| {
                let ordered = versions.ordered.values().flat_map(|entry| {
                    entry.texts.first().map(|text| (&**text, entry.assets.len()))
                });
                let unplaced =
                    versions.unplaced.iter().map(|(text, assets)| (&**text, assets.len()));
                ordered.chain(unplaced).map(move |(text, count)| (&**space, &**name, text, count))
            })
        })
    }

    /// The assets that what a record says of one package concerns.
    pub fn concerned(&self, namespace: &str, name: &str, set: &VersionSet) -> Concerned {
        let mut out = Concerned::default();
        let Some(versions) = self.packages.get(namespace).and_then(|names| names.get(name)) else {
            return out;
        };
        for interval in set.ranges().iter().flat_map(|range| range.intervals()) {
            let within = versions
                .ordered
                .range(interval.from.clone()..)
                .take_while(|(key, _)| interval.until.as_ref().is_none_or(|until| *key < until));
            within.for_each(|(_, entry)| out.affected |= &entry.assets);
        }
        for key in set.listed() {
            if let Some(entry) = versions.ordered.get(key) {
                out.affected |= &entry.assets;
            }
        }
        for (text, assets) in &versions.unplaced {
            let listed = set.listed_unparsable().binary_search_by(|one| (**one).cmp(text)).is_ok();
            if listed { out.affected |= assets } else { out.unknown |= assets }
        }
        if set.doubt().is_some() {
            versions.ordered.values().for_each(|entry| out.unknown |= &entry.assets);
        }
        out.unknown -= &out.affected;
        out
    }
}

#[cfg(test)]
mod tests;
