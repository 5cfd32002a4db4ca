//! The two implementations behind the door give equal answers.

use crate::{MlDsa, native, portable};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, ML_DSA_44_SIGNING,
    ML_DSA_65_SIGNING, ML_DSA_87_SIGNING, PqdsaKeyPair,
};
use proptest::prelude::*;

/// Both answers, which must be one.
fn both(native: bool, portable: bool, what: &str) -> bool {
    assert_eq!(native, portable, "{what}");
    native
}

proptest! {
    #[test]
    fn hashes(parts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 0..4)) {
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        prop_assert_eq!(native::sha256(&parts), portable::sha256(&parts));
        prop_assert_eq!(native::sha384(&parts), portable::sha384(&parts));
        let (key, message) = (parts.first().copied().unwrap_or_default(), parts.concat());
        prop_assert_eq!(native::hmac_sha384(key, &message), portable::hmac_sha384(key, &message));
        let halves = message.split_at(message.len() / 2);
        for (a, b) in [(key, message.as_slice()), (halves.0, halves.1), (key, key)] {
            prop_assert_eq!(native::equal(a, b), a == b);
            prop_assert_eq!(portable::equal(a, b), a == b);
        }
    }

    #[test]
    fn es256_of_any_bytes(point in proptest::collection::vec(any::<u8>(), 65), signature: [u8; 32]) {
        let mut point = point;
        point[0] = 4;
        let signature = [signature, signature].concat().try_into().expect("64 bytes");
        prop_assert!(!both(
            native::es256(&point, b"m", &signature), portable::es256(&point, b"m", &signature), "any"));
    }
}

#[test]
fn known_answers() {
    let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(hex(&crate::sha256(&[b"a", b"bc"])), abc, "FIPS 180-4's example");
    assert!(hex(&crate::sha384(&[b"abc"])).starts_with("cb00753f45a35e8bb5a03d699ac65007"));
    // RFC 4231, test case 2.
    let tag = crate::hmac_sha384(b"Jefe", b"what do ya want for nothing?");
    assert!(hex(&tag).starts_with("af45d2e376484031617f78d2b58a6b1b"));
}

/// The test vectors of C2SP, where they are; 189 keys, messages and signatures at the edges of RFC 8032.
#[test]
fn ed25519_edge_cases() {
    let here = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
    #[expect(clippy::disallowed_methods, reason = "a test finds its data")]
    let data = std::env::var("VESTIBULE_DATA").unwrap_or_else(|_| here.to_owned());
    let Ok(lines) = std::fs::read_to_string(format!("{data}/tlog/ed25519-edge.jsonl")) else {
        println!("skipped: ed25519_edge_cases (no test data; set VESTIBULE_DATA)");
        return;
    };
    let mut seen = 0;
    for line in lines.lines() {
        let v: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let bytes = |field: &str| {
            let hex = v[field].as_str().expect("hex").as_bytes();
            data_encoding::HEXLOWER_PERMISSIVE.decode(hex).expect("hex")
        };
        let key: [u8; 32] = bytes("key").try_into().expect("32 bytes");
        let signature: [u8; 64] = bytes("sig").try_into().expect("64 bytes");
        // The bare equation is only ever asked about canonical encodings; on others the libraries may differ.
        let odd = ["low_order_A", "non_canonical_A", "non_canonical_R"];
        let flags = v["flags"].as_array().into_iter().flatten().filter_map(|f| f.as_str());
        seen += 1;
        if flags.clone().any(|f| odd.contains(&f)) {
            continue;
        }
        let message = v["msg"].as_str().expect("text").as_bytes();
        both(
            native::ed25519(&key, message, &signature),
            portable::ed25519(&key, message, &signature),
            line,
        );
    }
    assert_eq!(seen, 189);
}

#[test]
fn signatures_and_their_mutations() {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[5; 32]).expect("a seed");
    let key: [u8; 32] = pair.public_key().as_ref().try_into().expect("32 bytes");
    let good: [u8; 64] = pair.sign(b"m").as_ref().try_into().expect("64 bytes");
    let mut accepted = 0;
    for bit in 0..=512 {
        let mut signature = good;
        if let Some(byte) = signature.get_mut(bit / 8) {
            *byte ^= 1 << (bit % 8);
        }
        let answers =
            (native::ed25519(&key, b"m", &signature), portable::ed25519(&key, b"m", &signature));
        accepted += usize::from(both(answers.0, answers.1, "Ed25519"));
    }
    assert_eq!(accepted, 1, "the one that was not flipped");
}

#[test]
fn es256() {
    let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new()).expect("a key");
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref()).expect("a key");
    let point = pair.public_key().as_ref();
    let compressed = [&[2 + (point[64] & 1)], &point[1..33]].concat();
    let good = pair.sign(&SystemRandom::new(), b"m").expect("signs");
    let good: [u8; 64] = good.as_ref().try_into().expect("64 bytes");
    for key in [point, &compressed] {
        for (message, byte, expected) in
            [(b"m", 64, true), (b"n", 64, false), (b"m", 0, false), (b"m", 63, false)]
        {
            let mut signature = good;
            if let Some(byte) = signature.get_mut(byte) {
                *byte ^= 1;
            }
            let got = both(
                native::es256(key, message, &signature),
                portable::es256(key, message, &signature),
                "ES256",
            );
            assert_eq!(got, expected);
        }
    }
    for zero in [[0; 64], [0xff; 64]] {
        assert!(!both(native::es256(point, b"m", &zero), portable::es256(point, b"m", &zero), "0"));
    }
    assert!(!crate::es256_verify(&point[1..], b"m", &good), "no SEC 1 form");
}

#[test]
fn ml_dsa() {
    for (set, signing) in [
        (MlDsa::MlDsa44, &ML_DSA_44_SIGNING),
        (MlDsa::MlDsa65, &ML_DSA_65_SIGNING),
        (MlDsa::MlDsa87, &ML_DSA_87_SIGNING),
    ] {
        let pair = PqdsaKeyPair::from_seed(signing, &[7; 32]).expect("a seed");
        let key = pair.public_key().as_ref();
        let mut good = vec![0; set.signature_len()];
        assert_eq!(pair.sign(b"m", &mut good), Ok(good.len()));
        assert_eq!(key.len(), set.public_len());
        let last = good.len() - 1;
        // The last bytes are the hint, whose encoding FIPS 204 makes strict.
        for (at, expected) in
            [(usize::MAX, true), (0, false), (100, false), (last, false), (last - 20, false)]
        {
            let mut signature = good.clone();
            if let Some(byte) = signature.get_mut(at) {
                *byte ^= 0x41;
            }
            let native = native::ml_dsa(set, key, b"m", &signature);
            let portable = portable::ml_dsa(set, key, b"m", &signature);
            assert_eq!(both(native, portable, &format!("{set:?} {at}")), expected);
        }
        assert!(!set.verify(key, b"n", &good));
        assert!(!set.verify(&key[1..], b"m", &good));
        assert!(!set.verify(key, b"m", &good[1..]));
    }
}
