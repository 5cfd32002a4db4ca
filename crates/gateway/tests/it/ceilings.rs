//! The developer's own ceilings: refused by name in the client's dialect, given back when nothing came of a request, read again
//! while it serves, and counted on after a restart.

use crate::permits::{TOKEN, other, state_uses};
use crate::world::{Answer, Setup, World, prompt};
use domain::Span;
use gateway::MinuteSummary;
use http::{StatusCode, header};
use serde_json::Value;

async fn world(ceilings: &'static str) -> World {
    World::with(Setup { ceilings: Some(ceilings), ..Setup::default() }).await
}

async fn ask(world: &World, token: &str, script: &str) -> Answer {
    world.connect().await.ask(token, &prompt(script)).await
}

/// The refusal's class and message.
async fn refused(answer: Answer) -> (String, String) {
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    let body: Value = serde_json::from_str(&answer.text().await).expect("JSON");
    assert_eq!(body["error"]["code"], "over_ceiling", "{body}");
    let text = |name: &str| body["error"][name].as_str().expect("text").to_owned();
    (text("type"), text("message"))
}

#[tokio::test]
async fn requests_at_once_are_bounded_by_grant_and_by_person() {
    // two grants of one person, and one of somebody else in the same organisation
    let (first, second, others) = (other(0), other(1), TOKEN.to_owned());
    for (file, bound, free) in [
        ("version = 1\n[grant]\nconcurrent = 1", &first, Some(&second)),
        ("version = 1\n[person]\nconcurrent = 1", &second, Some(&others)),
        ("version = 1\n[organisation]\nconcurrent = 1", &others, None),
    ] {
        let world = world(file).await;
        let mut open = ask(&world, &first, "stall").await;
        open.next().await.expect("a first event").expect("bytes");
        let answer = ask(&world, bound, "plain").await;
        assert_eq!(answer.headers[header::RETRY_AFTER], "1", "{file}");
        let (kind, message) = refused(answer).await;
        assert_eq!(kind, "rate_limit_error");
        assert!(message.contains(".concurrent)"), "{message}");
        if let Some(token) = free {
            assert_eq!(ask(&world, token, "plain").await.status, StatusCode::OK, "{file}");
        }
        drop(open);
        world.records(1 + usize::from(free.is_some())).await;
        assert_eq!(ask(&world, bound, "plain").await.status, StatusCode::OK, "{file}");
    }
}

#[tokio::test]
async fn requests_of_a_day_are_counted_and_what_fails_is_given_back() {
    let world = world("version = 1\n[person]\nrequests-per-day = 2").await;
    assert!(ask(&world, TOKEN, "status:500").await.status.is_server_error(), "it costs nothing");
    for _ in 0..2 {
        assert_eq!(ask(&world, TOKEN, "plain").await.status, StatusCode::OK);
    }
    let (kind, message) = refused(ask(&world, TOKEN, "plain").await).await;
    assert_eq!(kind, "insufficient_quota");
    assert!(message.contains("(ceiling of the developer: person.requests-per-day)"), "{message}");
    assert!(message.contains("more from 2026-11-02T00:00:00Z"), "{message}");
    world.clock.pass(Span::hours(12));
    assert_eq!(ask(&world, TOKEN, "plain").await.status, StatusCode::OK, "the next day");
}

#[tokio::test]
async fn tokens_and_money_of_a_day_bound_also_a_stream_that_outgrows_its_estimate() {
    let priced = "version = 1\n[grant]\ncost-per-day = \"0.0003\"\n[[price]]\nmodel = \"model-1\"\ninput = \"1\"\noutput = \"1\"";
    for (file, name) in [
        ("version = 1\n[grant]\ntokens-per-day = 300", "grant.tokens-per-day"),
        (priced, "grant.cost-per-day"),
    ] {
        let world = world(file).await;
        let text = ask(&world, TOKEN, "endless").await.text().await;
        assert!(text.contains("ceiling of the developer"), "{text}");
        let charged = world.records(1).await[0].charged;
        assert!((100..=300).contains(&charged), "{charged}");
        let (_, message) = refused(ask(&world, TOKEN, "plain").await).await;
        assert!(message.contains(name), "{message}");
        // a request that names no bound is content with what is left
        let mut asked = prompt("plain");
        asked.as_object_mut().expect("an object").remove("max_tokens");
        let answer = world.connect().await.ask(TOKEN, &asked).await;
        let enough = 300 - charged > 30;
        assert!(!enough || answer.status == StatusCode::OK, "{}", answer.status);
    }
}

#[tokio::test]
async fn ceilings_are_read_again_while_it_serves_and_sums_outlive_a_restart() {
    const FILE: &str = "version = 1\n[grant]\nrequests-per-day = 1";
    let world = world(FILE).await;
    assert_eq!(ask(&world, TOKEN, "plain").await.status, StatusCode::OK);
    refused(ask(&world, TOKEN, "plain").await).await;
    let file = world.folder.path().join("ceilings.toml");
    std::fs::write(&file, FILE.replace("day = 1", "day = none")).expect("written");
    assert!(world.control.renew().is_err(), "what is in use stays");
    refused(ask(&world, TOKEN, "plain").await).await;
    std::fs::write(&file, FILE.replace("day = 1", "day = 2")).expect("written");
    world.control.renew().expect("good ceilings");
    assert_eq!(ask(&world, TOKEN, "plain").await.status, StatusCode::OK);
    refused(ask(&world, TOKEN, "plain").await).await;
    world.records(2).await;

    let folder = world.stop().await;
    let three = "version = 1\n[person]\nrequests-per-day = 3";
    let setup = Setup { ceilings: Some(three), folder: Some(folder), ..Setup::default() };
    let world = World::with(setup).await;
    assert_eq!(ask(&world, TOKEN, "plain").await.status, StatusCode::OK, "the third");
    let (_, message) = refused(ask(&world, TOKEN, "plain").await).await;
    assert!(message.contains("person.requests-per-day"), "{message}");
}

#[tokio::test]
async fn the_anthropic_dialect_names_the_ceiling_too() {
    let world = world("version = 1\n[organisation]\ntokens-per-day = 20").await;
    let body = serde_json::json!({"model": "model-1", "max_tokens": 100,
        "messages": [{"role": "user", "content": "Say hello."}], "user": "plain"});
    let request = http::Request::post("/v1/messages")
        .header(header::HOST, "gateway")
        .header("x-api-key", TOKEN)
        .body(http_body_util::Full::new(bytes::Bytes::from(body.to_string())))
        .expect("a request");
    let answer = world.connect().await.send(request).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    let text = answer.text().await;
    assert!(
        text.contains("rate_limit_error") && text.contains("organisation.tokens-per-day"),
        "{text}"
    );
}

/// The minutes of a gateway that have ended, as the log would have them.
fn ended(world: &World) -> Vec<MinuteSummary> {
    world.clock.pass(Span::minutes(1));
    world.log().minutes_closed(gateway::Clock::now(&*world.clock)).expect("a sound log")
}

/// What one gateway states reaches another.
fn hear(world: &World, minutes: &[MinuteSummary]) {
    for minute in minutes {
        state_uses(&world.reviews, minute, gateway::Clock::now(&*world.clock));
    }
}

#[tokio::test]
async fn what_another_gateway_stated_counts_and_its_own_minutes_count_once() {
    let priced = "version = 1\n[person]\ncost-per-day = \"0.000048\"\n[[price]]\nmodel = \"model-1\"\ninput = \"1\"\noutput = \"1\"";
    for (file, ceiling) in [
        ("version = 1\n[grant]\nrequests-per-day = 4", "grant.requests-per-day"),
        ("version = 1\n[organisation]\nrequests-per-day = 4", "organisation.requests-per-day"),
        ("version = 1\n[person]\ntokens-per-day = 48", "person.tokens-per-day"),
        (priced, "person.cost-per-day"),
    ] {
        let (first, second) = (world(file).await, world(file).await);
        // 12 tokens each, by the server's count
        for world in [&first, &second] {
            assert_eq!(world.ask_for(3, "plain").await.status, StatusCode::OK, "{file}");
            assert_eq!(world.ask_for(3, "plain").await.status, StatusCode::OK, "{file}");
            world.records(2).await;
        }
        // each has used half of it, and states that
        let (of_first, of_second) = (ended(&first), ended(&second));
        assert_eq!((of_first.len(), of_second.len()), (1, 1));
        hear(&first, &of_first);
        assert_eq!(
            first.ask_for(3, "plain").await.status,
            StatusCode::OK,
            "{file}: its own counted once"
        );
        hear(&first, &of_second);
        let (_, message) = refused(first.ask_for(3, "plain").await).await;
        assert!(message.contains(ceiling), "{message}");
        // what only the other has of a person it never saw itself
        hear(&second, &of_first);
        let (_, message) = refused(second.ask_for(3, "plain").await).await;
        assert!(message.contains(ceiling), "{message}");
        // and so after a restart, when the record is heard before anything was asked
        let more = file.replace("48", "66").replace("= 4", "= 5");
        let folder = second.stop().await;
        std::fs::write(folder.path().join("ceilings.toml"), &more).expect("written");
        let again =
            World::with(Setup { folder: Some(folder), keep_ceilings: true, ..Setup::default() });
        let again = again.await;
        hear(&again, &[of_second, of_first].concat());
        assert_eq!(again.ask_for(3, "plain").await.status, StatusCode::OK, "{more}");
        refused(again.ask_for(3, "plain").await).await;
    }
}

#[tokio::test]
async fn one_of_several_gateways_has_its_part_of_requests_at_once() {
    let world = world("version = 1\ngateways = 3\n[organisation]\nconcurrent = 5").await;
    let mut open = ask(&world, TOKEN, "stall").await;
    open.next().await.expect("a first event").expect("bytes");
    let (kind, message) = refused(ask(&world, &other(0), "plain").await).await;
    assert_eq!(kind, "rate_limit_error");
    assert!(message.starts_with("1 requests are under way"), "{message}");
}

#[tokio::test]
async fn what_one_gateway_holds_unstated_is_bounded() {
    let file = "version = 1\ngateways = 2\nunstated-percent = 10\n[grant]\nrequests-per-day = 20";
    let world = world(file).await;
    for _ in 0..2 {
        assert_eq!(ask(&world, TOKEN, "plain").await.status, StatusCode::OK);
    }
    let answer = ask(&world, TOKEN, "plain").await;
    assert_eq!(answer.headers[header::RETRY_AFTER], "60");
    let (_, message) = refused(answer).await;
    assert!(message.contains("until its uses are on record"), "{message}");
    world.records(2).await;
    hear(&world, &ended(&world));
    assert_eq!(ask(&world, TOKEN, "plain").await.status, StatusCode::OK, "they are, now");
}
