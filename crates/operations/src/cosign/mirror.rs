//! A mirror: C2SP's tlog-mirror. It holds every entry of its logs as tiles and signs only what it holds.
//!
//! Beside the files of every cosigner its folder has `logs/<origin hash>/log/`, laid out as the log itself, and
//! `ticket.key`. Entries are proven against the pending checkpoint before they are written, written durably before the
//! next entry is moved on, and all there before the mirror checkpoint is signed.
//!
//! Of a log whose `ledger-cnsa-v1` key it was given it keeps the SHA-384 tree too, computed from the entries, and signs
//! that line as well. A log that has signed another SHA-384 root than its entries have is caught, and not signed for.

use super::OpenError;
use super::config::{self, ConfiguredLog};
use super::fault::{UploadAnswer, UploadFault};
use super::hold::{Grown, Held};
use super::keys::{self, CosignerKeys};
use super::record::{self, CosignError};
use super::witness::{EvidenceView, sign_subtree};
use crate::ctx::{Clock, Random};
use crate::files::{self, Access};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use store::{CosignerDatabase, CosignerState, FolderLock, StoreError};
use tlog::mirror::{
    INFO_CONTENT_TYPE, Packages, State, Upload, check_package, open_ticket, seal_ticket,
};
use tlog::witness::{self, Watched};
use tlog::{Checkpoint, CnsaVerifier, SignedCheckpoint};

/// Bytes that are read at a time.
const PIECE: usize = 64 << 10;
/// Most bytes of an upload's head.
const MAX_HEAD: usize = 70 << 10;
/// Most packages of one request: after these the client is told where to go on.
const MAX_STORED: usize = 256;

/// A mirror.
#[derive(Debug)]
pub struct Mirror {
    keys: CosignerKeys,
    logs: BTreeMap<String, Mirrored>,
    pub(super) state: Arc<dyn CosignerState>,
    secret: [u8; 32],
    pub(super) clock: Arc<dyn Clock>,
    _lock: FolderLock,
}

/// One log of a mirror.
#[derive(Debug)]
pub(super) struct Mirrored {
    pub(super) log: ConfiguredLog,
    pub(super) held: Held,
    /// The log's own key for the `ledger-cnsa-v1` line, when the second tree is kept.
    pub(super) second: Option<CnsaVerifier>,
    /// One writer at a time.
    writing: Mutex<()>,
}

/// A mirror at a glance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MirrorStatus {
    /// Its keys, for `witnesses.toml` and roots of trust.
    pub vkeys: Vec<String>,
    /// How far it has come with each log.
    pub logs: Vec<MirroredLog>,
    /// How many checkpoints are kept as evidence.
    pub evidence: usize,
}

/// How far a mirror has come with a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MirroredLog {
    /// The log's name.
    pub origin: String,
    /// Entries that are held.
    pub held: u64,
    /// Entries under the checkpoint that it has signed.
    pub signed: u64,
}

impl Mirror {
    /// Opens the mirror in a folder that [`keys::make`] made.
    ///
    /// # Errors
    /// Missing or malformed files, or another process at work there.
    pub fn open(
        folder: &Path,
        clock: Arc<dyn Clock>,
        random: &dyn Random,
    ) -> Result<Self, OpenError> {
        let keys = keys::read(folder)?;
        let configured = config::read(folder)?;
        let lock = FolderLock::take(&folder.join("lock"))?;
        let state = Arc::new(CosignerDatabase::open(&folder.join("cosigner.db"))?);
        let secret = secret(folder, random)?;
        let mut logs = BTreeMap::new();
        for log in configured {
            let hash = witness::origin_hash(&log.watched.origin);
            let held = Held::open(&folder.join("logs").join(&hash))?;
            let mut all = log.watched.keys.iter().cloned().filter_map(CnsaVerifier::new);
            let second = all.next().filter(|_| keys.has_cnsa());
            let mirrored = Mirrored { log, held, second, writing: Mutex::new(()) };
            mirrored.catch_up(state.as_ref())?;
            logs.insert(hash, mirrored);
        }
        Ok(Self { keys, logs, state, secret, clock, _lock: lock })
    }

    fn of(&self, origin: &str) -> Option<&Mirrored> {
        self.logs.get(&witness::origin_hash(origin)).filter(|m| m.log.watched.origin == origin)
    }

    fn watched(&self, origin: &str) -> Option<Watched> {
        self.of(origin).map(|m| m.log.watched.clone())
    }

    /// Answers `add-checkpoint`: the pending checkpoint moves on, and nothing is signed yet.
    ///
    /// # Errors
    /// [`CosignError`] has the status and the body.
    pub fn add_checkpoint(&self, body: &[u8]) -> Result<String, CosignError> {
        let logs = |origin: &str| self.watched(origin);
        record::checkpoint(self.state.as_ref(), &logs, body, self.clock.now(), None)?;
        Ok(String::new())
    }

    /// Answers `sign-subtree`, for checkpoints that this mirror has signed.
    ///
    /// # Errors
    /// [`CosignError`] has the status and the body.
    pub fn sign_subtree(&self, body: &[u8]) -> Result<String, CosignError> {
        sign_subtree(&self.keys, &|origin| self.of(origin).is_some(), body)
    }

    /// Answers `add-entries`, read piece by piece; `body` is already unpacked.
    pub fn add_entries(&self, body: &mut dyn Read) -> UploadAnswer {
        let plain = "text/plain; charset=utf-8";
        match self.upload(body) {
            Ok(answer) => answer,
            Err(fault) => {
                let status = fault.status();
                if status >= 500 {
                    tracing::error!("{fault}");
                }
                UploadAnswer { status, content_type: plain, body: format!("{fault}\n") }
            }
        }
    }

    /// A file of a mirrored log: `checkpoint` is the mirror checkpoint, the rest is as the log lays it out.
    ///
    /// # Errors
    /// Storage that fails.
    pub fn file(&self, origin_hash: &str, path: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(mirrored) = self.logs.get(origin_hash) else { return Ok(None) };
        if path == ledger::CHECKPOINT_PATH {
            return Ok(self.state.progress(&mirrored.log.watched.origin)?.mirrored);
        }
        mirrored.held.file(path)
    }

    /// Its keys, and how far it has come.
    ///
    /// # Errors
    /// Records that can't be read.
    pub fn status(&self) -> Result<MirrorStatus, StoreError> {
        let mut logs = Vec::with_capacity(self.logs.len());
        for mirrored in self.logs.values() {
            let origin = mirrored.log.watched.origin.clone();
            let progress = self.state.progress(&origin)?;
            let (held, signed) = (progress.next, progress.mirrored_size);
            logs.push(MirroredLog { origin, held, signed });
        }
        let vkeys = self.keys.vkeys();
        Ok(MirrorStatus { vkeys, logs, evidence: self.state.evidence()?.len() })
    }

    /// Every checkpoint that is kept as evidence, oldest first.
    ///
    /// # Errors
    /// Records that can't be read.
    pub fn evidence(&self) -> Result<Vec<EvidenceView>, StoreError> {
        Ok(self.state.evidence()?.into_iter().map(EvidenceView::of).collect())
    }

    /// Where the objects of each log are fetched.
    pub(super) fn sources(&self) -> Vec<(String, String)> {
        let source = |m: &Mirrored| Some((m.log.watched.origin.clone(), m.log.url.clone()?));
        self.logs.values().filter_map(source).collect()
    }

    /// Size of the mirror checkpoint.
    pub(super) fn signed_size(&self, origin: &str) -> Result<u64, StoreError> {
        Ok(self.state.progress(origin)?.mirrored_size)
    }

    /// One entry that is held.
    pub(super) fn entry(&self, origin: &str, index: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(mirrored) = self.of(origin) else { return Ok(None) };
        let next = self.state.progress(origin)?.next;
        Ok(mirrored.held.entries((index, index + 1), next)?.pop())
    }

    /// Whether a file is held.
    pub(super) fn holds(&self, origin: &str, path: &str) -> Result<bool, StoreError> {
        let Some(mirrored) = self.of(origin) else { return Ok(false) };
        Ok(mirrored.held.file(path)?.is_some())
    }

    /// Keeps an object that was checked.
    pub(super) fn put_object(
        &self,
        origin: &str,
        path: String,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        let Some(mirrored) = self.of(origin) else { return Ok(()) };
        let _writing = mirrored.writing.lock().unwrap_or_else(PoisonError::into_inner);
        mirrored.held.put(&[(path, bytes)])
    }

    /// What is known of a log: the protocol's state, and the signed pending checkpoint.
    fn known(&self, origin: &str) -> Result<(State, Option<SignedCheckpoint>), StoreError> {
        let damaged = |e: tlog::CheckpointError| StoreError::Damaged(e.to_string());
        let recorded = self.state.recorded(origin)?;
        let pending = recorded.map(|r| SignedCheckpoint::parse(&r.note)).transpose();
        let pending = pending.map_err(damaged)?;
        let progress = self.state.progress(origin)?;
        let checkpoint = pending.as_ref().map(|p| p.checkpoint().clone());
        let state =
            State { pending: checkpoint, mirrored: progress.mirrored_size, next: progress.next };
        Ok((state, pending))
    }

    /// Tells a client where to go on.
    fn info(
        &self,
        status: u16,
        origin: &str,
        wanted: Option<&SignedCheckpoint>,
    ) -> Result<UploadAnswer, UploadFault> {
        let (state, pending) = self.known(origin)?;
        // a checkpoint that the mirror has signed more than is of no use any more
        let wanted = wanted.filter(|w| w.checkpoint().size() >= state.mirrored);
        let signed = wanted.or(pending.as_ref());
        let note = signed.map(|s| s.note().to_string().into_bytes()).unwrap_or_default();
        let ticket = seal_ticket(&self.secret, &note);
        let info = state.info(signed.map(|s| s.checkpoint().size()), ticket);
        Ok(UploadAnswer { status, content_type: INFO_CONTENT_TYPE, body: info.to_string() })
    }

    fn upload(&self, body: &mut dyn Read) -> Result<UploadAnswer, UploadFault> {
        let (upload, rest) = head(body)?;
        let origin = upload.origin.as_str();
        let mirrored =
            self.of(origin).ok_or_else(|| UploadFault::UnknownOrigin(origin.to_owned()))?;
        let (state, pending) = self.known(origin)?;
        let ticketed = open_ticket(&self.secret, &upload.ticket, origin);
        let known = ticketed.as_ref().map(SignedCheckpoint::checkpoint);
        let checkpoint = match state.admit(&upload, known) {
            Ok(checkpoint) => checkpoint,
            Err(refusal) if refusal.status() == 409 => {
                let same = |s: &&SignedCheckpoint| s.checkpoint().size() == upload.end;
                let wanted = [pending.as_ref(), ticketed.as_ref()].into_iter().flatten();
                return self.info(409, origin, wanted.into_iter().find(same));
            }
            Err(refusal) => return Err(refusal.into()),
        };
        let of = |s: &&SignedCheckpoint| *s.checkpoint() == checkpoint;
        let signed = [pending.as_ref(), ticketed.as_ref()].into_iter().flatten().find(of);
        let signed = signed.cloned().ok_or(UploadFault::Truncated)?;
        let mut packages = Packages::of(&upload);
        let stored = self.take(mirrored, &checkpoint, &mut packages, &rest, body)?;
        if !packages.is_done() {
            if stored == 0 {
                return Err(UploadFault::Truncated);
            }
            return self.info(202, origin, Some(&signed));
        }
        self.finish(mirrored, &signed)
    }

    /// Takes packages as they arrive; returns how many are durable.
    fn take(
        &self,
        mirrored: &Mirrored,
        checkpoint: &Checkpoint,
        packages: &mut Packages,
        first: &[u8],
        body: &mut dyn Read,
    ) -> Result<usize, UploadFault> {
        let (mut stored, mut piece) = (0, vec![0; PIECE]);
        packages.push(first);
        loop {
            loop {
                match packages.next_package() {
                    Ok(Some(package)) => {
                        self.store(mirrored, checkpoint, &package)?;
                        stored += 1;
                    }
                    Ok(None) => break,
                    // what came before the malformed part is kept
                    Err(_) if stored > 0 => return Ok(stored),
                    Err(error) => return Err(error.into()),
                }
                if stored >= MAX_STORED {
                    return Ok(stored);
                }
            }
            // an interrupted request counts as far as it came
            let Ok(read @ 1..) = body.read(&mut piece) else { return Ok(stored) };
            packages.push(piece.get(..read).unwrap_or_default());
        }
    }

    fn store(
        &self,
        mirrored: &Mirrored,
        checkpoint: &Checkpoint,
        package: &tlog::mirror::Package,
    ) -> Result<(), UploadFault> {
        let origin = mirrored.log.watched.origin.as_str();
        let slice = package.slice;
        let before = mirrored
            .held
            .leaf_hashes((slice.first, slice.start), || Ok(self.state.progress(origin)?.next))?;
        check_package(package, &before, checkpoint)?;
        let _writing = mirrored.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let progress = self.state.progress(origin)?;
        if slice.end <= progress.next {
            return Ok(());
        }
        let skip = usize::try_from(progress.next.saturating_sub(slice.start)).unwrap_or(usize::MAX);
        let new = package.entries.get(skip..).unwrap_or_default();
        let two = mirrored.second.is_some();
        let Grown { size, root, root384 } = mirrored.held.append(&progress, new, two)?;
        self.state.entries_are_there(origin, size, &root, root384.as_ref())?;
        mirrored.held.drop_outgrown(progress.next, size, progress.mirrored_size);
        Ok(())
    }

    /// Every entry is there: sign, record, answer.
    fn finish(
        &self,
        mirrored: &Mirrored,
        signed: &SignedCheckpoint,
    ) -> Result<UploadAnswer, UploadFault> {
        let origin = mirrored.log.watched.origin.as_str();
        let _writing = mirrored.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let (checkpoint, progress) = (signed.checkpoint(), self.state.progress(origin)?);
        let (state, _) = self.known(origin)?;
        if !state.may_sign(checkpoint) {
            return self.info(409, origin, Some(signed));
        }
        if progress.root.is_none() {
            // the empty log: there is nothing to hold
            let (empty, second) = (tlog::Hash::EMPTY_ROOT, tlog::Hash384::EMPTY_ROOT);
            let second = mirrored.second.as_ref().map(|_| second.as_bytes());
            self.state.entries_are_there(origin, 0, empty.as_bytes(), second)?;
        }
        let two = mirrored.second.is_some();
        let root384 = mirrored.held.complete(&progress, checkpoint, two)?;
        self.check_second(mirrored, signed, root384)?;
        let time = self.clock.now().as_seconds().max(1);
        let lines = self.keys.lines(checkpoint, time, root384).map_err(CosignError::Sign)?;
        let note = signed.note().clone().with(lines.clone()).map_err(CosignError::Note)?;
        let note = note.to_string().into_bytes();
        if !self.state.mirror_checkpoint(origin, checkpoint.size(), &note)? {
            return self.info(409, origin, Some(signed));
        }
        mirrored.held.drop_outgrown(progress.mirrored_size, progress.next, checkpoint.size());
        let body = witness::write_signatures(&lines);
        Ok(UploadAnswer { status: 200, content_type: "text/plain; charset=utf-8", body })
    }
}

/// Reads the head of an upload, and what came with it of the rest.
fn head(body: &mut dyn Read) -> Result<(Upload, Vec<u8>), UploadFault> {
    let (mut bytes, mut piece) = (Vec::new(), vec![0; PIECE]);
    loop {
        let Ok(read @ 1..) = body.read(&mut piece) else { return Err(UploadFault::Truncated) };
        bytes.extend_from_slice(piece.get(..read).unwrap_or_default());
        if let Some((upload, len)) = Upload::parse(&bytes)? {
            return Ok((upload, bytes.split_off(len)));
        }
        if bytes.len() > MAX_HEAD + PIECE {
            return Err(UploadFault::Truncated);
        }
    }
}

/// The key that tickets are known again by.
fn secret(folder: &Path, random: &dyn Random) -> Result<[u8; 32], OpenError> {
    let path = folder.join("ticket.key");
    if !path.exists() {
        let mut fresh = [0; 32];
        random.fill(&mut fresh);
        files::create(&path, &fresh, Access::Private)?;
    }
    let bytes = files::read(&path, 64)?;
    let wrong = "32 bytes are needed; delete it, and a new one is made";
    let reason = wrong.to_owned();
    bytes.try_into().map_err(|_| OpenError::Malformed { path, reason })
}
