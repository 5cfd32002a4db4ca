//! What a run came to, and recomputing it.

use super::{Fault, Opening};
use crate::decision::{Decision, Rule, Stage, Step, Stop, Taken, Verdict};
use crate::oracle::Outcome;
use crate::seed::{MasterSeed, mac};
use domain::wire::encode;
use domain::{Digest, RunId};
use minicbor::{Decode, Encode};
use std::fmt;

/// What a run came to, with the salt that opens its commitment.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct ResultOpening {
    /// The samples' outcomes, in order.
    #[n(0)]
    pub outcomes: Vec<Outcome>,
    /// The verdict.
    #[n(1)]
    pub verdict: Verdict,
    /// 32 random bytes.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub salt: [u8; 32],
    /// Every increment of the evidence, one for each sample; `None` under criteria of version 1.
    #[n(3)]
    pub path: Option<Vec<Step>>,
}

impl fmt::Debug for ResultOpening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ResultOpening({}, secret)", self.verdict)
    }
}

impl ResultOpening {
    /// The result of a decision under criteria of version 2.
    pub fn new(decision: &Decision, salt: [u8; 32]) -> Self {
        Self {
            outcomes: decision.path.iter().map(|step| step.outcome).collect(),
            verdict: decision.verdict,
            salt,
            path: Some(decision.path.clone()),
        }
    }

    /// The commitment this opens.
    pub fn commitment(&self, run: &RunId) -> Digest {
        let run = run.as_str().as_bytes();
        let bytes = match &self.path {
            None => encode(&(&self.outcomes, &self.verdict)),
            Some(path) => encode(&(&self.outcomes, &self.verdict, path)),
        };
        let version: &[u8] = match &self.path {
            None => b"vestibule result v1",
            Some(_) => b"vestibule result v2",
        };
        Digest::from_bytes(mac(&self.salt, &[version, run, &bytes]))
    }

    /// What was taken, sample by sample. Criteria of version 1 have a rule that does not tell cells apart.
    pub fn taken(&self) -> Vec<Taken> {
        match &self.path {
            None => self.outcomes.iter().map(|&outcome| Taken { cell: 0, outcome }).collect(),
            Some(path) => path.iter().map(Step::taken).collect(),
        }
    }

    /// Compares what was recorded with what follows, increment by increment.
    ///
    /// # Errors
    /// [`Fault::PathDiffers`] when outcomes and increments are of different samples, [`Fault::StepDiffers`] with the first
    /// sample whose increment is another, [`Fault::VerdictDiffers`].
    pub fn check(&self, decision: &Decision) -> Result<(), Fault> {
        if let Some(path) = &self.path {
            let outcomes = path.iter().map(|step| step.outcome);
            if !outcomes.eq(self.outcomes.iter().copied()) {
                return Err(Fault::PathDiffers);
            }
            let steps = path.iter().zip(&decision.path);
            if let Some(at) = steps.into_iter().position(|(ours, theirs)| ours != theirs) {
                return Err(Fault::StepDiffers(at));
            }
            if path.len() != decision.path.len() {
                return Err(Fault::PathDiffers);
            }
        }
        let (claimed, recomputed) = (self.verdict, decision.verdict);
        if claimed == recomputed {
            Ok(())
        } else {
            Err(Fault::VerdictDiffers { claimed, recomputed })
        }
    }
}

/// Recomputes a verdict: the opening against the commitment, the rule against its rates, the samples
/// through the rule; with the seed opened, also that each drawn cell is the one that the seed draws. The samples come
/// from the transcript, whose root the measurement recorded, or from the opened result.
///
/// # Errors
/// The first thing that does not hold.
pub fn verify(commitment: &Digest, opening: &Opening, taken: &[Taken]) -> Result<Decision, Fault> {
    opening.check(commitment)?;
    let criteria = &opening.criteria;
    criteria.check()?;
    let decision = criteria.prepared().replay(taken);
    let decided = decision.path.len();
    if decided < taken.len() {
        return Err(match decision.stop {
            Stop::Running => Fault::ChoiceDiffers(decided),
            Stop::Boundary | Stop::Cap | Stop::Invalid | Stop::Exhausted => {
                Fault::RanOn { decided, taken: taken.len() }
            }
        });
    }
    if let (Some(seed), 2) = (&opening.seed, criteria.version()) {
        let seed = MasterSeed::new(seed.seed);
        // with two keys a cell that could not be measured is asked for again, whatever the seed draws next; that it is the same
        // cell was seen in the replay
        let again = matches!(criteria.rule, Rule::TwoKeys(_));
        let mut repeats = false;
        for (index, step) in (0_u32..).zip(&decision.path) {
            let drawn = step.stage == Stage::Drawn && !repeats;
            if drawn && criteria.drawn(&seed, index) != step.cell {
                return Err(Fault::DrawDiffers(usize::try_from(index).unwrap_or(usize::MAX)));
            }
            repeats = again && step.outcome == Outcome::Invalid;
        }
    }
    Ok(decision)
}
