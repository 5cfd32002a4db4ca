//! Drafts, requests, versions; the swap is tested with the log.

use super::{Database, Recorded, Request, StoredDraft};
use crate::StoreError;
use domain::{Digest, Timestamp};

fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros).expect("in range")
}

/// Runs a test over a database in memory and one in a file.
fn each(test: fn(&Database)) {
    test(&Database::in_memory().expect("opens"));
    let folder = tempfile::tempdir().expect("a folder");
    test(&Database::open(&folder.path().join("home.db")).expect("opens"));
}

#[test]
fn drafts() {
    each(|database| {
        let (one, two) = (Digest::of(b"1"), Digest::of(b"2"));
        assert_eq!(database.drafts().expect("lists"), Vec::new());
        database.put_draft(&two, b"two", at(2)).expect("puts");
        database.put_draft(&one, b"one", at(1)).expect("puts");
        database.put_draft(&two, b"two signed", at(3)).expect("replaces");
        let stored = |id, bytes: &[u8], created| StoredDraft {
            id,
            bytes: bytes.to_vec(),
            created_at: at(created),
        };
        let expected = [stored(one, b"one", 1), stored(two, b"two signed", 2)];
        assert_eq!(database.drafts().expect("lists"), expected);
        assert_eq!(database.draft(&one).expect("reads").as_ref(), expected.first());
        assert_eq!(database.delete_drafts(&[one, Digest::of(b"none")]).expect("deletes"), 1);
        assert_eq!(database.delete_drafts(&[one]).expect("deletes"), 0, "it is gone");
        assert_eq!(database.draft(&one).expect("reads"), None);
    });
}

#[test]
fn a_request_is_answered_once() {
    each(|database| {
        assert_eq!(database.request("k").expect("reads"), None);
        let first = database.record_request("k", b"receipt", at(5)).expect("records");
        assert_eq!(first, Recorded::First);
        let before = Request { receipt: b"receipt".to_vec(), created_at: at(5) };
        let second = database.record_request("k", b"other", at(6)).expect("records");
        assert_eq!(second, Recorded::Before(before.clone()));
        assert_eq!(database.request("k").expect("reads"), Some(before));
        assert_eq!(database.forget_requests(at(5)).expect("forgets"), 0);
        assert_eq!(database.forget_requests(at(6)).expect("forgets"), 1);
        assert_eq!(database.request("k").expect("reads"), None);
    });
}

#[test]
fn a_database_is_kept_and_other_versions_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("home.db");
    let database = Database::open(&path).expect("opens");
    database.put_draft(&Digest::of(b"1"), b"one", at(1)).expect("puts");
    let full: i64 = database
        .lock()
        .connection
        .query_row("PRAGMA synchronous", (), |row| row.get(0))
        .expect("reads");
    assert_eq!(full, 2, "synchronous=FULL");
    drop(database);
    let database = Database::open(&path).expect("opens again");
    assert_eq!(database.drafts().expect("lists").len(), 1);
    database
        .lock()
        .connection
        .execute("UPDATE schema_version SET version = 99", ())
        .expect("writes");
    drop(database);
    let refused = Database::open(&path).expect_err("a newer version");
    assert!(matches!(refused, StoreError::Schema { found: 99, known: 2 }), "{refused}");
    let other = folder.path().join("other.db");
    std::fs::write(&other, "not a database, and long enough to be read as one".repeat(40))
        .expect("writes");
    Database::open(&other).expect_err("not a database");
}
