//! What a caller is told when something is refused: a problem document (RFC 9457). The one mapping from
//! our errors to HTTP; there is no blanket conversion.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use operations::node::{Fault, NodeError};
use serde::Serialize;

/// A problem document.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// A stable code to branch on, such as `position-taken`.
    pub code: String,
    /// What was wrong, where, and what to do, in plain words.
    pub detail: String,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Self {
        Self { status: status.as_u16(), code: code.to_owned(), detail: detail.into() }
    }

    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", format!("there is no such {what} here"))
    }

    /// A task of ours that panicked.
    pub(crate) fn bug() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "a fault of this software; nothing was acknowledged; please report it",
        )
    }
}

/// Who is at fault decides the status: the caller 4xx, the store 503, ourselves 500.
pub(crate) fn node(error: &NodeError) -> Problem {
    let status = match error.fault() {
        Fault::Caller => StatusCode::UNPROCESSABLE_ENTITY,
        Fault::Conflict => StatusCode::CONFLICT,
        Fault::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Fault::Bug => StatusCode::INTERNAL_SERVER_ERROR,
    };
    if status.is_server_error() {
        tracing::error!(code = error.code(), "{}", operations::plain(error));
    }
    Problem::new(status, error.code(), operations::plain(error))
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response()
    }
}
