//! Proofs as text, and whether they are believed.

use super::{ReceiptError, TlogProof};
use crate::merkle::{MemoryTree, inclusion_proof, root};
use crate::{Checkpoint, Ed25519Signer, KeyName, NoteSigner, Policy, leaf_hash};
use expect_test::{Expect, expect};
use proptest::prelude::*;

fn log() -> Ed25519Signer {
    let name = KeyName::new("log.example").expect("a name");
    Ed25519Signer::from_seed(name, &[1; 32]).expect("a key")
}

fn proof(index: u64, extra: Option<&[u8]>) -> TlogProof {
    let tree: MemoryTree = (0..7_u8).map(|i| leaf_hash(&[i])).collect();
    let head = Checkpoint::new("log.example", 7, root(&tree, 7).expect("built"));
    TlogProof {
        extra: extra.map(<[u8]>::to_vec),
        index,
        path: inclusion_proof(&tree, index, 7).expect("built"),
        checkpoint: head.expect("a checkpoint").sign(&[&log()]).expect("signs"),
    }
}

#[test]
fn a_proof_survives_its_text_and_is_believed() {
    let policy = format!("log {}\nquorum none\n", log().verifier_key());
    let policy = Policy::parse(policy.as_bytes()).expect("a policy");
    for index in 0..7_u8 {
        for extra in [None, Some(&b""[..]), Some(b"more")] {
            let proof = proof(u64::from(index), extra);
            assert_eq!(TlogProof::parse(proof.to_string().as_bytes()), Ok(proof.clone()));
            proof.verify(&leaf_hash(&[index]), &policy).expect("believed");
            let other = proof.verify(&leaf_hash(&[index + 1]), &policy);
            assert!(matches!(other, Err(ReceiptError::Inclusion(_))));
        }
    }
    let nobody = Policy::parse(b"quorum none\n").expect("a policy");
    let refused = proof(0, None).verify(&leaf_hash(&[0]), &nobody);
    assert!(matches!(refused, Err(ReceiptError::Policy(_))));
}

#[test]
fn other_texts_are_refused() {
    let good = proof(2, Some(b"x")).to_string();
    let check = |from: &str, to: &str, why: Expect| {
        let text = good.replacen(from, to, 1);
        assert_ne!(text, good);
        why.assert_eq(&TlogProof::parse(text.as_bytes()).expect_err("malformed").to_string());
    };
    check(
        "@v1",
        "@v2",
        expect!["line 1 of the proof, `c2sp.org/tlog-proof@v2`, is not `c2sp.org/tlog-proof@v1`"],
    );
    check(
        "c2sp.org/tlog-proof@v1\n",
        "",
        expect!["line 1 of the proof, `extra eA==`, is not `c2sp.org/tlog-proof@v1`"],
    );
    check(
        "eA==",
        "eB==",
        expect!["line 2 of the proof, `extra eB==`, is not extra data of at most 64 KiB in base64"],
    );
    check(
        "index 2",
        "index 02",
        expect![
            "line 3 of the proof, `index 02`, is not `index` and a number without leading zeros"
        ],
    );
    check(
        "index 2",
        "index 2 ",
        expect![
            "line 3 of the proof, `index 2 `, is not `index` and a number without leading zeros"
        ],
    );
    check(
        "index 2\n",
        "index 2\nextra eA==\n",
        expect!["line 4 of the proof, `extra eA==`, is not one of at most 65 hashes in base64"],
    );
    check("\n7\n", "\n07\n", expect!["the checkpoint of the proof"]);
    TlogProof::parse(format!("\u{feff}{good}").as_bytes()).expect_err("a byte order mark");
    for gone in ["index 2\n", "\n\n"] {
        TlogProof::parse(good.replacen(gone, "\n", 1).as_bytes()).expect_err("a line is missing");
    }
    TlogProof::parse(&[0xff]).expect_err("not UTF-8");
    TlogProof::parse(good.trim_end().as_bytes()).expect_err("no final newline");
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = TlogProof::parse(&bytes);
    }

    #[test]
    fn mutated_proofs_are_read_exactly_or_refused(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = proof(2, Some(b"x")).to_string().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(read) = TlogProof::parse(&bytes) {
            prop_assert_eq!(read.to_string().into_bytes(), bytes);
        }
    }
}
