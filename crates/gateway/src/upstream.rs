//! Connections to the model's server: opened, kept, and driven by whoever waits for their answer.
//!
//! No task is spawned for a connection. The future that waits for an answer polls its connection
//! itself, so a request costs no hand-over between tasks, frames that arrive together are seen
//! together, and dropping the answer closes the connection, which tells the server to stop.
#![expect(clippy::disallowed_methods, reason = "edge: ages its idle connections")]

use crate::config::{Config, ConfigError, ProviderKey, Target};
use crate::route::{Dialect, Route};
use bytes::Bytes;
use domain::Span;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1::{Builder, Connection, SendRequest};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use std::fmt;
use std::future::{Future, poll_fn};
use std::path::PathBuf;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::task::{Context, Poll, Waker, ready};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tower_service::Service;

type Io = MaybeHttpsStream<TokioIo<TcpStream>>;

/// The server that has the model, and idle connections to it.
pub(crate) struct Upstream {
    target: Target,
    key_file: Option<PathBuf>,
    key: RwLock<Option<ProviderKey>>,
    connector: Connector,
    connect_timeout: Duration,
    idle_timeout: Duration,
    most_idle: usize,
    idle: Mutex<Vec<Idle>>,
}

enum Connector {
    Plain(HttpConnector),
    Tls(HttpsConnector<HttpConnector>),
}

struct Idle {
    wire: Box<Wire>,
    since: Instant,
}

/// One connection and the handle that sends on it.
pub(crate) struct Wire {
    sender: SendRequest<Full<Bytes>>,
    connection: Connection<Io, Full<Bytes>>,
    /// The connection has ended and must not be polled again.
    ended: bool,
    /// It rested between two calls, so the server may have closed it.
    kept: bool,
}

/// Why the upstream gave no answer, or no more of one. The text is for the operator's log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UpstreamError {
    #[error("can't connect to the upstream: {0}")]
    Connect(String),
    #[error("the upstream broke the exchange: {0}")]
    Exchange(String),
}

/// An answer under way. Dropping it before its end closes the connection.
pub(crate) struct Answer {
    pub(crate) head: http::response::Parts,
    body: Incoming,
    wire: Option<Box<Wire>>,
    /// Whether the connection, with what its buffers still hold, is closed at the end.
    last: bool,
    upstream: Arc<Upstream>,
}

/// A span as the runtime's timers take it.
pub(crate) fn duration(span: Span) -> Duration {
    Duration::from_micros(span.as_micros())
}

impl Upstream {
    pub(crate) fn new(config: &Config) -> Result<Self, ConfigError> {
        let target = Target::of(&config.upstream)?;
        let key_file = config.provider_key_file.clone();
        let key = key_file.as_deref().map(ProviderKey::read).transpose()?;
        let mut tcp = HttpConnector::new();
        tcp.set_nodelay(true);
        tcp.enforce_http(false);
        let connector = if target.tls {
            let tls =
                HttpsConnectorBuilder::new().with_native_roots().map_err(ConfigError::Roots)?;
            Connector::Tls(tls.https_only().enable_http1().wrap_connector(tcp))
        } else {
            Connector::Plain(tcp)
        };
        Ok(Self {
            target,
            key_file,
            key: RwLock::new(key),
            connector,
            connect_timeout: duration(config.limits.connect_timeout),
            idle_timeout: duration(config.limits.idle_timeout),
            most_idle: config.limits.idle_connections,
            idle: Mutex::default(),
        })
    }

    /// Reads the key file again; on failure the key in use stays.
    pub(crate) fn renew_key(&self) -> Result<(), ConfigError> {
        if let Some(file) = &self.key_file {
            let key = ProviderKey::read(file)?;
            *self.key.write().unwrap_or_else(PoisonError::into_inner) = Some(key);
        }
        Ok(())
    }

    /// A connection for one call, which is sent nothing yet: a kept one, or a new one.
    pub(crate) async fn wire(&self) -> Result<Box<Wire>, UpstreamError> {
        match self.take_idle() {
            Some(wire) => Ok(wire),
            // rare, and large: the future of a request on a kept connection stays small
            None => Box::pin(self.connect()).await,
        }
    }

    /// Sends a call's body on a connection of [`Upstream::wire`] and waits for the answer's head. A kept connection that turns
    /// out to be closed before it took the request is replaced; a request is never sent twice.
    pub(crate) async fn call(
        self: &Arc<Self>,
        wire: Result<Box<Wire>, UpstreamError>,
        route: &Route,
        body: Bytes,
        headers: &[(HeaderName, HeaderValue)],
    ) -> Result<Answer, UpstreamError> {
        let (mut wire, mut request) = (wire?, self.request(route, body, headers));
        loop {
            match wire.send(request).await {
                Ok(response) => return Ok(Answer::new(response, wire, self)),
                Err((_, Some(unsent))) if wire.kept => request = *unsent,
                Err((error, _)) => return Err(error),
            }
            wire = self.wire().await?;
        }
    }

    /// Asks for the list of models, which costs nothing; the status tells whether server and key are as they should be.
    async fn try_models(&self) -> Result<StatusCode, UpstreamError> {
        let mut request = Request::new(Full::new(Bytes::new()));
        *request.uri_mut() = self.target.models.clone();
        request.headers_mut().insert(header::HOST, self.target.host.clone());
        if let Some(key) = &*self.key.read().unwrap_or_else(PoisonError::into_inner) {
            // servers of either dialect ignore the other's header
            for dialect in [Dialect::OpenAi, Dialect::Anthropic] {
                let (name, value) = key.header(dialect);
                request.headers_mut().insert(name, value);
            }
        }
        let mut wire = Box::pin(self.connect()).await?;
        wire.send(request).await.map(|answer| answer.status()).map_err(|(error, _)| error)
    }

    fn request(
        &self,
        route: &Route,
        body: Bytes,
        headers: &[(HeaderName, HeaderValue)],
    ) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.target.path(route);
        let to = request.headers_mut();
        to.reserve(headers.len() + 3);
        to.insert(header::HOST, self.target.host.clone());
        // an answer that can be observed is not compressed
        to.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        for (name, value) in headers {
            to.insert(name, value.clone());
        }
        if let Some(key) = &*self.key.read().unwrap_or_else(PoisonError::into_inner) {
            let (name, value) = key.header(route.dialect);
            to.insert(name, value);
        }
        request
    }

    async fn connect(&self) -> Result<Box<Wire>, UpstreamError> {
        let refused = |reason: String| UpstreamError::Connect(reason);
        let origin = self.target.origin.clone();
        let connecting = async {
            match &self.connector {
                Connector::Plain(tcp) => tcp
                    .clone()
                    .call(origin)
                    .await
                    .map(MaybeHttpsStream::Http)
                    .map_err(|e| refused(e.to_string())),
                Connector::Tls(tls) => {
                    tls.clone().call(origin).await.map_err(|e| refused(e.to_string()))
                }
            }
        };
        let io = tokio::time::timeout(self.connect_timeout, connecting).await;
        let io = io.map_err(|_| refused("it took too long".to_owned()))??;
        let handshake = Builder::new().max_headers(128).max_buf_size(256 * 1024).handshake(io);
        let (sender, connection) = handshake.await.map_err(|e| refused(e.to_string()))?;
        Ok(Box::new(Wire { sender, connection, ended: false, kept: false }))
    }

    /// The connection that rested for the shortest time, if the server still has it open.
    fn take_idle(&self) -> Option<Box<Wire>> {
        loop {
            let Idle { mut wire, since } = self.idle().pop()?;
            if since.elapsed() < self.idle_timeout && wire.is_open() {
                return Some(wire);
            }
        }
    }

    /// Keeps a connection for the next call.
    pub(crate) fn keep(&self, mut wire: Box<Wire>) {
        wire.kept = true;
        let mut idle = self.idle();
        if let Some(oldest) = idle.first()
            && (idle.len() >= self.most_idle || oldest.since.elapsed() >= self.idle_timeout)
        {
            idle.remove(0);
        }
        if idle.len() < self.most_idle {
            idle.push(Idle { wire, since: Instant::now() });
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What came of trying an upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tried {
    /// It answered a request for its list of models with this status.
    Answered(StatusCode),
    /// It did not answer, and why.
    Silent(String),
}

/// Tries the upstream of a configuration, with its key, for ten seconds at most.
///
/// # Errors
/// The configuration itself is unusable.
pub async fn try_upstream(config: &Config) -> Result<Tried, ConfigError> {
    let upstream = Upstream::new(config)?;
    let tried = tokio::time::timeout(Duration::from_secs(10), upstream.try_models()).await;
    Ok(match tried {
        Ok(Ok(status)) => Tried::Answered(status),
        Ok(Err(error)) => Tried::Silent(error.to_string()),
        Err(_) => Tried::Silent("the upstream said nothing within 10 s".to_owned()),
    })
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upstream").field("target", &self.target).finish_non_exhaustive()
    }
}

impl Wire {
    /// Polls the connection unless it has ended.
    fn drive(&mut self, cx: &mut Context<'_>) {
        if !self.ended {
            // its error reaches whoever waits for the exchange
            self.ended = Pin::new(&mut self.connection).poll(cx).is_ready();
        }
    }

    /// Whether a connection at rest can take a request.
    fn is_open(&mut self) -> bool {
        self.drive(&mut Context::from_waker(Waker::noop()));
        !self.ended && self.sender.is_ready()
    }

    /// Sends and waits for the head. On failure gives the request back if no byte of it was sent.
    async fn send(
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

impl Answer {
    fn new(response: Response<Incoming>, wire: Box<Wire>, upstream: &Arc<Upstream>) -> Self {
        let (head, body) = response.into_parts();
        Self { head, body, wire: Some(wire), last: false, upstream: Arc::clone(upstream) }
    }

    /// Nobody gets the connection after this answer.
    pub(crate) fn make_last(&mut self) {
        self.last = true;
    }

    /// The next bytes of the body; `None` at its end, after which the connection is kept for others.
    pub(crate) fn poll_bytes(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, UpstreamError>>> {
        loop {
            let Some(wire) = &mut self.wire else { return Poll::Ready(None) };
            let mut frame = Pin::new(&mut self.body).poll_frame(cx);
            if frame.is_pending() {
                wire.drive(cx);
                frame = Pin::new(&mut self.body).poll_frame(cx);
            }
            match ready!(frame) {
                Some(Ok(frame)) => {
                    if let Ok(bytes) = frame.into_data()
                        && !bytes.is_empty()
                    {
                        return Poll::Ready(Some(Ok(bytes)));
                    }
                }
                Some(Err(error)) => {
                    self.wire = None;
                    let error = UpstreamError::Exchange(error.to_string());
                    return Poll::Ready(Some(Err(error)));
                }
                None => {
                    self.rest(cx);
                    return Poll::Ready(None);
                }
            }
        }
    }

    /// Keeps the connection if the server will take another request on it.
    fn rest(&mut self, cx: &mut Context<'_>) {
        if let Some(mut wire) = self.wire.take() {
            wire.drive(cx);
            if !self.last && !wire.ended && wire.sender.is_ready() {
                self.upstream.keep(wire);
            }
        }
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("head", &self.head).finish_non_exhaustive()
    }
}
