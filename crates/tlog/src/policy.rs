//! Trust policies: which logs, which witnesses, and how many of them (c2sp.org/tlog-policy).

mod parse;

use crate::{CheckpointError, KeyError, PublicKey, SignedCheckpoint, Verified, VerifierKey};

/// The longest policy that is read, in bytes.
pub(crate) const MAX_POLICY: usize = 1 << 20;
/// The most logs, and the most witnesses and groups together, that a policy may have.
pub(crate) const MAX_ENTRIES: usize = 1_024;

/// Whose signatures make a checkpoint believed. Built by [`Policy::parse`] only, so it always fits together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    logs: Vec<VerifierKey>,
    /// Witnesses and groups by the order of their lines; a group names only earlier ones.
    members: Vec<PolicyMember>,
    quorum: Quorum,
    /// Keys of logs and witnesses, for one pass over the note.
    keys: Vec<VerifierKey>,
}

/// Whose cosignatures are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quorum {
    /// Nobody's.
    Nobody,
    /// Those of the member at this position.
    Member(usize),
}

/// A witness or a group of witnesses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyMember {
    /// One witness.
    Witness {
        /// Its name within the policy, as bytes: the format is not bound to UTF-8.
        name: Vec<u8>,
        /// Its key, of type 0x04 or 0x06.
        key: VerifierKey,
    },
    /// At least `threshold` of the members.
    Group {
        /// Its name within the policy.
        name: Vec<u8>,
        /// How many members are needed, from 1 to all.
        threshold: usize,
        /// Which earlier members, by position.
        members: Vec<usize>,
    },
}

/// Why a policy is malformed, or does not believe a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// The file as a whole is too long, has a forbidden byte or no final newline.
    #[error("the policy {0}")]
    File(&'static str),
    /// A line is malformed.
    #[error("line {line} of the policy: {why}")]
    Line {
        /// Which line, from 1.
        line: usize,
        /// What is wrong with it.
        why: LineError,
    },
    /// There is no quorum line.
    #[error("the policy has no quorum line")]
    NoQuorum,
    /// The checkpoint is malformed, badly signed, or not by a log of the policy.
    #[error("the checkpoint is not accepted")]
    Checkpoint(#[from] CheckpointError),
    /// Too few witnesses have cosigned.
    #[error("the witnesses that have cosigned are not a quorum: {0} of those known")]
    Quorum(usize),
}

/// What is wrong with a line of a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// It starts with an unknown word, or has too few or too many parts.
    #[error("not a log, witness, group or quorum line")]
    Form,
    /// The verifier key is malformed.
    #[error("{0}")]
    Key(KeyError),
    /// The key's type can't be used here.
    #[error("a key of type 0x{0:02x} can't be used here")]
    KeyType(u8),
    /// The same key is on an earlier line.
    #[error("the key is on an earlier line too")]
    DuplicateKey,
    /// The name is on an earlier line, or is `none`.
    #[error("the name `{0}` is taken")]
    DuplicateName(String),
    /// No earlier line defines this name.
    #[error("no earlier line defines `{0}`")]
    UnknownName(String),
    /// The member is already in a group.
    #[error("`{0}` is already a member of a group")]
    MemberTwice(String),
    /// The threshold is not a number from 1 to the number of members.
    #[error("the threshold must be all, any, or a number from 1 to the number of members")]
    Threshold,
    /// There is a quorum line already.
    #[error("there is a quorum line already")]
    SecondQuorum,
    /// Too many lines of this kind.
    #[error("more than {MAX_ENTRIES} entries")]
    TooMany,
}

impl Policy {
    /// The keys of the logs that are accepted; a key's name is the log's origin.
    pub fn logs(&self) -> &[VerifierKey] {
        &self.logs
    }

    /// Witnesses and groups in the order of their lines.
    pub fn members(&self) -> &[PolicyMember] {
        &self.members
    }

    /// Verifies a checkpoint: signed by a log of the policy, no bad signature by any known key, and
    /// cosigned by the quorum. Returns what verified, logs and witnesses alike.
    ///
    /// # Errors
    ///
    /// [`PolicyError::Checkpoint`] or [`PolicyError::Quorum`].
    pub fn check(&self, signed: &SignedCheckpoint) -> Result<Vec<Verified<'_>>, PolicyError> {
        let verified = signed.note().verify(&self.keys).map_err(CheckpointError::from)?;
        let origin = signed.checkpoint().origin();
        let by_log =
            |v: &Verified<'_>| v.key.name().as_str() == origin && self.logs.contains(v.key);
        if !verified.iter().any(by_log) {
            return Err(CheckpointError::NotByLog(origin.to_owned()).into());
        }
        let Quorum::Member(quorum) = self.quorum else { return Ok(verified) };
        let mut met: Vec<bool> = Vec::with_capacity(self.members.len());
        for member in &self.members {
            met.push(match member {
                PolicyMember::Witness { key, .. } => verified.iter().any(|v| v.key == key),
                PolicyMember::Group { threshold, members, .. } => {
                    let count = members.iter().filter(|i| met.get(**i) == Some(&true)).count();
                    count >= *threshold
                }
            });
        }
        if met.get(quorum) == Some(&true) {
            return Ok(verified);
        }
        let witnesses = self.members.iter().zip(&met);
        let count =
            witnesses.filter(|(m, met)| **met && matches!(m, PolicyMember::Witness { .. })).count();
        Err(PolicyError::Quorum(count))
    }
}

/// Whether a log may sign its own checkpoints with a key of this type.
const fn signs_logs(key: &PublicKey) -> bool {
    !matches!(key, PublicKey::LedgerCnsa(_) | PublicKey::Other(..))
}

/// Whether a witness may cosign with a key of this type.
const fn cosigns(key: &PublicKey) -> bool {
    matches!(key, PublicKey::Ed25519Cosignature(_) | PublicKey::MlDsa44Cosignature(_))
}

#[cfg(test)]
mod tests;
