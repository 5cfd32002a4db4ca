//! Statements that wait for signatures: the node keeps them, and nothing waits for them.

use super::{DraftView, Node, NodeError};
use domain::Digest;
use ledger::Draft;
use std::sync::PoisonError;

/// Most drafts that wait at a time.
const MOST: usize = 10_000;

impl Node {
    /// Keeps an offered draft for the others to sign, or adds a copy's signatures to the one kept.
    ///
    /// # Errors
    /// A draft without its issuer's signature, or with a bad one.
    pub fn offer(&self, bytes: &[u8]) -> Result<DraftView, NodeError> {
        let mut draft = Draft::from_bytes(bytes).map_err(NodeError::Draft)?;
        let id = draft.id();
        draft.verify(&self.trust_now()).map_err(NodeError::Draft)?;
        let _merging = self.merging.lock().unwrap_or_else(PoisonError::into_inner);
        if self.index_of(&id)?.is_some() {
            return Ok(DraftView::of(&draft));
        }
        let database = self.backing.database();
        match database.draft(&id).map_err(NodeError::Store)? {
            Some(kept) => {
                let kept = Draft::from_bytes(&kept.bytes).map_err(NodeError::Draft)?;
                draft.merge(kept).map_err(NodeError::Draft)?;
            }
            None if !draft.is_offered() => return Err(NodeError::NotOffered),
            None => {
                let waiting = database.drafts().map_err(NodeError::Store)?.len();
                if waiting >= MOST {
                    return Err(NodeError::TooManyDrafts(waiting));
                }
            }
        }
        let now = self.clock.now();
        database.put_draft(&id, &draft.to_bytes(), now).map_err(NodeError::Store)?;
        Ok(DraftView::of(&draft))
    }

    /// Everything that waits, oldest first.
    ///
    /// # Errors
    /// Storage that fails.
    pub fn drafts(&self) -> Result<Vec<DraftView>, NodeError> {
        let mut views = Vec::new();
        for kept in self.backing.database().drafts().map_err(NodeError::Store)? {
            if self.index_of(&kept.id)?.is_some() {
                continue; // it was logged, and taking the draft away failed
            }
            views.push(DraftView::of(&Draft::from_bytes(&kept.bytes).map_err(NodeError::Draft)?));
        }
        Ok(views)
    }

    /// A draft's bytes with all signatures so far.
    ///
    /// # Errors
    /// Storage that fails.
    pub fn draft(&self, id: &Digest) -> Result<Option<Vec<u8>>, NodeError> {
        let kept = self.backing.database().draft(id).map_err(NodeError::Store)?;
        Ok(kept.map(|kept| kept.bytes))
    }
}
