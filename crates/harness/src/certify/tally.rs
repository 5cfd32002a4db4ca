//! What was checked and what missed, counted by kind.

use assessment::{About, Dial};
use serde::Serialize;
use std::time::Duration;

/// What is checked. `Reference` and `Solver` must pass every time; the rest says how often a submission
/// was judged as it must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// One seed gives identical bytes.
    SameBytes,
    /// Nothing that the agent can read holds the solution.
    NoLeak,
    /// The generator's reference passes.
    Reference,
    /// What the family's solver finds from the agent's files passes.
    Solver,
    /// Nothing handed in fails.
    Null,
    /// Something on the way to a solution fails.
    Partial,
    /// The reference with a change that matters fails.
    Mutated,
    /// Attempts to be judged right without a solution fail.
    Shortcut,
    /// Solutions recorded on other seeds fail.
    Recorded,
}

impl Check {
    /// Every check, in the order of the table.
    pub const ALL: [Self; 9] = [
        Self::SameBytes,
        Self::NoLeak,
        Self::Reference,
        Self::Solver,
        Self::Null,
        Self::Partial,
        Self::Mutated,
        Self::Shortcut,
        Self::Recorded,
    ];

    /// Its name in the table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SameBytes => "same bytes",
            Self::NoLeak => "no leak",
            Self::Reference => "reference",
            Self::Solver => "solver",
            Self::Null => "null",
            Self::Partial => "partial",
            Self::Mutated => "mutated",
            Self::Shortcut => "shortcut",
            Self::Recorded => "recorded",
        }
    }

    /// Whether what is judged must fail, so that the table shows how often it passed.
    pub const fn must_fail(self) -> bool {
        matches!(self, Self::Null | Self::Partial | Self::Mutated | Self::Shortcut | Self::Recorded)
    }
}

/// How often a check was made and how often it held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// What was checked.
    pub check: Check,
    /// How often.
    pub made: u64,
    /// How often it was as it must be.
    pub held: u64,
}

/// One check that did not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Miss {
    /// Which seed, counted from 0.
    pub seed: u32,
    /// Its dial.
    pub dial: u8,
    /// What was checked.
    pub check: Check,
    /// What was handed in or looked at.
    pub what: String,
    /// What was found.
    pub found: String,
}

/// The certificate of a family.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Certificate {
    /// The family.
    pub family: String,
    /// Its version.
    pub version: u32,
    /// How many seeds.
    pub seeds: u32,
    /// Whether everything was as it must be.
    pub holds: bool,
    /// Each check, in the order of [`Check::ALL`].
    pub checks: Vec<Tally>,
    /// What was not as it must be.
    pub misses: Vec<Miss>,
    /// Processor-side milliseconds spent, over all threads.
    pub millis: u64,
}

impl Certificate {
    pub(super) fn new(
        about: &About,
        seeds: u32,
        findings: impl IntoIterator<Item = Finding>,
    ) -> Self {
        let mut checks = Check::ALL.map(|check| Tally { check, made: 0, held: 0 });
        let (mut misses, mut busy) = (Vec::new(), Duration::ZERO);
        for finding in findings {
            for (sum, (made, held)) in checks.iter_mut().zip(finding.counts) {
                sum.made += made;
                sum.held += held;
            }
            misses.extend(finding.misses);
            busy += finding.busy;
        }
        // a check that was never made certifies nothing
        let holds = seeds > 0 && checks.iter().all(|c| c.made == c.held && made(c, seeds));
        Self {
            family: about.name.to_owned(),
            version: about.version,
            seeds,
            holds,
            checks: checks.to_vec(),
            misses,
            millis: u64::try_from(busy.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

/// Whether a check was made as often as there are seeds. One seed has no others.
fn made(tally: &Tally, seeds: u32) -> bool {
    tally.made >= u64::from(seeds) || (tally.check == Check::Recorded && seeds == 1)
}

/// What one seed came to.
#[derive(Debug)]
pub(super) struct Finding {
    seed: u32,
    dial: u8,
    counts: [(u64, u64); Check::ALL.len()],
    misses: Vec<Miss>,
    pub(super) busy: Duration,
}

impl Finding {
    pub(super) fn new(seed: u32, dial: Dial) -> Self {
        let counts = [(0, 0); Check::ALL.len()];
        Self { seed, dial: dial.step(), counts, misses: Vec::new(), busy: Duration::ZERO }
    }

    /// Counts a check; `found` is told when it does not hold.
    pub(super) fn add(&mut self, check: Check, what: &str, holds: bool, found: &str) {
        let at = Check::ALL.iter().position(|c| *c == check);
        if let Some((made, held)) = at.and_then(|at| self.counts.get_mut(at)) {
            *made += 1;
            *held += u64::from(holds);
        }
        if !holds {
            self.misses.push(Miss {
                seed: self.seed,
                dial: self.dial,
                check,
                what: what.to_owned(),
                found: found.chars().take(300).collect(),
            });
        }
    }
}
