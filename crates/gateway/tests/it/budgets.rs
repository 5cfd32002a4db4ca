//! Tokens: set aside, settled, given back, never overspent.

use super::world::{Setup, World, pause, prompt};
use crate::permits::TOKEN;
use gateway::{Account, Outcome};
use std::sync::atomic::Ordering;
use tokio::task::JoinSet;

async fn world(budget: u64) -> World {
    World::with(Setup { budget, ..Setup::default() }).await
}

#[tokio::test]
async fn an_answer_is_charged_as_reported_or_as_counted() {
    let world = world(100_000).await;
    world.ask("plain").await.text().await;
    world.settles(12).await;
    world.ask("uncounted").await.text().await;
    let records = world.records(2).await;
    assert!(records[1].tokens_in >= 5 && (2..=6).contains(&records[1].tokens_out), "{records:?}");
    world.ask("unreported:30").await.text().await;
    let records = world.records(3).await;
    assert_eq!(records[2].tokens_out, 30, "one event, one token");
    world.settles(records.iter().map(|r| r.charged).sum()).await;
}

#[tokio::test]
async fn what_does_not_fit_is_refused_and_not_forwarded() {
    let world = world(100).await;
    let refusal = world.ask("plain").await.refusal().await;
    assert_eq!(refusal.0, 429);
    assert_eq!(refusal.2, "insufficient_quota");
    assert_eq!(world.upstream.seen.count(), 0);
    assert_eq!(world.account(), Account::default());
    let mut asked = prompt("plain");
    asked["max_tokens"] = 50.into();
    assert_eq!(world.connect().await.ask(TOKEN, &asked).await.status, 200);
    asked["n"] = 3.into();
    let refusal = world.connect().await.ask(TOKEN, &asked).await.refusal().await;
    assert_eq!(refusal.0, 429, "three alternatives need three times the tokens");
}

#[tokio::test]
async fn without_a_bound_what_is_left_is_enough() {
    let world = world(60).await;
    let mut asked = prompt("plain");
    asked.as_object_mut().expect("an object").remove("max_tokens");
    assert_eq!(world.connect().await.ask(TOKEN, &asked).await.status, 200);
    world.settles(12).await;
}

#[tokio::test]
async fn an_answer_over_the_budget_is_withheld() {
    let world = world(150).await;
    let refusal = world.ask("usage:5000").await.refusal().await;
    assert_eq!(refusal.0, 429);
    let record = world.records(1).await.remove(0);
    assert_eq!(record.outcome, Outcome::BudgetExhausted);
    assert_eq!(record.tokens_out, 5000);
    let account = world.account();
    assert_eq!(account, Account { settled: record.charged, reserved: 0 });
    assert!(account.settled <= 150);
}

#[tokio::test]
async fn a_stream_over_the_budget_is_cut_within() {
    let world = world(300).await;
    let text = world.ask("endless").await.text().await;
    assert!(text.contains("insufficient_quota"), "{text}");
    assert!(text.contains("word"), "something was delivered first: {text}");
    let record = world.records(1).await.remove(0);
    assert_eq!(record.outcome, Outcome::BudgetExhausted);
    assert!(record.charged <= 300, "{record:?}");
    assert_eq!(world.account(), Account { settled: record.charged, reserved: 0 });
}

#[tokio::test]
async fn a_stream_may_outgrow_its_reservation_while_the_grant_has_tokens() {
    let world = world(2_000).await;
    let text = world.ask("unreported:500").await.text().await;
    assert!(text.ends_with("data: [DONE]\n\n"));
    assert_eq!(world.records(1).await[0].tokens_out, 500);
}

#[tokio::test]
async fn a_client_that_leaves_pays_for_what_it_got() {
    let world = world(1_000).await;
    let mut answer = world.ask("stall").await;
    answer.next().await.expect("a first event").expect("bytes");
    assert!(world.account().reserved >= 100);
    drop(answer);
    let record = world.records(1).await.remove(0);
    assert_eq!(record.outcome, Outcome::ClientGone);
    assert!((1..=30).contains(&record.charged), "{record:?}");
    world.settles(record.charged).await;

    let leaving = async {
        while world.upstream.seen.count() < 2 {
            pause(5).await;
        }
    };
    tokio::select! {
        _ = world.ask("silent") => panic!("no answer comes"),
        () = leaving => {}
    }
    let records = world.records(2).await;
    assert_eq!(records[1].outcome, Outcome::ClientGone);
    assert_eq!(records[1].tokens_out, 0);
    assert_eq!(world.account().reserved, 0);
    for _ in 0..100 {
        if world.upstream.seen.abandoned.load(Ordering::Relaxed) == 1 {
            return;
        }
        pause(10).await;
    }
    panic!("the upstream was not told");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_race_for_the_budget_has_no_more_winners_than_tokens() {
    let world = world(1_000).await;
    let mut asks = JoinSet::new();
    for i in 0..60 {
        let client = world.connect().await;
        asks.spawn(async move {
            let script = if i % 2 == 0 { "usage:91" } else { "stream:91" };
            let answer = client.ask(TOKEN, &prompt(script)).await;
            let won = answer.status == 200;
            answer.text().await;
            won
        });
    }
    let mut won = 0u64;
    while let Some(asked) = asks.join_next().await {
        won += u64::from(asked.expect("no panic"));
        let account = world.account();
        assert!(account.settled + account.reserved <= 1_000, "{account:?}");
    }
    assert!((5..=10).contains(&won), "{won} requests of 100 tokens under a cap of 1000");
    world.settles(won * 100).await;
}
