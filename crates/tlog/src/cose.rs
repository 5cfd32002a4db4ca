//! COSE Receipts (RFC 9942): inclusion and consistency proofs whose root is signed as a `COSE_Sign1`.
//!
//! A receipt is an array of four under tag 18: a protected header with the algorithm (1) and the verifiable data
//! structure (395, only `RFC9162_SHA256` = 1), an unprotected header with the proofs (396), the root as
//! payload, as a rule left out, and the signature. Read one with [`CoseReceipt::parse`] and believe it after
//! [`CoseReceipt::verify_inclusion`] or [`CoseReceipt::verify_consistency`]; a statement that carries receipts
//! in header 394 is a [`CoseStatement`].
//!
//! What RFC 8949, 9052 and 9942 leave to a verifier is decided so, and tested:
//!
//! - *Encoding.* Any well-formed CBOR is read, indefinite lengths and long integers included: RFC 9052 §9
//!   restricts only the `Sig_structure`, which is built here. A label twice in one map, at any depth or in
//!   both headers, is refused, as are bytes after the item, reserved values and nesting below
//!   [`MAX_DEPTH`] levels. What is written is deterministic (RFC 8949 §4.2.1).
//! - *Tag.* 18 is required (RFC 9942 §3).
//! - *Headers.* Algorithm and structure must be protected, as integers. A critical header (2) that is not one
//!   of 1, 4 and 395, or that is not there, refuses the receipt; so does a proof of an unknown type.
//! - *Paths.* The only leaf of a tree has an empty inclusion path, as RFC 9162 §2.1.3.1 has it, although the
//!   CDDL asks for one hash; a consistency path is never empty, so equal sizes are refused.
//! - *Several proofs* in one receipt: one that leads to the signed root is enough, as each may be for
//!   another leaf.
//! - *An attached payload* refuses the receipt: a verifier computes the root (RFC 9942 §5.2.1). Tree size and index
//!   steer the walk and are not themselves signed.

mod item;
mod key;
mod receipt;
mod sign1;
#[cfg(not(target_arch = "wasm32"))]
mod signer;
mod statement;

pub use key::{CoseAlgorithm, CoseKey};
pub use receipt::{CoseConsistency, CoseInclusion, CoseReceipt};
#[cfg(not(target_arch = "wasm32"))]
pub use signer::{CoseSigner, Es256Signer, MlDsaSigner, RawEd25519Signer};
pub use statement::CoseStatement;

use crate::ProofError;

/// The longest receipt that is read, in bytes.
pub const MAX_COSE_RECEIPT: usize = 1 << 16;
/// The longest statement with receipts that is read, in bytes.
pub const MAX_COSE_STATEMENT: usize = 1 << 20;
/// How deep arrays, maps and tags may be nested.
pub const MAX_DEPTH: usize = 8;
/// The most proofs of one type that one receipt may have.
pub const MAX_COSE_PROOFS: usize = 64;

/// Why something is not a COSE Receipt, or is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CoseError {
    /// More bytes than are read.
    #[error("{given} bytes; at most {most} are read")]
    TooLong {
        /// How many there are.
        given: usize,
        /// How many are read.
        most: usize,
    },
    /// Not well-formed CBOR, or more than one item.
    #[error("not CBOR at byte {at}: {why}")]
    Cbor {
        /// Where reading stopped.
        at: usize,
        /// What is wrong there.
        why: String,
    },
    /// CBOR of another shape.
    #[error("{part} must be {wanted}")]
    Shape {
        /// Which part.
        part: &'static str,
        /// What it must be.
        wanted: &'static str,
    },
    /// A header that the receipt says must be understood, and is not.
    #[error("the critical header {0} is not understood here, or is missing")]
    Critical(String),
    /// An algorithm that is not known, or is not the key's.
    #[error("the algorithm {0} can't be used with this key, or not here at all")]
    Algorithm(String),
    /// A verifiable data structure other than `RFC9162_SHA256`.
    #[error("the verifiable data structure {0} is not known here; RFC9162_SHA256 is 1")]
    Structure(String),
    /// The key is malformed.
    #[error("the key {0}")]
    Key(&'static str),
    /// The receipt has no proof of the type asked for.
    #[error("the receipt has no proof of {0}")]
    NoProof(&'static str),
    /// No proof in it leads anywhere; this is what is wrong with the last.
    #[error("the proof does not hold")]
    Proof(#[source] ProofError),
    /// The payload is there.
    #[error(
        "the payload is attached; a receipt leaves it out, so that each verifier computes the root"
    )]
    Payload,
    /// The signature is not the key's over the root.
    #[error("the signature is not this key's over the root that the proof leads to")]
    Signature,
    /// The crypto library refused to sign.
    #[error("the key could not sign")]
    Sign,
}

#[cfg(test)]
mod tests;
