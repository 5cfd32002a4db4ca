//! What is signed, and that nothing else verifies.

use super::{NOW, Purpose, Scheme, pae};
use crate::testing::{Demo, KEYS, Log, draft, party, secret, stated};
use crate::{Object, SignatureBlock, SignatureError};
use expect_test::expect;

/// The example of the DSSE protocol page (Apache-2.0).
#[test]
fn pae_is_that_of_dsse() {
    let encoded = pae("http://example.com/HelloWorld", b"hello world");
    assert_eq!(encoded, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
}

#[test]
fn purposes_do_not_mix() {
    let keys = secret("lab");
    let all = [
        Purpose::Offer,
        Purpose::Statement,
        Purpose::Issue,
        Purpose::Possession,
        Purpose::Trust,
        Purpose::Host,
        Purpose::Word,
    ];
    for made in all {
        let pair = keys.sign(made, b"body");
        for used in all {
            assert_eq!(keys.public().verify(used, b"body", &pair).is_ok(), made == used);
        }
        assert_eq!(secret("gov").public().verify(made, b"body", &pair), Err(Scheme::Ed25519));
        assert_eq!(keys.public().verify(made, b"other", &pair), Err(Scheme::Ed25519));
    }
}

#[test]
fn both_schemes_are_needed() {
    let (lab, gov) = (secret("lab"), secret("gov"));
    let (good, other) = (lab.sign(Purpose::Issue, b"b"), gov.sign(Purpose::Issue, b"b"));
    let mut pair = good.clone();
    pair.ed25519 = other.ed25519;
    assert_eq!(lab.public().verify(Purpose::Issue, b"b", &pair), Err(Scheme::Ed25519));
    let mut pair = good.clone();
    pair.ml_dsa_87 = other.ml_dsa_87;
    assert_eq!(lab.public().verify(Purpose::Issue, b"b", &pair), Err(Scheme::MlDsa87));
    let mut pair = good;
    pair.ml_dsa_87.pop();
    assert_eq!(lab.public().verify(Purpose::Issue, b"b", &pair), Err(Scheme::MlDsa87));
}

fn agreed() -> (crate::Leaf, SignatureBlock) {
    let between = vec![party("gov"), party("lab")];
    let entry = Log::new().log(draft(&Demo::Agreed { between }, "lab", None));
    let (leaf, object) = entry.check().unwrap();
    (leaf, SignatureBlock::from_bytes(object.block()).unwrap())
}

#[test]
fn everyone_named_and_nobody_else() {
    let (leaf, good) = agreed();
    let signers = good.verify(&leaf, &KEYS.trust, NOW).unwrap();
    assert_eq!(signers, [party("gov"), party("lab")].into());

    let mut less = good.clone();
    less.cosigners.clear();
    let error = less.verify(&leaf, &KEYS.trust, NOW).unwrap_err();
    expect!["signed by `lab`, but the statement names `gov`, `lab`"].assert_eq(&error.to_string());

    let mut more = good.clone();
    more.cosigners.push(more.cosigners[0].clone());
    assert!(matches!(more.verify(&leaf, &KEYS.trust, NOW), Err(SignatureError::Signers { .. })));

    let mut other = good.clone();
    other.cosigners[0].party = party("ig");
    assert!(matches!(other.verify(&leaf, &KEYS.trust, NOW), Err(SignatureError::Signers { .. })));

    let mut swapped = good.clone();
    let issuer = std::mem::replace(&mut swapped.issuer, good.cosigners[0].pair.clone());
    swapped.cosigners[0].pair = issuer;
    assert!(matches!(swapped.verify(&leaf, &KEYS.trust, NOW), Err(SignatureError::Bad { .. })));
}

#[test]
fn unknown_parties_are_named() {
    let (leaf, block) = agreed();
    let members = KEYS.trust.parties().filter(|m| m.party.id != party("gov")).cloned();
    let trust = crate::Trust::new(KEYS.log.verifier(), members).unwrap();
    let error = block.verify(&leaf, &trust, NOW).unwrap_err();
    expect!["`gov` is not in the roots of trust; get a newer trust file"]
        .assert_eq(&error.to_string());
}

/// A block moved under another statement of the same signer is not that statement's.
#[test]
fn blocks_do_not_travel() {
    let mut log = Log::new();
    let (one, two) = (log.state("lab", "one", None), log.state("lab", "two", None));
    let (leaf, object) = one.check().unwrap();
    let (_, other) = two.check().unwrap();
    let block = SignatureBlock::from_bytes(other.block()).unwrap();
    assert!(matches!(block.verify(&leaf, &KEYS.trust, NOW), Err(SignatureError::Bad { .. })));
    let mixed = Object::new(None, other.block().to_vec());
    assert!(mixed.check(&leaf).is_err());
    assert!(object.check(&leaf).is_ok());
    let _ = stated("lab", "one");
}
