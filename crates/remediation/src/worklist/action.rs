//! One thing to do, from all that it closes.

use super::order::{rank, urgency};
use super::worth::{Effort, Worth, harm};
use super::{Action, Remedy, Target};
use crate::decision::Decision;
use std::cmp::Reverse;
use versions::Namespace;

/// What matches are grouped by: vulnerabilities apart from notices.
pub(super) type Key = (Namespace, Box<str>, Remedy, bool);

/// The action of a group.
pub(super) fn action((namespace, package, remedy, _): Key, mut targets: Vec<Target>) -> Action {
    let plan = |t: &Target| t.ruling.decision.as_ref().and_then(Decision::plan_by);
    targets.sort_by_cached_key(|target| {
        // a determined deadline explains itself, so of two at one instant it leads
        let open = target.ruling.decision.as_ref().is_none_or(|d| d.deadline().is_none());
        (
            urgency(plan(target), rank(target)),
            open,
            Reverse(harm(target)),
            target.assets.first().map(|(id, _)| id.to_owned()),
            target.ruling.flaw.id.clone(),
        )
    });
    let mut from: Vec<_> = targets.iter().map(|t| t.version.clone()).collect();
    from.sort();
    from.dedup();
    let mut closes: Vec<_> = targets.iter().flat_map(|t| &t.ruling.flaw.ids).collect();
    closes.sort();
    closes.dedup();
    let closes = closes.into_iter().cloned().collect();
    let deadlines = || targets.iter().filter_map(|t| t.ruling.decision.as_ref()?.deadline());
    let first = targets.first();
    let kind = namespace.ecosystem();
    Action {
        ecosystem: namespace.to_string(),
        plan_by: first.and_then(plan),
        row: first.and_then(|t| t.ruling.decision.as_ref()?.deadline()).map(|d| d.row),
        rank: targets.iter().map(rank).min().unwrap_or_default(),
        forensics: deadlines().any(|d| d.outcome.forensics),
        worth: Worth::of(&targets, Effort::of(kind, &from, &remedy)),
        placed_by_worth: false,
        epss: targets.iter().filter_map(|t| t.ruling.epss).max(),
        package,
        from,
        remedy,
        closes,
        targets,
        kind,
    }
}
