//! Witnesses (c2sp.org/tlog-witness): what a log asks, what a witness answers, and how it decides.
//!
//! [`AddCheckpoint`] and [`SignSubtree`] are the two requests, [`parse_signatures`] and [`parse_size`] read the two
//! good answers, and [`decide`](fn@decide) is the whole rule of a witness: what it knows of a log and a request give
//! either the record to store, durably and before answering, or a [`Refusal`] with the status that the
//! specification gives it. A witness that stores with compare-and-swap on [`Accepted::from`] can't be raced.
//!
//! Where the specification leaves the order of checks open, the one here is: origin, signature, old size against
//! new, old size against the record, empty root, proof. Every text is parsed strictly, so that a request that
//! another reader could understand otherwise is refused.

mod answer;
mod decide;
mod request;

pub use answer::{
    AnswerError, SIZE_CONTENT_TYPE, parse_signatures, parse_size, write_signatures, write_size,
};
pub use decide::{Accepted, Latest, Misbehaviour, Refusal, Watched, decide, sign_time};
pub use request::{
    AddCheckpoint, MAX_HASHES, MAX_REQUEST, RequestError, SignSubtree, SubtreeRefusal,
    check_subtree,
};

use crate::hash::plain_sha256_hex;

/// The name under which monitors find a log: SHA-256 of its origin in lowercase hexadecimal.
pub fn origin_hash(origin: &str) -> String {
    plain_sha256_hex(origin.as_bytes())
}

#[cfg(test)]
mod tests;
