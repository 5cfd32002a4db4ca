//! Many samples at a time: all are made, the ladder of solvers orders as built, and work without shortcuts has no signs.

use super::{Asked, Practised, practice};
use crate::endpoint::Endpoint;
use crate::signs;
use crate::solver::{Skill, serve};
use crate::testing::possible;
use assessment::{Budget, Dial, Elicitation, MasterSeed};
use sandbox::{Policy, probe};
use std::path::Path;
use tokio::net::TcpListener;

/// A service is asked once a turn, up to some hundred times.
const BUDGET: Budget =
    Budget { turns: 400, tokens: 50_000_000, seconds: 240, price: Some(1_000_000) };

async fn run(
    skill: Skill,
    change: impl FnOnce(&mut Asked),
    transcript: Option<&Path>,
) -> Practised {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/v1", listener.local_addr().unwrap());
    let tasks = possible()
        .into_iter()
        .flat_map(|f| [Dial::ALL[0], Dial::ALL[4]].map(|d| (f.name().to_owned(), d)));
    let mut asked = Asked {
        endpoint: Endpoint::new(&base, "scripted", None).unwrap(),
        policy: Policy::default(),
        seed: MasterSeed::new([5; 32]),
        tasks: tasks.collect(),
        given: Vec::new(),
        instances: 1,
        budget: BUDGET,
        how: Elicitation::BARE,
        at_once: 6,
        dollars: None,
        transcript: transcript.map(Path::to_owned),
    };
    change(&mut asked);
    let mut nobody = ();
    tokio::select! {
        served = serve(listener, skill) => panic!("it serves for ever: {served:?}"),
        done = practice(&asked, &mut nobody) => done.unwrap(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_ladder_orders_as_built_and_shows_no_signs() {
    if let Err(why) = probe() {
        println!("skipped: execution in a sandbox ({why})");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let mut shares = Vec::new();
    for skill in [Skill::Strong, Skill::Middling, Skill::Weak] {
        let path = dir.path().join(format!("{skill}.jsonl"));
        let done = run(skill, |_| {}, Some(&path)).await;
        assert_eq!(done.all.invalid, 0, "{done:?}");
        shares.push((done.all.passed, done.all.tried));
        let looked = signs::look(&path).unwrap();
        assert_eq!(looked.len(), usize::try_from(done.all.tried).unwrap());
        let found: Vec<_> = looked.iter().flat_map(|looked| &looked.signs).collect();
        assert!(found.is_empty(), "{skill}: {found:?}");
        let refused = crate::transcript::check(&path).unwrap_err().to_string();
        assert!(refused.contains("not the start of a run"), "{refused}");
    }
    let [(strong, all), (middling, _), (weak, _)] = shares[..] else { panic!("{shares:?}") };
    assert_eq!((strong, weak), (all, 0));
    assert_eq!(middling, all / 2, "dial 1 and not dial 5");
}

#[tokio::test]
async fn a_thousand_at_once_and_a_bound_in_money() {
    let many = |asked: &mut Asked| {
        asked.tasks = vec![("keystream-recovery".to_owned(), Dial::ALL[0])];
        (asked.instances, asked.at_once) = (1_000, 1_000);
    };
    // the weak solver hands in without a tool, so no sandbox starts
    let done = run(Skill::Weak, many, None).await;
    assert_eq!((done.all.tried, done.all.passed, done.left), (1_000, 0, 0), "{done:?}");
    let bounded = |asked: &mut Asked| {
        many(asked);
        (asked.at_once, asked.dollars) = (1, Some(10_000));
    };
    let done = run(Skill::Weak, bounded, None).await;
    assert!(done.left > 900 && done.cost.unwrap() >= 10_000, "{done:?}");
}
