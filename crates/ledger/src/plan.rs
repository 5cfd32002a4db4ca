//! What an append will do, computed before anything is written.

use crate::Entry;
use crate::entry::{ObjectError, object_path};
use crate::log_key::LogSigner;
use crate::trees::TreeHead;
use domain::{Digest, Span, Timestamp};
use std::collections::BTreeSet;
use tlog::{AppendError, Hash, Hash384, TileSource};

/// How far a statement's times may lie ahead of the log's clock.
pub const CLOCK_TOLERANCE: Span = Span::minutes(5);

/// A file to be written below the log's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedFile {
    /// Where, relative to the log's folder, such as `tile/0/000.p/3`.
    pub path: String,
    /// Its whole content.
    pub bytes: Vec<u8>,
}

/// One append of one or more entries: every byte to be written, and nothing left to decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppendPlan {
    /// The tree that the plan starts from.
    pub from: TreeHead,
    /// The tree that it leads to.
    pub to: TreeHead,
    /// The signed checkpoint of `to`, a C2SP signed note.
    pub checkpoint: Vec<u8>,
    /// Statement objects, entry bundles and the tiles of both trees, in the order to write them; `checkpoint`
    /// is not among them.
    pub files: Vec<PlannedFile>,
    /// The ids of the appended statements with their indices.
    pub statements: Vec<(Digest, u64)>,
}

/// Why nothing can be appended.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// Nothing to append, and the log has a checkpoint already.
    #[error("there is nothing to append")]
    Nothing,
    /// An entry is not sound.
    #[error("entry {at} of the batch is not sound")]
    Entry {
        /// Which, counted from 0.
        at: usize,
        /// Why.
        #[source]
        source: ObjectError,
    },
    /// The same statement twice in one batch.
    #[error("statement {0} is in the batch twice")]
    Twice(Digest),
    /// A statement for another log.
    #[error("entry {at} of the batch was signed for the log `{given}`, not for this one")]
    OtherLog {
        /// Which, counted from 0.
        at: usize,
        /// The log in its header.
        given: String,
    },
    /// A statement from the future.
    #[error(
        "entry {at} of the batch was issued at {issued_at}, but it is {now}; set the issuer's clock"
    )]
    Ahead {
        /// Which, counted from 0.
        at: usize,
        /// When the issuer says it was issued.
        issued_at: Timestamp,
        /// The log's clock.
        now: Timestamp,
    },
    /// The tree can't take the leaves.
    #[error("the tree can't be appended to")]
    Tree(#[source] AppendError),
    /// The checkpoint can't be signed.
    #[error("the checkpoint can't be signed: {0}")]
    Sign(String),
}

/// Plans an append: objects first, so that no leaf is ever published before its object.
///
/// Entries are checked for form, size, digests and repetition within the batch, not for signatures
/// ([`Entry::verify`]) nor against the log so far ([`crate::Chains::check`]): callers that own
/// that state check first. Both trees are extended, and the checkpoint is signed with both keys, at `now` in
/// the CNSA line. With no entries and `from` empty, the plan is the log's first checkpoint.
///
/// # Errors
/// See [`PlanError`].
pub fn plan_append(
    from: TreeHead,
    tiles: &dyn TileSource,
    entries: &[Entry],
    signer: &LogSigner,
    now: Timestamp,
) -> Result<AppendPlan, PlanError> {
    if entries.is_empty() && from.size > 0 {
        return Err(PlanError::Nothing);
    }
    let mut ids = BTreeSet::new();
    let mut files = Vec::with_capacity(entries.len() + 4);
    for (at, entry) in entries.iter().enumerate() {
        let (leaf, _) = entry.check().map_err(|source| PlanError::Entry { at, source })?;
        if !ids.insert(entry.id) {
            return Err(PlanError::Twice(entry.id));
        }
        if leaf.header().log() != signer.origin() {
            return Err(PlanError::OtherLog { at, given: leaf.header().log().to_owned() });
        }
        let issued_at = leaf.position().issued_at;
        if issued_at > now.after(CLOCK_TOLERANCE) {
            return Err(PlanError::Ahead { at, issued_at, now });
        }
        files.push(PlannedFile { path: object_path(&entry.id), bytes: entry.object.clone() });
    }
    let leaves: Vec<_> = entries.iter().map(|e| e.leaf.as_slice()).collect();
    let root = Hash::from_bytes(from.root);
    let first = tlog::append(&tiles, from.size, &root, &leaves).map_err(PlanError::Tree)?;
    let root384 = Hash384::from_bytes(from.root384);
    let second =
        tlog::append_tree(&tiles, from.size, &root384, &leaves).map_err(PlanError::Tree)?;
    let writes = first.writes.into_iter().chain(second.writes);
    files.extend(writes.map(|w| PlannedFile { path: w.tile.to_string(), bytes: w.bytes }));
    let (root, root384) = (*first.root.as_bytes(), *second.root.as_bytes());
    let to = TreeHead { size: first.size, root, root384 };
    let checkpoint = signer.sign(to, now).map_err(PlanError::Sign)?;
    let statements = entries.iter().map(|e| e.id).zip(from.size..).collect();
    Ok(AppendPlan { from, to, checkpoint, files, statements })
}

#[cfg(test)]
mod tests;
