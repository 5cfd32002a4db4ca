//! One suite over memory and SQLite, and races for the record.
use super::*;
use std::sync::atomic::{AtomicU64, Ordering};
use tlog::{Checkpoint, Ed25519Signer, Hash, KeyName};

const ORIGIN: &str = "log.example/a";

/// Runs a test over records in memory and in a database.
fn each(test: fn(&dyn CosignerState)) {
    test(&MemoryCosignerState::new());
    let folder = tempfile::tempdir().expect("a folder");
    test(&CosignerDatabase::open(&folder.path().join("cosigner.db")).expect("opens"));
}

fn note(size: u64, root: u8) -> Vec<u8> {
    let key = Ed25519Signer::from_seed(KeyName::new(ORIGIN).expect("a name"), &[7; 32]);
    let root = if size == 0 { Hash::EMPTY_ROOT } else { Hash::from_bytes([root; 32]) };
    let checkpoint = Checkpoint::new(ORIGIN, size, root).expect("a checkpoint");
    let signed = checkpoint.sign(&[&key.expect("a key")]).expect("signs");
    signed.note().to_string().into_bytes()
}

fn record(size: u64) -> RecordedCheckpoint {
    let root = Hash::from_bytes([1; 32]);
    RecordedCheckpoint { latest: Latest { size, root, time: 100 + size }, note: note(size, 1) }
}

#[test]
fn only_what_follows_the_record_is_recorded() {
    each(|state| {
        assert_eq!(state.recorded(ORIGIN).expect("reads"), None);
        let (one, two, three) = (record(1), record(2), record(3));
        assert!(!state.advance(ORIGIN, Some(&one.latest), &two).expect("tries"));
        assert_eq!(state.recorded(ORIGIN).expect("reads"), None);
        assert!(state.advance(ORIGIN, None, &one).expect("records"));
        assert!(!state.advance(ORIGIN, None, &two).expect("tries"));
        assert!(state.advance(ORIGIN, Some(&one.latest), &three).expect("records"));
        // the slower of two that were checked against the same record
        assert!(!state.advance(ORIGIN, Some(&one.latest), &two).expect("tries"));
        for other in [
            Latest { size: 4, ..three.latest },
            Latest { root: Hash::EMPTY_ROOT, ..three.latest },
            Latest { time: 1, ..three.latest },
        ] {
            assert!(!state.advance(ORIGIN, Some(&other), &record(9)).expect("tries"));
        }
        assert_eq!(state.recorded(ORIGIN).expect("reads"), Some(three));
        assert_eq!(state.recorded("log.example/b").expect("reads"), None);
    });
}

#[test]
fn a_race_never_turns_the_record_back() {
    each(|state| {
        assert!(state.advance(ORIGIN, None, &record(0)).expect("records"));
        let won = AtomicU64::new(0);
        std::thread::scope(|scope| {
            for start in 1..=4_u64 {
                let won = &won;
                scope.spawn(move || {
                    for size in (start..200).step_by(4) {
                        let now = state.recorded(ORIGIN).expect("reads").expect("is there");
                        if size > now.latest.size
                            && state
                                .advance(ORIGIN, Some(&now.latest), &record(size))
                                .expect("tries")
                        {
                            won.fetch_max(size, Ordering::SeqCst);
                        }
                        let after = state.recorded(ORIGIN).expect("reads").expect("is there");
                        assert!(after.latest.size >= now.latest.size);
                    }
                });
            }
        });
        let last = state.recorded(ORIGIN).expect("reads").expect("is there");
        assert_eq!(last.latest.size, won.load(Ordering::SeqCst));
    });
}

#[test]
fn a_mirror_signs_no_more_than_it_has_and_never_less_than_before() {
    each(|state| {
        assert_eq!(state.progress(ORIGIN).expect("reads"), Progress::default());
        assert!(!state.mirror_checkpoint(ORIGIN, 0, &note(0, 1)).expect("tries"));
        state.entries_are_there(ORIGIN, 300, &[3; 32], None).expect("records");
        state.entries_are_there(ORIGIN, 256, &[2; 32], Some(&[2; 48])).expect("changes nothing");
        assert!(!state.second_tree_is_there(ORIGIN, 256, &[9; 48]).expect("tries"));
        assert!(!state.mirror_checkpoint(ORIGIN, 301, &note(301, 1)).expect("tries"));
        assert!(state.mirror_checkpoint(ORIGIN, 280, &note(280, 1)).expect("records"));
        assert!(!state.mirror_checkpoint(ORIGIN, 279, &note(279, 1)).expect("tries"));
        assert!(state.mirror_checkpoint(ORIGIN, 300, &note(300, 1)).expect("records"));
        let progress = state.progress(ORIGIN).expect("reads");
        let wanted = Progress {
            next: 300,
            root: Some([3; 32]),
            root384: None,
            mirrored: Some(note(300, 1)),
            mirrored_size: 300,
        };
        assert_eq!(progress, wanted);
        assert!(state.second_tree_is_there(ORIGIN, 300, &[9; 48]).expect("records"));
        let wanted = Progress { root384: Some([9; 48]), ..wanted };
        assert_eq!(state.progress(ORIGIN).expect("reads"), wanted);
        state.entries_are_there(ORIGIN, 301, &[4; 32], Some(&[8; 48])).expect("records");
        assert_eq!(state.progress(ORIGIN).expect("reads").root384, Some([8; 48]));
    });
}

#[test]
fn records_of_the_first_version_are_taken_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("cosigner.db");
    let state = CosignerDatabase::open(&path).expect("opens");
    state.entries_are_there(ORIGIN, 300, &[3; 32], None).expect("records");
    drop(state);
    let connection = rusqlite::Connection::open(&path).expect("opens");
    let back = "ALTER TABLE progress DROP COLUMN root384; UPDATE cosigner_version SET version = 1;";
    connection.execute_batch(back).expect("is as it was");
    drop(connection);
    let state = CosignerDatabase::open(&path).expect("takes it over");
    assert_eq!(state.progress(ORIGIN).expect("reads").next, 300);
    assert!(state.second_tree_is_there(ORIGIN, 300, &[9; 48]).expect("records"));
}

#[test]
fn evidence_is_kept_once_and_bounded() {
    each(|state| {
        let evidence = |size, shows| Evidence {
            origin: ORIGIN.to_owned(),
            shows,
            note: note(size, 9),
            against: Some(note(5, 1)),
            at: Timestamp::EPOCH,
        };
        assert!(state.keep(&evidence(5, Misbehaviour::Suspected)).expect("keeps"));
        assert!(!state.keep(&evidence(5, Misbehaviour::Suspected)).expect("is there"));
        assert!(state.keep(&evidence(5, Misbehaviour::Proven)).expect("is stronger"));
        assert!(!state.keep(&evidence(5, Misbehaviour::Suspected)).expect("is weaker"));
        assert_eq!(state.evidence().expect("reads"), [evidence(5, Misbehaviour::Proven)]);
        state
            .keep(&Evidence { note: b"x".to_vec(), ..evidence(5, Misbehaviour::Proven) })
            .expect_err("not a note");
        for size in 6..5 + MAX_EVIDENCE {
            assert!(state.keep(&evidence(size, Misbehaviour::Suspected)).expect("keeps"));
        }
        assert!(!state.keep(&evidence(9_999, Misbehaviour::Proven)).expect("is full"));
        let other =
            Evidence { origin: "log.example/b".to_owned(), ..evidence(5, Misbehaviour::Proven) };
        assert!(state.keep(&other).expect("another log has its own bound"));
    });
}

#[test]
fn the_database_remembers() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("cosigner.db");
    for size in 0..3_u64 {
        let state = CosignerDatabase::open(&path).expect("opens");
        let before = size.checked_sub(1).map(record);
        assert_eq!(state.recorded(ORIGIN).expect("reads"), before);
        let from = before.map(|r| r.latest);
        assert!(state.advance(ORIGIN, from.as_ref(), &record(size)).expect("records"));
    }
}
