//! The use log behind a gateway: one record a request, minutes that prove, budgets that survive.

use crate::permits::{GRANT, TOKEN};
use crate::world::{Setup, World, prompt};
use domain::{Digest, Span};
use gateway::{Clock, Outcome};

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
