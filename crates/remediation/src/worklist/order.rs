//! The order of actions: dates first, then where there is none the table's own order, then what they are worth.

use super::{Action, Remedy, Target};
use crate::decision::Decision;
use domain::Timestamp;
use std::cmp::Reverse;

/// The place in the table of what is asked for.
pub(super) fn rank(target: &Target) -> usize {
    target.ruling.decision.as_ref().map_or(usize::MAX, Decision::rank)
}

/// Where a date orders, it alone does; where there is none, the table's own order.
fn undated_rank(plan: Option<Timestamp>, rank: usize) -> usize {
    if plan.is_some() { 0 } else { rank }
}

/// What comes before worth: the date, and where there is none the table's own order.
pub(super) fn urgency(plan: Option<Timestamp>, rank: usize) -> (Timestamp, usize) {
    (plan.unwrap_or(Timestamp::MAX), undated_rank(plan, rank))
}

/// What actions are ordered by.
type Order<'a> = ((Timestamp, usize), Reverse<u64>, &'a str, &'a str, &'a Remedy);

fn key(action: &Action) -> Order<'_> {
    let worth = Reverse(action.worth.an_hour);
    (
        urgency(action.plan_by, action.rank),
        worth,
        &action.package,
        &action.ecosystem,
        &action.remedy,
    )
}

/// Puts actions in order, and notes where worth decided it.
pub(super) fn sort(actions: &mut [Action]) {
    actions.sort_by(|a, b| key(a).cmp(&key(b)));
    let same = |a: &Action, b: &Action| key(a).0 == key(b).0;
    for group in actions.chunk_by_mut(same).filter(|group| group.len() > 1) {
        group.iter_mut().for_each(|action| action.placed_by_worth = true);
    }
}

#[cfg(test)]
mod tests;
