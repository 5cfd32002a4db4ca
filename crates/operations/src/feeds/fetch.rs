//! Files over HTTPS: only what changed, bounded, with few redirects, and never without TLS.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Request, StatusCode, header};
use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Longest that one file may take.
const PATIENCE: Duration = Duration::from_secs(900);
/// Most redirects.
const REDIRECTS: usize = 5;

/// Why nothing was fetched. What was there before stays.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The list of sources.
    #[error("the list of sources can't be used: {reason}")]
    Sources {
        /// What is wrong.
        reason: String,
    },
    /// No certificates to verify with.
    #[error("no certificate authority to verify servers with: {0}")]
    Certificates(String),
    /// Not an HTTPS address.
    #[error("`{0}` is not an https address; nothing is fetched without TLS")]
    Address(String),
    /// No answer.
    #[error("no answer from {url}: {reason}; what was fetched before stays in use")]
    Unreachable {
        /// What was asked for.
        url: String,
        /// What went wrong.
        reason: String,
    },
    /// Another status than 200 or 304.
    #[error("{url} answers {status}; what was fetched before stays in use")]
    Status {
        /// What was asked for.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// More than is read.
    #[error("{url} is larger than {limit} bytes, the most that is read of it")]
    TooLarge {
        /// What was asked for.
        url: String,
        /// The bound.
        limit: usize,
    },
    /// The published hash differs.
    #[error(
        "{url} does not have the hash that its provider publishes; nothing was changed: try again later"
    )]
    Hash {
        /// What was asked for.
        url: String,
    },
}

/// A file as it was fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Held {
    /// What it is called here.
    pub(super) name: String,
    /// From where.
    pub(super) url: String,
    /// SHA-256 in hexadecimal; the object's name.
    pub(super) sha256: String,
    pub(super) bytes: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) etag: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) last_modified: Option<String>,
    /// When its list says that it changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) updated: Option<String>,
    /// SHA-256 of its OpenPGP signature, which is an object, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) signature: Option<String>,
}

/// What came.
#[derive(Debug)]
pub(super) enum Answer {
    /// What is held is the newest.
    Same,
    /// New bytes.
    New { bytes: Bytes, etag: Option<String>, last_modified: Option<String> },
    /// There is no such file.
    Missing,
}

/// An HTTPS client.
#[derive(Debug, Clone)]
pub(super) struct Fetcher {
    client: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
    /// Whether this machine itself may be asked without TLS.
    loopback: bool,
}

impl Fetcher {
    /// A client that believes the system's authorities, or only those of a PEM file.
    pub(super) fn new(authorities: Option<&[u8]>) -> Result<Self, FetchError> {
        let wrong = |e: String| FetchError::Certificates(e);
        let builder = hyper_rustls::HttpsConnectorBuilder::new();
        let builder = match authorities {
            None => builder.with_native_roots().map_err(|e| wrong(e.to_string()))?,
            Some(pem) => {
                let mut roots = rustls::RootCertStore::empty();
                for one in CertificateDer::pem_slice_iter(pem) {
                    let one = one.map_err(|e| wrong(format!("{e:?}")))?;
                    roots.add(one).map_err(|e| wrong(e.to_string()))?;
                }
                if roots.is_empty() {
                    return Err(wrong("the file has no certificate".to_owned()));
                }
                let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
                let config = rustls::ClientConfig::builder_with_provider(provider)
                    .with_safe_default_protocol_versions()
                    .map_err(|e| wrong(e.to_string()))?;
                let config = config.with_root_certificates(roots).with_no_client_auth();
                builder.with_tls_config(config)
            }
        };
        // what may be asked without TLS is decided before each request
        let connector = builder.https_or_http().enable_http1().build();
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { client, loopback: false })
    }

    /// The same, for what is signed itself: a server on this machine need not have TLS.
    pub(super) fn with_loopback(self) -> Self {
        Self { loopback: true, ..self }
    }

    fn admits(&self, url: &str) -> bool {
        let host = |rest: &str| {
            let host = rest.split(['/', '?']).next().unwrap_or_default();
            let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
            matches!(name, "127.0.0.1" | "localhost" | "[::1]")
        };
        url.starts_with("https://")
            || (self.loopback && url.strip_prefix("http://").is_some_and(host))
    }

    /// Fetches a file, unless what is held is still the newest.
    pub(super) async fn get(
        &self,
        url: &str,
        held: Option<&Held>,
        limit: usize,
    ) -> Result<Answer, FetchError> {
        let unreachable = |reason: String| FetchError::Unreachable { url: url.to_owned(), reason };
        match tokio::time::timeout(PATIENCE, self.follow(url, held, limit)).await {
            Ok(answer) => answer,
            Err(_) => Err(unreachable(format!("not whole within {} s", PATIENCE.as_secs()))),
        }
    }

    async fn follow(
        &self,
        url: &str,
        held: Option<&Held>,
        limit: usize,
    ) -> Result<Answer, FetchError> {
        let unreachable = |reason: String| FetchError::Unreachable { url: url.to_owned(), reason };
        let mut here = url.to_owned();
        for _ in 0..=REDIRECTS {
            if !self.admits(&here) {
                return Err(FetchError::Address(here));
            }
            let answer = self.client.request(request(&here, held)?).await;
            let answer = answer.map_err(|e| unreachable(crate::plain(&e)))?;
            let status = answer.status();
            if status.is_redirection() && status != StatusCode::NOT_MODIFIED {
                let to = text(answer.headers(), header::LOCATION);
                here = absolute(&here, &to.ok_or_else(|| FetchError::Address(String::new()))?);
                continue;
            }
            return match status {
                StatusCode::NOT_MODIFIED if held.is_some() => Ok(Answer::Same),
                StatusCode::NOT_FOUND => Ok(Answer::Missing),
                StatusCode::OK => {
                    let etag = text(answer.headers(), header::ETAG);
                    let last_modified = text(answer.headers(), header::LAST_MODIFIED);
                    let body = Limited::new(answer.into_body(), limit).collect().await;
                    let body = body.map_err(|e| match e.downcast_ref::<LengthLimitError>() {
                        Some(_) => FetchError::TooLarge { url: url.to_owned(), limit },
                        None => unreachable(e.to_string()),
                    })?;
                    Ok(Answer::New { bytes: body.to_bytes(), etag, last_modified })
                }
                other => Err(FetchError::Status { url: url.to_owned(), status: other.as_u16() }),
            };
        }
        Err(unreachable(format!("more than {REDIRECTS} redirects")))
    }
}

fn request(url: &str, held: Option<&Held>) -> Result<Request<Empty<Bytes>>, FetchError> {
    let agent = concat!("vestibule/", env!("CARGO_PKG_VERSION"));
    let mut request = Request::get(url).header(header::USER_AGENT, agent);
    if let Some(etag) = held.and_then(|held| held.etag.as_ref()) {
        request = request.header(header::IF_NONE_MATCH, etag);
    }
    if let Some(at) = held.and_then(|held| held.last_modified.as_ref()) {
        request = request.header(header::IF_MODIFIED_SINCE, at);
    }
    request.body(Empty::new()).map_err(|_| FetchError::Address(url.to_owned()))
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// Where a redirect leads: elsewhere, or to a path of the same host.
fn absolute(from: &str, to: &str) -> String {
    if !to.starts_with('/') || to.starts_with("//") {
        return to.to_owned();
    }
    let (scheme, rest) = from.split_once("://").unwrap_or(("https", ""));
    format!("{scheme}://{}{to}", rest.split('/').next().unwrap_or_default())
}
