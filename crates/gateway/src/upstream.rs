//! Connections to the model's server: opened, kept, and in HTTP/1.1 driven by whoever waits for their answer.
//!
//! For a connection of HTTP/1.1 no task is spawned. The future that waits for an answer polls its connection
//! itself, so a request costs no hand-over between tasks, frames that arrive together are seen
//! together, and dropping the answer closes the connection, which tells the server to stop. Connections of HTTP/2 are
//! shared ([`http2`]). A sealed request has a connection that nobody shares and that ends with it, since the buffers of a
//! connection hold plaintext till then.

mod answer;
mod dial;
mod http1;
mod http2;

pub(crate) use self::answer::Answer;

use self::dial::Dialer;
use self::http1::{OneWire, Resting, whole};
use self::http2::{Link, Links, Patience, Seat};
use crate::config::{Config, ConfigError, ProviderKey, Target};
use crate::meter::Connections;
use crate::route::{Dialect, Route};
use bytes::Bytes;
use domain::Span;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Version, header};
use http_body_util::Full;
use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// The server that has the model, and idle connections to it.
pub(crate) struct Upstream {
    target: Target,
    key_file: Option<PathBuf>,
    key: RwLock<Option<ProviderKey>>,
    dialer: Dialer,
    connect_timeout: Duration,
    resting: Resting,
    /// Those that were opened.
    pub(crate) connections: Connections,
    links: Links,
    patience: Patience,
    /// Whether the latest connection spoke HTTP/2, or may a first one.
    speaks_http2: AtomicBool,
}

/// What one call is sent on.
pub(crate) enum Wire {
    /// A connection of HTTP/1.1.
    One(Box<OneWire>),
    /// A place on one of HTTP/2.
    Seat(Seat),
}

/// Why the upstream gave no answer, or no more of one. The text is for the operator's log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UpstreamError {
    #[error("can't connect to the upstream: {0}")]
    Connect(String),
    #[error("the upstream broke the exchange: {0}")]
    Exchange(String),
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
        let dialer = Dialer::new(config, &target)?;
        let idle_timeout = duration(config.limits.idle_timeout);
        Ok(Self {
            target,
            key_file,
            key: RwLock::new(key),
            speaks_http2: AtomicBool::new(dialer.may_speak_http2()),
            dialer,
            connect_timeout: duration(config.limits.connect_timeout),
            resting: Resting::new(config.limits.idle_connections, idle_timeout),
            connections: Connections::default(),
            links: Links::default(),
            patience: Patience { idle: idle_timeout, ping: duration(config.limits.upstream_ping) },
        })
    }

    /// Reads key file and certificates again; on failure what is in use stays.
    pub(crate) fn renew_key(&self) -> Result<(), ConfigError> {
        self.dialer.renew()?;
        if let Some(file) = &self.key_file {
            let key = ProviderKey::read(file)?;
            *self.key.write().unwrap_or_else(PoisonError::into_inner) = Some(key);
        }
        Ok(())
    }

    /// A connection for one call, which is sent nothing yet: a kept one, a place on a shared one, or a new one. Alone, it is
    /// shared with nobody.
    pub(crate) async fn wire(&self, alone: bool) -> Result<Wire, UpstreamError> {
        if let Some(wire) = self.resting.take() {
            return Ok(Wire::One(wire));
        }
        if !alone && let Some(seat) = self.links.seat() {
            return Ok(Wire::Seat(seat));
        }
        // rare, and large: the future of a request on a kept connection stays small
        Box::pin(self.connect(alone)).await
    }

    /// Sends a call's body on a connection of [`Upstream::wire`] and waits for the answer's head. A kept connection that turns
    /// out to be closed before it took the request is replaced, and a shared one once, also where its server says that it did
    /// nothing with the request; what a server may have taken is never sent twice.
    pub(crate) async fn call(
        self: &Arc<Self>,
        (wire, alone): (Result<Wire, UpstreamError>, bool),
        route: &Route,
        body: Bytes,
        headers: &[(HeaderName, HeaderValue)],
    ) -> Result<Answer, UpstreamError> {
        let (mut wire, mut body, mut again) = (wire?, body, true);
        loop {
            match wire {
                Wire::One(mut one) => {
                    let request = self.request(route, body, headers);
                    match one.send(request).await {
                        Ok(answer) => return Ok(Answer::new(answer, Wire::One(one), self)),
                        Err((_, Some(unsent))) if one.kept => body = whole(*unsent).await,
                        Err((error, _)) => return Err(error),
                    }
                }
                Wire::Seat(mut seat) => {
                    let request = self.shared_request(route, body, headers);
                    match Box::pin(seat.send(request)).await {
                        Ok(answer) => return Ok(Answer::new(answer, Wire::Seat(seat), self)),
                        Err((_, Some(unsent))) if again => (body, again) = (unsent, false),
                        Err((error, _)) => return Err(error),
                    }
                    // others may be about to end, too
                    wire = Box::pin(self.within(self.begin(alone))).await?;
                    continue;
                }
            }
            wire = self.wire(alone).await?;
        }
    }

    /// Asks for the list of models, which costs nothing; the status tells whether server and key are as they should be.
    async fn try_models(&self) -> Result<(StatusCode, Version), UpstreamError> {
        let mut request = Request::new(Bytes::new());
        *request.uri_mut() = self.target.models.clone();
        if let Some(key) = &*self.key.read().unwrap_or_else(PoisonError::into_inner) {
            // servers of either dialect ignore the other's header
            for dialect in [Dialect::OpenAi, Dialect::Anthropic] {
                let (name, value) = key.header(dialect);
                request.headers_mut().insert(name, value);
            }
        }
        let answered = match Box::pin(self.connect(true)).await? {
            Wire::One(mut one) => {
                request.headers_mut().insert(header::HOST, self.target.host.clone());
                one.send(request.map(Full::new)).await.map_err(|(error, _)| error)
            }
            Wire::Seat(mut seat) => {
                *request.uri_mut() = self.target.whole(self.target.models.clone());
                seat.send(request).await.map_err(|(error, _)| error)
            }
        };
        answered.map(|answer| (answer.status(), answer.version()))
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
        self.fill(to, route, headers);
        request
    }

    /// The same for HTTP/2, which names the host in the address.
    fn shared_request(
        &self,
        route: &Route,
        body: Bytes,
        headers: &[(HeaderName, HeaderValue)],
    ) -> Request<Bytes> {
        let mut request = Request::new(body);
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.target.whole(self.target.path(route));
        self.fill(request.headers_mut(), route, headers);
        request
    }

    fn fill(&self, to: &mut HeaderMap, route: &Route, headers: &[(HeaderName, HeaderValue)]) {
        // an answer that can be observed is not compressed
        to.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        for (name, value) in headers {
            to.insert(name, value.clone());
        }
        if let Some(key) = &*self.key.read().unwrap_or_else(PoisonError::into_inner) {
            let (name, value) = key.header(route.dialect);
            to.insert(name, value);
        }
    }

    async fn connect(&self, alone: bool) -> Result<Wire, UpstreamError> {
        let connecting = async {
            if alone || !self.speaks_http2.load(Ordering::Relaxed) {
                return self.begin(alone).await;
            }
            // one at a time: what it opens is shared by those who wait for it
            let turn = self.links.opening.lock().await;
            if let Some(seat) = self.links.seat() {
                return Ok(Wire::Seat(seat));
            }
            // where the latest turned out to speak HTTP/1.1, nobody shares it
            let _turn = self.speaks_http2.load(Ordering::Relaxed).then_some(turn);
            self.begin(alone).await
        };
        self.within(connecting).await
    }

    /// Connects for no longer than that may take.
    async fn within(
        &self,
        connecting: impl Future<Output = Result<Wire, UpstreamError>>,
    ) -> Result<Wire, UpstreamError> {
        let late = || UpstreamError::Connect("it took too long".to_owned());
        let connected = tokio::time::timeout(self.connect_timeout, connecting).await;
        let connected = connected.unwrap_or_else(|_| Err(late()));
        if connected.is_err() {
            self.connections.opened("failed");
        }
        connected
    }

    async fn begin(&self, alone: bool) -> Result<Wire, UpstreamError> {
        let (io, http2) = self.dialer.dial().await?;
        self.speaks_http2.store(http2, Ordering::Relaxed);
        if !http2 {
            let one = OneWire::begin(io).await?;
            self.connections.opened("1.1");
            return Ok(Wire::One(Box::new(one)));
        }
        let seat = Link::open(io, self.patience).await?;
        self.connections.opened("2");
        if !alone {
            self.links.share(&seat);
        }
        Ok(Wire::Seat(seat))
    }

    /// Keeps a connection for the next call. A place on a shared one is given up.
    pub(crate) fn keep(&self, wire: Wire) {
        if let Wire::One(wire) = wire {
            self.resting.keep(wire);
        }
    }
}

/// What came of trying an upstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tried {
    /// It answered a request for its list of models with this status, in this HTTP.
    Answered(StatusCode, Version),
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
        Ok(Ok((status, version))) => Tried::Answered(status, version),
        Ok(Err(error)) => Tried::Silent(error.to_string()),
        Err(_) => Tried::Silent("the upstream said nothing within 10 s".to_owned()),
    })
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upstream").field("target", &self.target).finish_non_exhaustive()
    }
}
