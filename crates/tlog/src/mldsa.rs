//! ML-DSA (FIPS 204), verified by the crypto library.

use aws_lc_rs::signature::{ML_DSA_44, ML_DSA_87, UnparsedPublicKey};

/// Bytes of an ML-DSA-44 public key.
pub const MLDSA44_PUBLIC_LEN: usize = 1_312;
/// Bytes of an ML-DSA-44 signature.
pub const MLDSA44_SIGNATURE_LEN: usize = 2_420;
/// Bytes of an ML-DSA-87 public key.
pub const MLDSA87_PUBLIC_LEN: usize = 2_592;
/// Bytes of an ML-DSA-87 signature.
pub const MLDSA87_SIGNATURE_LEN: usize = 4_627;

/// Whether this is the key's signature over the message, with an empty context, as `subtree/v1` uses it.
pub fn verify_mldsa44(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    key.len() == MLDSA44_PUBLIC_LEN
        && signature.len() == MLDSA44_SIGNATURE_LEN
        && UnparsedPublicKey::new(&ML_DSA_44, key).verify(message, signature).is_ok()
}

/// Whether this is the key's signature over the message, with an empty context, as the CNSA line uses it.
pub fn verify_mldsa87(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    key.len() == MLDSA87_PUBLIC_LEN
        && signature.len() == MLDSA87_SIGNATURE_LEN
        && UnparsedPublicKey::new(&ML_DSA_87, key).verify(message, signature).is_ok()
}
