//! The primitives in pure Rust, for targets that aws-lc-rs can't be built for.

use crate::MlDsa;
use ed25519_dalek::Verifier as _;
use hmac::{KeyInit as _, Mac as _};
use sha2::Digest as _;

pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    parts.iter().fold(sha2::Sha256::new(), |hash, part| hash.chain_update(part)).finalize().into()
}

pub(crate) fn sha384(parts: &[&[u8]]) -> [u8; 48] {
    parts.iter().fold(sha2::Sha384::new(), |hash, part| hash.chain_update(part)).finalize().into()
}

pub(crate) fn hmac_sha384(key: &[u8], message: &[u8]) -> [u8; 48] {
    let mac =
        hmac::Hmac::<sha2::Sha384>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.chain_update(message).finalize().into_bytes().into()
}

/// The cofactorless check: dalek's plain `verify` recomputes `R` and compares the encodings.
pub(crate) fn ed25519(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    let signature = ed25519_dalek::Signature::from_bytes(signature);
    ed25519_dalek::VerifyingKey::from_bytes(key)
        .is_ok_and(|key| key.verify(message, &signature).is_ok())
}

pub(crate) fn es256(point: &[u8], message: &[u8], signature: &[u8; 64]) -> bool {
    let Ok(signature) = p256::ecdsa::Signature::from_slice(signature) else { return false };
    p256::ecdsa::VerifyingKey::from_sec1_bytes(point)
        .is_ok_and(|key| key.verify(message, &signature).is_ok())
}

pub(crate) fn ml_dsa(set: MlDsa, key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    match set {
        MlDsa::MlDsa44 => of_set::<ml_dsa::MlDsa44>(key, message, signature),
        MlDsa::MlDsa65 => of_set::<ml_dsa::MlDsa65>(key, message, signature),
        MlDsa::MlDsa87 => of_set::<ml_dsa::MlDsa87>(key, message, signature),
    }
}

fn of_set<P: ml_dsa::MlDsaParams>(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let Ok(key) = ml_dsa::EncodedVerifyingKey::<P>::try_from(key) else { return false };
    let Ok(signature) = ml_dsa::Signature::<P>::try_from(signature) else { return false };
    ml_dsa::VerifyingKey::<P>::decode(&key).verify_with_context(message, &[], &signature)
}

pub(crate) fn equal(a: &[u8], b: &[u8]) -> bool {
    let differing = a.iter().zip(b).fold(0, |all, (x, y)| all | (x ^ y));
    a.len() == b.len() && differing == 0
}
