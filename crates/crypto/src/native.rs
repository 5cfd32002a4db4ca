//! The primitives by aws-lc-rs.

use crate::MlDsa;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, ML_DSA_44, ML_DSA_65, ML_DSA_87, UnparsedPublicKey,
};
use aws_lc_rs::{constant_time, digest, hmac};

fn digest<const N: usize>(algorithm: &'static digest::Algorithm, parts: &[&[u8]]) -> [u8; N] {
    let mut context = digest::Context::new(algorithm);
    for part in parts {
        context.update(part);
    }
    let mut out = [0; N];
    out.copy_from_slice(context.finish().as_ref());
    out
}

pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    digest(&digest::SHA256, parts)
}

pub(crate) fn sha384(parts: &[&[u8]]) -> [u8; 48] {
    digest(&digest::SHA384, parts)
}

pub(crate) fn hmac_sha384(key: &[u8], message: &[u8]) -> [u8; 48] {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA384, key), message);
    let mut out = [0; 48];
    out.copy_from_slice(tag.as_ref());
    out
}

pub(crate) fn ed25519(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    UnparsedPublicKey::new(&ED25519, key).verify(message, signature).is_ok()
}

pub(crate) fn es256(point: &[u8], message: &[u8], signature: &[u8; 64]) -> bool {
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature).is_ok()
}

pub(crate) fn ml_dsa(set: MlDsa, key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let algorithm = match set {
        MlDsa::MlDsa44 => &ML_DSA_44,
        MlDsa::MlDsa65 => &ML_DSA_65,
        MlDsa::MlDsa87 => &ML_DSA_87,
    };
    UnparsedPublicKey::new(algorithm, key).verify(message, signature).is_ok()
}

pub(crate) fn equal(a: &[u8], b: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(a, b).is_ok()
}
