//! Checking without trusting anyone: a log's files, a node's folder, receipts. Files and public keys are all it takes.

mod frozen;
mod index;
mod node;

pub use index::IndexView;
pub use node::{NodeAudit, NodeAuditError, Unvouched, Watch, node};

use crate::files::{self, FileError};
use crate::folder::Folder;
use domain::{Digest, PartyId, Timestamp};
use ledger::{
    Bundle, BundleError, Cursor, Grade, Profile, Receipt, ReceiptError, Report, Seen, SyncError,
    Trust,
};
use serde::Serialize;
use std::path::{Path, PathBuf};

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

/// What a receipt proves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReceiptView {
    /// The file.
    pub file: PathBuf,
    /// The statement's place in the log.
    pub index: u64,
    /// The statement's id.
    pub id: Digest,
    /// What kind of statement it is.
    pub kind: String,
    /// Who signed it.
    pub signers: Vec<PartyId>,
    /// When its issuer says it was stated.
    pub claimed_at: Timestamp,
    /// Leaves in the tree that it proves the statement to be in.
    pub size: u64,
    /// Who vouches for that tree: `provisional` is the log alone, `full` every main party's witness,
    /// `audited` the inspector's too.
    pub grade: &'static str,
    /// The parties whose witnesses cosigned that tree, and when they say they did.
    pub cosigned: Vec<CosignedView>,
    /// The earliest time at which a trusted witness says that the statement existed.
    pub existed_by: Option<Timestamp>,
    /// How many statements the log had in the checkpoint that the issuer quoted: it is not older than that.
    pub not_before_size: Option<u64>,
    /// The receipt's length in bytes.
    pub bytes: usize,
}

/// One witness under a receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CosignedView {
    /// Whose.
    pub party: PartyId,
    /// When it says it cosigned.
    pub at: Option<Timestamp>,
}

/// Why a receipt is not believed.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The receipt.
    #[error("{}", path.display())]
    Receipt {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: ReceiptError,
    },
    /// The bundle.
    #[error("{}", path.display())]
    Bundle {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: BundleError,
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
    /// Fewer vouch for it than was asked for.
    #[error(
        "{}: a {found} receipt, and {wanted} was required; fetch a better one with `vestibule log receipt --refresh` once the witnesses have cosigned", path.display()
    )]
    Grade {
        /// Which file.
        path: PathBuf,
        /// The receipt's grade.
        found: Grade,
        /// The one required.
        wanted: Grade,
    },
}

/// Re-reads and re-hashes every published object of the log in `folder`, under one profile or under both.
pub fn log(folder: &Path, trust: &Trust, profile: Option<Profile>) -> LogAudit {
    LogAudit::of(ledger::verify_log_as(&Folder::new(folder), trust, profile), trust, profile)
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
    let verified = if Bundle::is_bundle(&bytes) {
        let verified = Bundle::from_bytes(&bytes).and_then(|b| match profile {
            None => b.verify(trust),
            Some(profile) => b.verify_as(trust, profile),
        });
        verified.map_err(|source| AuditError::Bundle { path: path.to_owned(), source })?
    } else {
        let verified = Receipt::from_bytes(&bytes).and_then(|r| match profile {
            None => r.verify(trust),
            Some(profile) => r.verify_as(trust, profile),
        });
        verified.map_err(|source| AuditError::Receipt { path: path.to_owned(), source })?
    };
    if verified.grade < require {
        let (found, wanted) = (verified.grade, require);
        return Err(AuditError::Grade { path: path.to_owned(), found, wanted });
    }
    let cosigned = verified.cosigned.into_iter();
    Ok(ReceiptView {
        file: path.to_owned(),
        index: verified.index,
        id: verified.id,
        kind: verified.kind,
        signers: verified.signers.into_iter().collect(),
        claimed_at: verified.claimed_at,
        size: verified.size,
        grade: verified.grade.as_str(),
        cosigned: cosigned.map(|c| CosignedView { party: c.party, at: c.at }).collect(),
        existed_by: verified.existed_by,
        not_before_size: verified.not_before.map(|Seen { size, .. }| size),
        bytes: bytes.len(),
    })
}
