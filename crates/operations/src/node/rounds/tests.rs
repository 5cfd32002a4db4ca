//! A node's checkpoint gets its witnesses' signatures, late ones too, and nothing waits for them.

use super::*;
use crate::act::Readers;
use crate::ctx::{Clock, SetClock};
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
    let growth = Arc::new(FilesGrowth(store::LogFolder::new(world.folder.path().join("node/log"))));
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

/// Cosigners whose every answer finds the log grown by another statement.
#[derive(Debug)]
struct InAStream {
    inner: MemoryCosigners,
    node: Arc<Node>,
    next: std::sync::Mutex<Vec<Vec<u8>>>,
}

impl Cosigners for InAStream {
    fn all(&self) -> &[crate::node::cosigners::Cosigner] {
        self.inner.all()
    }
    fn latest<'a>(
        &'a self,
        committed: &'a SignedCheckpoint,
        within: Span,
    ) -> crate::node::cosigners::Waiting<'a, Vec<crate::node::cosigners::Said>> {
        self.inner.latest(committed, within)
    }
    fn round<'a>(
        &'a self,
        committed: &'a SignedCheckpoint,
        growth: Arc<dyn Growth>,
        within: Span,
    ) -> crate::node::cosigners::Waiting<'a, Round> {
        let next = self.next.lock().unwrap().pop().unwrap();
        self.node.submit(&next).unwrap();
        self.inner.round(committed, growth, within)
    }
}

#[tokio::test]
async fn receipts_become_full_under_a_stream_of_statements() {
    let world = World::with(72, &[("lab", Role::Developer), ("gov", Role::Government)]);
    let cosigner = |name: &str, seed| {
        let name = KeyName::new(&format!("{name}.example/w")).unwrap();
        Arc::new(MemoryCosigner::new(&name, Kind::Witness, &[seed; 32]).unwrap())
    };
    let (lab, gov) = (cosigner("lab", 2), cosigner("gov", 3));
    let witness = |party: &str, cosigner: &MemoryCosigner| {
        let key = cosigner.keys().into_iter().next().unwrap();
        ledger::Witness::new(party.parse().unwrap(), ledger::WitnessRole::Main, key, None).unwrap()
    };
    let path = world.folder.path().join("node/trust.toml");
    let trust = crate::home::read_trust(&path).unwrap();
    let trust = trust.with_witnesses(vec![witness("lab", &lab), witness("gov", &gov)]).unwrap();
    for folder in ["node", "lab", "gov"] {
        let path = world.folder.path().join(folder).join("trust.toml");
        crate::trust::write(&trust, &path).unwrap();
    }
    let node = world.node();
    decline(&world, &node, "first").await;
    let receipt = node.leaves(0, 1).unwrap()[0].id;
    // what `gov` states meanwhile, each statement on top of the one before
    let mut chains = ledger::Chains::default();
    let stream = (0..6).map(|n| said(&world, &trust, &mut chains, n)).collect::<Vec<_>>();
    let key: VerifierKey = trust.log().vkey().parse().unwrap();
    let log = Watched { origin: trust.log().origin().to_owned(), keys: vec![key] };
    let all = vec![(Standing::Main, lab), (Standing::Main, Arc::clone(&gov))];
    let inner = MemoryCosigners::new(log, all, Arc::<SetClock>::clone(&world.clock));
    let next = std::sync::Mutex::new(stream.into_iter().rev().collect());
    let cosigners = Box::new(InAStream { inner, node: Arc::clone(&node), next });
    let growth = Arc::new(FilesGrowth(store::LogFolder::new(world.folder.path().join("node/log"))));
    let mut rounds = Rounds::over(Arc::clone(&node), cosigners, growth);
    let grade = || {
        let receipt = node.receipt(&receipt).unwrap().unwrap();
        ledger::Receipt::from_bytes(&receipt).unwrap().verify(&trust).unwrap().grade
    };

    gov.set(Line::Stalled);
    rounds.once().await.unwrap();
    assert_eq!(grade(), ledger::Grade::Provisional);
    let since = world.clock.now();
    world.at("2026-11-20T10:00:30Z");
    rounds.once().await.unwrap();
    let status = node.status().unwrap();
    let seen: Vec<_> = status.cosigners.iter().map(|c| (c.cosigned, c.silent_since)).collect();
    assert_eq!(seen, [(Some(2), None), (None, Some(since))], "gov is silent since the first round");
    assert_eq!((status.size, status.witnessed), (3, None));

    gov.set(Line::Up);
    for round in 3..6 {
        rounds.once().await.unwrap();
        let status = node.status().unwrap();
        assert_eq!((status.size, status.witnessed), (round + 1, Some(round)));
        assert!(status.cosigners.iter().all(|c| c.silent_since.is_none()));
        assert_eq!(grade(), ledger::Grade::Full);
        assert_eq!(
            published(&node).note().signatures().len(),
            2,
            "outgrown before it was cosigned"
        );
    }
    let ctx = world.ctx("lab", &node);
    let refreshed = crate::refresh::refresh(&ctx).await.unwrap();
    assert_eq!((refreshed.better.len(), refreshed.waiting.len()), (1, 0));
    drop((ctx, rounds, node));
    let again = world.node();
    assert_eq!(again.status().unwrap().witnessed, Some(5), "as after a restart");
}

/// A statement of `gov`, complete and on top of its chain.
fn said(world: &World, trust: &ledger::Trust, chains: &mut ledger::Chains, n: u64) -> Vec<u8> {
    let home = crate::home::Home::open(&world.folder.path().join("gov")).unwrap();
    let event = access::Event::RequestDeclined(access::Decline {
        case: format!("case-{n}").parse().unwrap(),
        developer: "lab".parse().unwrap(),
        reason: None,
    });
    let (content, now) = (ledger::Content::of(&event).unwrap(), world.clock.now());
    let mut fill = |into: &mut [u8]| crate::ctx::Random::fill(world.random.as_ref(), into);
    let (gov, readers) = (home.id(), ledger::Audience::Public);
    let mut draft =
        ledger::Draft::start(trust.log(), content, gov, readers, &mut fill, now).unwrap();
    for signer in draft.missing() {
        let signing = crate::home::Home::open(&world.folder.path().join(signer.as_str())).unwrap();
        draft.sign(&signer, signing.keys()).unwrap();
    }
    let entry = draft.issue(chains.next(gov, None, now), home.keys()).unwrap();
    let checked = entry.clone().checked().unwrap();
    chains.admit(checked.leaf(), checked.leaf_hash(), n);
    crate::wire::entry_bytes(&entry)
}

/// Cosigners that another host of the log asks first, about a newer head.
#[derive(Debug)]
struct AskedBefore(InAStream);

impl Cosigners for AskedBefore {
    fn all(&self) -> &[crate::node::cosigners::Cosigner] {
        self.0.all()
    }
    fn latest<'a>(
        &'a self,
        committed: &'a SignedCheckpoint,
        within: Span,
    ) -> crate::node::cosigners::Waiting<'a, Vec<crate::node::cosigners::Said>> {
        self.0.latest(committed, within)
    }
    fn round<'a>(
        &'a self,
        committed: &'a SignedCheckpoint,
        growth: Arc<dyn Growth>,
        within: Span,
    ) -> crate::node::cosigners::Waiting<'a, Round> {
        Box::pin(async move {
            if let Some(next) = self.0.next.lock().unwrap().pop() {
                self.0.node.submit(&next).unwrap();
            }
            let newer = published(&self.0.node);
            self.0.inner.round(&newer, Arc::clone(&growth), within).await;
            self.0.inner.round(committed, growth, within).await
        })
    }
}

#[tokio::test]
async fn a_witness_that_another_host_asked_first_holds_no_other_history() {
    let world = World::with(73, &[("lab", Role::Developer), ("gov", Role::Government)]);
    let node = world.node();
    decline(&world, &node, "first").await;
    let name = KeyName::new("lab.example/w").unwrap();
    let witness = Arc::new(MemoryCosigner::new(&name, Kind::Witness, &[2; 32]).unwrap());
    let trust = node.trust().clone();
    let next = vec![said(&world, &trust, &mut ledger::Chains::default(), 0)];
    let key: VerifierKey = trust.log().vkey().parse().unwrap();
    let log = Watched { origin: trust.log().origin().to_owned(), keys: vec![key] };
    let all = vec![(Standing::Main, witness)];
    let inner = MemoryCosigners::new(log, all, Arc::<SetClock>::clone(&world.clock));
    let stream = InAStream { inner, node: Arc::clone(&node), next: next.into() };
    let growth = Arc::new(FilesGrowth(Published(Arc::clone(&node))));
    let mut rounds = Rounds::over(Arc::clone(&node), Box::new(AskedBefore(stream)), growth);
    let round = rounds.once().await.unwrap().unwrap();
    assert_eq!(round.answers[0].1, Answer::Silent(Silence::Stalled), "it is ahead of the round");
    assert!(rounds.once().await.unwrap().unwrap().is_complete());
}
