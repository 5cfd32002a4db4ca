//! Opening: locks, recovery from odd states, and the states that are refused.

use super::{append, at, audit, head_of, plan, whole};
use crate::{
    Database, Disk, FileLog, Log, LogFolder, LogStore, MemoryDisk, Register, StoreError, stage,
};
use ledger::{LogFiles, TreeHead};
use std::sync::Arc;

fn opened(disk: &Arc<MemoryDisk>, database: &Arc<Database>) -> Result<Log, StoreError> {
    Log::open(Arc::<MemoryDisk>::clone(disk), Arc::<Database>::clone(database))
}

fn empty() -> (Arc<MemoryDisk>, Arc<Database>) {
    (Arc::new(MemoryDisk::new()), Arc::new(Database::in_memory().expect("opens")))
}

#[test]
fn one_process_writes() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = FileLog::open(folder.path()).expect("opens");
    append(&*first, &[1], 10);
    let second = FileLog::open(folder.path()).expect_err("is locked");
    assert!(
        matches!(&second, StoreError::Locked { path, pid } if path.ends_with("lock")
            && *pid == Some(std::process::id())),
        "{second}"
    );
    drop(first);
    let again = FileLog::open(folder.path()).expect("the lock died with its holder");
    audit(&*again, &[1]);
    append(&*again, &[2], 11);
    let carried = LogFolder::new(folder.path().join("log"));
    assert_eq!(whole(&carried, &[1, 2]), 2, "anyone may read it, lock or not");
    assert_eq!(carried.list().expect("lists"), LogFiles::list(&*again).expect("lists"));
    assert_eq!(carried.read("../node.db").expect("reads"), None);
    drop(again);
    audit(&*FileLog::open(folder.path()).expect("opens"), &[1, 2]);
    FileLog::open(&folder.path().join("absent")).expect_err("the folder must exist");
}

#[test]
fn an_older_database_is_refused() {
    let (disk, old) = empty();
    let log = opened(&disk, &old).expect("opens");
    append(&log, &[1], 10);
    let newer = Arc::new(Database::in_memory().expect("opens"));
    let refused = opened(&disk, &newer).expect_err("nothing is committed there");
    assert!(matches!(refused, StoreError::PublishedAhead { published: 1, committed: 0 }));
}

#[test]
fn two_histories_of_one_size_are_refused() {
    let (disk, database) = empty();
    append(&opened(&disk, &database).expect("opens"), &[1], 10);
    let (other_disk, other) = empty();
    append(&opened(&other_disk, &other).expect("opens"), &[2], 10);
    let refused = opened(&disk, &other).expect_err("disagree");
    assert!(matches!(refused, StoreError::Fork { size: 1 }), "{refused}");
}

#[test]
fn a_stage_without_a_swap_is_dropped() {
    let (disk, database) = empty();
    let log = opened(&disk, &database).expect("opens");
    append(&log, &[1], 10);
    let head = head_of(log.head().expect("reads").as_ref());
    let lost = plan(&log, head, &[2]);
    let bundle = stage::encode(&lost.to, &lost.files).expect("fits");
    disk.write(&[(stage::path(&lost.to), bundle.as_slice())]).expect("writes");
    let log = opened(&disk, &database).expect("opens");
    assert_eq!(disk.list("stage").expect("lists"), Vec::<String>::new());
    audit(&log, &[1]);
}

#[test]
fn a_swap_is_finished_from_its_stage_and_not_without_it() {
    let (disk, database) = empty();
    let log = opened(&disk, &database).expect("opens");
    append(&log, &[1], 10);
    let head = head_of(log.head().expect("reads").as_ref());
    let next = plan(&log, head, &[2]);
    database.swap(&next, at(11)).expect("swaps");
    let missing = opened(&disk, &database).expect_err("the files are nowhere");
    assert!(matches!(missing, StoreError::Damaged(_)), "{missing}");
    let mut bundle = stage::encode(&next.to, &next.files).expect("fits");
    bundle[60] ^= 1;
    disk.write(&[(stage::path(&next.to), bundle.as_slice())]).expect("writes");
    let torn = opened(&disk, &database).expect_err("the bundle is not whole");
    assert!(matches!(torn, StoreError::Damaged(_)), "{torn}");
    bundle[60] ^= 1;
    disk.write(&[(stage::path(&next.to), bundle.as_slice())]).expect("writes");
    audit(&opened(&disk, &database).expect("opens"), &[1, 2]);
    assert_eq!(disk.list("stage").expect("lists"), Vec::<String>::new());
}

#[test]
fn a_damaged_edge_is_refused() {
    let (disk, database) = empty();
    let log = opened(&disk, &database).expect("opens");
    append(&log, &[1, 2, 3], 10);
    let path = "log/tile/0/000.p/3".to_owned();
    let mut bytes = disk.read(&path).expect("reads").expect("is there");
    bytes[0] ^= 1;
    disk.write(&[(path.clone(), bytes.as_slice())]).expect("writes");
    assert!(matches!(opened(&disk, &database), Err(StoreError::Damaged(_))));
    disk.remove(&path).expect("removes");
    assert!(matches!(opened(&disk, &database), Err(StoreError::Damaged(_))));
    disk.write(&[("log/checkpoint".to_owned(), b"x".as_slice())]).expect("writes");
    assert!(matches!(opened(&disk, &database), Err(StoreError::Damaged(_))));
}

#[test]
fn cosignatures_that_were_committed_are_published_again() {
    let (disk, database) = empty();
    let log = opened(&disk, &database).expect("opens");
    let committed = append(&log, &[1], 10);
    let mut note = committed.checkpoint.clone();
    note.extend_from_slice("\u{2014} w.example AAAAAAA=\n".as_bytes());
    database.replace_checkpoint(&committed.head, &note).expect("replaces");
    let log = opened(&disk, &database).expect("opens");
    assert_eq!(log.read("checkpoint").expect("reads"), Some(note));
    let elsewhere = database.replace_checkpoint(&TreeHead::EMPTY, b"x").expect("replaces");
    assert!(!elsewhere, "another head has another checkpoint");
}
