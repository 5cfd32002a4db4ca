//! What a task is worth: the harm that it spares for each hour of work. Tasks with one date come in this order.
//!
//! For each system of a task
//!
//! ```text
//! harm  = 100 points × chance × reach × mission × ransomware
//! worth = sum of harm ÷ (hours to prepare + hours for each system)
//! ```
//!
//! * chance: that attackers use one of the flaws that the task closes there: 1 − (1 − p)(1 − p)…, with p = 1 for
//!   what attackers are known to use (KEV, or SSVC's *active*), else the EPSS score, at least 1 %. So a score can
//!   raise a task and never lower one.
//! * reach: 1, or a tenth where the internet can't reach the system. Unknown counts as reached.
//! * mission: ½ low, 1 medium, 2 high, 4 very high. Where nobody says, 1.
//! * ransomware: 2 where campaigns use one of the flaws.
//! * hours: see [`Effort`].
//!
//! Of a task's systems those are taken that give the most for an hour, the gravest first. So a further system, or a
//! further flaw that the same work closes, never moves a task back. What must come before a patch, such as a look for
//! signs of a break-in, is owed anyway and no part of the hours. The weights are choices of ours; no date depends on
//! them.

use super::{Remedy, Target, command};
use crate::facts::{Exploitation, Kev, Mission};
use crate::fleet::AssetSet;
use crate::intelligence::Probability;
use domain::AdvisoryId;
use roaring::RoaringBitmap;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use versions::Ecosystem;

/// A chance of one, in hundred-thousandths.
const SURE: u64 = 100_000;
/// The least chance of any flaw, in hundred-thousandths: one per cent.
const LEAST: u64 = 1_000;
/// A chance of one while chances are multiplied; their product is exact to this part.
const FINE: u64 = 1_000_000_000_000;

/// How much work a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effort {
    /// A version of the same line: half an hour to prepare, a quarter of an hour for each system.
    Update,
    /// A version of a new line, after which what uses the package may have to change: four hours, then half an hour
    /// for each system.
    NewLine,
    /// Nothing to upgrade to, so it is replaced or shut off: eight hours, then one for each system.
    Replace,
}

/// Some of a task's systems: the harm that the task spares there and the work that it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Part {
    /// How many systems.
    pub systems: u64,
    /// Harm in thousandths of a point. One hundred points are an ordinary system that the internet can reach, with a
    /// flaw that attackers use.
    pub harm: u64,
    /// Minutes of work.
    pub minutes: u64,
}

/// What a task is worth, and what says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Worth {
    /// Whether attackers are known to use one of the flaws.
    pub exploited: bool,
    /// Whether ransomware campaigns use one.
    pub ransomware: bool,
    /// Whether one of the systems is exposed, or may be.
    pub exposed: bool,
    /// The most that depends on one of the systems, if anybody says.
    pub mission: Option<Mission>,
    /// How much work it is.
    pub effort: Effort,
    /// Harm spared an hour, in thousandths of a point: what tasks with one date are ordered by.
    pub an_hour: u64,
    /// The systems that give this much for an hour, the gravest.
    pub first: Part,
    /// All its systems.
    pub all: Part,
}

/// What of one system counts, and of every system that is like it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct System<'a> {
    exposed: bool,
    mission: Option<Mission>,
    ransomware: bool,
    /// The chance of each flaw, in hundred-thousandths.
    chances: BTreeMap<&'a AdvisoryId, u64>,
}

impl Effort {
    /// The effort of going from these versions to what the remedy says.
    pub(super) fn of(kind: Ecosystem, from: &[Box<str>], remedy: &Remedy) -> Self {
        match remedy {
            Remedy::NoFix => Self::Replace,
            Remedy::Upgrade { to } => {
                let fits = from.iter().all(|from| command::is_same_line(kind, from, to));
                if fits { Self::Update } else { Self::NewLine }
            }
        }
    }

    /// Minutes to prepare, and minutes for each system.
    pub fn minutes(self) -> (u64, u64) {
        match self {
            Self::Update => (30, 15),
            Self::NewLine => (240, 30),
            Self::Replace => (480, 60),
        }
    }
}

impl Part {
    /// Thousandths of a point an hour.
    fn an_hour(self) -> u64 {
        let an_hour = u128::from(self.harm) * 60 / u128::from(self.minutes.max(1));
        u64::try_from(an_hour).unwrap_or(u64::MAX)
    }
}

impl<'a> System<'a> {
    fn of(targets: &[&'a Target]) -> Self {
        let mut system = Self::default();
        targets.iter().for_each(|target| system.note(target));
        system
    }

    fn note(&mut self, target: &'a Target) {
        self.exposed = may_be_exposed(target);
        self.mission = target.ruling.facts.mission.as_ref().map(|known| known.value);
        self.ransomware |= uses_ransomware(target);
        let chance = self.chances.entry(&target.ruling.flaw.id).or_default();
        *chance = chance_of(target).max(*chance);
    }

    /// Harm in thousandths of a point.
    fn harm(&self) -> u64 {
        // in one order, so that a higher chance never gives a lower product where parts are cut off
        let mut chances: Vec<_> = self.chances.values().collect();
        chances.sort_unstable();
        let spared = |left: u64, chance: &u64| left * (SURE - chance.min(&SURE)) / SURE;
        let chance = FINE - chances.into_iter().fold(FINE, spared);
        let reach = if self.exposed { 10 } else { 1 };
        let mission = match self.mission {
            Some(Mission::Low) => 1,
            None | Some(Mission::Medium) => 2,
            Some(Mission::High) => 4,
            Some(Mission::VeryHigh) => 8,
        };
        let ransomware = if self.ransomware { 2 } else { 1 };
        // tenths of reach, halves of mission, thousandths of a hundred points
        chance * reach * mission * ransomware / (FINE / SURE * 10 * 2)
    }
}

impl Worth {
    /// What closing these is worth.
    pub(super) fn of(targets: &[Target], effort: Effort) -> Self {
        let systems = alike(targets);
        let harms = systems.iter().map(|(count, system)| (system.harm(), *count));
        let (first, all) = parts(harms.collect(), effort);
        Self {
            exploited: targets.iter().any(is_used),
            ransomware: targets.iter().any(uses_ransomware),
            exposed: targets.iter().any(may_be_exposed),
            mission: systems.iter().filter_map(|(_, system)| system.mission).max(),
            effort,
            an_hour: first.an_hour(),
            first,
            all,
        }
    }
}

/// How many systems have the same of these targets, with what counts of each.
fn alike(targets: &[Target]) -> Vec<(u64, System<'_>)> {
    // the flaws of one version are on the same systems
    let mut sets: Vec<(&AssetSet, Vec<&Target>)> = Vec::new();
    for target in targets {
        match sets.iter_mut().find(|(set, _)| set.is(&target.assets)) {
            Some((_, all)) => all.push(target),
            None => sets.push((&target.assets, vec![target])),
        }
    }
    if AssetSet::are_apart(&sets.iter().map(|(set, _)| *set).collect::<Vec<_>>()) {
        return sets.iter().map(|(set, targets)| (set.len(), System::of(targets))).collect();
    }
    let mut all: Vec<(RoaringBitmap, System<'_>)> = Vec::new();
    for (set, targets) in sets {
        let mut new = set.numbers().into_owned();
        part(&mut all, &mut new, &targets);
        if !new.is_empty() {
            all.push((new, System::of(&targets)));
        }
    }
    all.into_iter().map(|(set, system)| (set.len(), system)).collect()
}

/// Parts systems by whether they are among `new`, which have these targets, too; leaves in `new` who is in none.
fn part<'a>(
    all: &mut Vec<(RoaringBitmap, System<'a>)>,
    new: &mut RoaringBitmap,
    targets: &[&'a Target],
) {
    let mut others = Vec::new();
    for (assets, system) in all.iter_mut().filter(|(assets, _)| !assets.is_empty()) {
        let both = &*assets & &*new;
        if both.is_empty() {
            continue;
        }
        *new -= &both;
        let without = &*assets - &both;
        if !without.is_empty() {
            others.push((without, system.clone()));
        }
        *assets = both;
        targets.iter().for_each(|target| system.note(target));
    }
    all.extend(others);
}

/// The systems that give most for an hour, and all of them; so many of each harm.
fn parts(mut harms: Vec<(u64, u64)>, effort: Effort) -> (Part, Part) {
    harms.sort_unstable_by_key(|(harm, _)| Reverse(*harm));
    let (prepare, each) = effort.minutes();
    let (mut first, mut all) = (Part::default(), Part { minutes: prepare, ..Part::default() });
    for (harm, systems) in harms {
        let with = |more: u64| Part {
            systems: all.systems.saturating_add(more),
            harm: all.harm.saturating_add(harm.saturating_mul(more)),
            minutes: all.minutes.saturating_add(each.saturating_mul(more)),
        };
        // one more of the same harm gives more for an hour, and so do all of them, or less, and so do all of them
        let enough = |more: u64| first.systems == 0 || with(more).an_hour() >= first.an_hour();
        let taken = if enough(systems) { systems } else { last(systems, enough) };
        let (some, whole) = (with(taken), with(systems));
        if taken > 0 {
            first = some;
        }
        all = whole;
    }
    (first, all)
}

/// The largest number below `refused` that is good, where every one below a good one is good, and 0 is.
fn last(mut refused: u64, good: impl Fn(u64) -> bool) -> u64 {
    let mut taken = 0;
    while refused - taken > 1 {
        let middle = taken + (refused - taken) / 2;
        if good(middle) { taken = middle } else { refused = middle }
    }
    taken
}

/// The harm of one flaw on one system, in thousandths of a point.
pub(super) fn harm(target: &Target) -> u64 {
    System::of(&[target]).harm()
}

/// The chance that attackers use the flaw, in hundred-thousandths.
fn chance_of(target: &Target) -> u64 {
    let score = target.ruling.epss.map_or(0, Probability::hundred_thousandths);
    if is_used(target) { SURE } else { u64::from(score).max(LEAST) }
}

/// Whether attackers are known to use the flaw.
pub(super) fn is_used(target: &Target) -> bool {
    let active = target.ruling.facts.exploitation.as_ref();
    target.ruling.facts.kev_added().is_some()
        || active.is_some_and(|known| known.value == Exploitation::Active)
}

fn may_be_exposed(target: &Target) -> bool {
    target.ruling.facts.exposed.as_ref().is_none_or(|known| known.value)
}

fn uses_ransomware(target: &Target) -> bool {
    match target.ruling.facts.kev.as_ref().map(|known| known.value) {
        Some(Kev::Listed { ransomware, .. }) => ransomware == Some(true),
        Some(Kev::NotListed) | None => false,
    }
}

#[cfg(test)]
mod tests;
