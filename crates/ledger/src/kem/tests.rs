//! Both mechanisms wrap and unwrap, refuse what is not theirs, and agree with vectors of others.

use super::wrap::{unwrap, wrap};
use super::{Kem, PublicKems, SecretKems};
use crate::testing::stream;
use data_encoding::HEXLOWER;
use domain::Digest;
use expect_test::expect;
use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha384;
use hpke::kem::{MlKem1024, MlKem1024P384};
use hpke::{Deserializable, Kem as HpkeKem, OpModeR, Serializable};

fn keys() -> (PublicKems, SecretKems) {
    let secret = SecretKems::new(&[7; 64], &[8; 32]).ok().unwrap();
    let public =
        PublicKems::new(&secret.public(Kem::MlKem1024), &secret.public(Kem::MlKem1024P384));
    (public.ok().unwrap(), secret)
}

#[test]
fn names_and_numbers() {
    for (kem, name) in Kem::ALL {
        assert_eq!(name.parse(), Ok(kem));
        assert_eq!(kem.to_string(), name);
        assert_eq!(Kem::from_id(kem.id()), Some(kem));
    }
    assert_eq!([Kem::MlKem1024.id(), Kem::MlKem1024P384.id()], [0x42, 0x51]);
    assert_eq!(Kem::from_id(0x50), None);
    assert_eq!(
        "x-wing".parse::<Kem>().unwrap_err(),
        "`x-wing` is no key encapsulation that is known here: ml-kem-1024 or mlkem1024-p384"
    );
}

#[test]
fn wraps_open_for_their_key_mechanism_and_information_only() {
    let (public, secret) = keys();
    let other = SecretKems::new(&[9; 64], &[9; 32]).ok().unwrap();
    for (kem, _) in Kem::ALL {
        assert_eq!(secret.public(kem).len(), kem.public_len());
        let made = public.wrap(kem, b"info", b"secret", &mut stream("wrap")).unwrap();
        assert_eq!(made.encapsulated.len(), kem.encapsulated_len());
        let (encapsulated, wrapped) = (made.encapsulated.as_slice(), made.wrapped.as_slice());
        let opened = secret.unwrap(kem, b"info", encapsulated, wrapped);
        assert_eq!(opened.as_deref().map(Vec::as_slice), Some(b"secret".as_slice()));
        assert!(secret.unwrap(kem, b"other", encapsulated, wrapped).is_none());
        assert!(other.unwrap(kem, b"info", encapsulated, wrapped).is_none());
        for (wrong, _) in Kem::ALL.into_iter().filter(|(k, _)| *k != kem) {
            assert!(secret.unwrap(wrong, b"info", encapsulated, wrapped).is_none());
        }
        for at in [0, 1567, encapsulated.len() - 1] {
            let mut changed = encapsulated.to_vec();
            changed[at] ^= 1;
            assert!(secret.unwrap(kem, b"info", &changed, wrapped).is_none(), "{kem} byte {at}");
        }
    }
}

/// Both halves of the hybrid count: with either half of another's key, nothing opens.
#[test]
fn the_hybrid_needs_both_halves() {
    let (_, secret) = keys();
    let other = SecretKems::new(&[9; 64], &[9; 32]).ok().unwrap();
    let (ours, theirs) = (secret.public(Kem::MlKem1024P384), other.public(Kem::MlKem1024P384));
    let mixed = [
        [ours.split_at(1568).0, theirs.split_at(1568).1].concat(),
        [theirs.split_at(1568).0, ours.split_at(1568).1].concat(),
    ];
    for key in mixed {
        let key = <MlKem1024P384 as HpkeKem>::PublicKey::from_bytes(&key).unwrap();
        let made = wrap::<MlKem1024P384>(&key, b"", b"secret", &mut stream("mixed")).unwrap();
        for holder in [&secret, &other] {
            let opened =
                unwrap::<MlKem1024P384>(&holder.hybrid, b"", &made.encapsulated, &made.wrapped);
            assert!(opened.is_none());
        }
    }
}

/// Keys of the right length that are none.
#[test]
fn keys_are_validated() {
    let (_, secret) = keys();
    let (pure, hybrid) = (secret.public(Kem::MlKem1024), secret.public(Kem::MlKem1024P384));
    let above_q = [0xff; 1568];
    assert_eq!(PublicKems::new(&above_q, &hybrid).err(), Some(Kem::MlKem1024));
    let mut off_curve = hybrid.clone();
    *off_curve.last_mut().unwrap() ^= 1;
    assert_eq!(PublicKems::new(&pure, &off_curve).err(), Some(Kem::MlKem1024P384));
    let mut compressed = hybrid;
    compressed[1568] = 2;
    assert_eq!(PublicKems::new(&pure, &compressed).err(), Some(Kem::MlKem1024P384));
}

fn hex(v: &serde_json::Value) -> Vec<u8> {
    HEXLOWER.decode(v.as_str().unwrap().as_bytes()).unwrap()
}

/// Opens every message of a vector and exports every secret.
fn check<K: HpkeKem>(vector: &serde_json::Value) {
    let key = K::PrivateKey::from_bytes(&hex(&vector["skRm"])).unwrap();
    assert_eq!(K::sk_to_pk(&key).to_bytes().to_vec(), hex(&vector["pkRm"]));
    let encapsulated = K::EncappedKey::from_bytes(&hex(&vector["enc"])).unwrap();
    let mut receiver = hpke::setup_receiver::<AesGcm256, HkdfSha384, K>(
        &OpModeR::Base,
        &key,
        &encapsulated,
        &hex(&vector["info"]),
    )
    .unwrap();
    for message in vector["encryptions"].as_array().unwrap() {
        let opened = receiver.open(&hex(&message["ct"]), &hex(&message["aad"])).unwrap();
        assert_eq!(opened, hex(&message["pt"]));
    }
    for export in vector["exports"].as_array().unwrap() {
        let length = usize::try_from(export["L"].as_u64().unwrap()).unwrap();
        let mut out = vec![0; length];
        receiver.export(&hex(&export["exporter_context"]), &mut out).unwrap();
        assert_eq!(out, hex(&export["exported_value"]));
    }
}

/// Vectors made by an independent implementation (FiloSottile/hpke, BSD-3-Clause), for the suites that wraps use.
#[test]
#[expect(clippy::disallowed_methods, reason = "tests find their data by environment")]
fn hpke_agrees_with_others() {
    let root = std::env::var("VESTIBULE_DATA")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data").into());
    let Ok(text) = std::fs::read_to_string(format!("{root}/tlog/hpke-pq.json")) else {
        println!("skipped: hpke-pq.json (no VESTIBULE_DATA)");
        return;
    };
    let vectors: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut pure = 0;
    for vector in vectors.as_array().unwrap() {
        let suite = ["kem_id", "kdf_id", "aead_id"].map(|name| vector[name].as_u64().unwrap());
        match suite {
            [0x42, 2, 2] => {
                check::<MlKem1024>(vector);
                pure += 1;
            }
            [0x51, 2, 2] => check::<MlKem1024P384>(vector),
            // suites that wraps do not use
            _ => {}
        }
    }
    assert!(pure > 0, "the file has vectors of the suite 0x0042, 2, 2");
}

/// Seeds give these keys for ever.
#[test]
fn golden_keys() {
    let (_, secret) = keys();
    let print = |kem| Digest::of(&secret.public(kem)).to_string();
    expect!["1388c42ee6bd52c8c0a7b2216a06759c93385eca45df10c0dc718a7c79d34a16"]
        .assert_eq(&print(Kem::MlKem1024));
    expect!["223a7c15b518df3cb59f6753c964bc18e338a0c358e4a2133371657968b38596"]
        .assert_eq(&print(Kem::MlKem1024P384));
}
