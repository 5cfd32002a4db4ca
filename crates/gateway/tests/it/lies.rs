//! An upstream that answers wrongly, in each way and to each dialect: the client is told in its own, the grant gets back what
//! was set aside, and the record says how it ended.

use crate::dialects::{body, post};
use crate::permits::TOKEN;
use crate::world::{Setup, World, post as chat, prompt};
use bytes::Bytes;
use domain::Span;
use gateway::{Limits, Outcome};
use serde_json::Value;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// What the upstream does once it has written its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    HangsUp,
    SaysNothing,
}

/// A server that reads a request and writes these bytes, whatever was asked.
async fn liar(bytes: Vec<u8>, then: Then) -> (SocketAddr, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let address = listener.local_addr().expect("bound");
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut open = JoinSet::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let bytes = bytes.clone();
            open.spawn(async move {
                let mut request = vec![0; 64 * 1024];
                if stream.read(&mut request).await.unwrap_or(0) == 0 {
                    return;
                }
                // the gateway may have had enough before all of it is written
                drop(stream.write_all(&bytes).await);
                if then == Then::SaysNothing {
                    drop(stream.read(&mut request).await);
                }
            });
        }
    });
    (address, tasks)
}

/// The code of a refusal in the dialect of a path: an error body, or the last event of a stream.
fn code(path: &str, status: u16, text: &str) -> String {
    let said: Value = if status == 200 {
        let data = text.lines().rev().find_map(|line| line.strip_prefix("data: "));
        let named = path == "/v1/messages" || path == "/v1/responses";
        assert_eq!(text.contains("event: error"), named, "{path}: {text}");
        serde_json::from_str(data.expect("an event")).expect("JSON")
    } else {
        serde_json::from_str(text).expect("JSON")
    };
    if path == "/v1/messages" {
        assert_eq!(said["type"], "error", "{text}");
        assert!(said["error"]["type"].is_string(), "{text}");
    }
    said["error"]["code"].as_str().expect("a code").to_owned()
}

const PATHS: [&str; 3] = ["/v1/chat/completions", "/v1/responses", "/v1/messages"];

/// The beginning of a stream with one event that is of no dialect's and harmless in each.
const STREAM: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

/// What it writes, what it does then, how the use ends, and the code that the client is given.
type Lie = (&'static str, String, Then, Outcome, &'static str);

fn lies() -> Vec<Lie> {
    use Outcome::{UpstreamFailed as Failed, UpstreamStalled as Stalled};
    use Then::{HangsUp, SaysNothing};
    let json = |length: usize, body: &str| {
        format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        )
    };
    let large = format!("HTTP/1.1 200 OK\r\nx-large: {}\r\n\r\n", "a".repeat(1 << 20));
    vec![
        ("fewer bytes than it said", json(1_000, "{\"half\":"), HangsUp, Failed, "upstream_failed"),
        ("more bytes than it said", json(2, "{} and more"), HangsUp, Failed, "upstream_failed"),
        (
            "a length and silence",
            json(1_000, "{\"half\":"),
            SaysNothing,
            Stalled,
            "upstream_stalled",
        ),
        (
            "not a length",
            "HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n".to_owned(),
            SaysNothing,
            Failed,
            "upstream_failed",
        ),
        (
            "two lengths",
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}".to_owned(),
            SaysNothing,
            Failed,
            "upstream_failed",
        ),
        (
            "half a head",
            "HTTP/1.1 200 OK\r\ncontent-".to_owned(),
            SaysNothing,
            Stalled,
            "upstream_stalled",
        ),
        ("a giant head", large, SaysNothing, Failed, "upstream_failed"),
        (
            "another protocol",
            "SSH-2.0-OpenSSH_10.0\r\n".to_owned(),
            SaysNothing,
            Failed,
            "upstream_failed",
        ),
        ("nothing", String::new(), HangsUp, Failed, "upstream_failed"),
    ]
}

fn streams() -> Vec<Lie> {
    use Outcome::{UpstreamFailed as Failed, UpstreamStalled as Stalled};
    use Then::{HangsUp, SaysNothing};
    let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
    vec![
        ("a chunk that is none", format!("{STREAM}zz\r\n"), SaysNothing, Failed, "upstream_failed"),
        (
            "events that are none",
            format!("{STREAM}{}", chunk("data: {oops\n\n")),
            SaysNothing,
            Failed,
            "upstream_failed",
        ),
        (
            "an event without end",
            format!("{STREAM}{}", chunk(&"a".repeat(40_000))),
            SaysNothing,
            Failed,
            "upstream_failed",
        ),
        (
            "death within an event",
            format!("{STREAM}{}", chunk("data: {\"ty")),
            HangsUp,
            Failed,
            "upstream_failed",
        ),
        ("a stream and silence", STREAM.to_owned(), SaysNothing, Stalled, "upstream_stalled"),
    ]
}

#[tokio::test]
async fn an_upstream_that_lies_costs_nothing_and_is_told_in_each_dialect() {
    for (what, bytes, then, outcome, expected) in lies().into_iter().chain(streams()) {
        let (address, _liar) = liar(bytes.into_bytes(), then).await;
        let stall_timeout = Span::millis(150);
        let limits = Limits { stall_timeout, answer_bytes: 20_000, ..Limits::default() };
        let setup = Setup { upstream: Some(address), limits, ..Setup::default() };
        let world = World::with(setup).await;
        for path in PATHS {
            let answer = post(&world, path, &body(path, true)).await;
            let status = answer.status.as_u16();
            let (text, whole) = answer.rest().await;
            assert!(whole, "{what}, {path}");
            assert_eq!(code(path, status, &text), expected, "{what}, {path}");
        }
        let records = world.records(PATHS.len()).await;
        assert!(
            records.iter().all(|r| r.outcome == outcome && r.charged == 0),
            "{what}: {records:?}"
        );
        assert_eq!((world.account().settled, world.account().reserved), (0, 0), "{what}");
    }
}

#[tokio::test]
async fn what_was_given_before_an_upstream_died_is_paid_and_no_more() {
    let world = World::start().await;
    for script in ["die", "malformed", "unfinished"] {
        let (text, whole) = world.ask(script).await.rest().await;
        assert!(whole && text.contains("first"), "{script}: {text}");
        assert_eq!(code("/v1/chat/completions", 200, &text), "upstream_failed", "{script}");
    }
    let records = world.records(3).await;
    assert!(records.iter().all(|r| r.outcome == Outcome::UpstreamFailed && r.charged > 0));
    let charged = records.iter().map(|r| r.charged).sum();
    assert_eq!((world.account().settled, world.account().reserved), (charged, 0));
}

/// A gateway whose clock is minutes off: early, it refuses; late, it refuses; and what was once over stays so when the
/// clock is set back.
#[tokio::test]
async fn clocks_that_are_minutes_apart_open_nothing() {
    let world = World::start().await;
    let ask = async |world: &World| {
        let request = chat(Some(TOKEN), Bytes::from(prompt("plain").to_string()));
        world.connect().await.send(request).await
    };
    assert_eq!(ask(&world).await.status, 200);
    world.clock.pass(Span::minutes(22 * 60 + 5));
    let (status, _, why) = ask(&world).await.refusal().await;
    assert_eq!((status, why.as_str()), (403, "window-over"));
    world.clock.back(Span::minutes(10));
    let (status, _, why) = ask(&world).await.refusal().await;
    assert_eq!((status, why.as_str()), (403, "window-over"), "set back");
    assert_eq!(world.records(1).await.len(), 1, "nothing else was forwarded");
    let early = World::start().await;
    early.clock.back(Span::minutes(125));
    assert_eq!(ask(&early).await.refusal().await.0, 403, "too early");
    assert_eq!(early.upstream.seen.count(), 0);
}
