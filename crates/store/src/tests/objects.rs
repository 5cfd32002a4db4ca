//! Object storage: two processes at one log, and an S3-compatible server of others when it is installed.

mod faulty;
mod puts;
mod server;

use super::{append, at, audit, head_of, id, plan};
use crate::{LogStore, ObjectFault, ObjectLog, Objects, StoreError};
use domain::Digest;
use object_store::memory::InMemory;
pub(super) use server::Server;
use std::sync::{Arc, Barrier, Mutex};

/// The id of this suite's entries, read back from one.
pub(super) fn id_of(entry: &[u8]) -> Option<Digest> {
    let text = std::str::from_utf8(entry).ok()?.strip_prefix("leaf of ")?;
    Some(id(text.split(',').next()?.parse().ok()?))
}

pub(super) fn in_memory() -> Objects {
    Objects::over(Arc::new(InMemory::new()), "programme/log").expect("a thread")
}

/// Two logs over the same objects, each with a folder of its own, commit from the same head at the same moment.
fn race(objects: &Objects, rounds: u64, seed: u64) {
    let folders = [tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder")];
    let barrier = Barrier::new(2);
    let order = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for (me, folder) in (0_u64..).zip(&folders) {
            let (barrier, order) = (&barrier, &order);
            scope.spawn(move || {
                let log = ObjectLog::open(folder.path(), objects.clone(), id_of).expect("opens");
                let mut random = seed + me;
                for round in 0..rounds {
                    barrier.wait();
                    let head = head_of(log.head().expect("reads").as_ref());
                    let statement = round * 2 + me;
                    let plan = plan(&*log, head, &[statement]);
                    barrier.wait();
                    random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    for _ in 0..random >> 60 {
                        std::thread::yield_now();
                    }
                    match log.commit(&plan, at(100 + round)) {
                        Ok(_) => order.lock().expect("held").push((round, statement)),
                        Err(StoreError::Conflict { .. }) => {}
                        Err(error) => panic!("round {round}, {me}: {error:?}"),
                    }
                }
            });
        }
    });
    let order = order.into_inner().expect("held");
    let rounds_won: Vec<u64> = order.iter().map(|(round, _)| *round).collect();
    assert_eq!(rounds_won, (0..rounds).collect::<Vec<_>>(), "one wins each commit");
    let statements: Vec<u64> = order.into_iter().map(|(_, statement)| statement).collect();
    // a third, with no folder of its own before, reads the same log
    let folder = tempfile::tempdir().expect("a folder");
    let log = ObjectLog::open(folder.path(), objects.clone(), id_of).expect("opens");
    audit(&*log, &statements);
    let own = statements.iter().filter(|s| **s % 2 == 0).count();
    println!("{rounds} commits, {own} and {} by the two", statements.len() - own);
}

#[test]
fn of_two_sequencers_one_wins_each_commit() {
    race(&in_memory(), 200, 1);
}

#[test]
fn of_two_sequencers_at_a_server_one_wins_each_commit() {
    let Some(server) = Server::start(&[]) else { return };
    race(&server.objects("race"), 40, 3);
}

#[test]
fn a_lost_database_is_made_again_and_a_foreign_one_is_refused() {
    let objects = in_memory();
    let first = tempfile::tempdir().expect("a folder");
    let log = ObjectLog::open(first.path(), objects.clone(), id_of).expect("opens");
    append(&*log, &(0..300).collect::<Vec<_>>(), 10);
    drop(log);
    std::fs::remove_file(first.path().join("node.db")).expect("is lost");
    let _ = std::fs::remove_file(first.path().join("node.db-wal"));
    let _ = std::fs::remove_dir_all(first.path().join("node.db-pages"));
    let second = tempfile::tempdir().expect("a folder");
    let log = ObjectLog::open(second.path(), objects.clone(), id_of).expect("opens");
    let head = head_of(log.head().expect("reads").as_ref());
    let again = log.commit(&plan(&*log, head, &[7]), at(11));
    assert!(matches!(again, Err(StoreError::Duplicate { index: 7, .. })), "{again:?}");
    append(&*log, &[300], 12);
    audit(&*log, &(0..301).collect::<Vec<_>>());
    drop(log);
    // the same database over the objects of another log
    let elsewhere = in_memory();
    let fresh = tempfile::tempdir().expect("a folder");
    let other = ObjectLog::open(fresh.path(), elsewhere.clone(), id_of).expect("opens");
    append(&*other, &[900], 13);
    drop(other);
    let refused = ObjectLog::open(second.path(), elsewhere, id_of);
    let Err(StoreError::ObjectsBehind { ours: 301, theirs: 1 }) = refused else {
        panic!("{refused:?}");
    };
}

#[test]
fn a_server_is_tried_before_the_first_signature() {
    let Some(server) = Server::start(&[]) else { return };
    let probed = server.objects("probe").probe().expect("keeps to conditions");
    assert!(!probed.versioned);
    let none = server.without_a_bucket().probe();
    assert!(matches!(none, Err(ObjectFault::NoBucket { .. })), "{none:?}");
    drop(server);
    let versioned = Server::start(&["versioned"]).expect("it was here before");
    assert!(versioned.objects("probe").probe().expect("keeps to conditions").versioned);
    let ignoring = Server::start(&["ignoring"]).expect("it was here before");
    let refused = ignoring.objects("probe").probe();
    assert!(matches!(refused, Err(ObjectFault::Unconditional { .. })), "{refused:?}");
    let refusing = Server::start(&["refusing"]).expect("it was here before");
    let refused = refusing.objects("probe").probe();
    assert!(matches!(refused, Err(ObjectFault::Credentials { .. })), "{refused:?}");
}

#[test]
fn a_server_that_is_not_there_is_said() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", free.local_addr().expect("an address"));
    drop(free);
    let silent = server::s3(&address, "bucket", "log").probe();
    let Err(ObjectFault::Unreachable { place, reason }) = silent else { panic!("{silent:?}") };
    assert!(place.contains(&address), "{place}");
    assert!(reason.contains("onnect"), "{reason}");
}
