//! A proof that one use is in its minute's tree, checked with the root alone.

use crate::merkle;
use crate::record::UseRecord;
use domain::Digest;
use serde::{Deserialize, Serialize};

/// One use record with its audit path. It shows this use and hides all others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UseProof {
    /// The record's line in the use log, byte for byte: the leaf's entry.
    pub line: String,
    /// The leaf's place, counted from 0.
    pub index: u64,
    /// How many leaves the minute has.
    pub count: u64,
    /// RFC 6962 audit path, from the leaf upwards.
    pub path: Vec<Digest>,
}

/// Why a proof doesn't hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The line is not a use record.
    #[error("the proof's line is not a use record: {0}")]
    Malformed(String),
    /// The path leads elsewhere.
    #[error("the proof doesn't lead to root {expected}")]
    WrongRoot {
        /// The root that was asked for.
        expected: Digest,
    },
    /// More leaves are claimed than the summary has.
    #[error("the proof is over {given} uses, the minute has {expected}")]
    WrongCount {
        /// What the proof says.
        given: u64,
        /// What the summary says.
        expected: u64,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Line {
    r#use: UseRecord,
}

/// A record from its line in a use log, strictly.
///
/// # Errors
/// [`ProofError::Malformed`].
pub fn read_use(line: &str) -> Result<UseRecord, ProofError> {
    let line: Line =
        serde_json::from_str(line).map_err(|e| ProofError::Malformed(e.to_string()))?;
    Ok(line.r#use)
}

/// The root of a minute's tree over all of its lines, in the order of the use log.
pub fn minute_root<'a>(lines: impl IntoIterator<Item = &'a [u8]>) -> Digest {
    let leaves: Vec<_> = lines.into_iter().map(merkle::leaf).collect();
    merkle::root(&leaves)
}

impl UseProof {
    pub(super) fn new(line: Vec<u8>, leaves: &[Digest]) -> Option<Self> {
        let leaf = merkle::leaf(&line);
        let index = leaves.iter().position(|l| *l == leaf)?;
        let path = merkle::path(leaves, index)?;
        Some(Self {
            line: String::from_utf8(line).ok()?,
            index: u64::try_from(index).ok()?,
            count: u64::try_from(leaves.len()).ok()?,
            path,
        })
    }

    /// The record, as the proof's line has it: to be believed once the proof was verified.
    ///
    /// # Errors
    /// [`ProofError::Malformed`].
    pub fn record(&self) -> Result<UseRecord, ProofError> {
        read_use(&self.line)
    }

    /// Checks the proof against a minute's root and count, and gives the record it proves.
    ///
    /// # Errors
    /// See [`ProofError`].
    pub fn verify(&self, root: &Digest, count: u64) -> Result<UseRecord, ProofError> {
        if self.count != count {
            return Err(ProofError::WrongCount { given: self.count, expected: count });
        }
        let leaf = merkle::leaf(self.line.as_bytes());
        if merkle::root_by_path(leaf, self.index, self.count, &self.path) != Some(*root) {
            return Err(ProofError::WrongRoot { expected: *root });
        }
        self.record()
    }
}
