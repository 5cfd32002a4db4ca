//! One client's connection, in HTTP/1.1 or HTTP/2, until it ends, drains or is cut.
//!
//! In HTTP/1.1 whatever a request waits for, it waits in the connection's own task, and a cut ends the connection. In HTTP/2
//! each request is a task, which a cut ends alone: the client is told in its dialect, and a client that doesn't read what is
//! left for [`GRACE`] has its stream reset, while the others on the connection go on.

use crate::flights::{GRACE, Line};
use crate::gate::Gate;
use crate::proxy::{self, LastHere, Peer};
use crate::upstream::duration;
use hyper::rt::Executor;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::future::{Future, pending};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, Sleep, timeout};

/// Bytes of an answer that wait in a connection, or in a stream of HTTP/2, at most.
const BUFFER: usize = 64 * 1024;
/// Bytes of bodies that a client of HTTP/2 may send ahead, of one request and of all.
const STREAM_WINDOW: u32 = 128 * 1024;
const CONNECTION_WINDOW: u32 = 1 << 20;
/// Requests that a client of HTTP/2 may take back before they were looked at. More are a flood.
const TAKEN_BACK: usize = 32;
/// How a client of HTTP/2 begins that was not asked over TLS.
const PREFACE: &[u8] = b"PRI ";

tokio::task_local! {
    /// The request that a task of HTTP/2 serves, seen from outside it.
    static LINE: Arc<Line>;
}

/// Which HTTP a client speaks that agreed on none in a handshake; none for one that says nothing in time.
pub(crate) async fn speaks_http2(stream: &TcpStream, patience: Duration) -> Option<bool> {
    let mut start = [0; PREFACE.len()];
    let read = timeout(patience, stream.peek(&mut start)).await.ok()?.ok()?;
    (read > 0).then(|| start == PREFACE)
}

/// Serves HTTP/1.1. Whatever its requests wait for, they wait in this task.
pub(crate) async fn http1(
    gate: Arc<Gate>,
    stream: impl AsyncRead + AsyncWrite + Unpin,
    peer: Peer,
    mut stopping: watch::Receiver<bool>,
) {
    let line = Arc::new(Line::default());
    let service = service_fn(|request| {
        let (gate, line) = (Arc::clone(&gate), Arc::clone(&line));
        async move { Ok::<_, Infallible>(proxy::answer(&gate, &line, &peer, request).await) }
    });
    let mut server = http1::Builder::new();
    server
        .timer(TokioTimer::new())
        .header_read_timeout(duration(gate.limits.header_timeout))
        .max_header_size(gate.limits.header_bytes)
        // what a client doesn't read is bounded
        .max_buf_size(BUFFER.max(gate.limits.header_bytes))
        .keep_alive(true);
    let mut serving = pin!(server.serve_connection(TokioIo::new(stream), service));
    let mut draining = false;
    let mut patience = pin!(None);
    loop {
        tokio::select! {
            biased;
            () = line.is_cut() => {
                // `serving` is polled next, which lets the request see that it is cut; a client that
                // doesn't read what is left loses the rest
                draining = true;
                serving.as_mut().graceful_shutdown();
                patience.set(Some(tokio::time::sleep_until(Instant::now() + GRACE)));
            }
            _ = stopping.changed(), if !draining => {
                draining = true;
                serving.as_mut().graceful_shutdown();
            }
            served = &mut serving => {
                if let Err(error) = served {
                    tracing::debug!(%error, "a connection ended early");
                }
                return;
            }
            () = over(patience.as_mut()) => return,
        }
    }
}

/// Serves HTTP/2, each request in a task of its own, which ends with the connection.
pub(crate) async fn http2(
    gate: Arc<Gate>,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: Peer,
    mut stopping: watch::Receiver<bool>,
) {
    let streams = Streams::default();
    let last = Arc::new(Notify::new());
    let service = service_fn(|request| {
        let (gate, last) = (Arc::clone(&gate), Arc::clone(&last));
        async move {
            let line = LINE.try_with(Arc::clone).unwrap_or_default();
            let mut response = proxy::answer(&gate, &line, &peer, request).await;
            // a header of HTTP/1.1; here the connection is told to end
            response.headers_mut().remove(http::header::CONNECTION);
            if response.extensions_mut().remove::<LastHere>().is_some() {
                last.notify_one();
            }
            Ok::<_, Infallible>(response)
        }
    });
    let idle = duration(gate.limits.header_timeout);
    let server = server(&gate, streams.clone());
    let mut serving = pin!(server.serve_connection(TokioIo::new(stream), service));
    let mut draining = false;
    let mut patience = pin!(None);
    let mut look = pin!(tokio::time::sleep_until(Instant::now() + idle));
    loop {
        tokio::select! {
            biased;
            () = last.notified(), if !draining => {
                draining = true;
                serving.as_mut().graceful_shutdown();
            }
            _ = stopping.changed(), if !draining => {
                draining = true;
                serving.as_mut().graceful_shutdown();
            }
            served = &mut serving => {
                if let Err(error) = served {
                    tracing::debug!(%error, "a connection ended early");
                }
                break;
            }
            () = look.as_mut(), if !draining => {
                // as between two requests of HTTP/1.1
                if streams.were_idle() {
                    draining = true;
                    serving.as_mut().graceful_shutdown();
                    patience.set(Some(tokio::time::sleep_until(Instant::now() + GRACE)));
                }
                look.as_mut().reset(Instant::now() + idle);
            }
            () = over(patience.as_mut()) => break,
        }
    }
    streams.end().await;
}

fn server(gate: &Gate, streams: Streams) -> http2::Builder<Streams> {
    let mut server = http2::Builder::new(streams);
    let header_bytes = u32::try_from(gate.limits.header_bytes).unwrap_or(u32::MAX);
    server
        .timer(TokioTimer::new())
        .max_concurrent_streams(gate.limits.streams)
        .max_header_list_size(header_bytes)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(BUFFER)
        .max_pending_accept_reset_streams(TAKEN_BACK)
        .keep_alive_interval(duration(gate.limits.header_timeout))
        .keep_alive_timeout(duration(gate.limits.header_timeout));
    server
}

/// The tasks of one connection's requests.
#[derive(Clone, Default)]
struct Streams(Arc<Mutex<Tasks>>);

#[derive(Default)]
struct Tasks {
    open: JoinSet<()>,
    /// Requests since the last look.
    fresh: bool,
}

impl Streams {
    /// Whether nothing was asked since the last look, and nothing is under way.
    fn were_idle(&self) -> bool {
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.reap();
        !std::mem::take(&mut tasks.fresh) && tasks.open.is_empty()
    }

    /// Ends what is still under way, and returns when it has ended.
    async fn end(&self) {
        let mut open = {
            let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut tasks.open)
        };
        open.shutdown().await;
    }
}

impl Tasks {
    fn reap(&mut self) {
        while let Some(ended) = self.open.try_join_next() {
            if let Err(error) = ended {
                tracing::error!(%error, "a request's task panicked");
            }
        }
    }
}

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Streams {
    fn execute(&self, request: F) {
        let line = Arc::new(Line::default());
        let served = LINE.scope(Arc::clone(&line), async move {
            let mut request = pin!(request);
            tokio::select! {
                biased;
                () = &mut request => return,
                () = line.is_cut() => {}
            }
            // the request sees that it is cut; what its client doesn't read in time is lost
            drop(timeout(GRACE, request).await);
        });
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.reap();
        tasks.fresh = true;
        tasks.open.spawn(served);
    }
}

/// Waits for a time that was set, or for ever.
async fn over(patience: Pin<&mut Option<Sleep>>) {
    match patience.as_pin_mut() {
        Some(sleep) => sleep.await,
        None => pending().await,
    }
}
