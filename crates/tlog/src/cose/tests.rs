//! Receipts written here, receipts of others, and everything that must be refused.

mod others;

use super::{
    CoseAlgorithm, CoseConsistency, CoseError, CoseInclusion, CoseKey, CoseReceipt, CoseSigner,
    CoseStatement, MlDsaSigner, RawEd25519Signer,
};
use crate::merkle::{MemoryTree, consistency_proof, inclusion_proof, root};
use crate::{Hash, leaf_hash};

fn tree(size: u64) -> MemoryTree {
    (0..size).map(|i| leaf_hash(format!("record {i}").as_bytes())).collect()
}

fn inclusion(size: u64, index: u64, signer: &dyn CoseSigner) -> (Hash, Vec<u8>) {
    let tree = tree(size);
    let leaf = leaf_hash(format!("record {index}").as_bytes());
    let path = inclusion_proof(&tree, index, size).expect("built");
    let proof = CoseInclusion { size, index, path };
    let root = root(&tree, size).expect("built");
    (leaf, CoseReceipt::sign_inclusion(&leaf, &proof, &root, signer).expect("signs"))
}

fn ed25519() -> RawEd25519Signer {
    RawEd25519Signer::from_seed(&[9; 32]).expect("a seed")
}

#[test]
fn what_is_written_is_read_and_believed() {
    let mut signers: Vec<Box<dyn CoseSigner>> = vec![Box::new(ed25519())];
    for algorithm in [CoseAlgorithm::MlDsa44, CoseAlgorithm::MlDsa65, CoseAlgorithm::MlDsa87] {
        signers.push(Box::new(MlDsaSigner::from_seed(algorithm, &[1; 32]).expect("a seed")));
    }
    let other = RawEd25519Signer::from_seed(&[8; 32]).expect("a seed");
    for signer in &signers {
        for (size, index) in [(1, 0), (2, 1), (7, 3), (300, 299)] {
            let (leaf, bytes) = inclusion(size, index, signer.as_ref());
            let receipt = CoseReceipt::parse(&bytes).expect("reads");
            assert_eq!(receipt.algorithm(), signer.algorithm());
            let (proof, root) = receipt.verify_inclusion(&leaf, signer.key()).expect("believed");
            assert_eq!((proof.size, proof.index), (size, index));
            assert_eq!(root, crate::merkle::root(&tree(size), size).expect("built"));
            receipt.verify_inclusion(&leaf_hash(b"other"), signer.key()).expect_err("other leaf");
            receipt.verify_inclusion(&leaf, other.key()).expect_err("other key");
            let none = receipt.verify_consistency(&root, signer.key());
            assert_eq!(none, Err(CoseError::NoProof("consistency")));
        }
    }
}

#[test]
fn consistency_receipts() {
    let (signer, all) = (ed25519(), tree(104));
    let at = |size| root(&all, size).expect("built");
    for (old_size, new_size) in [(1, 2), (20, 104), (64, 65), (103, 104)] {
        let path = consistency_proof(&all, old_size, new_size).expect("built");
        let proof = CoseConsistency { old_size, new_size, path };
        let (old, new) = (at(old_size), at(new_size));
        let bytes = CoseReceipt::sign_consistency(&old, &proof, &new, &signer).expect("signs");
        let receipt = CoseReceipt::parse(&bytes).expect("reads");
        assert_eq!(receipt.verify_consistency(&old, signer.key()), Ok((&proof, new)));
        receipt.verify_consistency(&at(old_size + 1), signer.key()).expect_err("another root");
        receipt.verify_inclusion(&old, signer.key()).expect_err("no inclusion");
    }
    let empty = CoseConsistency { old_size: 5, new_size: 5, path: Vec::new() };
    let bytes = CoseReceipt::sign_consistency(&at(5), &empty, &at(5), &signer).expect("signs");
    CoseReceipt::parse(&bytes).expect_err("a consistency path is never empty");
    let wrong = CoseConsistency { old_size: 5, new_size: 6, path: Vec::new() };
    CoseReceipt::sign_consistency(&at(5), &wrong, &at(6), &signer).expect_err("no such proof");
}

#[test]
fn every_changed_byte_is_refused_or_says_the_same() {
    let signer = ed25519();
    let (leaf, bytes) = inclusion(7, 3, &signer);
    for at in 0..bytes.len() {
        for flip in [1, 0x20, 0x80] {
            let mut changed = bytes.clone();
            changed[at] ^= flip;
            let Ok(receipt) = CoseReceipt::parse(&changed) else { continue };
            // Only size and index are not covered by proof or signature, where another walk is the same.
            if let Ok((proof, _)) = receipt.verify_inclusion(&leaf, signer.key()) {
                assert_eq!(proof.path.len(), 3, "byte {at}");
                assert_ne!((proof.size, proof.index), (7, 3), "byte {at}");
            }
        }
    }
    for cut in 0..bytes.len() {
        CoseReceipt::parse(&bytes[..cut]).expect_err("cut");
    }
    CoseReceipt::parse(&[&bytes[..], &[0]].concat()).expect_err("a byte more");
}

/// A receipt of the leaf 0 of 1 with these headers, in hexadecimal, signed as they are.
fn with_headers(protected: &str, unprotected: &str) -> (Hash, Vec<u8>) {
    let hex = |text: &str| {
        let digits: String = text.split_whitespace().collect();
        data_encoding::HEXLOWER.decode(digits.as_bytes()).expect("hex")
    };
    let (protected, leaf) = (hex(protected), leaf_hash(b"record 0"));
    let message = super::sign1::sig_structure(&protected, leaf.as_bytes());
    let signature = ed25519().sign(&message).expect("signs");
    let written = super::sign1::write_sign1(&protected, &hex(unprotected), None, &signature);
    (leaf, written)
}

/// The proofs of the header 396: that leaf 0 is in the tree of 1.
const PROOF: &str = "a1 19018c a1 20 81 44 83010080";

fn refusal(protected: &str, unprotected: &str) -> Option<String> {
    let (leaf, bytes) = with_headers(protected, unprotected);
    let receipt = match CoseReceipt::parse(&bytes) {
        Ok(receipt) => receipt,
        Err(why) => return Some(why.to_string()),
    };
    receipt.verify_inclusion(&leaf, ed25519().key()).err().map(|why| why.to_string())
}

#[test]
fn headers_that_are_fine() {
    for (protected, unprotected) in [
        ("a2 01 27 19018b 01", PROOF),
        // in any order, with long integers, of indefinite length, under the name with the curve
        ("a2 19018b 01 01 27", PROOF),
        ("bf 1801 3807 19018b 1900 01 ff", PROOF),
        ("a2 01 32 19018b 01", PROOF),
        ("a2 01 27 19018b 01", "bf 19018c a1 20 9f 5f 42 8301 42 0080 ff ff ff"),
        // a key id, claims and a text label, none of them critical
        ("a4 01 27 04 41 07 0f a0 19018b 01", PROOF),
        ("a2 01 27 19018b 01", "a2 61 78 f5 19018c a1 20 81 44 83010080"),
        ("a3 01 27 02 82 01 19018b 19018b 01", PROOF),
        // one proof that holds among others
        ("a2 01 27 19018b 01", "a1 19018c a1 20 82 44 83020180 44 83010080"),
    ] {
        assert_eq!(refusal(protected, unprotected), None, "{protected} {unprotected}");
    }
}

#[test]
fn headers_that_are_refused() {
    let good = "a2 01 27 19018b 01";
    for (protected, unprotected, why) in [
        ("a1 19018b 01", PROOF, "the algorithm (header 1) must be in the protected header"),
        ("a1 19018b 01", "a2 01 27 19018c a1 20 81 44 83010080", "the algorithm (header 1)"),
        ("a1 01 27", PROOF, "the verifiable data structure (header 395"),
        ("a1 01 27", "a2 19018b 01 19018c a1 20 81 44 83010080", "the verifiable data structure"),
        ("a2 01 27 19018b 02", PROOF, "the verifiable data structure 2 is not known"),
        ("a2 01 27 19018b 61 31", PROOF, "the verifiable data structure `1`"),
        ("a2 01 3822 19018b 01", PROOF, "the algorithm -35"),
        ("a2 01 65 4564445341 19018b 01", PROOF, "the algorithm `EdDSA`"),
        ("a2 01 26 19018b 01", PROOF, "the algorithm ES256 can't be used with this key"),
        ("a3 01 27 01 27 19018b 01", PROOF, "not CBOR at byte"),
        ("a3 01 27 1801 27 19018b 01", PROOF, "not CBOR at byte"),
        ("a3 01 27 41 01 01 19018b 01", PROOF, "a header's label"),
        (good, "a2 01 27 19018c a1 20 81 44 83010080", "a label must be in one of the two"),
        ("a3 01 27 02 81 0f 19018b 01", PROOF, "the critical header 15"),
        ("a3 01 27 02 81 04 19018b 01", PROOF, "the critical header 4"),
        ("a4 01 27 02 81 61 78 61 78 01 19018b 01", PROOF, "the critical header `x`"),
        ("a3 01 27 02 80 19018b 01", PROOF, "the list of critical headers must be an array"),
        (good, "a2 02 81 01 19018c a1 20 81 44 83010080", "the list of critical headers must be"),
        (good, "a0", "header 396"),
        (good, "a1 19018c a0", "header 396"),
        (good, "a1 19018c a1 22 81 44 83010080", "header 396"),
        (good, "a1 19018c a1 20 80", "the proofs of one type"),
        (good, "a1 19018c a1 20 44 83010080", "the proofs of one type"),
        (good, "a1 19018c a1 20 81 83010080", "the proofs of one type"),
        (good, "a1 19018c a1 20 81 45 84 01 00 80 00", "a proof must be"),
        (good, "a1 19018c a1 20 81 44 83 20 00 80", "a proof must be"),
        (good, "a1 19018c a1 20 81 45 83 01 00 81 40", "a proof must be"),
        (good, "a1 19018c a1 20 81 44 83 01 01 80", "the proof does not hold"),
        (good, "a1 19018c a1 20 81 44 83 02 00 80", "the proof does not hold"),
        (good, "a1 19018c a2 20 81 44 83010080 20 81 44 83010080", "not CBOR at byte"),
        ("80", PROOF, "each header must be a map"),
        ("", PROOF, "the algorithm (header 1)"),
    ] {
        let came = refusal(protected, unprotected).unwrap_or_default();
        assert!(came.starts_with(why), "{protected} {unprotected}: {came}");
    }
}

#[test]
fn payload_tag_and_shape() {
    let (leaf, bytes) = with_headers("a2 01 27 19018b 01", PROOF);
    let at = bytes.iter().rposition(|b| *b == 0xf6).expect("null");
    let attached = |payload: &[u8]| {
        [
            &bytes[..at],
            &[0x58, u8::try_from(payload.len()).expect("short")],
            payload,
            &bytes[at + 1..],
        ]
        .concat()
    };
    let verify = |bytes: &[u8]| {
        CoseReceipt::parse(bytes)?.verify_inclusion(&leaf, ed25519().key()).map(|_| ())
    };
    assert_eq!(verify(&bytes), Ok(()));
    assert_eq!(verify(&attached(leaf.as_bytes())), Err(CoseError::Payload));
    assert_eq!(verify(&attached(&leaf.as_bytes()[1..])), Err(CoseError::Payload));
    verify(&bytes[1..]).expect_err("no tag");
    verify(&[&[0xd1], &bytes[1..]].concat()).expect_err("tag 17");
    verify(&[&[0xd9, 0xd9, 0xf7], &bytes[..]].concat()).expect_err("a tag around it");
    let deep = [&[0x81; 60][..], &[0x80]].concat();
    verify(&deep).expect_err("nested too deeply");
    verify(&vec![0; super::MAX_COSE_RECEIPT + 1]).expect_err("too long");
    verify(&[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]).expect_err("a huge array");
}

#[test]
fn keys_in_every_form() {
    let signer = ed25519();
    let raw = signer.key().clone();
    let super::key::Kind::Ed25519(x) = raw.kind else { panic!("Ed25519") };
    let spki = [&[0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0][..], &x].concat();
    assert_eq!(CoseKey::from_spki(&spki), Ok(raw.clone()));
    CoseKey::from_spki(&spki[1..]).expect_err("cut");
    let okp = |head: &[u8]| [head, &[0x21, 0x58, 0x20], &x].concat();
    let plain = CoseKey::from_cose_key(&okp(&[0xa3, 1, 1, 0x20, 6])).expect("a key");
    assert_eq!(plain, raw);
    let only = CoseKey::from_cose_key(&okp(&[0xa4, 1, 1, 3, 0x27, 0x20, 6])).expect("a key");
    assert!(only.fits(CoseAlgorithm::EdDsa) && !only.fits(CoseAlgorithm::Ed25519));
    CoseKey::from_cose_key(&okp(&[0xa4, 1, 1, 3, 0x26, 0x20, 6])).expect_err("ES256");
    CoseKey::from_cose_key(&okp(&[0xa4, 1, 1, 4, 0x81, 1, 0x20, 6])).expect_err("to sign with");
    CoseKey::from_cose_key(&okp(&[0xa3, 1, 2, 0x20, 1])).expect_err("no y");
    CoseKey::from_cose_key(&[0xa0]).expect_err("nothing");
    let post = MlDsaSigner::from_seed(CoseAlgorithm::MlDsa44, &[1; 32]).expect("a seed");
    let super::key::Kind::MlDsa(_, public) = &post.key().kind else { panic!("ML-DSA") };
    let akp = [&[0xa3, 1, 7, 3, 0x38, 0x2f, 0x20, 0x59, 0x05, 0x20][..], public].concat();
    let akp = CoseKey::from_cose_key(&akp).expect("a key");
    assert!(akp.fits(CoseAlgorithm::MlDsa44) && !akp.fits(CoseAlgorithm::MlDsa87));
    for (algorithm, length) in [(CoseAlgorithm::EdDsa, 31), (CoseAlgorithm::MlDsa65, 1312)] {
        CoseKey::raw(algorithm, &vec![4; length]).expect_err("another length");
    }
    for name in ["ES256", "ESP256", "EdDSA", "Ed25519", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87"] {
        let algorithm = CoseAlgorithm::from_name(name).expect("known");
        assert_eq!(algorithm.name(), name);
        assert_eq!(CoseAlgorithm::from_number(algorithm.id().into()), Some(algorithm));
    }
}
