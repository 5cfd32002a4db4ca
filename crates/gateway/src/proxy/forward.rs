//! A request that has permit and reservation: on record, forwarded, answered.

use super::body::Pieces;
use super::{REQUEST_ID, passed_on};
use crate::flights::Flight;
use crate::gate::Gate;
use crate::observe::whole_answer;
use crate::record::{Outcome, RequestId};
use crate::refused::Refused;
use crate::relay::{Relay, Reply};
use crate::route::Route;
use crate::ticket::{Ticket, outcome_of};
use crate::upstream::{Answer, UpstreamError, duration};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use std::future::poll_fn;
use std::sync::Arc;
use tokio::time::timeout;

/// Longest error body of the upstream that is passed on, in bytes.
const ERROR_BYTES: usize = 1 << 20;

/// What is sent upstream.
pub(super) struct Forward {
    pub(super) route: &'static Route,
    pub(super) body: Bytes,
    pub(super) id: RequestId,
    pub(super) stream: bool,
    pub(super) passed: Vec<(HeaderName, HeaderValue)>,
}

/// Forwards a request that has permit and reservation, once its intent is durable.
pub(super) async fn forward(
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

fn is_event_stream(value: &HeaderValue) -> bool {
    let kind = b"text/event-stream";
    value.as_bytes().get(..kind.len()).is_some_and(|start| start.eq_ignore_ascii_case(kind))
}
