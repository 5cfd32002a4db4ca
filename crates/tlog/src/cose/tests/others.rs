//! Receipts of other programs.

use super::{CoseKey, CoseReceipt, CoseStatement};
use crate::leaf_hash;
use crate::tests::text;
use serde_json::Value;

fn hex(v: &Value, field: &str) -> Vec<u8> {
    let digits = v[field].as_str().expect("hex").as_bytes();
    data_encoding::HEXLOWER.decode(digits).expect("hex")
}

/// The key in a PEM file.
fn pem(v: &Value, field: &str) -> CoseKey {
    let lines = v[field].as_str().expect("PEM").lines().filter(|l| !l.starts_with("-----"));
    let der = data_encoding::BASE64.decode(lines.collect::<String>().as_bytes()).expect("base64");
    CoseKey::from_spki(&der).expect("a key")
}

#[test]
fn receipts_of_the_draft_and_of_another_program() {
    let Some(json) = text("cose-receipts.json") else { return };
    let all: Vec<Value> = serde_json::from_str(&json).expect("JSON");
    let (mut decoded, mut believed, mut refused) = (0, 0, 0);
    for v in &all {
        let bytes = hex(v, "receipt");
        let receipt = CoseReceipt::parse(&bytes).expect("a receipt");
        if v["expect"] == "decode" {
            decoded += 1;
            assert_eq!(receipt.inclusion().len() + receipt.consistency().len(), 1, "{}", v["id"]);
            assert_eq!(receipt.key_id(), Some(&b"test-key-1"[..]));
            continue;
        }
        let expected = &v["expected"];
        let statement = hex(v, "statement");
        let read = CoseStatement::parse(&statement).expect("a statement");
        assert_eq!(read.verify(&pem(v, "issuer_key_pem")), Ok(hex(v, "payload").as_slice()));
        assert_eq!(read.bare(), statement);
        // As a service hands it out, and back to what was registered.
        let handed = read.with_receipts(std::slice::from_ref(&bytes));
        let handed = CoseStatement::parse(&handed).expect("a statement with a receipt");
        assert_eq!((handed.receipts(), handed.bare()), (&[receipt.clone()][..], statement));
        let leaf = leaf_hash(&hex(expected, "leaf_entry"));
        let came = receipt.verify_inclusion(&leaf, &pem(v, "log_key_pem"));
        assert_eq!(came.is_ok(), expected["receipt_valid"].as_bool().expect("a verdict"));
        if let Ok((proof, root)) = came {
            believed += 1;
            assert_eq!(root.as_bytes()[..], hex(expected, "reconstructed_root"));
            assert_eq!((proof.size, proof.index), (8, 2));
        } else {
            refused += 1;
        }
        receipt.verify_inclusion(&leaf, &pem(v, "issuer_key_pem")).expect_err("another key");
    }
    assert_eq!((decoded, believed, refused), (2, 2, 1));
}
