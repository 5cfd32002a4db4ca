//! Proofs that were taken, for as long as one could be taken again.

use super::{Proof, ProofFault};
use domain::{Digest, Span, Timestamp};
use std::collections::{BTreeSet, VecDeque};
use std::sync::{Mutex, PoisonError};

/// Proofs that are remembered. Only holders of credentials get that far, so it is their own number of requests.
const MOST: usize = 1 << 18;
/// For how long: the longest that a proof can be recent, by its time (a minute early, a minute late) or by its nonce.
const WINDOW: Span = Span::minutes(3);

/// The proofs of one gateway.
#[derive(Debug, Default)]
pub(crate) struct Replays(Mutex<Taken>);

#[derive(Debug, Default)]
struct Taken {
    known: BTreeSet<Digest>,
    order: VecDeque<(Timestamp, Digest)>,
}

impl Replays {
    /// Takes a proof, once.
    pub(crate) fn take(&self, proof: &Proof, now: Timestamp) -> Result<(), ProofFault> {
        let key = Digest::of(&[proof.thumbprint.as_bytes(), proof.id.as_bytes()].concat());
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some((at, oldest)) = taken.order.front().copied()
            && now.since(at) > WINDOW
        {
            taken.order.pop_front();
            taken.known.remove(&oldest);
        }
        if taken.known.contains(&key) {
            return Err(ProofFault::Replayed);
        }
        if taken.order.len() >= MOST {
            return Err(ProofFault::Full);
        }
        taken.known.insert(key);
        taken.order.push_back((now, key));
        Ok(())
    }
}
