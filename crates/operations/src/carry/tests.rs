//! Signed without a node, carried, handed in; and what is refused on the way.

use super::*;
use crate::act::Readers;
use crate::node::Node;
use crate::testing::World;
use ledger::{Audience, Content, Event, Object};
use std::sync::Arc;

fn offline(world: &World, party: &str, node: &Arc<Node>) -> Ctx {
    let ctx = world.ctx(party, node);
    let copy = ctx.home.folder().join("log");
    let file = world.folder.path().join("carried.statements");
    Ctx { reach: Reach::Offline(Carrier { copy, file }), ..ctx }
}

async fn decline(ctx: &Ctx, case: &str, key: Option<&str>) -> Result<Done, ActError> {
    let event = access::Event::RequestDeclined(access::Decline {
        case: case.parse().unwrap(),
        developer: "lab".parse().unwrap(),
        reason: None,
    });
    ctx.state(&event, &Readers::Public, key).await
}

fn waiting(ctx: &Ctx) -> usize {
    files::list(&ctx.home.folder().join("carried"), "entry").unwrap().len()
}

async fn hand_in(world: &World, ctx: &Ctx) -> Vec<Appended> {
    let bytes = std::fs::read(world.folder.path().join("carried.statements")).unwrap();
    let mut done = Vec::new();
    let receipts = world.folder.path().join("receipts");
    for statement in statements(&bytes).unwrap() {
        done.push(append(&ctx.reach, &ctx.trust, &statement, Some(&receipts)).await.unwrap());
    }
    done
}

#[tokio::test]
async fn statements_are_signed_without_a_node_and_handed_in_by_another() {
    let world = World::new(91);
    let node = world.node();
    let lab = world.ctx("lab", &node);
    decline(&lab, "one", None).await.unwrap();
    lab.known().await.unwrap();
    let away = offline(&world, "lab", &node);
    for case in ["two", "three"] {
        let done = decline(&away, case, Some(case)).await.unwrap();
        assert!(
            matches!(&done, Done::Carried { kind, .. } if kind == "request-declined"),
            "{done:?}"
        );
        let again = decline(&away, case, Some(case)).await.unwrap();
        assert!(matches!(again, Done::Carried { .. }), "the same request states nothing twice");
    }
    assert_eq!(node.leaves(0, 10).unwrap().len(), 1, "the node has heard of nothing");
    let gov = world.ctx("gov", &node);
    let done = hand_in(&world, &gov).await;
    let of = |done: &[Appended]| done.iter().map(|a| (a.index, a.already)).collect::<Vec<_>>();
    assert_eq!(of(&done), [(1, false), (2, false)]);
    for Appended { receipt, id, .. } in &done {
        let receipt = Receipt::from_bytes(&std::fs::read(receipt.as_ref().unwrap()).unwrap());
        assert_eq!(receipt.unwrap().verify(&gov.trust).unwrap().id, *id);
    }
    assert_eq!(of(&hand_in(&world, &gov).await), [(1, true), (2, true)]);
    // the home goes on where its carried statements ended
    decline(&lab, "four", None).await.unwrap();
    let known = lab.known().await.unwrap();
    assert_eq!(known.statements.len(), 4);
    assert!(known.statements.iter().all(|s| s.chain.is_none()));
    assert_eq!(waiting(&lab), 0);
}

#[tokio::test]
async fn a_home_that_reaches_a_node_again_sends_what_it_had_others_carry() {
    let world = World::new(92);
    let node = world.node();
    let lab = world.ctx("lab", &node);
    lab.known().await.unwrap();
    decline(&offline(&world, "lab", &node), "one", Some("one")).await.unwrap();
    assert_eq!(waiting(&lab), 1);
    let done = decline(&lab, "two", None).await.unwrap();
    assert!(matches!(done, Done::Logged { index: 1, .. }), "{done:?}");
    assert_eq!(waiting(&lab), 0);
    assert!(matches!(lab.earlier("one").unwrap(), Some(Done::Logged { index: 0, .. })));
    let late = hand_in(&world, &world.ctx("gov", &node)).await;
    assert!(late[0].already, "whoever carries it finds it there");
}

#[tokio::test]
async fn what_others_must_sign_too_is_refused_by_their_names() {
    let world = World::new(93);
    let node = world.node();
    let lab = world.ctx("lab", &node);
    decline(&lab, "one", None).await.unwrap();
    let known = lab.known().await.unwrap();
    let event = Event::Shredded {
        statement: known.statements[0].leaf.id(),
        by: "lab".parse().unwrap(),
        authority: "order 1".parse().unwrap(),
        rule: "rule 1".parse().unwrap(),
        with: Some("gov".parse().unwrap()),
    };
    let alone = offline(&world, "lab", &node).state(&event, &Readers::Public, None).await;
    let alone = alone.unwrap_err();
    assert!(matches!(&alone, ActError::Alone { whom, .. } if whom == "gov"), "{alone}");
    assert!(!world.folder.path().join("carried.statements").exists());

    let content = Content::of(&event).unwrap();
    let random = &mut |into: &mut [u8]| into.fill(7);
    let (log, issuer, now) = (lab.trust.log(), lab.home.id(), lab.clock.now());
    let mut draft = Draft::start(log, content, issuer, Audience::Public, random, now).unwrap();
    let refused = statements(&draft.to_bytes()).unwrap_err();
    assert!(refused.to_string().contains("is not signed by gov"), "{refused}");
    let gov = world.ctx("gov", &node);
    draft.sign(gov.home.id(), gov.home.keys()).unwrap();
    let refused = statements(&draft.to_bytes()).unwrap_err();
    assert!(matches!(&refused, AppendError::Draft { issuer, .. } if issuer == "lab"), "{refused}");

    let position = known.cursor.chains.next(issuer, None, now);
    let whole = draft.issue(position, lab.home.keys()).unwrap();
    assert_eq!(statements(&wire::entry_bytes(&whole)).unwrap().len(), 1);
    let refused = statements(&wire::entry_bytes(&without_cosigners(&whole))).unwrap_err();
    assert!(refused.to_string().contains("is not signed by gov"), "{refused}");
}

/// The same statement with its issuer's signature alone, and digests that fit.
fn without_cosigners(entry: &Entry) -> Entry {
    let (leaf, object) = entry.check().unwrap();
    let mut block = SignatureBlock::from_bytes(object.block()).unwrap();
    block.cosigners.clear();
    let block = block.to_bytes();
    let (old, new) = (leaf.signatures().as_bytes(), domain::Digest384::of(&block));
    let at = entry.leaf.windows(48).position(|bytes| bytes == old).unwrap();
    let mut bytes = entry.leaf.clone();
    bytes[at..at + 48].copy_from_slice(new.as_bytes());
    let mut parts = minicbor::Decoder::new(&entry.object);
    parts.array().unwrap();
    let (magic, _) = (parts.str().unwrap(), parts.bytes().unwrap());
    let sealed = parts.bytes().unwrap();
    let mut object = minicbor::Encoder::new(Vec::new());
    let written = object.array(3).and_then(|e| e.str(magic)).and_then(|e| e.bytes(&block));
    written.and_then(|e| e.bytes(sealed)).unwrap();
    let object = object.into_writer();
    Object::from_bytes(&object).unwrap();
    Entry { id: Leaf::from_bytes(&bytes).unwrap().id(), leaf: bytes, object }
}

#[test]
fn a_file_that_is_none_is_refused() {
    assert!(matches!(statements(b""), Err(AppendError::Empty)));
    assert!(matches!(statements(b"hello"), Err(AppendError::Malformed(_))));
    let nothing = Entry { id: Digest::of(b""), leaf: Vec::new(), object: Vec::new() };
    let two = [wire::entry_bytes(&nothing), wire::entry_bytes(&nothing)].concat();
    assert_eq!(wire::entries(&two).unwrap().len(), 2);
    assert!(wire::entries(&two[..two.len() - 1]).is_err());
    assert!(matches!(statements(&two), Err(AppendError::Unsound { at: 1, .. })));
}
