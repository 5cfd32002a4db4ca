//! An ordinary chat-completions client: what any partner's own program does at a gateway, in one verb.

mod proofs;

pub use proofs::{DELEGATION_BYTES, Link, ProofKey};

use crate::files::{self, FileError};
use bytes::Bytes;
use domain::Digest;
use gateway::Clock as _;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri, header,
};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use llm::{Accumulator, ChatRequest, ChatResponse, Chunk, ErrorBody, Message, Role, SseParser};
use serde::Serialize;
use serde_json::{Map, json};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Most bytes of an answer.
const ANSWER: usize = 8 << 20;
/// Most bytes of one event of a stream.
const EVENT: usize = 1 << 20;
/// Most bytes of a key file.
const KEY: u64 = 4_096;

/// Why there was no whole answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The address can't be used.
    #[error("`{url}` is not an endpoint ({reason}): use http://HOST[:PORT]/v1 or https://HOST/v1")]
    Address {
        /// What was given.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The credential is no key.
    #[error("the credential must be one line of visible ASCII, and nothing else")]
    Credential,
    /// The client's key is none.
    #[error(
        "the key for proofs must be one on P-256, as PKCS #8 in PEM; `vestibule gateway client-key` makes one"
    )]
    ProofKey,
    /// No answer.
    #[error("no answer from {url}: {reason}")]
    Unreachable {
        /// What was asked.
        url: String,
        /// What went wrong.
        reason: String,
    },
    /// The endpoint said no.
    #[error("the endpoint refused ({status}): {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Its stable code, or empty.
        code: String,
        /// What it said.
        message: String,
    },
    /// The answer ended before it was whole.
    #[error("the answer was cut after {tokens} tokens: {reason}")]
    Cut {
        /// Tokens that came.
        tokens: u64,
        /// Why, as far as it was said.
        reason: String,
    },
    /// The answer is no chat completion.
    #[error("the answer is no chat completion: {0}")]
    Unreadable(String),
}

impl AskError {
    /// A stable code for a refusal or a cut; none for what is no word of the endpoint's.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } if !code.is_empty() => Some(code),
            Self::Refused { .. } => Some("refused"),
            Self::Cut { .. } => Some("cut"),
            Self::File(_)
            | Self::Address { .. }
            | Self::Credential
            | Self::ProofKey
            | Self::Unreachable { .. }
            | Self::Unreadable(_) => None,
        }
    }
}

/// What is asked of whom.
#[derive(Clone)]
pub struct Question {
    /// The endpoint's base URL, such as `http://127.0.0.1:7481/v1`.
    pub endpoint: String,
    /// The credential.
    pub credential: Option<Credential>,
    /// The model's name at the endpoint.
    pub model: String,
    /// Instructions before the prompt.
    pub system: Option<String>,
    /// The prompt.
    pub prompt: String,
    /// Whether the answer is to come as it is made.
    pub stream: bool,
    /// Most tokens of the answer; the endpoint's own bound when `None`.
    pub max_tokens: Option<u64>,
    /// The longest that everything may take.
    pub patience: Duration,
}

/// A credential. It is never printed.
#[derive(Clone)]
pub struct Credential {
    bearer: HeaderValue,
    proved: HeaderValue,
    /// SHA-256 of the token.
    digest: Digest,
    /// The key that signs a proof for each request, and the delegation to it, if it is bound to another.
    key: Option<(Arc<ProofKey>, Option<HeaderValue>)>,
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credential(secret)")
    }
}

impl std::fmt::Debug for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Question(to {} at {})", self.model, self.endpoint)
    }
}

impl Credential {
    /// Reads a credential from a file of one line.
    ///
    /// # Errors
    /// A file that can't be read or holds something else.
    pub fn from_file(path: &Path) -> Result<Self, AskError> {
        let text = zeroize::Zeroizing::new(files::read_text(path, KEY)?);
        let token = text.trim();
        if token.is_empty() || !token.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(AskError::Credential);
        }
        let header = |scheme: &str| {
            let whole = zeroize::Zeroizing::new(format!("{scheme} {token}"));
            let mut value = HeaderValue::from_str(&whole).map_err(|_| AskError::Credential)?;
            value.set_sensitive(true);
            Ok::<_, AskError>(value)
        };
        let digest = Digest::of(token.as_bytes());
        Ok(Self { bearer: header("Bearer")?, proved: header("DPoP")?, digest, key: None })
    }

    /// The same, shown with a proof for each request by this key, to which the credential is bound or delegated.
    ///
    /// # Errors
    /// A delegation that fits no header.
    pub fn proved_by(self, key: ProofKey, delegation: Option<&str>) -> Result<Self, AskError> {
        let delegation = delegation.map(|text| HeaderValue::from_str(text.trim())).transpose();
        let delegation = delegation.map_err(|_| AskError::Credential)?;
        Ok(Self { key: Some((Arc::new(key), delegation)), ..self })
    }

    /// SHA-256 of the token.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Writes the headers of one request.
    fn show(
        &self,
        headers: &mut HeaderMap,
        url: &str,
        nonce: Option<&str>,
    ) -> Result<(), AskError> {
        let Some((key, delegation)) = &self.key else {
            headers.insert(header::AUTHORIZATION, self.bearer.clone());
            return Ok(());
        };
        let now = gateway::SystemClock::start().now();
        let proof = key.proof(("POST", url), &self.digest, nonce, now)?;
        let proof = HeaderValue::from_str(&proof).map_err(|_| AskError::Credential)?;
        headers.insert(header::AUTHORIZATION, self.proved.clone());
        headers.insert(HeaderName::from_static("dpop"), proof);
        if let Some(delegation) = delegation {
            headers.insert(HeaderName::from_static("x-delegation"), delegation.clone());
        }
        Ok(())
    }
}

/// A whole answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// The model that answered, as the endpoint says.
    pub model: String,
    /// What it said.
    pub text: String,
    /// Why it stopped.
    pub finish_reason: Option<String>,
    /// Tokens of the question, if the endpoint counted them.
    pub prompt_tokens: Option<u64>,
    /// Tokens of the answer: the endpoint's count, or an estimate.
    pub completion_tokens: u64,
}

/// Asks, and hands pieces of the answer to `heard` as they come.
///
/// # Errors
/// See [`AskError`]. Pieces that came before an answer was cut have been heard.
pub async fn ask(
    question: &Question,
    heard: &mut (dyn FnMut(&str) + Send),
) -> Result<Answer, AskError> {
    let base = question.endpoint.trim_end_matches('/');
    let url = format!("{base}/chat/completions");
    let unreachable = |reason: String| AskError::Unreachable { url: url.clone(), reason };
    let late = || format!("nothing more within {} s", question.patience.as_secs());
    let mut whole = Accumulator::new(ANSWER);
    let work = async {
        let response = send(question, &url).await?;
        if response.status() != StatusCode::OK {
            return Err(refusal(response).await);
        }
        let kind = response.headers().get(header::CONTENT_TYPE);
        let streams = kind.is_some_and(|k| k.as_bytes().starts_with(b"text/event-stream"));
        if streams {
            listen(response.into_body(), &mut whole, heard).await?;
            return Ok(None);
        }
        let body = Limited::new(response.into_body(), ANSWER).collect().await;
        let body = body.map_err(|e| unreachable(e.to_string()))?.to_bytes();
        let answer: ChatResponse =
            serde_json::from_slice(&body).map_err(|e| AskError::Unreadable(e.to_string()))?;
        Ok(Some(answer))
    };
    let done = tokio::time::timeout(question.patience, work).await;
    match done {
        Ok(Ok(Some(answer))) => {
            let counted = answer.usage.as_ref().map(|u| u.completion_tokens);
            let answer = answered(answer, counted);
            heard(&answer.text);
            Ok(answer)
        }
        Ok(Ok(None)) => {
            let counted = Some(whole.completion_tokens());
            Ok(answered(whole.finish(), counted))
        }
        Ok(Err(error)) => Err(error),
        Err(_) if whole.completion_tokens() > 0 => {
            Err(AskError::Cut { tokens: whole.completion_tokens(), reason: late() })
        }
        Err(_) => Err(unreachable(late())),
    }
}

/// Reads a streamed answer to its `[DONE]`.
async fn listen(
    mut body: Incoming,
    whole: &mut Accumulator,
    heard: &mut (dyn FnMut(&str) + Send),
) -> Result<(), AskError> {
    let mut parser = SseParser::new(EVENT);
    let cut = |whole: &Accumulator, reason: String| AskError::Cut {
        tokens: whole.completion_tokens(),
        reason,
    };
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|e| cut(whole, crate::plain(&e)))?;
        let Ok(bytes) = frame.into_data() else { continue };
        for event in parser.push(&bytes).map_err(|e| cut(whole, e.to_string()))? {
            whole.push(&event).map_err(|e| cut(whole, e.to_string()))?;
            let chunk: Chunk = serde_json::from_str(&event.data).unwrap_or_default();
            let first = chunk.choices.into_iter().find(|choice| choice.index == 0);
            if let Some(text) = first.and_then(|choice| choice.delta.content) {
                heard(&text);
            }
        }
    }
    let why = "the stream ended without its last event".to_owned();
    if whole.is_done() { Ok(()) } else { Err(cut(whole, why)) }
}

/// Sends, and once more with a nonce where the endpoint asks for one.
async fn send(question: &Question, url: &str) -> Result<Response<Incoming>, AskError> {
    let first = send_with(question, url, None).await?;
    let nonce = first.headers().get("dpop-nonce").and_then(|nonce| nonce.to_str().ok());
    match (first.status(), nonce) {
        (StatusCode::UNAUTHORIZED, Some(nonce)) => send_with(question, url, Some(nonce)).await,
        _ => Ok(first),
    }
}

async fn send_with(
    question: &Question,
    url: &str,
    nonce: Option<&str>,
) -> Result<Response<Incoming>, AskError> {
    let wrong = |reason: String| AskError::Address { url: url.to_owned(), reason };
    let uri: Uri = url.parse().map_err(|e: http::uri::InvalidUri| wrong(e.to_string()))?;
    let mut extra = Map::new();
    if question.stream {
        extra.insert("stream_options".to_owned(), json!({"include_usage": true}));
    }
    let system = question.system.iter().map(|text| Message::text(Role::System, text));
    let request = ChatRequest {
        model: question.model.clone(),
        messages: system.chain([Message::text(Role::User, &question.prompt)]).collect(),
        stream: question.stream.then_some(true),
        max_tokens: question.max_tokens,
        extra,
        ..ChatRequest::default()
    };
    let body = serde_json::to_vec(&request).map_err(|e| AskError::Unreadable(e.to_string()))?;
    let mut sent = Request::new(Full::new(Bytes::from(body)));
    *sent.method_mut() = Method::POST;
    *sent.uri_mut() = uri.clone();
    let json = HeaderValue::from_static("application/json");
    sent.headers_mut().insert(header::CONTENT_TYPE, json);
    if let Some(credential) = &question.credential {
        credential.show(sent.headers_mut(), url, nonce)?;
    }
    let builder = Client::builder(TokioExecutor::new());
    // plain HTTP needs no certificates, so it works on a host without any
    let answered = match uri.scheme_str() {
        Some("http") => builder.build::<_, Full<Bytes>>(HttpConnector::new()).request(sent).await,
        Some("https") => {
            let tls = hyper_rustls::HttpsConnectorBuilder::new().with_native_roots();
            let tls = tls.map_err(|e| wrong(e.to_string()))?.https_only().enable_http1().build();
            builder.build::<_, Full<Bytes>>(tls).request(sent).await
        }
        _ => return Err(wrong("it must start with http:// or https://".to_owned())),
    };
    answered.map_err(|e| AskError::Unreachable { url: url.to_owned(), reason: crate::plain(&e) })
}

async fn refusal(response: Response<Incoming>) -> AskError {
    let status = response.status().as_u16();
    let body = Limited::new(response.into_body(), 1 << 20).collect().await;
    let bytes = body.map(|b| b.to_bytes()).unwrap_or_default();
    let error = ErrorBody::read(&bytes).error;
    let plain = |text: String| text.chars().filter(|c| !c.is_control()).take(500).collect();
    AskError::Refused {
        status,
        code: error.code.unwrap_or_default(),
        message: plain(error.message),
    }
}

fn answered(whole: ChatResponse, counted: Option<u64>) -> Answer {
    let prompt_tokens = whole.usage.as_ref().map(|usage| usage.prompt_tokens);
    let first = whole.choices.into_iter().next();
    let finish_reason = first.as_ref().and_then(|choice| choice.finish_reason.clone());
    let text = first.map(|choice| choice.message.plain()).unwrap_or_default();
    let completion_tokens = counted.unwrap_or_else(|| llm::estimate(&text));
    Answer { model: whole.model, text, finish_reason, prompt_tokens, completion_tokens }
}

#[cfg(test)]
mod tests;
