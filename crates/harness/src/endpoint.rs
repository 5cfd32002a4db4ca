//! A model behind an endpoint that speaks the wire format of OpenAI or of Anthropic.

mod anthropic;

use crate::clock;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use llm::{ChatRequest, ChatResponse, ErrorBody};
use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

/// Most bytes of an answer.
const ANSWER_BOUND: usize = 8 << 20;
/// How often a call is made before it counts as an infrastructure failure.
const ATTEMPTS: u32 = 4;
/// The wait before the second attempt; it doubles each time.
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// The longest wait, whatever a server asks for.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// A key for an endpoint. It is never printed, logged or given to a sandbox.
#[derive(Clone)]
pub struct ApiKey(header::HeaderValue);

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(secret)")
    }
}

/// Why an endpoint can't be used.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// The address is not a URL of a server.
    #[error("`{given}` is not an endpoint: use http://HOST[:PORT]/v1 or https://HOST/v1")]
    Url {
        /// The address as given.
        given: String,
    },
    /// The key file can't be read.
    #[error("the key file {path}: {error}")]
    KeyFile {
        /// Its path.
        path: String,
        /// What the system said.
        error: std::io::Error,
    },
    /// The key file does not hold one line of a key.
    #[error(
        "the key file {path} must hold the key on one line, in visible ASCII, and nothing else"
    )]
    Key {
        /// Its path.
        path: String,
    },
    /// The system's certificates can't be read.
    #[error("the system's certificates: {0}")]
    Certificates(std::io::Error),
}

/// Why a call brought no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The endpoint failed, was overloaded or answered nonsense, after every attempt.
    #[error("{attempts} attempts: {last}")]
    Infrastructure {
        /// How many attempts were made.
        attempts: u32,
        /// What the last one met.
        last: String,
    },
    /// The endpoint refused the request and would again.
    #[error("the endpoint refused ({status}): {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What it said.
        message: String,
    },
    /// The conversation no longer fits the model. That is the model's limit, not a failure.
    #[error("the conversation is longer than the model reads")]
    ContextFull,
}

/// What an endpoint speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Wire {
    /// Chat completions, as OpenAI and most servers of open models speak them.
    #[default]
    Openai,
    /// Anthropic's messages.
    Anthropic,
}

impl FromStr for Wire {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "openai" => Ok(Self::Openai),
            "anthropic" => Ok(Self::Anthropic),
            _ => Err(format!("`{text}` is not a wire format; one of: openai, anthropic")),
        }
    }
}

/// A model behind an endpoint.
#[derive(Clone)]
pub struct Endpoint {
    wire: Wire,
    url: Uri,
    model: String,
    key: Option<ApiKey>,
    client: Transport,
}

/// A client with or without TLS. Plain HTTP needs no certificates, so it works on a host without any.
#[derive(Clone)]
enum Transport {
    Plain(Client<HttpConnector, Full<Bytes>>),
    Tls(Client<HttpsConnector<HttpConnector>, Full<Bytes>>),
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({} at {})", self.model, self.url)
    }
}

impl ApiKey {
    /// Reads a key from a file of one line.
    ///
    /// # Errors
    /// A file that can't be read or holds something else.
    pub fn from_file(path: &Path) -> Result<Self, EndpointError> {
        let shown = || path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| EndpointError::KeyFile { path: shown(), error })?;
        let key = text.trim();
        if key.is_empty() || key.len() > 4_096 || !key.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(EndpointError::Key { path: shown() });
        }
        let mut value = header::HeaderValue::from_str(&format!("Bearer {key}"))
            .map_err(|_| EndpointError::Key { path: shown() })?;
        value.set_sensitive(true);
        Ok(Self(value))
    }
}

/// What one attempt came to.
enum Attempt {
    Answer(Box<ChatResponse>),
    Again { why: String, wait: Option<Duration> },
    Never(CallError),
}

impl Endpoint {
    /// The model of this name at a base URL such as `http://127.0.0.1:8000/v1`.
    ///
    /// # Errors
    /// A URL that is not one, or certificates that can't be read.
    pub fn new(base: &str, model: &str, key: Option<ApiKey>) -> Result<Self, EndpointError> {
        Self::speaking(Wire::Openai, base, model, key)
    }

    /// The same in a wire format.
    ///
    /// # Errors
    /// As for [`Endpoint::new`].
    pub fn speaking(
        wire: Wire,
        base: &str,
        model: &str,
        key: Option<ApiKey>,
    ) -> Result<Self, EndpointError> {
        let wrong = || EndpointError::Url { given: base.chars().take(200).collect() };
        let route = match wire {
            Wire::Openai => "chat/completions",
            Wire::Anthropic => "messages",
        };
        let full = format!("{}/{route}", base.trim_end_matches('/'));
        let url: Uri = full.parse().map_err(|_| wrong())?;
        let scheme = url.scheme_str();
        if !matches!(scheme, Some("http" | "https")) || url.host().is_none_or(str::is_empty) {
            return Err(wrong());
        }
        let builder = Client::builder(TokioExecutor::new());
        let client = if scheme == Some("https") {
            let tls = HttpsConnectorBuilder::new().with_native_roots();
            let tls = tls.map_err(EndpointError::Certificates)?.https_only().enable_http1().build();
            Transport::Tls(builder.build(tls))
        } else {
            Transport::Plain(builder.build_http())
        };
        Ok(Self { wire, url, model: model.to_owned(), key, client })
    }

    /// The model's name at the endpoint.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// The endpoint's address, without any key.
    pub fn url(&self) -> String {
        self.url.to_string()
    }

    /// Asks once, with retries. `time` bounds everything together.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn chat(
        &self,
        request: &ChatRequest,
        time: Duration,
    ) -> Result<ChatResponse, CallError> {
        let body = match self.wire {
            Wire::Openai => serde_json::to_vec(request),
            Wire::Anthropic => serde_json::to_vec(&anthropic::request(request)),
        };
        let body = body.map_err(|e| CallError::Refused {
            status: 0,
            message: format!("the request can't be written: {e}"),
        })?;
        let body = Bytes::from(body);
        let watch = clock::Stopwatch::start();
        let mut wait = FIRST_WAIT;
        let mut last = String::from("no time was left");
        for attempt in 1..=ATTEMPTS {
            let left = time.saturating_sub(watch.elapsed());
            if left.is_zero() {
                return Err(CallError::Infrastructure { attempts: attempt - 1, last });
            }
            let tried = tokio::time::timeout(left, self.attempt(body.clone())).await;
            let asked = match tried {
                Ok(Attempt::Answer(answer)) => return Ok(*answer),
                Ok(Attempt::Never(error)) => return Err(error),
                Ok(Attempt::Again { why, wait }) => {
                    last = why;
                    wait
                }
                Err(_) => {
                    last = format!("no answer within {} s", time.as_secs());
                    None
                }
            };
            if attempt < ATTEMPTS {
                clock::pause(asked.unwrap_or(wait).min(LONGEST_WAIT)).await;
                wait *= 2;
            }
        }
        Err(CallError::Infrastructure { attempts: ATTEMPTS, last })
    }

    async fn attempt(&self, body: Bytes) -> Attempt {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.url.clone();
        let json = header::HeaderValue::from_static("application/json");
        request.headers_mut().insert(header::CONTENT_TYPE, json);
        self.authorize(request.headers_mut());
        let again = |why: String| Attempt::Again { why, wait: None };
        let sent = match &self.client {
            Transport::Plain(client) => client.request(request).await,
            Transport::Tls(client) => client.request(request).await,
        };
        let response = match sent {
            Ok(response) => response,
            Err(error) => return again(domain::causes(&error)),
        };
        let (head, body) = response.into_parts();
        let bytes = match Limited::new(body, ANSWER_BOUND).collect().await {
            Ok(collected) => collected.to_bytes(),
            Err(error) => return again(format!("the answer broke off: {error}")),
        };
        if head.status != StatusCode::OK {
            return refusal(head.status, &head.headers, &bytes);
        }
        let answer = match self.wire {
            Wire::Openai => serde_json::from_slice::<ChatResponse>(&bytes),
            Wire::Anthropic => anthropic::answer(&bytes),
        };
        match answer {
            Ok(answer) if !answer.choices.is_empty() => Attempt::Answer(Box::new(answer)),
            Ok(_) => again("an answer without choices".to_owned()),
            Err(error) => again(format!("an answer that is no chat completion: {error}")),
        }
    }
}

impl Endpoint {
    fn authorize(&self, headers: &mut HeaderMap) {
        let bare = |key: &ApiKey| {
            let bytes = key.0.as_bytes();
            let bare = bytes.strip_prefix(b"Bearer ").unwrap_or(bytes);
            let mut value = header::HeaderValue::from_bytes(bare).ok()?;
            value.set_sensitive(true);
            Some(value)
        };
        match (self.wire, &self.key) {
            (Wire::Openai, None) => {}
            (Wire::Openai, Some(key)) => {
                headers.insert(header::AUTHORIZATION, key.0.clone());
            }
            (Wire::Anthropic, key) => {
                let version = header::HeaderValue::from_static(anthropic::VERSION);
                headers.insert("anthropic-version", version);
                if let Some(value) = key.as_ref().and_then(bare) {
                    headers.insert("x-api-key", value);
                }
            }
        }
    }
}

/// Sorts a status other than 200: again, never, or the model's own limit.
fn refusal(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Attempt {
    let error = ErrorBody::read(body).error;
    let too_long = error.code.as_deref() == Some("context_length_exceeded")
        || error.message.contains("maximum context length")
        || error.message.contains("prompt is too long");
    if too_long {
        return Attempt::Never(CallError::ContextFull);
    }
    if matches!(status.as_u16(), 408 | 409 | 425 | 429) || status.is_server_error() {
        let seconds = headers.get(header::RETRY_AFTER).and_then(|v| v.to_str().ok()?.parse().ok());
        let why = format!("status {}: {}", status.as_u16(), error.message);
        return Attempt::Again { why, wait: seconds.map(Duration::from_secs) };
    }
    Attempt::Never(CallError::Refused { status: status.as_u16(), message: error.message })
}

#[cfg(test)]
mod tests;
