//! What a database says, row by row, and whether SQLite finds it sound.

use super::IndexFaultKind;
use crate::database::{Committed, StoredDraft, failed, instant, read_head, sql, strange};
use crate::{Database, StoreError};
use domain::Digest;
use rusqlite::Connection;

/// What a database says.
#[derive(Debug, Default)]
pub struct Index {
    /// The committed checkpoint.
    pub committed: Option<Committed>,
    /// Each statement's id with its index in the log, by index.
    pub statements: Vec<(Digest, u64)>,
    /// Drafts that wait, oldest first.
    pub drafts: Vec<StoredDraft>,
    /// How many answered requests are remembered.
    pub requests: u64,
}

/// Everything in the tables, and what is wrong with them.
pub(super) fn read(connection: &Connection) -> Result<(Index, Vec<IndexFaultKind>), StoreError> {
    let mut faults = Vec::new();
    for said in texts(connection, "PRAGMA integrity_check")? {
        if said != "ok" {
            faults.push(IndexFaultKind::Sqlite(said));
        }
    }
    let schema = "SELECT coalesce(sql, name) FROM sqlite_schema ORDER BY name";
    let expected = texts(&Database::in_memory()?.lock().connection, schema)?;
    let found = texts(connection, schema)?;
    if found != expected {
        let differs = found.iter().find(|text| !expected.contains(text));
        let differs = differs.or_else(|| expected.iter().find(|text| !found.contains(text)));
        faults.push(IndexFaultKind::Schema(differs.cloned().unwrap_or_default()));
    }
    let version = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0);
    let doing = failed("reading its version");
    let version = connection.query_row(sql::READ_VERSION, (), version).map_err(doing)?;
    if version != sql::VERSION {
        return Err(StoreError::Schema { found: version, known: sql::VERSION });
    }
    let mut index = Index { committed: read_head(connection)?, ..Index::default() };
    statements(connection, &mut index, &mut faults)?;
    drafts(connection, &mut index, &mut faults)?;
    let requests = "SELECT count(*) FROM request WHERE length(request_key) > 0 AND created_at >= 0";
    let count = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0);
    let counted = connection.query_row(requests, (), count);
    let counted = counted.map_err(failed("counting its requests"))?;
    index.requests = u64::try_from(counted).unwrap_or_default();
    Ok((index, faults))
}

fn texts(connection: &Connection, sql: &str) -> Result<Vec<String>, StoreError> {
    let doing = failed("checking a copy of it");
    let mut prepared = connection.prepare(sql).map_err(&doing)?;
    let rows = prepared.query_map((), |row| row.get(0)).map_err(&doing)?;
    rows.collect::<Result<_, _>>().map_err(&doing)
}

fn statements(
    connection: &Connection,
    index: &mut Index,
    faults: &mut Vec<IndexFaultKind>,
) -> Result<(), StoreError> {
    let doing = failed("reading its statements");
    let mut prepared = connection.prepare(sql::LIST_STATEMENTS).map_err(&doing)?;
    let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, i64>(1)?));
    for row in prepared.query_map((), row).map_err(&doing)? {
        let (id, at) = row.map_err(&doing)?;
        match (id.try_into().map(Digest::from_bytes), u64::try_from(at)) {
            (Ok(id), Ok(at)) => index.statements.push((id, at)),
            _ => faults.push(IndexFaultKind::Row(format!("a statement at {at} has no id"))),
        }
    }
    Ok(())
}

fn drafts(
    connection: &Connection,
    index: &mut Index,
    faults: &mut Vec<IndexFaultKind>,
) -> Result<(), StoreError> {
    let doing = failed("reading its drafts");
    let mut prepared = connection.prepare(sql::LIST_DRAFTS).map_err(&doing)?;
    let row = |row: &rusqlite::Row<'_>| {
        Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, Vec<u8>>(1)?, row.get::<_, i64>(2)?))
    };
    for row in prepared.query_map((), row).map_err(&doing)? {
        let (id, bytes, created_at) = row.map_err(&doing)?;
        let id = id.try_into().map(Digest::from_bytes).map_err(|_| strange("draft id"));
        match id.and_then(|id| Ok(StoredDraft { id, bytes, created_at: instant(created_at)? })) {
            Ok(draft) => index.drafts.push(draft),
            Err(error) => faults.push(IndexFaultKind::Row(error.to_string())),
        }
    }
    Ok(())
}
