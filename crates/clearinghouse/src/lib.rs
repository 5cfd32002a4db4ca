//! Vulnerability findings: scan claims, intake, duplicates, validation verdicts, embargo.
//!
//! The clearinghouse of EO 14409 §2(d) coordinates and deconflicts scanning, validates what is found
//! and brings it to maintainers. Four rules carry it:
//!
//! 1. A **scan claim** is a lease. Another party's claim on the same target is a *warning*, never a
//!    block, and abandoned work returns by itself.
//! 2. A finding is believed when its **proof runs**: on the vulnerable build and not on the fixed one,
//!    with a benign control that passes on both ([`judge`]). A verdict that does not follow from the
//!    recorded runs is refused by the fold.
//! 3. **Duplicates** join and every finder stays ([`Clearinghouse::finders`]).
//! 4. A **person sends**. The software drafts; a named person releases each report to a maintainer, at
//!    the pace that maintainer set. Disclosure clocks are data ([`DisclosureClock`]).
//!
//! Discovered, aware, reported, received, sent and published are six different instants.
//! This crate is pure: no clock, no randomness, no I/O, no logging.
#![warn(clippy::wildcard_enum_match_arm, missing_docs)]

mod claim;
mod duplicates;
mod embargo;
mod event;
mod finding;
mod fold;
mod refusal;
mod suppress;
mod verdict;

pub use claim::{Claim, Method, Overlap, ScanClaim, ScanRelease, ScanRenewal, Target};
pub use duplicates::{Basis, Candidate, DuplicateConfirmation};
pub use embargo::{DisclosureClock, Due, DueKind, EmbargoTerms, Term};
pub use event::{
    Acknowledgement, Draft, Engagement, Event, Exploitation, Extension, Fix, Pace, Publication,
    Receipt, Sending, Withdrawal,
};
pub use finding::{AiUse, Finding, FindingReport, Provenance, Stage};
pub use fold::{Clearinghouse, Elapsed, Rules};
pub use refusal::Refusal;
pub use suppress::{Cell, SuppressedTable, suppressed};
pub use verdict::{InvalidReason, Round, RunOutcome, Validation, ValidationRuns, Verdict, judge};

#[cfg(test)]
mod tests;
