//! An upstream in HTTP/2: how its connections are shared, and what it may do wrong.

use crate::permits::TOKEN;
use crate::world::{Setup, World, pause, prompt};
use domain::Span;
use gateway::{Limits, Outcome, UpstreamHttp};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Types of frames (RFC 9113 §6), and flags.
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const ACK: u8 = 1;

/// How many bytes open a connection.
const PREFACE: usize = 24;

/// A server that writes frames by hand.
struct Byhand {
    address: SocketAddr,
    seen: Arc<Seen>,
    _tasks: JoinSet<()>,
}

#[derive(Default)]
struct Seen {
    connections: AtomicUsize,
    /// Connections that have ended.
    ended: AtomicUsize,
    /// Requests whose end came.
    requests: AtomicUsize,
    /// Heads of requests, whole or not.
    heads: AtomicUsize,
    /// Codes of streams that were reset.
    reset: Mutex<Vec<u32>>,
}

/// What is sent when a request has come whole, by its number on the connection and its stream.
type Answers = fn(usize, u32) -> Vec<u8>;

/// What it does.
#[derive(Clone)]
struct Script {
    /// Sent first, after so long.
    settings: Vec<u8>,
    hesitates: Duration,
    answer: Answers,
    /// It hangs up then.
    hangs_up: bool,
    pongs: bool,
}

impl Script {
    fn new(answer: Answers) -> Self {
        let settings = frame(SETTINGS, 0, 0, &[]);
        Self { settings, hesitates: Duration::ZERO, answer, hangs_up: false, pongs: true }
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("short").to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// A head with status 200 and these fields, none of them indexed.
fn head(stream: u32, flags: u8, fields: &[(&str, &str)]) -> Vec<u8> {
    let mut block = vec![0x88];
    for (name, value) in fields {
        block.push(0);
        for text in [name, value] {
            block.push(u8::try_from(text.len()).ok().filter(|n| *n < 127).expect("short"));
            block.extend(text.as_bytes());
        }
    }
    frame(HEADERS, END_HEADERS | flags, stream, &block)
}

fn json(stream: u32) -> Vec<u8> {
    head(stream, 0, &[("content-type", "application/json")])
}

fn events(stream: u32) -> Vec<u8> {
    head(stream, 0, &[("content-type", "text/event-stream")])
}

const BODY: &[u8] = br#"{"choices":[{"index":0,"message":{"role":"assistant","content":"Hello."},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":3}}"#;

fn good(_: usize, stream: u32) -> Vec<u8> {
    [json(stream), frame(DATA, END_STREAM, stream, BODY)].concat()
}

impl Byhand {
    async fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let address = listener.local_addr().expect("bound");
        let seen = Arc::new(Seen::default());
        let mut tasks = JoinSet::new();
        let shared = Arc::clone(&seen);
        tasks.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                shared.connections.fetch_add(1, Ordering::SeqCst);
                let (seen, script) = (Arc::clone(&shared), script.clone());
                open.spawn(async move {
                    // whoever hangs up ends it
                    drop(serve(stream, &seen, &script).await);
                    seen.ended.fetch_add(1, Ordering::SeqCst);
                });
            }
        });
        Self { address, seen, _tasks: tasks }
    }

    fn requests(&self) -> usize {
        self.seen.requests.load(Ordering::SeqCst)
    }

    fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    async fn world(&self, limits: Limits) -> World {
        let upstream_http = UpstreamHttp::Http2;
        let upstream = Some(self.address);
        World::with(Setup { upstream, upstream_http, limits, ..Setup::default() }).await
    }
}

async fn serve(mut stream: TcpStream, seen: &Seen, script: &Script) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    stream.read_exact(&mut [0; PREFACE]).await?;
    #[expect(clippy::disallowed_methods, reason = "a server that is slow to speak")]
    tokio::time::sleep(script.hesitates).await;
    stream.write_all(&script.settings).await?;
    let mut number = 0;
    loop {
        let mut start = [0; 9];
        stream.read_exact(&mut start).await?;
        let [a, b, c, kind, flags, id @ ..] = start;
        let length = usize::try_from(u32::from_be_bytes([0, a, b, c])).expect("small");
        let mut payload = vec![0; length];
        stream.read_exact(&mut payload).await?;
        let id = u32::from_be_bytes(id);
        let code = || u32::from_be_bytes(payload[..4].try_into().expect("four bytes"));
        match kind {
            SETTINGS if flags & ACK == 0 => {
                stream.write_all(&frame(SETTINGS, ACK, 0, &[])).await?;
            }
            PING if flags & ACK == 0 && script.pongs => {
                stream.write_all(&frame(PING, ACK, 0, &payload)).await?;
            }
            RST_STREAM => seen.reset.lock().expect("no panic").push(code()),
            HEADERS => {
                seen.heads.fetch_add(1, Ordering::SeqCst);
            }
            _ => {}
        }
        if matches!(kind, HEADERS | DATA) && flags & END_STREAM != 0 {
            seen.requests.fetch_add(1, Ordering::SeqCst);
            stream.write_all(&(script.answer)(number, id)).await?;
            number += 1;
            if script.hangs_up {
                return Ok(());
            }
        }
    }
}

/// Waits till something holds, two seconds at most.
async fn until(holds: impl Fn() -> bool) -> bool {
    for _ in 0..200 {
        if holds() {
            return true;
        }
        pause(10).await;
    }
    holds()
}

/// What it does wrong, whether it hangs up after, how the use ends, and the code that the client is given.
type Wrong = (&'static str, Answers, bool, Outcome, &'static str);

fn wrongs() -> Vec<Wrong> {
    use Outcome::{UpstreamFailed as Failed, UpstreamStalled as Stalled};
    let (failed, stalled) = ("upstream_failed", "upstream_stalled");
    vec![
        ("a fault", |_, id| frame(RST_STREAM, 0, id, &[0, 0, 0, 2]), false, Failed, failed),
        (
            "not taken: refused",
            |_, id| frame(RST_STREAM, 0, id, &[0, 0, 0, 7]),
            false,
            Failed,
            failed,
        ),
        ("not taken: farewell", |_, _| frame(GOAWAY, 0, 0, &[0; 8]), false, Failed, failed),
        ("hangs up", |_, _| Vec::new(), true, Failed, failed),
        ("silence", |_, _| Vec::new(), false, Stalled, stalled),
        ("a head and silence", |_, id| json(id), false, Stalled, stalled),
        ("a head without a status", |_, id| frame(HEADERS, 4, id, &[0x84]), false, Failed, failed),
        ("a giant head", |_, id| giant(id), false, Failed, failed),
        (
            "a frame beyond its size",
            |_, id| vec![1, 0, 0, 0, 0, 0, 0, 0, u8::try_from(id).expect("small")],
            false,
            Failed,
            failed,
        ),
        ("a head without an end", |_, id| endless(id), false, Failed, failed),
        ("more than it was given room for", |_, id| flood(id), false, Failed, failed),
        (
            "a body before its head",
            |_, id| frame(DATA, END_STREAM, id, BODY),
            false,
            Failed,
            failed,
        ),
        (
            "fewer bytes than it said",
            |_, id| [long(id), frame(DATA, END_STREAM, id, b"{\"half\":")].concat(),
            false,
            Failed,
            failed,
        ),
        (
            "more bytes than it said",
            |_, id| [short(id), frame(DATA, END_STREAM, id, BODY)].concat(),
            false,
            Failed,
            failed,
        ),
        (
            "an end within the answer",
            |_, id| {
                [json(id), frame(DATA, 0, id, b"{\"ha"), frame(RST_STREAM, 0, id, &[0, 0, 0, 8])]
                    .concat()
            },
            false,
            Failed,
            failed,
        ),
        (
            "death within the answer",
            |_, id| [json(id), frame(DATA, 0, id, b"{\"ha")].concat(),
            true,
            Failed,
            failed,
        ),
    ]
}

fn long(id: u32) -> Vec<u8> {
    head(id, 0, &[("content-type", "application/json"), ("content-length", "1000")])
}

fn short(id: u32) -> Vec<u8> {
    head(id, 0, &[("content-type", "application/json"), ("content-length", "2")])
}

/// Pieces of a head, 3 MiB of them, none of which is the last.
fn endless(id: u32) -> Vec<u8> {
    const CONTINUATION: u8 = 9;
    let mut all = frame(HEADERS, 0, id, &[0x88]);
    for _ in 0..200 {
        let mut field = vec![0, 1, b'x', 0x7f, 0x80, 0x7e];
        field.extend(vec![b'a'; 16_255]);
        all.extend(frame(CONTINUATION, 0, id, &field));
    }
    all
}

/// A megabyte of a body at once, whatever the gateway has room for.
fn flood(id: u32) -> Vec<u8> {
    let piece = frame(DATA, 0, id, &[b' '; 16_384]);
    [json(id), piece.repeat(64)].concat()
}

/// One field over and over, each time from the table of those that were sent: small on the wire, large when it is unpacked.
fn giant(id: u32) -> Vec<u8> {
    let mut block = vec![0x88, 0x40, 1, b'x', 100];
    block.extend([b'a'; 100]);
    block.extend([0xbe; 4_000]);
    frame(HEADERS, END_HEADERS | END_STREAM, id, &block)
}

#[tokio::test]
async fn an_upstream_that_does_wrong_costs_nothing_and_is_asked_once() {
    for (what, answer, hangs_up, outcome, expected) in wrongs() {
        let server = Byhand::start(Script { hangs_up, ..Script::new(answer) }).await;
        let limits = Limits { stall_timeout: Span::millis(200), ..Limits::default() };
        let world = server.world(limits).await;
        let (_, _, code) = world.ask("plain").await.refusal().await;
        assert_eq!(code, expected, "{what}");
        let record = world.records(1).await.remove(0);
        assert_eq!((record.outcome, record.charged), (outcome, 0), "{what}");
        world.settles(0).await;
        // what the server says it did nothing with is sent once more; what it may have taken, never
        let times = if what.starts_with("not taken") { 2 } else { 1 };
        assert_eq!(server.requests(), times, "{what}");
        if outcome == Outcome::UpstreamStalled {
            let cancelled = || server.seen.reset.lock().expect("no panic").as_slice() == [8];
            assert!(until(cancelled).await, "{what}: the server is told");
        }
    }
}

#[tokio::test]
async fn a_stream_that_breaks_off_is_told_and_charged_as_far_as_it_came() {
    const EVENT: &[u8] =
        b"data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello\"}}]}\n\ndata: {\"cho";
    let answers: [(Answers, bool); 3] = [
        (|_, id| [events(id), frame(DATA, 0, id, EVENT)].concat(), true),
        (|_, id| [events(id), frame(DATA, END_STREAM, id, EVENT)].concat(), false),
        (
            |_, id| {
                let reset = frame(RST_STREAM, 0, id, &[0, 0, 0, 2]);
                [events(id), frame(DATA, 0, id, EVENT), reset].concat()
            },
            false,
        ),
    ];
    for (answer, hangs_up) in answers {
        let server = Byhand::start(Script { hangs_up, ..Script::new(answer) }).await;
        let world = server.world(Limits::default()).await;
        let text = world.ask("stream:3").await.text().await;
        assert!(text.contains("upstream_failed") && !text.contains("\"cho\n"), "{text}");
        let record = world.records(1).await.remove(0);
        assert_eq!(record.outcome, Outcome::UpstreamFailed);
    }
}

#[tokio::test]
async fn requests_share_a_connection_and_a_farewell_begins_another() {
    // each connection says farewell with its second answer
    let server = Byhand::start(Script::new(|number, id| {
        let farewell = [id.to_be_bytes(), [0; 4]].concat();
        let farewell = frame(GOAWAY, 0, 0, &farewell);
        if number == 1 { [good(number, id), farewell].concat() } else { good(number, id) }
    }))
    .await;
    let world = server.world(Limits::default()).await;
    for _ in 0..5 {
        assert_eq!(world.ask("plain").await.status, 200);
    }
    assert_eq!((server.requests(), server.connections()), (5, 3));
    assert!(until(|| server.seen.ended.load(Ordering::SeqCst) == 2).await, "two have ended");
}

#[tokio::test]
async fn what_the_server_did_nothing_with_is_sent_once_more() {
    // the second request of a connection is refused, or comes after what its farewell names
    let answers: [Answers; 2] = [
        |number, id| match number {
            1 => frame(RST_STREAM, 0, id, &[0, 0, 0, 7]),
            _ => good(number, id),
        },
        |number, id| match number {
            1 => frame(GOAWAY, 0, 0, &[0, 0, 0, 1, 0, 0, 0, 0]),
            _ => good(number, id),
        },
    ];
    for answer in answers {
        let server = Byhand::start(Script::new(answer)).await;
        let world = server.world(Limits::default()).await;
        for _ in 0..2 {
            assert_eq!(world.ask("plain").await.status, 200);
        }
        assert_eq!(server.requests(), 3);
        let records = world.records(2).await;
        assert!(records.iter().all(|r| r.outcome == Outcome::Completed && r.charged == 12));
    }
}

#[tokio::test]
async fn requests_at_once_share_a_connection() {
    let world = World::with(Setup { upstream_http: UpstreamHttp::Http2, ..Setup::default() }).await;
    let mut asked: JoinSet<_> = JoinSet::new();
    for _ in 0..40 {
        let client = world.connect().await;
        asked.spawn(async move { client.ask(TOKEN, &prompt("paced:5")).await.text().await });
    }
    while let Some(text) = asked.join_next().await {
        let text = text.expect("no panic");
        assert!(text.contains("word4") && text.ends_with("data: [DONE]\n\n"), "{text}");
    }
    assert_eq!(world.upstream.seen.connections.load(Ordering::SeqCst), 1, "all on one");
}

#[tokio::test]
async fn no_more_requests_are_sent_at_once_than_the_server_takes() {
    // two at once, and never an answer
    let most = frame(SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 2]);
    let script = Script { settings: most, ..Script::new(|_, id| events(id)) };
    let server = Byhand::start(script).await;
    let world = server.world(Limits::default()).await;
    let mut open = Vec::new();
    for n in 1..=5_usize {
        open.push(world.ask("stream:3").await);
        assert_eq!((server.requests(), server.connections()), (n, n.div_ceil(2)));
    }
    // a place that is given up is taken again
    open.remove(0);
    assert!(until(|| !server.seen.reset.lock().expect("no panic").is_empty()).await);
    open.push(world.ask("stream:3").await);
    open.push(world.ask("stream:3").await);
    assert_eq!((server.requests(), server.connections()), (7, 3));
}

#[tokio::test]
async fn who_leaves_or_does_not_read_ends_or_holds_up_nobody_else() {
    let setup = Setup { upstream_http: UpstreamHttp::Http2, budget: 1 << 40, ..Setup::default() };
    let world = World::with(setup).await;
    let mut leaves = world.ask("stall").await;
    leaves.next().await.expect("a first event").expect("bytes");
    // endless answers that nobody reads fill what there is to fill
    let mut unread = Vec::new();
    for _ in 0..4 {
        unread.push(world.ask("endless").await);
    }
    let flowing = world.ask("paced:20").await;
    drop(leaves);
    let abandoned = || world.upstream.seen.abandoned.load(Ordering::Relaxed) == 1;
    assert!(until(abandoned).await, "the server is told");
    assert!(flowing.text().await.ends_with("data: [DONE]\n\n"));
    assert_eq!(world.ask("plain").await.status, 200);
    assert_eq!(world.upstream.seen.connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_server_that_is_gone_is_noticed_by_its_silence() {
    let script = Script { pongs: false, ..Script::new(|_, _| Vec::new()) };
    let server = Byhand::start(script).await;
    let limits = Limits { upstream_ping: Span::millis(200), ..Limits::default() };
    let world = server.world(limits).await;
    let refused = timeout(Duration::from_secs(5), world.ask("plain")).await.expect("in time");
    assert_eq!(refused.refusal().await.2, "upstream_failed");
    assert!(until(|| server.seen.ended.load(Ordering::SeqCst) == 1).await);
    // one that answers is only slow
    let server = Byhand::start(Script::new(|_, _| Vec::new())).await;
    let world = server.world(limits).await;
    assert!(timeout(Duration::from_secs(1), world.ask("plain")).await.is_err(), "it is waited for");
}

#[tokio::test]
async fn nothing_is_sent_before_the_server_has_spoken_nor_after_a_withdrawal() {
    let script = Script { hesitates: Duration::from_millis(500), ..Script::new(good) };
    let server = Byhand::start(script).await;
    let world = server.world(Limits::default()).await;
    let withdrawing = async {
        assert!(until(|| server.connections() == 1).await);
        world.withdraw();
    };
    let (answer, ()) = tokio::join!(world.ask("plain"), withdrawing);
    assert_eq!(answer.refusal().await.2, "access_ended");
    pause(1_000).await;
    assert_eq!(server.seen.heads.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn who_does_not_speak_it_is_not_reached() {
    // a server in HTTP/1.1, and one that says nothing
    for says in ["HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n", ""] {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let address = listener.local_addr().expect("bound");
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut open = Vec::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                stream.write_all(says.as_bytes()).await.expect("written");
                open.push(stream);
            }
        });
        let limits = Limits { connect_timeout: Span::millis(200), ..Limits::default() };
        let (upstream, upstream_http) = (Some(address), UpstreamHttp::Http2);
        let setup = Setup { upstream, upstream_http, limits, ..Setup::default() };
        let world = World::with(setup).await;
        // those who wait for one connection wait no longer than for one
        let (a, b, c) = tokio::join!(world.ask("plain"), world.ask("plain"), world.ask("stream:3"));
        for answer in [a, b, c] {
            assert_eq!(answer.refusal().await.2, "upstream_unreachable");
        }
        world.settles(0).await;
    }
}

#[tokio::test]
async fn a_connection_at_rest_is_closed() {
    let server = Byhand::start(Script::new(good)).await;
    let limits = Limits { idle_timeout: Span::millis(150), ..Limits::default() };
    let world = server.world(limits).await;
    assert_eq!(world.ask("plain").await.status, 200);
    assert!(until(|| server.seen.ended.load(Ordering::SeqCst) == 1).await);
    assert_eq!(world.ask("plain").await.status, 200);
    assert_eq!(server.connections(), 2);
}
