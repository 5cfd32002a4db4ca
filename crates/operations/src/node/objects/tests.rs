//! Two hosts of one log over the same objects, in memory.

use super::open;
use crate::act::{Ctx, Done, Readers};
use crate::ctx::{Clock, SetClock};
use crate::node::{Node, NodeError, config};
use crate::testing::World;
use domain::Role;
use ledger::LogFiles as _;
use object_store::memory::InMemory;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use store::{LogObjects, Objects};

/// A host's folder with the log's key.
fn folder(world: &World, name: &str) -> PathBuf {
    let folder = world.folder.path().join(name);
    fs::create_dir_all(&folder).unwrap();
    for file in ["log.key", "log.vkey", "trust.toml"] {
        if folder.join(file).exists() {
            continue;
        }
        fs::copy(world.folder.path().join("node").join(file), folder.join(file)).unwrap();
    }
    folder
}

fn objects(memory: &Arc<InMemory>) -> Objects {
    Objects::over(Arc::<InMemory>::clone(memory), "log").unwrap()
}

fn try_host(world: &World, name: &str, memory: &Arc<InMemory>) -> Result<Arc<Node>, NodeError> {
    let folder = folder(world, name);
    let (signer, trust) = config::read(&folder).unwrap();
    let log = open(&folder, objects(memory), &trust)?;
    let clock: Arc<dyn Clock> = Arc::<SetClock>::clone(&world.clock);
    Node::over(Box::new(log), signer, trust, clock).map(Arc::new)
}

fn host(world: &World, name: &str, memory: &Arc<InMemory>) -> Arc<Node> {
    try_host(world, name, memory).unwrap()
}

async fn decline(ctx: &Ctx, case: &str) {
    let event = access::Event::RequestDeclined(access::Decline {
        case: case.parse().unwrap(),
        developer: ctx.home.id().clone(),
        reason: None,
    });
    let done = ctx.state(&event, &Readers::Public, None).await.unwrap();
    assert!(matches!(done, Done::Logged { .. }), "{done:?}");
}

#[tokio::test]
async fn statements_go_to_either_host_and_to_one_log() {
    let (world, memory) = (World::new(81), Arc::new(InMemory::new()));
    let hosts = [host(&world, "a", &memory), host(&world, "b", &memory)];
    for n in 0..10 {
        decline(&world.ctx("lab", &hosts[n % 2]), &format!("case-{n}")).await;
    }
    for node in &hosts {
        assert_eq!(node.status().unwrap().size, 10);
        let lab = world.ctx("lab", node);
        assert_eq!(lab.known().await.unwrap().statements.len(), 10);
    }
    let trust = world.ctx("gov", &hosts[0]).trust;
    let files = LogObjects::new(objects(&memory));
    assert!(ledger::verify_log(&files, &trust).is_sound());
    // a statement that comes again at the other host is answered, and logged once
    let bytes = {
        let leaf = hosts[0].leaves(9, 10).unwrap().remove(0);
        hosts[0].receipt(&leaf.id).unwrap().unwrap()
    };
    ledger::Receipt::from_bytes(&bytes).unwrap().verify(&trust).unwrap();
}

#[test]
fn hosts_that_commit_at_the_same_moment_both_get_their_statements_in() {
    let parties = [("lab", Role::Developer), ("studio", Role::Developer)];
    let (world, memory) = (World::with(82, &parties), Arc::new(InMemory::new()));
    let hosts = [host(&world, "a", &memory), host(&world, "b", &memory)];
    std::thread::scope(|scope| {
        for (party, node) in ["lab", "studio"].into_iter().zip(&hosts) {
            let ctx = world.ctx(party, node);
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime.unwrap().block_on(async {
                    for n in 0..15 {
                        decline(&ctx, &format!("{party}-{n}")).await;
                    }
                });
            });
        }
    });
    let trust = world.ctx("lab", &hosts[0]).trust;
    let files = LogObjects::new(objects(&memory));
    let report = ledger::verify_log(&files, &trust);
    assert!(report.is_sound());
    assert_eq!(report.head.unwrap().size, 30);
    assert_eq!(files.staged().unwrap(), [], "nothing is left under way");
    // a third that was never there before
    assert_eq!(host(&world, "c", &memory).status().unwrap().size, 30);
}

#[tokio::test]
async fn a_payload_is_shredded_for_every_host() {
    let (world, memory) = (World::new(83), Arc::new(InMemory::new()));
    let hosts = [host(&world, "a", &memory), host(&world, "b", &memory)];
    let lab = world.ctx("lab", &hosts[0]);
    decline(&lab, "case-1").await;
    let id = hosts[0].leaves(0, 1).unwrap()[0].id;
    let line = |text: &str| text.parse::<domain::Line>().unwrap();
    let at_b = world.ctx("lab", &hosts[1]);
    let named = id.to_string();
    let why = (line("the court"), line("rule 7"));
    crate::shred::shred(&at_b, &named, why, None, None).await.unwrap();
    let files = LogObjects::new(objects(&memory));
    let object = files.read(&ledger::object_path(&id)).unwrap().unwrap();
    assert!(ledger::Object::from_bytes(&object).unwrap().is_shredded());
    // the host that still thought it whole goes on
    decline(&world.ctx("lab", &hosts[0]), "case-2").await;
    assert!(ledger::verify_log(&files, &lab.trust).is_sound());
}

#[tokio::test]
async fn what_would_be_a_second_history_is_refused() {
    let (world, memory) = (World::new(84), Arc::new(InMemory::new()));
    decline(&world.ctx("lab", &host(&world, "a", &memory)), "case-1").await;
    // another key under the same prefix
    let stranger = World::new(85);
    let refused = try_host(&stranger, "a", &memory);
    assert!(matches!(refused, Err(NodeError::OthersObjects { .. })), "{refused:?}");
    // a host that has seen more than the bucket holds
    let refused = try_host(&world, "a", &Arc::new(InMemory::new()));
    let Err(NodeError::Store(error)) = refused else { panic!("{refused:?}") };
    assert!(matches!(error, store::StoreError::ObjectsBehind { ours: 1, theirs: 0 }), "{error}");
    // a folder with a log of its own
    decline(&world.ctx("lab", &world.node()), "case-2").await;
    let refused = try_host(&world, "node", &Arc::new(InMemory::new()));
    assert!(matches!(refused, Err(NodeError::TwoPlaces { .. })), "{refused:?}");
}
