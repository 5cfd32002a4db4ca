//! Each op accepts one good vector and rejects its mutations.

use super::run;
use serde_json::{Value, json};
use tlog::merkle::{MemoryTree, consistency_proof, inclusion_proof, root};
use tlog::{Checkpoint, Ed25519Signer, KeyName, NoteSigner, TlogProof, leaf_hash};

fn check(good: &Value, mutations: &[(&str, Value)]) {
    assert_eq!(run(good), Ok(true), "{good}");
    for (field, value) in mutations {
        let mut bad = good.clone();
        bad[*field] = value.clone();
        assert_eq!(run(&bad), Ok(false), "{bad}");
    }
}

fn tree() -> MemoryTree {
    (0..5).map(|i| leaf_hash(format!("leaf {i}").as_bytes())).collect()
}

fn log() -> Ed25519Signer {
    Ed25519Signer::from_seed(KeyName::new("log.example").expect("a name"), &[1; 32]).expect("a key")
}

fn texts(hashes: &[tlog::Hash]) -> Value {
    hashes.iter().map(ToString::to_string).collect()
}

#[test]
fn merkle_ops() {
    let tree = tree();
    let at = |n| root(&tree, n).expect("built").to_string();
    let path = inclusion_proof(&tree, 2, 5).expect("built");
    let leaf = leaf_hash(b"leaf 2").to_string();
    let good = json!({"op": "inclusion", "leaf_hash": leaf, "index": 2, "size": 5, "root": at(5),
        "proof": texts(&path)});
    check(
        &good,
        &[
            ("index", json!(3)),
            ("index", json!(-1)),
            ("index", json!("02")),
            ("size", json!(2)),
            ("root", json!("AAAA")),
            ("proof", json!([])),
            ("proof", json!(["AAAA"])),
        ],
    );
    let proof = consistency_proof(&tree, 3, 5).expect("built");
    let good = json!({"op": "consistency", "size1": 3, "size2": 5, "root1": at(3), "root2": at(5),
        "proof": texts(&proof)});
    check(&good, &[("size1", json!(0)), ("size2", json!(4)), ("root1", json!(at(5)))]);
    let good = json!({"op": "tree", "leaf_format": "leaf <i>", "size": 5, "root": at(5)});
    check(&good, &[("size", json!(4)), ("leaf_format", json!("leaf  <i>"))]);
}

#[test]
fn signed_ops() {
    let (tree, log) = (tree(), log());
    let head = Checkpoint::new("log.example", 5, root(&tree, 5).expect("built"));
    let checkpoint = head.expect("a checkpoint").sign(&[&log]).expect("signs");
    let note = checkpoint.note().to_string();
    let encoded = |text: &str| data_encoding::BASE64.encode(text.as_bytes());
    let key = log.verifier_key().to_string();
    let other = note.replace("\n5\n", "\n6\n");
    let good = json!({"op": "note", "note_b64": encoded(&note), "vkeys": [key]});
    check(
        &good,
        &[("note_b64", json!(encoded(&other))), ("vkeys", json!([])), ("vkeys", json!(["x"]))],
    );
    let policy = format!("log {key}\nquorum none\n");
    let good = json!({"op": "policy", "policy": policy, "note": encoded(&note)});
    check(&good, &[("note", json!(other)), ("policy", json!("quorum none\n"))]);
    let path = inclusion_proof(&tree, 2, 5).expect("built");
    let proof = TlogProof { extra: None, index: 2, path, checkpoint }.to_string();
    let good = json!({"op": "receipt", "receipt": proof, "leaf": "leaf 2", "policy": policy});
    check(
        &good,
        &[("leaf", json!("leaf 3")), ("receipt", json!(proof.replace("index 2", "index 3")))],
    );
    check(
        &json!({"op": "receipt", "receipt": encoded(&proof), "leaf": encoded("leaf 2"),
        "policy": encoded(&policy)}),
        &[],
    );
    let signature = data_encoding::BASE64.encode(&log.sign("text").expect("signs"));
    let public = data_encoding::BASE64.encode(log.verifier_key().key().bytes());
    let good =
        json!({"op": "ed25519", "key": public, "message": encoded("text"), "signature": signature});
    check(&good, &[("message", json!(encoded("next"))), ("signature", json!("AAAA"))]);
}

#[test]
fn what_is_unknown_or_missing_is_said() {
    assert_eq!(run(&json!({"op": "x"})), Err("unsupported op `x`".to_owned()));
    assert_eq!(run(&json!({"op": "inclusion"})), Err("no field `index`".to_owned()));
}
