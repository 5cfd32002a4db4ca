//! The node's JSON and octet-stream API. Statements travel as deterministic CBOR; everything a person reads
//! is JSON.

use crate::error::{self, Problem};
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use domain::Digest;
use ledger::CoseSignature;
use operations::node::{DraftView, LeafView, Node, NodeError, Status};
use serde::Deserialize;
use std::sync::Arc;
use tokio::sync::Semaphore;
use utoipa::OpenApi;

type Here = State<Arc<Node>>;
type Answer<T> = Result<T, Problem>;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Vestibule node",
        version = "1",
        description = "An append-only log of signed statements. The node checks signatures and places in the chain; it applies no rule and can't block a release. A status here is no entitlement (EO 14409 §5(c))."
    ),
    paths(healthz, status, statements, submit, receipt, cose, drafts, offer, draft, file),
    components(schemas(Problem))
)]
struct Description;

/// The OpenAPI document as JSON.
pub(crate) fn description() -> String {
    Description::openapi().to_json().unwrap_or_default()
}

pub(crate) async fn openapi() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], description())
}

/// Runs blocking work of the node on a thread that may wait.
pub(crate) async fn on_node<T: Send + 'static>(
    node: Arc<Node>,
    work: impl FnOnce(&Node) -> Result<T, NodeError> + Send + 'static,
) -> Answer<T> {
    let done = tokio::task::spawn_blocking(move || work(&node)).await;
    done.map_err(|_| Problem::bug())?.map_err(|e| error::node(&e))
}

/// The processor's cores, which statements take in turn while their signatures are verified.
///
/// Verifying waits for nothing, so more threads than cores only make each other late, and each of them keeps memory
/// of its own.
#[derive(Debug, Clone)]
pub(crate) struct Cores(Arc<Semaphore>);

impl Default for Cores {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Self(Arc::new(Semaphore::new(cores)))
    }
}

fn octets(bytes: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response()
}

fn digest(text: &str) -> Answer<Digest> {
    text.parse().map_err(|e: domain::ParseDigestError| {
        Problem::new(StatusCode::BAD_REQUEST, "bad-id", e.to_string())
    })
}

/// Says that the process answers.
#[utoipa::path(get, path = "/healthz", responses((status = 200, body = String)))]
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// The log's origin, size and root.
#[utoipa::path(get, path = "/api/v1/status", responses((status = 200, description = "JSON: origin, vkey, cnsa_vkey, size, root, drafts, witnessed, cosigners")))]
pub(crate) async fn status(State(node): Here) -> Answer<Json<Status>> {
    on_node(node, Node::status).await.map(Json)
}

/// Where a listing starts and how much of it is wanted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Page {
    #[serde(default)]
    from: u64,
    #[serde(default = "hundred")]
    limit: u64,
}

const fn hundred() -> u64 {
    100
}

/// The public side of statements, in log order.
#[utoipa::path(get, path = "/api/v1/statements", params(("from" = Option<u64>, Query, description = "first index"), ("limit" = Option<u64>, Query, description = "at most 1,000; 100 if not given")), responses((status = 200, description = "JSON array: index, id, schema, kind, issuer, signers, issued_at")))]
pub(crate) async fn statements(
    State(node): Here,
    Query(page): Query<Page>,
) -> Answer<Json<Vec<LeafView>>> {
    on_node(node, move |n| n.leaves(page.from, page.limit.min(1_000))).await.map(Json)
}

/// Logs a complete statement and answers with its receipt. The same statement twice gives the same receipt.
#[utoipa::path(post, path = "/api/v1/statements", request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses((status = 200, description = "the receipt", content_type = "application/octet-stream"), (status = 409, body = Problem), (status = 422, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn submit(
    State(node): Here,
    Extension(cores): Extension<Cores>,
    body: Bytes,
) -> Answer<Response> {
    let accepted = move |n: &Node| Ok((n.accept(&body)?, n.needs_leader()));
    let core = cores.0.acquire().await.map_err(|_| Problem::bug())?;
    let (ticket, alone) = on_node(Arc::clone(&node), accepted).await?;
    drop(core);
    if alone {
        // it goes on for as long as statements come, and no answer waits for its end
        drop(tokio::task::spawn_blocking(move || node.lead()));
    }
    ticket.await.map(octets).map_err(|e| error::node(&e))
}

/// The receipt of a logged statement, under a cosigned checkpoint if one covers it.
#[utoipa::path(get, path = "/api/v1/statements/{id}/receipt", params(("id" = String, Path, description = "statement id, 64 hexadecimal digits")), responses((status = 200, content_type = "application/octet-stream"), (status = 404, body = Problem)))]
pub(crate) async fn receipt(State(node): Here, Path(id): Path<String>) -> Answer<Response> {
    let id = digest(&id)?;
    let found = on_node(node, move |n| n.receipt(&id)).await?;
    found.map(octets).ok_or_else(|| Problem::not_found("statement"))
}

/// The COSE Receipt (RFC 9942) of a logged statement under the current checkpoint.
#[utoipa::path(get, path = "/api/v1/statements/{id}/cose/{algorithm}", params(("id" = String, Path, description = "statement id, 64 hexadecimal digits"), ("algorithm" = String, Path, description = "eddsa or ml-dsa-87")), responses((status = 200, content_type = "application/cose"), (status = 400, body = Problem), (status = 404, body = Problem)))]
pub(crate) async fn cose(
    State(node): Here,
    Path((id, algorithm)): Path<(String, String)>,
) -> Answer<Response> {
    let id = digest(&id)?;
    let algorithm: CoseSignature = algorithm
        .parse()
        .map_err(|why: String| Problem::new(StatusCode::BAD_REQUEST, "bad-algorithm", why))?;
    let found = on_node(node, move |n| n.cose(&id, algorithm)).await?;
    let found = found.ok_or_else(|| Problem::not_found("statement"))?;
    Ok(([(header::CONTENT_TYPE, "application/cose")], found).into_response())
}

/// Statements that wait for signatures.
#[utoipa::path(get, path = "/api/v1/drafts", responses((status = 200, description = "JSON array: id, schema, kind, issuer, signers, missing, drafted_at")))]
pub(crate) async fn drafts(State(node): Here) -> Answer<Json<Vec<DraftView>>> {
    on_node(node, Node::drafts).await.map(Json)
}

/// Leaves a draft for others to sign, or adds signatures to one.
#[utoipa::path(post, path = "/api/v1/drafts", request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses((status = 200, description = "JSON: the draft as listed"), (status = 422, body = Problem)))]
pub(crate) async fn offer(State(node): Here, body: Bytes) -> Answer<Json<DraftView>> {
    on_node(node, move |n| n.offer(&body)).await.map(Json)
}

/// A draft's bytes.
#[utoipa::path(get, path = "/api/v1/drafts/{id}", params(("id" = String, Path, description = "statement id")), responses((status = 200, content_type = "application/octet-stream"), (status = 404, body = Problem)))]
pub(crate) async fn draft(State(node): Here, Path(id): Path<String>) -> Answer<Response> {
    let id = digest(&id)?;
    let found = on_node(node, move |n| n.draft(&id)).await?;
    found.map(octets).ok_or_else(|| Problem::not_found("draft"))
}

/// A published file of the log: `checkpoint`, `witnessed`, `tile/…`, `object/…`.
#[utoipa::path(get, path = "/log/{path}", params(("path" = String, Path, description = "as C2SP tlog-tiles lays out")), responses((status = 200, content_type = "application/octet-stream"), (status = 404, body = Problem)))]
pub(crate) async fn file(State(node): Here, Path(path): Path<String>) -> Answer<Response> {
    let found = on_node(node, move |n| n.file(&path)).await?;
    found.map(octets).ok_or_else(|| Problem::not_found("file of the log"))
}

/// Answers what is not on the list, in the API's own form.
pub(crate) async fn nowhere(Path(rest): Path<String>) -> Problem {
    let shown: String = rest.chars().filter(|c| !c.is_control()).take(80).collect();
    Problem::new(
        StatusCode::NOT_FOUND,
        "no-such-route",
        format!("`/api/v1/{shown}` is not a route; /openapi.json lists them"),
    )
}
