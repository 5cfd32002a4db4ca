//! How often the same subject may be measured: each verdict tells a caller on which side of a sealed threshold a model lies, so
//! whoever could ask again and again, each time with a model a little stronger, would find the threshold.

use super::{Refusal, Run};
use domain::{CaseId, ModelId, RunId, Span, Timestamp};
use std::collections::BTreeMap;

/// Runs of one case (or of one model, outside a case) whose criteria may be sealed within [`WITHIN`].
///
/// Halving an interval of ten logits to the recommended half-width takes five verdicts, so four within the longest window of access
/// don't suffice.
pub const RUNS: usize = 4;

/// The time in which they count: the longest window of access of Executive Order 14409, section 3(b)(ii).
pub const WITHIN: Span = Span::days(30);

/// Refuses one run too many. `at` is when it is sealed.
pub(super) fn check(
    runs: &BTreeMap<RunId, Run>,
    (run, model, case): (&RunId, &ModelId, Option<&CaseId>),
    at: Timestamp,
) -> Result<(), Refusal> {
    let same = |other: &&Run| {
        let sealed = other.sealed();
        match (case, &sealed.case) {
            (Some(case), Some(other)) => case == other,
            (None, None) => *model == sealed.model,
            (Some(_), None) | (None, Some(_)) => false,
        }
    };
    let mut counted: Vec<Timestamp> = runs
        .values()
        .filter(same)
        .map(|other| other.sealed().sealed_at)
        .filter(|sealed| sealed.after(WITHIN) > at)
        .collect();
    counted.sort_unstable();
    match counted.len().checked_sub(RUNS).and_then(|at| counted.get(at)) {
        None => Ok(()),
        Some(oldest) => Err(Refusal::TooOften { run: run.clone(), until: oldest.after(WITHIN) }),
    }
}
