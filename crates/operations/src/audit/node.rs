//! The audit of a node's folder: everything in it is read, and each byte is accounted for or named.
//!
//! Nothing is written and no lock is taken, so a node may serve from the folder meanwhile. What is judged:
//!
//! - `log/`, or the bucket that `store.toml` names: every tile of both trees recomputed, every object against its leaf, every signature;
//! - `node.db`, `node.db-wal`, `node.db.sums`: each page against its digest, and the rows against the log;
//! - `stage/`: bundles are whole;
//! - `log.key`, `log.vkey`, `trust.toml`: the roots of trust that the auditor brought.
//!
//! What only the operator can vouch for (`witnesses.toml`, `store.toml`, `overrides.log`, `lock`) is listed with its digest, for a
//! comparison with an earlier audit. Any other file is a fault.

use super::frozen::Frozen;
use super::index::{self, IndexView, Rows};
use super::{FaultView, LogAudit, witnessed};
use crate::files::{self, FileError};
use crate::node::place::{self, PlaceError};
use domain::Digest;
use ledger::{LogFiles, LogSigner, TreeHead, Trust};
use serde::Serialize;
use std::path::Path;
use store::{Committed, LogObjects, ObjectCredentials, Objects, StoreError};

/// Most bytes of a file that is neither the log's nor the database's.
const LIMIT: u64 = 4 << 30;

/// What an audit of a node's folder found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NodeAudit {
    /// Whether nothing at all is wrong.
    pub sound: bool,
    /// The log alone, as `log verify` judges it; its faults are below, with the others.
    pub log: LogAudit,
    /// What the index holds.
    pub index: IndexView,
    /// Files that nothing but the operator can vouch for.
    pub unvouched: Vec<Unvouched>,
    /// What a crash left and the node's next start finishes or drops.
    pub pending: Vec<String>,
    /// What is wrong.
    pub faults: Vec<FaultView>,
    /// Faults beyond those listed.
    pub more_faults: u64,
}

/// A file that nothing in the log can vouch for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unvouched {
    /// The file, relative to the node's folder.
    pub file: String,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256.
    pub sha256: Digest,
}

/// Why an audit could not be made.
#[derive(Debug, thiserror::Error)]
pub enum NodeAuditError {
    /// The folder or the roots of trust can't be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The folder is no node's.
    #[error(
        "{} is no node's folder: it has no `{missing}` (for a copy of a log alone, use `vestibule log verify`)",
        path.display()
    )]
    NoNode {
        /// Which folder.
        path: std::path::PathBuf,
        /// What it lacks.
        missing: &'static str,
    },
    /// The storage failed.
    #[error("{path}: {reason}")]
    Unreadable {
        /// What was read.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// The database's files can't be read, or the bucket can't be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// `store.toml` is not as it must be.
    #[error(transparent)]
    Place(#[from] PlaceError),
}

/// Who follows an audit while it runs.
pub struct Watch<'a> {
    /// Called once, with about how many files will be read.
    pub total: &'a dyn Fn(u64),
    /// Called for each file that was read.
    pub tick: &'a dyn Fn(),
    /// Called when the database looks unsound, as it may for a moment while a node writes: pauses and says whether to
    /// look again.
    pub wait: &'a mut dyn FnMut() -> bool,
}

impl std::fmt::Debug for Watch<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Watch")
    }
}

/// The folder, and what was found in it.
pub(super) struct Folder<'a> {
    path: &'a Path,
    files: crate::folder::Folder,
    /// What is published: below `log/`, or in a bucket.
    log: &'a dyn LogFiles,
    staged: Vec<TreeHead>,
    pub(super) pending: Vec<String>,
    faults: Vec<FaultView>,
    more: u64,
    unvouched: Vec<Unvouched>,
}

impl Folder<'_> {
    pub(super) fn fault(&mut self, fault: FaultView) {
        if self.faults.len() < ledger::MAX_FAULTS {
            self.faults.push(fault);
        } else {
            self.more += 1;
        }
    }

    /// Where it is.
    pub(super) const fn path(&self) -> &Path {
        self.path
    }

    /// A file's bytes; none if it can't be read.
    pub(super) fn read(&self, path: &str) -> Option<Vec<u8>> {
        let read = match path.strip_prefix("log/") {
            Some(path) => self.log.read(path),
            None => self.files.read(path),
        };
        read.ok().flatten()
    }

    /// Faults an object that is gone without having been missed: shredding leaves the signatures, and only the node can
    /// be asked for them.
    pub(super) fn keeps(&mut self, listed: &[String], object: String, at: u64) {
        let file = format!("log/{object}");
        let missed = self.faults.iter().any(|fault| fault.file == file);
        if !missed && listed.binary_search(&object).is_err() {
            let what = "the payload was shredded, and its signatures are gone with it".to_owned();
            let remedy = "restore the file from a mirror or from a party's copy of the log";
            let place = Some(format!("statement {at}"));
            self.fault(FaultView::new(&file, place, "missing", what, remedy));
        }
    }

    /// Whether the files of this head are staged.
    pub(super) fn is_staged(&self, head: &TreeHead) -> bool {
        self.staged.contains(head)
    }
}

/// The log of the node in this folder, if it is in a bucket.
pub(super) fn objects(
    folder: &Path,
    who: &ObjectCredentials,
) -> Result<Option<LogObjects>, NodeAuditError> {
    let Some(place) = place::read(folder)? else { return Ok(None) };
    Ok(Some(LogObjects::new(Objects::s3(&place, who)?)))
}

/// Audits the node's folder at `path` by the roots of trust in the file `trust`, and the bucket that its log is in, if it
/// is in one.
///
/// # Errors
/// When there is nothing to audit. Everything that is wrong with it is in the report.
pub fn node(
    path: &Path,
    trust: &Path,
    who: &ObjectCredentials,
    watch: Watch<'_>,
) -> Result<NodeAudit, NodeAuditError> {
    let text = files::read_text(trust, ledger::MAX_TRUST as u64)?;
    let trust = crate::home::read_trust(trust).map_err(|e| NodeAuditError::Unreadable {
        path: trust.display().to_string(),
        reason: crate::plain(&e),
    })?;
    let bucket = objects(path, who)?;
    for missing in ["log", store::DATABASE_FILE] {
        if !path.join(missing).exists() && (missing != "log" || bucket.is_none()) {
            return Err(NodeAuditError::NoNode { path: path.to_owned(), missing });
        }
    }
    let unreadable =
        |e: ledger::FileError| NodeAuditError::Unreadable { path: e.path, reason: e.reason };
    let own = crate::folder::Folder::new(path.join("log"));
    let log: &dyn LogFiles = bucket.as_ref().map_or(&own, |bucket| bucket);
    let frozen = Frozen::new(log, watch.tick).map_err(unreadable)?;
    // each tree reads every bundle, and so do statements and index
    (watch.total)(frozen.count());
    let report = ledger::verify_log(&frozen, &trust);
    let (size, sound) = (report.head.map_or(0, |head| head.size), report.is_sound());
    let mut judged = LogAudit::of(report, &trust, None);
    let mut folder = Folder {
        path,
        files: crate::folder::Folder::new(path),
        log,
        staged: Vec::new(),
        pending: judged.pending.drain(..).map(|file| format!("log/{file}")).collect(),
        faults: judged.faults.drain(..).map(FaultView::below_log).collect(),
        more: judged.more_faults,
        unvouched: Vec::new(),
    };
    others(&mut folder, &trust, &text).map_err(unreadable)?;
    witnessed::check(&mut folder, &trust);
    let inspection = store::inspect(path, watch.wait)?;
    inspection.faults.into_iter().map(index::bytes).for_each(|fault| folder.fault(fault));
    let mut found = inspection.index.unwrap_or_default();
    let copied = match &bucket {
        None => None,
        Some(bucket) => {
            let copied = found.committed.as_ref().map_or(0, |committed| committed.head.size);
            found.committed = decided(&mut folder, bucket).map_err(unreadable)?;
            Some(copied)
        }
    };
    Rows { files: &frozen, trust: &trust, size, sound, copied }.check(&mut folder, &found);
    let index = IndexView {
        statements: found.statements.len() as u64,
        drafts: found.drafts.len() as u64,
        requests: found.requests,
    };
    let Folder { pending, faults, more, unvouched, .. } = folder;
    let sound = judged.sound && faults.is_empty();
    Ok(NodeAudit { sound, log: judged, index, unvouched, pending, faults, more_faults: more })
}

/// What is committed, as the bucket has it, and what is staged there.
fn decided(
    folder: &mut Folder<'_>,
    bucket: &LogObjects,
) -> Result<Option<Committed>, ledger::FileError> {
    // the commit point is read last: what it decided was staged before
    for (path, bytes) in bucket.staged()? {
        match store::staged_head(&path, &bytes) {
            Some(head) => {
                folder.staged.push(head);
                folder.pending.push(path);
            }
            None => folder.fault(torn(&path)),
        }
    }
    let Some(bytes) = bucket.commit()? else { return Ok(None) };
    let committed = store::committed_in(&bytes);
    if committed.is_none() {
        let what = "the commit point in the bucket is not as it was written".to_owned();
        let remedy =
            "stop every host of this log; restore the object from an older version or a copy";
        folder.fault(FaultView::new("commit", None, "commit", what, remedy));
    }
    Ok(committed)
}

fn torn(file: &str) -> FaultView {
    let what = "the staged files of an append are not as they were written".to_owned();
    let remedy = "keep it as evidence; if the node does not start without it, restore the newest copy of the folder";
    FaultView::new(file, None, "stage", what, remedy)
}

/// Judges every file outside `log/` and the database. The secret key may be left out of a copy; nothing else may.
fn others(folder: &mut Folder<'_>, trust: &Trust, text: &str) -> Result<(), ledger::FileError> {
    let files = folder.files.list()?;
    for needed in ["log.vkey", "trust.toml"] {
        if !files.iter().any(|file| file == needed) {
            let what = "the file is missing".to_owned();
            let remedy = "put it back: it follows from the roots of trust";
            folder.fault(FaultView::new(needed, None, "missing", what, remedy));
        }
    }
    for file in files {
        if file.starts_with("log/") {
            continue;
        }
        match file.as_str() {
            store::DATABASE_FILE | store::WAL_FILE | store::SUMS_FILE => {}
            // what is published may lie elsewhere, and was audited there
            "log" if folder.path.join("log").is_dir() => {}
            "log.key" => key(folder, trust),
            "log.vkey" => same(folder, &file, &trust.log().to_text()),
            "trust.toml" => same(folder, &file, text),
            // SQLite's cache of what is in the write-ahead log, and a file of digests that was not put in place
            "node.db-shm" | "node.db.sums.new" => folder.pending.push(file),
            "witnesses.toml" | "store.toml" | "overrides.log" | "lock" => unvouched(folder, file),
            _ if file.starts_with("tmp/") => folder.pending.push(file),
            _ if file.starts_with("stage/") => staged(folder, file),
            _ => {
                let what = "nothing of a node's is called so".to_owned();
                let remedy = "find out who wrote it, then remove it";
                folder.fault(FaultView::new(&file, None, "unexpected", what, remedy));
            }
        }
    }
    Ok(())
}

fn unvouched(folder: &mut Folder<'_>, file: String) {
    match files::read(&folder.path.join(&file), LIMIT) {
        Ok(bytes) => {
            let sha256 = Digest::of(&bytes);
            folder.unvouched.push(Unvouched { file, bytes: bytes.len() as u64, sha256 });
        }
        Err(error) => unread(folder, &file, &error),
    }
}

fn unread(folder: &mut Folder<'_>, file: &str, error: &dyn std::error::Error) {
    let remedy = "check the storage and its permissions, then audit again";
    folder.fault(FaultView::new(file, None, "unreadable", crate::plain(error), remedy));
}

fn staged(folder: &mut Folder<'_>, file: String) {
    match folder.read(&file).and_then(|bytes| store::staged_head(&file, &bytes)) {
        Some(head) => {
            folder.staged.push(head);
            folder.pending.push(file);
        }
        None => folder.fault(torn(&file)),
    }
}

/// A file that must be what the roots of trust say.
fn same(folder: &mut Folder<'_>, file: &str, expected: &str) {
    let found = folder.read(file).unwrap_or_default();
    let expected = expected.as_bytes();
    if found == expected {
        return;
    }
    let at = found.iter().zip(expected).position(|(a, b)| a != b);
    let at = at.unwrap_or_else(|| found.len().min(expected.len()));
    let what = "it is not what the roots of trust given to this audit say".to_owned();
    let remedy =
        "compare fingerprints with the parties by voice, and put the right file in its place";
    folder.fault(FaultView::new(file, Some(format!("byte {at}")), "trust", what, remedy));
}

/// The log's secret key is the one whose public half is trusted, in the one form that is written.
fn key(folder: &mut Folder<'_>, trust: &Trust) {
    let read = files::read_text(&folder.path.join("log.key"), LIMIT).map(zeroize::Zeroizing::new);
    let text = match read {
        Ok(text) => text,
        Err(error) => return unread(folder, "log.key", &error),
    };
    let good = LogSigner::read(&text).is_ok_and(|signer| {
        signer.to_text().as_str() == text.as_str() && signer.verifier() == *trust.log()
    });
    if !good {
        let what =
            "it is not the secret half of the trusted log key, or not as it was written".to_owned();
        let remedy = "do not start the node with it; restore it from where the key is kept";
        folder.fault(FaultView::new("log.key", None, "key", what, remedy));
    }
}

#[cfg(test)]
mod tests;
