//! Sealed criteria: what a run will do, committed before its first call and opened after.

mod disclosure;
mod fault;
mod parts;
mod result;

use crate::decision::{Prepared, Rule};
use crate::elicitation::Elicitation;
use crate::family::{Dial, Instance, family};
use crate::item::Item;
use crate::seed::MasterSeed;
use domain::{Digest, Line, ModelId, RunId};
use minicbor::{Decode, Encode};
use std::collections::BTreeSet;
use std::fmt;

pub use disclosure::{Disclosure, FamilyCell, FamilyOpening, FamilyPart};
pub use fault::Fault;
pub use result::{ResultOpening, verify};

/// Most families of a bank: its tree of commitments has this many leaves, whatever it holds.
pub const MOST_FAMILIES: usize = 64;

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
    /// What a million tokens is taken to cost, in millionths of a dollar, where the evaluator says so. It makes the tokens a
    /// bound in money too.
    #[n(3)]
    pub price: Option<u64>,
}

impl Budget {
    /// What so many tokens cost at the stated price, in millionths of a dollar.
    pub fn cost(&self, tokens: u64) -> Option<u64> {
        let cost = u128::from(self.price?) * u128::from(tokens) / 1_000_000;
        Some(u64::try_from(cost).unwrap_or(u64::MAX))
    }
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
    /// How the model is asked; the scaffold's digest is over the words that belong to it. Older documents don't say.
    #[n(3)]
    pub elicitation: Option<Elicitation>,
}

/// What version 2 of the document adds: what the rule with two keys rests on, and what a selective opening needs.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Details {
    /// What is believed of each cell, in the bank's order.
    #[n(0)]
    pub items: Vec<Item>,
    /// The bank's families in the order of their names, each with a commitment to its seed.
    #[n(1)]
    pub families: Vec<SealedFamily>,
}

/// A family with a commitment to the seed of its instances.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct SealedFamily {
    /// Its name.
    #[n(0)]
    pub family: Line,
    /// The commitment ([`crate::FamilySeed::commitment`]).
    #[n(1)]
    pub seed: Digest,
}

/// The whole document. Its parts are committed to one by one, each under a salt of its own, so that
/// one family can be opened and nothing of the others is shown ([`Disclosure`]).
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
    /// Item parameters and families; `None` makes it a document of version 1.
    #[n(8)]
    pub details: Option<Details>,
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
    /// The commitment of each part, in the order of the document; `None` in version 1. With them a reader who knows only
    /// the commitment says which part was changed ([`Opening::check`]).
    #[n(3)]
    pub parts: Option<Vec<Digest>>,
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

impl Criteria {
    /// The version of the document: 1, or 2 with [`Details`].
    pub const fn version(&self) -> u8 {
        if self.details.is_some() { 2 } else { 1 }
    }

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
        if let Some(elicitation) = &self.digests.elicitation {
            elicitation.check(self.model_digest.is_some())?;
        }
        if let Some(details) = &self.details {
            self.check_details(details)?;
        }
        match (&self.rule, &self.details) {
            (Rule::Sprt(sprt), _) if sprt.is_sound() => Ok(()),
            (Rule::Sprt(_), _) => Err(Fault::RuleUnsound),
            (Rule::TwoKeys(_), None) => Err(Fault::NoItems),
            (Rule::TwoKeys(keys), Some(_)) => {
                keys.check().map_err(Fault::Rule)?;
                // no cell is there twice, so these are distinct
                let floor = keys.floor;
                let met = usize::try_from(floor).is_ok_and(|floor| floor <= cells);
                if met { Ok(()) } else { Err(Fault::Floor { floor, cells }) }
            }
        }
    }

    fn check_details(&self, details: &Details) -> Result<(), Fault> {
        let (cells, items) = (self.bank.cells.len(), details.items.len());
        if cells != items {
            return Err(Fault::Items { cells, items });
        }
        if let Some(at) = details.items.iter().position(|item| !item.is_sound()) {
            return Err(Fault::Item(at));
        }
        let mut seen = BTreeSet::new();
        if let Some(at) = self.bank.cells.iter().position(|cell| !seen.insert(cell)) {
            return Err(Fault::Twice(at));
        }
        let listed = details.families.iter().map(|f| &f.family);
        let same = listed.eq(self.bank.families()) && details.families.len() <= MOST_FAMILIES;
        if same { Ok(()) } else { Err(Fault::Families) }
    }

    /// What is believed of each cell; in version 1 what its dial says.
    pub fn items(&self) -> Vec<Item> {
        let priors = || self.bank.cells.iter().map(|cell| Item::prior(cell.dial)).collect();
        self.details.as_ref().map_or_else(priors, |details| details.items.clone())
    }

    /// The rule over this bank, ready to run.
    pub fn prepared(&self) -> Prepared {
        Prepared::new(&self.rule, &self.items())
    }

    /// The place in the bank of the cell that the seed draws for the `index`th sample.
    pub fn drawn(&self, seed: &MasterSeed, index: u32) -> u32 {
        let at = seed.cell(index, self.run.as_str(), self.bank.cells.len());
        u32::try_from(at).expect("a bank has at most 1000 cells")
    }

    /// The instance of the `index`th sample, of the cell at a place in the bank: a fresh one each, for ever the same.
    ///
    /// # Errors
    /// [`Fault::UnknownFamily`]; criteria that were [checked](Criteria::check) have none. [`Fault::DrawDiffers`] for a
    /// cell outside the bank.
    pub fn instance(&self, seed: &MasterSeed, index: u32, cell: u32) -> Result<Instance, Fault> {
        let at = |n| usize::try_from(n).unwrap_or(usize::MAX);
        let cell = self.bank.cells.get(at(cell)).ok_or(Fault::DrawDiffers(at(index)))?;
        let (name, run) = (cell.family.as_str(), self.run.as_str());
        let family = family(name).ok_or_else(|| Fault::UnknownFamily(name.to_owned()))?;
        let seed = match self.version() {
            1 => seed.instance(name, index, run),
            _ => seed.family(name, run).instance(index),
        };
        Ok(family.generate(&seed, cell.dial))
    }
}

impl Bank {
    /// The names of its families, each once, in order.
    pub fn families(&self) -> BTreeSet<&Line> {
        self.cells.iter().map(|cell| &cell.family).collect()
    }
}

impl Details {
    /// The details of a bank whose cells are believed to be `items`, with the families' seeds committed to under the
    /// salt of the master seed.
    pub fn new(bank: &Bank, items: Vec<Item>, run: &RunId, seed: &SeedOpening) -> Self {
        let master = MasterSeed::new(seed.seed);
        let families = bank.families().into_iter().map(|family| SealedFamily {
            family: family.clone(),
            seed: master
                .family(family.as_str(), run.as_str())
                .commitment(&crate::FamilySeed::salt(&seed.salt, family.as_str())),
        });
        Self { items, families: families.collect() }
    }
}

#[cfg(test)]
pub(crate) mod tests;
