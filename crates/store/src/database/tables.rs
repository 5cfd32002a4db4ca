//! Small tables of a node or a party: drafts that await signatures, and requests answered once.

use super::{Database, failed, instant, sql, strange};
use crate::StoreError;
use domain::{Digest, Timestamp};
use rusqlite::{OptionalExtension, Row};

/// A draft that awaits signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDraft {
    /// The statement's id.
    pub id: Digest,
    /// The draft, in the ledger's encoding.
    pub bytes: Vec<u8>,
    /// When it was first put here.
    pub created_at: Timestamp,
}

/// A request that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The answer.
    pub receipt: Vec<u8>,
    /// When it was first answered.
    pub created_at: Timestamp,
}

/// How recording an answer ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded {
    /// This answer is the one that counts.
    First,
    /// The request was answered before; that answer counts.
    Before(Request),
}

type DraftRow = (Vec<u8>, Vec<u8>, i64);

fn draft_row(row: &Row<'_>) -> rusqlite::Result<DraftRow> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

fn draft((id, bytes, created_at): DraftRow) -> Result<StoredDraft, StoreError> {
    let id = Digest::from_bytes(id.try_into().map_err(|_| strange("draft id"))?);
    Ok(StoredDraft { id, bytes, created_at: instant(created_at)? })
}

impl Database {
    /// Puts a draft, or replaces its bytes, as when it gained a signature; its creation time stays.
    ///
    /// # Errors
    /// When the database fails.
    pub fn put_draft(&self, id: &Digest, bytes: &[u8], now: Timestamp) -> Result<(), StoreError> {
        let row = (id.as_bytes().as_slice(), bytes, now.as_micros());
        self.change()?
            .connection
            .execute(sql::PUT_DRAFT, row)
            .map_err(failed("putting a draft"))?;
        Ok(())
    }

    /// The draft with this id.
    ///
    /// # Errors
    /// When the database fails.
    pub fn draft(&self, id: &Digest) -> Result<Option<StoredDraft>, StoreError> {
        let row = self
            .lock()
            .connection
            .query_row(sql::READ_DRAFT, (id.as_bytes().as_slice(),), draft_row)
            .optional()
            .map_err(failed("reading a draft"))?;
        row.map(draft).transpose()
    }

    /// All drafts, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub fn drafts(&self) -> Result<Vec<StoredDraft>, StoreError> {
        let doing = failed("listing drafts");
        let inner = self.lock();
        let mut statement = inner.connection.prepare(sql::LIST_DRAFTS).map_err(&doing)?;
        let rows = statement.query_map((), draft_row).map_err(&doing)?;
        rows.map(|row| draft(row.map_err(&doing)?)).collect()
    }

    /// Deletes drafts, all of them or none; how many there were.
    ///
    /// # Errors
    /// When the database fails.
    pub fn delete_drafts(&self, ids: &[Digest]) -> Result<usize, StoreError> {
        let doing = failed("deleting drafts");
        let mut connection = self.change()?;
        let change = connection.connection.transaction().map_err(&doing)?;
        let mut deleted = 0;
        {
            let mut delete = change.prepare_cached(sql::DELETE_DRAFT).map_err(&doing)?;
            for id in ids {
                deleted += delete.execute((id.as_bytes().as_slice(),)).map_err(&doing)?;
            }
        }
        change.commit().map_err(&doing)?;
        Ok(deleted)
    }

    /// Empties the write-ahead log, so that what was deleted is in no file of the database any more: its pages
    /// are overwritten with zeros when it is deleted (`secure_delete`).
    ///
    /// # Errors
    /// When the database fails.
    pub fn scrub(&self) -> Result<(), StoreError> {
        self.move_in()
    }

    /// Records the answer to a request, unless it was answered before: then that answer is returned, and
    /// the caller must give it.
    ///
    /// # Errors
    /// When the database fails.
    pub fn record_request(
        &self,
        key: &str,
        receipt: &[u8],
        now: Timestamp,
    ) -> Result<Recorded, StoreError> {
        let inner = self.change()?;
        let added = inner.connection.execute(sql::ADD_REQUEST, (key, receipt, now.as_micros()));
        if added.map_err(failed("recording a request"))? == 1 {
            return Ok(Recorded::First);
        }
        let before = read_request(&inner.connection, key)?;
        before.map(Recorded::Before).ok_or_else(|| strange("request"))
    }

    /// The answer to a request, if it was answered.
    ///
    /// # Errors
    /// When the database fails.
    pub fn request(&self, key: &str) -> Result<Option<Request>, StoreError> {
        read_request(&self.lock().connection, key)
    }

    /// Forgets requests that were answered before an instant; returns how many.
    ///
    /// # Errors
    /// When the database fails.
    pub fn forget_requests(&self, before: Timestamp) -> Result<usize, StoreError> {
        let changed =
            self.change()?.connection.execute(sql::FORGET_REQUESTS, (before.as_micros(),));
        changed.map_err(failed("forgetting requests"))
    }
}

fn read_request(
    connection: &rusqlite::Connection,
    key: &str,
) -> Result<Option<Request>, StoreError> {
    let row: Option<(Vec<u8>, i64)> = connection
        .query_row(sql::READ_REQUEST, (key,), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
        .map_err(failed("reading a request"))?;
    let Some((receipt, created_at)) = row else { return Ok(None) };
    Ok(Some(Request { receipt, created_at: instant(created_at)? }))
}
