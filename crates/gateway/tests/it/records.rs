//! The use log behind a gateway: one record a request, minutes that prove, budgets that survive.

use super::world::{START, Setup, World, prompt};
use crate::permits::{GRANT, TOKEN, review, state_uses};
use domain::{Digest, Span, Timestamp};
use gateway::{Clock, LiveReviews, Outcome};
use std::sync::Arc;

#[tokio::test]
async fn each_use_has_a_record_and_each_minute_a_root() {
    let world = World::start().await;
    let asked = prompt("plain");
    let answer = world.connect().await.ask(TOKEN, &asked).await;
    let id = answer.headers["x-request-id"].to_str().expect("text").parse().expect("an id");
    let text = answer.text().await;
    world.ask("stream:5").await.text().await;
    let first = world.records(1).await.remove(0);
    assert_eq!(first.request, id);
    assert_eq!(first.grant.as_str(), GRANT);
    assert_eq!(first.person.as_str(), "person-1");
    assert_eq!(first.request_digest, Digest::of(asked.to_string().as_bytes()));
    assert_eq!(first.response_digest, Digest::of(text.as_bytes()));
    assert_eq!((first.tokens_in, first.tokens_out, first.charged), (9, 3, 12));

    assert_eq!(world.log().minutes_closed(world.clock.now()).expect("flushed"), []);
    world.clock.pass(Span::minutes(1));
    world.ask("plain").await.text().await;
    let closed = world.log().minutes_closed(world.clock.now()).expect("flushed");
    let [minute] = closed.as_slice() else { panic!("one minute: {closed:?}") };
    assert_eq!((minute.count, minute.tokens_in, minute.tokens_out), (2, 18, 8));
    let proof = world.log().prove(id).expect("on file");
    assert_eq!(proof.verify(&minute.root, minute.count), Ok(first));
    world.log().minute_recorded(minute).await.expect("recorded");
    assert_eq!(world.log().minutes_closed(world.clock.now()).expect("flushed"), []);
}

#[tokio::test]
async fn budgets_survive_a_restart() {
    let world = World::with(Setup { budget: 250, ..Setup::default() }).await;
    world.ask("usage:91").await.text().await;
    world.settles(100).await;
    let folder = world.stop().await;
    let world = World::with(Setup { budget: 250, folder: Some(folder), ..Setup::default() }).await;
    assert_eq!(world.account().settled, 100);
    world.ask("usage:91").await.text().await;
    world.settles(200).await;
    assert_eq!(world.ask("usage:91").await.refusal().await.0, 429);
}

/// Two gateways of one lab, each with a use log of its own, and one log between them.
#[tokio::test]
async fn two_gateways_count_what_the_other_stated_beside_what_they_have_not() {
    let from = START.parse::<Timestamp>().expect("an instant").before(Span::hours(2));
    let shared = Arc::new(review(1_000, from));
    let setup =
        || Setup { authority: Some(Arc::<LiveReviews>::clone(&shared) as _), ..Setup::default() };
    let (one, other) = (World::with(setup()).await, World::with(setup()).await);
    let spend = async |world: &World, words: u64, settled: u64| {
        world.ask(&format!("usage:{words}")).await.text().await;
        world.settles(settled).await;
    };
    spend(&one, 391, 400).await;
    // nothing is on record: the other knows of its own uses alone
    spend(&other, 191, 200).await;
    one.clock.pass(Span::minutes(1));
    let closed = one.log().minutes_closed(one.clock.now()).expect("flushed");
    state_uses(&shared, closed.first().expect("a minute"), one.clock.now());
    // its own 400 are now on record, and are not counted twice
    spend(&one, 91, 500).await;
    one.log().minute_recorded(closed.first().expect("a minute")).await.expect("recorded");
    spend(&other, 91, 700).await;
    let refused = other.ask("usage:391").await.refusal().await;
    assert_eq!((refused.0, refused.2.as_str()), (429, "insufficient_quota"), "{}", refused.1);
    // a restart knows which of its minutes are on record
    let folder = one.stop().await;
    let one = World::with(Setup { folder: Some(folder), ..setup() }).await;
    assert_eq!(one.account().settled, 500);
}

#[tokio::test]
async fn nothing_secret_is_on_file() {
    let world = World::with(Setup { provider_key: Some("sk-provider"), ..Setup::default() }).await;
    world.ask("plain").await.text().await;
    world.ask("stream:5").await.text().await;
    let records = world.records(2).await;
    assert!(records.iter().all(|r| r.outcome == Outcome::Completed));
    let file = std::fs::read_to_string(world.log_path()).expect("a file");
    for secret in [TOKEN, "sk-provider", "Say hello", "Hello.", "word1"] {
        assert!(!file.contains(secret), "`{secret}` is in the use log");
    }
}
