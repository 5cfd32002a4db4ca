//! The records in memory, for tests and the simulation.

use super::{CosignerState, Evidence, MAX_EVIDENCE, Progress, RecordedCheckpoint, database::key};
use crate::StoreError;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tlog::witness::{Latest, Misbehaviour};

/// The records of a witness or a mirror, gone when dropped.
#[derive(Debug, Default)]
pub struct MemoryCosignerState {
    content: Mutex<Content>,
}

#[derive(Debug, Default)]
struct Content {
    latest: BTreeMap<String, RecordedCheckpoint>,
    progress: BTreeMap<String, Progress>,
    evidence: Vec<Evidence>,
}

impl MemoryCosignerState {
    /// Nothing recorded.
    pub fn new() -> Self {
        Self::default()
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CosignerState for MemoryCosignerState {
    fn recorded(&self, origin: &str) -> Result<Option<RecordedCheckpoint>, StoreError> {
        Ok(self.content().latest.get(origin).cloned())
    }

    fn advance(
        &self,
        origin: &str,
        from: Option<&Latest>,
        to: &RecordedCheckpoint,
    ) -> Result<bool, StoreError> {
        let mut content = self.content();
        let same = content.latest.get(origin).map(|r| r.latest) == from.copied();
        if same {
            content.latest.insert(origin.to_owned(), to.clone());
        }
        Ok(same)
    }

    fn progress(&self, origin: &str) -> Result<Progress, StoreError> {
        Ok(self.content().progress.get(origin).cloned().unwrap_or_default())
    }

    fn entries_are_there(
        &self,
        origin: &str,
        next: u64,
        root: &[u8; 32],
        root384: Option<&[u8; 48]>,
    ) -> Result<(), StoreError> {
        let mut content = self.content();
        let progress = content.progress.entry(origin.to_owned()).or_default();
        if next > progress.next || progress.root.is_none() {
            (progress.next, progress.root) = (next, Some(*root));
            progress.root384 = root384.copied();
        }
        Ok(())
    }

    fn second_tree_is_there(
        &self,
        origin: &str,
        next: u64,
        root384: &[u8; 48],
    ) -> Result<bool, StoreError> {
        let mut content = self.content();
        let of = content.progress.get_mut(origin).filter(|p| p.next == next);
        Ok(of.map(|progress| progress.root384 = Some(*root384)).is_some())
    }

    fn mirror_checkpoint(&self, origin: &str, size: u64, note: &[u8]) -> Result<bool, StoreError> {
        let mut content = self.content();
        let Some(progress) = content.progress.get_mut(origin) else { return Ok(false) };
        let fits =
            progress.root.is_some() && (progress.mirrored_size..=progress.next).contains(&size);
        if fits {
            (progress.mirrored_size, progress.mirrored) = (size, Some(note.to_vec()));
        }
        Ok(fits)
    }

    fn keep(&self, evidence: &Evidence) -> Result<bool, StoreError> {
        let this = key(&evidence.note)?;
        let mut content = self.content();
        let all = &mut content.evidence;
        let of = |e: &&mut Evidence| {
            e.origin == evidence.origin && key(&e.note).is_ok_and(|k| k == this)
        };
        let count = all.iter().filter(|e| e.origin == evidence.origin).count();
        if u64::try_from(count).is_ok_and(|count| count >= MAX_EVIDENCE) {
            return Ok(false);
        }
        match all.iter_mut().find(of) {
            Some(kept) => {
                let better = evidence.shows == Misbehaviour::Proven && kept.shows != evidence.shows;
                if better {
                    *kept = evidence.clone();
                }
                Ok(better)
            }
            None => {
                all.push(evidence.clone());
                Ok(true)
            }
        }
    }

    fn evidence(&self) -> Result<Vec<Evidence>, StoreError> {
        Ok(self.content().evidence.clone())
    }
}
