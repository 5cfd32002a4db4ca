//! Floods of HTTP/2, frame by frame: each is answered as the standard has it, costs its own connection, and no other.

use crate::permits::TOKEN;
use crate::world::{Setup, World, pause};
use gateway::Limits;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;
const END_HEADERS: u8 = 4;
/// Errors (RFC 9113 §7).
const REFUSED_STREAM: u32 = 7;
const CANCEL: u32 = 8;
const ENHANCE_YOUR_CALM: u32 = 11;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("small").to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// A header block, each field a literal that nothing remembers (RFC 7541 §6.2.2).
fn block(more: &[(&str, &str)]) -> Vec<u8> {
    // `:method: POST` and `:scheme: http` of the static table
    let mut block = vec![0x83, 0x86];
    let bearer = format!("Bearer {TOKEN}");
    let path = "/v1/chat/completions";
    let own = [(":path", path), (":authority", "gateway"), ("authorization", &bearer)];
    for (name, value) in own.iter().chain(more) {
        block.push(0);
        for text in [name, value] {
            block.push(u8::try_from(text.len()).expect("below 127"));
            block.extend(text.as_bytes());
        }
    }
    block
}

/// A client that speaks in frames.
struct Raw(TcpStream);

impl Raw {
    async fn connect(world: &World) -> Self {
        let mut stream = TcpStream::connect(world.address).await.expect("it listens");
        let begin =
            [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".as_slice(), &frame(SETTINGS, 0, 0, &[])].concat();
        stream.write_all(&begin).await.expect("sent");
        Self(stream)
    }

    /// Sends, as far as the other end takes it.
    async fn send(&mut self, bytes: &[u8]) -> bool {
        let sent = timeout(Duration::from_secs(10), self.0.write_all(bytes)).await;
        sent.expect("it reads, or closes").is_ok()
    }

    /// The frames that come within a time, or until the connection ends: kind, stream, and the error of those that have one.
    /// And whether it ended.
    async fn frames(&mut self, within: Duration) -> (Vec<(u8, u32, u32)>, bool) {
        let mut bytes = Vec::new();
        let reading = timeout(within, self.0.read_to_end(&mut bytes)).await;
        let (mut frames, mut rest) = (Vec::new(), bytes.as_slice());
        while let Some((head, after)) = rest.split_first_chunk::<9>() {
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
            let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
            let Some((payload, next)) =
                after.split_at_checked(usize::try_from(length).expect("small"))
            else {
                break;
            };
            let at = match head[3] {
                RST_STREAM => payload.first_chunk(),
                GOAWAY => payload.get(4..).and_then(|p| p.first_chunk()),
                _ => None,
            };
            frames.push((head[3], stream, at.map_or(0, |code| u32::from_be_bytes(*code))));
            rest = next;
        }
        (frames, reading.is_ok())
    }
}

fn has(frames: &[(u8, u32, u32)], kind: u8, error: u32) -> bool {
    frames.iter().any(|(k, _, e)| (*k, *e) == (kind, error))
}

/// Others are served as ever, and nothing of the flood is left.
async fn unharmed(world: &World) {
    let served = timeout(Duration::from_secs(2), world.ask("plain")).await;
    assert_eq!(served.expect("at once").status, 200);
    for _ in 0..500 {
        if world.control.open_requests() == 0 && world.account().reserved == 0 {
            break;
        }
        pause(10).await;
    }
    assert_eq!((world.control.open_requests(), world.account().reserved), (0, 0));
    assert_eq!(world.upstream.seen.count(), 1, "nothing of the flood was forwarded");
}

#[tokio::test]
async fn requests_taken_back_at_once_end_their_connection() {
    let world = World::start().await;
    let mut client = Raw::connect(&world).await;
    let block = block(&[]);
    let mut flood = Vec::new();
    for n in 0..20_000_u32 {
        let stream = 2 * n + 1;
        flood.extend(frame(HEADERS, END_HEADERS, stream, &block));
        flood.extend(frame(RST_STREAM, 0, stream, &CANCEL.to_be_bytes()));
    }
    client.send(&flood).await;
    let (frames, ended) = client.frames(Duration::from_secs(5)).await;
    let reset = frames.is_empty(); // what was sent after the end may have undone the goodbye
    assert!(ended && (reset || has(&frames, GOAWAY, ENHANCE_YOUR_CALM)), "{ended} {frames:?}");
    unharmed(&world).await;
}

#[tokio::test]
async fn more_streams_than_may_be_are_refused_one_by_one() {
    let limits =
        Limits { streams: 16, body_timeout: domain::Span::seconds(2), ..Limits::default() };
    let world = World::with(Setup { limits, ..Setup::default() }).await;
    let mut client = Raw::connect(&world).await;
    let block = block(&[]);
    // their bodies never come
    let open: Vec<_> =
        (0..200_u32).flat_map(|n| frame(HEADERS, END_HEADERS, 2 * n + 1, &block)).collect();
    assert!(client.send(&open).await);
    let (frames, _) = client.frames(Duration::from_secs(4)).await;
    let refused = frames.iter().filter(|(k, _, e)| (*k, *e) == (RST_STREAM, REFUSED_STREAM));
    assert!(refused.count() >= 100 || has(&frames, GOAWAY, ENHANCE_YOUR_CALM), "{frames:?}");
    let answered = frames.iter().filter(|(kind, ..)| *kind == HEADERS).count();
    assert!(answered <= 16, "{answered} of 16 were told that their body took too long");
    unharmed(&world).await;
}

#[tokio::test]
async fn headers_without_end_end_their_connection() {
    let world = World::start().await;
    let value = "w".repeat(120);
    let wide: Vec<_> = (0..100).map(|_| ("x-wide", value.as_str())).collect();
    // one request's head in pieces that never end
    let mut client = Raw::connect(&world).await;
    assert!(client.send(&frame(HEADERS, 0, 1, &block(&[]))).await);
    let piece = block(&wide)[2..].to_vec();
    let mut taken = 0;
    while taken < 4_096 && client.send(&frame(CONTINUATION, 0, 1, &piece)).await {
        taken += 1;
    }
    let (frames, ended) = client.frames(Duration::from_secs(5)).await;
    assert!(ended, "after {taken} pieces of {} bytes: {frames:?}", piece.len());
    assert!(taken < 4_096, "it took {taken} pieces of {} bytes", piece.len());
    // one that is whole and larger than heads may be
    let mut client = Raw::connect(&world).await;
    let mut head = frame(HEADERS, 0, 1, &block(&[]));
    for n in 0..5 {
        head.extend(frame(CONTINUATION, if n == 4 { END_HEADERS } else { 0 }, 1, &piece));
    }
    client.send(&head).await;
    let (frames, _) = client.frames(Duration::from_millis(500)).await;
    let answered = frames.iter().any(|(kind, stream, _)| *kind == HEADERS && *stream == 1);
    let refused = frames.iter().any(|(kind, ..)| matches!(*kind, RST_STREAM | GOAWAY));
    assert!(answered || refused, "431, or an error: {frames:?}");
    unharmed(&world).await;
}

#[tokio::test]
async fn pings_and_settings_are_answered_as_far_as_they_are_read() {
    let world = World::start().await;
    let mut client = Raw::connect(&world).await;
    // a client that asks for answers and reads none
    let mut flood = Vec::new();
    for _ in 0..20_000 {
        flood.extend(frame(PING, 0, 0, &[7; 8]));
        flood.extend(frame(SETTINGS, 0, 0, &[]));
    }
    for _ in 0..8 {
        let sent = timeout(Duration::from_millis(500), client.0.write_all(&flood)).await;
        if !matches!(sent, Ok(Ok(()))) {
            break; // it reads no more than it can answer, or has closed
        }
    }
    unharmed(&world).await;
}
