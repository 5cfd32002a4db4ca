//! The cosigned checkpoint beside the newest one.

use super::writer::Writer;
use crate::StoreError;
use crate::database::Register;
use crate::disk::Disk;
use ledger::{TreeHead, WITNESSED_PATH};
use tlog::SignedCheckpoint;

impl Writer {
    /// See [`super::LogStore::publish_witnessed`].
    pub(super) fn publish_witnessed(
        &mut self,
        disk: &dyn Disk,
        register: &dyn Register,
        note: &[u8],
    ) -> Result<(), StoreError> {
        self.settled(disk, register)?;
        let bad = |why: &str| StoreError::BadPlan(why.to_owned());
        let signed = SignedCheckpoint::parse(note).map_err(|e| bad(&format!("the note: {e}")))?;
        let (size, root) = (signed.checkpoint().size(), signed.checkpoint().root());
        let head = register.committed()?.map_or(TreeHead::EMPTY, |committed| committed.head);
        if size > head.size || (size == head.size && *root.as_bytes() != head.root) {
            return Err(bad("the note is not of a beginning of what is committed"));
        }
        let path = format!("log/{WITNESSED_PATH}");
        let there = disk.read(&path)?.and_then(|bytes| SignedCheckpoint::parse(&bytes).ok());
        if there.is_some_and(|there| there.checkpoint().size() > size) {
            return Ok(());
        }
        let from = "tmp/witnessed".to_owned();
        let written = disk.write(&[(from.clone(), note)]);
        let placed = written.and_then(|()| disk.place(&[(from, path)]));
        self.noted(placed.map_err(StoreError::from))
    }
}
