//! Every byte of a database's files, flipped in turn.

use super::{DATABASE_FILE, IndexFaultKind, SUMS_FILE, WAL_FILE, inspect};
use crate::{Database, Register};
use domain::{Digest, Timestamp};
use std::fs;
use std::path::Path;

/// A database with content in its main file and in its write-ahead log, as a killed process leaves it.
fn folder() -> tempfile::TempDir {
    let (living, killed) =
        (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let path = living.path().join(DATABASE_FILE);
    let put = |database: &Database, n: u8| {
        let id = Digest::of(&[n]);
        database.put_draft(&id, &[n; 500], Timestamp::EPOCH).expect("puts");
    };
    let database = Database::open(&path).expect("opens");
    (0..20).for_each(|n| put(&database, n));
    database.delete_drafts(&[Digest::of(&[3])]).expect("deletes");
    drop(database);
    let database = Database::open(&path).expect("opens");
    (20..22).for_each(|n| put(&database, n));
    for name in [DATABASE_FILE, WAL_FILE, SUMS_FILE] {
        fs::copy(living.path().join(name), killed.path().join(name)).expect("copies");
    }
    killed
}

fn faults(folder: &Path) -> Vec<super::IndexFault> {
    inspect(folder, &mut || false).expect("reads").faults
}

#[test]
fn a_sound_one_is_sound_and_is_left_alone() {
    let folder = folder();
    let before = fs::read(folder.path().join(DATABASE_FILE)).expect("reads");
    let found = inspect(folder.path(), &mut || false).expect("reads");
    assert_eq!(found.faults, Vec::new());
    assert_eq!(found.index.expect("reads").drafts.len(), 21);
    assert_eq!(fs::read(folder.path().join(DATABASE_FILE)).expect("reads"), before);
    assert_eq!(fs::read_dir(folder.path()).expect("lists").count(), 3, "it wrote nothing");
}

#[test]
fn a_flip_anywhere_is_found_or_lies_in_a_page_that_is_replaced() {
    let folder = folder();
    let replaced = {
        let wal = fs::read(folder.path().join(WAL_FILE)).expect("reads");
        crate::database::wal::Wal::read(&wal, super::PAGE).pages
    };
    assert!(!replaced.is_empty());
    let mut shadowed = 0_u32;
    for name in [DATABASE_FILE, WAL_FILE, SUMS_FILE] {
        let path = folder.path().join(name);
        let good = fs::read(&path).expect("reads");
        // a prime step reaches every field over the pages; `cargo xtask tamper` takes every byte
        for at in (0..good.len()).step_by(if name == SUMS_FILE { 1 } else { 37 }) {
            let mut bad = good.clone();
            bad[at] ^= 0x10;
            fs::write(&path, &bad).expect("writes");
            let page = u32::try_from(at / super::PAGE + 1).expect("small");
            if name == DATABASE_FILE && replaced.contains_key(&page) {
                shadowed += 1;
                continue;
            }
            let found = faults(folder.path());
            assert!(found.iter().any(|fault| fault.file == name), "{name}, byte {at}: {found:?}");
        }
        fs::write(&path, &good).expect("writes");
    }
    assert!(shadowed > 0);
}

#[test]
fn files_that_are_gone_or_cut_are_named() {
    let folder = folder();
    let sums = folder.path().join(SUMS_FILE);
    fs::remove_file(&sums).expect("removes");
    let found = faults(folder.path());
    assert!(found.iter().any(|f| f.file == SUMS_FILE && f.kind == IndexFaultKind::Missing));
    let folder = self::folder();
    let wal = folder.path().join(WAL_FILE);
    let bytes = fs::read(&wal).expect("reads");
    fs::write(&wal, &bytes[..bytes.len() - 1]).expect("writes");
    assert!(faults(folder.path()).iter().any(|f| f.kind == IndexFaultKind::Tail));
    fs::remove_file(folder.path().join(DATABASE_FILE)).expect("removes");
    assert!(faults(folder.path()).iter().any(|f| f.kind == IndexFaultKind::Missing));
}

#[test]
fn a_node_that_writes_meanwhile_is_waited_for() {
    let folder = folder();
    let wal = folder.path().join(WAL_FILE);
    let whole = fs::read(&wal).expect("reads");
    fs::write(&wal, &whole[..whole.len() - 100]).expect("writes");
    let mut waited = 0;
    let found = inspect(folder.path(), &mut || {
        waited += 1;
        fs::write(&wal, &whole).expect("writes");
        true
    });
    assert_eq!((found.expect("reads").faults, waited), (Vec::new(), 1));
}

#[test]
fn the_committed_head_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = crate::FileLog::open(folder.path()).expect("opens");
    let plan = crate::tests::plan(&*log, ledger::TreeHead::EMPTY, &[1, 2, 3]);
    crate::LogStore::commit(&*log, &plan, crate::tests::at(1)).expect("commits");
    let committed = log.database().committed().expect("reads");
    let index = inspect(folder.path(), &mut || false).expect("reads").index.expect("reads");
    assert_eq!(index.committed, committed);
    assert_eq!(index.statements, plan.statements);
}

#[test]
fn corpus() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/store_files");
    let read = |name: &str| fs::read(corpus.join(name)).expect("reads");
    assert_eq!(crate::whole_transactions(&read("wal")), 32 + 24 + 4096);
    assert_eq!(crate::whole_transactions(&read("wal-torn")), 32);
    assert_eq!(crate::page_digests(&read("sums")).map(|sums| sums.len()), Some(1));
    let staged = format!("stage/0-{}", Digest::from_bytes([0; 32]));
    assert_eq!(crate::staged_head(&staged, &read("stage")).map(|head| head.size), Some(0));
    for entry in fs::read_dir(&corpus).expect("lists") {
        let bytes = fs::read(entry.expect("lists").path()).expect("reads");
        assert!(crate::whole_transactions(&bytes) <= bytes.len());
        assert_eq!(crate::staged_head("stage/0-", &bytes), None);
    }
}
