//! A witness over HTTP (c2sp.org/tlog-witness): submission and monitoring under one prefix.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use operations::cosign::{CosignError, Witness};
use std::future::Future;
use std::sync::Arc;
use tlog::witness::MAX_REQUEST;
use tokio::net::TcpListener;

type Here = State<Arc<Witness>>;

/// Every route of a witness.
pub fn witness_router(witness: Arc<Witness>) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/add-checkpoint", post(add_checkpoint))
        .route("/sign-subtree", post(sign_subtree))
        .route("/{origin_hash}/checkpoint", get(checkpoint))
        .layer(DefaultBodyLimit::max(MAX_REQUEST))
        .with_state(witness)
}

/// Serves a witness until `until` ends, then lets open requests finish.
///
/// # Errors
/// The listener's.
pub async fn serve_witness(
    listener: TcpListener,
    witness: Arc<Witness>,
    until: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    serve_router(listener, witness_router(witness), until).await
}

pub(crate) async fn serve_router(
    listener: TcpListener,
    router: Router,
    until: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let listener = axum::serve::ListenerExt::tap_io(listener, |stream| {
        // small answers must not wait for the kernel to gather more
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router).with_graceful_shutdown(until).await
}

async fn add_checkpoint(State(witness): Here, body: Bytes) -> Response {
    signatures(waiting(move || witness.add_checkpoint(&body)).await)
}

async fn sign_subtree(State(witness): Here, body: Bytes) -> Response {
    signatures(waiting(move || witness.sign_subtree(&body)).await)
}

async fn checkpoint(State(witness): Here, Path(origin_hash): Path<String>) -> Response {
    let found = waiting(move || witness.checkpoint(&origin_hash)).await;
    match found {
        Some(Ok(Some(note))) => text(note.into()),
        Some(Ok(None)) => StatusCode::NOT_FOUND.into_response(),
        Some(Err(error)) => {
            tracing::error!("{}", operations::plain(&error));
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Runs work on a thread that may wait for the disk; `None` when it panicked.
pub(crate) async fn waiting<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    tokio::task::spawn_blocking(work).await.ok()
}

pub(crate) fn text(body: Bytes) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], body).into_response()
}

/// Signature lines, or the status and body of a refusal.
pub(crate) fn signatures(done: Option<Result<String, CosignError>>) -> Response {
    match done {
        Some(Ok(lines)) => text(lines.into()),
        Some(Err(error)) => refusal(&error),
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

pub(crate) fn refusal(error: &CosignError) -> Response {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if status.is_server_error() {
        tracing::error!("{error}");
    }
    let (kind, body) = error.body();
    (status, [(header::CONTENT_TYPE, kind)], body).into_response()
}

#[cfg(test)]
mod tests;
