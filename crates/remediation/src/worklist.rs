//! A few things to do, in order, instead of a list of vulnerabilities.
//!
//! Matches are grouped by action: one package to one version, wherever it runs. Actions come in
//! order of their deadlines; among equal ones, what attackers use comes first, then what ransomware
//! uses, then what the internet can reach, then the higher EPSS score. An EPSS score can only move
//! an action forward among equals; no deadline ever depends on it. What can't be determined is
//! placed by the earliest deadline that is still possible.

mod command;
mod explain;
mod export;
mod order;
mod question;
mod sheet;
mod view;

pub use explain::{EXPLAIN_WORDS, Explanation, WouldChange, explain};
pub use export::ExportError;
pub use question::Question;
pub use sheet::Sheet;
pub use view::{ActionView, QuestionView, WORDS, WorklistView};

use crate::decision::{Decision, decide};
use crate::facts::{Facts, Kev, Known, Mission, Provenance};
use crate::flaw::{Class, Flaw};
use crate::index::{Asked, Component, Found, Index};
use crate::intelligence::{Intelligence, Probability};
use crate::suppress::{Suppressed, Suppressions};
use crate::table::{Outcome, Said, Table};
use domain::{AdvisoryId, AssetId, Line, Timestamp};
use order::{key, rank, undated_rank};
use std::collections::{BTreeMap, BTreeSet};
use versions::{Ecosystem, Namespace};

/// One thing an operator runs, with what it contains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// Its id.
    pub id: AssetId,
    /// What people call it.
    pub name: Line,
    /// Whether untrusted people can reach it over public networks.
    pub exposed: Option<Known<bool>>,
    /// What depends on it, if anybody says.
    pub mission: Option<Known<Mission>>,
    /// When its inventory was taken.
    pub taken_at: Timestamp,
    /// What it contains: at least every component about whose package there are advisories, and every one of
    /// which no public advisory speaks.
    pub components: Vec<Component>,
    /// How many more components it has; all of no concern.
    pub others: usize,
}

/// When an operator first found advisories on assets, so that finding them again restarts no clock.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Detections(BTreeMap<(AssetId, AdvisoryId), Timestamp>);

/// What is wrong on one asset, and by when it should be right.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Target {
    /// The asset.
    pub asset: AssetId,
    /// What people call it.
    pub asset_name: Line,
    /// The version it has.
    pub version: Box<str>,
    /// The flaw.
    pub flaw: Flaw,
    /// The facts that decide.
    pub facts: Facts,
    /// The deadline, or what is missing for one; none for notices.
    pub decision: Option<Decision>,
}

/// What an action does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Remedy {
    /// Go to this version.
    Upgrade {
        /// The version, as the advisory that fixes it writes it.
        to: Box<str>,
    },
    /// No fixed version is known: replace it, take it off the network, or accept the risk in writing.
    NoFix,
}

/// What makes one action graver than another with the same due date, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Urgency {
    /// Whether attackers use one of the flaws (KEV).
    pub exploited: bool,
    /// Whether ransomware campaigns use one.
    pub ransomware: bool,
    /// Whether one of the assets is exposed, or may be.
    pub exposed: bool,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Action {
    /// The package's ecosystem as OSV names it, with the distribution's release where there is one.
    pub ecosystem: String,
    /// The package.
    pub package: Box<str>,
    /// The versions that are there now.
    pub from: Vec<Box<str>>,
    /// What to do with it.
    pub remedy: Remedy,
    /// Where, and why. The most urgent first.
    pub targets: Vec<Target>,
    /// Every advisory that it closes.
    pub closes: Vec<AdvisoryId>,
    /// The instant to plan by: the earliest deadline, determined or still possible.
    pub plan_by: Option<Timestamp>,
    /// The row of the table that sets it, when it is determined.
    pub row: Option<u8>,
    /// The place in the table of the most urgent outcome, determined or still possible; 0 is the first.
    pub rank: usize,
    /// Whether forensic triage comes first.
    pub forensics: bool,
    /// What makes it graver than others with one due date.
    pub urgency: Urgency,
    /// The highest EPSS score.
    pub epss: Option<Probability>,
    #[serde(skip)]
    kind: Option<Ecosystem>,
}

/// A component of which it can't be said whether advisories affect it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct UnknownMatch {
    /// The asset.
    pub asset: AssetId,
    /// The package.
    pub package: Box<str>,
    /// The version as the inventory has it.
    pub version: Option<Box<str>>,
    /// The advisories in question.
    pub advisories: Vec<AdvisoryId>,
    /// Why it can't be said.
    pub doubt: String,
}

/// What to do, in order.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Worklist {
    /// As of when.
    pub as_of: Timestamp,
    /// The table's id.
    pub profile: Box<str>,
    /// The table's citation.
    pub citation: Box<str>,
    /// The table's short name.
    pub short: Said,
    /// From when the table's timelines bind agencies in full; none where nobody must.
    pub full_from: Option<Timestamp>,
    /// The table's outcomes, the most urgent first.
    pub outcomes: Vec<Outcome>,
    /// What to do.
    pub items: Vec<Action>,
    /// Notices without a deadline: unmaintained and unsound packages.
    pub notices: Vec<Action>,
    /// What could not be matched.
    pub unknowns: Vec<UnknownMatch>,
    /// What a supplier says is no work, with the reason.
    pub suppressed: Vec<Suppressed>,
    /// How many components of each asset come from a private source or an unknown kind of package,
    /// of which no public advisory speaks.
    pub uncovered: Vec<(AssetId, usize)>,
    /// The one question whose answer would change the order.
    pub question: Option<Question>,
    /// How many assets were looked at.
    pub assets: usize,
    /// How many components they have.
    pub components: usize,
}

impl Detections {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes a detection; the earliest counts.
    pub fn insert(&mut self, asset: AssetId, advisory: AdvisoryId, at: Timestamp) {
        let first = self.0.entry((asset, advisory)).or_insert(at);
        *first = at.min(*first);
    }

    /// The first detection of a flaw under any of its ids.
    pub fn first(&self, asset: &AssetId, flaw: &Flaw) -> Option<Timestamp> {
        let ids = flaw.ids.iter();
        ids.filter_map(|id| self.0.get(&(asset.clone(), id.clone()))).min().copied()
    }
}

impl Worklist {
    /// Matches assets against advisories and orders what follows.
    pub fn build(
        (table, index): (&Table, &Index),
        intelligence: &Intelligence,
        assets: &[Asset],
        detections: &Detections,
        now: Timestamp,
    ) -> Self {
        let none = Suppressions::default();
        Self::build_without((table, index), intelligence, assets, (detections, &none), now)
    }

    /// As [`Self::build`], with what suppliers say is no work listed apart.
    pub fn build_without(
        (table, index): (&Table, &Index),
        intelligence: &Intelligence,
        assets: &[Asset],
        (detections, suppressions): (&Detections, &Suppressions),
        now: Timestamp,
    ) -> Self {
        let mut suppressed = Vec::new();
        let mut groups = BTreeMap::new();
        let mut unknowns = Vec::new();
        let mut uncovered = Vec::new();
        for asset in assets {
            let without = asset.components.iter().filter(|c| c.namespace.is_none());
            let without: BTreeSet<_> = without.collect();
            if !without.is_empty() {
                uncovered.push((asset.id.clone(), without.len()));
            }
            // those of no concern are most, so only the others are brought in order
            let all: Vec<Asked<'_>> = asset.components.iter().map(Asked::from).collect();
            let found = index.look_up_all(&all).into_iter();
            let found: BTreeMap<_, _> =
                found.filter_map(|(at, f)| Some((asset.components.get(at)?, f))).collect();
            for (component, mut found) in found {
                suppressed.extend(suppress(index, asset, component, suppressions, &mut found));
                unknowns.extend(doubts(index, asset, component, found.unknown));
                let context = Context { table, index, intelligence, detections };
                context.match_one(asset, component, found.affected, &mut groups);
            }
        }
        let finish = |(key, targets)| action(key, targets, intelligence);
        let (items, notices): (Vec<_>, Vec<_>) =
            groups.into_iter().map(finish).partition(|a| a.targets.iter().any(is_vulnerability));
        let mut items = items;
        items.sort_by_cached_key(key);
        Self {
            as_of: now,
            profile: table.id.clone(),
            citation: table.citation.clone(),
            short: table.short.clone(),
            full_from: table.full_from,
            outcomes: table.outcomes.clone(),
            question: question::ask(table, &items),
            items,
            notices,
            unknowns,
            suppressed,
            uncovered,
            assets: assets.len(),
            components: assets.iter().map(|a| a.components.len() + a.others).sum(),
        }
    }

    /// Decisions that lack an input: the target and what is missing.
    pub fn undetermined(&self) -> impl Iterator<Item = (&Target, &crate::Undetermined)> {
        self.items.iter().flat_map(|a| &a.targets).filter_map(|t| match &t.decision {
            Some(Decision::Undetermined(open)) => Some((t, open)),
            Some(Decision::Determined(_)) | None => None,
        })
    }
}

/// What matches are grouped by: vulnerabilities apart from notices.
type Key = (Namespace, Box<str>, Remedy, bool);

struct Context<'a> {
    table: &'a Table,
    index: &'a Index,
    intelligence: &'a Intelligence,
    detections: &'a Detections,
}

impl Context<'_> {
    fn match_one(
        &self,
        asset: &Asset,
        component: &Component,
        found: Vec<u32>,
        groups: &mut BTreeMap<Key, Vec<Target>>,
    ) {
        let (Some(namespace), Some(version)) = (&component.namespace, &component.version) else {
            return;
        };
        // whoever writes advisories says how many there are of one version, so comparing them copies no text
        let packed = self.index.packed();
        let class = |record: &u32| packed.kind(*record).map(|(_, class)| class);
        let about = |record: &u32| packed.kind(*record).map(|(flaw, _)| flaw);
        let (flaws, notices): (Vec<u32>, Vec<u32>) =
            found.into_iter().partition(|r| class(r) == Some(Class::Vulnerability));
        for (records, grave) in [(flaws, true), (notices, false)] {
            let upgrade = self.index.upgrade(component, &records);
            let mut seen = BTreeSet::new();
            for record in &records {
                let Some(number) = about(record).filter(|number| seen.insert(*number)) else {
                    continue;
                };
                let Some(flaw) = packed.flaw(number) else { continue };
                // one record of the flaw may know a fix that another lacks
                let same = |r: &&u32| about(r) == Some(number);
                let closes = |u: &&crate::index::Upgrade| {
                    records.iter().filter(same).all(|r| u.closes.contains(r))
                };
                let remedy = match upgrade.as_ref().filter(closes) {
                    Some(upgrade) => Remedy::Upgrade { to: upgrade.to.clone() },
                    None => Remedy::NoFix,
                };
                let facts = self.facts(asset, &flaw);
                let target = Target {
                    asset: asset.id.clone(),
                    asset_name: asset.name.clone(),
                    version: version.clone(),
                    flaw,
                    decision: grave.then(|| decide(self.table, &facts)),
                    facts,
                };
                let key = (namespace.clone(), component.name.clone(), remedy, grave);
                groups.entry(key).or_default().push(target);
            }
        }
    }

    fn facts(&self, asset: &Asset, flaw: &Flaw) -> Facts {
        let mut facts = self.intelligence.facts(flaw.ids.iter().map(AdvisoryId::as_str));
        facts.exposed.clone_from(&asset.exposed);
        facts.mission.clone_from(&asset.mission);
        let first = self.detections.first(&asset.id, flaw);
        let source: Line = "own inventory".parse().expect("words are a line");
        let from = Provenance { source, as_of: asset.taken_at };
        let value = first.unwrap_or(asset.taken_at).min(asset.taken_at);
        facts.detected = Some(Known { value, from });
        facts
    }
}

fn is_vulnerability(target: &Target) -> bool {
    target.decision.is_some()
}

/// Takes out what a supplier says is no work.
fn suppress(
    index: &Index,
    asset: &Asset,
    component: &Component,
    suppressions: &Suppressions,
    found: &mut Found,
) -> Vec<Suppressed> {
    let mut all: BTreeMap<u32, Suppressed> = BTreeMap::new();
    let mut said = |record: u32| {
        let Some((number, flaw)) = index.flaw(record) else { return false };
        let Some((fixed, reason, source)) = suppressions.of(component, &flaw) else { return false };
        all.entry(number).or_insert_with(|| Suppressed {
            asset: asset.id.clone(),
            ecosystem: component.namespace.as_ref().map(ToString::to_string).unwrap_or_default(),
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
    all.into_values().collect()
}

fn doubts(
    index: &Index,
    asset: &Asset,
    component: &Component,
    found: Vec<(u32, Box<str>)>,
) -> Vec<UnknownMatch> {
    let unknown = |advisories, doubt| UnknownMatch {
        asset: asset.id.clone(),
        package: component.name.clone(),
        version: component.version.clone(),
        advisories,
        doubt,
    };
    let mut by_doubt: BTreeMap<Box<str>, Vec<AdvisoryId>> = BTreeMap::new();
    for (record, doubt) in found {
        if let Some((id, _)) = index.record(record) {
            by_doubt.entry(doubt).or_default().push(id);
        }
    }
    by_doubt.into_iter().map(|(doubt, ids)| unknown(ids, doubt.into())).collect()
}

fn action(
    (namespace, package, remedy, _): Key,
    mut targets: Vec<Target>,
    intelligence: &Intelligence,
) -> Action {
    let plan = |t: &Target| t.decision.as_ref().and_then(Decision::plan_by);
    let by = |t: &Target| (plan(t).unwrap_or(Timestamp::MAX), undated_rank(plan(t), rank(t)));
    let grave = |t: &Target| Urgency::of(std::slice::from_ref(t));
    targets.sort_by(|a, b| {
        let tie = || (&a.asset, &a.flaw.id).cmp(&(&b.asset, &b.flaw.id));
        let open = |t: &Target| t.decision.as_ref().is_none_or(|d| d.deadline().is_none());
        // a determined deadline explains itself, so of two at one instant it leads
        let order = by(a).cmp(&by(b)).then_with(|| open(a).cmp(&open(b)));
        order.then_with(|| grave(b).cmp(&grave(a))).then_with(tie)
    });
    let mut from: Vec<_> = targets.iter().map(|t| t.version.clone()).collect();
    from.sort();
    from.dedup();
    let mut closes: Vec<_> = targets.iter().flat_map(|t| t.flaw.ids.clone()).collect();
    closes.sort();
    closes.dedup();
    let deadlines = || targets.iter().filter_map(|t| t.decision.as_ref()?.deadline());
    let first = targets.first();
    Action {
        ecosystem: namespace.to_string(),
        package,
        from,
        remedy,
        plan_by: first.and_then(plan),
        row: first.and_then(|t| t.decision.as_ref()?.deadline()).map(|d| d.row),
        rank: targets.iter().map(rank).min().unwrap_or_default(),
        forensics: deadlines().any(|d| d.outcome.forensics),
        urgency: Urgency::of(&targets),
        epss: intelligence.epss(closes.iter().map(AdvisoryId::as_str)),
        closes,
        targets,
        kind: Some(namespace.ecosystem()),
    }
}

impl Urgency {
    fn of(targets: &[Target]) -> Self {
        Self {
            exploited: targets.iter().any(|t| t.facts.kev_added().is_some()),
            ransomware: targets.iter().any(uses_ransomware),
            exposed: targets.iter().any(|t| t.facts.exposed.as_ref().is_none_or(|e| e.value)),
        }
    }
}

fn uses_ransomware(target: &Target) -> bool {
    match target.facts.kev.as_ref().map(|k| k.value) {
        Some(Kev::Listed { ransomware, .. }) => ransomware == Some(true),
        Some(Kev::NotListed) | None => false,
    }
}

#[cfg(test)]
mod tests;
