//! Accepting, refusing, repeating, reopening: over memory and over files.
use super::*;
use crate::act::{Done, Readers};
use crate::ctx::Random;
use crate::testing::{World, release};
use ledger::Entry;

fn index(done: &Done) -> u64 {
    match done {
        Done::Logged { index, .. } => *index,
        Done::Waiting(_) | Done::Carried { .. } => panic!("it waits"),
    }
}

#[tokio::test]
async fn a_repeated_request_states_nothing_twice() {
    let world = World::new(1);
    let node = world.node();
    let lab = world.ctx("lab", &node);
    let first = lab.state(&release("m1"), &Readers::Public, Some("r1")).await.unwrap();
    let again = lab.earlier("r1").unwrap().unwrap();
    assert_eq!((index(&first), index(&again)), (0, 0));
    let other = lab.state(&release("m2"), &Readers::Public, Some("r2")).await.unwrap();
    assert_eq!(index(&other), 1);
    assert_eq!(node.status().unwrap().size, 2);
}

#[tokio::test]
async fn a_crash_between_acknowledgement_and_receipt_is_finished_by_the_next_command() {
    let world = World::new(2);
    let node = world.node();
    let lab = world.ctx("lab", &node);
    lab.state(&release("m1"), &Readers::Public, Some("r1")).await.unwrap();
    // what a kill after the node's answer leaves behind: the outbox still holds the draft
    let (home, receipt) = (lab.home.folder().to_owned(), "receipts/r1.receipt");
    let draft = {
        let content = ledger::Content::of(&release("m3")).unwrap();
        let issuer = lab.home.id();
        let mut random = |into: &mut [u8]| world.random.fill(into);
        let now = world.clock.now();
        ledger::Draft::start(
            lab.trust.log(),
            content,
            issuer,
            ledger::Audience::Public,
            &mut random,
            now,
        )
        .unwrap()
    };
    std::fs::write(home.join("outbox/r3.draft"), draft.to_bytes()).unwrap();
    lab.known().await.unwrap();
    std::fs::write(home.join("outbox/r3.draft"), draft.to_bytes()).unwrap();
    std::fs::remove_file(home.join("receipts/r3.receipt")).unwrap();
    lab.known().await.unwrap();
    assert_eq!(node.status().unwrap().size, 2, "logged once");
    assert!(home.join("receipts/r3.receipt").exists() && home.join(receipt).exists());
}

#[tokio::test]
async fn survives_reopening_and_verifies() {
    let world = World::new(3);
    for n in 0..5 {
        let node = world.node();
        let lab = world.ctx("lab", &node);
        lab.state(&release(&format!("m{n}")), &Readers::Public, None).await.unwrap();
    }
    let node = world.node();
    let lab = world.ctx("lab", &node);
    assert_eq!(lab.known().await.unwrap().statements.len(), 5);
    for folder in ["node/log", "lab/log"] {
        let audit = crate::audit::log(&world.folder.path().join(folder), &lab.trust, None);
        assert!(audit.sound, "{folder}: {:?}", audit.faults);
        assert_eq!(audit.statements, 5);
    }
}

#[tokio::test]
async fn refuses_what_is_not_sound() {
    let world = World::new(4);
    let node = world.node();
    let lab = world.ctx("lab", &node);
    lab.state(&release("m1"), &Readers::Public, Some("r1")).await.unwrap();
    assert!(matches!(node.submit(b"junk"), Err(NodeError::Malformed(_))));
    let stranger = World::new(5);
    let elsewhere = stranger.node();
    let ctx = stranger.ctx("lab", &elsewhere);
    ctx.state(&release("m1"), &Readers::Public, Some("r1")).await.unwrap();
    let path = ledger::object_path(&elsewhere.leaves(0, 1).unwrap()[0].id);
    let entry = Entry {
        leaf: b"not a leaf".to_vec(),
        object: elsewhere.file(&path).unwrap().unwrap(),
        id: elsewhere.leaves(0, 1).unwrap()[0].id,
    };
    assert!(matches!(node.submit(&wire::entry_bytes(&entry)), Err(NodeError::Unsound(_))));
    assert_eq!(node.status().unwrap().size, 1);
}

#[tokio::test]
async fn a_clock_that_went_back_is_named() {
    let world = World::new(6);
    let node = world.node();
    let lab = world.ctx("lab", &node);
    lab.state(&release("m1"), &Readers::Public, None).await.unwrap();
    world.clock.set("2026-11-19T10:00:00Z".parse().unwrap());
    let error = lab.state(&release("m2"), &Readers::Public, Some("late")).await.unwrap_err();
    assert!(crate::plain(&error).contains("clock"), "{}", crate::plain(&error));
    world.clock.set("2026-11-20T10:01:00Z".parse().unwrap());
    lab.known().await.unwrap();
    assert_eq!(node.status().unwrap().size, 2, "the outbox was sent once the clock was right");
}

#[tokio::test]
async fn a_statement_ahead_of_its_time_stops_no_other() {
    let world = World::new(7);
    let node = world.node();
    let lab = world.ctx("lab", &node);
    let fast: Arc<dyn Clock> =
        Arc::new(crate::ctx::SetClock::new("2026-11-20T12:00:00Z".parse().unwrap()));
    let ahead = crate::act::Ctx { clock: fast, ..world.ctx("lab", &node) };
    let error = ahead.state(&release("m1"), &Readers::Public, Some("early")).await.unwrap_err();
    assert!(crate::plain(&error).contains("clock"), "{}", crate::plain(&error));
    lab.state(&release("m2"), &Readers::Public, Some("now")).await.unwrap();
    assert_eq!(node.status().unwrap().size, 1, "the other statement was not held up");
    world.clock.set("2026-11-20T12:00:00Z".parse().unwrap());
    lab.known().await.unwrap();
    assert_eq!(node.status().unwrap().size, 2, "its time had come");
}
