//! Signed statements in a transparency log: envelope, signatures, sealing, append plan, receipts, verification.
#![warn(clippy::wildcard_enum_match_arm, missing_docs)]

mod plan;

pub use plan::{AppendPlan, PlannedFile, TreeHead};
