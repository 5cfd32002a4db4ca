//! Why a node did not do what it was asked, and whose fault that is.

use crate::files::FileError;
use domain::wire::WireError;
use ledger::{
    ChainFault, DraftError, LogKeyError, ObjectError, PlanError, ReceiptError, SyncError,
    TrustError, Unfit,
};
use std::path::PathBuf;
use store::StoreError;

/// Who is at fault; status, retry and blame follow from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The caller: asking again is no use.
    Caller,
    /// The caller's view is old: sync and ask again.
    Conflict,
    /// Our storage: ask again later.
    Unavailable,
    /// A bug of ours.
    Bug,
}

/// Why a node refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// A file of the node's folder.
    #[error(transparent)]
    File(#[from] FileError),
    /// `log.key` is not as it must be.
    #[error("{}", path.display())]
    LogKey {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: LogKeyError,
    },
    /// `trust.toml` is not as it must be.
    #[error("{}", path.display())]
    Trust {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: TrustError,
    },
    /// `trust.toml` names another log.
    #[error("{}: it names the log `{named}`, but this folder's key is `{own}`", path.display())]
    OtherLog {
        /// Which file.
        path: PathBuf,
        /// The log that it names.
        named: String,
        /// This folder's.
        own: String,
    },
    /// `store.toml` is not as it must be.
    #[error(transparent)]
    Place(super::place::PlaceError),
    /// The folder has a log, and `store.toml` names a bucket.
    #[error(
        "{} has published a log in its own `log/`, and its store.toml names the {place}: signing there would begin a \
         second history. Remove store.toml to go on here; for a log in a bucket make a new node",
        folder.display()
    )]
    TwoPlaces {
        /// The folder.
        folder: PathBuf,
        /// The bucket.
        place: String,
    },
    /// The bucket has the log of another key.
    #[error(
        "the {place} holds a log that this folder's key has not signed: another log's. Choose another prefix in \
         store.toml, or bring the key of that log"
    )]
    OthersObjects {
        /// The bucket.
        place: String,
    },
    /// Its cosigners know better, or did not answer.
    #[error("the node does not start")]
    Start(#[source] Box<super::cosigners::start::StartError>),
    /// Bytes that are no statement.
    #[error("the statement can't be read")]
    Malformed(#[source] WireError),
    /// A statement whose parts or signatures are not good.
    #[error("the statement is refused")]
    Unsound(#[source] ObjectError),
    /// The log has ended.
    #[error(
        "the log was closed by statement {}; {}", .0.index, .0.successor.as_ref().map_or_else(|| "no other goes on".to_owned(), |s| format!("`{s}` goes on"))
    )]
    Closed(ledger::Closed),
    /// A draft that is not good.
    #[error("the draft is refused")]
    Draft(#[source] DraftError),
    /// Nobody offered the draft.
    #[error("the draft lacks its issuer's signature; sign it before offering it")]
    NotOffered,
    /// Too many drafts wait.
    #[error("{0} drafts wait already, the most that are kept; sign or let go of some first")]
    TooManyDrafts(usize),
    /// The statement does not follow in its issuer's chain.
    #[error("the statement does not follow in its issuer's chain")]
    Chain(#[source] ChainFault),
    /// The append can't be planned.
    #[error("the statement can't be appended")]
    Plan(#[source] PlanError),
    /// Storage.
    #[error("the log's storage")]
    Store(#[source] StoreError),
    /// The batch that the statement was in failed as a whole.
    #[error(transparent)]
    Batch(std::sync::Arc<Self>),
    /// The cosigners' lines do not go with the checkpoint.
    #[error("the cosigned checkpoint")]
    Note(#[source] tlog::NoteError),
    /// Too much waits to be appended.
    #[error("too many statements wait to be appended; ask again in a moment")]
    Busy,
    /// The thread that was appending it fell.
    #[error(
        "a fault of this software while appending; sync to see whether the statement was logged"
    )]
    Abandoned,
    /// Another append came between; ask again.
    #[error("another statement was appended at the same moment; ask again")]
    Again,
    /// A published file can't be read.
    #[error("a file of the log")]
    Files(#[source] ledger::FileError),
    /// The log can't be read back.
    #[error("the log can't be read back")]
    Read(#[source] SyncError),
    /// A receipt can't be built.
    #[error("the receipt can't be built")]
    Receipt(#[source] ReceiptError),
    /// A COSE receipt can't be made.
    #[error("the COSE receipt can't be made")]
    Cose(#[source] ledger::CoseReceiptError),
}

impl NodeError {
    /// The error itself, where it is one that a whole batch shares.
    pub fn cause(&self) -> &Self {
        match self {
            Self::Batch(shared) => shared.cause(),
            other => other,
        }
    }

    /// Who is at fault.
    pub fn fault(&self) -> Fault {
        match self.cause() {
            Self::Malformed(_)
            | Self::Unsound(_)
            | Self::Draft(_)
            | Self::NotOffered
            | Self::Closed(_)
            | Self::TooManyDrafts(_) => Fault::Caller,
            Self::Chain(ChainFault::TimeWentBack { .. } | ChainFault::SeenAhead { .. }) => {
                Fault::Caller
            }
            Self::Chain(_) | Self::Again => Fault::Conflict,
            Self::Plan(PlanError::Unfit { source: Unfit::OtherLog { .. }, .. }) => Fault::Caller,
            // one of the two clocks is wrong; once it is set, the same statement is taken
            Self::Plan(PlanError::Unfit { source: Unfit::Ahead { .. }, .. }) | Self::Busy => {
                Fault::Unavailable
            }
            Self::Plan(_) | Self::Note(_) | Self::Cose(_) | Self::Batch(_) | Self::Abandoned => {
                Fault::Bug
            }
            Self::File(_)
            | Self::LogKey { .. }
            | Self::Trust { .. }
            | Self::OtherLog { .. }
            | Self::Start(_)
            | Self::Place(_)
            | Self::TwoPlaces { .. }
            | Self::OthersObjects { .. }
            | Self::Store(_)
            | Self::Files(_)
            | Self::Receipt(_)
            | Self::Read(_) => Fault::Unavailable,
        }
    }

    /// A stable code to branch on.
    pub fn code(&self) -> &'static str {
        match self.cause() {
            Self::File(_) => "file",
            Self::LogKey { .. } => "log-key",
            Self::Trust { .. } => "trust",
            Self::OtherLog { .. } => "other-log",
            Self::Start(_) => "start",
            Self::Place(_) | Self::TwoPlaces { .. } | Self::OthersObjects { .. } => "store-place",
            Self::Malformed(_) => "malformed",
            Self::Unsound(_) => "unsound",
            Self::Draft(_) => "draft",
            Self::NotOffered => "not-offered",
            Self::Closed(_) => "log-closed",
            Self::TooManyDrafts(_) => "too-many-drafts",
            Self::Chain(_) => "position-taken",
            Self::Plan(PlanError::Unfit { source: Unfit::Ahead { .. }, .. }) => "clock-ahead",
            Self::Plan(_) => "plan",
            Self::Busy => "busy",
            Self::Note(_) => "note",
            Self::Batch(_) | Self::Abandoned => "abandoned",
            Self::Store(_) => "storage",
            Self::Again => "again",
            Self::Files(_) => "files",
            Self::Read(_) => "read-back",
            Self::Receipt(_) => "receipt",
            Self::Cose(_) => "cose",
        }
    }
}
