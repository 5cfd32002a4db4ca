//! The one question whose answer would change the order.

use super::order::urgency;
use super::{Action, Ruling};
use crate::decision::{Decision, decide};
use crate::facts::{Facts, Input, Known, Provenance};
use crate::fleet::Fleet;
use crate::table::Table;
use domain::{AssetId, Line, Timestamp};
use roaring::RoaringBitmap;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Most assets that are tried as the subject of the question, the most urgent first.
const MOST: usize = 64;

/// Something that only the operator knows, and what depends on it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Question {
    /// About which asset.
    pub asset: AssetId,
    /// What people call it.
    pub asset_name: Line,
    /// What is asked; today always exposure, the one fact that no catalogue has.
    pub input: Input,
    /// How many actions have another deadline by the answer.
    pub moves: usize,
    /// The earliest deadline among these if the answer is yes.
    pub if_yes: Option<Timestamp>,
    /// The earliest deadline among these if the answer is no.
    pub if_no: Option<Timestamp>,
    /// The place in the table of the most urgent outcome among these if the answer is yes, and if it is no.
    pub ranks: (usize, usize),
}

/// Finds the asset whose exposure is not known and matters most.
pub(super) fn ask(table: &Table, fleet: &Fleet, items: &[Action]) -> Option<Question> {
    if !asks_exposure(table) {
        return None;
    }
    let mut supposed = Supposed { table, places: BTreeMap::new() };
    let asked = open(fleet, items).into_iter().filter_map(|(asset, id, name)| {
        let moved: Vec<_> = items
            .iter()
            .filter(|action| action.targets.iter().any(|t| t.assets.contains(asset)))
            .map(|action| {
                (supposed.place(action, asset, true), supposed.place(action, asset, false))
            })
            .filter(|(yes, no)| yes.urgency() != no.urgency())
            .collect();
        let first = |places: &mut dyn Iterator<Item = &Place>| {
            places.map(|place| place.rank).min().unwrap_or_default()
        };
        Some(Question {
            asset: id.parse().ok()?,
            asset_name: name.parse().ok()?,
            input: Input::Exposed,
            moves: moved.len(),
            if_yes: moved.iter().filter_map(|(y, _)| y.plan_by).min(),
            if_no: moved.iter().filter_map(|(_, n)| n.plan_by).min(),
            ranks: (
                first(&mut moved.iter().map(|(y, _)| y)),
                first(&mut moved.iter().map(|(_, n)| n)),
            ),
        })
        .filter(|question| question.moves > 0)
    });
    asked.min_by_key(|q| (q.if_yes.unwrap_or(Timestamp::MAX), q.ranks.0, Reverse(q.moves)))
}

/// Some tables do not ask what the internet can reach.
fn asks_exposure(table: &Table) -> bool {
    table.rows.iter().any(|row| row.asks.exposed.is_some())
}

/// What being exposed, or not, would change.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Moves {
    /// Whether it would be exposed.
    pub exposed: bool,
    /// How many actions would have another deadline.
    pub count: usize,
    /// The earliest date among these as it is; none where the table gives none.
    pub is: Option<Timestamp>,
    /// The earliest as it would be.
    pub would_be: Option<Timestamp>,
    /// The place in the table of the most urgent outcome among these as it is, and as it would be.
    pub ranks: (usize, usize),
}

/// What it would change if every asset were exposed, or none were; none where the table does not ask.
pub(super) fn moves(table: &Table, items: &[Action], exposed: bool) -> Option<Moves> {
    if !asks_exposure(table) {
        return None;
    }
    let mut supposed = Supposed { table, places: BTreeMap::new() };
    let nothing = Place { plan_by: None, rank: usize::MAX };
    let mut moved = Vec::new();
    for action in items {
        let decisions = action.targets.iter().filter_map(|t| t.ruling.decision.as_ref());
        let is = decisions.map(Place::of).fold(nothing, Place::sooner);
        let would_be = action.targets.iter().map(|t| supposed.ruled(&t.ruling, exposed));
        let would_be = would_be.fold(nothing, Place::sooner);
        if is.urgency() != would_be.urgency() {
            moved.push((is, would_be));
        }
    }
    let is = moved.iter().map(|(is, _)| *is).fold(nothing, Place::sooner);
    let would_be = moved.iter().map(|(_, would_be)| *would_be).fold(nothing, Place::sooner);
    let (count, ranks) = (moved.len(), (is.rank, would_be.rank));
    Some(Moves { exposed, count, is: is.plan_by, would_be: would_be.plan_by, ranks })
}

/// Assets whose exposure is not known, the most urgent first: number, id and name. Of those that are alike one.
fn open<'a>(fleet: &Fleet, items: &'a [Action]) -> Vec<(u32, &'a str, &'a str)> {
    let targets = items.iter().flat_map(|action| &action.targets);
    let unknown = targets.filter(|target| target.ruling.facts.exposed.is_none());
    let mut unknown: Vec<_> = unknown
        .map(|target| {
            let by = target.ruling.decision.as_ref().and_then(Decision::plan_by);
            (by.unwrap_or(Timestamp::MAX), &target.assets)
        })
        .collect();
    unknown.sort_by_key(|(by, _)| *by);
    let (mut open, mut alike) = (Vec::new(), BTreeSet::new());
    let mut seen = RoaringBitmap::new();
    for (_, assets) in unknown {
        for asset in &*assets.numbers() - &seen {
            if open.len() == MOST {
                return open;
            }
            if let Some((id, name)) = assets.named(asset)
                && alike.insert(fleet.layer_number(asset))
            {
                open.push((asset, id, name));
            }
        }
        seen |= &*assets.numbers();
    }
    open
}

/// When an action would be.
#[derive(Debug, Clone, Copy)]
struct Place {
    plan_by: Option<Timestamp>,
    rank: usize,
}

impl Place {
    fn urgency(&self) -> (Timestamp, usize) {
        urgency(self.plan_by, self.rank)
    }

    fn of(decision: &Decision) -> Self {
        Self { plan_by: decision.plan_by(), rank: decision.rank() }
    }

    fn sooner(self, other: Self) -> Self {
        let plan_by = self.plan_by.into_iter().chain(other.plan_by).min();
        Self { plan_by, rank: self.rank.min(other.rank) }
    }
}

/// What the table says of suppositions; each is asked once.
struct Supposed<'a> {
    table: &'a Table,
    places: BTreeMap<(*const Ruling, bool), Place>,
}

impl Supposed<'_> {
    /// When an action would be if the asset were exposed, or were not.
    fn place(&mut self, action: &Action, asset: u32, exposed: bool) -> Place {
        let mut place = Place { plan_by: None, rank: usize::MAX };
        for target in &action.targets {
            let others = if target.assets.contains(asset) {
                place = place.sooner(self.ruled(&target.ruling, exposed));
                target.assets.len() > 1
            } else {
                true
            };
            if let Some(decision) = target.ruling.decision.as_ref().filter(|_| others) {
                place = place.sooner(Place::of(decision));
            }
        }
        place
    }

    fn ruled(&mut self, ruling: &Arc<Ruling>, exposed: bool) -> Place {
        let table = self.table;
        *self.places.entry((Arc::as_ptr(ruling), exposed)).or_insert_with(|| {
            let source: Line = "supposed".parse().expect("a word is a line");
            let from = Provenance { source, as_of: Timestamp::EPOCH };
            let exposed = Some(Known { value: exposed, from });
            Place::of(&decide(table, &Facts { exposed, ..ruling.facts.clone() }))
        })
    }
}
