//! Measuring a model: task families, sealed criteria, scoring, the sequential decision.
//!
//! A run goes like this. The evaluator draws a master seed, writes [`Criteria`] (which tasks, what
//! threshold, what error rates, what budget) and commits to them in the log before the first call.
//! An edge draws fresh instances from the seed, lets the model work on them, executes the oracles and
//! hands back [`Outcome`]s. [`decide`] turns outcomes into ABOVE, BELOW or UNDETERMINED; the model's
//! score itself is not part of the answer, so that nobody can search for a sealed threshold. When the
//! criteria are opened, anyone who may read the opening recomputes the verdict with [`verify`].
//!
//! The verdict is evidence. Whether a model is covered is determined by a person, elsewhere.
//!
//! Everything here is pure: no clock, no randomness, no I/O.
#![warn(clippy::wildcard_enum_match_arm, missing_docs)]

pub mod calibration;
pub mod cheating;
mod criteria;
mod decision;
mod elicitation;
mod event;
mod exact;
pub mod family;
pub mod graded;
mod item;
pub mod ladder;
mod oracle;
mod runs;
mod seed;
pub mod signals;
mod simulate;

pub use criteria::{
    Bank, Budget, Cell, Criteria, Details, Digests, Disclosure, FamilyCell, FamilyOpening,
    FamilyPart, Fault, MOST_FAMILIES, Opening, ResultOpening, SealedFamily, SeedOpening, verify,
};
pub use decision::{
    Ask, Choice, Course, Decision, Keys, Prepared, RECOMMENDED_CELLS, Rule, RuleError, Sprt, Stage,
    Step, Stop, Tables, Taken, TwoKeys, Verdict, decide,
};
pub use elicitation::{Elicitation, Incentive, Named, Prompt, RungOf, Scaffold};
pub use event::Event;
pub use family::{About, Dial, Effort, Family, File, Instance, View, Wrong, WrongKind, families};
pub use item::Item;
pub use oracle::{
    AnswerDigest, Build, CRASH_SIGNALS, Expect, Input, Judgement, Left, OUTPUT_BOUND, Oracle,
    Outcome, OwnCheck, OwnCheckRan, Program, REWARD_BOUND, Ran, Reason, RunEnd, ServiceEnd,
    Submission, Trial, Trials, TrialsEvidence, TwoBuilds, TwoBuildsEvidence,
};
pub use runs::{MARKS, Measured, Opened, RUNS, Refusal, Run, Runs, Sealed, WITHIN};
pub use seed::{Draws, FamilySeed, InstanceSeed, MasterSeed};
pub use simulate::{Frequencies, Setting, simulate};
