//! Time-stamp tokens (RFC 3161, as RFC 5816 updates it): what an authority that both sides trust says about time.
//!
//! [`Query`] asks an authority about some bytes, of which it sees the SHA-384 digest only; [`Token::from_answer`] reads
//! what it sends back, and [`Token::verify`] believes it: offline, against [`Authorities`] that the reader trusts.
//!
//! What the RFCs leave to a verifier is decided so, and tested:
//!
//! - *Encoding.* DER only. A query's extensions and a token's critical extensions are not understood here.
//! - *Signer.* Exactly one. It is the certificate that the signed attribute ESSCertIDv2 (RFC 5816) hashes; ESSCertID with
//!   SHA-1 alone is refused. Its extended key usage is critical and time stamping alone (RFC 3161 §2.3).
//! - *Chain.* To one of the authorities as of the token's own time, so a token outlives its certificates. Revocation is
//!   not looked up: a token is as good as the authority was then, and a reader who knows better takes it off the list.
//! - *Algorithms.* SHA-256, SHA-384 and SHA-512; ECDSA with P-256, P-384 and P-521, RSA (PKCS #1 v1.5) of 2048 bits or
//!   more, Ed25519.
//! - *Time.* Whole seconds (RFC 5280's form), which is what authorities send.
//!
//! No clock, no network: the caller carries bytes.
#![warn(clippy::wildcard_enum_match_arm, missing_docs)]

mod authority;
mod query;
mod token;

pub use authority::Authorities;
pub use query::Query;
pub use token::{Stamped, Token};

use aws_lc_rs::digest;
use der::asn1::ObjectIdentifier;
use der::oid::db::rfc5912::{ID_SHA_256, ID_SHA_384, ID_SHA_512};

/// The most bytes of an answer or token that are read.
pub const MAX_TOKEN: usize = 1 << 16;

/// Why there is no token, or why it is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimestampError {
    /// More bytes than are read.
    #[error("{0} bytes; at most {MAX_TOKEN} are read")]
    TooLong(usize),
    /// Not the DER that it must be.
    #[error("{part} can't be read as DER: {why}")]
    Der {
        /// Which part.
        part: &'static str,
        /// Why.
        why: String,
    },
    /// The authority said no.
    #[error("the authority gave no token: {0}")]
    Refused(String),
    /// A part that is not as RFC 3161, RFC 5652 or RFC 5816 want it.
    #[error("{part} must be {wanted}")]
    Shape {
        /// Which part.
        part: &'static str,
        /// What it must be.
        wanted: &'static str,
    },
    /// A digest algorithm that is not used here.
    #[error("the digest algorithm {0} is not used here: SHA-256, SHA-384 or SHA-512")]
    Digest(String),
    /// It is about something else.
    #[error("the token is about other bytes than these")]
    OtherMessage,
    /// It answers another query.
    #[error("the token answers another query: its nonce is not the one that was asked with")]
    Nonce,
    /// The signed content is not what was signed.
    #[error("the token's content is not the one that its signature is over")]
    Content,
    /// The signature.
    #[error("the signature is not that of the certificate `{0}`")]
    Signature(String),
    /// The certificate.
    #[error("the certificate `{subject}` is not trusted: {why}")]
    Untrusted {
        /// Whose.
        subject: String,
        /// Why.
        why: String,
    },
    /// The list of authorities.
    #[error("the authorities' certificates: {0}")]
    Authorities(String),
}

/// Names the part that was not DER.
pub(crate) fn unreadable(part: &'static str) -> impl Fn(der::Error) -> TimestampError {
    move |e| TimestampError::Der { part, why: e.to_string() }
}

/// The digest of some bytes by the algorithm of an object identifier.
pub(crate) fn hash(
    algorithm: ObjectIdentifier,
    bytes: &[u8],
) -> Result<digest::Digest, TimestampError> {
    let known = [
        (ID_SHA_256, &digest::SHA256),
        (ID_SHA_384, &digest::SHA384),
        (ID_SHA_512, &digest::SHA512),
    ];
    let found = known.into_iter().find(|(oid, _)| *oid == algorithm);
    let (_, algorithm) = found.ok_or_else(|| TimestampError::Digest(algorithm.to_string()))?;
    Ok(digest::digest(algorithm, bytes))
}

#[cfg(test)]
mod tests;
