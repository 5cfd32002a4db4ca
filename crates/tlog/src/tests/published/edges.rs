//! Ed25519 at the edges of RFC 8032, by the one rule.

use super::{Vectors, b64};
use crate::cose::{CoseSigner, RawEd25519Signer};
use crate::ed25519::{ORDER, PRIME, SMALL_ORDER_Y};
use crate::{Ed25519Signer, KeyName, NoteSigner};
use serde_json::{Value, json};

fn vector(key: &[u8], message: &[u8], signature: &[u8]) -> Value {
    json!({"op": "ed25519", "key": b64(key), "message": b64(message), "signature": b64(signature)})
}

/// The sum of two little-endian numbers; its carry is lost.
fn sum(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut carry = 0;
    let add = |(a, b): (&u8, &u8)| {
        let sum = u16::from(*a) + u16::from(*b) + carry;
        carry = sum >> 8;
        sum.to_le_bytes()[0]
    };
    a.iter().zip(b).map(add).collect()
}

pub(super) fn vectors() -> Vectors {
    let mut out = Vectors::default();
    let signer = RawEd25519Signer::from_seed(&[4; 32]).expect("a seed");
    let name = KeyName::new("k").expect("a name");
    let same = Ed25519Signer::from_seed(name, &[4; 32]).expect("a seed");
    let key = same.verifier_key().key().bytes().to_vec();
    for (i, message) in [&b""[..], b"a", b"message", &[0; 300]].into_iter().enumerate() {
        let signature = signer.sign(message).expect("signs");
        out.add(
            true,
            &format!("ed25519/good-{i}"),
            "a good signature",
            &vector(&key, message, &signature),
        );
    }
    let good = signer.sign(b"message").expect("signs");
    let mut add = |id: &str, why: &str, key: &[u8], signature: &[u8]| {
        out.add(false, &format!("ed25519/{id}"), why, &vector(key, b"message", signature));
    };
    let (r, s) = good.split_at(32);
    add("s-plus-order", "S is not below the group order", &key, &[r, &sum(s, &ORDER)].concat());
    add("s-is-order", "S is the group order", &key, &[r, &ORDER].concat());
    add("s-huge", "S has its highest bits set", &key, &[r, &[0xff; 32]].concat());
    add("halves-swapped", "R and S in each other's place", &key, &[s, r].concat());
    for bit in [0, 7, 100, 255, 256, 400, 507, 511] {
        let mut signature = good.clone();
        signature[bit / 8] ^= 1 << (bit % 8);
        add(&format!("bit-{bit}"), "one bit of the signature is changed", &key, &signature);
    }
    for length in [0, 32, 63] {
        add(&format!("length-{length}"), "a short signature", &key, &good[..length]);
    }
    add("length-65", "a long signature", &key, &[&good[..], &[0]].concat());
    add("key-31", "a short key", &key[..31], &good);
    add("key-33", "a long key", &[&key[..], &[0]].concat(), &good);
    let mut negative = key.clone();
    negative[31] ^= 0x80;
    add("key-negative", "the key's point with the other sign", &negative, &good);
    // With a key of small order, R = [S]B verifies for every message, or for one in a few.
    let base = [&[0x58][..], &[0x66; 31]].concat();
    let one = [&[1][..], &[0; 31]].concat();
    for (i, y) in SMALL_ORDER_Y.iter().enumerate() {
        for sign in [0, 0x80] {
            let mut point = *y;
            point[31] |= sign;
            let id = format!("{i}-{}", sign >> 7);
            add(
                &format!("small-order-key-{id}"),
                "a key of small order signs anything",
                &point,
                &[&base[..], &one].concat(),
            );
            let zero = [&point[..], &[0; 32]].concat();
            add(
                &format!("small-order-both-{id}"),
                "key and R of small order, S zero",
                &point,
                &zero,
            );
            add(&format!("small-order-r-{id}"), "R of small order, S zero", &key, &zero);
        }
    }
    for more in 2..19_u8 {
        let point = sum(&PRIME, &[&[more][..], &[0; 31]].concat());
        add(&format!("key-not-reduced-{more}"), "the key's y is not reduced", &point, &good);
        add(
            &format!("r-not-reduced-{more}"),
            "the y of R is not reduced",
            &key,
            &[&point[..], s].concat(),
        );
    }
    out.reject(
        "ed25519/other-message",
        "another message",
        &vector(&key, b"message", &good),
        "message",
        json!(b64(b"massage")),
    );
    let other = RawEd25519Signer::from_seed(&[5; 32]).expect("a seed");
    let other = other.sign(b"message").expect("signs");
    out.add(
        false,
        "ed25519/other-key",
        "another key's signature",
        &vector(&key, b"message", &other),
    );
    out
}
