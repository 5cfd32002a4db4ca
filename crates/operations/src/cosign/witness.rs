//! A witness: C2SP's tlog-witness, with its records in a folder.

use super::OpenError;
use super::config::{self, ConfiguredLog};
use super::keys::{self, CosignerKeys};
use super::record::{self, CosignError};
use crate::ctx::Clock;
use domain::Timestamp;
use serde::Serialize;
use std::path::Path;
use std::sync::Arc;
use store::{CosignerDatabase, CosignerState, Evidence, FolderLock, StoreError};
use tlog::witness::{self, Misbehaviour, SignSubtree, Watched};

/// A witness.
#[derive(Debug)]
pub struct Witness {
    keys: CosignerKeys,
    logs: Vec<ConfiguredLog>,
    state: Arc<dyn CosignerState>,
    clock: Arc<dyn Clock>,
    _lock: Option<FolderLock>,
}

/// A witness at a glance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WitnessStatus {
    /// Its keys, for `witnesses.toml` and roots of trust.
    pub vkeys: Vec<String>,
    /// What it knows of each log.
    pub logs: Vec<LogStatus>,
    /// How many checkpoints are kept as evidence.
    pub evidence: usize,
}

/// What a witness knows of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogStatus {
    /// The log's name.
    pub origin: String,
    /// Leaves of the latest checkpoint that was cosigned; `None` before the first.
    pub size: Option<u64>,
    /// Its time, in seconds since 1970.
    pub time: Option<u64>,
}

/// Evidence as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EvidenceView {
    /// The log's name.
    pub origin: String,
    /// `proven` or `suspected`.
    pub shows: &'static str,
    /// When it came.
    pub at: Timestamp,
    /// The checkpoint, signed by the log.
    pub note: String,
    /// What had been recorded then.
    pub against: Option<String>,
}

impl EvidenceView {
    pub(super) fn of(evidence: Evidence) -> Self {
        let text = |note: Vec<u8>| String::from_utf8_lossy(&note).into_owned();
        let Evidence { origin, shows, note, against, at } = evidence;
        let shows = match shows {
            Misbehaviour::Proven => "proven",
            Misbehaviour::Suspected => "suspected",
        };
        Self { origin, shows, at, note: text(note), against: against.map(text) }
    }
}

impl Witness {
    /// Opens the witness in a folder that [`keys::make`] made.
    ///
    /// # Errors
    /// Missing or malformed files, or another process at work there.
    pub fn open(folder: &Path, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let keys = keys::read(folder)?;
        let logs = config::read(folder)?;
        let lock = FolderLock::take(&folder.join("lock"))?;
        let state = Arc::new(CosignerDatabase::open(&folder.join("cosigner.db"))?);
        Ok(Self { keys, logs, state, clock, _lock: Some(lock) })
    }

    /// A witness over any records.
    pub fn over(
        keys: CosignerKeys,
        logs: Vec<ConfiguredLog>,
        state: Arc<dyn CosignerState>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { keys, logs, state, clock, _lock: None }
    }

    fn watched(&self, origin: &str) -> Option<Watched> {
        self.logs.iter().map(|l| &l.watched).find(|w| w.origin == origin).cloned()
    }

    /// Answers `add-checkpoint`: signature lines.
    ///
    /// # Errors
    /// [`CosignError`] has the status and the body.
    pub fn add_checkpoint(&self, body: &[u8]) -> Result<String, CosignError> {
        let logs = |origin: &str| self.watched(origin);
        let now = self.clock.now();
        let lines = record::checkpoint(self.state.as_ref(), &logs, body, now, Some(&self.keys))?;
        Ok(witness::write_signatures(&lines))
    }

    /// Answers `sign-subtree`: a signature line.
    ///
    /// # Errors
    /// [`CosignError`] has the status and the body.
    pub fn sign_subtree(&self, body: &[u8]) -> Result<String, CosignError> {
        sign_subtree(&self.keys, &|origin| self.watched(origin).is_some(), body)
    }

    /// The latest cosigned checkpoint of the log with this hash of its origin.
    ///
    /// # Errors
    /// Records that can't be read.
    pub fn checkpoint(&self, origin_hash: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let mut origins = self.logs.iter().map(|l| &l.watched.origin);
        let Some(origin) = origins.find(|o| witness::origin_hash(o) == origin_hash) else {
            return Ok(None);
        };
        Ok(self.state.recorded(origin)?.map(|r| r.note))
    }

    /// Its keys and what it knows.
    ///
    /// # Errors
    /// Records that can't be read.
    pub fn status(&self) -> Result<WitnessStatus, StoreError> {
        let mut logs = Vec::with_capacity(self.logs.len());
        for log in &self.logs {
            let origin = log.watched.origin.clone();
            let latest = self.state.recorded(&origin)?.map(|r| r.latest);
            logs.push(LogStatus {
                origin,
                size: latest.map(|l| l.size),
                time: latest.map(|l| l.time),
            });
        }
        let vkeys = self.keys.vkeys();
        Ok(WitnessStatus { vkeys, logs, evidence: self.state.evidence()?.len() })
    }

    /// Every checkpoint that is kept as evidence, oldest first.
    ///
    /// # Errors
    /// Records that can't be read.
    pub fn evidence(&self) -> Result<Vec<EvidenceView>, StoreError> {
        Ok(self.state.evidence()?.into_iter().map(EvidenceView::of).collect())
    }
}

/// Signs a subtree of a checkpoint that these keys have signed.
pub(super) fn sign_subtree(
    keys: &CosignerKeys,
    watched: &dyn Fn(&str) -> bool,
    body: &[u8],
) -> Result<String, CosignError> {
    let request = SignSubtree::parse(body)?;
    let origin = request.checkpoint().origin();
    witness::check_subtree(&request, watched(origin), &keys.public())
        .map_err(CosignError::Subtree)?;
    let line = keys.subtree_line(origin, (request.start, request.end), &request.hash)?;
    Ok(witness::write_signatures(&[line]))
}
