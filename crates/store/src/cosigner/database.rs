//! The records in SQLite, one transaction a change, with `synchronous=FULL`.

use super::{CosignerState, Evidence, MAX_EVIDENCE, Progress, RecordedCheckpoint, sql};
use crate::StoreError;
use crate::database::{failed, instant, integer, strange};
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tlog::witness::{Latest, Misbehaviour};
use tlog::{Hash, SignedCheckpoint};

/// The records of a witness or a mirror in a SQLite database.
#[derive(Debug)]
pub struct CosignerDatabase {
    connection: Mutex<Connection>,
}

fn unsigned(value: i64, what: &str) -> Result<u64, StoreError> {
    u64::try_from(value).map_err(|_| strange(what))
}

impl CosignerDatabase {
    /// Opens or creates the database at a path; its folder exists.
    ///
    /// # Errors
    /// [`StoreError::Database`], or [`StoreError::Schema`] for a database of another version.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let doing = failed("opening it");
        let connection = Connection::open(path).map_err(&doing)?;
        let pragmas = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             PRAGMA busy_timeout = 5000;";
        connection.execute_batch(pragmas).map_err(&doing)?;
        Self::prepare(connection)
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
        let version = |row: &Row<'_>| row.get(0);
        if change.query_row(sql::READ_VERSION, (), version).map_err(&doing)? == 1_i64 {
            change.execute_batch(sql::FROM_1).map_err(&doing)?;
        }
        let found = change.query_row(sql::READ_VERSION, (), version).map_err(&doing)?;
        if found != sql::VERSION {
            return Err(StoreError::Schema { found, known: sql::VERSION });
        }
        change.commit().map_err(&doing)?;
        Ok(Self { connection: Mutex::new(connection) })
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type LatestRow = (i64, Vec<u8>, i64, Vec<u8>);

fn latest_row(row: &Row<'_>) -> rusqlite::Result<LatestRow> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
}

type ProgressRow = (i64, Vec<u8>, Option<Vec<u8>>, Option<Vec<u8>>, i64);

fn progress_row(row: &Row<'_>) -> rusqlite::Result<ProgressRow> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
}

type EvidenceRow = (String, bool, Vec<u8>, Option<Vec<u8>>, i64);

fn evidence_row(row: &Row<'_>) -> rusqlite::Result<EvidenceRow> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
}

impl CosignerState for CosignerDatabase {
    fn recorded(&self, origin: &str) -> Result<Option<RecordedCheckpoint>, StoreError> {
        let row = self.lock().query_row(sql::READ_LATEST, (origin,), latest_row).optional();
        let row = row.map_err(failed("reading the latest checkpoint"))?;
        let Some((size, root, time, note)) = row else { return Ok(None) };
        let root = Hash::from_slice(&root).ok_or_else(|| strange("root"))?;
        let latest = Latest { size: unsigned(size, "size")?, root, time: unsigned(time, "time")? };
        Ok(Some(RecordedCheckpoint { latest, note }))
    }

    fn advance(
        &self,
        origin: &str,
        from: Option<&Latest>,
        to: &RecordedCheckpoint,
    ) -> Result<bool, StoreError> {
        let RecordedCheckpoint { latest: Latest { size, root, time }, note } = to;
        let (size, time) = (integer(*size)?, integer(*time)?);
        let root = root.as_bytes().as_slice();
        let connection = self.lock();
        // one statement is one transaction: it is on the disk when it returns
        let changed = match from {
            None => connection.execute(sql::FIRST_LATEST, (origin, size, root, time, note)),
            Some(from) => {
                let (was, then) = (integer(from.size)?, integer(from.time)?);
                let old = from.root.as_bytes().as_slice();
                connection
                    .execute(sql::SWAP_LATEST, (origin, size, root, time, note, was, old, then))
            }
        };
        Ok(changed.map_err(failed("recording a checkpoint"))? == 1)
    }

    fn progress(&self, origin: &str) -> Result<Progress, StoreError> {
        let row = self.lock().query_row(sql::READ_PROGRESS, (origin,), progress_row).optional();
        let row = row.map_err(failed("reading how far a mirror has come"))?;
        let Some((next, root, root384, mirrored, size)) = row else {
            return Ok(Progress::default());
        };
        Ok(Progress {
            next: unsigned(next, "next entry")?,
            root: Some(root.try_into().map_err(|_| strange("root"))?),
            root384: root384
                .map(|r| r.try_into().map_err(|_| strange("SHA-384 root")))
                .transpose()?,
            mirrored,
            mirrored_size: unsigned(size, "size")?,
        })
    }

    fn entries_are_there(
        &self,
        origin: &str,
        next: u64,
        root: &[u8; 32],
        root384: Option<&[u8; 48]>,
    ) -> Result<(), StoreError> {
        let row = (origin, integer(next)?, root.as_slice(), root384.map(<[u8; 48]>::as_slice));
        let changed = self.lock().execute(sql::ADVANCE_PROGRESS, row);
        changed.map_err(failed("recording how far a mirror has come"))?;
        Ok(())
    }

    fn second_tree_is_there(
        &self,
        origin: &str,
        next: u64,
        root384: &[u8; 48],
    ) -> Result<bool, StoreError> {
        let row = (origin, integer(next)?, root384.as_slice());
        let changed = self.lock().execute(sql::SECOND_ROOT, row);
        Ok(changed.map_err(failed("recording the second tree"))? == 1)
    }

    fn mirror_checkpoint(&self, origin: &str, size: u64, note: &[u8]) -> Result<bool, StoreError> {
        let changed = self.lock().execute(sql::MIRROR_CHECKPOINT, (origin, integer(size)?, note));
        Ok(changed.map_err(failed("recording the mirror checkpoint"))? == 1)
    }

    fn keep(&self, evidence: &Evidence) -> Result<bool, StoreError> {
        let doing = failed("keeping evidence");
        let Evidence { origin, shows, note, against, at } = evidence;
        let (size, root) = key(note)?;
        let mut connection = self.lock();
        let change = connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let change = change.map_err(&doing)?;
        let kept: i64 =
            change.query_row(sql::COUNT_EVIDENCE, (origin,), |row| row.get(0)).map_err(&doing)?;
        if unsigned(kept, "count")? >= MAX_EVIDENCE {
            return Ok(false);
        }
        let proven = *shows == Misbehaviour::Proven;
        let size = integer(size)?;
        let row = (origin, size, root.as_slice(), proven, note, against, at.as_micros());
        let changed = change.execute(sql::KEEP_EVIDENCE, row).map_err(&doing)?;
        change.commit().map_err(&doing)?;
        Ok(changed == 1)
    }

    fn evidence(&self) -> Result<Vec<Evidence>, StoreError> {
        let doing = failed("reading the evidence");
        let connection = self.lock();
        let mut statement = connection.prepare(sql::LIST_EVIDENCE).map_err(&doing)?;
        let rows = statement.query_map((), evidence_row).map_err(&doing)?;
        let read = |row: rusqlite::Result<EvidenceRow>| {
            let (origin, proven, note, against, at) = row.map_err(&doing)?;
            let shows = if proven { Misbehaviour::Proven } else { Misbehaviour::Suspected };
            Ok(Evidence { origin, shows, note, against, at: instant(at)? })
        };
        rows.map(read).collect()
    }
}

/// Size and root of a checkpoint that is kept: the same one is kept once. A forged empty tree, which is no
/// checkpoint, is told apart by its text.
pub(super) fn key(note: &[u8]) -> Result<(u64, [u8; 32]), StoreError> {
    if let Ok(signed) = SignedCheckpoint::parse(note) {
        return Ok((signed.checkpoint().size(), *signed.checkpoint().root().as_bytes()));
    }
    let bad = |e: tlog::NoteError| StoreError::BadPlan(format!("the evidence: {e}"));
    let text = tlog::Note::parse(note).map_err(bad)?;
    Ok((0, *domain::Digest::of(text.text().as_bytes()).as_bytes()))
}
