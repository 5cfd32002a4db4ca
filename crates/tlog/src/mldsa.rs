//! ML-DSA (FIPS 204), verified by the crypto library.

use crypto::MlDsa;

/// Bytes of an ML-DSA-44 public key.
pub const MLDSA44_PUBLIC_LEN: usize = MlDsa::MlDsa44.public_len();
/// Bytes of an ML-DSA-44 signature.
pub const MLDSA44_SIGNATURE_LEN: usize = MlDsa::MlDsa44.signature_len();
/// Bytes of an ML-DSA-87 public key.
pub const MLDSA87_PUBLIC_LEN: usize = MlDsa::MlDsa87.public_len();
/// Bytes of an ML-DSA-87 signature.
pub const MLDSA87_SIGNATURE_LEN: usize = MlDsa::MlDsa87.signature_len();

/// Whether this is the key's signature over the message, with an empty context, as `subtree/v1` uses it.
pub fn verify_mldsa44(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    MlDsa::MlDsa44.verify(key, message, signature)
}

/// Whether this is the key's signature over the message, with an empty context, as the CNSA line uses it.
pub fn verify_mldsa87(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    MlDsa::MlDsa87.verify(key, message, signature)
}
