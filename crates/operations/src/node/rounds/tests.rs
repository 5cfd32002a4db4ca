//! A node's checkpoint gets its witnesses' signatures, late ones too, and nothing waits for them.

use super::*;
use crate::act::Readers;
use crate::ctx::SetClock;
use crate::node::cosigners::memory::{Line, MemoryCosigner, MemoryCosigners};
use crate::node::cosigners::{Answer, Kind, Silence, Standing};
use crate::testing::World;
use domain::Role;
use tlog::KeyName;
use tlog::witness::Watched;

async fn decline(world: &World, node: &Arc<Node>, case: &str) {
    let event = access::Event::RequestDeclined(access::Decline {
        case: case.parse().unwrap(),
        developer: "lab".parse().unwrap(),
        reason: None,
    });
    world.ctx("lab", node).state(&event, &Readers::Public, None).await.unwrap();
}

fn published(node: &Node) -> SignedCheckpoint {
    SignedCheckpoint::parse(&node.file("checkpoint").unwrap().unwrap()).unwrap()
}

#[tokio::test]
async fn cosignatures_are_published_when_they_come() {
    let world = World::with(71, &[("lab", Role::Developer), ("gov", Role::Government)]);
    let node = world.node();
    let one = |name: &str, seed| {
        let name = KeyName::new(name).unwrap();
        Arc::new(MemoryCosigner::new(&name, Kind::Witness, &[seed; 32]).unwrap())
    };
    let (lab, gov) = (one("lab.example/w", 2), one("gov.example/w", 3));
    let key: VerifierKey = node.trust().log().vkey().parse().unwrap();
    let log = Watched { origin: node.trust().log().origin().to_owned(), keys: vec![key] };
    let clock = Arc::new(SetClock::new("2026-11-20T10:00:00Z".parse().unwrap()));
    let all = vec![(Standing::Main, Arc::clone(&lab)), (Standing::Main, Arc::clone(&gov))];
    let cosigners = Box::new(MemoryCosigners::new(log, all, clock));
    let growth = Arc::new(FilesGrowth(LogFolder::new(world.folder.path().join("node/log"))));
    let mut rounds = Rounds::over(Arc::clone(&node), cosigners, growth);
    let by = |keys: Vec<VerifierKey>| {
        published(&node).note().verify(&keys).map_or(0, |verified| verified.len())
    };

    decline(&world, &node, "one").await;
    gov.set(Line::Stalled);
    let round = rounds.once().await.unwrap().unwrap();
    assert_eq!(round.answers[1].1, Answer::Silent(Silence::Stalled));
    assert_eq!((by(lab.keys()), by(gov.keys())), (2, 0), "one is missing, the other stands");
    decline(&world, &node, "two").await;
    assert_eq!(published(&node).checkpoint().size(), 2, "nothing waits for a witness");

    gov.set(Line::Up);
    assert!(rounds.once().await.unwrap().unwrap().is_complete());
    assert_eq!((by(lab.keys()), by(gov.keys())), (2, 2));
    assert_eq!(rounds.once().await.unwrap(), None, "everyone has signed this head");
}
