//! A mirror over HTTP (c2sp.org/tlog-mirror): submission, monitoring and the mirrored logs under one prefix.
//!
//! An upload is read as it arrives and passed piece by piece, through a bounded queue, to a thread that may wait for the
//! disk. A client that stops sending is cut off, and what it sent counts.

use crate::witness::{serve_router, signatures, waiting};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use flate2::read::MultiGzDecoder;
use http_body_util::BodyExt;
use operations::cosign::{Mirror, UploadAnswer};
use std::future::Future;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;
use tlog::witness::MAX_REQUEST;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc};

/// Uploads at a time; further ones are told to come back.
const UPLOADS: usize = 16;
/// Pieces that wait for the disk.
const QUEUE: usize = 8;
/// Longest silence within an upload.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Clone)]
struct Here {
    mirror: Arc<Mirror>,
    uploads: Arc<Semaphore>,
}

/// Every route of a mirror.
pub fn mirror_router(mirror: Arc<Mirror>) -> Router {
    let here = Here { mirror, uploads: Arc::new(Semaphore::new(UPLOADS)) };
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/add-checkpoint", post(add_checkpoint))
        .route("/sign-subtree", post(sign_subtree))
        .layer(DefaultBodyLimit::max(MAX_REQUEST))
        .route("/add-entries", post(add_entries))
        .route("/{origin_hash}/{*path}", get(file))
        .with_state(here)
}

/// Serves a mirror until `until` ends, then lets open requests finish.
///
/// # Errors
/// The listener's.
pub async fn serve_mirror(
    listener: TcpListener,
    mirror: Arc<Mirror>,
    until: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    serve_router(listener, mirror_router(mirror), until).await
}

async fn add_checkpoint(State(here): State<Here>, body: Bytes) -> Response {
    signatures(waiting(move || here.mirror.add_checkpoint(&body)).await)
}

async fn sign_subtree(State(here): State<Here>, body: Bytes) -> Response {
    signatures(waiting(move || here.mirror.sign_subtree(&body)).await)
}

async fn file(State(here): State<Here>, Path((hash, path)): Path<(String, String)>) -> Response {
    let found = waiting(move || here.mirror.file(&hash, &path)).await;
    match found {
        Some(Ok(Some(bytes))) => {
            ([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response()
        }
        Some(Ok(None)) => StatusCode::NOT_FOUND.into_response(),
        Some(Err(error)) => {
            tracing::error!("{}", operations::plain(&error));
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// How the body of an upload is packed; `None` for a way that is not known here.
fn packed(headers: &HeaderMap) -> Option<bool> {
    match headers.get(header::CONTENT_ENCODING).map(|v| v.as_bytes()) {
        None | Some(b"identity") => Some(false),
        Some(b"gzip") => Some(true),
        Some(_) => None,
    }
}

async fn add_entries(State(here): State<Here>, request: Request) -> Response {
    let accept = [(header::ACCEPT_ENCODING, "gzip")];
    let Some(gzip) = packed(request.headers()) else {
        return (StatusCode::UNSUPPORTED_MEDIA_TYPE, accept).into_response();
    };
    let Ok(_permit) = here.uploads.try_acquire() else {
        return (StatusCode::SERVICE_UNAVAILABLE, accept).into_response();
    };
    let (send, receive) = mpsc::channel(QUEUE);
    let mirror = Arc::clone(&here.mirror);
    let taking = waiting(move || {
        let mut pieces = Pieces { receive, piece: Bytes::new() };
        if gzip {
            mirror.add_entries(&mut MultiGzDecoder::new(pieces))
        } else {
            mirror.add_entries(&mut pieces)
        }
    });
    // the answer may come before all of the body has
    let ((), taken) = tokio::join!(pump(request.into_body(), send), taking);
    let Some(UploadAnswer { status, content_type, body }) = taken else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, accept, [(header::CONTENT_TYPE, content_type)], body).into_response()
}

/// Passes a body on until it ends, stalls, or nobody wants more of it.
async fn pump(mut body: Body, send: mpsc::Sender<Bytes>) {
    loop {
        let frame = tokio::select! {
            frame = tokio::time::timeout(PATIENCE, body.frame()) => frame,
            () = send.closed() => return,
        };
        let Ok(Some(Ok(frame))) = frame else { return };
        let Ok(data) = frame.into_data() else { continue };
        if send.send(data).await.is_err() {
            return;
        }
    }
}

/// The pieces of a body, read by a thread that may wait.
struct Pieces {
    receive: mpsc::Receiver<Bytes>,
    piece: Bytes,
}

impl Read for Pieces {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        while self.piece.is_empty() {
            let Some(next) = self.receive.blocking_recv() else { return Ok(0) };
            self.piece = next;
        }
        let count = self.piece.len().min(into.len());
        let part = self.piece.split_to(count);
        if let Some(place) = into.get_mut(..count) {
            place.copy_from_slice(&part);
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests;
