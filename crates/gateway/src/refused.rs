//! Everything the gateway says no with, in the dialect of the client that asked.

use crate::Exhausted;
use crate::ceilings::OverCeiling;
use crate::delegation::DelegationFault;
use crate::dpop::ProofFault;
use crate::flights::Cut;
use crate::policy::PolicyRefusal;
use crate::proxy::PROOF_NONCE;
use crate::relay::Reply;
use crate::route::Dialect;
use crate::sink::SinkError;
use access::Refusal;
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use llm::{ErrorBody, SkimError, anthropic_error, event_text, named_event_text};
use serde_json::json;

/// Why a request is not answered, or not to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    #[error("no API key was given; send one as `Authorization: Bearer KEY` or as `x-api-key`")]
    NoCredential,
    #[error(
        "send one `DPoP` header, and at most one `X-Delegation`, beside `Authorization: DPoP KEY`"
    )]
    OneProof,
    #[error("{0}")]
    Proof(#[from] ProofFault),
    #[error("{0}")]
    Delegation(#[from] DelegationFault),
    #[error("{0}")]
    Permit(#[from] Refusal),
    #[error("{0}; ask its operator")]
    Policy(#[from] PolicyRefusal),
    #[error(
        "your grant is slowed over a signal: one request at a time, and a pause between two; try again in {seconds} s"
    )]
    Slowed { seconds: u64 },
    #[error("the model `{0}` does not exist or is not granted to you")]
    UnknownModel(String),
    #[error("{0}")]
    Budget(#[from] Exhausted),
    #[error("{0}")]
    Ceiling(#[from] OverCeiling),
    #[error(
        "the answer was withheld or cut: it is longer than the grant's budget, or a ceiling of the developer, allows"
    )]
    AnswerOverBudget,
    #[error("{0}")]
    Body(#[from] SkimError),
    #[error("the request body is larger than {0} bytes")]
    BodyTooLarge(usize),
    #[error("the request body took too long to arrive")]
    BodyTooSlow,
    #[error("the request body broke off")]
    BodyBroken,
    #[error(
        "there is nothing at this address; see `GET /v1/models`, `POST /v1/chat/completions`, `POST /v1/responses`, `POST /v1/embeddings` and `POST /v1/messages`"
    )]
    UnknownAddress,
    #[error("this address takes {0} only")]
    Method(&'static str),
    #[error("uses can't be recorded at the moment, so nothing is forwarded")]
    Sink(#[from] SinkError),
    #[error(
        "the terms say that content is kept, and it can't be at the moment, so nothing is forwarded (terms: content)"
    )]
    Content,
    #[error("the gateway is cut off from those who could end access, so nothing is forwarded")]
    CutOff,
    #[error(
        "a word about ending access can't be verified, so nothing is forwarded until the gateway's operator has looked"
    )]
    Doubt,
    #[error("the model's server can't be reached")]
    Unreachable,
    #[error("the model's server refused the gateway; tell its operator")]
    NotAccepted,
    #[error("the model's server broke off its answer")]
    Broken,
    #[error("the model's server was silent for too long")]
    Stalled,
    #[error("the answer is larger than {0} bytes; ask for a stream")]
    AnswerTooLarge(usize),
    #[error("access has ended; no part of the answer after this is given")]
    PermitEnded,
    #[error("the request took longer than is allowed")]
    TimedOut,
    #[error("the gateway is shutting down; try again")]
    Stopping,
}

impl From<Cut> for Refused {
    fn from(cut: Cut) -> Self {
        match cut {
            Cut::PermitEnded => Self::PermitEnded,
            Cut::TimedOut => Self::TimedOut,
            Cut::Stopping => Self::Stopping,
        }
    }
}

impl Refused {
    /// Status, class and code.
    fn class(&self) -> (StatusCode, &'static str, &'static str) {
        const REQUEST: &str = "invalid_request_error";
        const PERMISSION: &str = "permission_error";
        const SERVER: &str = "server_error";
        match self {
            Self::NoCredential => (StatusCode::UNAUTHORIZED, REQUEST, "invalid_api_key"),
            Self::OneProof => (StatusCode::UNAUTHORIZED, REQUEST, "invalid_dpop_proof"),
            Self::Delegation(_) => (StatusCode::FORBIDDEN, PERMISSION, "delegation"),
            Self::Proof(fault) => (StatusCode::UNAUTHORIZED, REQUEST, fault.code()),
            Self::Permit(refusal) => permit_class(refusal),
            Self::Policy(_) => (StatusCode::FORBIDDEN, PERMISSION, "policy"),
            Self::Slowed { .. } => (StatusCode::TOO_MANY_REQUESTS, "rate_limit_error", "slowed"),
            Self::UnknownModel(_) => (StatusCode::NOT_FOUND, REQUEST, "model_not_found"),
            Self::Budget(_) | Self::AnswerOverBudget => {
                (StatusCode::TOO_MANY_REQUESTS, "insufficient_quota", "insufficient_quota")
            }
            Self::Ceiling(over) if over.retry_after().is_some() => {
                (StatusCode::TOO_MANY_REQUESTS, "rate_limit_error", "over_ceiling")
            }
            Self::Ceiling(_) => {
                (StatusCode::TOO_MANY_REQUESTS, "insufficient_quota", "over_ceiling")
            }
            Self::Body(_) => (StatusCode::BAD_REQUEST, REQUEST, "malformed_request"),
            Self::BodyTooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, REQUEST, "request_too_large"),
            Self::BodyTooSlow => (StatusCode::REQUEST_TIMEOUT, REQUEST, "request_timeout"),
            Self::BodyBroken => (StatusCode::BAD_REQUEST, REQUEST, "request_broken"),
            Self::UnknownAddress => (StatusCode::NOT_FOUND, REQUEST, "unknown_url"),
            Self::Method(_) => (StatusCode::METHOD_NOT_ALLOWED, REQUEST, "method_not_allowed"),
            Self::Sink(_) => (StatusCode::SERVICE_UNAVAILABLE, SERVER, "use_log_unavailable"),
            Self::Content => (StatusCode::SERVICE_UNAVAILABLE, SERVER, "content_unavailable"),
            Self::CutOff => (StatusCode::SERVICE_UNAVAILABLE, SERVER, "cut_off"),
            Self::Doubt => (StatusCode::SERVICE_UNAVAILABLE, SERVER, "word_unverified"),
            Self::Unreachable => (StatusCode::BAD_GATEWAY, SERVER, "upstream_unreachable"),
            Self::NotAccepted => (StatusCode::BAD_GATEWAY, SERVER, "upstream_refused"),
            Self::Broken => (StatusCode::BAD_GATEWAY, SERVER, "upstream_failed"),
            Self::AnswerTooLarge(_) => (StatusCode::BAD_GATEWAY, SERVER, "answer_too_large"),
            Self::Stalled => (StatusCode::GATEWAY_TIMEOUT, SERVER, "upstream_stalled"),
            Self::PermitEnded => (StatusCode::FORBIDDEN, PERMISSION, "access_ended"),
            Self::TimedOut => (StatusCode::GATEWAY_TIMEOUT, SERVER, "request_timeout"),
            Self::Stopping => (StatusCode::SERVICE_UNAVAILABLE, SERVER, "shutting_down"),
        }
    }

    /// The code that the client is given, which is a word of the manual and says nothing of whoever asked.
    pub(crate) fn code(&self) -> &'static str {
        self.class().2
    }

    fn body(&self, dialect: Dialect) -> String {
        let (status, kind, code) = self.class();
        let message = self.to_string();
        match dialect {
            Dialect::OpenAi | Dialect::Responses => ErrorBody::new(kind, code, message).to_json(),
            Dialect::Anthropic => anthropic_error(anthropic_kind(status), code, &message),
        }
    }

    /// The whole answer.
    pub(crate) fn response(&self, dialect: Dialect) -> Response<Reply> {
        let mut response = Response::new(Reply::whole(Bytes::from(self.body(dialect))));
        *response.status_mut() = self.class().0;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(challenge) = self.challenge() {
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        if let Self::Proof(ProofFault::Nonce { fresh }) = self
            && let Ok(nonce) = HeaderValue::from_str(fresh)
        {
            headers.insert(PROOF_NONCE, nonce);
        }
        if let Self::Method(allowed) = self {
            headers.insert(header::ALLOW, HeaderValue::from_static(allowed));
        }
        if let Self::Ceiling(over) = self
            && let Some(seconds) = over.retry_after()
        {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Self::Slowed { seconds } = self {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(*seconds));
        }
        if matches!(self, Self::BodyTooLarge(_) | Self::BodyTooSlow | Self::BodyBroken) {
            // the rest of the body is not read
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    /// How a client may show who it is, where that is what failed (RFC 9110 §11.6.1, RFC 9449 §7.1).
    fn challenge(&self) -> Option<HeaderValue> {
        const NEITHER: &str =
            "Bearer error=\"invalid_token\", DPoP error=\"invalid_token\", algs=\"ES256\"";
        let (status, _, code) = self.class();
        if status != StatusCode::UNAUTHORIZED {
            return None;
        }
        if matches!(self, Self::NoCredential) {
            return Some(HeaderValue::from_static("Bearer, DPoP algs=\"ES256\""));
        }
        if !matches!(self, Self::OneProof | Self::Proof(_)) {
            return Some(HeaderValue::from_static(NEITHER));
        }
        let words = quoted(self);
        let text = format!("DPoP error=\"{code}\", error_description=\"{words}\", algs=\"ES256\"");
        HeaderValue::from_str(&text).ok()
    }

    /// The last event of a stream that is cut.
    pub(crate) fn event(&self, dialect: Dialect) -> Bytes {
        let (_, kind, code) = self.class();
        Bytes::from(match dialect {
            Dialect::OpenAi => event_text(&self.body(dialect)),
            Dialect::Anthropic => named_event_text("error", &self.body(dialect)),
            Dialect::Responses => {
                let message = self.to_string();
                // clients look for the fields of an `error` event, or for an `error` as elsewhere
                let error = json!({"message": message, "type": kind, "code": code, "param": null});
                let body = json!({"type": "error", "code": code, "message": message,
                    "param": null, "sequence_number": 0, "error": error});
                named_event_text("error", &body.to_string())
            }
        })
    }
}

/// A refusal's words within a quoted string of a header.
fn quoted(refused: &Refused) -> String {
    refused.to_string().chars().filter(|c| *c != '"' && *c != '\\').collect()
}

/// A refusal of the rules: its own code, so that a client or its operator can look it up.
fn permit_class(refusal: &Refusal) -> (StatusCode, &'static str, &'static str) {
    if refusal.spent().is_some() {
        (StatusCode::TOO_MANY_REQUESTS, "insufficient_quota", "insufficient_quota")
    } else if matches!(refusal, Refusal::UnknownCredential) {
        (StatusCode::UNAUTHORIZED, "invalid_request_error", "invalid_api_key")
    } else {
        (StatusCode::FORBIDDEN, "permission_error", refusal.code())
    }
}

/// The name that clients of messages know a status by.
fn anthropic_kind(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        400..=499 => "invalid_request_error",
        504 => "timeout_error",
        503 => "overloaded_error",
        _ => "api_error",
    }
}
