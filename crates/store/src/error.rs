//! What can go wrong, and whether trying again can help.

use crate::disk::{DiskError, DiskFault};
use crate::objects::ObjectFault;
use domain::{Digest, Timestamp};
use std::path::PathBuf;

/// Why the store could not do something.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The plan starts from another tree than the committed one: somebody appended in between. Plan anew.
    #[error("the plan starts from {planned} leaves, and the log has {committed}; plan again")]
    Conflict {
        /// Leaves that the plan starts from.
        planned: u64,
        /// Leaves that are committed.
        committed: u64,
    },
    /// A statement of the plan is in the log already. Nothing was appended.
    #[error("statement {id} is in the log already, at index {index}")]
    Duplicate {
        /// Which statement.
        id: Digest,
        /// Where it is.
        index: u64,
    },
    /// The plan does not fit together.
    #[error("the plan can't be committed: {0}")]
    BadPlan(String),
    /// The clock went back further than [`crate::CLOCK_STEP`].
    #[error("the clock says {now}, and the last checkpoint was committed at {last}; set the clock")]
    ClockWentBack {
        /// What the clock says.
        now: Timestamp,
        /// When the last checkpoint was committed.
        last: Timestamp,
    },
    /// The disk is full. Nothing is half done; try again when there is room.
    #[error("the disk is full while working on `{path}`; make room and try again")]
    Full {
        /// What was being written.
        path: String,
    },
    /// A file operation failed in another way.
    #[error("`{path}` could not be {doing}")]
    Disk {
        /// Which file or folder.
        path: String,
        /// What was being done with it.
        doing: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// A sync failed. The store takes no more writes until it is opened anew.
    #[error("`{path}` could not be made durable; stop, check the disk, and start again")]
    Sync {
        /// Which file or folder.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// An earlier failure ended writing.
    #[error("an earlier failure ended writing; check the disk and start again")]
    Poisoned,
    /// The append is committed, and putting its files in place failed. It is retried before the next append
    /// and when the store is opened.
    #[error("the append is committed, and its files are not all in place yet")]
    NotPublished(#[source] Box<Self>),
    /// The database failed.
    #[error("the database failed while {doing}")]
    Database {
        /// What was being done.
        doing: &'static str,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The database was made by a newer version of this software, or is none of ours.
    #[error("the database has schema version {found}, and this version reads {known}")]
    Schema {
        /// The version found.
        found: i64,
        /// The version known.
        known: i64,
    },
    /// Another process writes here.
    #[error(
        "`{}` is held by {}; only one process may write here",
        path.display(),
        pid.map_or("another process".to_owned(), |pid| format!("process {pid}"))
    )]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// The process that holds it, if it said so.
        pid: Option<u32>,
    },
    /// The published checkpoint is ahead of the committed one: the database is from an older backup. Going on
    /// would sign a second history.
    #[error(
        "the published checkpoint has {published} leaves and the database {committed}: the database was \
         restored from an older copy; never go on from here, restore the newest one"
    )]
    PublishedAhead {
        /// Leaves published.
        published: u64,
        /// Leaves committed.
        committed: u64,
    },
    /// The bucket has less than this folder has seen of its log. Going on would sign a second history.
    #[error(
        "`node.db` has seen {ours} statements of this log and the bucket holds {theirs}: it is another bucket or prefix, \
         or it was restored from an older copy; never go on from here, mend `store.toml` or restore the newest objects"
    )]
    ObjectsBehind {
        /// Leaves seen.
        ours: u64,
        /// Leaves in the bucket.
        theirs: u64,
    },
    /// Other processes commit faster than this one can look.
    #[error("other hosts of this log commit faster than this one can look; try again")]
    Overtaken,
    /// The bucket can't hold a log, or not by these credentials.
    #[error(transparent)]
    Objects(#[from] ObjectFault),
    /// The published checkpoint and the committed one have the same size and different roots.
    #[error("two histories with {size} leaves: the published checkpoint and the database disagree")]
    Fork {
        /// Leaves of both.
        size: u64,
    },
    /// A file in the log differs from what the append would write there.
    #[error("`{path}` exists with other content; it should never change")]
    Changed {
        /// Which file.
        path: String,
    },
    /// What is stored does not lead to the committed root, or can't be read.
    #[error("the stored log is damaged: {0}")]
    Damaged(String),
}

impl From<DiskError> for StoreError {
    fn from(DiskError { path, fault, source }: DiskError) -> Self {
        match fault {
            DiskFault::Full => Self::Full { path },
            DiskFault::Sync => Self::Sync { path, source },
            DiskFault::Changed => Self::Changed { path },
            DiskFault::Other(doing) => Self::Disk { path, doing, source },
        }
    }
}

impl StoreError {
    /// Whether writing must end until the store is opened anew.
    pub fn is_fatal(&self) -> bool {
        match self {
            Self::Sync { .. }
            | Self::Poisoned
            | Self::PublishedAhead { .. }
            | Self::ObjectsBehind { .. }
            | Self::Fork { .. }
            | Self::Changed { .. }
            | Self::Damaged(_) => true,
            Self::Database { source, .. } => is_io_failure(source),
            Self::NotPublished(source) => source.is_fatal(),
            Self::Conflict { .. }
            | Self::Duplicate { .. }
            | Self::BadPlan(_)
            | Self::ClockWentBack { .. }
            | Self::Full { .. }
            | Self::Disk { .. }
            | Self::Schema { .. }
            | Self::Locked { .. }
            | Self::Objects(_)
            | Self::Overtaken => false,
        }
    }
}

/// Whether SQLite could not read, write or sync, or found its file damaged: after any of these it is not
/// known what was committed.
fn is_io_failure(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase, SystemIoFailure};
    let code = error.sqlite_error_code();
    matches!(code, Some(SystemIoFailure | DatabaseCorrupt | NotADatabase))
}
