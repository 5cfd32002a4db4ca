//! The second tree of a mirrored log: SHA-384 over the same entries, which the mirror computes itself.

use super::fault::UploadFault;
use super::mirror::{Mirror, Mirrored};
use store::{CosignerState, Evidence, StoreError};
use tlog::witness::Misbehaviour;
use tlog::{CnsaError, Hash384, SignedCheckpoint};

impl Mirror {
    /// Whether the log's own `ledger-cnsa-v1` line, if the checkpoint has it, is about the entries that are held.
    pub(super) fn check_second(
        &self,
        mirrored: &Mirrored,
        signed: &SignedCheckpoint,
        root384: Option<Hash384>,
    ) -> Result<(), UploadFault> {
        let (Some(key), Some(root384)) = (&mirrored.second, root384) else { return Ok(()) };
        let said = match key.open(signed) {
            Ok(head) => head.root384,
            // whoever brought the checkpoint may have left the line out; ours is about the entries all the same
            Err(CnsaError::Unsigned(_)) => return Ok(()),
            Err(error) => return Err(UploadFault::Line(error)),
        };
        if said == root384 {
            return Ok(());
        }
        let (origin, size) = (mirrored.log.watched.origin.clone(), signed.checkpoint().size());
        tracing::error!(origin, size, "the log has signed a SHA-384 root that is not its entries'");
        self.state.keep(&Evidence {
            origin,
            shows: Misbehaviour::Proven,
            note: signed.note().to_string().into_bytes(),
            against: None,
            at: self.clock.now(),
        })?;
        Err(UploadFault::OtherSecondRoot { size })
    }
}

impl Mirrored {
    /// Builds the second tree over entries that are there from a time when only one was kept.
    pub(super) fn catch_up(&self, state: &dyn CosignerState) -> Result<(), StoreError> {
        let origin = self.log.watched.origin.as_str();
        let progress = state.progress(origin)?;
        if self.second.is_none() || progress.root384.is_some() || progress.root.is_none() {
            return Ok(());
        }
        let root384 = self.held.second_tree(progress.next)?;
        state.second_tree_is_there(origin, progress.next, &root384)?;
        Ok(())
    }
}
