//! Streaming proxy in front of a model that forwards only with a permit.
//!
//! A client speaks the OpenAI API (chat completions, responses, embeddings, models) or the Anthropic
//! API (messages, token counts) with a key. For each request the gateway
//! asks an [`Authority`] for an [`access::Permit`], sets tokens of the grant aside ([`Budgets`]), makes
//! the intent durable in a [`UseSink`], and only then forwards the body, byte for byte, to the one
//! upstream. Answers pass through untouched while a copy is counted. When the permit ends, by the
//! authority's word, by [`Control::stop`] or by time, the request is cut wherever it is: waiting for the
//! model, for the disk, or for the client. Each use becomes a salted leaf of its grant's minute, whose
//! root [`UseLog::minutes_closed`] gives to be logged.
//!
//! What it does not do: it keeps no prompt and no answer unless the terms say so, and then hands them to a [`ContentStore`]; it knows no provider but the one it is given,
//! it sends the client's key nowhere, and it has no address that decides anything about a release.
#![warn(clippy::wildcard_enum_match_arm, missing_docs)]

#[cfg(test)]
extern crate self as gateway; // what the tests outside share with the model

mod authority;
mod budget;
mod ceilings;
mod config;
mod connection;
mod content;
mod delegation;
mod dpop;
mod flights;
mod gate;
mod health;
mod hearing;
mod jws;
mod lease;
mod live;
mod merkle;
mod meter;
#[cfg(test)]
mod model;
mod observe;
mod pace;
#[cfg(test)]
#[expect(dead_code, reason = "shared with the tests of the whole gateway")]
#[path = "../tests/it/permits.rs"]
mod permits;
mod policy;
mod proxy;
mod random;
mod record;
mod refused;
mod relay;
mod route;
mod serve;
mod sink;
mod spans;
mod ticket;
mod tls;
mod traits;
mod upstream;
mod uselog;

pub use authority::{Authority, Caller, Clock, SystemClock, bound_to_certificate};
pub use budget::{
    Account, Bound, Budgets, Cap, Exhausted, OwnMinute, Recorded, Reservation, Spent,
};
pub use ceilings::{CeilingError, Ceilings, DayUse, MOST_BYTES as CEILING_BYTES, OverCeiling};
pub use config::{Config, ConfigError, Limits, UpstreamHttp, UpstreamTls};
pub use content::{ContentStore, Exchange, KEPT_BYTES, Kept, Side, commitment};
pub use delegation::{Delegation, DelegationFault};
pub use dpop::{Expected, Proof, ProofFault, bound_to_proof, thumbprint_of};
pub use gate::{Control, Scope};
pub use health::serve_health;
pub use hearing::Heard;
pub use live::LiveReviews;
pub use policy::{
    Analysis, MOST_BYTES as POLICY_BYTES, Policies, PolicyError, PolicyRefusal,
    SCHEMA as POLICY_SCHEMA,
};
pub use record::{Intent, Outcome, ParseRequestIdError, RequestId, UseRecord};
pub use serve::{Gateway, serve};
pub use sink::{Ack, SinkError, UseSink};
pub use spans::{SPANS_WAITING, UseSpan, otlp_body};
pub use tls::{Tls, TlsClients, certificate_digest};
pub use traits::Traits;
pub use upstream::{Tried, try_upstream};
pub use uselog::{
    Destroyed, Durability, MinuteSummary, ProofError, Recovery, UseLog, UseLogError, UseProof,
    check_bytes, minute_root, read_use,
};
