//! A few things to do, in order, instead of a list of vulnerabilities.
//!
//! Matches are grouped by action: one package to one version, wherever it runs. Actions come in
//! order of their deadlines, and among equal ones in order of the harm that they spare for each hour
//! of work ([`Worth`]). No deadline depends on that. What can't be determined is placed by the
//! earliest deadline that is still possible.

mod action;
mod command;
mod explain;
mod export;
mod matching;
mod order;
mod question;
mod sheet;
mod view;
mod worth;

pub use explain::{
    AssetExplanation, Due, EXPLAIN_WORDS, Explanation, Noted, WouldChange, explain, explain_asset,
};
pub use export::ExportError;
pub use question::{Moves, Question};
pub use sheet::Sheet;
pub use view::{ActionView, QuestionView, WORDS, WorklistView};
pub use worth::{Effort, Part, Worth};

use crate::decision::Decision;
use crate::facts::{Facts, Known, Mission};
use crate::flaw::Flaw;
use crate::fleet::{AssetSet, Fleet};
use crate::index::Index;
use crate::intelligence::{Intelligence, Probability};
use crate::sifted::Sifted;
use crate::suppress::{Suppressed, Suppressions};
use crate::table::{Outcome, Said, Table};
use domain::{AdvisoryId, AssetId, Line, Timestamp};
use matching::Matching;
use std::collections::BTreeMap;
use std::sync::Arc;
use versions::Ecosystem;

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
    /// What it contains, sifted by the index that the worklist is made with.
    pub parts: Sifted,
}

/// When an operator first found advisories on assets, so that finding them again restarts no clock.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Detections(BTreeMap<AssetId, BTreeMap<AdvisoryId, Timestamp>>);

/// What is wrong on some assets that are alike, and by when it should be right.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Target {
    /// The assets.
    pub assets: AssetSet,
    /// The version they have.
    pub version: Box<str>,
    /// The files that list it, where several were read.
    pub files: Vec<Line>,
    /// What is known and decided; for many targets the same.
    #[serde(flatten, serialize_with = "whole")]
    pub ruling: Arc<Ruling>,
}

/// One flaw on assets of one standing: what is known of it, and what follows.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Ruling {
    /// The flaw.
    #[serde(serialize_with = "whole")]
    pub flaw: Arc<Flaw>,
    /// The flaw's highest EPSS score.
    pub epss: Option<Probability>,
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
    /// What it is worth: its place among others with one due date.
    pub worth: Worth,
    /// Whether another one has the same date, so that its worth decides its place.
    pub placed_by_worth: bool,
    /// The highest EPSS score.
    pub epss: Option<Probability>,
    #[serde(skip)]
    kind: Ecosystem,
}

/// A component of which it can't be said whether advisories affect it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct UnknownMatch {
    /// The assets that have it.
    pub assets: AssetSet,
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
    /// How many components of each of some assets come from a private source or an unknown kind of package,
    /// of which no public advisory speaks.
    pub uncovered: Vec<(AssetSet, usize)>,
    /// The one question whose answer would change the order.
    pub question: Option<Question>,
    /// How many assets were looked at.
    pub assets: u64,
    /// How many components they have.
    pub components: u64,
}

impl Detections {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes a detection; the earliest counts.
    pub fn insert(&mut self, asset: AssetId, advisory: AdvisoryId, at: Timestamp) {
        let first = self.0.entry(asset).or_default().entry(advisory).or_insert(at);
        *first = at.min(*first);
    }

    /// The same by advisory, then by the number of the asset in a fleet.
    fn by_advisory(&self, fleet: &Fleet) -> BTreeMap<&AdvisoryId, BTreeMap<u32, Timestamp>> {
        let mut by: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
        if self.0.is_empty() {
            return by;
        }
        let all = fleet.all();
        for (number, id) in all.numbers().iter().zip(all.ids()) {
            for (advisory, at) in self.0.get(&id).into_iter().flatten() {
                by.entry(advisory).or_default().insert(number, *at);
            }
        }
        by
    }
}

impl Worklist {
    /// Orders what is found in a fleet. The index is the one that it was found with.
    pub fn build(
        rules: (&Table, &Index),
        intelligence: &Intelligence,
        fleet: &Fleet,
        detections: &Detections,
        now: Timestamp,
    ) -> Self {
        let none = Suppressions::default();
        Self::build_without(rules, intelligence, fleet, (detections, &none), now)
    }

    /// As [`Self::build`], with what suppliers say is no work listed apart.
    pub fn build_without(
        (table, index): (&Table, &Index),
        intelligence: &Intelligence,
        fleet: &Fleet,
        before: (&Detections, &Suppressions),
        now: Timestamp,
    ) -> Self {
        let mut matching = Matching::new((table, index), intelligence, fleet, before);
        fleet.parts().for_each(|part| matching.part(part));
        let groups = matching.groups.into_iter().map(|(key, targets)| action::action(key, targets));
        let (mut items, notices): (Vec<_>, Vec<_>) =
            groups.partition(|a| a.targets.iter().any(is_vulnerability));
        order::sort(&mut items);
        Self {
            as_of: now,
            profile: table.id.clone(),
            citation: table.citation.clone(),
            short: table.short.clone(),
            full_from: table.full_from,
            outcomes: table.outcomes.clone(),
            question: question::ask(table, fleet, &items),
            items,
            notices,
            unknowns: matching.unknowns,
            suppressed: matching.suppressed,
            uncovered: fleet.uncovered(),
            assets: fleet.len(),
            components: fleet.components(),
        }
    }

    /// Decisions that lack an input: the target and what is missing.
    pub fn undetermined(&self) -> impl Iterator<Item = (&Target, &crate::Undetermined)> {
        self.items.iter().flat_map(|a| &a.targets).filter_map(|t| match &t.ruling.decision {
            Some(Decision::Undetermined(open)) => Some((t, open)),
            Some(Decision::Determined(_)) | None => None,
        })
    }
}

fn is_vulnerability(target: &Target) -> bool {
    target.ruling.decision.is_some()
}

/// What is shared is written out wherever it is.
fn whole<T: serde::Serialize, S: serde::Serializer>(
    shared: &Arc<T>,
    to: S,
) -> Result<S::Ok, S::Error> {
    shared.as_ref().serialize(to)
}

#[cfg(test)]
mod tests;
