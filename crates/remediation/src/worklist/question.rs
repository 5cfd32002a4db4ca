//! The one question whose answer would change the order.

use super::Action;
use super::order::urgency;
use crate::decision::{Decision, decide};
use crate::facts::{Facts, Input, Known, Provenance};
use crate::table::Table;
use domain::{AssetId, Line, Timestamp};
use std::cmp::Reverse;
use std::collections::BTreeMap;

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
pub(super) fn ask(table: &Table, items: &[Action]) -> Option<Question> {
    // some tables do not ask what the internet can reach
    if table.rows.iter().all(|row| row.asks.exposed.is_none()) {
        return None;
    }
    let mut open: BTreeMap<&AssetId, (&Line, Timestamp)> = BTreeMap::new();
    for target in items.iter().flat_map(|a| &a.targets) {
        if target.facts.exposed.is_none() {
            let by = target.decision.as_ref().and_then(Decision::plan_by);
            let by = by.unwrap_or(Timestamp::MAX);
            let entry = open.entry(&target.asset).or_insert((&target.asset_name, by));
            entry.1 = entry.1.min(by);
        }
    }
    let mut open: Vec<_> = open.into_iter().collect();
    open.sort_by_key(|(_, (_, by))| *by);
    open.truncate(MOST);
    let asked = open.into_iter().filter_map(|(asset, (name, _))| {
        let (yes, no) = (suppose(table, items, asset, true), suppose(table, items, asset, false));
        let moved = || yes.iter().zip(&no).filter(|(y, n)| y.urgency() != n.urgency());
        let first = |places: &mut dyn Iterator<Item = &Place>| {
            places.map(|place| place.rank).min().unwrap_or_default()
        };
        (moved().next().is_some()).then(|| Question {
            asset: asset.clone(),
            asset_name: name.clone(),
            input: Input::Exposed,
            moves: moved().count(),
            if_yes: moved().filter_map(|(y, _)| y.plan_by).min(),
            if_no: moved().filter_map(|(_, n)| n.plan_by).min(),
            ranks: (first(&mut moved().map(|(y, _)| y)), first(&mut moved().map(|(_, n)| n))),
        })
    });
    asked.min_by_key(|q| (q.if_yes.unwrap_or(Timestamp::MAX), q.ranks.0, Reverse(q.moves)))
}

/// When an action would be.
struct Place {
    plan_by: Option<Timestamp>,
    rank: usize,
}

impl Place {
    fn urgency(&self) -> (Timestamp, usize) {
        urgency(self.plan_by, self.rank)
    }
}

/// When the actions would be if the asset were exposed, or were not.
fn suppose(table: &Table, items: &[Action], asset: &AssetId, exposed: bool) -> Vec<Place> {
    let source: Line = "supposed".parse().expect("a word is a line");
    let from = Provenance { source, as_of: Timestamp::EPOCH };
    let exposed = Some(Known { value: exposed, from });
    let place = |action: &Action| {
        let (mut plan_by, mut rank) = (None, usize::MAX);
        let mut note = |decision: &Decision| {
            let by = decision.plan_by();
            plan_by = by.into_iter().chain(plan_by).min();
            rank = rank.min(decision.rank());
        };
        for target in &action.targets {
            if target.asset == *asset {
                let facts = Facts { exposed: exposed.clone(), ..target.facts.clone() };
                note(&decide(table, &facts));
            } else {
                target.decision.iter().for_each(&mut note);
            }
        }
        Place { plan_by, rank }
    };
    items.iter().map(place).collect()
}
