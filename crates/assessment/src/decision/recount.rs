//! Counting the samples of a run again with other outcomes: the second ledger of a memo.

use super::{Decision, Prepared, Step, Stop, Taken};
use crate::oracle::Outcome;

impl Prepared {
    /// What the rule says of the samples of a path, in their order and as they were chosen, when each has the outcome that
    /// `outcome` gives for its number. The rule itself might have chosen other cells then; a likelihood ratio and a
    /// wealth are valid for the samples there are. It stops where the rule first would.
    pub fn recount(&self, path: &[Step], outcome: impl Fn(usize, &Step) -> Outcome) -> Decision {
        let mut course = self.begin();
        for (number, step) in path.iter().enumerate() {
            let inside = usize::try_from(step.cell).is_ok_and(|cell| cell < self.cells());
            if !inside || course.decision().stop != Stop::Running {
                break;
            }
            course.charge(Taken { cell: step.cell, outcome: outcome(number, step) }, step.stage);
        }
        course.into_decision()
    }
}
