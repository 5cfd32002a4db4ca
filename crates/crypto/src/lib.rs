//! The one door to hashes and signature verification, for every crate that reads and verifies.
//!
//! Natively the primitives are `aws-lc-rs`. For `wasm32`, where that can't be built, they are the pure Rust
//! crates of the RustCrypto and dalek projects. Which one is chosen by the target alone, never by a feature,
//! and both are judged by the same vectors: the pure Rust side is compiled into this crate's tests, so a
//! difference between them fails the native build too. Nothing here reads a clock, waits, or draws randomness.
//!
//! These are bare primitives. *Which* Ed25519 encodings count is decided once, in `tlog::verify_ed25519`;
//! call that, not [`ed25519_equation`]. Signing, sealing and opening need secrets and randomness, happen
//! natively only, and use `aws-lc-rs` where they are written.
#![warn(missing_docs)]

#[cfg(not(target_arch = "wasm32"))]
mod native;
#[cfg(any(test, target_arch = "wasm32"))]
mod portable;

#[cfg(not(target_arch = "wasm32"))]
use native as chosen;
#[cfg(target_arch = "wasm32")]
use portable as chosen;

/// The parameter sets of ML-DSA (FIPS 204, table 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MlDsa {
    /// ML-DSA-44.
    MlDsa44,
    /// ML-DSA-65.
    MlDsa65,
    /// ML-DSA-87.
    MlDsa87,
}

impl MlDsa {
    /// Bytes of a public key (FIPS 204, table 2).
    pub const fn public_len(self) -> usize {
        match self {
            Self::MlDsa44 => 1_312,
            Self::MlDsa65 => 1_952,
            Self::MlDsa87 => 2_592,
        }
    }

    /// Bytes of a signature (FIPS 204, table 2).
    pub const fn signature_len(self) -> usize {
        match self {
            Self::MlDsa44 => 2_420,
            Self::MlDsa65 => 3_309,
            Self::MlDsa87 => 4_627,
        }
    }

    /// Whether this is the key's signature over the message: pure ML-DSA with an empty context (FIPS 204,
    /// algorithm 3). Wrong lengths are no signature.
    pub fn verify(self, key: &[u8], message: &[u8], signature: &[u8]) -> bool {
        key.len() == self.public_len()
            && signature.len() == self.signature_len()
            && chosen::ml_dsa(self, key, message, signature)
    }
}

/// SHA-256 (FIPS 180-4) over the parts, one after another.
pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    chosen::sha256(parts)
}

/// SHA-384 (FIPS 180-4) over the parts, one after another.
pub fn sha384(parts: &[&[u8]]) -> [u8; 48] {
    chosen::sha384(parts)
}

/// HMAC-SHA-384 (RFC 2104, FIPS 180-4) over the message.
pub fn hmac_sha384(key: &[u8], message: &[u8]) -> [u8; 48] {
    chosen::hmac_sha384(key, message)
}

/// Whether the equation of RFC 8032 holds without the cofactor: `R` is recomputed and compared byte for byte.
///
/// Only a part of the system's rule for Ed25519; call `tlog::verify_ed25519`.
pub fn ed25519_equation(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    chosen::ed25519(key, message, signature)
}

/// Whether this is an ECDSA signature over the message with P-256 and SHA-256 (FIPS 186-5): `r` and `s`
/// side by side, as COSE and JOSE have it. The key is a point in SEC 1 form, compressed or not.
pub fn es256_verify(point: &[u8], message: &[u8], signature: &[u8; 64]) -> bool {
    let well_formed = matches!((point.len(), point.first()), (65, Some(4)) | (33, Some(2 | 3)));
    well_formed && chosen::es256(point, message, signature)
}

/// Whether two byte strings are equal, in a time that depends on their lengths alone.
pub fn equal(a: &[u8], b: &[u8]) -> bool {
    chosen::equal(a, b)
}

#[cfg(test)]
mod tests;
