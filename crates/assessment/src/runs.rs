//! Runs as their evaluators' statements tell them: sealed, measured, opened.
//!
//! Time alone changes nothing here, so there is neither `due` nor `tick`. What was sealed recently limits what may be sealed
//! next ([`RUNS`], [`WITHIN`]).

mod extra;
mod pace;
mod refusal;

use crate::criteria::{Criteria, Fault, Opening, ResultOpening, verify};
use crate::decision::{Decision, Verdict};
use crate::elicitation::RungOf;
use crate::event::Event;
use domain::{Attested, CaseId, Digest, Line, ModelId, Party, PartyId, Role, RunId, Timestamp};
use std::collections::BTreeMap;

pub use extra::MARKS;
use pace::Asked;

pub use pace::{RUNS, WITHIN};
pub use refusal::Refusal;

/// A run whose criteria are sealed: the model may be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The run.
    pub run: RunId,
    /// Who measures.
    pub evaluator: PartyId,
    /// What is measured.
    pub model: ModelId,
    /// What the developer says identifies the exact model.
    pub model_digest: Option<Digest>,
    /// The review it is for.
    pub case: Option<CaseId>,
    /// The commitment.
    pub commitment: Digest,
    /// When it was stated.
    pub sealed_at: Timestamp,
    /// The ladder that it is a rung of.
    pub ladder: Option<RungOf>,
}

/// A run with a result, not yet opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured {
    /// What was sealed.
    pub sealed: Sealed,
    /// The last hash of the transcript's chain.
    pub transcript: Digest,
    /// When the first call was made.
    pub started_at: Timestamp,
    /// When the last oracle was judged.
    pub ended_at: Timestamp,
    /// The commitment to outcomes and verdict.
    pub result: Digest,
    /// The verdict as claimed, when it was told.
    pub claimed: Option<Verdict>,
}

/// A run whose verdict was recomputed from its opening.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// What was measured.
    pub measured: Measured,
    /// The criteria.
    pub criteria: Criteria,
    /// The verdict and its path, recomputed here.
    pub decision: Decision,
}

/// A run in one of its states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Run {
    /// Awaiting its result.
    Sealed(Sealed),
    /// Awaiting its opening.
    Measured(Measured),
    /// Complete.
    Opened(Box<Opened>),
}

impl Run {
    /// What was sealed.
    pub fn sealed(&self) -> &Sealed {
        match self {
            Self::Sealed(sealed) => sealed,
            Self::Measured(measured) => &measured.sealed,
            Self::Opened(opened) => &opened.measured.sealed,
        }
    }

    /// The verdict as far as it is known: recomputed when opened, else as claimed.
    pub fn verdict(&self) -> Option<Verdict> {
        match self {
            Self::Sealed(_) => None,
            Self::Measured(measured) => measured.claimed,
            Self::Opened(opened) => Some(opened.decision.verdict),
        }
    }
}

impl Sealed {
    /// States the result of the run.
    ///
    /// # Errors
    /// A first call before the sealing, or times out of order.
    pub fn record(
        &self,
        transcript: Digest,
        (started_at, ended_at): (Timestamp, Timestamp),
        result: &ResultOpening,
        tell: bool,
        now: Timestamp,
    ) -> Result<Event, Refusal> {
        self.times(started_at, ended_at, now)?;
        Ok(Event::MeasurementRecorded {
            run: self.run.clone(),
            evaluator: self.evaluator.clone(),
            transcript,
            started_at,
            ended_at,
            result: result.commitment(&self.run),
            verdict: tell.then_some(result.verdict),
        })
    }

    fn times(&self, started: Timestamp, ended: Timestamp, now: Timestamp) -> Result<(), Refusal> {
        if started < self.sealed_at {
            return Err(Refusal::CalledBeforeSealing {
                run: self.run.clone(),
                started_at: started,
                sealed_at: self.sealed_at,
            });
        }
        if started <= ended && ended <= now {
            Ok(())
        } else {
            Err(Refusal::Times(self.run.clone()))
        }
    }
}

impl Measured {
    /// Opens criteria and result.
    ///
    /// # Errors
    /// An opening that is not what was sealed, or whose verdict does not follow.
    pub fn open(
        &self,
        opening: Opening,
        result: ResultOpening,
        _now: Timestamp,
    ) -> Result<Event, Refusal> {
        self.check(&opening, &result)?;
        Ok(Event::CriteriaOpened {
            run: self.sealed.run.clone(),
            evaluator: self.sealed.evaluator.clone(),
            opening: Box::new(opening),
            result,
        })
    }

    fn check(&self, opening: &Opening, result: &ResultOpening) -> Result<Decision, Refusal> {
        let sealed = &self.sealed;
        let fault = |fault| Refusal::Fault { run: sealed.run.clone(), fault };
        let decision = verify(&sealed.commitment, opening, &result.taken()).map_err(fault)?;
        let criteria = &opening.criteria;
        let same = criteria.run == sealed.run
            && criteria.model == sealed.model
            && criteria.model_digest == sealed.model_digest;
        if !same {
            return Err(fault(Fault::SubjectDiffers));
        }
        if result.commitment(&sealed.run) != self.result {
            return Err(fault(Fault::ResultDiffers));
        }
        if result.path.is_some() != (criteria.version() == 2) {
            return Err(fault(Fault::PathDiffers));
        }
        result.check(&decision).map_err(fault)?;
        let recomputed = decision.verdict;
        if let Some(claimed) = self.claimed.filter(|claimed| *claimed != recomputed) {
            return Err(fault(Fault::VerdictDiffers { claimed, recomputed }));
        }
        Ok(decision)
    }
}

/// All runs: the fold of evaluators' statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Runs {
    directory: BTreeMap<PartyId, Party>,
    runs: BTreeMap<RunId, Run>,
    marks: BTreeMap<RunId, BTreeMap<u32, Line>>,
}

impl Runs {
    /// No runs yet, among these parties.
    pub const fn new(directory: BTreeMap<PartyId, Party>) -> Self {
        Self { directory, runs: BTreeMap::new(), marks: BTreeMap::new() }
    }

    /// The run of this id.
    pub fn run(&self, id: &RunId) -> Option<&Run> {
        self.runs.get(id)
    }

    /// Every run, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = (&RunId, &Run)> {
        self.runs.iter()
    }

    /// Seals the criteria of a new run.
    ///
    /// # Errors
    /// A party that is no evaluator, a run that exists, criteria no run can be made under.
    pub fn seal(
        &self,
        evaluator: &PartyId,
        (case, ladder): (Option<CaseId>, Option<RungOf>),
        opening: &Opening,
        now: Timestamp,
    ) -> Result<Event, Refusal> {
        let criteria = &opening.criteria;
        let asked = Asked {
            run: &criteria.run,
            model: &criteria.model,
            case: case.as_ref(),
            ladder: ladder.as_ref(),
        };
        self.may_seal(evaluator, asked, now)?;
        criteria.check().map_err(|fault| Refusal::Fault { run: criteria.run.clone(), fault })?;
        Ok(Event::CriteriaSealed {
            run: criteria.run.clone(),
            evaluator: evaluator.clone(),
            model: criteria.model.clone(),
            model_digest: criteria.model_digest,
            case,
            commitment: opening.commitment(),
            ladder,
        })
    }

    /// Admits a statement, or says why it changes nothing.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub fn apply(&mut self, attested: &Attested<Event>) -> Result<(), Refusal> {
        let event = &attested.event;
        if !attested.is_complete() {
            return Err(Refusal::Unsigned(event.run().clone()));
        }
        match event {
            Event::SamplesMarked { run, evaluator, marks } => {
                self.admit_marks((run, evaluator), marks)?;
                let known = self.marks.entry(run.clone()).or_default();
                for (sample, why) in marks {
                    known.entry(*sample).or_insert_with(|| why.clone());
                }
                return Ok(());
            }
            Event::CriteriaEscrowed { run, evaluator, opening } => {
                return self.admit_escrow((run, evaluator), opening);
            }
            Event::CriteriaSealed { .. }
            | Event::MeasurementRecorded { .. }
            | Event::CriteriaOpened { .. } => {}
        }
        let next = self.next(event, attested.claimed_at)?;
        self.runs.insert(event.run().clone(), next);
        Ok(())
    }

    fn next(&self, event: &Event, at: Timestamp) -> Result<Run, Refusal> {
        match event {
            Event::CriteriaSealed {
                run,
                evaluator,
                model,
                model_digest,
                case,
                commitment,
                ladder,
            } => {
                let (case_named, ladder_named) = (case.as_ref(), ladder.as_ref());
                let asked = Asked { run, model, case: case_named, ladder: ladder_named };
                self.may_seal(evaluator, asked, at)?;
                Ok(Run::Sealed(Sealed {
                    run: run.clone(),
                    evaluator: evaluator.clone(),
                    model: model.clone(),
                    model_digest: *model_digest,
                    case: case.clone(),
                    commitment: *commitment,
                    sealed_at: at,
                    ladder: ladder.clone(),
                }))
            }
            Event::MeasurementRecorded {
                run,
                evaluator,
                transcript,
                started_at,
                ended_at,
                result,
                verdict,
            } => match self.owned(run, evaluator)? {
                Run::Sealed(sealed) => {
                    sealed.times(*started_at, *ended_at, at)?;
                    Ok(Run::Measured(Measured {
                        sealed: sealed.clone(),
                        transcript: *transcript,
                        started_at: *started_at,
                        ended_at: *ended_at,
                        result: *result,
                        claimed: *verdict,
                    }))
                }
                Run::Measured(_) | Run::Opened(_) => Err(Refusal::AlreadyMeasured(run.clone())),
            },
            Event::CriteriaOpened { run, evaluator, opening, result } => {
                match self.owned(run, evaluator)? {
                    Run::Sealed(_) => Err(Refusal::NotMeasured(run.clone())),
                    Run::Measured(measured) => {
                        let decision = measured.check(opening, result)?;
                        Ok(Run::Opened(Box::new(Opened {
                            measured: measured.clone(),
                            criteria: opening.criteria.clone(),
                            decision,
                        })))
                    }
                    Run::Opened(_) => Err(Refusal::AlreadyOpened(run.clone())),
                }
            }
            Event::CriteriaEscrowed { run, evaluator, .. }
            | Event::SamplesMarked { run, evaluator, .. } => self.owned(run, evaluator).cloned(),
        }
    }

    fn may_seal(
        &self,
        evaluator: &PartyId,
        asked: Asked<'_>,
        at: Timestamp,
    ) -> Result<(), Refusal> {
        let run = asked.run;
        let party = self.directory.get(evaluator);
        if !party.is_some_and(|p| p.roles.contains(&Role::Evaluator)) {
            return Err(Refusal::NotEvaluator(evaluator.clone()));
        }
        if self.runs.contains_key(run) {
            return Err(Refusal::AlreadySealed(run.clone()));
        }
        pace::check(&self.runs, evaluator, asked, at)
    }

    fn owned(&self, run: &RunId, given: &PartyId) -> Result<&Run, Refusal> {
        let state = self.runs.get(run).ok_or_else(|| Refusal::NeverSealed(run.clone()))?;
        let owner = &state.sealed().evaluator;
        if owner == given {
            Ok(state)
        } else {
            Err(Refusal::OtherEvaluator {
                run: run.clone(),
                owner: owner.clone(),
                given: given.clone(),
            })
        }
    }
}

#[cfg(test)]
mod tests;
