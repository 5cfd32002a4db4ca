//! The whole system on one thread, from a seed.
//!
//! A run has the shipped node over the shipped store, on a machine that stops between any two steps of an append and
//! within one, whose disk fills up and fails; six parties with ledger keys, each with its own clock and its own fold,
//! who state what the shipped commands return, sign each other's drafts, lose answers, send twice and out of order;
//! outsiders and machines that forge; and the developer's gateway with the shipped permits and budgets. Nothing
//! sleeps and nothing is random but the seed, so the same seed gives the same run. (Signatures alone are hedged and
//! differ; no decision hangs on their bytes.)
//!
//! After every step the invariants are asked:
//!
//! 1. The checkpoint only grows, and every tree head that anyone verified is a beginning of it.
//! 2. Every acknowledged statement is in the log, once, where its receipt says, signed by those who signed it.
//! 3. A request is forwarded, and a stream goes on, exactly when [a second reading of the rules](self) says so.
//! 4. No grant gives more tokens than its budget.
//! 5. Replaying what a party has read, and reading the log anew from its bytes, gives the party's live fold.
//! 6. The developer can release and withdraw, in every fold, with the log up or down.
//!
//! At the end all faults are lifted, and everything that an honest party still had under way must arrive.

mod acts;
mod audit;
mod cast;
mod checks;
mod dice;
mod door;
mod flaw;
mod host;
mod hostile;
mod machine;
mod oracle;
mod party;
mod steps;
mod summary;
mod uses;
mod world;

pub use summary::Summary;

use flaw::Flaw;
use world::World;

/// Seeds that once found something, or that cover something rare; each with its number of steps.
const SEEDS: &str = include_str!("../seeds.txt");

/// An invariant that did not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("seed {seed}, step {step}: {what}")]
pub struct Violation {
    /// The run.
    pub seed: u64,
    /// The step after which it was seen; all steps are counted from 1, the end is one more.
    pub step: u64,
    /// What was seen.
    pub what: String,
}

/// Runs `steps` steps from `seed`, and then lets everything come to rest.
///
/// # Errors
/// The first invariant that did not hold.
pub fn run(seed: u64, steps: u64) -> Result<Summary, Violation> {
    run_with(seed, steps, Flaw::None)
}

/// The committed seeds with their numbers of steps.
pub fn seeds() -> Vec<(u64, u64)> {
    let lines = SEEDS.lines().map(|line| line.split('#').next().unwrap_or_default());
    let pair = |line: &str| {
        let mut numbers = line.split_whitespace().map(str::parse);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    };
    lines.filter_map(pair).collect()
}

fn run_with(seed: u64, steps: u64, flaw: Flaw) -> Result<Summary, Violation> {
    let failed = |step: u64| move |what: String| Violation { seed, step, what };
    let mut world = World::new(seed, flaw).map_err(failed(0))?;
    for step in 1..=steps {
        world.step = step;
        world.advance().map_err(failed(step))?;
    }
    world.come_to_rest().map_err(failed(steps + 1))?;
    Ok(world.sum_up())
}

#[cfg(test)]
mod tests;
