//! What a process that stays takes in, and what it does not read again.

use super::*;
use crate::act::{Ctx, Readers};
use crate::node::Node;
use crate::testing::World;
use ledger::object_path;
use std::sync::Arc;

async fn decline(ctx: &Ctx, case: &str) {
    let event = access::Event::RequestDeclined(access::Decline {
        case: case.parse().unwrap(),
        developer: "lab".parse().unwrap(),
        reason: None,
    });
    ctx.state(&event, &Readers::Public, None).await.unwrap();
}

fn object_of(ctx: &Ctx, statement: &LogStatement) -> std::path::PathBuf {
    ctx.home.folder().join("log").join(object_path(&statement.leaf.id()))
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// A home that follows, and another whose copy grows meanwhile.
fn two(world: &World, node: &Arc<Node>) -> (Ctx, Ctx) {
    (world.ctx("lab", node), world.ctx("gov", node))
}

#[tokio::test]
async fn what_is_new_is_taken_in_and_the_rest_is_not_read_again() {
    let world = World::new(81);
    let node = world.node();
    let (lab, gov) = two(&world, &node);
    for case in ["one", "two", "three"] {
        decline(&lab, case).await;
    }
    let mut known = None;
    let (first, grown) = gov.follow(&mut known).await.unwrap();
    assert!(grown);
    assert_eq!(first.statements.len(), 3);
    let spoiled = object_of(&gov, &first.statements[0]);
    assert!(!gov.follow(&mut known).await.unwrap().1, "nothing is new");

    // whoever read this object again would see it
    std::fs::write(&spoiled, b"spoiled").unwrap();
    for case in ["four", "five"] {
        decline(&lab, case).await;
    }
    let (now, grown) = gov.follow(&mut known).await.unwrap();
    assert!(grown);
    assert!(now.statements.iter().all(|s| s.signers.is_ok() && s.content.is_ok()));
    let anew = sync(&lab.home, &lab.trust, &lab.reach).await.unwrap();
    let of = |known: &Known| known.statements.iter().map(|s| s.leaf.id()).collect::<Vec<_>>();
    assert_eq!((of(now), now.head), (of(&anew), anew.head));
    assert_eq!(now.cursor, anew.cursor);
    let anew = sync(&gov.home, &gov.trust, &gov.reach).await.unwrap();
    assert!(anew.statements[0].signers.is_err(), "a command reads everything");
}

#[tokio::test]
async fn a_payload_that_goes_is_gone_from_what_is_known() {
    let world = World::new(82);
    let node = world.node();
    let (lab, gov) = two(&world, &node);
    decline(&lab, "one").await;
    let mut known = None;
    gov.follow(&mut known).await.unwrap();
    let why = ("order 1".parse().unwrap(), "rule 1".parse().unwrap());
    crate::shred::shred(&lab, "0", why, None, None).await.unwrap();
    let (now, _) = gov.follow(&mut known).await.unwrap();
    assert_eq!(now.statements[0].content, Err(ledger::OpenError::Shredded));
}

#[tokio::test]
async fn an_object_that_was_withheld_is_read_when_it_comes() {
    let world = World::new(83);
    let node = world.node();
    let (lab, gov) = two(&world, &node);
    decline(&lab, "one").await;
    let logged = node.leaves(0, 1).unwrap();
    let path = world.folder.path().join("node/log").join(object_path(&logged[0].id));
    let object = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let mut known = None;
    let (first, _) = gov.follow(&mut known).await.unwrap();
    assert_eq!(first.statements[0].signers, Err(ObjectError::Missing));
    std::fs::write(&path, object).unwrap();
    decline(&lab, "two").await;
    let (now, _) = gov.follow(&mut known).await.unwrap();
    assert!(now.statements[0].signers.is_ok());
}

#[tokio::test]
async fn another_history_is_not_followed_and_proven() {
    let world = World::new(84);
    let folder = world.folder.path().join("node");
    let before = world.folder.path().join("before");
    drop(world.node());
    copy(&folder, &before);
    let mut known = None;
    {
        let node = world.node();
        let (lab, gov) = two(&world, &node);
        decline(&lab, "one").await;
        gov.follow(&mut known).await.unwrap();
    }
    std::fs::remove_dir_all(&folder).unwrap();
    std::fs::rename(&before, &folder).unwrap();
    let node = world.node();
    let (lab, gov) = two(&world, &node);
    // the lab's own copy knows better too
    std::fs::remove_dir_all(lab.home.folder().join("log")).unwrap();
    for case in ["other", "another"] {
        decline(&lab, case).await;
    }
    let refused = gov.follow(&mut known).await.map(|(_, grown)| grown).unwrap_err();
    let said = crate::plain(&refused);
    assert!(said.contains("not those verified before"), "{said}");
    assert!(gov.home.folder().join("conflict.checkpoint").exists());
    assert!(known.is_none());
}
