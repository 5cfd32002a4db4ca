//! Proofs of possession (DPoP, RFC 9449): a client signs each request with a key that its credential is bound to.
//!
//! One algorithm, ES256, with the key in the proof. What a proof says is compared with the request as RFC 9449 §4.3 asks;
//! each is taken once. A client whose clock is wrong is given a nonce, by which the age of its proof is judged then.

mod nonce;
mod replays;

pub(crate) use nonce::Nonces;
pub(crate) use replays::Replays;

use crate::jws::{Jws, part, thumbprint};
use domain::{Digest, Span, Timestamp};
use http::Uri;
use serde::Deserialize;

/// Most bytes of a proof's id.
const MOST_ID: usize = 128;
/// How far a proof's time may be from the gateway's, either way.
const AGE: Span = Span::minutes(1);

/// A proof that was parsed and not yet believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The key's thumbprint (RFC 7638).
    pub thumbprint: Digest,
    /// Its id (`jti`).
    pub id: String,
    method: String,
    uri: Uri,
    issued_at: Timestamp,
    token: Digest,
    nonce: Option<String>,
    jws: Jws,
}

/// What a proof must be about.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The request's method.
    pub method: &'a str,
    /// Whether the connection was TLS of the gateway's own; behind a proxy it is not known.
    pub tls: bool,
    /// The request's `host` header.
    pub host: &'a str,
    /// The request's path.
    pub path: &'a str,
    /// SHA-256 of the token.
    pub token: &'a Digest,
}

/// Why a proof is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofFault {
    /// It can't be read.
    #[error("the DPoP proof can't be read: {0}")]
    Malformed(&'static str),
    /// It is not about this request.
    #[error("the DPoP proof is for another request: `{0}` differs")]
    Differs(&'static str),
    /// Its signature is not its key's.
    #[error("the DPoP proof's signature is wrong")]
    Signature,
    /// It was used before.
    #[error("the DPoP proof was used before; sign a new one for each request")]
    Replayed,
    /// Its age, or that it is for this gateway, can't be told.
    #[error(
        "the DPoP proof has no nonce of this gateway, or an old one; sign one with the nonce that comes with this answer"
    )]
    Nonce {
        /// The nonce to use.
        fresh: String,
    },
    /// The gateway remembers too many.
    #[error("too many DPoP proofs at once; try again in a minute")]
    Full,
}

/// The digest that a grant names when its credential is bound to a key for proofs:
/// `SHA-256("vestibule/bound/v1 dpop" || 0x00 || thumbprint || SHA-256(token))`.
pub fn bound_to_proof(thumbprint: &Digest, token: &Digest) -> Digest {
    let prefix = b"vestibule/bound/v1 dpop\0".as_slice();
    Digest::of(&[prefix, thumbprint.as_bytes(), token.as_bytes()].concat())
}

/// The thumbprint (RFC 7638) of a public key that is written as a JWK on P-256.
///
/// # Errors
/// What is wrong with it; a private key is refused.
pub fn thumbprint_of(jwk: &str) -> Result<Digest, ProofFault> {
    thumbprint(jwk).map_err(ProofFault::Malformed)
}

/// Other claims may be there and are not read.
#[derive(Deserialize)]
struct Claims {
    jti: String,
    htm: String,
    htu: String,
    iat: i64,
    ath: String,
    #[serde(default)]
    nonce: Option<String>,
}

impl Proof {
    /// Reads a proof. Nothing of it is believed yet.
    ///
    /// # Errors
    /// It is over 4 KiB, no JWS of three parts, or a member is missing, unknown in the header, or not as RFC 9449 has it.
    pub fn read(text: &str) -> Result<Self, ProofFault> {
        let jws = Jws::read(text, "dpop+jwt").map_err(ProofFault::Malformed)?;
        let claims: Claims = serde_json::from_slice(&jws.claims).map_err(|_| {
            ProofFault::Malformed(
                "`jti`, `htm`, `htu`, `iat` (a whole number) and `ath` are needed, each once",
            )
        })?;
        let Claims { jti: id, htm: method, htu, iat, ath, nonce } = claims;
        if id.is_empty() || id.len() > MOST_ID {
            return Err(ProofFault::Malformed("`jti` must have 1 to 128 bytes"));
        }
        let uri = htu.parse().map_err(|_| ProofFault::Malformed("`htu` is no URI"))?;
        let micros = iat.checked_mul(1_000_000).and_then(Timestamp::from_micros);
        let issued_at = micros.ok_or(ProofFault::Malformed("`iat` is out of range"))?;
        let token = <[u8; 32]>::try_from(part(&ath).map_err(ProofFault::Malformed)?)
            .map_err(|_| ProofFault::Malformed("`ath` must be a SHA-256 in base64url"))?;
        let token = Digest::from_bytes(token);
        Ok(Self { thumbprint: jws.thumbprint, id, method, uri, issued_at, token, nonce, jws })
    }

    /// Whether the proof is about a request.
    ///
    /// # Errors
    /// What differs.
    pub fn is_about(&self, expected: &Expected<'_>) -> Result<(), ProofFault> {
        if self.method != expected.method {
            return Err(ProofFault::Differs("htm"));
        }
        let scheme = self.uri.scheme_str().map(str::to_ascii_lowercase);
        let fits = match scheme.as_deref() {
            Some("https") => true,
            Some("http") => !expected.tls,
            _ => false,
        };
        let default = if scheme.as_deref() == Some("https") { ":443" } else { ":80" };
        let host = |given: &str| {
            let lower = given.to_ascii_lowercase();
            lower.strip_suffix(default).map_or(lower.clone(), str::to_owned)
        };
        let authority = self.uri.authority().map(|a| host(a.as_str()));
        if !fits || authority != Some(host(expected.host)) || self.uri.path() != expected.path {
            return Err(ProofFault::Differs("htu"));
        }
        if self.token != *expected.token {
            return Err(ProofFault::Differs("ath"));
        }
        Ok(())
    }

    /// Whether its signature is its key's.
    ///
    /// # Errors
    /// It is not.
    pub fn is_signed(&self) -> Result<(), ProofFault> {
        if self.jws.is_signed() { Ok(()) } else { Err(ProofFault::Signature) }
    }

    /// Whether it is recent: by a nonce of this gateway, or, where it has none and none is `needed`, by its own time.
    pub(crate) fn is_recent(
        &self,
        nonces: &Nonces,
        needed: bool,
        now: Timestamp,
    ) -> Result<(), ProofFault> {
        let apart = now.since(self.issued_at).max(self.issued_at.since(now));
        let recent = match &self.nonce {
            Some(nonce) => nonces.knows(nonce, now),
            None => !needed && apart <= AGE,
        };
        if recent { Ok(()) } else { Err(ProofFault::Nonce { fresh: nonces.fresh(now) }) }
    }
}

impl ProofFault {
    /// The error code of RFC 9449.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Nonce { .. } => "use_dpop_nonce",
            Self::Malformed(_)
            | Self::Differs(_)
            | Self::Signature
            | Self::Replayed
            | Self::Full => "invalid_dpop_proof",
        }
    }
}

#[cfg(test)]
mod tests;
