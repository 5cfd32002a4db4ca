//! Each put fails in turn, once with the process and once without; then the same host or another goes on.

use super::faulty::{Faulty, Kind};
use super::{append, at, audit, head_of, id, id_of, plan};
use crate::{LogStore, ObjectFault, ObjectLog, Objects, StoreError};
use object_store::ObjectStore;
use object_store::memory::InMemory;
use std::path::Path;
use std::sync::Arc;

/// Batches of statements, from and to.
const BATCHES: [(u64, u64); 3] = [(0, 2), (2, 3), (3, 5)];

fn open(store: Arc<dyn ObjectStore>, folder: &Path) -> ObjectLog {
    let objects = Objects::over(store, "log").expect("a thread");
    ObjectLog::open(folder, objects, id_of).expect("opens")
}

/// Appends the batches while one put fails. Returns whether it was reached.
fn check(put: u64, kind: Kind) -> bool {
    let memory = Arc::new(InMemory::new());
    let folders = [tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder")];
    let faulty = Faulty::over(&memory, kind);
    let mut log = open(Arc::<Faulty>::clone(&faulty), folders[0].path());
    faulty.arm(put);
    // the one that goes on is the same host or the other, by turns
    let next = folders[usize::from(put % 2 == 1)].path();
    let mut reopened = false;
    for (from, to) in BATCHES {
        let statements: Vec<u64> = (from..to).collect();
        for tries in 0.. {
            assert!(tries < 4, "put {put}, {kind:?}: it never works again");
            let known = log.index_of(&id(from));
            if known.is_ok_and(|index| index.is_some()) && log.head().is_ok() {
                break;
            }
            let head = log.head().map(|head| head_of(head.as_ref()));
            let done =
                head.and_then(|head| log.commit(&plan(&*log, head, &statements), at(10 + from)));
            if let Err(error) = done {
                assert!(faulty.was_hit(), "put {put}: {error}");
                if log.head().is_err() {
                    assert!(!reopened, "put {put}, {kind:?}: a second crash: {error}");
                    reopened = true;
                    drop(log);
                    log = open(Arc::<InMemory>::clone(&memory), next);
                }
            }
        }
    }
    let all: Vec<u64> = (0..5).collect();
    audit(&*log, &all);
    drop(log);
    for (folder, statement) in folders.iter().zip(5..) {
        let log = open(Arc::<InMemory>::clone(&memory), folder.path());
        append(&*log, &[statement], 500 + statement);
        audit(&*log, &(0..=statement).collect::<Vec<_>>());
    }
    faulty.was_hit()
}

#[test]
fn every_put_fails_in_turn() {
    for kind in [Kind::Nothing, Kind::Done, Kind::CrashBefore, Kind::CrashAfter] {
        let mut put = 0;
        while check(put, kind) {
            put += 1;
        }
        assert!(put > 20, "{put} puts");
    }
}

#[test]
fn a_store_that_overlooks_conditions_is_refused() {
    let faulty = Faulty::over(&Arc::new(InMemory::new()), Kind::Unconditional);
    let objects = Objects::over(faulty, "log").expect("a thread");
    let folder = tempfile::tempdir().expect("a folder");
    let refused = ObjectLog::open(folder.path(), objects.clone(), id_of);
    let Err(StoreError::Objects(ObjectFault::Unconditional { header, .. })) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(header, "If-None-Match");
    assert_eq!(objects.wait(objects.clone().list(String::new())).expect("lists"), [""; 0]);
}
