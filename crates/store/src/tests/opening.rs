//! Opening: locks, recovery from odd states, and the states that are refused.

use super::crash::OnDisk;
use super::{append, at, audit, head_of, id, object_path, plan, whole};
use crate::{
    Database, Disk, FileLog, Log, LogFolder, LogStore, MemoryDisk, Register, StoreError, stage,
};
use ledger::{AppendPlan, LogFiles, TreeHead};
use std::collections::BTreeSet;
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

/// A log of two statements whose machine stopped while the second was being put in place: it is staged and committed.
fn stopped(disk: &Arc<MemoryDisk>, database: &Arc<Database>) -> AppendPlan {
    let log = opened(disk, database).expect("opens");
    append(&log, &[1], 10);
    let head = head_of(log.head().expect("reads").as_ref());
    let next = plan(&log, head, &[2]);
    let bundle = stage::encode(&next.to, &next.files).expect("fits");
    disk.write(&[(stage::path(&next.to), bundle.as_slice())]).expect("writes");
    database.swap(&next, at(11)).expect("swaps");
    let above = |path: &str| path.rsplit_once('/').expect("in a folder").0.to_owned();
    let folders: BTreeSet<String> =
        next.files.iter().map(|f| format!("log/{}", above(&f.path))).collect();
    disk.create_folders(&folders.into_iter().collect::<Vec<_>>()).expect("creates");
    next
}

fn empty_file(_: &[u8]) -> Vec<u8> {
    Vec::new()
}
fn half(bytes: &[u8]) -> Vec<u8> {
    bytes[..bytes.len() / 2].to_vec()
}
fn zeros(bytes: &[u8]) -> Vec<u8> {
    vec![0; bytes.len()]
}
fn half_then_zeros(bytes: &[u8]) -> Vec<u8> {
    [half(bytes), vec![0; bytes.len() - bytes.len() / 2]].concat()
}

#[test]
fn torn_files_of_a_staged_append_are_written_again() {
    for torn in [empty_file, half, zeros, half_then_zeros] {
        let (disk, database) = empty();
        let next = stopped(&disk, &database);
        for file in &next.files {
            let there = torn(&file.bytes);
            disk.write(&[(format!("log/{}", file.path), there.as_slice())]).expect("writes");
        }
        assert_eq!(whole(&OnDisk(disk.as_ref()), &[1]), 1, "what is published stands before that");
        audit(&opened(&disk, &database).expect("opens"), &[1, 2]);
        assert_eq!(disk.list("stage").expect("lists"), Vec::<String>::new());
    }
}

#[test]
fn other_content_is_no_tear() {
    let (reference, database) = empty();
    let next = stopped(&reference, &database);
    let file = next.files.iter().find(|f| f.path == object_path(2)).expect("an object");
    let mut flipped = file.bytes.clone();
    flipped[0] ^= 1;
    let longer = [&file.bytes[..], b"x"].concat();
    for other in [flipped, longer] {
        let (disk, database) = empty();
        stopped(&disk, &database);
        let path = format!("log/{}", file.path);
        disk.write(&[(path.clone(), other.as_slice())]).expect("writes");
        let refused = opened(&disk, &database).expect_err("nobody wrote that");
        assert!(matches!(&refused, StoreError::Changed { path: named } if *named == path));
        assert_eq!(disk.read(&path).expect("reads"), Some(other), "it stays to be looked at");
    }
}

#[test]
fn a_torn_file_with_nothing_staged_is_a_fault_by_name() {
    let (disk, database) = empty();
    let next = stopped(&disk, &database);
    opened(&disk, &database).expect("finishes");
    let torn = |path: &str, bytes: &[u8]| {
        disk.write(&[(format!("log/{path}"), bytes)]).expect("writes");
    };
    let object = next.files.iter().find(|f| f.path == object_path(2)).expect("an object");
    torn(&object.path, b"");
    let log = opened(&disk, &database).expect("only the edge is read when opening");
    let named = log.shred(&id(2)).expect_err("the object is torn").to_string();
    assert!(named.contains(&object.path), "{named}");
    for tile in
        next.files.iter().filter(|f| f.path.starts_with("tile/") && !f.path.contains("entries"))
    {
        torn(&tile.path, &half(&tile.bytes));
        let refused = opened(&disk, &database).expect_err("the edge is torn");
        assert!(matches!(refused, StoreError::Damaged(_)), "{refused}");
        torn(&tile.path, &tile.bytes);
    }
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
