//! A real write-ahead log, whole, cut and flipped.

use super::Wal;
use crate::database::pages::PAGE;
use rusqlite::Connection;
use std::path::Path;

/// A database with three transactions in its write-ahead log, and that log.
fn written(folder: &Path) -> (Connection, Vec<u8>) {
    let path = folder.join("a.db");
    let connection = Connection::open(&path).expect("opens");
    let sql = "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;
        CREATE TABLE t (a INTEGER, b BLOB); INSERT INTO t VALUES (1, zeroblob(9000));
        INSERT INTO t VALUES (2, zeroblob(50));";
    connection.execute_batch(sql).expect("writes");
    let bytes = std::fs::read(folder.join("a.db-wal")).expect("reads");
    (connection, bytes)
}

#[test]
fn every_byte_of_a_whole_log_counts() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_open, bytes) = written(folder.path());
    let wal = Wal::read(&bytes, PAGE);
    assert_eq!(wal.whole, bytes.len());
    assert!(wal.pages.len() >= 4 && wal.count >= 4, "{wal:?}");
    for at in 0..bytes.len() {
        let mut bad = bytes.clone();
        bad[at] ^= 1;
        assert!(Wal::read(&bad, PAGE).whole < bytes.len(), "byte {at}");
    }
}

#[test]
fn a_torn_tail_is_of_no_transaction() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_open, bytes) = written(folder.path());
    let torn = &bytes[..bytes.len() - 1];
    let wal = Wal::read(torn, PAGE);
    assert!(wal.whole < torn.len() && wal.whole > 0);
    assert_eq!((bytes.len() - wal.whole) % (PAGE + 24), 0, "a whole transaction is gone");
    assert_eq!(Wal::read(&bytes, 512), Wal::default(), "another page size");
    assert_eq!(Wal::read(&[], PAGE), Wal::default());
}
