//! The account of one request, from its permit to its outcome: reservation, charge, use record.

use crate::Reservation;
use crate::content::{Keeping, Kept, finish};
use crate::flights::{Cut, Flight};
use crate::gate::Gate;
use crate::meter::Use;
use crate::random;
use crate::record::{Intent, Outcome, UseRecord};
use crate::sink::Ack;
use crate::spans::UseSpan;
use crate::traits::Traits;
use aws_lc_rs::digest::{Context, SHA256};
use std::sync::Arc;

/// One request's account. Dropping it open means that the client left (or that the request was cut
/// before anyone noticed); the outcome is then written all the same.
pub(crate) struct Ticket {
    gate: Arc<Gate>,
    pub(crate) flight: Arc<Flight>,
    intent: Intent,
    reservation: Option<Reservation>,
    /// Tokens that the record has as set aside.
    on_record: u64,
    answer: Context,
    keeping: Option<Keeping>,
    traits: Traits,
    stage: Stage,
    tokens_in: u64,
    tokens_out: u64,
}

/// How far a request has come, which decides what it costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nothing was forwarded.
    Reserved,
    /// The model's server may have the prompt.
    Forwarded,
    /// The client was given some of the answer.
    Answered,
}

impl Ticket {
    pub(crate) fn new(
        gate: &Arc<Gate>,
        flight: Arc<Flight>,
        intent: Intent,
        reservation: Reservation,
        (keeping, traits): (Option<Keeping>, Traits),
    ) -> Self {
        let plain = || Context::new(&SHA256);
        Self {
            gate: Arc::clone(gate),
            flight,
            tokens_in: intent.tokens_in,
            on_record: intent.reserved,
            intent,
            reservation: Some(reservation),
            answer: keeping.as_ref().map_or_else(plain, Keeping::answer_digest),
            keeping,
            traits,
            stage: Stage::Reserved,
            tokens_out: 0,
        }
    }

    /// Whether nothing of the request may be left once it has ended.
    pub(crate) fn is_sealed(&self) -> bool {
        self.intent.content == Some(Kept::Sealed)
    }

    /// Writes the intent; nothing may be forwarded before the ack.
    pub(crate) fn intend(&self) -> Ack {
        self.gate.sink.intent(self.intent.clone())
    }

    /// From here on the model's server may have the prompt.
    pub(crate) fn forwarded(&mut self) {
        self.stage = Stage::Forwarded;
    }

    /// Makes room for an answer of so many tokens, of a prompt that may have been counted by now.
    /// `false` when the budget has no more; what is delivered must stay below then.
    pub(crate) fn afford(&mut self, tokens_in: Option<u64>, tokens_out: u64) -> bool {
        self.tokens_in = tokens_in.unwrap_or(self.tokens_in);
        let needed = self.tokens_in.saturating_add(tokens_out);
        if self.flight.asked.most.is_some_and(|most| needed > most) {
            return false;
        }
        let Some(reservation) = &mut self.reservation else { return false };
        // growing by more than is needed saves doing it for each event
        let fits = needed <= reservation.tokens()
            || reservation.grow_to(needed.saturating_add(256))
            || reservation.grow_to(needed)
            || {
                // what is on record and counted as spent here too, for a moment, is no reason to cut
                self.gate.count_recorded();
                reservation.grow_to(needed)
            };
        if fits {
            self.tokens_out = tokens_out;
        }
        fits
    }

    /// Has the record follow where more was set aside than it has; what that pays for may be given once this resolves, lest
    /// a crash forget it.
    pub(crate) fn record_growth(&mut self) -> Option<Ack> {
        if !self.has_grown() {
            return None;
        }
        self.on_record = self.reservation.as_ref()?.tokens();
        Some(self.gate.sink.grown(self.intent.request, self.on_record))
    }

    /// Whether more is set aside than the record has.
    pub(crate) fn has_grown(&self) -> bool {
        self.reservation.as_ref().is_some_and(|reserved| reserved.tokens() > self.on_record)
    }

    /// The whole answer took this many tokens, affordable or not.
    pub(crate) fn used(&mut self, tokens_out: u64) {
        self.tokens_out = tokens_out;
    }

    /// These bytes of the answer go to the client.
    pub(crate) fn delivers(&mut self, bytes: &[u8]) {
        if self.stage != Stage::Answered {
            self.gate.meter.first_byte(self.flight.age());
        }
        self.stage = Stage::Answered;
        self.answer.update(bytes);
        if let Some(keeping) = &mut self.keeping {
            keeping.add(bytes);
        }
    }

    /// Settles the budget and writes the outcome. Later calls do nothing.
    pub(crate) fn close(&mut self, outcome: Outcome) -> Ack {
        let Some(mut reservation) = self.reservation.take() else { return Ack::ready(Ok(())) };
        reservation.prompt(self.tokens_in);
        let charged = reservation.settle(self.cost(outcome));
        let finished_at = self.gate.clock.now().max(self.intent.started_at);
        let intent = &self.intent;
        let tokens_in = self.tokens_in.min(charged);
        self.gate.meter.ended(&Use {
            endpoint: intent.endpoint,
            outcome,
            tokens_in,
            tokens_out: charged - tokens_in,
        });
        if let Some(spans) = self.gate.spans.get() {
            let span = UseSpan {
                request: intent.request,
                endpoint: intent.endpoint,
                model: intent.model.clone(),
                started_at: intent.started_at,
                finished_at,
                tokens_in: self.tokens_in,
                tokens_out: self.tokens_out,
                outcome,
            };
            if spans.try_send(span).is_err() {
                self.gate.meter.span_left_out();
            }
        }
        let recorded = self.gate.sink.outcome(UseRecord {
            salt: random::digest(),
            request: intent.request,
            grant: intent.grant.clone(),
            person: intent.person.clone(),
            minute: finished_at.minute(),
            started_at: intent.started_at,
            finished_at,
            endpoint: intent.endpoint,
            model: intent.model.clone(),
            request_digest: intent.request_digest,
            response_digest: finish(self.answer.clone()),
            content: intent.content,
            tokens_in: self.tokens_in,
            tokens_out: self.tokens_out,
            charged,
            outcome,
            traits: std::mem::take(&mut self.traits),
        });
        let store = self.gate.content.get();
        match (self.keeping.take(), store) {
            (Some(keeping), Some(store)) => {
                let exchange = keeping.exchange(intent.request, &self.flight.permit, finished_at);
                Ack::both(recorded, store.keep(exchange))
            }
            _ => recorded,
        }
    }

    /// What the request costs its grant, in tokens: prompt and answer once the client was given any
    /// of it, the prompt when the client left while the model was at work, nothing otherwise.
    fn cost(&self, outcome: Outcome) -> u64 {
        match (self.stage, outcome) {
            (Stage::Answered, _) | (Stage::Forwarded, Outcome::BudgetExhausted) => {
                self.tokens_in.saturating_add(self.tokens_out)
            }
            (Stage::Forwarded, Outcome::ClientGone) => self.tokens_in,
            (Stage::Forwarded | Stage::Reserved, _) => 0,
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let outcome = self.flight.cut().map_or(Outcome::ClientGone, outcome_of);
        // the sink has the record; nobody is left to wait for its ack
        drop(self.close(outcome));
        if let Some(after) = self.gate.flights.leave(&self.flight) {
            self.gate.meter.cut(after);
            let (request, micros) = (self.intent.request, after.as_micros());
            tracing::info!(%request, ?outcome, micros, "a request was cut");
        }
    }
}

/// The outcome of a request that was cut.
pub(crate) fn outcome_of(cut: Cut) -> Outcome {
    match cut {
        Cut::PermitEnded => Outcome::PermitEnded,
        Cut::TimedOut => Outcome::TimedOut,
        Cut::Stopping => Outcome::Stopped,
    }
}
