//! COSE Receipts.

use super::merkle::tree;
use super::{Vectors, b64};
use crate::cose::{
    CoseAlgorithm, CoseConsistency, CoseError, CoseInclusion, CoseKey, CoseReceipt, CoseSigner,
    RawEd25519Signer,
};
use crate::merkle::{consistency_proof, inclusion_proof, root};
use crate::{Hash, leaf_hash};
use p256::ecdsa::signature::Signer as _;
use serde_json::{Value, json};

/// A signer whose signatures have no randomness in them, with its raw public key.
struct Fixed {
    algorithm: CoseAlgorithm,
    public: Vec<u8>,
    key: CoseKey,
    sign: fn(&[u8]) -> Vec<u8>,
}

impl CoseSigner for Fixed {
    fn algorithm(&self) -> CoseAlgorithm {
        self.algorithm
    }
    fn key(&self) -> &CoseKey {
        &self.key
    }
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CoseError> {
        Ok((self.sign)(message))
    }
}

fn ed25519(message: &[u8]) -> Vec<u8> {
    RawEd25519Signer::from_seed(&[21; 32]).expect("a seed").sign(message).expect("signs")
}

fn ecdsa() -> p256::ecdsa::SigningKey {
    p256::ecdsa::SigningKey::from_slice(&[22; 32]).expect("a scalar")
}

fn es256(message: &[u8]) -> Vec<u8> {
    let signature: p256::ecdsa::Signature = ecdsa().sign(message);
    signature.to_bytes().to_vec()
}

fn ml_dsa<P: ml_dsa::MlDsaParams>() -> ml_dsa::SigningKey<P> {
    ml_dsa::SigningKey::<P>::from_seed(&[23; 32].into())
}

fn ml_dsa_sign<P: ml_dsa::MlDsaParams>(message: &[u8]) -> Vec<u8> {
    let key = ml_dsa::<P>();
    key.expanded_key().sign_deterministic(message, &[]).expect("signs").encode().to_vec()
}

fn ml_dsa_public<P: ml_dsa::MlDsaParams>() -> Vec<u8> {
    ml_dsa::<P>().expanded_key().verifying_key().encode().to_vec()
}

fn signers() -> Vec<Fixed> {
    let name = crate::KeyName::new("k").expect("a name");
    let edwards = crate::Ed25519Signer::from_seed(name, &[21; 32]).expect("a seed");
    let edwards = crate::NoteSigner::verifier_key(&edwards).key().bytes().to_vec();
    let point = ecdsa().verifying_key().to_sec1_point(false).as_bytes().to_vec();
    let all: [(_, _, fn(&[u8]) -> Vec<u8>); 5] = [
        (CoseAlgorithm::EdDsa, edwards, ed25519),
        (CoseAlgorithm::Es256, point, es256),
        (
            CoseAlgorithm::MlDsa44,
            ml_dsa_public::<ml_dsa::MlDsa44>(),
            ml_dsa_sign::<ml_dsa::MlDsa44>,
        ),
        (
            CoseAlgorithm::MlDsa65,
            ml_dsa_public::<ml_dsa::MlDsa65>(),
            ml_dsa_sign::<ml_dsa::MlDsa65>,
        ),
        (
            CoseAlgorithm::MlDsa87,
            ml_dsa_public::<ml_dsa::MlDsa87>(),
            ml_dsa_sign::<ml_dsa::MlDsa87>,
        ),
    ];
    let made = all.into_iter().map(|(algorithm, public, sign)| {
        let key = CoseKey::raw(algorithm, &public).expect("a key");
        Fixed { algorithm, public, key, sign }
    });
    made.collect()
}

fn at(size: u64) -> Hash {
    root(&tree(size), size).expect("built")
}

fn inclusion(signer: &Fixed, index: u64, size: u64) -> Value {
    let leaf = format!("record {index}");
    let path = inclusion_proof(&tree(size), index, size).expect("built");
    let proof = CoseInclusion { size, index, path };
    let hash = leaf_hash(leaf.as_bytes());
    let receipt = CoseReceipt::sign_inclusion(&hash, &proof, &at(size), signer).expect("signs");
    json!({"op": "cose", "kind": "inclusion", "alg": signer.algorithm.name(), "key": b64(&signer.public),
        "receipt": b64(&receipt), "leaf": b64(leaf.as_bytes())})
}

fn consistency(signer: &Fixed, old_size: u64, new_size: u64) -> Value {
    let path = consistency_proof(&tree(new_size), old_size, new_size).expect("built");
    let proof = CoseConsistency { old_size, new_size, path };
    let (old, new) = (at(old_size), at(new_size));
    let receipt = CoseReceipt::sign_consistency(&old, &proof, &new, signer).expect("signs");
    json!({"op": "cose", "kind": "consistency", "alg": signer.algorithm.name(),
        "key": b64(&signer.public), "receipt": b64(&receipt), "old_root": b64(old.as_bytes())})
}

pub(super) fn vectors() -> Vectors {
    let mut out = Vectors::default();
    let all = signers();
    for (signer, other) in all.iter().zip(all.iter().cycle().skip(1)) {
        let name = signer.algorithm.name();
        let (good, grown) = (inclusion(signer, 4, 7), consistency(signer, 3, 7));
        out.add(true, &format!("cose/{name}/inclusion"), "a receipt of inclusion", &good);
        out.add(true, &format!("cose/{name}/consistency"), "a receipt of consistency", &grown);
        let mut reject = |good: &Value, id: &str, why: &str, field: &str, value: Value| {
            out.reject(&format!("cose/{name}/{id}"), why, good, field, value);
        };
        reject(&good, "other-leaf", "another leaf", "leaf", json!(b64(b"record 5")));
        reject(
            &grown,
            "other-old-root",
            "another old root",
            "old_root",
            json!(b64(at(4).as_bytes())),
        );
        reject(&good, "other-alg", "another algorithm", "alg", json!(other.algorithm.name()));
        let mut wrong = signer.public.clone();
        wrong[20] ^= 1;
        reject(&good, "other-key", "another key, or none", "key", json!(b64(&wrong)));
        reject(
            &good,
            "kind",
            "a receipt of inclusion as one of consistency",
            "receipt",
            grown["receipt"].clone(),
        );
        reject(
            &grown,
            "kind-2",
            "a receipt of consistency as one of inclusion",
            "receipt",
            good["receipt"].clone(),
        );
        for (good, kind) in [(&good, "inclusion"), (&grown, "consistency")] {
            let text = good["receipt"].as_str().expect("base64").as_bytes();
            let bytes = data_encoding::BASE64.decode(text).expect("base64");
            for (id, why, at) in [
                ("signature", "a byte of the signature is changed", bytes.len() - 9),
                ("path", "a byte of the path is changed", 40),
            ] {
                let mut changed = bytes.clone();
                changed[at] ^= 1;
                reject(good, &format!("{kind}-{id}"), why, "receipt", json!(b64(&changed)));
            }
            reject(
                good,
                &format!("{kind}-cut"),
                "the last byte is missing",
                "receipt",
                json!(b64(&bytes[..bytes.len() - 1])),
            );
            reject(
                good,
                &format!("{kind}-more"),
                "a byte follows",
                "receipt",
                json!(b64(&[&bytes[..], &[0]].concat())),
            );
        }
    }
    for (index, size) in [(0, 1), (0, 2), (299, 300)] {
        let good = inclusion(&all[0], index, size);
        out.add(true, &format!("cose/leaf-{index}-of-{size}"), "a receipt of inclusion", &good);
    }
    headers(&mut out, &all[0]);
    out
}

/// A receipt that leaf 0 is in the tree of 1, with these headers in hexadecimal, signed as they are.
fn with_headers(signer: &Fixed, protected: &str, unprotected: &str) -> Value {
    let hex = |text: &str| {
        let digits: String = text.split_whitespace().collect();
        data_encoding::HEXLOWER.decode(digits.as_bytes()).expect("hex")
    };
    let (protected, leaf) = (hex(protected), leaf_hash(b"record 0"));
    let short = |bytes: &[u8]| {
        let length = u8::try_from(bytes.len()).expect("short");
        [&[0x58, length], bytes].concat()
    };
    let start = [&[0x84, 0x6a][..], b"Signature1"].concat();
    let message = [start, short(&protected), vec![0x40], short(leaf.as_bytes())].concat();
    // The lengths in what is signed are as short as can be.
    let message = if protected.len() < 24 {
        let at = 12;
        let length = 0x40 | u8::try_from(protected.len()).expect("short");
        [&message[..at], &[length], &message[at + 2..]].concat()
    } else {
        message
    };
    let signature = (signer.sign)(&message);
    let receipt =
        [vec![0xd2, 0x84], short(&protected), hex(unprotected), vec![0xf6], short(&signature)];
    json!({"op": "cose", "kind": "inclusion", "alg": "EdDSA", "key": b64(&signer.public),
        "receipt": b64(&receipt.concat()), "leaf": b64(b"record 0")})
}

/// That leaf 0 is in the tree of 1.
const PROOF: &str = "a1 19018c a1 20 81 44 83010080";
const GOOD: &str = "a2 01 27 19018b 01";

fn headers(out: &mut Vectors, signer: &Fixed) {
    for (accept, id, why, protected, unprotected) in [
        (true, "plain", "the headers that RFC 9942 asks for", GOOD, PROOF),
        (true, "any-order", "labels in any order", "a2 19018b 01 01 27", PROOF),
        (
            true,
            "long-integers",
            "integers longer than need be",
            "a2 1801 3807 19018b 1900 01",
            PROOF,
        ),
        (
            true,
            "indefinite",
            "maps, arrays and strings of indefinite length",
            "bf 01 27 19018b 01 ff",
            "bf 19018c a1 20 9f 5f 42 8301 42 0080 ff ff ff",
        ),
        (
            true,
            "more-headers",
            "headers that are not critical",
            "a4 01 27 04 41 07 0f a0 19018b 01",
            PROOF,
        ),
        (
            true,
            "critical-known",
            "critical headers that are understood",
            "a3 01 27 02 82 01 19018b 19018b 01",
            PROOF,
        ),
        (
            true,
            "two-proofs",
            "one proof that holds among two",
            GOOD,
            "a1 19018c a1 20 82 44 83020180 44 83010080",
        ),
        (false, "no-alg", "no algorithm", "a1 19018b 01", PROOF),
        (
            false,
            "alg-unprotected",
            "the algorithm is not protected",
            "a1 19018b 01",
            "a2 01 27 19018c a1 20 81 44 83010080",
        ),
        (false, "alg-text", "the algorithm is a text", "a2 01 65 4564445341 19018b 01", PROOF),
        (false, "alg-other", "the algorithm is another", "a2 01 26 19018b 01", PROOF),
        (false, "alg-unknown", "the algorithm is none", "a2 01 3863 19018b 01", PROOF),
        (false, "no-vds", "no verifiable data structure", "a1 01 27", PROOF),
        (
            false,
            "vds-unprotected",
            "the verifiable data structure is not protected",
            "a1 01 27",
            "a2 19018b 01 19018c a1 20 81 44 83010080",
        ),
        (false, "vds-2", "another verifiable data structure", "a2 01 27 19018b 02", PROOF),
        (
            false,
            "vds-text",
            "the verifiable data structure is a text",
            "a2 01 27 19018b 61 31",
            PROOF,
        ),
        (false, "alg-twice", "a label twice", "a3 01 27 01 27 19018b 01", PROOF),
        (
            false,
            "alg-twice-long",
            "a label twice in two encodings",
            "a3 01 27 1801 27 19018b 01",
            PROOF,
        ),
        (
            false,
            "alg-in-both",
            "a label in both headers",
            GOOD,
            "a2 01 27 19018c a1 20 81 44 83010080",
        ),
        (false, "label-bytes", "a label of bytes", "a3 01 27 41 01 01 19018b 01", PROOF),
        (
            false,
            "critical-unknown",
            "a critical header that is not understood",
            "a4 01 27 02 81 0f 0f a0 19018b 01",
            PROOF,
        ),
        (
            false,
            "critical-missing",
            "a critical header that is not there",
            "a3 01 27 02 81 04 19018b 01",
            PROOF,
        ),
        (
            false,
            "critical-empty",
            "an empty list of critical headers",
            "a3 01 27 02 80 19018b 01",
            PROOF,
        ),
        (
            false,
            "critical-unprotected",
            "critical headers that are not protected",
            GOOD,
            "a2 02 81 01 19018c a1 20 81 44 83010080",
        ),
        (false, "no-proofs", "no proofs", GOOD, "a0"),
        (false, "empty-proofs", "a map of proofs with none", GOOD, "a1 19018c a0"),
        (
            false,
            "unknown-proof",
            "a proof of an unknown type",
            GOOD,
            "a1 19018c a1 22 81 44 83010080",
        ),
        (false, "empty-list", "an empty list of proofs", GOOD, "a1 19018c a1 20 80"),
        (
            false,
            "bare-proof",
            "a proof that is not in an array",
            GOOD,
            "a1 19018c a1 20 44 83010080",
        ),
        (
            false,
            "unwrapped-proof",
            "a proof that is not in a byte string",
            GOOD,
            "a1 19018c a1 20 81 83010080",
        ),
        (
            false,
            "proof-of-four",
            "a proof with a fourth part",
            GOOD,
            "a1 19018c a1 20 81 45 8401008000",
        ),
        (false, "negative-size", "a negative size", GOOD, "a1 19018c a1 20 81 44 83200080"),
        (false, "short-hash", "a hash of no bytes", GOOD, "a1 19018c a1 20 81 45 8301008140"),
        (false, "index-is-size", "the index is the size", GOOD, "a1 19018c a1 20 81 44 83010180"),
        (false, "size-0", "a tree of nothing", GOOD, "a1 19018c a1 20 81 44 83000080"),
        (
            false,
            "path-missing",
            "an empty path in a tree of two",
            GOOD,
            "a1 19018c a1 20 81 44 83020080",
        ),
        (
            false,
            "proof-trailing",
            "a byte after the proof",
            GOOD,
            "a1 19018c a1 20 81 45 8301008000",
        ),
        (
            false,
            "proofs-twice",
            "a type of proof twice",
            GOOD,
            "a1 19018c a2 20 81 44 83010080 20 81 44 83010080",
        ),
        (false, "protected-array", "a protected header that is an array", "80", PROOF),
        (false, "protected-empty", "a protected header of no bytes", "", PROOF),
    ] {
        out.add(
            accept,
            &format!("cose/header/{id}"),
            why,
            &with_headers(signer, protected, unprotected),
        );
    }
    let good = with_headers(signer, GOOD, PROOF);
    let text = good["receipt"].as_str().expect("base64").as_bytes();
    let bytes = data_encoding::BASE64.decode(text).expect("base64");
    // null stands before the signature's 64 bytes and their head
    let null = bytes.len() - 64 - 2 - 1;
    assert_eq!(bytes[null], 0xf6, "null");
    let with_payload =
        |payload: &[u8]| json!(b64(&[&bytes[..null], payload, &bytes[null + 1..]].concat()));
    let root = leaf_hash(b"record 0");
    let mut attached = good.clone();
    attached["receipt"] = with_payload(&[&[0x58, 0x20], &root.as_bytes()[..]].concat());
    out.add(false, "cose/payload-attached", "the payload is always detached", &attached);
    let mut reject = |id: &str, why: &str, value: Value| {
        out.reject(&format!("cose/{id}"), why, &good, "receipt", value);
    };
    reject(
        "payload-other",
        "an attached payload that is not the root",
        with_payload(&[0x43, 1, 2, 3]),
    );
    reject("payload-empty", "an attached payload of no bytes", with_payload(&[0x40]));
    reject("payload-text", "a payload that is a text", with_payload(&[0x60]));
    reject("untagged", "no tag", json!(b64(&bytes[1..])));
    reject("other-tag", "the tag of a COSE_Mac0", json!(b64(&[&[0xd1], &bytes[1..]].concat())));
    reject("wrapped", "a tag around it", json!(b64(&[&[0xd9, 0xd9, 0xf7], &bytes[..]].concat())));
    reject("empty", "nothing at all", json!(""));
    reject("deep", "nested without end", json!(b64(&[0x81; 4_000])));
    reject("huge", "an array of 2^64 - 1 items", json!(b64(&[&[0x9b][..], &[0xff; 8]].concat())));
    let five = [&[0xd2, 0x85], &bytes[2..], &[0xf6]].concat();
    reject("five", "an array of five", json!(b64(&five)));
}
