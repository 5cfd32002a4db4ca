//! The order of actions: dates first, then where there is none the table's own order, then how grave they are.

use super::{Action, Remedy, Target, Urgency};
use crate::decision::Decision;
use crate::intelligence::Probability;
use domain::Timestamp;
use std::cmp::Reverse;

/// The place in the table of what is asked for.
pub(super) fn rank(target: &Target) -> usize {
    target.decision.as_ref().map_or(usize::MAX, Decision::rank)
}

/// Where a date orders, it alone does; where there is none, the table's own order.
pub(super) fn undated_rank(plan: Option<Timestamp>, rank: usize) -> usize {
    if plan.is_some() { 0 } else { rank }
}

/// The order of actions.
pub(super) type Order =
    (Timestamp, usize, Reverse<Urgency>, Reverse<Option<Probability>>, Box<str>, Remedy);

/// What actions are ordered by.
pub(super) fn key(action: &Action) -> Order {
    (
        action.plan_by.unwrap_or(Timestamp::MAX),
        undated_rank(action.plan_by, action.rank),
        Reverse(action.urgency),
        Reverse(action.epss),
        action.package.clone(),
        action.remedy.clone(),
    )
}
