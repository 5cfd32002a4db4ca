//! From what a fleet contains to what is wrong there: matches by action, doubts, what suppliers say is no work.

use super::action::Key;
use super::{Detections, Remedy, Ruling, Target, UnknownMatch};
use crate::decision::decide;
use crate::facts::{Facts, Known, Provenance};
use crate::flaw::{Class, Flaw};
use crate::fleet::{AssetSet, Fleet, Holders};
use crate::index::{Component, Found, Index, Upgrade};
use crate::intelligence::{Intelligence, Probability};
use crate::suppress::{Suppressed, Suppressions};
use crate::table::Table;
use domain::{AdvisoryId, Line, Timestamp};
use roaring::RoaringBitmap;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Everything that matches are made with, and what comes of it.
pub(super) struct Matching<'a> {
    table: &'a Table,
    index: &'a Index,
    intelligence: &'a Intelligence,
    fleet: &'a Fleet,
    suppressions: &'a Suppressions,
    /// When what was first found on which assets.
    detected: BTreeMap<&'a AdvisoryId, BTreeMap<u32, Timestamp>>,
    /// What is known of each flaw that was found, by its number.
    known: BTreeMap<u32, Arc<Told>>,
    /// What is decided of each flaw, by its number, the standing, when it was found, and whether it is grave.
    ruled: BTreeMap<(u32, u32, Timestamp, bool), Arc<Ruling>>,
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
        fleet: &'a Fleet,
        (detections, suppressions): (&'a Detections, &'a Suppressions),
    ) -> Self {
        Self {
            table,
            index,
            intelligence,
            fleet,
            suppressions,
            detected: detections.by_advisory(fleet),
            known: BTreeMap::new(),
            ruled: BTreeMap::new(),
            own: "own inventory".parse().expect("words are a line"),
            groups: BTreeMap::new(),
            unknowns: Vec::new(),
            suppressed: Vec::new(),
        }
    }

    /// Takes in what was found of a component, wherever it is.
    pub(super) fn part(&mut self, (number, component, found): (u32, &Component, &Found)) {
        if found.affected.is_empty() && found.unknown.is_empty() {
            return;
        }
        let holders = self.fleet.holders(number);
        let everywhere = || {
            let mut sets = holders.iter().map(|one| one.assets.clone());
            sets.next().map(|first| sets.fold(first, |all, more| all.or(&more)))
        };
        let found = if self.suppressions.is_empty() {
            found.clone()
        } else {
            let Some(assets) = everywhere() else { return };
            self.suppress(&assets, component, found)
        };
        if !found.unknown.is_empty() {
            let Some(assets) = everywhere() else { return };
            self.doubts(&assets, component, found.unknown);
        }
        self.affected(component, &holders, found.affected);
    }

    fn affected(&mut self, component: &Component, holders: &[Holders<'_>], found: Vec<u32>) {
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
            if records.is_empty() {
                continue;
            }
            let upgrade = index.upgrade(component, &records);
            let mut seen = BTreeSet::new();
            let mut by_remedy: BTreeMap<Remedy, Vec<Target>> = BTreeMap::new();
            for record in &records {
                let Some(number) = about(record).filter(|number| seen.insert(*number)) else {
                    continue;
                };
                // one record of the flaw may know a fix that another lacks
                let same = |r: &&u32| about(r) == Some(number);
                let closes =
                    |u: &&Upgrade| records.iter().filter(same).all(|r| u.closes.contains(r));
                let remedy = match upgrade.as_ref().filter(closes) {
                    Some(upgrade) => Remedy::Upgrade { to: upgrade.to.clone() },
                    None => Remedy::NoFix,
                };
                let targets = by_remedy.entry(remedy).or_default();
                for one in holders {
                    self.targets(one, version, (number, grave), targets);
                }
            }
            for (remedy, targets) in by_remedy {
                let key = (namespace.clone(), component.name.clone(), remedy, grave);
                self.groups.entry(key).or_default().extend(targets);
            }
        }
    }

    /// Adds a flaw on assets of one standing: a target for each day on which it was first found there.
    fn targets(
        &mut self,
        holders: &Holders<'_>,
        version: &str,
        (flaw, grave): (u32, bool),
        to: &mut Vec<Target>,
    ) {
        let Some(told) = self.told(flaw) else { return };
        let Some(standing) = self.fleet.standing(holders.standing) else { return };
        for (first, assets) in self.first_found(&holders.assets, &told.flaw) {
            let at = first.unwrap_or(standing.taken_at).min(standing.taken_at);
            let Some(ruling) = self.ruling(&told, (flaw, holders.standing, at, grave)) else {
                continue;
            };
            let files = holders.files.to_vec();
            to.push(Target { assets, version: version.into(), files, ruling });
        }
    }

    /// The assets by the day on which the flaw was first found there, under any of its ids.
    fn first_found(&self, assets: &AssetSet, flaw: &Flaw) -> Vec<(Option<Timestamp>, AssetSet)> {
        let mut days: BTreeMap<u32, Timestamp> = BTreeMap::new();
        for (asset, at) in flaw.ids.iter().filter_map(|id| self.detected.get(id)).flatten() {
            if assets.contains(*asset) {
                let first = days.entry(*asset).or_insert(*at);
                *first = (*at).min(*first);
            }
        }
        if days.is_empty() {
            return vec![(None, assets.clone())];
        }
        let mut by: BTreeMap<Option<Timestamp>, RoaringBitmap> = BTreeMap::new();
        let mut never = assets.numbers().into_owned();
        never -= days.keys().copied().collect::<RoaringBitmap>();
        by.insert(None, never);
        for (asset, at) in &days {
            by.entry(Some(*at)).or_default().insert(*asset);
        }
        by.retain(|_, which| !which.is_empty());
        by.into_iter().map(|(at, which)| (at, assets.with(which))).collect()
    }

    /// What is decided of a flaw; once, wherever the same facts decide.
    fn ruling(
        &mut self,
        told: &Told,
        key @ (_, standing, found_at, grave): (u32, u32, Timestamp, bool),
    ) -> Option<Arc<Ruling>> {
        if let Some(ruling) = self.ruled.get(&key) {
            return Some(Arc::clone(ruling));
        }
        let standing = self.fleet.standing(standing)?;
        let from = Provenance { source: self.own.clone(), as_of: standing.taken_at };
        let facts = Facts {
            exposed: standing.exposed.clone(),
            mission: standing.mission.clone(),
            detected: Some(Known { value: found_at, from }),
            ..told.facts.clone()
        };
        let decision = grave.then(|| decide(self.table, &facts));
        let flaw = Arc::clone(&told.flaw);
        let ruling = Arc::new(Ruling { flaw, epss: told.epss, facts, decision });
        self.ruled.insert(key, Arc::clone(&ruling));
        Some(ruling)
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

    /// What is left when what a supplier says is no work is taken out.
    fn suppress(&mut self, assets: &AssetSet, component: &Component, found: &Found) -> Found {
        let mut all: BTreeMap<u32, Suppressed> = BTreeMap::new();
        let mut said = |record: u32| {
            let Some((number, flaw)) = self.index.flaw(record) else { return false };
            let said = self.suppressions.of(component, &flaw);
            let Some((fixed, reason, source)) = said else { return false };
            all.entry(number).or_insert_with(|| Suppressed {
                assets: assets.clone(),
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
        let mut found = found.clone();
        found.affected.retain(|record| !said(*record));
        found.unknown.retain(|(record, _)| !said(*record));
        self.suppressed.extend(all.into_values());
        found
    }

    fn doubts(&mut self, assets: &AssetSet, component: &Component, found: Vec<(u32, Box<str>)>) {
        let mut by_doubt: BTreeMap<Box<str>, Vec<AdvisoryId>> = BTreeMap::new();
        for (record, doubt) in found {
            if let Some((id, _)) = self.index.record(record) {
                by_doubt.entry(doubt).or_default().push(id);
            }
        }
        let unknown = |(doubt, advisories): (Box<str>, _)| UnknownMatch {
            assets: assets.clone(),
            package: component.name.clone(),
            version: component.version.clone(),
            advisories,
            doubt: doubt.into(),
        };
        self.unknowns.extend(by_doubt.into_iter().map(unknown));
    }
}
