//! COSE receipts of a log's statements under both of its keys.

use crate::testing::{KEYS, Log, stream};
use crate::{CoseReceiptError, CoseSignature, LogSigner, Receipt, TreeHead};
use tlog::cose::{CoseAlgorithm, CoseError, CoseReceipt};

const BOTH: [CoseSignature; 2] = [CoseSignature::EdDsa, CoseSignature::MlDsa87];

fn receipts() -> (Vec<Receipt>, TreeHead) {
    let mut log = Log::new();
    for text in ["one", "two", "three", "four", "five"] {
        log.state("lab", text, None);
    }
    let receipts: Vec<_> = (0..5).map(|i| Receipt::build(&log.files, i).unwrap()).collect();
    let head = KEYS.trust.log().check(receipts[0].checkpoint()).unwrap();
    (receipts, head)
}

#[test]
fn prove_each_leaf_under_each_key() {
    let (receipts, head) = receipts();
    for (index, receipt) in (0..).zip(&receipts) {
        for signature in BOTH {
            let cose = KEYS.log.cose(receipt, &head, signature).unwrap();
            let proven = KEYS.trust.log().check_cose(&cose, receipt.leaf_bytes()).unwrap();
            assert_eq!((proven.index, proven.size, proven.signature), (index, 5, signature));
            assert_eq!(*proven.root.as_bytes(), head.root);
            assert_eq!(&proven.leaf, receipt.leaf());
            assert_eq!(signature.to_string().parse(), Ok(signature));
        }
    }
}

#[test]
fn are_only_made_of_what_is_committed() {
    let (receipts, head) = receipts();
    let other = TreeHead { root: [7; 32], ..head };
    for committed in [other, TreeHead { size: 4, ..head }, TreeHead::EMPTY] {
        let refused = KEYS.log.cose(&receipts[1], &committed, CoseSignature::EdDsa);
        assert_eq!(refused, Err(CoseReceiptError::NotCommitted));
    }
}

#[test]
fn of_another_leaf_log_or_algorithm_are_refused() {
    let (receipts, head) = receipts();
    let log = KEYS.trust.log();
    for signature in BOTH {
        let cose = KEYS.log.cose(&receipts[1], &head, signature).unwrap();
        let refused = log.check_cose(&cose, receipts[2].leaf_bytes()).unwrap_err();
        assert_eq!(refused, CoseReceiptError::Cose(CoseError::Signature));
        let other = LogSigner::generate("log.example/vestibule", &mut stream("other")).unwrap();
        let refused = other.verifier().check_cose(&cose, receipts[1].leaf_bytes()).unwrap_err();
        assert_eq!(refused, CoseReceiptError::Cose(CoseError::Signature));
        for at in 0..cose.len() {
            let mut bytes = cose.clone();
            bytes[at] ^= 1;
            // the proof's size and index are not under the signature (RFC 9942 §7.1): they steer the walk alone
            if let Ok(proven) = log.check_cose(&bytes, receipts[1].leaf_bytes()) {
                assert_eq!(*proven.root.as_bytes(), head.root, "byte {at}");
            }
        }
    }
    let scalar = tlog::cose::MlDsaSigner::from_seed(CoseAlgorithm::MlDsa44, &[3; 32]).unwrap();
    let (leaf, proof) = receipts[0].cose_inclusion();
    let root = tlog::Hash::from_bytes(head.root);
    let cose = CoseReceipt::sign_inclusion(&leaf, &proof, &root, &scalar).unwrap();
    let refused = log.check_cose(&cose, receipts[0].leaf_bytes()).unwrap_err();
    assert_eq!(refused, CoseReceiptError::Algorithm("ML-DSA-44"));
}
