//! The programs of a party that does not trust the log's host: a witness, which cosigns only what continues what it
//! saw, and a mirror, which also holds every entry.
//!
//! Both have a folder of their own, on a machine of the party's own, with keys that sign nothing else:
//!
//! ```text
//! cosigner.key   0600; an ML-DSA-44 and an Ed25519 key of one name, and a mirror's ML-DSA-87 key
//! cosigner.vkey  the public halves, one a line, for `witnesses.toml` and roots of trust
//! logs.toml      which logs are watched, with their keys
//! cosigner.db    the latest checkpoint of each log, and what showed misbehaviour
//! ```
//!
//! What is answered was first made durable, by compare-and-swap; a process that is killed in between has answered
//! nobody, and starts again from what it recorded.

pub mod config;
mod fault;
mod hold;
pub mod keys;
mod mirror;
mod objects;
mod record;
mod second;
mod witness;

pub use fault::UploadAnswer;
pub use mirror::{Mirror, MirrorStatus, MirroredLog};
pub use objects::{FetchError, Fetched, Looked};
pub use record::CosignError;
pub use witness::{EvidenceView, Witness, WitnessStatus};

use crate::files::FileError;
use std::path::PathBuf;
use store::StoreError;

/// Why a witness or a mirror can't be made or opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A file of its folder.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file is not as it must be.
    #[error("{}: {reason}", path.display())]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Its records.
    #[error("its records")]
    Store(#[from] StoreError),
}

#[cfg(test)]
mod tests;
