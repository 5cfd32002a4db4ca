//! The log's folder: commits, recovery, reading. See the crate's head for the order of an append.

mod reader;
mod shred;
mod witnessed;
mod writer;

pub use reader::LogFolder;
pub(crate) use reader::failed;

use crate::database::{Committed, Database, Register};
use crate::disk::{Disk, Folder, MemoryDisk};
use crate::{FolderLock, StoreError};
use domain::{Digest, Span, Timestamp};
use ledger::{AppendPlan, FileError, LogFiles, Trees};
use std::ops::Deref;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use writer::Writer;

/// How far the clock may go back between commits, as when it is corrected. Within it the last instant is used
/// again; beyond it the commit is refused, since times in the log would be wrong.
pub const CLOCK_STEP: Span = Span::minutes(2);

/// How often a head is looked at again when another process commits meanwhile.
const TRIES: usize = 64;

/// The longest path in a log.
const MAX_PATH: usize = 200;

/// Where a log lives. Files are read through [`LogFiles`] and never wait for a commit.
pub trait LogStore: LogFiles + Send + Sync {
    /// What is committed, after making sure that it is published too; `None` before the first checkpoint.
    ///
    /// # Errors
    /// When the database or the disk fails.
    fn head(&self) -> Result<Option<Committed>, StoreError>;

    /// Commits a plan and publishes it.
    ///
    /// # Errors
    /// [`StoreError::NotPublished`] means that the plan is committed. After every other error it is not, or, when
    /// a database failed, it is unknown until the store is opened anew: look with [`LogStore::index_of`].
    fn commit(&self, plan: &AppendPlan, now: Timestamp) -> Result<Committed, StoreError>;

    /// Publishes the committed checkpoint with more signatures. The note has the committed text, every
    /// signature that is there already, and new ones; whether those are good is the caller's to check.
    ///
    /// # Errors
    /// [`StoreError::BadPlan`] for another note, or when the database or the disk fails.
    fn add_cosignatures(&self, note: &[u8]) -> Result<Committed, StoreError>;

    /// Publishes a checkpoint with cosignatures beside the newest one, at `witnessed`: a beginning of what is
    /// committed. An older one than is there already changes nothing. Whether the signatures are good is the caller's
    /// to check.
    ///
    /// # Errors
    /// [`StoreError::BadPlan`] for a note that can't be of this log, or when the database or the disk fails.
    fn publish_witnessed(&self, note: &[u8]) -> Result<(), StoreError>;

    /// Takes ciphertext, wrapped keys and salt out of a committed statement's object, durably, and out of every
    /// other file that the store still has of it. False if that was done before. Whether it may be done is the
    /// caller's to check.
    ///
    /// # Errors
    /// A statement that is not committed, an object that can't be read, or when the database or the disk fails.
    fn shred(&self, id: &Digest) -> Result<bool, StoreError>;

    /// The index of a statement in the log.
    ///
    /// # Errors
    /// When the database fails.
    fn index_of(&self, id: &Digest) -> Result<Option<u64>, StoreError>;
}

/// A log over any disk and register.
pub struct Log {
    disk: Arc<dyn Disk>,
    register: Arc<dyn Register>,
    writer: Mutex<Writer>,
}

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Log")
    }
}

/// A log in a folder of the file system, with its database and its lock.
#[derive(Debug)]
pub struct FileLog {
    log: Log,
    database: Arc<Database>,
    _lock: FolderLock,
}

/// A log in memory.
#[derive(Debug)]
pub struct MemoryLog {
    log: Log,
    database: Arc<Database>,
}

/// Whether a path may be in a log: plain names with `/` between, none starting with a dot.
pub(crate) fn is_log_path(path: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let good = |name: &str| !name.is_empty() && !name.starts_with('.') && name.chars().all(plain);
    path.len() <= MAX_PATH && path.split('/').all(good)
}

impl Log {
    /// Opens a log and finishes what a crash has left half done.
    ///
    /// # Errors
    /// [`StoreError::PublishedAhead`], [`StoreError::Fork`] or [`StoreError::Damaged`] when what is stored does
    /// not fit together, or when the database or the disk fails.
    pub fn open(disk: Arc<dyn Disk>, register: Arc<dyn Register>) -> Result<Self, StoreError> {
        let mut writer = Writer::default();
        disk.create_folders(&["stage", "tmp", "log"].map(str::to_owned))?;
        for path in disk.list("tmp")? {
            disk.remove(&path)?;
        }
        let mut settled = writer.settle(disk.as_ref(), register.as_ref())?;
        let log = Self { disk, register, writer: Mutex::new(writer) };
        while let Some(committed) = settled {
            let checked = log.check_edge(&committed);
            // another process may have gone on meanwhile, and outgrown what was to be checked
            settled = if log.disk.is_shared() && checked.is_err() { log.head()? } else { None };
            if settled.as_ref().is_none_or(|now| now.head == committed.head) {
                checked?;
                break;
            }
        }
        Ok(log)
    }

    /// Checks that the tiles at the right edge have the committed root: what the next append would build on.
    fn check_edge(&self, committed: &Committed) -> Result<(), StoreError> {
        let size = committed.head.size;
        let edge = Trees::read(self, size, size).map_err(|e| StoreError::Damaged(e.to_string()))?;
        if edge.head() == committed.head {
            return Ok(());
        }
        Err(StoreError::Damaged(format!("the tiles of {size} leaves have another root")))
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        // A panic while writing leaves the state as after an error: the next commit settles first.
        self.writer.lock().unwrap_or_else(|poisoned: PoisonError<_>| {
            let mut writer = poisoned.into_inner();
            writer.unsettle();
            writer
        })
    }
}

impl LogFiles for Log {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, FileError> {
        if !is_log_path(path) {
            return Ok(None);
        }
        self.disk.read(&format!("log/{path}")).map_err(failed)
    }

    fn list(&self) -> Result<Vec<String>, FileError> {
        let paths = self.disk.list("log").map_err(failed)?;
        Ok(paths.iter().filter_map(|p| p.strip_prefix("log/")).map(str::to_owned).collect())
    }
}

impl LogStore for Log {
    fn head(&self) -> Result<Option<Committed>, StoreError> {
        let mut writer = self.writer();
        for _ in 0..TRIES {
            writer.settled(self.disk.as_ref(), self.register.as_ref())?;
            let committed = self.register.committed()?;
            // what another process has committed since is not in place yet
            if !self.disk.is_shared() || writer.has_settled(committed.as_ref()) {
                return Ok(committed);
            }
        }
        Err(StoreError::Overtaken)
    }

    fn commit(&self, plan: &AppendPlan, now: Timestamp) -> Result<Committed, StoreError> {
        self.writer().commit(self.disk.as_ref(), self.register.as_ref(), plan, now)
    }

    fn add_cosignatures(&self, note: &[u8]) -> Result<Committed, StoreError> {
        self.writer().add_cosignatures(self.disk.as_ref(), self.register.as_ref(), note)
    }

    fn publish_witnessed(&self, note: &[u8]) -> Result<(), StoreError> {
        self.writer().publish_witnessed(self.disk.as_ref(), self.register.as_ref(), note)
    }

    fn shred(&self, id: &Digest) -> Result<bool, StoreError> {
        self.writer().shred(self.disk.as_ref(), self.register.as_ref(), id)
    }

    fn index_of(&self, id: &Digest) -> Result<Option<u64>, StoreError> {
        self.register.index_of(id)
    }
}

impl FileLog {
    /// Opens or creates the log in a folder, which exists, and takes its lock.
    ///
    /// # Errors
    /// [`StoreError::Locked`] when another process writes there, and as [`Log::open`].
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let lock = FolderLock::take(&folder.join("lock"))?;
        let database = Arc::new(Database::open(&folder.join("node.db"))?);
        let disk = Arc::new(Folder::new(folder.to_owned()));
        let register: Arc<dyn Register> = Arc::<Database>::clone(&database);
        Ok(Self { log: Log::open(disk, register)?, database, _lock: lock })
    }

    /// The database beside the log: drafts and requests.
    pub fn database(&self) -> &Database {
        &self.database
    }
}

impl MemoryLog {
    /// An empty log in memory.
    ///
    /// # Errors
    /// When SQLite has no memory.
    pub fn new() -> Result<Self, StoreError> {
        let database = Arc::new(Database::in_memory()?);
        let register: Arc<dyn Register> = Arc::<Database>::clone(&database);
        Ok(Self { log: Log::open(Arc::new(MemoryDisk::new()), register)?, database })
    }

    /// The database beside the log: drafts and requests.
    pub fn database(&self) -> &Database {
        &self.database
    }
}

impl Deref for FileLog {
    type Target = Log;
    fn deref(&self) -> &Log {
        &self.log
    }
}

impl Deref for MemoryLog {
    type Target = Log;
    fn deref(&self) -> &Log {
        &self.log
    }
}
