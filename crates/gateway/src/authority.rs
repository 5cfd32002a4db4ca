//! What the gateway asks of those who know: is this use permitted, and what time is it.

use crate::{OwnMinute, Recorded};
use access::{Binding, Permit, Refusal, UseRequest, Used, Whose};
use domain::{Digest, GrantId, ModelId, PartyId, PersonId, Timestamp};
use std::net::IpAddr;
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::watch;

/// Who asks, as far as the head of a request tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// SHA-256 of the bearer token; or [`bound_to_certificate`].
    pub credential: Digest,
    /// How the caller showed that it is its own.
    pub binding: Binding,
    /// Where the request comes from, when that is known.
    pub from: Option<IpAddr>,
    /// SHA-256 of the bearer token of a second person who looks on.
    pub second: Option<Digest>,
}

/// The digest that a grant names when its credential is bound to a client certificate: of both, so that neither alone is
/// worth anything. `SHA-256("vestibule/bound/v1 certificate" || 0x00 || SHA-256(certificate) || SHA-256(token))`; the
/// certificate's digest is the `x5t#S256` of RFC 8705.
pub fn bound_to_certificate(certificate: &Digest, token: &Digest) -> Digest {
    let prefix = b"vestibule/bound/v1 certificate\0".as_slice();
    Digest::of(&[prefix, certificate.as_bytes(), token.as_bytes()].concat())
}

/// Who decides about uses: [`crate::LiveReviews`], or anything that answers like it.
///
/// Calls are on the hot path and must not wait. Only `access` can mint a [`Permit`], so an
/// implementation can't invent one.
pub trait Authority: Send + Sync {
    /// Whether a request of this caller is worth reading; asked before its body is.
    ///
    /// # Errors
    /// The credential is unknown, or nothing it could ask for would be permitted now.
    fn recognises(&self, caller: &Caller, now: Timestamp) -> Result<(), Refusal>;

    /// A permit for one use by the holder of a credential, whose bearer token has this digest.
    ///
    /// # Errors
    /// The rule that refuses.
    fn permit(
        &self,
        credential: &Digest,
        request: &UseRequest,
        now: Timestamp,
    ) -> Result<Permit, Refusal>;

    /// Whether a permit still holds: not withdrawn, revoked, suspended, ended or expired.
    fn is_live(&self, permit: &Permit, now: Timestamp) -> bool;

    /// The models that a caller may use now.
    ///
    /// # Errors
    /// As [`Authority::recognises`].
    fn models(&self, caller: &Caller, now: Timestamp) -> Result<Vec<ModelId>, Refusal>;

    /// What the record says of a grant, and which of these minutes of the gateway's own are in it: both of one moment.
    /// None where there is no record; a gateway then counts by itself alone.
    fn recorded(&self, grant: &GrantId, own: &[OwnMinute]) -> Option<Recorded>;

    /// The organisation and the person that have a grant, and its model; none where that is not known.
    fn holder(&self, _grant: &GrantId) -> Option<(PartyId, PersonId, ModelId)> {
        None
    }

    /// What the record says was used on a day (UTC), by model and of all gateways together; nothing where there is no record.
    fn used_on(&self, _whose: Whose<'_>, _day: Timestamp) -> Vec<(ModelId, Used)> {
        Vec::new()
    }

    /// A number that changes whenever an answer of [`Authority::is_live`] may have changed otherwise
    /// than by time. The gateway then looks at every open stream at once.
    fn epoch(&self) -> watch::Receiver<u64>;
}

/// What time it is.
pub trait Clock: Send + Sync {
    /// The instant that permits are judged by.
    fn now(&self) -> Timestamp;
}

/// The system's clock, which may be set forward but never back: what a permit lost by time it does
/// not regain because someone turned the clock.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    started: Instant,
    started_at: Timestamp,
}

impl SystemClock {
    /// Anchors the clock to the monotonic one.
    #[expect(clippy::disallowed_methods, reason = "edge: owns the clock")]
    pub fn start() -> Self {
        Self { started: Instant::now(), started_at: wall() }
    }
}

impl Clock for SystemClock {
    /// The later of the wall clock and the start plus the time that has passed since.
    fn now(&self) -> Timestamp {
        wall().max(self.started_at.after(domain::Span::micros(micros(self.started.elapsed()))))
    }
}

#[expect(clippy::disallowed_methods, reason = "edge: owns the clock")]
fn wall() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let micros = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(micros).unwrap_or(Timestamp::MAX)
}

fn micros(elapsed: Duration) -> u64 {
    u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX)
}
