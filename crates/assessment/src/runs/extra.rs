//! What may be said of a run besides its course: criteria in escrow, samples marked as won by cheating.

use super::{Refusal, Run, Runs};
use crate::criteria::{Fault, Opening};
use crate::event::Event;
use domain::{Line, PartyId, RunId, Timestamp};
use std::collections::BTreeMap;

/// Most marks of one statement.
pub const MARKS: usize = 1_000;

impl Runs {
    /// The samples of a run that were marked as won by cheating, with why.
    pub fn marks(&self, run: &RunId) -> BTreeMap<u32, Line> {
        self.marks.get(run).cloned().unwrap_or_default()
    }

    /// Puts a sealed run's criteria in escrow.
    ///
    /// # Errors
    /// Another evaluator's run, or criteria that are not those that were sealed.
    pub fn escrow(
        &self,
        evaluator: &PartyId,
        opening: Opening,
        _now: Timestamp,
    ) -> Result<Event, Refusal> {
        let run = opening.criteria.run.clone();
        self.admit_escrow((&run, evaluator), &opening)?;
        Ok(Event::CriteriaEscrowed {
            run,
            evaluator: evaluator.clone(),
            opening: Box::new(opening),
        })
    }

    /// Marks samples of a measured run as won by cheating.
    ///
    /// # Errors
    /// Another evaluator's run, one without a result, no marks or too many, a sample that an opened run did not take.
    pub fn mark(
        &self,
        evaluator: &PartyId,
        run: &RunId,
        marks: BTreeMap<u32, Line>,
        _now: Timestamp,
    ) -> Result<Event, Refusal> {
        self.admit_marks((run, evaluator), &marks)?;
        Ok(Event::SamplesMarked { run: run.clone(), evaluator: evaluator.clone(), marks })
    }

    pub(super) fn admit_escrow(
        &self,
        (run, evaluator): (&RunId, &PartyId),
        opening: &Opening,
    ) -> Result<(), Refusal> {
        let sealed = self.owned(run, evaluator)?.sealed();
        let fault = |fault| Refusal::Fault { run: run.clone(), fault };
        opening.check(&sealed.commitment).map_err(fault)?;
        let criteria = &opening.criteria;
        if criteria.run == *run && criteria.model == sealed.model {
            Ok(())
        } else {
            Err(fault(Fault::SubjectDiffers))
        }
    }

    pub(super) fn admit_marks(
        &self,
        (run, evaluator): (&RunId, &PartyId),
        marks: &BTreeMap<u32, Line>,
    ) -> Result<(), Refusal> {
        let taken = match self.owned(run, evaluator)? {
            Run::Sealed(_) => return Err(Refusal::NotMeasured(run.clone())),
            Run::Measured(_) => MARKS,
            Run::Opened(opened) => opened.decision.path.len(),
        };
        let inside = |sample: &u32| usize::try_from(*sample).is_ok_and(|n| n < taken);
        if (1..=MARKS).contains(&marks.len()) && marks.keys().all(inside) {
            Ok(())
        } else {
            Err(Refusal::Marks { run: run.clone() })
        }
    }
}
