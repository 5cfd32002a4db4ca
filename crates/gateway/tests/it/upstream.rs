//! A model's server on loopback. The request's `user` field says how it behaves; the gateway passes
//! that field on because it doesn't know it.

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, Version, header};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// A running server.
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    pub(crate) seen: Arc<Seen>,
    _tasks: JoinSet<()>,
}

/// What reached it.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) requests: Mutex<Vec<(HeaderMap, Bytes)>>,
    pub(crate) connections: AtomicUsize,
    pub(crate) in_http2: AtomicUsize,
    /// Streams whose reader has gone.
    pub(crate) abandoned: AtomicUsize,
}

impl Seen {
    pub(crate) fn count(&self) -> usize {
        self.requests.lock().expect("no panic").len()
    }
}

struct Channel(mpsc::Receiver<Result<Bytes, io::Error>>);

impl Body for Channel {
    type Data = Bytes;
    type Error = io::Error;
    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        self.0.poll_recv(cx).map(|next| next.map(|bytes| bytes.map(Frame::data)))
    }
}

impl Upstream {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let address = listener.local_addr().expect("bound");
        let seen = Arc::new(Seen::default());
        let mut tasks = JoinSet::new();
        let shared = Arc::clone(&seen);
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                stream.set_nodelay(true).expect("a socket");
                shared.connections.fetch_add(1, Ordering::Relaxed);
                let seen = Arc::clone(&shared);
                connections.spawn(async move {
                    let mut start = [0; 4];
                    let begun = stream.peek(&mut start).await;
                    let http2 = begun.is_ok() && &start == b"PRI ";
                    serve(stream, http2, seen).await;
                });
            }
        });
        Self { address, seen, _tasks: tasks }
    }
}

/// Serves one connection to its end.
pub(crate) async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    http2: bool,
    seen: Arc<Seen>,
) {
    let service = service_fn(|request| reply(Arc::clone(&seen), request));
    let io = TokioIo::new(stream);
    // clients and tests break connections on purpose
    if http2 {
        let mut server = http2::Builder::new(TokioExecutor::new());
        drop(server.max_concurrent_streams(64).serve_connection(io, service).await);
    } else {
        drop(http1::Builder::new().serve_connection(io, service).await);
    }
}

async fn reply(
    seen: Arc<Seen>,
    request: Request<Incoming>,
) -> Result<Response<Channel>, io::Error> {
    let (head, body) = request.into_parts();
    if head.version == Version::HTTP_2 {
        seen.in_http2.fetch_add(1, Ordering::SeqCst);
        assert!(head.uri.authority().is_some() && !head.headers.contains_key(header::HOST));
    }
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    seen.requests.lock().expect("no panic").push((head.headers, body.clone()));
    let asked: Value = serde_json::from_slice(&body).map_err(io::Error::other)?;
    let script = asked["user"].as_str().unwrap_or("plain").to_owned();
    let (name, argument) = script.split_once(':').unwrap_or((&script, "0"));
    let number: u64 = argument.parse().expect("a number");
    let (sender, receiver) = mpsc::channel(1);
    let mut response = Response::new(Channel(receiver));
    let json = |value: Value| Bytes::from(value.to_string());
    let whole = match name {
        "plain" => {
            Some(json(answer(&json!({"role": "assistant", "content": "Hello."}), Some((9, 3)))))
        }
        "uncounted" => {
            Some(json(answer(&json!({"role": "assistant", "content": "Hello, you."}), None)))
        }
        "usage" => Some(json(answer(
            &json!({"role": "assistant", "content": "Hello."}),
            Some((9, number)),
        ))),
        "tools" => Some(json(answer(&tool_call(), Some((20, 11))))),
        "garbage" => Some(Bytes::from_static(b"<html>")),
        "status" => {
            let status = u16::try_from(number).expect("a status");
            *response.status_mut() = StatusCode::from_u16(status).expect("a status");
            Some(Bytes::from_static(br#"{"error":{"message":"key sk-upstream is bad"}}"#))
        }
        "silent" => {
            std::future::pending::<()>().await;
            None
        }
        _ => None,
    };
    if let Some(whole) = whole {
        let kind = http::HeaderValue::from_static("application/json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        sender.send(Ok(whole)).await.expect("room for one");
        return Ok(response);
    }
    let kind = http::HeaderValue::from_static("text/event-stream; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    let name = name.to_owned();
    stream(seen, sender, name, number);
    Ok(response)
}

/// Writes a stream from a task of its own, which ends when the reader is gone.
#[expect(clippy::disallowed_methods, reason = "a mock's stream outlives its request handler")]
fn stream(
    seen: Arc<Seen>,
    sender: mpsc::Sender<Result<Bytes, io::Error>>,
    name: String,
    number: u64,
) {
    tokio::spawn(async move {
        let pieces: Vec<Result<Bytes, io::Error>> = match name.as_str() {
            // one frame per event
            "stream" | "paced" => whole_stream(number, true),
            "unreported" => whole_stream(number, false),
            "torn" => torn(whole_stream(number, true)),
            "malformed" => vec![Ok(event("first")), Ok(Bytes::from_static(b"data: {oops\n\n"))],
            "die" => {
                let half = Bytes::from_static(b"data: {\"choices\":[{\"del");
                vec![Ok(event("first")), Ok(half), Err(io::Error::other("died"))]
            }
            "unfinished" => vec![Ok(event("first"))],
            "stall" => vec![Ok(event("first"))],
            "endless" => Vec::new(),
            other => unreachable!("the mock has no script `{other}`"),
        };
        for piece in pieces {
            if name == "paced" {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            if sender.send(piece).await.is_err() {
                seen.abandoned.fetch_add(1, Ordering::Relaxed);
                return;
            }
        }
        if name == "stall" {
            sender.closed().await;
            seen.abandoned.fetch_add(1, Ordering::Relaxed);
        }
        if name == "endless" {
            while sender.send(Ok(event(&"word ".repeat(20)))).await.is_ok() {}
            seen.abandoned.fetch_add(1, Ordering::Relaxed);
        }
    });
}

/// The bytes of a whole stream of `n` pieces.
pub(crate) fn stream_bytes(n: u64) -> Vec<u8> {
    whole_stream(n, true).into_iter().flat_map(|b| b.expect("no error")).collect()
}

fn whole_stream(n: u64, report: bool) -> Vec<Result<Bytes, io::Error>> {
    let mut pieces: Vec<_> = (0..n).map(|i| Ok(event(&format!("word{i} ")))).collect();
    if report {
        let usage = json!({"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": n}});
        pieces.push(Ok(Bytes::from(format!("data: {usage}\n\n"))));
    }
    pieces.push(Ok(Bytes::from_static(b": a comment\r\n\r\ndata: [DONE]\n\n")));
    pieces
}

/// The same bytes, broken at other places.
fn torn(pieces: Vec<Result<Bytes, io::Error>>) -> Vec<Result<Bytes, io::Error>> {
    let all: Vec<u8> = pieces.into_iter().flat_map(|b| b.expect("no error")).collect();
    all.chunks(7).map(|c| Ok(Bytes::copy_from_slice(c))).collect()
}

fn event(text: &str) -> Bytes {
    let chunk = json!({"id": "c-1", "object": "chat.completion.chunk", "choices": [
        {"index": 0, "delta": {"content": text}, "finish_reason": null}
    ]});
    Bytes::from(format!("data: {chunk}\n\n"))
}

fn answer(message: &Value, usage: Option<(u64, u64)>) -> Value {
    let usage = usage
        .map(|(a, b)| json!({"prompt_tokens": a, "completion_tokens": b, "total_tokens": a + b}));
    json!({"id": "c-1", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": usage})
}

fn tool_call() -> Value {
    json!({"role": "assistant", "content": null, "tool_calls": [
        {"id": "call-1", "type": "function", "function": {"name": "run", "arguments": "{\"a\":1}"}}
    ]})
}
