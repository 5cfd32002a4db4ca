//! The one rule for Ed25519 signatures.
//!
//! RFC 8032 leaves room, and verifiers use it differently. A log whose parties distrust each other can't:
//! two verdicts on one signature are a fork. The rule here, for everything in the system:
//!
//! 1. the key is a canonical encoding of a point that is not of small order;
//! 2. `R` is a canonical encoding and `S` is below the group order;
//! 3. the equation holds without the cofactor, as `R` recomputed and compared byte for byte;
//! 4. signatures are checked one at a time, never in a batch.
//!
//! Rule 3 is `crypto::ed25519_equation`, whose two implementations, native and WebAssembly, are held to
//! equal answers by its tests. The other rules are decided here, so they are the same everywhere.

/// A signature was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Ed25519Refused {
    /// The key is not 32 bytes, not canonical, or of small order.
    #[error("the Ed25519 key is not a canonical point of large order")]
    Key,
    /// The signature is not 64 bytes, or its `R` or `S` is not canonical.
    #[error("the Ed25519 signature is not canonical")]
    Encoding,
    /// The signature is not this key's over this message.
    #[error("the Ed25519 signature does not verify")]
    Equation,
}

/// The group order, little-endian.
pub(crate) const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// The field's prime 2^255 - 19, little-endian.
pub(crate) const PRIME: [u8; 32] = [
    0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f,
];

/// The y coordinates of the eight points of small order: 1 and -1 (orders 1 and 2), 0 (order 4), the two of
/// order 8, and 0 and 1 once more, not reduced. Each stands for both signs of x.
pub(crate) const SMALL_ORDER_Y: [[u8; 32]; 7] = [
    [
        1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0,
    ],
    [
        0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0x7f,
    ],
    [0; 32],
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
        0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
        0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
        0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
        0x03, 0x7a,
    ],
    PRIME,
    [
        0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0x7f,
    ],
];

/// Whether the little-endian number `a` is below `b`.
fn below(a: &[u8; 32], b: &[u8; 32]) -> bool {
    a.iter().rev().lt(b.iter().rev())
}

/// An encoded point without the sign bit, and the bit.
const fn y_and_sign(point: &[u8; 32]) -> ([u8; 32], bool) {
    let mut y = *point;
    y[31] &= 0x7f;
    (y, point[31] & 0x80 != 0)
}

/// Whether y is reduced and the sign bit of a point with x = 0 is clear.
fn is_canonical(point: &[u8; 32]) -> bool {
    let (y, sign) = y_and_sign(point);
    let x_is_zero = matches!(SMALL_ORDER_Y.iter().position(|s| *s == y), Some(0 | 1));
    below(&y, &PRIME) && !(sign && x_is_zero)
}

/// Whether the 32 bytes are a point of small order, in any encoding; a signature by such a key proves nothing.
pub fn is_small_order_ed25519(key: &[u8; 32]) -> bool {
    SMALL_ORDER_Y.contains(&y_and_sign(key).0)
}

/// Whether a key may be used at all: canonical, and not of small order.
pub(crate) fn is_good_key(key: &[u8; 32]) -> bool {
    is_canonical(key) && !is_small_order_ed25519(key)
}

/// Verifies one Ed25519 signature by the rule at the head of this module. Every verification of an Ed25519
/// signature in this system is this function.
///
/// # Errors
///
/// [`Ed25519Refused`] says which part of the rule failed.
pub fn verify_ed25519(key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), Ed25519Refused> {
    let key: &[u8; 32] = key.try_into().map_err(|_| Ed25519Refused::Key)?;
    if !is_good_key(key) {
        return Err(Ed25519Refused::Key);
    }
    let signature: &[u8; 64] = signature.try_into().map_err(|_| Ed25519Refused::Encoding)?;
    let (Some(r), Some(s)) = (signature.first_chunk(), signature.last_chunk()) else {
        return Err(Ed25519Refused::Encoding);
    };
    if !is_canonical(r) || !below(s, &ORDER) {
        return Err(Ed25519Refused::Encoding);
    }
    if crypto::ed25519_equation(key, message, signature) {
        Ok(())
    } else {
        Err(Ed25519Refused::Equation)
    }
}

#[cfg(test)]
mod tests;
