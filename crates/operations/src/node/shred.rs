//! Carrying out what shred statements say. The log decides what is to go; here it only goes.

use super::batch::Candidate;
use super::tip::Tip;
use super::{Node, NodeError};
use domain::{Digest, Statement};
use ledger::{Event, LogStatement};

impl Node {
    /// Carries out every shred statement of the log that counts. What is gone already is left alone, so this
    /// also finishes what a crash interrupted.
    pub(super) fn shred_all(&self, tip: &Tip) -> Result<(), NodeError> {
        for id in tip.shreds.targets() {
            self.shred(tip, &id)?;
        }
        Ok(())
    }

    /// Heeds a statement that was just logged, if it is about shredding.
    pub(super) fn heed(
        &self,
        tip: &mut Tip,
        candidate: &Candidate,
        index: u64,
    ) -> Result<(), NodeError> {
        let Candidate { entry, .. } = candidate;
        if entry.leaf().header().schema() != Event::SCHEMA {
            return Ok(());
        }
        tip.shreds.note(&LogStatement {
            index,
            leaf: entry.leaf().clone(),
            chain: None,
            signers: entry.object().verify(entry.leaf(), &tip.trust, index),
            content: entry.object().open(entry.leaf(), None),
            change: None,
            closed: None,
        });
        self.shred_all(tip)
    }

    /// Finishes what a statement that is logged already asked for, if it is about shredding.
    pub(super) fn heed_again(&self, tip: &Tip, candidate: &Candidate) -> Result<(), NodeError> {
        if candidate.entry.leaf().header().schema() == Event::SCHEMA {
            self.shred_all(tip)
        } else {
            Ok(())
        }
    }

    fn shred(&self, tip: &Tip, id: &Digest) -> Result<(), NodeError> {
        let Some(index) = self.index_of(id)? else { return Ok(()) };
        let receipt = self.receipt_at(index)?;
        if tip.shreds.names(receipt.leaf().header(), index, &tip.trust)
            && self.backing.log().shred(id).map_err(NodeError::Store)?
        {
            let database = self.backing.database();
            database.delete_drafts(std::slice::from_ref(id)).map_err(NodeError::Store)?;
            database.scrub().map_err(NodeError::Store)?;
        }
        Ok(())
    }
}
