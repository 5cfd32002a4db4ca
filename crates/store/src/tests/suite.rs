//! What every implementation does.

use super::objects::{Server, id_of, in_memory};
use super::{append, at, audit, content, head_of, id, plan, signed};
use crate::{FileLog, LogStore, MemoryLog, ObjectLog, StoreError};
use ledger::{LogFiles, PlannedFile, TreeHead};
use tlog::{Ed25519Cosigner, KeyName, SignedCheckpoint};

/// Runs a test over a log in memory and one in files.
fn each(test: fn(&dyn LogStore)) {
    let memory = MemoryLog::new().expect("opens");
    test(&*memory);
    let folder = tempfile::tempdir().expect("a folder");
    let file = FileLog::open(folder.path()).expect("opens");
    test(&*file);
    let folder = tempfile::tempdir().expect("a folder");
    let objects = ObjectLog::open(folder.path(), in_memory(), id_of).expect("opens");
    test(&*objects);
    if let Some(server) = Server::start(&[]) {
        let folder = tempfile::tempdir().expect("a folder");
        let objects = server.objects("suite");
        test(&*ObjectLog::open(folder.path(), objects, id_of).expect("opens"));
    }
}

#[test]
fn appends_are_published_and_outgrown_tiles_go() {
    each(|log| {
        audit(log, &[]);
        let mut all: Vec<u64> = Vec::new();
        for (batch, last) in [1, 2, 250, 256, 257, 600].into_iter().enumerate() {
            let next: Vec<u64> = (all.len() as u64..last).collect();
            let now = 100 + u64::try_from(batch).expect("small");
            let committed = append(log, &next, now);
            assert_eq!(committed.at, at(now));
            all.extend(next);
            audit(log, &all);
        }
        let paths: Vec<String> = content(log).into_keys().filter(|p| p.contains(".p/")).collect();
        let expected = [
            "tile/0/002.p/88",
            "tile/1/000.p/2",
            "tile/entries/002.p/88",
            "tile384/0/002.p/88",
            "tile384/1/000.p/2",
        ];
        assert_eq!(paths, expected);
    });
}

#[test]
fn the_first_checkpoint_may_be_of_the_empty_tree() {
    each(|log| {
        let empty = plan(log, TreeHead::EMPTY, &[]);
        log.commit(&empty, at(1)).expect("commits");
        audit(log, &[]);
        append(log, &[1], 2);
        audit(log, &[1]);
    });
}

#[test]
fn a_statement_is_logged_once() {
    each(|log| {
        append(log, &[1, 2, 3], 10);
        let head = head_of(log.head().expect("reads").as_ref());
        let before = content(log);
        let again = log.commit(&plan(log, head, &[4, 2]), at(11));
        assert!(
            matches!(again, Err(StoreError::Duplicate { id: who, index: 1 }) if who == id(2)),
            "{again:?}"
        );
        assert_eq!(content(log), before, "nothing was changed");
        assert_eq!(log.index_of(&id(4)).expect("reads"), None);
        append(log, &[4], 11);
        audit(log, &[1, 2, 3, 4]);
    });
}

#[test]
fn a_plan_from_another_head_is_refused() {
    each(|log| {
        let early = plan(log, TreeHead::EMPTY, &[9]);
        append(log, &[1], 10);
        let refused = log.commit(&early, at(11));
        assert!(
            matches!(refused, Err(StoreError::Conflict { planned: 0, committed: 1 })),
            "{refused:?}"
        );
        let head = head_of(log.head().expect("reads").as_ref());
        let mut other = plan(log, head, &[2]);
        other.from.root = [1; 32];
        assert!(matches!(log.commit(&other, at(11)), Err(StoreError::Conflict { .. })));
        audit(log, &[1]);
    });
}

#[test]
fn plans_that_do_not_fit_together_are_refused() {
    each(|log| {
        append(log, &[1], 10);
        let head = head_of(log.head().expect("reads").as_ref());
        let good = plan(log, head, &[2, 3]);
        let file = |path: &str| PlannedFile { path: path.to_owned(), bytes: vec![1] };
        let mut wrong = vec![good.clone(); 6];
        wrong[0].checkpoint = signed(head).note().to_string().into_bytes();
        wrong[1].checkpoint = b"x".to_vec();
        wrong[2].statements.pop();
        wrong[3].statements.swap(0, 1);
        wrong[4].files.push(good.files[0].clone());
        wrong[5].to.size += 1;
        for path in ["checkpoint", "../lock", "/a", "a//b", ".hidden", "a/../b", "", "a b", "é"] {
            let mut plan = good.clone();
            plan.files.push(file(path));
            wrong.push(plan);
        }
        for plan in wrong {
            let refused = log.commit(&plan, at(11));
            assert!(matches!(refused, Err(StoreError::BadPlan(_))), "{refused:?} for {plan:?}");
        }
        log.commit(&good, at(11)).expect("commits");
        audit(log, &[1, 2, 3]);
    });
}

#[test]
fn a_file_never_changes() {
    each(|log| {
        append(log, &[1], 10);
        let head = head_of(log.head().expect("reads").as_ref());
        let mut plan = plan(log, head, &[2]);
        plan.files[0].path = super::object_path(1);
        let refused = log.commit(&plan, at(11));
        let Err(StoreError::NotPublished(why)) = refused else { panic!("{refused:?}") };
        assert!(matches!(*why, StoreError::Changed { .. }));
        assert!(matches!(log.head(), Err(StoreError::Poisoned)), "a plan that is wrong ends it");
    });
}

#[test]
fn the_clock_may_be_corrected_and_not_turned_back() {
    each(|log| {
        append(log, &[1], 1_000);
        let head = head_of(log.head().expect("reads").as_ref());
        let next = plan(log, head, &[2]);
        let refused = log.commit(&next, at(879));
        assert!(matches!(refused, Err(StoreError::ClockWentBack { .. })), "{refused:?}");
        assert_eq!(log.commit(&next, at(880)).expect("commits").at, at(1_000));
        assert_eq!(append(log, &[3], 1_001).at, at(1_001));
    });
}

#[test]
fn cosignatures_are_added_to_what_is_committed_only() {
    each(|log| {
        let witness = KeyName::new("w.example").expect("a name");
        let witness = Ed25519Cosigner::from_seed(witness, &[3; 32]).expect("a key");
        let cosigned = |head| {
            let signed = signed(head);
            let line = witness.cosign(signed.checkpoint(), 5).expect("cosigns");
            signed.note().clone().with(vec![line]).expect("fits").to_string().into_bytes()
        };
        log.add_cosignatures(&cosigned(TreeHead::EMPTY)).expect_err("there is no checkpoint");
        append(log, &[1], 10);
        let head = head_of(log.head().expect("reads").as_ref());
        log.add_cosignatures(b"x").expect_err("not a note");
        log.add_cosignatures(&cosigned(TreeHead::EMPTY)).expect_err("of another checkpoint");
        log.add_cosignatures(&cosigned(head)).expect("adds");
        let files: &dyn LogFiles = log;
        let bytes = files.read("checkpoint").expect("reads").expect("is published");
        let published = SignedCheckpoint::parse(&bytes).expect("a checkpoint");
        assert_eq!(published.note().signatures().len(), 2);
        let fewer = signed(head).note().to_string();
        log.add_cosignatures(fewer.as_bytes()).expect_err("a signature is gone");
        audit(log, &[1]);
        append(log, &[2], 11);
        audit(log, &[1, 2]);
    });
}

#[test]
fn a_cosigned_checkpoint_stands_beside_a_newer_one() {
    each(|log| {
        let note = |head| signed(head).note().to_string().into_bytes();
        let files: &dyn LogFiles = log;
        let mut heads = Vec::new();
        for (statement, now) in [(1, 10), (2, 11), (3, 12)] {
            append(log, &[statement], now);
            heads.push(head_of(log.head().expect("reads").as_ref()));
        }
        log.publish_witnessed(&note(heads[1])).expect("publishes");
        assert_eq!(files.read("witnessed").expect("reads"), Some(note(heads[1])));
        log.publish_witnessed(&note(heads[0])).expect("an old one that comes late");
        assert_eq!(files.read("witnessed").expect("reads"), Some(note(heads[1])));
        let ahead = TreeHead { size: 4, ..heads[2] };
        let other = TreeHead { root: [1; 32], ..heads[2] };
        for wrong in [note(ahead), note(other), b"x".to_vec()] {
            assert!(matches!(log.publish_witnessed(&wrong), Err(StoreError::BadPlan(_))));
        }
        assert_eq!(files.read("witnessed").expect("reads"), Some(note(heads[1])));
    });
}

#[test]
fn paths_from_outside_are_harmless() {
    each(|log| {
        append(log, &[1], 10);
        let files: &dyn LogFiles = log;
        for path in ["../node.db", "../lock", "/etc/passwd", "tile/../../lock", "tile", "", "a\0b"]
        {
            assert_eq!(files.read(path).ok().flatten(), None, "{path:?}");
        }
    });
}
