//! Sealed criteria: what a run will do, committed before its first call and opened after.

use crate::decision::{Decision, Rule, Verdict, decide};
use crate::family::{Dial, Instance, family};
use crate::oracle::Outcome;
use crate::seed::{MasterSeed, mac};
use domain::wire::encode;
use domain::{Digest, Line, ModelId, RunId};
use minicbor::{Decode, Encode};
use std::fmt;

/// One kind of task: a family at a dial.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct Cell {
    /// The family's name.
    #[n(0)]
    pub family: Line,
    /// How hard.
    #[n(1)]
    pub dial: Dial,
}

/// The tasks of a run. Each sample is a fresh instance of a cell drawn with equal chances.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Bank {
    /// The cells; one that appears twice is drawn twice as often.
    #[n(0)]
    pub cells: Vec<Cell>,
}

/// What one sample may use. A verdict holds for its budget only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Budget {
    /// Answers of the model.
    #[n(0)]
    pub turns: u32,
    /// Tokens in and out, all turns together.
    #[n(1)]
    pub tokens: u64,
    /// Seconds of wall time.
    #[n(2)]
    pub seconds: u32,
}

/// What else decides a measurement: the prompts and tools, the grader, the loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Digests {
    /// System prompt and tool definitions.
    #[n(0)]
    pub scaffold: Digest,
    /// What executes and judges oracles.
    #[n(1)]
    pub grader: Digest,
    /// The agent loop.
    #[n(2)]
    pub harness: Digest,
}

/// The whole document. Its sections are committed to one by one, each under a salt of its own, so that
/// a later version can open one cell and show nothing of the others.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Criteria {
    /// The run.
    #[n(0)]
    pub run: RunId,
    /// The model that is measured.
    #[n(1)]
    pub model: ModelId,
    /// What the developer says identifies the exact model, such as a digest over its weights.
    #[n(2)]
    pub model_digest: Option<Digest>,
    /// Commitment to the master seed.
    #[n(3)]
    pub seed: Digest,
    /// The tasks.
    #[n(4)]
    pub bank: Bank,
    /// Threshold, error rates, caps and stopping rule.
    #[n(5)]
    pub rule: Rule,
    /// What one sample may use.
    #[n(6)]
    pub budget: Budget,
    /// What else decides.
    #[n(7)]
    pub digests: Digests,
}

/// Criteria with the salt that opens their commitment.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Opening {
    /// What was committed to.
    #[n(0)]
    pub criteria: Criteria,
    /// 32 random bytes.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub salt: [u8; 32],
    /// The master seed, when it is opened too: every instance can then be made again, and the seed
    /// is spent.
    #[n(2)]
    pub seed: Option<SeedOpening>,
}

impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Opening({}, secret)", self.criteria.run)
    }
}

/// A master seed with the salt that opens its commitment.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct SeedOpening {
    /// The seed.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub seed: [u8; 32],
    /// 32 random bytes.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub salt: [u8; 32],
}

impl fmt::Debug for SeedOpening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SeedOpening(secret)")
    }
}

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
}

impl fmt::Debug for ResultOpening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ResultOpening({}, secret)", self.verdict)
    }
}

/// Why criteria, or a verdict under them, can't be believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The opening is not what was committed to.
    #[error("the criteria are not the ones that were sealed")]
    CommitmentDiffers,
    /// The opening is for another run or model.
    #[error("the criteria name another run or model than the seal")]
    SubjectDiffers,
    /// The opened master seed is not the one committed to.
    #[error("the master seed is not the one that was sealed")]
    SeedDiffers,
    /// The opened result is not the one committed to.
    #[error("the result is not the one that was recorded")]
    ResultDiffers,
    /// No cells, or more than 1,000.
    #[error("a bank has from 1 to 1000 cells; this one has {0}")]
    Bank(usize),
    /// A family that this version doesn't have.
    #[error("`{0}` is not a task family of this version")]
    UnknownFamily(String),
    /// A budget of nothing.
    #[error("the budget must allow at least one turn, one token and one second")]
    Budget,
    /// The sealed logarithms are not those of the sealed rates.
    #[error("the rule's logarithms do not belong to its rates")]
    RuleUnsound,
    /// Samples were taken after the rule had stopped.
    #[error("the rule stopped after {decided} samples, but {taken} were taken")]
    RanOn {
        /// Samples up to the stop.
        decided: usize,
        /// Samples taken.
        taken: usize,
    },
    /// The claimed verdict is not the one the outcomes lead to.
    #[error("the outcomes lead to {recomputed}, but {claimed} was claimed")]
    VerdictDiffers {
        /// What was claimed.
        claimed: Verdict,
        /// What follows.
        recomputed: Verdict,
    },
}

impl Criteria {
    /// Checks that a run can be made under these criteria.
    ///
    /// # Errors
    /// See [`Fault`].
    pub fn check(&self) -> Result<(), Fault> {
        let cells = self.bank.cells.len();
        if !(1..=1_000).contains(&cells) {
            return Err(Fault::Bank(cells));
        }
        for cell in &self.bank.cells {
            if family(cell.family.as_str()).is_none() {
                return Err(Fault::UnknownFamily(cell.family.to_string()));
            }
        }
        if self.budget.turns == 0 || self.budget.tokens == 0 || self.budget.seconds == 0 {
            return Err(Fault::Budget);
        }
        // the two keys need item parameters, which these criteria don't have
        match &self.rule {
            Rule::Sprt(sprt) if sprt.is_sound() => Ok(()),
            Rule::Sprt(_) | Rule::TwoKeys(_) => Err(Fault::RuleUnsound),
        }
    }

    /// The cell of the `index`th sample.
    pub fn cell(&self, seed: &MasterSeed, index: u32) -> &Cell {
        let at = seed.cell(index, self.run.as_str(), self.bank.cells.len());
        self.bank.cells.get(at).expect("a cell is drawn below their number")
    }

    /// The instance of the `index`th sample: a fresh one each, for ever the same.
    ///
    /// # Errors
    /// [`Fault::UnknownFamily`]; criteria that were [checked](Criteria::check) have none.
    pub fn instance(&self, seed: &MasterSeed, index: u32) -> Result<Instance, Fault> {
        let cell = self.cell(seed, index);
        let name = cell.family.as_str();
        let family = family(name).ok_or_else(|| Fault::UnknownFamily(name.to_owned()))?;
        Ok(family.generate(&seed.instance(name, index, self.run.as_str()), cell.dial))
    }

    /// The commitment under a salt of 32 random bytes.
    ///
    /// Each section is `HMAC-SHA-256(HMAC-SHA-256(salt, name), bytes)`; the commitment is a digest over
    /// all of them in order.
    pub fn commitment(&self, salt: &[u8; 32]) -> Digest {
        let subject = (&self.run, &self.model, &self.model_digest);
        let mut sections: Vec<(String, Vec<u8>)> = vec![
            ("subject".to_owned(), minicbor::to_vec(subject).expect("memory takes it")),
            ("seed".to_owned(), encode(&self.seed)),
            ("rule".to_owned(), encode(&self.rule)),
            ("budget".to_owned(), encode(&self.budget)),
            ("digests".to_owned(), encode(&self.digests)),
        ];
        for (i, cell) in self.bank.cells.iter().enumerate() {
            sections.push((format!("cell {i}"), encode(cell)));
        }
        let leaves: Vec<[u8; 32]> = sections
            .iter()
            .map(|(name, bytes)| {
                let key = mac(salt, &[b"vestibule criteria section v1", name.as_bytes()]);
                mac(&key, &[bytes])
            })
            .collect();
        let leaves: Vec<&[u8]> = leaves.iter().map(<[u8; 32]>::as_slice).collect();
        Digest::from_bytes(mac(b"vestibule criteria v1", &leaves))
    }
}

impl Opening {
    /// The commitment this opens.
    pub fn commitment(&self) -> Digest {
        self.criteria.commitment(&self.salt)
    }
}

impl ResultOpening {
    /// The commitment this opens.
    pub fn commitment(&self, run: &RunId) -> Digest {
        let bytes = encode(&(&self.outcomes, &self.verdict));
        let parts: [&[u8]; 3] = [b"vestibule result v1", run.as_str().as_bytes(), &bytes];
        Digest::from_bytes(mac(&self.salt, &parts))
    }
}

/// Recomputes a verdict: the opening against the commitment, the rule against its rates, the outcomes
/// through the rule. The outcomes come from the transcript, whose root the measurement recorded.
///
/// # Errors
/// The first thing that does not hold.
pub fn verify(
    commitment: &Digest,
    opening: &Opening,
    outcomes: &[Outcome],
) -> Result<Decision, Fault> {
    if opening.commitment() != *commitment {
        return Err(Fault::CommitmentDiffers);
    }
    if let Some(seed) = &opening.seed {
        let again = MasterSeed::new(seed.seed).commitment(&seed.salt);
        if again != opening.criteria.seed {
            return Err(Fault::SeedDiffers);
        }
    }
    opening.criteria.check()?;
    let decision = decide(&opening.criteria.rule, outcomes);
    let (decided, taken) = (decision.path.len(), outcomes.len());
    if decided < taken { Err(Fault::RanOn { decided, taken }) } else { Ok(decision) }
}

#[cfg(test)]
pub(crate) mod tests;
