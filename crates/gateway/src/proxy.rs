//! What happens to one request, in order: credential, body, permit, reservation, record, forward,
//! answer. Nothing is forwarded before all of the first five.

mod body;
mod models;
mod who;

use self::body::{Pieces, discard, read_body};
use self::who::{Head, caller};
use crate::authority::Caller;
use crate::ceilings::Held;
use crate::content::Keeping;
use crate::delegation::{Delegation, DelegationFault};
use crate::flights::{Asked, Flight, Line};
use crate::gate::Gate;
use crate::observe::whole_answer;
use crate::random;
use crate::record::{Intent, Outcome, RequestId};
use crate::refused::Refused;
use crate::relay::{Relay, Reply};
use crate::route::{Dialect, Route, dialect};
use crate::ticket::{Ticket, outcome_of};
use crate::upstream::{Answer, UpstreamError, duration};
use crate::{Cap, Exhausted, Reservation};
use access::{Binding, Endpoint, Permit, Refusal, UseRequest};
use bytes::Bytes;
use domain::{Digest, GrantId, ModelId, Timestamp};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use llm::Skim;
use std::future::poll_fn;
use std::net::IpAddr;
use std::sync::Arc;
use tokio::time::timeout;

/// The request's name, for client and upstream.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The nonce for a client's next proof.
pub(crate) const PROOF_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");
/// Longest error body of the upstream that is passed on, in bytes.
const ERROR_BYTES: usize = 1 << 20;

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
    response.headers_mut().insert(REQUEST_ID, id.header());
    if caller.binding == Binding::Proof
        && gate.limits.proof_nonces
        && let Ok(nonce) = HeaderValue::from_str(&gate.nonces.fresh(gate.clock.now()))
    {
        // for the next proof (RFC 9449 §8.2)
        response.headers_mut().insert(PROOF_NONCE, nonce);
    }
    if sealed {
        // a connection's buffers hold plaintext until it is closed
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        response.extensions_mut().insert(LastHere);
    }
    if route.dialect == Dialect::Anthropic {
        response.headers_mut().insert(HeaderName::from_static("request-id"), id.header());
    }
    Ok(response)
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

/// What is sent upstream.
struct Forward {
    route: &'static Route,
    body: Bytes,
    id: RequestId,
    stream: bool,
    passed: Vec<(HeaderName, HeaderValue)>,
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

/// Forwards a request that has permit and reservation, once its intent is durable.
async fn forward(
    gate: &Arc<Gate>,
    mut ticket: Ticket,
    call: Forward,
) -> Result<Response<Reply>, Refused> {
    let flight = Arc::clone(&ticket.flight);
    let begun = flight.age();
    let sealed = ticket.is_sealed();
    let intending = async { (ticket.intend().await, flight.age()) };
    // meanwhile there is time to connect, by which the model's server is told nothing
    let (intended, wire) =
        flight.unless_cut(async { tokio::join!(intending, gate.upstream.wire(sealed)) }).await?;
    let (intended, at) = intended;
    // a withdrawal may have fallen between the permit and the flight's entry, or now
    if intended.is_err() || !gate.holds(&flight.permit) {
        if let Ok(wire) = wire {
            gate.upstream.keep(wire);
        }
        intended?;
        drop(ticket.close(Outcome::PermitEnded));
        return Err(Refused::PermitEnded);
    }
    gate.meter.recorded(at.saturating_sub(begun));
    ticket.forwarded();
    let Forward { route, body, id, stream, passed: mut headers } = call;
    headers.extend([
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (
            header::ACCEPT,
            HeaderValue::from_static(if stream { "text/event-stream" } else { "*/*" }),
        ),
        (REQUEST_ID, id.header()),
    ]);
    let sent = gate.upstream.call((wire, sealed), route, body, &headers);
    let mut answer = match upstream(gate, &flight, sent).await {
        Ok(answer) => answer,
        Err(failed) => return Err(fail(ticket, failed)),
    };
    if sealed {
        answer.make_last();
    }
    let streams = answer.head.headers.get(header::CONTENT_TYPE).is_some_and(is_event_stream);
    match answer.head.status {
        StatusCode::OK if streams => {
            let patience = duration(gate.limits.stall_timeout);
            let relay = Relay::new(answer, route, ticket, gate.limits.answer_bytes, patience);
            Ok(passed_on(StatusCode::OK, "text/event-stream", Reply::Stream(Box::new(relay))))
        }
        StatusCode::OK => whole(gate, route, ticket, answer).await,
        _ => refusal(gate, ticket, answer).await,
    }
}

/// An answer that doesn't stream: given once it is whole, counted, paid and recorded.
async fn whole(
    gate: &Gate,
    route: &Route,
    mut ticket: Ticket,
    mut answer: Answer,
) -> Result<Response<Reply>, Refused> {
    let flight = Arc::clone(&ticket.flight);
    let bytes = match collect(gate, &flight, &mut answer, gate.limits.answer_bytes).await {
        Ok(bytes) => bytes,
        Err(failed) => return Err(fail(ticket, failed)),
    };
    let (reported, tokens_out) = match whole_answer(route.call, &bytes) {
        Ok(counted) => counted,
        Err(reason) => {
            tracing::warn!(reason, "the upstream's answer is malformed");
            return Err(fail(ticket, Failed::Upstream));
        }
    };
    if !ticket.afford(reported.map(|r| r.tokens_in), tokens_out) {
        ticket.used(tokens_out);
        return Err(fail(ticket, Failed::OverBudget));
    }
    ticket.delivers(&bytes);
    flight.unless_cut(ticket.close(Outcome::Completed)).await??;
    Ok(passed_on(StatusCode::OK, "application/json", Reply::whole(bytes)))
}

/// An error of the upstream: passed on, except where it concerns the gateway's own key.
async fn refusal(
    gate: &Gate,
    mut ticket: Ticket,
    mut answer: Answer,
) -> Result<Response<Reply>, Refused> {
    let status = answer.head.status;
    let ours = matches!(status.as_u16(), 401 | 403 | 407) || !status.is_client_error();
    if ours && !status.is_server_error() {
        tracing::warn!(%status, "the upstream refuses the gateway");
        drop(ticket.close(Outcome::UpstreamRefused));
        return Err(Refused::NotAccepted);
    }
    let flight = Arc::clone(&ticket.flight);
    let bytes = match collect(gate, &flight, &mut answer, ERROR_BYTES).await {
        Ok(bytes) => bytes,
        Err(failed) => return Err(fail(ticket, failed)),
    };
    flight.unless_cut(ticket.close(Outcome::UpstreamRefused)).await??;
    let mut response = passed_on(status, "application/json", Reply::whole(bytes));
    for name in [header::CONTENT_TYPE, header::RETRY_AFTER] {
        if let Some(value) = answer.head.headers.get(&name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    Ok(response)
}

/// Why a forwarded request got no answer.
enum Failed {
    Cut(crate::flights::Cut),
    Unreachable,
    Upstream,
    Stalled,
    TooLarge(usize),
    OverBudget,
}

fn fail(mut ticket: Ticket, failed: Failed) -> Refused {
    let (outcome, refused) = match failed {
        Failed::Cut(cut) => (outcome_of(cut), Refused::from(cut)),
        Failed::Unreachable => (Outcome::UpstreamFailed, Refused::Unreachable),
        Failed::Upstream => (Outcome::UpstreamFailed, Refused::Broken),
        Failed::Stalled => (Outcome::UpstreamStalled, Refused::Stalled),
        Failed::TooLarge(bytes) => (Outcome::UpstreamFailed, Refused::AnswerTooLarge(bytes)),
        Failed::OverBudget => (Outcome::BudgetExhausted, Refused::AnswerOverBudget),
    };
    // nothing of the answer was given, so nothing waits for the record
    drop(ticket.close(outcome));
    refused
}

/// Waits for the upstream, but neither past a cut nor for longer than it may be silent.
async fn upstream<T>(
    gate: &Gate,
    flight: &Flight,
    work: impl Future<Output = Result<T, UpstreamError>>,
) -> Result<T, Failed> {
    let patience = duration(gate.limits.stall_timeout);
    match flight.unless_cut(timeout(patience, work)).await {
        Err(cut) => Err(Failed::Cut(cut)),
        Ok(Err(_)) => Err(Failed::Stalled),
        Ok(Ok(Ok(value))) => Ok(value),
        Ok(Ok(Err(error))) => {
            tracing::warn!(%error, "the upstream failed");
            Err(match error {
                UpstreamError::Connect(_) => Failed::Unreachable,
                UpstreamError::Exchange(_) => Failed::Upstream,
            })
        }
    }
}

/// The whole body of an answer.
async fn collect(
    gate: &Gate,
    flight: &Flight,
    answer: &mut Answer,
    bound: usize,
) -> Result<Bytes, Failed> {
    let mut whole = Pieces::default();
    loop {
        let next = async { poll_fn(|cx| answer.poll_bytes(cx)).await.transpose() };
        let Some(bytes) = upstream(gate, flight, next).await? else { return Ok(whole.join()) };
        if !whole.add(bytes, bound) {
            return Err(Failed::TooLarge(bound));
        }
    }
}

/// A permit and the tokens for it. A request that names no bound is content with what is left.
fn permit(
    gate: &Gate,
    (caller, delegation): (&Caller, Option<&Delegation>),
    endpoint: Endpoint,
    skim: &Skim,
    now: Timestamp,
) -> Result<(Permit, Reservation), Refused> {
    let unknown = || Refused::UnknownModel(skim.model.chars().take(100).collect());
    let model: ModelId = skim.model.parse().map_err(|_| unknown())?;
    let answer = skim.max_tokens.unwrap_or(gate.limits.default_answer_tokens);
    let mut asked = answer.saturating_mul(skim.alternatives).saturating_add(skim.prompt_tokens);
    if let Some(delegation) = delegation {
        delegation.allows(&model, endpoint)?;
        let most = delegation.tokens.unwrap_or(asked);
        let fits = asked <= most || (skim.max_tokens.is_none() && most > skim.prompt_tokens);
        if !fits {
            return Err(Refused::Delegation(DelegationFault::Less(
                "so many tokens in one request",
            )));
        }
        asked = asked.min(most);
    }
    let enough = |left: u64| skim.max_tokens.is_none() && left > skim.prompt_tokens;
    let recording = gate.sink.recording();
    let mut request = UseRequest {
        from: caller.from,
        binding: caller.binding,
        second: caller.second,
        recording,
        ..UseRequest::new(model, endpoint, asked)
    };
    let mut permit = gate.authority.permit(&caller.credential, &request, now);
    // what is left of the grant may be more than what is left of the day
    while let Some((left, asked)) = permit.as_ref().err().and_then(Refusal::spent)
        && enough(left)
        && left < asked
    {
        request.tokens = left;
        permit = gate.authority.permit(&caller.credential, &request, now);
    }
    let permit = permit.map_err(|refusal| {
        let not_granted = matches!(refusal, Refusal::ModelNotGranted { .. });
        if not_granted { unknown() } else { Refused::Permit(refusal) }
    })?;
    let least = match skim.max_tokens {
        None => request.tokens.min(skim.prompt_tokens.saturating_add(1)),
        Some(_) => request.tokens,
    };
    let wanted = (skim.prompt_tokens, least, request.tokens);
    let held = gate.set_aside(&permit, wanted, now)?;
    request.tokens = held.as_ref().map_or(request.tokens, Held::tokens);
    let reserve = |tokens| gate.budgets.reserve(permit.grant(), Cap::from(&permit), tokens);
    let mut reservation = reserve(request.tokens);
    if reservation.is_err() {
        // what is on record and counted as spent here too, for a moment, is no reason to refuse
        gate.count_recorded();
        reservation = reserve(request.tokens);
    }
    while let Err(Exhausted { left, needed, .. }) = reservation
        && enough(left)
        && left < needed
    {
        reservation = reserve(left);
    }
    let reservation = reservation?.under(held);
    Ok((permit, reservation))
}

fn is_event_stream(value: &HeaderValue) -> bool {
    let kind = b"text/event-stream";
    value.as_bytes().get(..kind.len()).is_some_and(|start| start.eq_ignore_ascii_case(kind))
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
