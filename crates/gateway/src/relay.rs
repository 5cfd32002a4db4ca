//! The answer on its way to the client: whole, or an event stream passed on as it comes.
//!
//! A stream's bytes are forwarded untouched, but only up to the end of an event, so that a cut never
//! leaves half of one; whatever is ready together leaves together. The end (its last event) waits
//! for the use record.

use crate::flights::Cut;
use crate::observe::{StreamObserver, last_event_end};
use crate::record::Outcome;
use crate::refused::Refused;
use crate::route::{Dialect, Route};
use crate::sink::{Ack, SinkError};
use crate::ticket::{Ticket, outcome_of};
use crate::upstream::Answer;
use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame, SizeHint};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep};

/// Bytes that are gathered before they are passed on, at most.
const GATHER: usize = 32 * 1024;

/// A response body.
#[derive(Debug)]
pub(crate) enum Reply {
    /// Known bytes.
    Whole(Option<Bytes>),
    /// A stream under way.
    Stream(Box<Relay>),
}

/// A stream under way.
pub(crate) struct Relay {
    answer: Option<Answer>,
    observer: StreamObserver,
    dialect: Dialect,
    ticket: Ticket,
    /// The beginning of an event whose end has not come.
    held: BytesMut,
    silence: Pin<Box<Sleep>>,
    patience: Duration,
    phase: Phase,
}

enum Phase {
    Flowing,
    /// These bytes wait for more that was set aside to be durable.
    Growing(Ack, Bytes),
    /// The last bytes wait for the outcome to be durable.
    Recording(Ack, Bytes),
    /// The last bytes can go.
    Last(Bytes),
    Ended,
}

/// What the upstream had ready.
enum Gathered {
    /// Some bytes, and more may come.
    Bytes(Bytes),
    /// Nothing yet.
    Nothing,
    /// The stream is over: the bytes before its end, and how it ended.
    End(Bytes, Outcome, Option<Refused>),
}

impl Reply {
    pub(crate) fn whole(bytes: Bytes) -> Self {
        Self::Whole(Some(bytes))
    }
}

impl Relay {
    pub(crate) fn new(
        answer: Answer,
        route: &Route,
        ticket: Ticket,
        event_bytes: usize,
        patience: Duration,
    ) -> Self {
        Self {
            answer: Some(answer),
            observer: StreamObserver::new(route.call, event_bytes),
            dialect: route.dialect,
            ticket,
            held: BytesMut::new(),
            silence: Box::pin(tokio::time::sleep_until(Instant::now() + patience)),
            patience,
            phase: Phase::Flowing,
        }
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, SinkError>>> {
        loop {
            if let (Some(cut), Phase::Flowing | Phase::Growing(..) | Phase::Recording(..)) =
                (self.ticket.flight.cut(), &self.phase)
            {
                self.cut(cut);
            }
            match std::mem::replace(&mut self.phase, Phase::Ended) {
                Phase::Flowing => {
                    self.phase = Phase::Flowing;
                    match self.gather(cx) {
                        Gathered::Bytes(bytes) if bytes.is_empty() => {
                            // part of an event: the server is not silent
                            self.silence.as_mut().reset(Instant::now() + self.patience);
                        }
                        Gathered::Bytes(bytes) => {
                            self.silence.as_mut().reset(Instant::now() + self.patience);
                            if let Some(ack) = self.ticket.record_growth() {
                                self.phase = Phase::Growing(ack, bytes);
                                continue;
                            }
                            self.ticket.delivers(&bytes);
                            return Poll::Ready(Some(Ok(bytes)));
                        }
                        Gathered::End(bytes, outcome, why) => self.end(bytes, outcome, why),
                        Gathered::Nothing => {
                            if self.silence.as_mut().poll(cx).is_pending() {
                                return Poll::Pending;
                            }
                            let why = Some(Refused::Stalled);
                            self.end(Bytes::new(), Outcome::UpstreamStalled, why);
                        }
                    }
                }
                Phase::Growing(mut ack, bytes) => match Pin::new(&mut ack).poll(cx) {
                    Poll::Pending => {
                        self.phase = Phase::Growing(ack, bytes);
                        return Poll::Pending;
                    }
                    Poll::Ready(Ok(())) => {
                        self.phase = Phase::Flowing;
                        self.ticket.delivers(&bytes);
                        return Poll::Ready(Some(Ok(bytes)));
                    }
                    Poll::Ready(Err(error)) => {
                        let why = Some(Refused::from(error));
                        self.end(Bytes::new(), Outcome::Stopped, why);
                    }
                },
                Phase::Recording(mut ack, last) => match Pin::new(&mut ack).poll(cx) {
                    Poll::Pending => {
                        self.poll_rest(cx);
                        self.phase = Phase::Recording(ack, last);
                        return Poll::Pending;
                    }
                    Poll::Ready(Ok(())) => self.phase = Phase::Last(last),
                    // the end is withheld: the body breaks off, which clients notice
                    Poll::Ready(Err(error)) => return Poll::Ready(Some(Err(error))),
                },
                Phase::Last(last) if !last.is_empty() => return Poll::Ready(Some(Ok(last))),
                Phase::Last(_) | Phase::Ended => return Poll::Ready(None),
            }
        }
    }

    /// Takes what the upstream has ready, as far as events are whole and the budget reaches.
    fn gather(&mut self, cx: &mut Context<'_>) -> Gathered {
        let mut batch = Batch { searched: self.held.len(), single: None };
        let before = batch.len(self);
        loop {
            let Some(answer) = &mut self.answer else { return Gathered::Nothing };
            let bytes = match answer.poll_bytes(cx) {
                Poll::Pending => break,
                Poll::Ready(Some(Ok(bytes))) => bytes,
                Poll::Ready(None) if self.observer.is_done() => break,
                Poll::Ready(None) => {
                    tracing::warn!("the upstream ended a stream before its last event");
                    return self.broken(batch);
                }
                Poll::Ready(Some(Err(error))) => {
                    tracing::warn!(%error, "the upstream died within a stream");
                    return self.broken(batch);
                }
            };
            if let Err(reason) = self.observer.push(&bytes) {
                tracing::warn!(reason, "the upstream's stream is malformed");
                return self.broken(batch);
            }
            if !self.affords() {
                let why = Some(Refused::AnswerOverBudget);
                return Gathered::End(batch.whole_events(self), Outcome::BudgetExhausted, why);
            }
            batch.add(self, bytes);
            if batch.len(self) >= GATHER {
                break;
            }
        }
        if self.observer.is_done() {
            let failed = self.observer.has_failed();
            let outcome = if failed { Outcome::UpstreamFailed } else { Outcome::Completed };
            return Gathered::End(batch.whole_events(self), outcome, None);
        }
        if batch.len(self) == before {
            return Gathered::Nothing;
        }
        let between = self.observer.is_between_events();
        Gathered::Bytes(if between { batch.all(self) } else { batch.whole_events(self) })
    }

    /// Whether the grant's budget holds the answer so far. A count that the server gives comes when
    /// the answer is out, so it is charged as far as the budget goes and cuts nothing.
    fn affords(&mut self) -> bool {
        let tokens_out = self.observer.tokens_out();
        match self.observer.reported() {
            None => self.ticket.afford(self.observer.tokens_in(), tokens_out),
            Some(reported) => {
                if !self.ticket.afford(Some(reported.tokens_in), tokens_out) {
                    self.ticket.used(tokens_out);
                }
                true
            }
        }
    }

    fn broken(&mut self, batch: Batch) -> Gathered {
        let bytes = batch.whole_events(self);
        Gathered::End(bytes, Outcome::UpstreamFailed, Some(Refused::Broken))
    }

    fn cut(&mut self, cut: Cut) {
        self.end(Bytes::new(), outcome_of(cut), Some(Refused::from(cut)));
    }

    /// Ends the answer with its last bytes, or with an error event that says why it is cut.
    fn end(&mut self, bytes: Bytes, outcome: Outcome, why: Option<Refused>) {
        if !bytes.is_empty() {
            self.ticket.delivers(&bytes);
        }
        let paid = bytes.is_empty() || !self.ticket.has_grown();
        let ack = self.ticket.close(outcome);
        let Some(why) = why else {
            self.phase = Phase::Recording(ack, bytes);
            return;
        };
        self.answer = None;
        let mut last = BytesMut::from(bytes.as_ref());
        last.extend_from_slice(&why.event(self.dialect));
        let last = last.freeze();
        self.phase = if paid { Phase::Last(last) } else { Phase::Recording(ack, last) };
    }

    /// The answer is out; what is left is the end of the exchange, after which others can have the
    /// connection. A server that sends more than its answer loses it.
    fn poll_rest(&mut self, cx: &mut Context<'_>) {
        if let Some(answer) = &mut self.answer
            && answer.poll_bytes(cx).is_ready()
        {
            self.answer = None;
        }
    }
}

/// Bytes of one gathering. A single piece is passed on without a copy.
struct Batch {
    /// Bytes of `held` in which no event ends.
    searched: usize,
    single: Option<Bytes>,
}

impl Batch {
    fn len(&self, relay: &Relay) -> usize {
        relay.held.len() + self.single.as_ref().map_or(0, Bytes::len)
    }

    fn add(&mut self, relay: &mut Relay, bytes: Bytes) {
        if relay.held.is_empty() && self.single.is_none() {
            self.single = Some(bytes);
        } else {
            self.hold(relay);
            relay.held.extend_from_slice(&bytes);
        }
    }

    fn hold(&mut self, relay: &mut Relay) {
        if let Some(single) = self.single.take() {
            relay.held.extend_from_slice(&single);
        }
    }

    /// Everything.
    fn all(mut self, relay: &mut Relay) -> Bytes {
        if relay.held.is_empty() {
            return self.single.take().unwrap_or_default();
        }
        self.hold(relay);
        relay.held.split().freeze()
    }

    /// Up to the last end of an event; the rest stays held.
    fn whole_events(mut self, relay: &mut Relay) -> Bytes {
        self.hold(relay);
        let from = self.searched.saturating_sub(3);
        match relay.held.get(from..).and_then(last_event_end) {
            Some(end) => relay.held.split_to(from + end).freeze(),
            None => Bytes::new(),
        }
    }
}

impl Body for Reply {
    type Data = Bytes;
    type Error = SinkError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, SinkError>>> {
        match self.get_mut() {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Stream(relay) => relay.poll_next(cx).map(|next| next.map(|r| r.map(Frame::data))),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => {
                let length = bytes.as_ref().map_or(0, Bytes::len);
                SizeHint::with_exact(u64::try_from(length).unwrap_or(u64::MAX))
            }
            Self::Stream(_) => SizeHint::default(),
        }
    }
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relay").field("observer", &self.observer).finish_non_exhaustive()
    }
}
