//! Everything that a stranger verifies, as functions from bytes to a report: receipts and bundles of every grade and
//! under either profile, checkpoints, COSE Receipts, DSSE envelopes, roots of trust, and the open formats of C2SP beneath them.
//!
//! Nothing here waits, reads a clock or a file, or draws randomness; whom to believe is an argument. The program's
//! own commands verify with these functions, and so does the module for browsers: [`ask`] puts one question in JSON
//! to them and answers in JSON, whatever the target. Refusals say what is wrong, where, and what to do.
#![warn(clippy::wildcard_enum_match_arm, missing_docs)]

mod ask;
pub mod c2sp;
mod checkpoint;
mod cose;
mod dsse;
mod refusal;
mod roots;
mod statement;

pub use ask::{MAX_QUESTION, ask};
pub use checkpoint::{CheckpointReport, checkpoint};
pub use cose::{CoseReport, cose};
pub use dsse::{DsseReport, dsse, write_dsse};
pub use refusal::{Refusal, plain};
pub use roots::{PartyReport, TrustReport, WitnessReport, describe, trust};
pub use statement::{Asked, CosignedReport, StatementReport, receipt};

#[cfg(test)]
mod tests;
