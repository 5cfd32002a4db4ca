//! Proofs that travel alone: index, inclusion path and checkpoint in one text (c2sp.org/tlog-proof).

use crate::merkle::{self, MAX_PROOF, ProofError};
use crate::note::MAX_NOTE;
use crate::text::{decimal, shown};
use crate::{CheckpointError, Hash, Policy, PolicyError, SignedCheckpoint, Verified};
use std::fmt;

/// The first line.
const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// The most extra data that is read, in bytes before encoding.
const MAX_EXTRA: usize = 1 << 16;

/// A proof that one leaf is in a log whose checkpoint others have signed. Read, not yet believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlogProof {
    /// Opaque data that nothing authenticates. Never trust it without a check of its own.
    pub extra: Option<Vec<u8>>,
    /// Which leaf.
    pub index: u64,
    /// The inclusion proof, lowest hash first.
    pub path: Vec<Hash>,
    /// The checkpoint that the path leads to.
    pub checkpoint: SignedCheckpoint,
}

/// Why a text is not a proof.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlogProofError {
    /// Too long, not UTF-8, or no blank line before the checkpoint.
    #[error("the proof {0}")]
    File(&'static str),
    /// A line is not what stands there.
    #[error("line {line} of the proof, `{text}`, is not {wanted}")]
    Line {
        /// Which line, from 1.
        line: usize,
        /// Its start.
        text: String,
        /// What stands on that line.
        wanted: &'static str,
    },
    /// The checkpoint at the end is malformed.
    #[error("the checkpoint of the proof")]
    Checkpoint(#[from] CheckpointError),
}

/// Why a proof is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// The checkpoint does not satisfy the policy.
    #[error("the policy does not accept the checkpoint")]
    Policy(#[from] PolicyError),
    /// The leaf is not where the proof says.
    #[error("the inclusion proof is wrong")]
    Inclusion(#[from] ProofError),
}

impl TlogProof {
    /// Reads a proof.
    ///
    /// # Errors
    ///
    /// [`TlogProofError`] names the line.
    pub fn parse(bytes: &[u8]) -> Result<Self, TlogProofError> {
        if bytes.len() > MAX_NOTE {
            return Err(TlogProofError::File("is longer than 1 MiB"));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| TlogProofError::File("is not UTF-8"))?;
        let blank = TlogProofError::File("has no blank line before its checkpoint");
        let (head, checkpoint) = text.split_once("\n\n").ok_or(blank)?;
        let mut lines = head.split('\n').enumerate().map(|(i, line)| (i + 1, line)).peekable();
        let wrong = |(line, text): (usize, &str), wanted| {
            Err(TlogProofError::Line { line, text: shown(text), wanted })
        };
        let missing = (1, "");
        let first = lines.next().unwrap_or(missing);
        if first.1 != HEADER {
            return wrong(first, "`c2sp.org/tlog-proof@v1`");
        }
        let mut extra = None;
        if let Some(line) = lines.next_if(|(_, line)| line.starts_with("extra ")) {
            let encoded = line.1.strip_prefix("extra ").unwrap_or_default();
            match crate::base64(encoded) {
                Some(data) if data.len() <= MAX_EXTRA => extra = Some(data),
                Some(_) | None => return wrong(line, "extra data of at most 64 KiB in base64"),
            }
        }
        let line = lines.next().unwrap_or((first.0 + 1, ""));
        let Some(index) = line.1.strip_prefix("index ").and_then(decimal) else {
            return wrong(line, "`index` and a number without leading zeros");
        };
        let mut path = Vec::new();
        for line in lines {
            match line.1.parse() {
                Ok(hash) if path.len() < MAX_PROOF => path.push(hash),
                Ok(_) | Err(_) => return wrong(line, "one of at most 65 hashes in base64"),
            }
        }
        let checkpoint = SignedCheckpoint::parse(checkpoint.as_bytes())?;
        Ok(Self { extra, index, path, checkpoint })
    }

    /// Verifies that the leaf with this hash is in a log that the policy accepts, at a checkpoint that it
    /// accepts. Returns whose signatures verified; what their times must be is the caller's rule.
    ///
    /// # Errors
    ///
    /// [`ReceiptError`].
    pub fn verify<'p>(
        &self,
        leaf: &Hash,
        policy: &'p Policy,
    ) -> Result<Vec<Verified<'p>>, ReceiptError> {
        let verified = policy.check(&self.checkpoint)?;
        let head = self.checkpoint.checkpoint();
        merkle::verify_inclusion(leaf, self.index, head.size(), &head.root(), &self.path)?;
        Ok(verified)
    }
}

impl fmt::Display for TlogProof {
    /// The bytes of the proof; [`TlogProof::parse`] reads exactly them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", data_encoding::BASE64.encode(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        self.path.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.checkpoint.note())
    }
}

#[cfg(test)]
mod tests;
