//! The one question whose answer would change the order.

use super::{Action, Urgency, key, rank, undated_rank};
use crate::decision::{Decision, decide};
use crate::facts::{Input, Known, Provenance};
use crate::table::Table;
use domain::{AssetId, Line, Timestamp};
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
        if order(&yes) == order(&no) {
            return None;
        }
        let placed = |a: &Action| (a.plan_by, undated_rank(a.plan_by, a.rank));
        let moved = || yes.iter().zip(&no).filter(|(y, n)| placed(y) != placed(n));
        let first = |actions: &mut dyn Iterator<Item = &Action>| {
            actions.map(|a| a.rank).min().unwrap_or_default()
        };
        Some(Question {
            asset: asset.clone(),
            asset_name: name.clone(),
            input: Input::Exposed,
            moves: moved().count(),
            if_yes: moved().filter_map(|(y, _)| y.plan_by).min(),
            if_no: moved().filter_map(|(_, n)| n.plan_by).min(),
            ranks: (first(&mut moved().map(|(y, _)| y)), first(&mut moved().map(|(_, n)| n))),
        })
    });
    asked
        .min_by_key(|q| (q.if_yes.unwrap_or(Timestamp::MAX), q.ranks.0, std::cmp::Reverse(q.moves)))
}

/// The actions as they would be if the asset were exposed, or were not.
fn suppose(table: &Table, items: &[Action], asset: &AssetId, exposed: bool) -> Vec<Action> {
    let source: Line = "supposed".parse().expect("a word is a line");
    let from = Provenance { source, as_of: Timestamp::EPOCH };
    let known = Known { value: exposed, from };
    let mut items = items.to_vec();
    for action in &mut items {
        for target in action.targets.iter_mut().filter(|t| t.asset == *asset) {
            target.facts.exposed = Some(known.clone());
            target.decision = Some(decide(table, &target.facts));
        }
        let plans = action.targets.iter().filter_map(|t| t.decision.as_ref()?.plan_by());
        action.plan_by = plans.min();
        action.rank = action.targets.iter().map(rank).min().unwrap_or_default();
        action.urgency = Urgency::of(&action.targets);
    }
    items
}

/// Places of the actions when sorted, with their due dates and outcomes.
fn order(actions: &[Action]) -> Vec<(usize, Option<Timestamp>, usize)> {
    let mut places: Vec<_> = (0..actions.len()).collect();
    places.sort_by_cached_key(|i| actions.get(*i).map(key));
    places
        .iter()
        .filter_map(|i| actions.get(*i).map(|a| (*i, a.plan_by, undated_rank(a.plan_by, a.rank))))
        .collect()
}
