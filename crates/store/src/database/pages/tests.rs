//! The digests through growth, crashes at each step, and folders from before there were any.

use super::{PAGE, beside, decode, encode};
use crate::database::Database;
use domain::{Digest, Timestamp};
use std::fs;
use std::path::Path;

fn put(database: &Database, n: u32) {
    let bytes = vec![u8::try_from(n % 251).expect("small"); 3000];
    let id = Digest::of(&n.to_be_bytes());
    database.put_draft(&id, &bytes, Timestamp::EPOCH).expect("puts");
}

/// The pages that differ from their digests; all when there are none.
fn off(main: &Path) -> Vec<usize> {
    let bytes = fs::read(main).expect("reads");
    let sums = fs::read(beside(main, ".sums")).ok().and_then(|b| decode(&b)).unwrap_or_default();
    let pages = bytes.chunks(PAGE).enumerate();
    pages.filter(|(at, page)| sums.get(*at) != Some(&Digest::of(page))).map(|(at, _)| at).collect()
}

#[test]
fn a_closed_database_has_a_digest_for_each_page_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let main = folder.path().join("node.db");
    for round in 0..3 {
        let database = Database::open(&main).expect("opens");
        assert_eq!(off(&main), Vec::<usize>::new(), "after opening");
        assert!(!beside(&main, "-shm").exists());
        (0..40).for_each(|n| put(&database, round * 40 + n));
        drop(database);
        assert_eq!(off(&main), Vec::<usize>::new(), "after closing");
        assert_eq!(fs::metadata(beside(&main, "-wal")).map_or(0, |m| m.len()), 0);
    }
}

#[test]
fn a_write_ahead_log_that_grows_is_moved() {
    let folder = tempfile::tempdir().expect("a folder");
    let main = folder.path().join("node.db");
    let database = Database::open(&main).expect("opens");
    (0..600).for_each(|n| put(&database, n));
    let wal = fs::metadata(beside(&main, "-wal")).expect("there").len();
    assert!(wal < super::MOST_WAL + (1 << 20), "{wal} bytes");
    assert!(fs::metadata(&main).expect("there").len() > 100 * PAGE as u64);
}

#[test]
fn after_a_crash_between_any_two_steps_opening_brings_the_digests_up_to_date() {
    let folder = tempfile::tempdir().expect("a folder");
    let main = folder.path().join("node.db");
    let (wal, sums) = (beside(&main, "-wal"), beside(&main, ".sums"));
    let database = Database::open(&main).expect("opens");
    let before = (fs::read(&main).expect("reads"), fs::read(&sums).expect("reads"));
    (0..20).for_each(|n| put(&database, n));
    let log = fs::read(&wal).expect("reads");
    drop(database);
    let after = (fs::read(&main).expect("reads"), fs::read(&sums).expect("reads"));
    let stale = before.0.clone();
    let crashed = [
        ("before the first step", &stale, &before.1),
        ("after the first", &after.0, &before.1),
        ("after the second", &after.0, &after.1),
    ];
    for (when, main_bytes, sums_bytes) in crashed {
        fs::write(&main, main_bytes).expect("writes");
        fs::write(&sums, sums_bytes).expect("writes");
        fs::write(&wal, &log).expect("writes");
        let database = Database::open(&main).expect("opens");
        assert_eq!(database.drafts().expect("lists").len(), 20, "{when}");
        drop(database);
        assert_eq!(off(&main), Vec::<usize>::new(), "{when}");
    }
}

#[test]
fn a_database_from_before_gets_its_digests_when_it_is_opened() {
    let folder = tempfile::tempdir().expect("a folder");
    let main = folder.path().join("node.db");
    let database = Database::open(&main).expect("opens");
    (0..20).for_each(|n| put(&database, n));
    drop(database);
    fs::remove_file(beside(&main, ".sums")).expect("removes");
    drop(Database::open(&main).expect("opens"));
    assert_eq!(off(&main), Vec::<usize>::new());
}

#[test]
fn the_file_of_digests_has_one_form() {
    let sums = [Digest::of(b"1"), Digest::of(b"2")];
    let bytes = encode(&sums);
    assert_eq!(decode(&bytes), Some(sums.to_vec()));
    for at in 0..bytes.len() {
        let mut bad = bytes.clone();
        bad[at] ^= 1;
        assert_eq!(decode(&bad), None, "byte {at}");
    }
}
