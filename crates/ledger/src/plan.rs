//! What an append will do, computed before anything is written.

use crate::CheckedEntry;
use crate::entry::object_path;
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
    /// The same statement twice in one batch.
    #[error("statement {0} is in the batch twice")]
    Twice(Digest),
    /// A statement that this log does not take now.
    #[error("statement {id} can't be appended")]
    Unfit {
        /// Which.
        id: Digest,
        /// Why.
        #[source]
        source: Unfit,
    },
    /// The tree can't take the leaves.
    #[error("the tree can't be appended to")]
    Tree(#[source] AppendError),
    /// The checkpoint can't be signed.
    #[error("the checkpoint can't be signed: {0}")]
    Sign(String),
}

/// Why a log does not take a statement now, whatever else is in the batch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// A statement for another log.
    #[error("it was signed for the log `{given}`, not for this one")]
    OtherLog {
        /// The log in its header.
        given: String,
    },
    /// A statement from the future.
    #[error("it was issued at {issued_at}, but it is {now}; set the issuer's clock")]
    Ahead {
        /// When the issuer says it was issued.
        issued_at: Timestamp,
        /// The log's clock.
        now: Timestamp,
    },
}

/// Whether the log called `origin` takes a statement at `now`.
///
/// # Errors
/// See [`Unfit`].
pub fn fits(entry: &CheckedEntry, origin: &str, now: Timestamp) -> Result<(), Unfit> {
    let leaf = entry.leaf();
    if leaf.header().log() != origin {
        return Err(Unfit::OtherLog { given: leaf.header().log().to_owned() });
    }
    let issued_at = leaf.position().issued_at;
    if issued_at > now.after(CLOCK_TOLERANCE) {
        return Err(Unfit::Ahead { issued_at, now });
    }
    Ok(())
}

/// Plans an append: objects first, so that no leaf is ever published before its object.
///
/// Entries were checked for form, size and digests; here they are for this log, its clock and repetition within the
/// batch, not for signatures ([`CheckedEntry::verify`]) nor against the log so far ([`crate::Heads::check`]):
/// callers that own that state check first. Both trees are extended, and the checkpoint is signed with both keys, at `now` in
/// the CNSA line. With no entries and `from` empty, the plan is the log's first checkpoint.
///
/// # Errors
/// See [`PlanError`].
pub fn plan_append(
    from: TreeHead,
    tiles: &dyn TileSource,
    entries: &[&CheckedEntry],
    signer: &LogSigner,
    now: Timestamp,
) -> Result<AppendPlan, PlanError> {
    if entries.is_empty() && from.size > 0 {
        return Err(PlanError::Nothing);
    }
    let mut ids = BTreeSet::new();
    let mut files = Vec::with_capacity(entries.len() + 4);
    for entry in entries {
        let id = entry.id();
        if !ids.insert(id) {
            return Err(PlanError::Twice(id));
        }
        fits(entry, signer.origin(), now).map_err(|source| PlanError::Unfit { id, source })?;
        let bytes = entry.entry().object.clone();
        files.push(PlannedFile { path: object_path(&id), bytes });
    }
    let leaves: Vec<_> = entries.iter().map(|e| e.entry().leaf.as_slice()).collect();
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
    let statements = entries.iter().map(|e| e.id()).zip(from.size..).collect();
    Ok(AppendPlan { from, to, checkpoint, files, statements })
}

#[cfg(test)]
mod tests;
