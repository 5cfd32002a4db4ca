//! What the operator decides: the upstream, its key, and the limits.

use crate::ceilings::{self, CeilingError, Ceilings};
use crate::policy::{MOST_BYTES, Policies, PolicyError};
use crate::route::{Dialect, ROUTES, Route};
use crate::tls::Tls;
use access::Network;
use domain::Span;
use http::{HeaderName, HeaderValue, Uri, header};
use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Settings of a gateway. Begin with [`Config::new`] and change what differs.
#[derive(Debug, Clone)]
pub struct Config {
    /// The upstream's base, such as `https://model.example/v1`; the call's path, such as
    /// `/chat/completions`, is added to it.
    pub upstream: Uri,
    /// Which HTTP is spoken with the upstream.
    pub upstream_http: UpstreamHttp,
    /// Whom to believe to be the upstream, and what to show it, where it speaks TLS.
    pub upstream_tls: UpstreamTls,
    /// A file with the upstream's API key. It is read once, at the start.
    pub provider_key_file: Option<PathBuf>,
    /// A file with the operator's own policies in Cedar, if there are any.
    pub policy_file: Option<PathBuf>,
    /// A file with the developer's own ceilings beside the terms, if there are any.
    pub ceilings_file: Option<PathBuf>,
    /// TLS of the gateway's own; without it, plain HTTP, for a proxy on the same machine.
    pub tls: Option<Tls>,
    /// Proxies in front of the gateway, by whose word it knows where a request comes from (`x-forwarded-for`).
    pub trusted_proxies: Vec<Network>,
    /// Bounds on clients and on the upstream.
    pub limits: Limits,
}

/// Which HTTP is spoken with the upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UpstreamHttp {
    /// Over TLS what the handshake agrees on, HTTP/2 before HTTP/1.1; without TLS, HTTP/1.1.
    #[default]
    Agreed,
    /// HTTP/1.1 alone.
    Http1,
    /// HTTP/2 alone; without TLS with prior knowledge (RFC 9113 §3.3).
    Http2,
}

/// Files for TLS with the upstream, as PEM.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpstreamTls {
    /// The only authorities that are believed; the system's if there is none.
    pub authority: Option<PathBuf>,
    /// The gateway's own certificate with those above it, and its private key, for an upstream that asks for one.
    pub certificate: Option<(PathBuf, PathBuf)>,
}

/// Bounds. Each has a default that suits one organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Open connections; further clients wait in the system's queue.
    pub connections: usize,
    /// Requests under way on one connection of HTTP/2.
    pub streams: u32,
    /// Bytes of a request's head.
    pub header_bytes: usize,
    /// Bytes of a request's body.
    pub body_bytes: usize,
    /// Bytes of an answer that doesn't stream, and of one event of an answer that does.
    pub answer_bytes: usize,
    /// How long a client may take over a request's head, and between two requests.
    pub header_timeout: Span,
    /// How long a client may take over a request's body.
    pub body_timeout: Span,
    /// How long connecting to the upstream may take.
    pub connect_timeout: Span,
    /// How long the upstream may be silent, before the answer and within it.
    pub stall_timeout: Span,
    /// How long a request may take in all.
    pub request_timeout: Span,
    /// How long a connection to the upstream is kept without use.
    pub idle_timeout: Span,
    /// Connections to the upstream that are kept without use.
    pub idle_connections: usize,
    /// How long an upstream may be silent on a connection of HTTP/2 with requests under way before it is asked whether it is
    /// there, and how long it may take over the answer.
    pub upstream_ping: Span,
    /// How long open answers may go on after shutdown was asked for.
    pub drain: Span,
    /// How long to go on without hearing from those who could end access, on the monotonic clock; for
    /// whoever renews it through [`crate::Control::lease`].
    pub lease: Span,
    /// How long a grant that was slowed over a signal waits between the beginnings of two requests.
    pub slow_gap: Span,
    /// Tokens of answer that are reserved when a request names no bound.
    pub default_answer_tokens: u64,
    /// Whether every DPoP proof must carry a nonce of this gateway's own (RFC 9449 §8), so that one which was taken here is
    /// none at another gateway. Otherwise a nonce is asked for where a proof's age can't be told.
    pub proof_nonces: bool,
    /// Most tokens of one grant that this gateway sets aside or spends beyond what the log counts, for grants that several
    /// gateways serve: it bounds what the others do not know of.
    pub unstated_tokens: u64,
}

impl Config {
    /// Settings for an upstream, with default limits and no key.
    pub fn new(upstream: Uri) -> Self {
        Self {
            upstream,
            upstream_http: UpstreamHttp::default(),
            upstream_tls: UpstreamTls::default(),
            provider_key_file: None,
            policy_file: None,
            ceilings_file: None,
            tls: None,
            trusted_proxies: Vec::new(),
            limits: Limits::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            streams: 128,
            header_bytes: 32 * 1024,
            body_bytes: 4 << 20,
            answer_bytes: 16 << 20,
            header_timeout: Span::seconds(10),
            body_timeout: Span::seconds(30),
            connect_timeout: Span::seconds(5),
            stall_timeout: Span::minutes(2),
            request_timeout: Span::hours(1),
            idle_timeout: Span::seconds(30),
            idle_connections: 256,
            upstream_ping: Span::seconds(10),
            drain: Span::seconds(10),
            lease: Span::millis(900),
            slow_gap: Span::seconds(10),
            default_answer_tokens: 4_096,
            proof_nonces: true,
            unstated_tokens: u64::MAX,
        }
    }
}

/// Why a gateway can't start.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The upstream is not a base URL.
    #[error("`{given}` can't be the upstream: write a base like `https://model.example/v1`")]
    Upstream {
        /// What was given.
        given: String,
    },
    /// The key file can't be read.
    #[error("can't read the provider key file `{}`", path.display())]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The key file holds something else. What it holds is not shown.
    #[error(
        "the provider key file `{}` must hold one line of visible ASCII, at most 4096 bytes",
        path.display()
    )]
    KeyText {
        /// The file.
        path: PathBuf,
    },
    /// The policy file can't be read.
    #[error("can't read the policy file `{}`", path.display())]
    PolicyFile {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The policies are not taken.
    #[error("the policy file `{}` is not taken: {why}", path.display())]
    Policy {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: PolicyError,
    },
    /// The file of ceilings can't be read.
    #[error("can't read the file of ceilings `{}`", path.display())]
    CeilingsFile {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The ceilings are not taken.
    #[error("the file of ceilings `{}` is not taken: {why}", path.display())]
    Ceilings {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: CeilingError,
    },
    /// The certificate, its key or the clients' authorities.
    #[error("`{}` can't be used for TLS: {reason}", path.display())]
    Tls {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// Files for TLS with an upstream that speaks none.
    #[error(
        "`{given}` speaks no TLS, so no certificates are of use with it: write `https`, or leave them out"
    )]
    PlainUpstream {
        /// What was given.
        given: String,
    },
    /// TLS with the upstream can't be set up.
    #[error("TLS with the upstream can't be set up: {reason}")]
    UpstreamTls {
        /// Why not.
        reason: String,
    },
    /// The system's certificates can't be read.
    #[error("can't load the system's root certificates, which `https` upstreams need")]
    Roots(#[source] std::io::Error),
}

impl Config {
    /// Reads the policy file, if there is one.
    ///
    /// # Errors
    /// It can't be read, or what it holds is not taken.
    pub fn policies(&self) -> Result<Option<Policies>, ConfigError> {
        let Some(path) = &self.policy_file else { return Ok(None) };
        let unread = |source| ConfigError::PolicyFile { path: path.clone(), source };
        let text = text_of(path, MOST_BYTES).map_err(unread)?;
        let taken = Policies::read(&text);
        taken.map(Some).map_err(|why| ConfigError::Policy { path: path.clone(), why })
    }

    /// Reads the file of ceilings, if there is one.
    ///
    /// # Errors
    /// It can't be read, or what it holds is not taken.
    pub fn ceilings(&self) -> Result<Option<Ceilings>, ConfigError> {
        let Some(path) = &self.ceilings_file else { return Ok(None) };
        let unread = |source| ConfigError::CeilingsFile { path: path.clone(), source };
        let text = text_of(path, ceilings::MOST_BYTES).map_err(unread)?;
        let taken = Ceilings::read(&text);
        taken.map(Some).map_err(|why| ConfigError::Ceilings { path: path.clone(), why })
    }
}

/// A file's text, cut one byte after `most`, so that its reader sees that it is too long.
fn text_of(path: &Path, most: usize) -> std::io::Result<String> {
    let most = u64::try_from(most).unwrap_or(u64::MAX);
    let mut text = String::new();
    File::open(path)?.take(most.saturating_add(1)).read_to_string(&mut text)?;
    Ok(text)
}

/// The upstream's address, taken apart once.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) tls: bool,
    /// Scheme, host and port, as connecting needs them.
    pub(crate) origin: Uri,
    /// The `host` header.
    pub(crate) host: HeaderValue,
    /// The path of each of [`ROUTES`].
    paths: Vec<Uri>,
    /// Where an upstream lists its models, as most do.
    pub(crate) models: Uri,
}

impl Target {
    pub(crate) fn of(base: &Uri) -> Result<Self, ConfigError> {
        let wrong = || ConfigError::Upstream { given: base.to_string() };
        let (scheme, authority) = base.scheme_str().zip(base.authority()).ok_or_else(wrong)?;
        let tls = match scheme {
            "http" => false,
            "https" => true,
            _ => return Err(wrong()),
        };
        if base.query().is_some() || authority.as_str().contains('@') {
            return Err(wrong());
        }
        let path = base.path().trim_end_matches('/');
        let parse = |text: String| text.parse::<Uri>().map_err(|_| wrong());
        let paths = ROUTES.iter().map(|route| parse(format!("{path}{}", route.path)));
        Ok(Self {
            tls,
            origin: parse(format!("{scheme}://{authority}/"))?,
            host: HeaderValue::from_str(authority.as_str()).map_err(|_| wrong())?,
            paths: paths.collect::<Result<_, _>>()?,
            models: parse(format!("{path}/models"))?,
        })
    }

    /// A path as HTTP/2 wants it: with scheme and authority.
    pub(crate) fn whole(&self, path: Uri) -> Uri {
        let mut parts = self.origin.clone().into_parts();
        parts.path_and_query = path.into_parts().path_and_query;
        Uri::from_parts(parts).unwrap_or_default()
    }

    /// Where a call goes.
    pub(crate) fn path(&self, route: &Route) -> Uri {
        let all = ROUTES.iter().zip(&self.paths);
        all.filter(|(r, _)| *r == route).map(|(_, uri)| uri.clone()).next().unwrap_or_default()
    }
}

/// The upstream's API key as header values. It is never printed.
#[derive(Clone)]
pub(crate) struct ProviderKey {
    bearer: HeaderValue,
    bare: HeaderValue,
}

impl ProviderKey {
    pub(crate) fn read(path: &Path) -> Result<Self, ConfigError> {
        let wrong = || ConfigError::KeyText { path: path.to_owned() };
        let text = std::fs::read_to_string(path)
            .map(Zeroizing::new)
            .map_err(|source| ConfigError::KeyFile { path: path.to_owned(), source })?;
        let key = text.trim();
        if key.is_empty() || key.len() > 4096 || !key.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(wrong());
        }
        let sensitive = |text: &str| {
            let mut value = HeaderValue::from_str(text).map_err(|_| wrong())?;
            value.set_sensitive(true);
            Ok(value)
        };
        let bearer = Zeroizing::new(format!("Bearer {key}"));
        Ok(Self { bearer: sensitive(&bearer)?, bare: sensitive(key)? })
    }

    /// The header that carries the key on a call, and its value.
    pub(crate) fn header(&self, dialect: Dialect) -> (HeaderName, HeaderValue) {
        match dialect {
            Dialect::OpenAi | Dialect::Responses => (header::AUTHORIZATION, self.bearer.clone()),
            Dialect::Anthropic => (HeaderName::from_static("x-api-key"), self.bare.clone()),
        }
    }
}

impl fmt::Debug for ProviderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProviderKey(hidden)")
    }
}

#[cfg(test)]
mod tests;
