//! The end of a log, as its host needs it: no larger for a longer log.

use super::{SyncError, read_entries, read_head, take_in};
use crate::chain::{ChainFault, Heads};
use crate::event::Event;
use crate::files::LogFiles;
use crate::leaf::Leaf;
use crate::shred::Shreds;
use crate::trees::{TreeHead, Trees};
use crate::trust::Trust;
use domain::{Digest, Statement};
use std::ops::Range;

/// What the next statement is judged by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// The tree.
    pub head: TreeHead,
    /// Where every issuer's chain stands.
    pub heads: Heads,
    /// The roots of trust with what the log changed about them.
    pub trust: Trust,
    /// What the log says of payloads that are gone.
    pub shreds: Shreds,
}

impl End {
    /// Reads all leaves, which must lead to the signed root, and the objects of the ledger's own statements. That no
    /// id is there twice is for the caller to know, as a log's host does by its database.
    ///
    /// # Errors
    /// See [`SyncError`]; a leaf that is not sound is passed over, as it counts for nobody.
    pub fn read(files: &dyn LogFiles, trust: &Trust) -> Result<Self, SyncError> {
        let (head, heads, shreds) = (TreeHead::EMPTY, Heads::default(), Shreds::default());
        Self { head, heads, trust: trust.bootstrap(), shreds }.go_on(files)
    }

    /// The end that this one has grown to, by the leaves beyond it alone.
    ///
    /// # Errors
    /// As [`End::read`], and [`SyncError::Rewritten`] when this is no beginning of the log.
    pub fn go_on(self, files: &dyn LogFiles) -> Result<Self, SyncError> {
        let Self { head: before, mut heads, mut trust, mut shreds } = self;
        let head = read_head(files, &trust)?;
        if head.size < before.size {
            return Err(SyncError::Shrunk { before: before.size, now: head.size });
        }
        let mut trees = Trees::default();
        if before.size > 0 {
            let rewritten = SyncError::Rewritten { size: before.size };
            trees = match Trees::read(files, before.size, head.size) {
                Ok(trees) if trees.head() == before => trees,
                Ok(_) | Err(_) => return Err(rewritten),
            };
        }
        for n in before.size / 256..head.size.div_ceil(256) {
            for (index, entry) in (n * 256..).zip(read_entries(files, n, head.size)?) {
                if index < before.size {
                    continue;
                }
                let hash = trees.push(&entry);
                let Ok(leaf) = Leaf::from_bytes(&entry) else { continue };
                let fault = heads.admit(&leaf, Digest::from_bytes(*hash.as_bytes()), index);
                let voided = fault.as_ref().is_some_and(ChainFault::voids);
                if leaf.header().schema() == Event::SCHEMA && !voided {
                    shreds.note(&take_in(files, &mut trust, None, (index, leaf, fault))?);
                }
            }
        }
        if trees.head() == head {
            Ok(Self { head, heads, trust, shreds })
        } else {
            Err(SyncError::Root)
        }
    }
}

/// The leaves in a range of a log of `size`, each with its place. Their inclusion is not verified; one that is not
/// sound is left out.
///
/// # Errors
/// Bundles that are missing or malformed.
pub fn leaves(
    files: &dyn LogFiles,
    range: Range<u64>,
    size: u64,
) -> Result<Vec<(u64, Leaf)>, SyncError> {
    let mut found = Vec::new();
    if range.is_empty() {
        return Ok(found);
    }
    for n in range.start / 256..range.end.div_ceil(256) {
        for (index, entry) in (n * 256..).zip(read_entries(files, n, size)?) {
            if range.contains(&index)
                && let Ok(leaf) = Leaf::from_bytes(&entry)
            {
                found.push((index, leaf));
            }
        }
    }
    Ok(found)
}
