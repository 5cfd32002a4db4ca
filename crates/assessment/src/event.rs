//! What an evaluator states about a run.

use crate::criteria::{Opening, ResultOpening};
use crate::decision::Verdict;
use crate::elicitation::RungOf;
use domain::{CaseId, Digest, Line, ModelId, PartyId, RunId, Statement, Timestamp};
use minicbor::{Decode, Encode};
use std::collections::{BTreeMap, BTreeSet};

/// A statement about a run. Its evaluator signs it.
///
/// How many samples were taken is in none of them before the opening: it would tell a caller how near
/// a sealed threshold the model is.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Event {
    /// The criteria are fixed. Stated before the first call to the model.
    #[n(0)]
    CriteriaSealed {
        /// The run.
        #[n(0)]
        run: RunId,
        /// Who measures.
        #[n(1)]
        evaluator: PartyId,
        /// What is measured.
        #[n(2)]
        model: ModelId,
        /// What the developer says identifies the exact model.
        #[n(3)]
        model_digest: Option<Digest>,
        /// The review it is for.
        #[n(4)]
        case: Option<CaseId>,
        /// The commitment ([`crate::Criteria::commitment`]).
        #[n(5)]
        commitment: Digest,
        /// The elicitation ladder that it is a rung of.
        #[n(6)]
        ladder: Option<RungOf>,
    },
    /// The run is over.
    #[n(1)]
    MeasurementRecorded {
        /// The run.
        #[n(0)]
        run: RunId,
        /// Who measured.
        #[n(1)]
        evaluator: PartyId,
        /// The last hash of the transcript's chain.
        #[n(2)]
        transcript: Digest,
        /// When the first call was made.
        #[n(3)]
        started_at: Timestamp,
        /// When the last oracle was judged.
        #[n(4)]
        ended_at: Timestamp,
        /// The commitment to outcomes and verdict ([`crate::ResultOpening::commitment`]).
        #[n(5)]
        result: Digest,
        /// The verdict, when it may be told before the opening.
        #[n(6)]
        verdict: Option<Verdict>,
    },
    /// Criteria and result are opened to whoever may read this statement.
    #[n(2)]
    CriteriaOpened {
        /// The run.
        #[n(0)]
        run: RunId,
        /// Who measured.
        #[n(1)]
        evaluator: PartyId,
        /// The criteria.
        #[n(2)]
        opening: Box<Opening>,
        /// What came out.
        #[n(3)]
        result: ResultOpening,
    },
    /// The criteria are put in escrow when they are sealed: encrypted to those who determine and inspect, so that an evaluator
    /// can neither lose nor withhold them.
    #[n(3)]
    CriteriaEscrowed {
        /// The run.
        #[n(0)]
        run: RunId,
        /// Who measures.
        #[n(1)]
        evaluator: PartyId,
        /// The criteria.
        #[n(2)]
        opening: Box<Opening>,
    },
    /// Samples that a person has looked at and holds to be won by cheating. They count as passed in one ledger and as failed in
    /// the other; a mark is never taken back, only argued about.
    #[n(4)]
    SamplesMarked {
        /// The run.
        #[n(0)]
        run: RunId,
        /// Who measured.
        #[n(1)]
        evaluator: PartyId,
        /// Why, by the number of the sample, from 0.
        #[n(2)]
        marks: BTreeMap<u32, Line>,
    },
}

impl Event {
    /// The run it is about.
    pub const fn run(&self) -> &RunId {
        match self {
            Self::CriteriaSealed { run, .. }
            | Self::MeasurementRecorded { run, .. }
            | Self::CriteriaOpened { run, .. }
            | Self::CriteriaEscrowed { run, .. }
            | Self::SamplesMarked { run, .. } => run,
        }
    }

    /// Who measures.
    pub const fn evaluator(&self) -> &PartyId {
        match self {
            Self::CriteriaSealed { evaluator, .. }
            | Self::MeasurementRecorded { evaluator, .. }
            | Self::CriteriaOpened { evaluator, .. }
            | Self::CriteriaEscrowed { evaluator, .. }
            | Self::SamplesMarked { evaluator, .. } => evaluator,
        }
    }
}

impl Statement for Event {
    const SCHEMA: &'static str = "assessment/v1";

    fn kind(&self) -> &'static str {
        match self {
            Self::CriteriaSealed { .. } => "criteria-sealed",
            Self::MeasurementRecorded { .. } => "measurement-recorded",
            Self::CriteriaOpened { .. } => "criteria-opened",
            Self::CriteriaEscrowed { .. } => "criteria-escrowed",
            Self::SamplesMarked { .. } => "samples-marked",
        }
    }

    fn signers(&self) -> BTreeSet<PartyId> {
        BTreeSet::from([self.evaluator().clone()])
    }
}

#[cfg(test)]
mod tests;
