//! Signals of misuse by those who have access: rules with evidence, not a black box.
//!
//! Input are records of uses (who, when, sizes, digests, from which network), what each grant declared as its
//! purpose, what the developer knows of places and hours ([`Surroundings`]), and thresholds that are data
//! ([`Thresholds`]). Output are [`Signal`]s. Each names its rule, the figures beside their bounds, the records that
//! anyone with the use log can count again, and what an innocent explanation would be. A rule whose input is missing
//! says so ([`Undetermined`]); it is not taken for silence.
//!
//! What a rule may look at is settled by type: under sealed terms a [`Prompt`] holds nothing, so no rule can read a
//! digest or a [`Sketch`] there; sizes, counts and times are all that is left.
//!
//! Nothing here acts. A signal proposes, a person decides, and nothing of it concerns a release. No rule is random, and no
//! person has a score.
#![warn(clippy::wildcard_enum_match_arm, missing_docs)]

mod canary;
pub mod people;
mod rules;
mod signal;
mod sketch;
mod surroundings;
mod thresholds;
mod usage;

pub use canary::Canaries;
pub use rules::look;
pub use signal::{Figure, Report, Rule, Signal, Undetermined};
pub use sketch::{ParseSketchError, READ_BYTES, Sketch};
pub use surroundings::{Site, Surroundings, SurroundingsError};
pub use thresholds::{Purpose, Thresholds, ThresholdsError};
pub use usage::{Grant, Prompt, Use, UseId, network_of};
