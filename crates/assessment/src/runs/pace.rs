//! How often the same subject may be measured: each verdict tells a caller on which side of a sealed threshold a model lies, so
//! whoever could ask again and again, each time with a model a little stronger, would find the threshold.

use super::{Refusal, Run, Sealed};
use crate::elicitation::RungOf;
use crate::ladder;
use domain::{CaseId, ModelId, PartyId, RunId, Span, Timestamp};
use std::collections::BTreeMap;

/// Verdicts on one case (or on one model, outside a case) whose criteria may be sealed within [`WITHIN`]. The rungs of one ladder
/// lead to one verdict and count as one.
///
/// Halving an interval of ten logits to the recommended half-width takes five verdicts, so four within the longest window of access
/// don't suffice.
pub const RUNS: usize = 4;

/// The time in which they count: the longest window of access of Executive Order 14409, section 3(b)(ii).
pub const WITHIN: Span = Span::days(30);

/// A run that is to be sealed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) run: &'a RunId,
    pub(super) model: &'a ModelId,
    pub(super) case: Option<&'a CaseId>,
    pub(super) ladder: Option<&'a RungOf>,
}

/// Refuses one verdict too many. `at` is when it is sealed.
pub(super) fn check(
    runs: &BTreeMap<RunId, Run>,
    evaluator: &PartyId,
    asked: Asked<'_>,
    at: Timestamp,
) -> Result<(), Refusal> {
    if let Some(place) = asked.ladder
        && place_on(runs, evaluator, asked.run, place)?
    {
        return Ok(());
    }
    let same = |sealed: &&Sealed| match (asked.case, &sealed.case) {
        (Some(case), Some(other)) => case == other,
        (None, None) => *asked.model == sealed.model,
        (Some(_), None) | (None, Some(_)) => false,
    };
    let mut alone: Vec<Timestamp> = Vec::new();
    let mut ladders: BTreeMap<(&PartyId, &str), Timestamp> = BTreeMap::new();
    for sealed in runs.values().map(Run::sealed).filter(same) {
        match &sealed.ladder {
            None => alone.push(sealed.sealed_at),
            Some(place) => {
                let key = (&sealed.evaluator, place.ladder.as_str());
                let first = ladders.entry(key).or_insert(sealed.sealed_at);
                *first = (*first).min(sealed.sealed_at);
            }
        }
    }
    alone.extend(ladders.into_values());
    alone.retain(|sealed| sealed.after(WITHIN) > at);
    alone.sort_unstable();
    match alone.len().checked_sub(RUNS).and_then(|at| alone.get(at)) {
        None => Ok(()),
        Some(oldest) => {
            Err(Refusal::TooOften { run: asked.run.clone(), until: oldest.after(WITHIN) })
        }
    }
}

/// Whether the ladder was begun and has a place for this rung. All rungs are sealed before the first is measured, so none is
/// chosen by what another came to.
fn place_on(
    runs: &BTreeMap<RunId, Run>,
    evaluator: &PartyId,
    run: &RunId,
    place: &RungOf,
) -> Result<bool, Refusal> {
    let refuse = |why| Err(Refusal::Ladder { run: run.clone(), why });
    let most = u32::try_from(ladder::RUNGS).unwrap_or(u32::MAX);
    if !(2..=most).contains(&place.rungs) {
        return refuse("a ladder has from 2 to 16 rungs");
    }
    let mut rungs = 0_u32;
    for other in runs.values() {
        let sealed = other.sealed();
        let Some(theirs) = &sealed.ladder else { continue };
        if sealed.evaluator != *evaluator || theirs.ladder != place.ladder {
            continue;
        }
        if theirs.rungs != place.rungs {
            return refuse("its other rungs say another number of rungs");
        }
        if !matches!(other, Run::Sealed(_)) {
            return refuse("one of its rungs is measured already");
        }
        rungs += 1;
    }
    if rungs >= place.rungs {
        return refuse("it has all its rungs");
    }
    Ok(rungs > 0)
}
