//! From what an inventory contains to what is wrong there: matches by action, doubts, what suppliers say is no work.

use super::action::Key;
use super::{Asset, Detections, Remedy, Target, UnknownMatch};
use crate::decision::decide;
use crate::facts::{Facts, Known, Provenance};
use crate::flaw::{Class, Flaw};
use crate::index::{Component, Found, Index, Upgrade};
use crate::intelligence::{Intelligence, Probability};
use crate::sifted::Sift;
use crate::suppress::{Suppressed, Suppressions};
use crate::table::Table;
use domain::{AdvisoryId, Line};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Everything that matches are made with, and what comes of it.
pub(super) struct Matching<'a> {
    pub(super) table: &'a Table,
    pub(super) index: &'a Index,
    pub(super) intelligence: &'a Intelligence,
    pub(super) detections: &'a Detections,
    pub(super) suppressions: &'a Suppressions,
    /// What is known of each flaw that was found, by its number.
    known: BTreeMap<u32, Arc<Told>>,
    own: Line,
    pub(super) groups: BTreeMap<Key, Vec<Target>>,
    pub(super) unknowns: Vec<UnknownMatch>,
    pub(super) suppressed: Vec<Suppressed>,
}

/// What is known of a flaw wherever it is.
struct Told {
    flaw: Arc<Flaw>,
    facts: Facts,
    epss: Option<Probability>,
}

impl<'a> Matching<'a> {
    pub(super) fn new(
        (table, index): (&'a Table, &'a Index),
        intelligence: &'a Intelligence,
        (detections, suppressions): (&'a Detections, &'a Suppressions),
    ) -> Self {
        Self {
            table,
            index,
            intelligence,
            detections,
            suppressions,
            known: BTreeMap::new(),
            own: "own inventory".parse().expect("words are a line"),
            groups: BTreeMap::new(),
            unknowns: Vec::new(),
            suppressed: Vec::new(),
        }
    }

    /// Takes in what was found in an asset.
    pub(super) fn asset(&mut self, asset: &Asset) {
        // a component may be listed twice, in one file or in several
        let mut all: BTreeMap<&Component, (&Found, BTreeSet<&Line>)> = BTreeMap::new();
        for Sift { component, found, file } in &asset.parts.known {
            all.entry(component).or_insert_with(|| (found, BTreeSet::new())).1.extend(file);
        }
        for (component, (found, files)) in all {
            let mut found = found.clone();
            self.suppress(asset, component, &mut found);
            self.doubts(asset, component, found.unknown);
            self.affected(asset, (component, &files), found.affected);
        }
    }

    fn affected(
        &mut self,
        asset: &Asset,
        (component, files): (&Component, &BTreeSet<&Line>),
        found: Vec<u32>,
    ) {
        let (Some(namespace), Some(version)) = (&component.namespace, &component.version) else {
            return;
        };
        // whoever writes advisories says how many there are of one version, so comparing them copies no text
        let index = self.index;
        let packed = index.packed();
        let class = |record: &u32| packed.kind(*record).map(|(_, class)| class);
        let about = |record: &u32| packed.kind(*record).map(|(flaw, _)| flaw);
        let (flaws, notices): (Vec<u32>, Vec<u32>) =
            found.into_iter().partition(|r| class(r) == Some(Class::Vulnerability));
        for (records, grave) in [(flaws, true), (notices, false)] {
            let upgrade = index.upgrade(component, &records);
            let mut seen = BTreeSet::new();
            for record in &records {
                let Some(number) = about(record).filter(|number| seen.insert(*number)) else {
                    continue;
                };
                let Some(told) = self.told(number) else { continue };
                // one record of the flaw may know a fix that another lacks
                let same = |r: &&u32| about(r) == Some(number);
                let closes =
                    |u: &&Upgrade| records.iter().filter(same).all(|r| u.closes.contains(r));
                let remedy = match upgrade.as_ref().filter(closes) {
                    Some(upgrade) => Remedy::Upgrade { to: upgrade.to.clone() },
                    None => Remedy::NoFix,
                };
                let facts = self.facts(asset, &told);
                let target = Target {
                    asset: asset.id.clone(),
                    asset_name: asset.name.clone(),
                    version: version.clone(),
                    files: files.iter().copied().cloned().collect(),
                    flaw: Arc::clone(&told.flaw),
                    epss: told.epss,
                    decision: grave.then(|| decide(self.table, &facts)),
                    facts,
                };
                let key = (namespace.clone(), component.name.clone(), remedy, grave);
                self.groups.entry(key).or_default().push(target);
            }
        }
    }

    /// What is known of a flaw; looked up once, wherever it is.
    fn told(&mut self, number: u32) -> Option<Arc<Told>> {
        if let Some(told) = self.known.get(&number) {
            return Some(Arc::clone(told));
        }
        let flaw = self.index.packed().flaw(number)?;
        let ids = || flaw.ids.iter().map(AdvisoryId::as_str);
        let (facts, epss) = (self.intelligence.facts(ids()), self.intelligence.epss(ids()));
        let told = Arc::new(Told { flaw: Arc::new(flaw), facts, epss });
        self.known.insert(number, Arc::clone(&told));
        Some(told)
    }

    fn facts(&self, asset: &Asset, told: &Told) -> Facts {
        let first = self.detections.first(&asset.id, &told.flaw);
        let from = Provenance { source: self.own.clone(), as_of: asset.taken_at };
        let value = first.unwrap_or(asset.taken_at).min(asset.taken_at);
        Facts {
            exposed: asset.exposed.clone(),
            mission: asset.mission.clone(),
            detected: Some(Known { value, from }),
            ..told.facts.clone()
        }
    }

    /// Takes out what a supplier says is no work.
    fn suppress(&mut self, asset: &Asset, component: &Component, found: &mut Found) {
        if self.suppressions.is_empty() {
            return;
        }
        let mut all: BTreeMap<u32, Suppressed> = BTreeMap::new();
        let mut said = |record: u32| {
            let Some((number, flaw)) = self.index.flaw(record) else { return false };
            let said = self.suppressions.of(component, &flaw);
            let Some((fixed, reason, source)) = said else { return false };
            all.entry(number).or_insert_with(|| Suppressed {
                asset: asset.id.clone(),
                ecosystem: component.space(),
                package: component.name.clone(),
                version: component.version.clone().unwrap_or_default(),
                flaw,
                fixed,
                reason: reason.clone(),
                source: source.clone(),
            });
            true
        };
        found.affected.retain(|record| !said(*record));
        found.unknown.retain(|(record, _)| !said(*record));
        self.suppressed.extend(all.into_values());
    }

    fn doubts(&mut self, asset: &Asset, component: &Component, found: Vec<(u32, Box<str>)>) {
        let mut by_doubt: BTreeMap<Box<str>, Vec<AdvisoryId>> = BTreeMap::new();
        for (record, doubt) in found {
            if let Some((id, _)) = self.index.record(record) {
                by_doubt.entry(doubt).or_default().push(id);
            }
        }
        let unknown = |(doubt, advisories): (Box<str>, _)| UnknownMatch {
            asset: asset.id.clone(),
            package: component.name.clone(),
            version: component.version.clone(),
            advisories,
            doubt: doubt.into(),
        };
        self.unknowns.extend(by_doubt.into_iter().map(unknown));
    }
}
