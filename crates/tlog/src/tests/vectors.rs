//! Vectors of others: Merkle proofs, spec examples, ML-DSA-44 cosignatures, Ed25519 edge cases.

use super::text;
use crate::merkle::{
    verify_consistency, verify_inclusion, verify_subtree_consistency, verify_subtree_inclusion,
};
use crate::{Ed25519Cosigner, Ed25519Signer, Level, subtree_v1_message};
use crate::{
    Hash, KeyName, MlDsa44Cosigner, Note, NoteSigner, Policy, SignatureLine, SignedCheckpoint,
    Tile, TlogProof, VerifierKey, is_small_order_ed25519, leaf_hash, verify_ed25519,
};
use serde_json::Value;

fn number(v: &Value, field: &str) -> u64 {
    v[field].as_u64().unwrap_or_else(|| panic!("{field} of {v}"))
}

/// A hash; `None` when the vector has another length on purpose.
fn hash(v: &Value) -> Option<Hash> {
    v.as_str()?.parse().ok()
}

/// Two roots of a consistency vector. Some vectors test equality alone with short placeholder texts, which
/// a hash can't hold; their SHA-256 stands in.
fn roots(v: &Value) -> [Hash; 2] {
    ["root1", "root2"]
        .map(|f| hash(&v[f]).unwrap_or_else(|| leaf_hash(v[f].as_str().expect("text").as_bytes())))
}

fn proof(v: &Value) -> Option<Vec<Hash>> {
    v["proof"].as_array().map_or(Some(Vec::new()), |list| list.iter().map(hash).collect())
}

fn accepts(v: &Value, kind: &str) -> bool {
    let Some(proof) = proof(v) else { return false };
    match kind {
        "inclusion" | "subtreeinclusion" => {
            let (Some(leaf), Some(root)) = (hash(&v["leafHash"]), hash(&v["root"])) else {
                return false;
            };
            let index = number(v, "leafIdx");
            if kind == "inclusion" {
                verify_inclusion(&leaf, index, number(v, "treeSize"), &root, &proof).is_ok()
            } else {
                let range = (number(v, "start"), number(v, "end"));
                verify_subtree_inclusion(&leaf, index, range, &root, &proof).is_ok()
            }
        }
        "consistency" => {
            let [one, two] = roots(v);
            let (old, new) = (number(v, "size1"), number(v, "size2"));
            verify_consistency(old, new, &one, &two, &proof).is_ok()
        }
        "subtreeconsistency" => {
            let [one, two] = roots(v);
            let range = (number(v, "start"), number(v, "end"));
            verify_subtree_consistency(range, number(v, "size"), &one, &two, &proof).is_ok()
        }
        other => panic!("{other}"),
    }
}

#[test]
fn merkle_proofs_agree_with_their_verdicts() {
    let Some(lines) = text("merkle-proofs.jsonl") else { return };
    let (mut seen, mut wrong) = (0, Vec::new());
    for line in lines.lines() {
        let v: Value = serde_json::from_str(line).expect("JSON");
        let id = v["id"].as_str().expect("id");
        let kind = id.split('/').next().expect("kind");
        seen += 1;
        if accepts(&v, kind) == v["wantErr"].as_bool().expect("verdict") {
            wrong.push(id.to_owned());
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(seen, 324);
}

#[test]
fn spec_examples() {
    let Some(json) = text("spec-examples.json") else { return };
    let v: Value = serde_json::from_str(&json).expect("JSON");
    let key: VerifierKey =
        v["signed_note"]["vkey"].as_str().expect("vkey").parse().expect("a verifier key");
    assert_eq!(key.to_string(), v["signed_note"]["vkey"].as_str().expect("vkey"));
    let bytes = v["signed_note"]["note"].as_str().expect("note");
    let note = Note::parse(bytes.as_bytes()).expect("a note");
    assert_eq!(note.to_string(), bytes);
    assert_eq!(note.verify(&[key]).expect("verifies").len(), 1);
    for path in v["tile_paths"].as_array().expect("paths") {
        let tile = Tile::new(Level::Hashes(0), number(path, "index"), 256).expect("a tile");
        assert_eq!(tile.to_string(), format!("tile/0/{}", path["path"].as_str().expect("path")));
    }
    for widths in v["partial_widths"].as_array().expect("widths") {
        let size = number(widths, "size");
        for level in 0..3_u8 {
            let wanted = widths[format!("level{level}_partial")].as_u64();
            let got = Tile::partials(size).into_iter().find(|t| t.level() == Level::Hashes(level));
            assert_eq!(got.map(|t| u64::from(t.width())), wanted, "level {level} of {size}");
        }
    }
}

fn seed(phrase: &Value) -> [u8; 32] {
    crate::hash::plain_sha256(&[phrase.as_str().expect("seed").as_bytes()])
}

#[test]
fn mldsa44_checkpoint_receipt_and_policy() {
    let Some(json) = text("mldsa44-checkpoint-and-receipt.json") else { return };
    let v: Value = serde_json::from_str(&json).expect("JSON");
    let vkeys = v["vkeys"].as_object().expect("vkeys");
    let keys: Vec<VerifierKey> =
        vkeys.values().map(|k| k.as_str().expect("text").parse().expect("vkey")).collect();
    let checkpoint = v["checkpoint"].as_str().expect("checkpoint");
    let signed = SignedCheckpoint::parse(checkpoint.as_bytes()).expect("a checkpoint");
    assert_eq!(signed.note().to_string(), checkpoint);
    let verified = signed.verify(&keys).expect("verifies");
    assert_eq!(verified.len(), 5);
    let policy = Policy::parse(v["policy"].as_str().expect("policy").as_bytes()).expect("policy");
    let receipt = v["receipt"].as_str().expect("receipt");
    let proof = TlogProof::parse(receipt.as_bytes()).expect("a proof");
    assert_eq!(proof.to_string(), receipt);
    let leaf = leaf_hash(v["receipt_leaf"].as_str().expect("leaf").as_bytes());
    assert_eq!(proof.verify(&leaf, &policy).expect("accepted").len(), 3);
    proof.verify(&leaf_hash(b"dev leaf 138"), &policy).expect_err("another leaf");

    let tree: crate::merkle::MemoryTree =
        (0..300).map(|i| leaf_hash(format!("dev leaf {i}").as_bytes())).collect();
    let line = v["subtree_cosignature_256_300"].as_str().expect("line");
    let line = SignatureLine::parse(line.trim_end()).expect("a signature line");
    let gov = keys.iter().find(|k| k.name() == &line.name && k.id() == line.id).expect("known");
    let root = crate::merkle::subtree_root(&tree, 256, 300).expect("a subtree");
    let origin = v["origin"].as_str().expect("origin");
    assert_eq!(gov.verify_subtree(origin, (256, 300), &root, &line.signature), Some(0));
    assert_eq!(gov.verify_subtree(origin, (0, 300), &root, &line.signature), None);
}

#[test]
fn our_signers_make_the_published_keys_and_messages() {
    let Some(json) = text("mldsa44-checkpoint-and-receipt.json") else { return };
    let v: Value = serde_json::from_str(&json).expect("JSON");
    let (seeds, vkeys) = (&v["seeds"], &v["vkeys"]);
    let origin = v["origin"].as_str().expect("origin");
    let signed = SignedCheckpoint::parse(v["checkpoint"].as_str().expect("text").as_bytes());
    let signed = signed.expect("a checkpoint");
    let name = |n: &str| KeyName::new(n).expect("a name");

    let log = Ed25519Signer::from_seed(name(origin), &seed(&seeds["log_ed25519"])).expect("key");
    assert_eq!(log.verifier_key().to_string(), vkeys["log_ed25519"]);
    let line = log.sign_line(signed.note().text()).expect("signs");
    assert_eq!(Some(&line), signed.note().signatures().first());

    let lab = name("lab.dev.example/witness");
    let lab = Ed25519Cosigner::from_seed(lab, &seed(&seeds["witness_lab_ed25519"])).expect("key");
    assert_eq!(lab.verifier_key().to_string(), vkeys["witness_lab_ed25519"]);
    let gov = name("gov.dev.example/witness");
    let gov = MlDsa44Cosigner::from_seed(gov, &seed(&seeds["witness_gov_mldsa44"])).expect("key");
    assert_eq!(gov.verifier_key().to_string(), vkeys["witness_gov_mldsa44"]);
    let head = signed.checkpoint();
    let time = 1_780_000_000 + 3;
    let message = subtree_v1_message(
        "gov.dev.example/witness",
        time,
        head.origin(),
        (0, head.size()),
        &head.root(),
    );
    let message = data_encoding::HEXLOWER.encode(&message.expect("fits"));
    assert_eq!(message, v["mldsa44_signed_message_hex"]);
    let line = gov.cosign(head, time).expect("cosigns");
    let again = SignedCheckpoint::from_note(signed.note().clone().with(vec![line]).expect("fits"));
    let keys = [log.verifier_key().clone(), gov.verifier_key().clone()];
    assert_eq!(again.expect("a checkpoint").verify(&keys).expect("verifies").len(), 2);
}

#[test]
fn ed25519_edge_cases_follow_the_rule() {
    let Some(lines) = text("ed25519-edge.jsonl") else { return };
    let (mut seen, mut accepted) = (0, 0);
    for line in lines.lines() {
        let v: Value = serde_json::from_str(line).expect("JSON");
        let bytes = |f: &str| {
            let hex = v[f].as_str().expect("hex").as_bytes();
            data_encoding::HEXLOWER_PERMISSIVE.decode(hex).expect("hex")
        };
        let (key, signature) = (bytes("key"), bytes("sig"));
        let message = v["msg"].as_str().expect("text").as_bytes();
        let flags: Vec<&str> =
            v["flags"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let good = verify_ed25519(&key, message, &signature).is_ok();
        assert_eq!(good, verify_ed25519(&key, message, &signature).is_ok(), "the answer is stable");
        let point = <&[u8; 32]>::try_from(key.as_slice()).expect("32 bytes");
        assert_eq!(is_small_order_ed25519(point), flags.contains(&"low_order_A"), "{v}");
        let refused = ["low_order_A", "non_canonical_A", "non_canonical_R", "low_order_residue"];
        if let Some(flag) = refused.iter().find(|f| flags.contains(f)) {
            assert!(!good, "{flag}: {v}");
        }
        // Whether the bare library, which has rule 3 alone, and we differ is only a matter of the rule.
        let bare = aws_lc_rs::signature::UnparsedPublicKey::new(
            &aws_lc_rs::signature::ED25519,
            key.as_slice(),
        );
        assert!(!good || bare.verify(message, &signature).is_ok(), "{v}");
        seen += 1;
        accepted += usize::from(good);
    }
    assert_eq!(seen, 189);
    assert!(accepted > 0, "some of them are good signatures");
}
