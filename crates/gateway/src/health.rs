//! An address for the operator's own machines: is it alive, is it ready, what does it count. It decides nothing and
//! takes no word; clients never see it, so it stands apart from theirs.

use crate::gate::Control;
use crate::meter::CONTENT_TYPE;
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Connections at once; more wait.
const CONNECTIONS: usize = 16;
/// The longest a connection may last.
const PATIENCE: Duration = Duration::from_secs(60);

/// Serves `/metrics`, `/readyz` and `/healthz` of one gateway, until the future is dropped.
///
/// `/readyz` answers 503 while the gateway is cut off from those who could end access or can't verify a word, so that whoever balances
/// load over several can send requests elsewhere.
pub async fn serve_health(control: Control, listener: TcpListener) {
    let seats = Arc::new(Semaphore::new(CONNECTIONS));
    let mut open = JoinSet::new();
    loop {
        while open.try_join_next().is_some() {}
        let seat = Arc::clone(&seats).acquire_owned().await;
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "can't accept a connection for metrics");
                drop(timeout(Duration::from_millis(200), pending::<()>()).await);
                continue;
            }
        };
        let control = control.clone();
        open.spawn(async move {
            let service = service_fn(move |request| {
                let answer = answer(&control, &request);
                async move { Ok::<_, Infallible>(answer) }
            });
            let mut server = http1::Builder::new();
            server
                .timer(TokioTimer::new())
                .header_read_timeout(Duration::from_secs(10))
                .max_buf_size(16 * 1024)
                .max_headers(64);
            // a connection that broke, or lasted too long, concerns whoever opened it
            drop(timeout(PATIENCE, server.serve_connection(TokioIo::new(stream), service)).await);
            drop(seat);
        });
    }
}

fn answer(control: &Control, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    const TEXT: &str = "text/plain; charset=utf-8";
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return page(StatusCode::METHOD_NOT_ALLOWED, TEXT, "this address takes GET only\n");
    }
    match request.uri().path() {
        "/metrics" => page(StatusCode::OK, CONTENT_TYPE, control.metrics()),
        "/healthz" => page(StatusCode::OK, TEXT, "ok\n"),
        "/readyz" if control.doubts() => page(
            StatusCode::SERVICE_UNAVAILABLE,
            TEXT,
            "a direct word can't be verified: everything is refused until it is gone or verified; see `vestibule gateway words`\n",
        ),
        "/readyz" if control.is_leased() => page(StatusCode::OK, TEXT, "ready\n"),
        "/readyz" => page(
            StatusCode::SERVICE_UNAVAILABLE,
            TEXT,
            "cut off from those who could end access: everything is refused until they are heard again\n",
        ),
        _ => page(StatusCode::NOT_FOUND, TEXT, "here are /metrics, /readyz and /healthz\n"),
    }
}

fn page(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
