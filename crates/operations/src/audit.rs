//! Checking without trusting anyone: a log's files, a node's folder, receipts. Files and public keys are all it takes.

mod frozen;
mod index;
mod node;
mod witnessed;

pub use index::IndexView;
pub use node::{NodeAudit, NodeAuditError, Unvouched, Watch, node};

use crate::files::{self, FileError};
use crate::folder::Folder;
use domain::Digest;
use ledger::{Cursor, Grade, Profile, Report, SyncError, Trust};
use serde::Serialize;
use std::path::{Path, PathBuf};
use store::ObjectCredentials;
use verifier::{Asked, Refusal, StatementReport};

/// Largest receipt, in bytes.
const RECEIPT_LIMIT: u64 = 2 << 20;

/// What an audit of a log found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogAudit {
    /// Whether nothing at all is wrong.
    pub sound: bool,
    /// The log's name.
    pub origin: String,
    /// Statements in the signed tree.
    pub statements: u64,
    /// The signed SHA-256 root, if the checkpoint is good and the profile relies on it.
    pub root: Option<Digest>,
    /// The signed SHA-384 root in hexadecimal, likewise.
    pub root384: Option<String>,
    /// Objects whose every byte and signature was checked.
    pub objects: u64,
    /// Statements whose payload was shredded on the record.
    pub shredded: u64,
    /// Files of an append that was interrupted before it was published; starting the node finishes it.
    pub pending: Vec<String>,
    /// What is wrong, in the order of the log.
    pub faults: Vec<FaultView>,
    /// Faults beyond those listed.
    pub more_faults: u64,
}

/// One thing wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FaultView {
    /// The file, relative to the folder that was audited.
    pub file: String,
    /// Where in it, if that is known: a byte, a statement, a row.
    pub place: Option<String>,
    /// A stable code.
    pub code: &'static str,
    /// What was found instead of what must be there.
    pub what: String,
    /// What to do.
    pub remedy: &'static str,
    /// All of it on one line.
    pub detail: String,
}

impl FaultView {
    fn new(
        file: &str,
        place: Option<String>,
        code: &'static str,
        what: String,
        remedy: &'static str,
    ) -> Self {
        let at = place.as_ref().map_or_else(String::new, |place| format!(", {place}"));
        let detail = format!("{file}{at}: {what}; {remedy}");
        Self { file: file.to_owned(), place, code, what, remedy, detail }
    }

    /// The same fault, with its file below the node's folder.
    fn below_log(self) -> Self {
        Self::new(&format!("log/{}", self.file), self.place, self.code, self.what, self.remedy)
    }
}

impl LogAudit {
    fn of(report: Report, trust: &Trust, profile: Option<Profile>) -> Self {
        let sound = report.is_sound();
        let Report { head, objects, shredded, pending, faults, more_faults, .. } = report;
        let root = head.filter(|_| profile != Some(Profile::Cnsa));
        let root384 = head.filter(|_| profile != Some(Profile::C2sp));
        let view = |f: ledger::Fault| {
            let (place, what) = (f.place.map(|place| place.to_string()), f.kind.to_string());
            FaultView::new(&f.file, place, f.kind.code(), what, f.kind.remedy())
        };
        Self {
            sound,
            origin: trust.log().origin().to_owned(),
            statements: head.map_or(0, |h| h.size),
            root: root.map(|h| Digest::from_bytes(h.root)),
            root384: root384.map(|h| domain::Digest384::from_bytes(h.root384).to_string()),
            objects,
            shredded,
            pending,
            faults: faults.into_iter().map(view).collect(),
            more_faults,
        }
    }
}

/// What a receipt proves, and where it lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReceiptView {
    /// The file.
    pub file: PathBuf,
    /// What it proves.
    #[serde(flatten)]
    pub proven: StatementReport,
}

/// Why a receipt is not believed.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The receipt or bundle.
    #[error("{}", path.display())]
    Refused {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: Box<Refusal>,
    },
    /// Why the copy of a log that was given can't be read.
    #[error("{}", path.display())]
    Log {
        /// Which folder.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: SyncError,
    },
}

/// Re-reads and re-hashes every published object of the log in `folder`, under one profile or under both.
pub fn log(folder: &Path, trust: &Trust, profile: Option<Profile>) -> LogAudit {
    LogAudit::of(ledger::verify_log_as(&Folder::new(folder), trust, profile), trust, profile)
}

/// [`log`] of a folder or, when the folder is a node's with `store.toml`, of the bucket that this names.
///
/// # Errors
/// A bucket that can't be used.
pub fn log_at(
    folder: &Path,
    trust: &Trust,
    who: &ObjectCredentials,
    profile: Option<Profile>,
) -> Result<LogAudit, NodeAuditError> {
    Ok(match node::objects(folder, who)? {
        None => log(folder, trust, profile),
        Some(files) => LogAudit::of(ledger::verify_log_as(&files, trust, profile), trust, profile),
    })
}

/// Roots of trust with what the copy of a log in `folder` changed about them.
///
/// # Errors
/// A copy that does not verify.
pub fn learn(trust: &Trust, folder: &Path) -> Result<Trust, AuditError> {
    let read = Cursor::read(&Folder::new(folder), trust);
    let cursor = read.map_err(|source| AuditError::Log { path: folder.to_owned(), source })?;
    Ok(cursor.trust.unwrap_or_else(|| trust.clone()))
}

/// Verifies a receipt or a bundle offline, under one profile or under both; `require` is the least grade that will do.
///
/// # Errors
/// See [`AuditError`].
pub fn receipt(
    path: &Path,
    trust: &Trust,
    require: Grade,
    profile: Option<Profile>,
) -> Result<ReceiptView, AuditError> {
    let bytes = files::read(path, RECEIPT_LIMIT)?;
    let proven = verifier::receipt(&bytes, trust, Asked { require, profile });
    let refused = |source| AuditError::Refused { path: path.to_owned(), source: Box::new(source) };
    Ok(ReceiptView { file: path.to_owned(), proven: proven.map_err(refused)? })
}
