//! What happens to one request, in order: credential, body, permit, reservation, record, forward,
//! answer. Nothing is forwarded before all of the first five.

mod body;
mod forward;
mod models;
mod permit;
mod who;

use self::body::{discard, read_body};
use self::forward::{Forward, forward};
use self::permit::permit;
use self::who::{Head, caller};
use crate::authority::Caller;
use crate::content::Keeping;
use crate::delegation::Delegation;
use crate::flights::{Asked, Line};
use crate::gate::Gate;
use crate::random;
use crate::record::{Intent, RequestId};
use crate::refused::Refused;
use crate::relay::Reply;
use crate::route::{Dialect, Route, dialect};
use crate::ticket::Ticket;
use crate::upstream::duration;
use access::Binding;
use bytes::Bytes;
use domain::{Digest, GrantId};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use llm::Skim;
use std::net::IpAddr;
use std::sync::Arc;

/// The request's name, for client and upstream.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The nonce for a client's next proof.
pub(crate) const PROOF_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// Marks an answer after which its connection takes no more requests.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LastHere;

/// The other end of a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer {
    pub(crate) address: IpAddr,
    /// SHA-256 of its certificate, whose key it holds.
    pub(crate) certificate: Option<Digest>,
}

/// Answers one request. Never fails: what can't be answered is refused.
pub(crate) async fn answer(
    gate: &Arc<Gate>,
    line: &Arc<Line>,
    peer: &Peer,
    request: Request<Incoming>,
) -> Response<Reply> {
    let method = request.method().clone();
    let dialect = dialect(request.uri().path(), request.headers());
    let path = request.uri().path();
    let answered = match (Route::of(path), path, method) {
        (Some(route), _, Method::POST) => call(gate, line, route, peer, request).await,
        (Some(_), ..) => Err(Refused::Method("POST")),
        (None, "/healthz", Method::GET | Method::HEAD) => Ok(text("text/plain", "ok\n")),
        (None, "/healthz", _) => Err(Refused::Method("GET")),
        (None, ..) => models::answer(gate, peer, &Head::of(&request)),
    };
    answered.unwrap_or_else(|refused| {
        gate.meter.refused(refused.code());
        refused.response(dialect)
    })
}

async fn call(
    gate: &Arc<Gate>,
    line: &Arc<Line>,
    route: &'static Route,
    peer: &Peer,
    request: Request<Incoming>,
) -> Result<Response<Reply>, Refused> {
    let (caller, delegation) = match recognised(gate, peer, &Head::of(&request)) {
        Ok(recognised) => recognised,
        Err(refused) => {
            discard(request).await;
            return Err(refused);
        }
    };
    let delegation = delegation.as_ref();
    let passed = passed_headers(route, request.headers());
    let body = read_body(gate, request.into_body()).await?;
    let skim = Skim::read_call(route.call, &body, gate.limits.body_bytes)?;
    let now = gate.clock.now();
    let (permit, reservation) = permit(gate, (&caller, delegation), route.endpoint, &skim, now)?;
    let asked = Asked {
        tokens: reservation.tokens(),
        stream: skim.stream,
        from: caller.from,
        most: delegation.and_then(|left| left.tokens),
        until: delegation.map(|left| left.until),
    };
    gate.judge(&permit, asked, now)?;
    if let Err(error) = gate.can_keep(&permit) {
        tracing::warn!(%error, "content can't be kept");
        return Err(Refused::Content);
    }
    let under_way = |grant: &GrantId| gate.flights.any_of(grant);
    gate.pace.begin(&permit, duration(gate.limits.slow_gap), || gate.monotonic(), under_way)?;
    let via = delegation.map_or(&[][..], |left| &left.chain);
    let traits = gate.traits(&permit, (caller.from, via), (route.call, &skim));
    let keeping = Keeping::of(&permit, &body);
    let plain = || Digest::of(&body);
    let intent = Intent {
        request: random::request_id(),
        grant: permit.grant().clone(),
        person: permit.person().clone(),
        endpoint: route.endpoint,
        model: permit.model().clone(),
        started_at: now,
        request_digest: keeping.as_ref().map_or_else(plain, Keeping::request_digest),
        content: keeping.as_ref().map(|keeping| keeping.kept),
        tokens_in: skim.prompt_tokens,
        reserved: reservation.tokens(),
    };
    let id = intent.request;
    let flight = gate.flights.enter(permit, asked, line);
    let ticket = Ticket::new(gate, flight, intent, reservation, (keeping, traits));
    let sealed = ticket.is_sealed();
    let call = Forward { route, body, id, stream: skim.stream, passed };
    let answered = forward(gate, ticket, call).await;
    let mut response = answered.unwrap_or_else(|refused| refused.response(route.dialect));
    name(gate, route, &caller, id, response.headers_mut());
    if sealed {
        // a connection's buffers hold plaintext until it is closed
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        response.extensions_mut().insert(LastHere);
    }
    Ok(response)
}

/// The request's name, for its client, and the nonce for the next proof where it makes proofs (RFC 9449 §8.2).
fn name(gate: &Gate, route: &Route, caller: &Caller, id: RequestId, headers: &mut HeaderMap) {
    headers.insert(REQUEST_ID, id.header());
    if route.dialect == Dialect::Anthropic {
        headers.insert(HeaderName::from_static("request-id"), id.header());
    }
    if caller.binding == Binding::Proof
        && gate.limits.proof_nonces
        && let Ok(nonce) = HeaderValue::from_str(&gate.nonces.fresh(gate.clock.now()))
    {
        headers.insert(PROOF_NONCE, nonce);
    }
}

/// Who asks, where a request of theirs is worth reading.
fn recognised(
    gate: &Gate,
    peer: &Peer,
    head: &Head<'_>,
) -> Result<(Caller, Option<Delegation>), Refused> {
    let (caller, delegation) = caller(gate, peer, head)?;
    if !gate.lease.is_held() {
        return Err(Refused::CutOff);
    }
    if gate.hearing.doubts() {
        return Err(Refused::Doubt);
    }
    gate.authority.recognises(&caller, gate.clock.now())?;
    Ok((caller, delegation))
}

/// Headers of the client that change what an answer looks like. No others go upstream.
fn passed_headers(route: &Route, headers: &HeaderMap) -> Vec<(HeaderName, HeaderValue)> {
    if route.dialect != Dialect::Anthropic {
        return Vec::new();
    }
    let names = ["anthropic-version", "anthropic-beta"].map(HeaderName::from_static);
    let passed = names.into_iter().filter_map(|name| {
        let value = headers.get(&name)?.clone();
        Some((name, value))
    });
    passed.collect()
}

fn passed_on(status: StatusCode, kind: &'static str, body: Reply) -> Response<Reply> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

pub(crate) fn text(kind: &'static str, body: impl Into<Bytes>) -> Response<Reply> {
    passed_on(StatusCode::OK, kind, Reply::whole(body.into()))
}
