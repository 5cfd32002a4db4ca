//! A small HTTP/1.1 client for the node's API: bounded answers, a time limit, errors in plain words.

use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use std::time::Duration;

/// Largest answer that is read, in bytes.
const LIMIT: usize = 64 << 20;
/// Longest that one exchange may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why an exchange failed.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The address can't be used.
    #[error("`{url}` is not an address of a node: {reason}")]
    Address {
        /// What was given.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No answer.
    #[error("no answer from {url}: {reason}; is the node running?")]
    Unreachable {
        /// What was asked.
        url: String,
        /// What went wrong.
        reason: String,
    },
    /// An answer that says no.
    #[error("the node answered {status} to {url}: {detail}")]
    Refused {
        /// What was asked.
        url: String,
        /// The HTTP status.
        status: u16,
        /// The stable code of the problem, or empty.
        code: String,
        /// What the node said.
        detail: String,
    },
}

/// An answer of any status, as C2SP's protocols need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raw {
    /// The HTTP status.
    pub status: u16,
    /// The media type, or empty.
    pub content_type: String,
    /// The body.
    pub body: Bytes,
}

impl Raw {
    /// The start of the body as a person may read it.
    pub fn shown(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect()
    }
}

type Connector = hyper_rustls::HttpsConnector<HttpConnector>;

/// A client with a connection pool.
#[derive(Debug, Clone)]
pub struct Http {
    base: String,
    client: Client<Connector, Full<Bytes>>,
}

impl Http {
    /// A client for the node at `base`, such as `http://127.0.0.1:7480`.
    ///
    /// # Errors
    /// An address that is not `http://` or `https://`, or no root certificates for `https://`.
    pub fn new(base: &str) -> Result<Self, HttpError> {
        let wrong = |reason: String| HttpError::Address { url: base.to_owned(), reason };
        let base = base.trim_end_matches('/').to_owned();
        if !base.starts_with("http://") && !base.starts_with("https://") {
            return Err(wrong("it must start with http:// or https://".to_owned()));
        }
        let mut plain = HttpConnector::new();
        plain.enforce_http(false);
        plain.set_nodelay(true);
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_native_roots()
            .map_err(|e| wrong(e.to_string()))?
            .https_or_http()
            .enable_http1()
            .wrap_connector(plain);
        Ok(Self { base, client: Client::builder(TokioExecutor::new()).build(connector) })
    }

    /// Reads `path`; `None` when the node has no such thing.
    ///
    /// # Errors
    /// See [`HttpError`].
    pub async fn get(&self, path: &str) -> Result<Option<Bytes>, HttpError> {
        match self.exchange(Method::GET, path, Bytes::new()).await {
            Ok(body) => Ok(Some(body)),
            Err(HttpError::Refused { status: 404, .. }) => Ok(None),
            Err(other) => Err(other),
        }
    }

    /// Sends `body` to `path` and reads the answer.
    ///
    /// # Errors
    /// See [`HttpError`].
    pub async fn post(&self, path: &str, body: Bytes) -> Result<Bytes, HttpError> {
        self.exchange(Method::POST, path, body).await
    }

    /// Sends a request of any kind and reads the answer, whatever its status, up to `limit` bytes of body. The
    /// time limit is the caller's.
    ///
    /// # Errors
    /// [`HttpError::Address`] or [`HttpError::Unreachable`].
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
        limit: usize,
    ) -> Result<Raw, HttpError> {
        self.ask_as("application/octet-stream", method, path, body, limit).await
    }

    /// [`Http::ask`] with a body of another media type.
    ///
    /// # Errors
    /// As there.
    pub async fn ask_as(
        &self,
        media_type: &'static str,
        method: Method,
        path: &str,
        body: Bytes,
        limit: usize,
    ) -> Result<Raw, HttpError> {
        let url = format!("{}{path}", self.base);
        let unreachable = |reason: String| HttpError::Unreachable { url: url.clone(), reason };
        let request = Request::builder()
            .method(method)
            .uri(&url)
            .header(header::CONTENT_TYPE, media_type)
            .body(Full::new(body))
            .map_err(|e| HttpError::Address { url: url.clone(), reason: e.to_string() })?;
        let answer =
            self.client.request(request).await.map_err(|e| unreachable(domain::causes(&e)))?;
        let status = answer.status().as_u16();
        let content_type = answer.headers().get(header::CONTENT_TYPE);
        let content_type = content_type.and_then(|v| v.to_str().ok()).unwrap_or_default();
        let content_type = content_type.to_owned();
        let body = Limited::new(answer.into_body(), limit).collect().await;
        let body = body.map_err(|e| unreachable(e.to_string()))?.to_bytes();
        Ok(Raw { status, content_type, body })
    }

    async fn exchange(&self, method: Method, path: &str, body: Bytes) -> Result<Bytes, HttpError> {
        let url = format!("{}{path}", self.base);
        let unreachable = |reason: String| HttpError::Unreachable { url: url.clone(), reason };
        let request = Request::builder()
            .method(method)
            .uri(&url)
            .header(header::CONTENT_TYPE, "application/octet-stream")
            .body(Full::new(body))
            .map_err(|e| HttpError::Address { url: url.clone(), reason: e.to_string() })?;
        let work = async {
            let answer =
                self.client.request(request).await.map_err(|e| unreachable(domain::causes(&e)))?;
            let status = answer.status();
            let body = Limited::new(answer.into_body(), LIMIT).collect().await;
            let body = body.map_err(|e| unreachable(e.to_string()))?.to_bytes();
            Ok((status, body))
        };
        let (status, body) = match tokio::time::timeout(PATIENCE, work).await {
            Ok(done) => done?,
            Err(_) => return Err(unreachable(format!("nothing within {} s", PATIENCE.as_secs()))),
        };
        if status.is_success() { Ok(body) } else { Err(refused(url, status, &body)) }
    }
}

/// Reads a problem document (RFC 9457), or shows the start of whatever came.
fn refused(url: String, status: StatusCode, body: &[u8]) -> HttpError {
    let problem: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let word = |key: &str| problem.get(key).and_then(|v| v.as_str()).map(str::to_owned);
    let shown =
        || String::from_utf8_lossy(body).chars().filter(|c| !c.is_control()).take(200).collect();
    HttpError::Refused {
        url,
        status: status.as_u16(),
        code: word("code").unwrap_or_default(),
        detail: word("detail").unwrap_or_else(shown),
    }
}
