//! After a shred nobody opens the payload, nothing below the node or the homes has its bytes, and every receipt verifies.

use super::{ShredError, find, shred};
use crate::act::{Ctx, Done, Readers};
use crate::testing::World;
use domain::{Line, Role};
use ledger::{LogFiles, Object, OpenError, Receipt};
use std::fs;
use std::path::Path;

fn line(text: &str) -> Line {
    text.parse().unwrap()
}

fn why() -> (Line, Line) {
    (line("Records Officer"), line("three years after the window closed"))
}

/// Something to shred.
fn event() -> access::Event {
    access::Event::RequestDeclined(access::Decline {
        case: "case".parse().unwrap(),
        developer: "lab".parse().unwrap(),
        reason: Some("the secret reason".parse().unwrap()),
    })
}

async fn stated(ctx: &Ctx) -> (u64, domain::Digest) {
    let readers = Readers::Parties(["gov".parse().unwrap()].into());
    match ctx.state(&event(), &readers, Some("secret")).await.unwrap() {
        Done::Logged { index, id, .. } => (index, id),
        Done::Waiting(_) | Done::Carried { .. } => panic!("one signature is enough"),
    }
}

/// Whether any file below a folder has these bytes.
fn anywhere(folder: &Path, bytes: &[u8]) -> bool {
    fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return anywhere(&path, bytes);
        }
        fs::read(&path).unwrap().windows(bytes.len()).any(|window| window == bytes)
    })
}

#[tokio::test]
async fn after_a_shred_nothing_is_left_and_every_receipt_holds() {
    let world = World::with(7, &[("lab", Role::Developer), ("gov", Role::Government)]);
    let node = world.node();
    let (lab, gov) = (world.ctx("lab", &node), world.ctx("gov", &node));
    let (index, id) = stated(&lab).await;
    assert!(find(&gov.known().await.unwrap(), &id.to_string()).unwrap().content.is_ok());
    let path = ledger::object_path(&id);
    let object = node.file(&path).unwrap().unwrap();
    let before = Object::from_bytes(&object).unwrap();
    // a piece of the ciphertext, which lies behind the signatures that stay
    let at = before.shredded().to_bytes().len() + 64;
    let cipher = object[at..at + 48].to_vec();
    let root = world.folder.path();
    assert!(anywhere(&root.join("node"), &cipher) && anywhere(&root.join("gov"), &cipher));
    // a draft of it that stayed behind, as in a command that was killed
    let receipt = fs::read(root.join("lab/receipts/secret.receipt")).unwrap();

    let refused = shred(&gov, &index.to_string(), why(), None, None).await.unwrap_err();
    assert!(matches!(refused, ShredError::NotIssuer { .. }), "{refused}");
    let done = shred(&lab, &index.to_string(), why(), None, Some("shred")).await.unwrap();
    assert!(matches!(&done, Done::Logged { kind, .. } if kind == "shredded"));
    let again = shred(&lab, &id.to_string(), why(), None, None).await.unwrap_err();
    assert!(matches!(again, ShredError::Already(_)), "{again}");

    let shredded = Object::from_bytes(&node.file(&path).unwrap().unwrap()).unwrap();
    assert_eq!(shredded, before.shredded());
    for ctx in [&lab, &gov] {
        let known = ctx.known().await.unwrap();
        let statement = find(&known, &id.to_string()).unwrap();
        assert_eq!(statement.content, Err(OpenError::Shredded));
        assert!(statement.signers.is_ok());
        let copy = crate::folder::Folder::new(ctx.home.folder().join("log"));
        let object = Object::from_bytes(&copy.read(&path).unwrap().unwrap()).unwrap();
        let receipt = Receipt::from_bytes(&receipt).unwrap();
        let opened = object.open(receipt.leaf(), Some((ctx.home.id(), ctx.home.keys())));
        assert_eq!(opened, Err(OpenError::Shredded));
        let audit = crate::audit::log(&ctx.home.folder().join("log"), &ctx.trust, None);
        assert!(audit.sound && audit.shredded == 1, "{audit:?}");
    }
    assert!(!anywhere(root, &cipher), "no file has a piece of the ciphertext any more");
    for index in 0..2 {
        let receipt = Receipt::build(&crate::folder::Folder::new(root.join("node/log")), index);
        receipt.unwrap().verify(&lab.trust).unwrap();
    }
    Receipt::from_bytes(&receipt).unwrap().verify(&lab.trust).unwrap();
}

/// The node that was killed between the statement and the deletion finishes when it is opened again.
#[tokio::test]
async fn an_interrupted_shred_is_finished_on_opening() {
    let world = World::with(8, &[("lab", Role::Developer), ("gov", Role::Government)]);
    let node = world.node();
    let lab = world.ctx("lab", &node);
    let (index, id) = stated(&lab).await;
    let path = world.folder.path().join("node/log").join(ledger::object_path(&id));
    let whole = fs::read(&path).unwrap();
    shred(&lab, &index.to_string(), why(), None, None).await.unwrap();
    let gone = fs::read(&path).unwrap();
    drop((lab, node));
    fs::write(&path, &whole).unwrap();
    drop(world.node());
    assert_eq!(fs::read(&path).unwrap(), gone);
}

/// Two others shred together when exactly one of them is an inspector.
#[tokio::test]
async fn others_shred_by_two() {
    let parties = [("lab", Role::Developer), ("gov", Role::Government), ("ig", Role::Inspector)];
    let world = World::with(9, &parties);
    let node = world.node();
    let (lab, gov, ig) = (world.ctx("lab", &node), world.ctx("gov", &node), world.ctx("ig", &node));
    let (index, id) = stated(&lab).await;
    let with = Some("ig".parse().unwrap());
    let Done::Waiting(draft) = shred(&gov, &index.to_string(), why(), with, None).await.unwrap()
    else {
        panic!("it waits for the inspector")
    };
    let opened = |known: &crate::sync::Known| find(known, &id.to_string()).unwrap().content.is_ok();
    assert!(opened(&lab.known().await.unwrap()), "one word is not enough");
    crate::draft::sign(&ig, &draft.id).await.unwrap();
    crate::draft::issue(&gov, &draft.id, None).await.unwrap();
    assert!(!opened(&lab.known().await.unwrap()));
}
