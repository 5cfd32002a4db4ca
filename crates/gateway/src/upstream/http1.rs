//! One connection of HTTP/1.1, polled by whoever waits for its answer, and those that rest between two calls.

#![expect(clippy::disallowed_methods, reason = "edge: ages its idle connections")]

use super::UpstreamError;
use super::dial::Io;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{Builder, Connection, SendRequest};
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

/// One connection of HTTP/1.1 and the handle that sends on it.
pub(crate) struct OneWire {
    sender: SendRequest<Full<Bytes>>,
    connection: Connection<Io, Full<Bytes>>,
    /// The connection has ended and must not be polled again.
    ended: bool,
    /// It rested between two calls, so the server may have closed it.
    pub(super) kept: bool,
}

/// Connections that rest between two calls.
pub(super) struct Resting {
    most: usize,
    /// For how long one may.
    longest: Duration,
    idle: Mutex<Vec<Idle>>,
}

struct Idle {
    wire: Box<OneWire>,
    since: Instant,
}

impl OneWire {
    /// Begins HTTP/1.1 on a new connection.
    pub(super) async fn begin(io: Io) -> Result<Self, UpstreamError> {
        let handshake = Builder::new().max_buf_size(256 * 1024).handshake(io);
        let begun = handshake.await.map_err(|e| UpstreamError::Connect(e.to_string()));
        let (sender, connection) = begun?;
        Ok(Self { sender, connection, ended: false, kept: false })
    }

    /// Polls the connection unless it has ended.
    pub(super) fn drive(&mut self, cx: &mut Context<'_>) {
        if !self.ended {
            // its error reaches whoever waits for the exchange
            self.ended = Pin::new(&mut self.connection).poll(cx).is_ready();
        }
    }

    /// Whether a connection at rest can take a request.
    pub(super) fn is_open(&mut self) -> bool {
        self.drive(&mut Context::from_waker(Waker::noop()));
        !self.ended && self.sender.is_ready()
    }

    /// Sends and waits for the head. On failure gives the request back if no byte of it was sent.
    pub(super) async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, (UpstreamError, Option<Box<Request<Full<Bytes>>>>)> {
        let mut answer = pin!(self.sender.try_send_request(request));
        let (connection, ended) = (&mut self.connection, &mut self.ended);
        let answered = poll_fn(|cx| {
            if !*ended {
                *ended = Pin::new(&mut *connection).poll(cx).is_ready();
            }
            answer.as_mut().poll(cx)
        });
        answered.await.map_err(|mut failed| {
            let unsent = failed.take_message().map(Box::new);
            (UpstreamError::Exchange(failed.into_error().to_string()), unsent)
        })
    }
}

impl Resting {
    /// None yet, and at most so many, for so long.
    pub(super) fn new(most: usize, longest: Duration) -> Self {
        Self { most, longest, idle: Mutex::default() }
    }

    /// The connection that rested for the shortest time, if the server still has it open.
    pub(super) fn take(&self) -> Option<Box<OneWire>> {
        loop {
            let Idle { mut wire, since } = self.lock().pop()?;
            if since.elapsed() < self.longest && wire.is_open() {
                return Some(wire);
            }
        }
    }

    /// Keeps a connection for the next call, in place of the oldest where there are many.
    pub(super) fn keep(&self, mut wire: Box<OneWire>) {
        wire.kept = true;
        let mut idle = self.lock();
        if let Some(oldest) = idle.first()
            && (idle.len() >= self.most || oldest.since.elapsed() >= self.longest)
        {
            idle.remove(0);
        }
        if idle.len() < self.most {
            idle.push(Idle { wire, since: Instant::now() });
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The body of a request that was not sent.
pub(super) async fn whole(request: Request<Full<Bytes>>) -> Bytes {
    match request.into_body().collect().await {
        Ok(body) => body.to_bytes(),
        Err(never) => match never {},
    }
}
