//! Why a statement about a run, or a command, is not admitted.

use super::MARKS;
use crate::criteria::Fault;
use domain::{PartyId, RunId, Timestamp};

/// Why a statement or command is not admitted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A signature is missing.
    #[error("the statement about run {0} is not signed by its evaluator")]
    Unsigned(RunId),
    /// The signer is not an evaluator.
    #[error("{0} does not have the role of an evaluator")]
    NotEvaluator(PartyId),
    /// The run belongs to another evaluator.
    #[error("run {run} is {owner}'s, not {given}'s")]
    OtherEvaluator {
        /// The run.
        run: RunId,
        /// Who sealed its criteria.
        owner: PartyId,
        /// Who stated this.
        given: PartyId,
    },
    /// Criteria for this run were sealed before; they can't be replaced.
    #[error("the criteria of run {0} were sealed before; start another run")]
    AlreadySealed(RunId),
    /// A result or an opening for a run whose criteria were never sealed.
    #[error("no criteria were sealed for run {0}")]
    NeverSealed(RunId),
    /// A second result.
    #[error("run {0} has a result already")]
    AlreadyMeasured(RunId),
    /// An opening before the result.
    #[error("run {0} has no result yet; criteria are opened after it")]
    NotMeasured(RunId),
    /// A second opening.
    #[error("the criteria of run {0} were opened already")]
    AlreadyOpened(RunId),
    /// The model was called before the criteria were sealed.
    #[error(
        "run {run} called its model at {started_at}, before its criteria were sealed at {sealed_at}"
    )]
    CalledBeforeSealing {
        /// The run.
        run: RunId,
        /// The first call.
        started_at: Timestamp,
        /// The sealing.
        sealed_at: Timestamp,
    },
    /// The end is before the start, or after the statement.
    #[error("run {0} does not end between its first call and the statement of its result")]
    Times(RunId),
    /// As many runs of the same case or model as may be sealed within thirty days.
    #[error(
        "run {run} would be one too many of its case or model within 30 days: verdicts in quick succession would show where the threshold lies; seal it after {until}"
    )]
    TooOften {
        /// The run.
        run: RunId,
        /// When the oldest of them no longer counts.
        until: Timestamp,
    },
    /// A rung that its ladder has no place for.
    #[error("run {run} can't be a rung of that ladder: {why}")]
    Ladder {
        /// The run.
        run: RunId,
        /// Why.
        why: &'static str,
    },
    /// Marks that say nothing, or too many.
    #[error("run {run}: give from 1 to {MARKS} marks, each of a sample that the run has taken")]
    Marks {
        /// The run.
        run: RunId,
    },
    /// Criteria, opening or result do not hold.
    #[error("run {run}: {fault}")]
    Fault {
        /// The run.
        run: RunId,
        /// What does not hold.
        fault: Fault,
    },
}

impl Refusal {
    /// A stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unsigned(_) => "unsigned",
            Self::NotEvaluator(_) => "not-evaluator",
            Self::OtherEvaluator { .. } => "other-evaluator",
            Self::AlreadySealed(_) => "already-sealed",
            Self::NeverSealed(_) => "never-sealed",
            Self::AlreadyMeasured(_) => "already-measured",
            Self::NotMeasured(_) => "not-measured",
            Self::AlreadyOpened(_) => "already-opened",
            Self::CalledBeforeSealing { .. } => "called-before-sealing",
            Self::Times(_) => "times",
            Self::TooOften { .. } => "too-often",
            Self::Ladder { .. } => "ladder",
            Self::Marks { .. } => "marks",
            Self::Fault { .. } => "fault",
        }
    }
}
