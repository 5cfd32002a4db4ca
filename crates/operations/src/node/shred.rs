//! Carrying out what shred statements say. The log decides what is to go; here it only goes.

use super::{Node, NodeError, Tip};
use domain::{Digest, Statement};
use ledger::{Entry, Event, Leaf, LogStatement, Receipt};

impl Node {
    /// Carries out every shred statement of the log that counts. What is gone already is left alone, so this
    /// also finishes what a crash interrupted.
    pub(super) fn shred_all(&self, tip: &Tip) -> Result<(), NodeError> {
        for id in tip.shreds.targets() {
            self.shred(tip, &id)?;
        }
        Ok(())
    }

    /// Heeds a statement that was just logged, or is logged already, if it is about shredding.
    pub(super) fn heed(&self, tip: &mut Tip, entry: &Entry, leaf: &Leaf) -> Result<(), NodeError> {
        if leaf.header().schema() != Event::SCHEMA {
            return Ok(());
        }
        let Some(index) = tip.chains.index_of(&entry.id) else { return Ok(()) };
        let (leaf, object) = entry.check().map_err(NodeError::Unsound)?;
        let signers = object.verify(&leaf, tip.trust.as_ref().unwrap_or(&self.trust), index);
        let content = object.open(&leaf, None);
        tip.shreds.note(&LogStatement {
            index,
            leaf,
            chain: None,
            signers,
            content,
            change: None,
            closed: None,
        });
        self.shred_all(tip)
    }

    fn shred(&self, tip: &Tip, id: &Digest) -> Result<(), NodeError> {
        let Some(index) = tip.chains.index_of(id) else { return Ok(()) };
        let receipt = Receipt::build(self.log(), index).map_err(NodeError::Receipt)?;
        let trust = tip.trust.as_ref().unwrap_or(&self.trust);
        if tip.shreds.names(receipt.leaf().header(), index, trust)
            && self.backing.log().shred(id).map_err(NodeError::Store)?
        {
            let database = self.backing.database();
            database.delete_draft(id).map_err(NodeError::Store)?;
            database.scrub().map_err(NodeError::Store)?;
        }
        Ok(())
    }
}
