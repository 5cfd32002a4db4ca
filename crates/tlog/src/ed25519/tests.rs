//! The rule, case by case.

use super::{Ed25519Refused, ORDER, is_small_order_ed25519, verify_ed25519};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use proptest::prelude::*;

fn signed(message: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[3; 32]).expect("a seed");
    (pair.public_key().as_ref().to_vec(), pair.sign(message).as_ref().to_vec())
}

#[test]
fn a_good_signature_and_its_mutations() {
    let (key, signature) = signed(b"message");
    assert_eq!(verify_ed25519(&key, b"message", &signature), Ok(()));
    assert_eq!(verify_ed25519(&key, b"massage", &signature), Err(Ed25519Refused::Equation));
    assert_eq!(verify_ed25519(&key[1..], b"message", &signature), Err(Ed25519Refused::Key));
    for len in [0, 31, 32, 63, 65] {
        let mut other = signature.clone();
        other.resize(len, 0);
        assert_eq!(verify_ed25519(&key, b"message", &other), Err(Ed25519Refused::Encoding));
    }
}

#[test]
fn s_plus_the_order_is_refused() {
    let (key, mut signature) = signed(b"message");
    let mut carry = 0_u16;
    for (byte, add) in signature[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    assert_eq!(verify_ed25519(&key, b"message", &signature), Err(Ed25519Refused::Encoding));
}

#[test]
fn keys_of_small_order_and_odd_encodings_are_refused() {
    let (_, signature) = signed(b"message");
    let mut one = [0; 32];
    one[0] = 1;
    let mut minus_zero = one;
    minus_zero[31] = 0x80;
    let mut too_large = [0xff; 32];
    too_large[31] = 0x7f;
    for key in [[0; 32], one, minus_zero] {
        assert!(is_small_order_ed25519(&key));
        assert_eq!(verify_ed25519(&key, b"", &signature), Err(Ed25519Refused::Key));
    }
    assert!(!is_small_order_ed25519(&too_large));
    assert_eq!(verify_ed25519(&too_large, b"", &signature), Err(Ed25519Refused::Key));
    let (key, mut signature) = signed(b"message");
    signature[..32].copy_from_slice(&minus_zero);
    assert_eq!(verify_ed25519(&key, b"message", &signature), Err(Ed25519Refused::Encoding));
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_refused(
        key in proptest::collection::vec(any::<u8>(), 0..40),
        signature in proptest::collection::vec(any::<u8>(), 0..80),
    ) {
        prop_assert!(verify_ed25519(&key, b"message", &signature).is_err());
    }

    #[test]
    fn one_flipped_bit_is_refused(bit in 0_usize..512) {
        let (key, mut signature) = signed(b"message");
        signature[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(verify_ed25519(&key, b"message", &signature).is_err());
    }
}
