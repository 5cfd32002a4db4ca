//! What a party can read about the measurements of models: the rules' state, folded from its log.

use crate::directive::directory;
use crate::fold::{self, Refused};
use crate::sync::Known;
use assessment::{Event, Opening, Refusal, ResultOpening, Runs};
use domain::RunId;
use ledger::Trust;
use std::collections::BTreeMap;

/// What a party can read about runs.
#[derive(Debug)]
pub struct Assessed {
    /// The rules' state.
    pub runs: Runs,
    /// The openings that were admitted.
    pub openings: BTreeMap<RunId, (Opening, ResultOpening)>,
    /// The criteria that were put in escrow with this party when they were sealed.
    pub escrows: BTreeMap<RunId, Opening>,
    /// Statements about runs that do not count: the run, the place in the log, and why.
    pub doubts: Vec<(RunId, u64, String)>,
}

/// Folds what this party can read about runs.
pub fn runs(known: &Known, trust: &Trust) -> Assessed {
    let mut runs = Runs::new(directory(trust));
    let mut openings = BTreeMap::new();
    let mut escrows = BTreeMap::new();
    let mut doubts = Vec::new();
    fold::fold::<Event>(known, |attested| {
        let run = attested.event.run().clone();
        if let Err(refusal) = runs.apply(attested) {
            let refused = refused(&refusal);
            doubts.push((run, attested.index, refused.detail.clone()));
            return Err(refused);
        }
        match &attested.event {
            Event::CriteriaOpened { opening, result, .. } => {
                openings.insert(run, (*opening.clone(), result.clone()));
            }
            Event::CriteriaEscrowed { opening, .. } => {
                escrows.insert(run, *opening.clone());
            }
            Event::CriteriaSealed { .. }
            | Event::MeasurementRecorded { .. }
            | Event::SamplesMarked { .. } => {}
        }
        Ok(())
    });
    Assessed { runs, openings, escrows, doubts }
}

/// A refusal of the rules, as everything above them hands it on.
pub fn refused(refusal: &Refusal) -> Refused {
    Refused::new(refusal.code(), refusal)
}
