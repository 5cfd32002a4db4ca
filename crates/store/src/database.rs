//! The SQLite database: the commit point of the log, and small tables of a node or a party.

pub(crate) mod pages;
pub(crate) mod sql;
mod tables;
pub(crate) mod wal;

pub use tables::{Recorded, Request, StoredDraft};

use crate::StoreError;
use domain::{Digest, Timestamp};
use ledger::{AppendPlan, TreeHead};
use pages::Pages;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is committed: the tree and its signed checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// Size and both roots.
    pub head: TreeHead,
    /// The signed note; cosignatures may have been added since it was committed.
    pub checkpoint: Vec<u8>,
    /// When it was committed, never earlier than the one before.
    pub at: Timestamp,
}

/// How a compare-and-swap ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Swap {
    /// The plan is committed.
    Done,
    /// Another tree is committed, or none; nothing was changed.
    Conflict(Option<TreeHead>),
    /// A statement is there already; nothing was changed.
    Duplicate {
        /// Which statement.
        id: Digest,
        /// Its index.
        index: u64,
    },
}

/// Where the committed checkpoint lives: the one place that decides what happened.
pub trait Register: Send + Sync {
    /// What is committed; `None` before the first checkpoint.
    ///
    /// # Errors
    /// When the database fails.
    fn committed(&self) -> Result<Option<Committed>, StoreError>;

    /// Commits a plan if its `from` is what is committed, durably and as a whole. Before the first checkpoint
    /// the empty tree is.
    ///
    /// # Errors
    /// When the database fails. Unless the error is [`StoreError::Full`], it is not known what happened.
    fn swap(&self, plan: &AppendPlan, at: Timestamp) -> Result<Swap, StoreError>;

    /// Replaces the committed checkpoint of this head by one with more signatures; false if the head is
    /// another.
    ///
    /// # Errors
    /// When the database fails.
    fn replace_checkpoint(&self, head: &TreeHead, checkpoint: &[u8]) -> Result<bool, StoreError>;

    /// The index of a statement in the log.
    ///
    /// # Errors
    /// When the database fails.
    fn index_of(&self, id: &Digest) -> Result<Option<u64>, StoreError>;
}

/// A SQLite database with this software's tables.
#[derive(Debug)]
pub struct Database {
    inner: Mutex<Inner>,
}

/// The connection, and the pages of the file behind it, if there is one.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) connection: Connection,
    pages: Option<Pages>,
}

/// Names what was being done when SQLite failed; a full disk is told apart.
pub(crate) fn failed(doing: &'static str) -> impl Fn(rusqlite::Error) -> StoreError {
    move |source| match source.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DiskFull) => StoreError::Full { path: "node.db".to_owned() },
        Some(_) | None => StoreError::Database { doing, source },
    }
}

/// SQLite counts in 63 bits, which is enough for any log and any instant.
pub(crate) fn integer(value: u64) -> Result<i64, StoreError> {
    i64::try_from(value).map_err(|_| StoreError::BadPlan(format!("{value} is above 2^63 - 1")))
}

/// A value that this software can't have written.
pub(crate) fn strange(what: &str) -> StoreError {
    StoreError::Damaged(format!("the database has a {what} that was never written"))
}

pub(crate) fn instant(micros: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_micros(micros).ok_or_else(|| strange("time"))
}

impl Database {
    /// Opens or creates the database at a path; its folder exists.
    ///
    /// # Errors
    /// [`StoreError::Database`], or [`StoreError::Schema`] for a database of another version.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let connection = Connection::open(path).map_err(failed("opening it"))?;
        // One process writes here, so nothing is shared through a `-shm` file. The main file changes when `pages` moves
        // the write-ahead log into it, and at no other time. The journal mode answers with a row, which
        // `execute_batch` ignores.
        let pragmas = "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL;
             PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
             PRAGMA busy_timeout = 5000; PRAGMA secure_delete = ON;";
        connection.execute_batch(pragmas).map_err(failed("opening it"))?;
        let off = DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
        connection.set_db_config(off, true).map_err(failed("opening it"))?;
        let database = Self::prepare(connection)?;
        let pages = Pages::open(path)?;
        database.lock().pages = Some(pages);
        database.move_in()?;
        Ok(database)
    }

    /// Moves what is in the write-ahead log into the main file, and empties it.
    fn move_in(&self) -> Result<(), StoreError> {
        let mut inner = self.lock();
        let Inner { connection, pages } = &mut *inner;
        pages.as_mut().map_or(Ok(()), |pages| pages.move_in(connection))
    }

    /// The lock before a change: a write-ahead log that has grown is moved into the main file first, so that a failure
    /// to do so changes nothing.
    fn change(&self) -> Result<MutexGuard<'_, Inner>, StoreError> {
        let mut inner = self.lock();
        let Inner { connection, pages } = &mut *inner;
        if let Some(pages) = pages {
            pages.move_in_if_many(connection)?;
        }
        Ok(inner)
    }

    /// A database in memory, gone when dropped.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::prepare(Connection::open_in_memory().map_err(failed("opening it"))?)
    }

    fn prepare(mut connection: Connection) -> Result<Self, StoreError> {
        let doing = failed("preparing its tables");
        let change = connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let change = change.map_err(&doing)?;
        let tables: i64 =
            change.query_row(sql::HAS_SCHEMA, (), |row| row.get(0)).map_err(&doing)?;
        if tables == 0 {
            change.execute_batch(sql::SCHEMA).map_err(&doing)?;
            change.execute(sql::WRITE_VERSION, (sql::VERSION,)).map_err(&doing)?;
        }
        let found = change.query_row(sql::READ_VERSION, (), |row| row.get(0)).map_err(&doing)?;
        if found != sql::VERSION {
            return Err(StoreError::Schema { found, known: sql::VERSION });
        }
        change.commit().map_err(&doing)?;
        Ok(Self { inner: Mutex::new(Inner { connection, pages: None }) })
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic within a transaction rolls it back, so the connection stays good.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // What stays in the write-ahead log is moved by the next opening.
        let _moved_later = self.move_in();
    }
}

/// A row of `log_head`, as SQLite has it.
type HeadRow = (i64, Vec<u8>, Vec<u8>, Vec<u8>, i64);

fn head_row(row: &Row<'_>) -> rusqlite::Result<HeadRow> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
}

pub(crate) fn read_head(connection: &Connection) -> Result<Option<Committed>, StoreError> {
    let row = connection.query_row(sql::READ_HEAD, (), head_row).optional();
    let row = row.map_err(failed("reading the committed checkpoint"))?;
    let Some((size, root, root384, checkpoint, at)) = row else { return Ok(None) };
    let size = u64::try_from(size).map_err(|_| strange("size"))?;
    let root = root.try_into().map_err(|_| strange("root"))?;
    let root384 = root384.try_into().map_err(|_| strange("SHA-384 root"))?;
    Ok(Some(Committed { head: TreeHead { size, root, root384 }, checkpoint, at: instant(at)? }))
}

fn read_index(connection: &Connection, id: &Digest) -> Result<Option<u64>, StoreError> {
    let doing = failed("looking a statement up");
    // Prepared once: a batch looks up and adds a thousand of them.
    let mut prepared = connection.prepare_cached(sql::INDEX_OF).map_err(&doing)?;
    let index: Option<i64> = prepared
        .query_row((id.as_bytes().as_slice(),), |row| row.get(0))
        .optional()
        .map_err(&doing)?;
    index.map(|i| u64::try_from(i).map_err(|_| strange("index"))).transpose()
}

/// The changes of a swap, within its transaction; anything but `Done` rolls back.
fn swap_within(
    change: &Transaction<'_>,
    plan: &AppendPlan,
    at: Timestamp,
) -> Result<Swap, StoreError> {
    let doing = failed("committing the checkpoint");
    let committed = read_head(change)?.map(|c| c.head);
    if committed.unwrap_or(TreeHead::EMPTY) != plan.from {
        return Ok(Swap::Conflict(committed));
    }
    let TreeHead { size, root, root384 } = &plan.to;
    let (size, root, root384) = (integer(*size)?, root.as_slice(), root384.as_slice());
    let (checkpoint, at) = (plan.checkpoint.as_slice(), at.as_micros());
    let changed = if committed.is_none() {
        change.execute(sql::FIRST_HEAD, (size, root, root384, checkpoint, at))
    } else {
        let TreeHead { size: old, root: before, root384: before384 } = &plan.from;
        let (old, before, before384) = (integer(*old)?, before.as_slice(), before384.as_slice());
        let row = (size, root, root384, checkpoint, at, old, before, before384);
        change.execute(sql::SWAP_HEAD, row)
    };
    if changed.map_err(&doing)? != 1 {
        return Ok(Swap::Conflict(committed));
    }
    let mut add = change.prepare_cached(sql::ADD_STATEMENT).map_err(&doing)?;
    for (id, index) in &plan.statements {
        let row = (id.as_bytes().as_slice(), integer(*index)?);
        if add.execute(row).map_err(&doing)? == 1 {
            continue;
        }
        let index = read_index(change, id)?.ok_or_else(|| strange("statement"))?;
        return Ok(Swap::Duplicate { id: *id, index });
    }
    Ok(Swap::Done)
}

impl Register for Database {
    fn committed(&self) -> Result<Option<Committed>, StoreError> {
        read_head(&self.lock().connection)
    }

    fn swap(&self, plan: &AppendPlan, at: Timestamp) -> Result<Swap, StoreError> {
        let doing = failed("committing the checkpoint");
        let mut inner = self.change()?;
        let change = inner.connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let change = change.map_err(&doing)?;
        let swap = swap_within(&change, plan, at)?;
        if swap == Swap::Done {
            change.commit().map_err(&doing)?;
        }
        Ok(swap)
    }

    fn replace_checkpoint(&self, head: &TreeHead, checkpoint: &[u8]) -> Result<bool, StoreError> {
        let (root, root384) = (head.root.as_slice(), head.root384.as_slice());
        let row = (checkpoint, integer(head.size)?, root, root384);
        let changed = self.change()?.connection.execute(sql::REPLACE_CHECKPOINT, row);
        Ok(changed.map_err(failed("adding cosignatures"))? == 1)
    }

    fn index_of(&self, id: &Digest) -> Result<Option<u64>, StoreError> {
        read_index(&self.lock().connection, id)
    }
}

#[cfg(test)]
mod tests;
