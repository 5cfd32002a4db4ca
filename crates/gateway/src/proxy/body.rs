//! Bodies as they arrive: bounded in size and in time.

use crate::gate::Gate;
use crate::refused::Refused;
use crate::upstream::duration;
use bytes::{Bytes, BytesMut};
use http::{Request, Version};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use std::time::Duration;
use tokio::time::timeout;

/// Bytes of a body that are taken in without being looked at, and for how long.
const DISCARDED: usize = 64 * 1024;
const DISCARDING: Duration = Duration::from_millis(500);

/// The client's whole body, within bounds of size and time.
pub(super) async fn read_body(gate: &Gate, mut body: Incoming) -> Result<Bytes, Refused> {
    let bound = gate.limits.body_bytes;
    let announced = body.size_hint().lower();
    if usize::try_from(announced).map_or(true, |n| n > bound) {
        return Err(Refused::BodyTooLarge(bound));
    }
    let reading = async {
        let mut whole = Pieces::default();
        while let Some(frame) = body.frame().await {
            let Ok(bytes) = frame.map_err(|_| Refused::BodyBroken)?.into_data() else { continue };
            if !whole.add(bytes, bound) {
                return Err(Refused::BodyTooLarge(bound));
            }
        }
        Ok(whole.join())
    };
    let read = timeout(duration(gate.limits.body_timeout), reading).await;
    read.unwrap_or(Err(Refused::BodyTooSlow))
}

/// Takes in a body that nobody will look at, if it is small and comes soon. In HTTP/2 an answer before the end of a request
/// ends its stream, which some clients (curl 7.88) take for a failure and lose the answer.
pub(super) async fn discard(request: Request<Incoming>) {
    if request.version() != Version::HTTP_2 {
        return;
    }
    let mut body = request.into_body();
    let taking = async {
        let mut left = DISCARDED;
        while let Some(Ok(frame)) = body.frame().await {
            let bytes = frame.data_ref().map_or(0, Bytes::len);
            let Some(rest) = left.checked_sub(bytes) else { break };
            left = rest;
        }
    };
    drop(timeout(DISCARDING, taking).await);
}

/// Pieces of a body; a single one is not copied.
#[derive(Default)]
pub(super) struct Pieces {
    first: Bytes,
    rest: BytesMut,
}

impl Pieces {
    /// Adds a piece unless the whole then exceeds `bound` bytes.
    pub(super) fn add(&mut self, bytes: Bytes, bound: usize) -> bool {
        if self.first.len() + self.rest.len() + bytes.len() > bound {
            return false;
        }
        if self.first.is_empty() {
            self.first = bytes;
        } else {
            self.rest.extend_from_slice(&bytes);
        }
        true
    }

    pub(super) fn join(self) -> Bytes {
        if self.rest.is_empty() {
            return self.first;
        }
        let mut whole = BytesMut::with_capacity(self.first.len() + self.rest.len());
        whole.extend_from_slice(&self.first);
        whole.extend_from_slice(&self.rest);
        whole.freeze()
    }
}
