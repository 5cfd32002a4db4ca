//! What a node knows of the log's end. It grows with the parties and the shred statements, not with the log, and is
//! read anew after any failure.

use super::{Node, NodeError};
use ledger::{End, Heads, Shreds, TreeHead, Trust};
use std::sync::{Arc, MutexGuard, PoisonError};
use store::Committed;

/// The log's end.
#[derive(Debug)]
pub(super) struct Tip {
    pub(super) head: TreeHead,
    pub(super) heads: Heads,
    /// The roots of trust with what the log changed about them.
    pub(super) trust: Arc<Trust>,
    pub(super) shreds: Shreds,
}

impl Node {
    /// The log's end under its lock; `None` when it has to be read.
    pub(super) fn lock_tip(&self) -> MutexGuard<'_, Option<Tip>> {
        self.tip.lock().unwrap_or_else(|poisoned: PoisonError<_>| {
            let mut tip = poisoned.into_inner();
            *tip = None;
            tip
        })
    }

    /// The log's end, read if need be, and the checkpoint that is committed and published.
    pub(super) fn read_tip<'t>(
        &self,
        slot: &'t mut Option<Tip>,
    ) -> Result<(&'t mut Tip, Committed), NodeError> {
        // asking for the head also publishes what was committed and not yet in place
        let committed = self.committed()?;
        let tip = match slot.take() {
            Some(tip) if tip.head == committed.head => tip,
            known => self.find_tip(known)?,
        };
        Ok((slot.insert(tip), committed))
    }

    /// The log's end as its files have it: from the one known, when another host has gone on from there, else from the
    /// beginning.
    fn find_tip(&self, known: Option<Tip>) -> Result<Tip, NodeError> {
        let shredded = known.as_ref().map(|tip| tip.shreds.clone());
        let further = known.and_then(|Tip { head, heads, trust, shreds }| {
            End { head, heads, trust: Arc::unwrap_or_clone(trust), shreds }.go_on(self.log()).ok()
        });
        let shredded = shredded.filter(|_| further.is_some());
        let end = further.map_or_else(|| End::read(self.log(), &self.trust), Ok);
        let End { head, heads, trust, shreds } = end.map_err(NodeError::Read)?;
        let tip = Tip { head, heads, trust: Arc::new(trust), shreds };
        self.publish_trust(&tip);
        if shredded.as_ref() != Some(&tip.shreds) {
            self.shred_all(&tip)?;
        }
        Ok(tip)
    }

    /// Lets callers verify by the keys as of this end.
    pub(super) fn publish_trust(&self, tip: &Tip) {
        let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
        *now = Arc::clone(&tip.trust);
    }

    /// Who is who as of the log's end, as far as it was read.
    pub(super) fn trust_now(&self) -> Arc<Trust> {
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner))
    }
}
