//! All routes on one page, and the server's life.

use crate::{api, defender, pages};
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use axum::{Extension, Router};
use operations::node::Node;
use std::future::Future;
use std::sync::Arc;
use tokio::net::TcpListener;

/// Largest request that is read, in bytes: a statement with its sealed payload and signatures.
const BODY_LIMIT: usize = 2 << 20;

/// Every route.
pub fn router(node: Arc<Node>) -> Router {
    Router::new()
        .route("/", get(pages::overview))
        .route("/defender", get(defender::form).post(defender::filled))
        .route("/style.css", get(pages::style))
        .route("/healthz", get(api::healthz))
        .route("/openapi.json", get(api::openapi))
        .route("/api/v1/status", get(api::status))
        .route("/api/v1/statements", get(api::statements).post(api::submit))
        .route("/api/v1/statements/{id}/receipt", get(api::receipt))
        .route("/api/v1/statements/{id}/cose/{algorithm}", get(api::cose))
        .route("/api/v1/drafts", get(api::drafts).post(api::offer))
        .route("/api/v1/drafts/{id}", get(api::draft))
        .route("/log/{*path}", get(api::file))
        .route("/api/v1/{*rest}", post(api::nowhere).get(api::nowhere))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(Extension(api::Cores::default()))
        .with_state(node)
}

/// The API's description (OpenAPI 3.1).
pub fn openapi() -> String {
    api::description()
}

/// Serves until `until` ends, then lets open requests finish.
///
/// # Errors
/// The listener's.
pub async fn serve(
    listener: TcpListener,
    node: Arc<Node>,
    until: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let listener = axum::serve::ListenerExt::tap_io(listener, |stream| {
        // small answers must not wait for the kernel to gather more
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router(node)).with_graceful_shutdown(until).await
}

#[cfg(test)]
mod tests;
