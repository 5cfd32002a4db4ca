//! What the developer does about a signal takes effect at the gateway, is told to the client in its dialect, and ends.

use crate::permits::{GRANT, TOKEN, act, other};
use crate::world::{Answer, Setup, World, pause, post, prompt};
use access::{Content, Step};
use bytes::Bytes;
use domain::Span;
use gateway::{Ack, Clock, ContentStore, Exchange, Limits, Outcome, SinkError};
use http::{HeaderValue, StatusCode};
use serde_json::json;
use signals::{Canaries, Sketch};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

fn hold(world: &World, step: Step) {
    act(&world.reviews, step, world.clock.now());
}

/// Asks with a second person's key.
async fn with_second(world: &World, key: &str) -> Answer {
    let mut request = post(Some(TOKEN), Bytes::from(prompt("plain").to_string()));
    request.headers_mut().insert("x-second-key", HeaderValue::from_str(key).expect("a header"));
    let mut client = world.connect().await;
    let answer = client.send(request).await;
    answer.with(client)
}

#[tokio::test]
async fn a_pause_cuts_what_is_open_and_ends_with_a_note() {
    let world = World::start().await;
    let mut open = world.ask("stall").await;
    open.next().await.expect("a first event").expect("bytes");
    hold(&world, Step::Pause);
    let text = timeout(Duration::from_secs(1), open.text()).await.expect("within a second");
    assert!(text.contains("access_ended"), "{text}");
    let refusal = world.ask("plain").await.refusal().await;
    assert_eq!(refusal, (403, "permission_error".to_owned(), "grant-paused".to_owned()));
    assert_eq!(world.records(1).await[0].outcome, Outcome::PermitEnded);
    assert_eq!(world.account().reserved, 0);
    hold(&world, Step::Note);
    assert_eq!(world.ask("plain").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_slowed_grant_has_one_request_at_a_time_and_a_pause_between_two() {
    let limits = Limits { slow_gap: Span::seconds(1), ..Limits::default() };
    let world = World::with(Setup { limits, ..Setup::default() }).await;
    hold(&world, Step::Slow);
    assert_eq!(world.ask("plain").await.status, StatusCode::OK);
    let early = world.ask("plain").await;
    assert_eq!(early.headers["retry-after"], "1");
    let refusal = early.refusal().await;
    assert_eq!(refusal, (429, "rate_limit_error".to_owned(), "slowed".to_owned()));
    assert_eq!(world.account().reserved, 0, "nothing is set aside for it");
    pause(1_100).await;
    let mut open = world.ask("stall").await;
    open.next().await.expect("a first event").expect("bytes");
    pause(1_100).await;
    assert_eq!(world.ask("plain").await.refusal().await.2, "slowed", "one is under way");
    hold(&world, Step::Ask);
    for _ in 0..3 {
        assert_eq!(world.ask("plain").await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_second_person_is_asked_for_and_on_record() {
    let world = World::start().await;
    hold(&world, Step::SecondPerson);
    for wrong in [TOKEN, "nobody"] {
        let refusal = with_second(&world, wrong).await.refusal().await;
        let expected = (403, "permission_error".to_owned(), "second-person-needed".to_owned());
        assert_eq!(refusal, expected, "{wrong}");
    }
    let answer = with_second(&world, &other(0)).await;
    assert_eq!(answer.status, StatusCode::OK);
    answer.text().await;
    let record = world.records(1).await.remove(0);
    assert_eq!(record.traits.second.map(|p| p.to_string()).as_deref(), Some("person-5"));
    assert_eq!(record.grant.as_str(), GRANT);
    let sent = world.upstream.seen.count();
    assert_eq!(sent, 1, "refused requests never left");
}

/// Keeps nothing, and says so to nobody.
struct Nowhere;

impl ContentStore for Nowhere {
    fn ready(&self, _: &domain::PartyId, _: Content) -> Result<(), SinkError> {
        Ok(())
    }
    fn keep(&self, _: Exchange) -> Ack {
        Ack::ready(Ok(()))
    }
}

const PLANTED: &str = "amber fulcrum osprey ledger tundra quill";

async fn asked(terms: fn(&mut access::Limits)) -> (World, gateway::Traits) {
    let store: Arc<dyn ContentStore> = Arc::new(Nowhere);
    let world = World::with(Setup { terms, store: Some(store), ..Setup::default() }).await;
    let mut canaries = Canaries::default();
    assert!(canaries.plant(PLANTED, "grant-9".parse().expect("an id")));
    world.control.look_for(canaries);
    let mut body = prompt("plain");
    body["messages"] =
        json!([{"role": "user", "content": format!("Translate: {PLANTED}, please")}]);
    let answer = world.connect().await.ask(TOKEN, &body).await;
    assert_eq!(answer.status, StatusCode::OK);
    answer.text().await;
    let traits = world.records(1).await.remove(0).traits;
    (world, traits)
}

#[tokio::test]
async fn only_visible_terms_let_the_prompt_be_looked_at() {
    let (_world, seen) =
        asked(|limits| limits.content = Some(Content::Visible { retention_days: 3 })).await;
    assert_eq!(seen.sketch, Sketch::of(&format!("Translate: {PLANTED}, please")));
    assert_eq!(seen.canaries.iter().map(ToString::to_string).collect::<Vec<_>>(), ["grant-9"]);
    assert_eq!(seen.from.map(|n| n.to_string()).as_deref(), Some("127.0.0.0/24"));
    let (_hashed, unseen) = asked(|_| {}).await;
    let sealed_terms: fn(&mut access::Limits) =
        |limits| limits.content = Some(Content::Sealed { retention_days: 3 });
    let (world, sealed) = asked(sealed_terms).await;
    for traits in [unseen, sealed] {
        assert_eq!((traits.sketch, traits.canaries), (None, vec![]));
        assert!(traits.from.is_some(), "where from is known under any terms");
    }
    let file = std::fs::read_to_string(world.log_path()).expect("a file");
    assert!(!file.contains("sketch"), "{file}");
}
