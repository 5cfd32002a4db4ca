//! Public vulnerability formats, read and written: OSV, CSAF, KEV, EPSS, SSVC, SARIF, CycloneDX.
//!
//! Every reader takes bytes and gives plain structs; nothing here opens a file. Readers are bounded
//! in size, name the place of what they refuse ([`ReadError`]), and ignore unknown fields where the
//! format's own specification demands that, and only there.
#![warn(clippy::wildcard_enum_match_arm, missing_docs)]

mod advisory;
pub mod csaf;
pub mod cve;
pub mod cvss;
pub mod epss;
mod error;
pub mod finding;
pub mod icalendar;
mod instant;
pub mod inventory;
mod json;
pub mod kev;
pub mod osv;
pub mod provider;
pub mod sarif;
#[cfg(test)]
mod shared;
pub mod ssvc;
pub mod vex;
pub mod vulnrichment;

pub use advisory::{
    Advisory, AdvisoryError, AffectedPackage, AffectedRange, Link, LinkKind, Publisher,
    PublisherCategory, RangeEnd, Revision, Weakness,
};
pub use error::{Format, Place, Problem, ReadError};
