//! What passes through, and that it passes untouched.

use super::world::{Setup, World, post, prompt};
use crate::permits::TOKEN;
use crate::upstream::stream_bytes;
use bytes::Bytes;
use gateway::Outcome;
use http::header;
use serde_json::{Value, json};

#[tokio::test]
async fn an_answer_and_a_request_pass_untouched() {
    let world = World::with(Setup { provider_key: Some("sk-provider"), ..Setup::default() }).await;
    // spacing, order and unknown fields are the client's
    let body = Bytes::from_static(
        b"{ \"user\":\"plain\",\"new_field\" : [1, 2.50], \"model\":\"model-1\", \"messages\":[{\"role\":\"user\",\"content\":\"h\\u0069\"}] }",
    );
    let answer = world.connect().await.send(post(Some(TOKEN), body.clone())).await;
    assert_eq!(answer.status, 200);
    let id = answer.headers["x-request-id"].clone();
    let text: Value = serde_json::from_str(&answer.text().await).expect("JSON");
    assert_eq!(text["choices"][0]["message"]["content"], "Hello.");

    let requests = world.upstream.seen.requests.lock().expect("no panic");
    let (headers, seen) = requests.first().expect("one request");
    assert_eq!(*seen, body);
    assert_eq!(headers[header::AUTHORIZATION], "Bearer sk-provider");
    assert_eq!(headers["x-request-id"], id);
    let sent = format!("{headers:?} {seen:?}");
    assert!(!sent.contains(TOKEN), "the client's key went upstream: {sent}");
}

#[tokio::test]
async fn tool_calls_pass() {
    let world = World::start().await;
    let mut asked = prompt("tools");
    asked["tools"] = json!([{"type": "function", "function": {"name": "run", "parameters": {}}}]);
    let answer = world.connect().await.ask(TOKEN, &asked).await;
    let text: Value = serde_json::from_str(&answer.text().await).expect("JSON");
    let call = &text["choices"][0]["message"]["tool_calls"][0]["function"];
    assert_eq!(call["arguments"], "{\"a\":1}");
    world.settles(31).await;
}

#[tokio::test]
async fn a_stream_passes_byte_for_byte() {
    let world = World::start().await;
    for script in ["stream:40", "torn:40", "paced:4"] {
        let n = script.split_once(':').expect("a number").1.parse().expect("a number");
        let answer = world.ask(script).await;
        assert_eq!(answer.headers[header::CONTENT_TYPE], "text/event-stream");
        assert_eq!(answer.text().await.into_bytes(), stream_bytes(n), "{script}");
    }
    world.settles((9 + 40) + (9 + 40) + (9 + 4)).await;
    let records = world.records(3).await;
    assert!(records.iter().all(|r| r.outcome == Outcome::Completed), "{records:?}");
    assert_eq!(records[0].response_digest, domain::Digest::of(&stream_bytes(40)));
}

#[tokio::test]
async fn upstream_connections_are_used_again() {
    let world = World::start().await;
    let mut client = world.connect().await;
    for script in ["plain", "stream:3", "plain", "stream:5", "status:404", "plain"] {
        let body = Bytes::from(prompt(script).to_string());
        let answer = client.send(post(Some(TOKEN), body)).await;
        answer.text().await;
    }
    let connections = &world.upstream.seen.connections;
    assert_eq!(connections.load(std::sync::atomic::Ordering::Relaxed), 1);
}

#[tokio::test]
async fn only_granted_models_are_listed() {
    let world = World::start().await;
    let list = |token: Option<&str>| {
        let mut request = http::Request::get("/v1/models").header(header::HOST, "gateway");
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        request.body(http_body_util::Full::new(Bytes::new())).expect("a request")
    };
    let answer = world.connect().await.send(list(Some(TOKEN))).await;
    let models: Value = serde_json::from_str(&answer.text().await).expect("JSON");
    assert_eq!(models["object"], "list");
    assert_eq!(models["data"].as_array().expect("a list").len(), 1);
    assert_eq!(models["data"][0]["id"], "model-1");
    for token in [None, Some("another")] {
        let answer = world.connect().await.send(list(token)).await;
        assert_eq!(answer.refusal().await.0, 401);
    }
}

#[tokio::test]
async fn errors_of_the_upstream_pass_but_not_those_about_its_key() {
    let world = World::start().await;
    for (status, expected) in
        [(400, 400), (429, 429), (500, 500), (401, 502), (403, 502), (302, 502)]
    {
        let answer = world.ask(&format!("status:{status}")).await;
        assert_eq!(answer.status.as_u16(), expected, "for {status}");
        let text = answer.text().await;
        assert_eq!(text.contains("sk-upstream"), expected == status, "{text}");
    }
    world.settles(0).await;
    assert!(world.records(6).await.iter().all(|r| r.outcome == Outcome::UpstreamRefused));
}

#[tokio::test]
async fn an_upstream_that_breaks_its_stream_ends_in_an_error_event() {
    let world = World::start().await;
    for script in ["malformed", "die", "unfinished"] {
        let text = world.ask(script).await.text().await;
        let events: Vec<_> = text.split_terminator("\n\n").collect();
        assert_eq!(events.len(), 2, "{script}: {text}");
        assert!(events[0].contains("first"), "{script}: {text}");
        let error: Value =
            serde_json::from_str(events[1].strip_prefix("data: ").expect("data")).expect("JSON");
        assert_eq!(error["error"]["code"], "upstream_failed", "{script}");
    }
    assert!(world.records(3).await.iter().all(|r| r.outcome == Outcome::UpstreamFailed));
    let garbage = world.ask("garbage").await.refusal().await;
    assert_eq!(garbage, (502, "server_error".to_owned(), "upstream_failed".to_owned()));
}

#[tokio::test]
async fn an_upstream_that_is_away_costs_nothing() {
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback");
        listener.local_addr().expect("bound")
    };
    let world = World::with(Setup { upstream: Some(closed), ..Setup::default() }).await;
    let refusal = world.ask("plain").await.refusal().await;
    assert_eq!(refusal, (502, "server_error".to_owned(), "upstream_unreachable".to_owned()));
    world.settles(0).await;
    assert_eq!(world.records(1).await[0].outcome, Outcome::UpstreamFailed);
}
