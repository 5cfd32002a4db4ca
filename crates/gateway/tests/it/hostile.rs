//! Clients that err or mean harm, and a disk that says no.

use crate::permits::TOKEN;
use crate::world::{Setup, World, post, prompt};
use access::Recording;
use bytes::Bytes;
use domain::Span;
use gateway::{Ack, Intent, Limits, RequestId, SinkError, Spent, UseRecord, UseSink};
use http::{Method, Request, header};
use http_body_util::Full;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

#[tokio::test]
async fn wrong_keys_are_refused() {
    let world = World::start().await;
    let body = Bytes::from(prompt("plain").to_string());
    for token in [None, Some(""), Some("wrong"), Some("key-of-person-1x")] {
        let refusal = world.connect().await.send(post(token, body.clone())).await.refusal().await;
        assert_eq!((refusal.0, refusal.2.as_str()), (401, "invalid_api_key"), "{token:?}");
    }
    let mut basic = post(None, body);
    basic
        .headers_mut()
        .insert(header::AUTHORIZATION, format!("Basic {TOKEN}").parse().expect("ok"));
    assert_eq!(world.connect().await.send(basic).await.refusal().await.0, 401);
    assert_eq!(world.upstream.seen.count(), 0);
}

#[tokio::test]
async fn malformed_requests_are_refused() {
    let world = World::start().await;
    let long = "m".repeat(5_000);
    let cases = [
        ("", 400),
        ("[]", 400),
        (r#"{"model":"model-1"}"#, 400),
        (r#"{"model":"model-1","messages":[{"role":"user","content":"x"}]} trailing"#, 400),
        // two readers must not see two models, nor two bounds
        (
            r#"{"model":"model-1","model":"model-2","messages":[{"role":"user","content":"x"}]}"#,
            400,
        ),
        (
            r#"{"model":"model-1","MODEL":"model-2","messages":[{"role":"user","content":"x"}]}"#,
            400,
        ),
        (
            r#"{"model":"model-1","max_tokens":1,"Max_Tokens":9,"messages":[{"role":"user","content":"x"}]}"#,
            400,
        ),
        (r#"{"model":"model-1","max_tokens":-1,"messages":[{"role":"user","content":"x"}]}"#, 400),
        (r#"{"model":"model-2","messages":[{"role":"user","content":"x"}]}"#, 404),
        (r#"{"model":"../model-1","messages":[{"role":"user","content":"x"}]}"#, 404),
    ];
    for (body, status) in cases {
        let request = post(Some(TOKEN), Bytes::from_static(body.as_bytes()));
        let refusal = world.connect().await.send(request).await.refusal().await;
        assert_eq!(refusal.0, status, "{body}");
    }
    let body = format!(r#"{{"model":"{long}","messages":[{{"role":"user","content":"x"}}]}}"#);
    let refusal = world.connect().await.send(post(Some(TOKEN), body.into())).await.refusal().await;
    assert_eq!((refusal.0, refusal.2.as_str()), (404, "model_not_found"));
    assert_eq!(world.upstream.seen.count(), 0);
}

#[tokio::test]
async fn other_addresses_and_methods_are_refused() {
    let world = World::start().await;
    let cases = [
        (Method::GET, "/v1/chat/completions", 405),
        (Method::POST, "/v1/models", 405),
        (Method::POST, "/v1/audio/speech", 404),
        (Method::GET, "/", 404),
        (Method::POST, "/v1/chat/completions/", 404),
        (Method::POST, "/V1/chat/completions", 404),
        (Method::GET, "/healthz", 200),
    ];
    for (method, path, status) in cases {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "gateway")
            .header(header::AUTHORIZATION, format!("Bearer {TOKEN}"))
            .body(Full::new(Bytes::new()))
            .expect("a request");
        assert_eq!(world.connect().await.send(request).await.status.as_u16(), status, "{path}");
    }
    assert_eq!(world.upstream.seen.count(), 0);
}

#[tokio::test]
async fn large_bodies_are_refused_announced_or_not() {
    let limits = Limits { body_bytes: 10_000, ..Limits::default() };
    let world = World::with(Setup { limits, ..Setup::default() }).await;
    let large = Bytes::from(vec![b' '; 20_000]);
    let refusal = world.connect().await.send(post(Some(TOKEN), large)).await.refusal().await;
    assert_eq!((refusal.0, refusal.2.as_str()), (413, "request_too_large"));

    let mut stream = TcpStream::connect(world.address).await.expect("the gateway listens");
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {TOKEN}\r\ntransfer-encoding: chunked\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.expect("sent");
    let chunk = format!("1000\r\n{}\r\n", " ".repeat(0x1000));
    for _ in 0..10 {
        if stream.write_all(chunk.as_bytes()).await.is_err() {
            break;
        }
    }
    let mut answer = vec![0; 12];
    timeout(Duration::from_secs(2), stream.read_exact(&mut answer))
        .await
        .expect("in time")
        .expect("an answer");
    assert_eq!(answer, b"HTTP/1.1 413");
}

#[tokio::test]
async fn what_is_wrong_with_a_body_is_told_in_each_dialect_and_costs_nothing() {
    let limits =
        Limits { body_bytes: 10_000, body_timeout: Span::millis(150), ..Limits::default() };
    let world = World::with(Setup { limits, ..Setup::default() }).await;
    let large = format!(r#"{{"model":"model-1","x":"{}"}}"#, "a".repeat(20_000));
    for path in ["/v1/chat/completions", "/v1/responses", "/v1/embeddings", "/v1/messages"] {
        for (what, length, body, status, code) in [
            ("none", 0, "", 400, "malformed_request"),
            ("half of it", 40, "{\"model\":\"model-1\"", 408, "request_timeout"),
            ("not JSON", 9, "<request>", 400, "malformed_request"),
            (
                "twice the model",
                38,
                r#"{"model":"model-1","model":"model-2" }"#,
                400,
                "malformed_request",
            ),
            ("too large", large.len(), large.as_str(), 413, "request_too_large"),
        ] {
            let mut stream = TcpStream::connect(world.address).await.expect("it listens");
            let head = format!(
                "POST {path} HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {TOKEN}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
            );
            // one that is too large is answered before it is read
            drop(stream.write_all(format!("{head}{body}").as_bytes()).await);
            let mut answer = Vec::new();
            let read = timeout(Duration::from_secs(3), stream.read_to_end(&mut answer));
            // a server that has read less than was sent resets
            drop(read.await.expect("the gateway hangs up"));
            let answer = String::from_utf8(answer).expect("text");
            assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{path}, {what}: {answer}");
            let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
            let said: serde_json::Value = serde_json::from_str(body).expect("JSON");
            assert_eq!(said["error"]["code"], code, "{path}, {what}: {said}");
            assert_eq!(said["type"] == "error", path == "/v1/messages", "{said}");
        }
    }
    assert_eq!(world.upstream.seen.count(), 0);
    world.settles(0).await;
}

/// Sends bytes, then nothing, and waits for the gateway to answer or hang up.
async fn starve(world: &World, bytes: &str) -> String {
    let mut stream = TcpStream::connect(world.address).await.expect("the gateway listens");
    stream.write_all(bytes.as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    timeout(Duration::from_secs(3), stream.read_to_end(&mut answer))
        .await
        .expect("the gateway hangs up")
        .expect("no reset");
    String::from_utf8(answer).expect("text")
}

#[tokio::test]
async fn slow_clients_are_given_up() {
    let limits = Limits {
        header_timeout: Span::millis(150),
        body_timeout: Span::millis(150),
        ..Limits::default()
    };
    let world = World::with(Setup { limits, ..Setup::default() }).await;
    starve(&world, "").await;
    starve(&world, "POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\nx-slow: ").await;
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {TOKEN}\r\ncontent-length: 100\r\n\r\n{{"
    );
    let answer = starve(&world, &head).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    let huge =
        format!("GET /healthz HTTP/1.1\r\nhost: g\r\nx-large: {}\r\n\r\n", "a".repeat(100_000));
    let answer = starve_lossy(&world, &huge).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
}

/// As [`starve`], for requests that are refused before they were read.
async fn starve_lossy(world: &World, bytes: &str) -> String {
    let mut stream = TcpStream::connect(world.address).await.expect("the gateway listens");
    // the gateway may hang up while this is still being sent
    drop(stream.write_all(bytes.as_bytes()).await);
    let mut answer = vec![0; 12];
    let read = timeout(Duration::from_secs(3), stream.read_exact(&mut answer));
    match read.await.expect("the gateway hangs up") {
        Ok(_) => String::from_utf8(answer).expect("text"),
        Err(_) => String::new(),
    }
}

#[tokio::test]
async fn connections_are_bounded() {
    let limits = Limits { connections: 2, ..Limits::default() };
    let world = World::with(Setup { limits, ..Setup::default() }).await;
    let first = world.connect().await;
    let second = world.connect().await;
    let mut third = world.connect().await;
    let body = Bytes::from(prompt("plain").to_string());
    let waiting = third.try_send(post(Some(TOKEN), body.clone()));
    assert!(timeout(Duration::from_millis(100), waiting).await.is_err(), "no seat is free");
    drop((first, second));
    let mut fourth = world.connect().await;
    assert_eq!(fourth.send(post(Some(TOKEN), body)).await.status, 200);
}

/// A sink whose disk is full from some moment on.
#[derive(Default)]
struct FullDisk {
    intents: AtomicBool,
    growth: AtomicBool,
    outcomes: AtomicBool,
}

impl UseSink for FullDisk {
    fn intent(&self, _: Intent) -> Ack {
        Ack::ready(refuse(&self.intents))
    }
    fn grown(&self, _: RequestId, _: u64) -> Ack {
        Ack::ready(refuse(&self.growth))
    }
    fn outcome(&self, _: UseRecord) -> Ack {
        Ack::ready(refuse(&self.outcomes))
    }
    fn spent(&self) -> Vec<Spent> {
        Vec::new()
    }
    fn recording(&self) -> Recording {
        Recording::Durable
    }
}

fn refuse(full: &AtomicBool) -> Result<(), SinkError> {
    let full = full.load(Ordering::Relaxed);
    if full { Err(SinkError::Write("no space left on device".to_owned())) } else { Ok(()) }
}

#[tokio::test]
async fn a_full_disk_stops_everything_before_it_is_forwarded() {
    let sink = Arc::new(FullDisk::default());
    let world =
        World::with(Setup { sink: Some(Arc::<FullDisk>::clone(&sink)), ..Setup::default() }).await;
    sink.intents.store(true, Ordering::Relaxed);
    for script in ["plain", "stream:3"] {
        let refusal = world.ask(script).await.refusal().await;
        assert_eq!((refusal.0, refusal.2.as_str()), (503, "use_log_unavailable"));
    }
    assert_eq!(world.upstream.seen.count(), 0);
    world.settles(0).await;
    sink.intents.store(false, Ordering::Relaxed);
    assert_eq!(world.ask("plain").await.status, 200);
}

#[tokio::test]
async fn what_only_more_than_is_on_record_pays_for_is_not_given() {
    let sink = Arc::new(FullDisk::default());
    let world =
        World::with(Setup { sink: Some(Arc::<FullDisk>::clone(&sink)), ..Setup::default() }).await;
    let whole = world.ask("unreported:300").await.text().await;
    assert!(whole.ends_with("data: [DONE]\n\n"), "{whole}");
    sink.growth.store(true, Ordering::Relaxed);
    let text = world.ask("unreported:300").await.text().await;
    assert!(text.contains("use_log_unavailable"), "{text}");
    // of 100 tokens and the prompt that were set aside
    let given = text.matches("word").count();
    assert!(given <= 100, "{given} words");
    assert_eq!(world.account().reserved, 0);
}

#[tokio::test]
async fn an_outcome_that_cannot_be_written_withholds_the_end() {
    let sink = Arc::new(FullDisk::default());
    let world =
        World::with(Setup { sink: Some(Arc::<FullDisk>::clone(&sink)), ..Setup::default() }).await;
    sink.outcomes.store(true, Ordering::Relaxed);
    assert_eq!(world.ask("plain").await.refusal().await.0, 503);
    let (text, whole) = world.ask("paced:3").await.rest().await;
    assert!(!whole && !text.contains("[DONE]"), "{text}");
}
