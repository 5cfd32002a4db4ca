//! Streams whose events say when they were made, 5 ms apart after 20 ms, and clients that see how late they come: streams
//! that all begin at once, and so many kept open, each beginning anew when it has ended.

use crate::permits::{MODEL, TOKEN};
use bytes::Bytes;
use http::{HeaderValue, Request, Response, header};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, Sleep};

const FIRST: Duration = Duration::from_millis(20);
const PAUSE: Duration = Duration::from_millis(5);
/// What stamps count from.
static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);

struct Stamped(Pin<Box<Sleep>>);

impl Body for Stamped {
    type Data = Bytes;
    type Error = Infallible;
    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        ready!(self.0.as_mut().poll(cx));
        self.0.as_mut().reset(Instant::now() + PAUSE);
        let stamp = BEGAN.elapsed().as_nanos();
        let event = format!(
            "data: {{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"{MODEL}\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"<{stamp}>\"}},\"finish_reason\":null}}]}}\n\n"
        );
        Poll::Ready(Some(Ok(Frame::data(Bytes::from(event)))))
    }
}

/// Listens on loopback.
pub(crate) async fn upstream() -> io::Result<SocketAddr> {
    LazyLock::force(&BEGAN);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if stream.set_nodelay(true).is_ok() {
                let serving =
                    http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(reply));
                tokio::spawn(async move { drop(serving.await) });
            }
        }
    });
    Ok(address)
}

async fn reply(request: Request<Incoming>) -> Result<Response<Stamped>, hyper::Error> {
    request.into_body().collect().await?;
    let due = Box::pin(tokio::time::sleep_until(Instant::now() + FIRST));
    let mut response = Response::new(Stamped(due));
    let kind = HeaderValue::from_static("text/event-stream");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    Ok(response)
}

/// Times in milliseconds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Times {
    /// From the request to the first event.
    first: Vec<f64>,
    /// From an event's making to its arrival.
    late: Vec<f64>,
    /// From one event to the next.
    between: Vec<f64>,
}

/// Middles and ends of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Summary {
    first: (f64, f64),
    late: (f64, f64),
    between: f64,
}

impl Times {
    pub(crate) fn add(&mut self, other: Self) {
        self.first.extend(other.first);
        self.late.extend(other.late);
        self.between.extend(other.between);
    }

    pub(crate) fn summary(&mut self) -> Summary {
        let (first, late) = (ends(&mut self.first), ends(&mut self.late));
        Summary { first, late, between: ends(&mut self.between).0 }
    }
}

impl Summary {
    pub(crate) fn to_json(self) -> Value {
        let rounded = |x: f64| (x * 1_000.0).round() / 1_000.0;
        json!({"first_event_ms": rounded(self.first.0), "first_event_p99_ms": rounded(self.first.1),
            "event_late_ms": rounded(self.late.0), "event_late_p99_ms": rounded(self.late.1),
            "between_events_ms": rounded(self.between)})
    }

    /// What is compared with the pass-through.
    pub(crate) fn over(self, other: &Self) -> [(&'static str, f64); 2] {
        [
            ("first_event", self.first.0 / other.first.0),
            ("between_events", self.between / other.between),
        ]
    }
}

fn ends(all: &mut [f64]) -> (f64, f64) {
    all.sort_by(f64::total_cmp);
    let at = |percent: usize| all.get((all.len() * percent / 100).min(all.len().saturating_sub(1)));
    (at(50).copied().unwrap_or(f64::NAN), at(99).copied().unwrap_or(f64::NAN))
}

/// Opens so many streams at once and takes so many events of each.
pub(crate) async fn at_once(proxy: SocketAddr, streams: u32, events: u32) -> io::Result<Times> {
    let mut tasks = JoinSet::new();
    for _ in 0..streams {
        tasks.spawn(stream(proxy, events));
    }
    let mut all = Times::default();
    while let Some(times) = tasks.join_next().await {
        all.add(times.map_err(io::Error::other)??);
    }
    Ok(all)
}

/// Keeps so many streams open and takes so many events of each: one begins anew, `rounds` times, when it has ended. They
/// begin evenly spread, and nothing is taken of the first round, in which not all are open yet.
pub(crate) async fn kept(
    proxy: SocketAddr,
    streams: u32,
    events: u32,
    rounds: u32,
) -> io::Result<Times> {
    let length = FIRST + PAUSE * events;
    let mut tasks = JoinSet::new();
    for number in 0..streams {
        tasks.spawn(async move {
            tokio::time::sleep(length * number / streams).await;
            stream(proxy, events).await?;
            let mut times = Times::default();
            for _ in 0..rounds {
                times.add(stream(proxy, events).await?);
            }
            Ok::<_, io::Error>(times)
        });
    }
    let mut all = Times::default();
    while let Some(times) = tasks.join_next().await {
        all.add(times.map_err(io::Error::other)??);
    }
    Ok(all)
}

async fn stream(proxy: SocketAddr, events: u32) -> io::Result<Times> {
    let body = format!(
        "{{\"model\":\"{MODEL}\",\"stream\":true,\"max_tokens\":4000,\"messages\":[{{\"role\":\"user\",\"content\":\"count\"}}]}}"
    );
    let request = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: model\r\nauthorization: Bearer {TOKEN}\r\naccept: text/event-stream\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut client = TcpStream::connect(proxy).await?;
    client.set_nodelay(true)?;
    let (mut times, mut buffer, mut last) = (Times::default(), Vec::new(), None);
    let asked = Instant::now();
    client.write_all(request.as_bytes()).await?;
    while times.late.len() < events as usize {
        buffer.clear();
        if client.read_buf(&mut buffer).await? == 0 {
            return Err(io::Error::other("a stream ended early"));
        }
        let now = Instant::now();
        let text = String::from_utf8_lossy(&buffer);
        for stamp in text.split('<').skip(1).filter_map(|rest| rest.split_once('>')) {
            let Ok(made) = stamp.0.parse::<u64>() else { continue };
            let made = *BEGAN + Duration::from_nanos(made);
            times.late.push(now.saturating_duration_since(made).as_secs_f64() * 1_000.0);
            match last {
                None => times.first.push(now.duration_since(asked).as_secs_f64() * 1_000.0),
                Some(last) => {
                    times.between.push(now.duration_since(last).as_secs_f64() * 1_000.0);
                }
            }
            last = Some(now);
        }
    }
    Ok(times)
}
