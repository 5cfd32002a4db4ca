//! Checkpoints as text, and cosignatures over them.

use super::{Checkpoint, CheckpointError, SignedCheckpoint};
use crate::{
    Ed25519Cosigner, Ed25519Signer, Hash, KeyName, MlDsa44Cosigner, NoteSigner, leaf_hash,
};
use expect_test::{Expect, expect};
use proptest::prelude::*;

fn name(name: &str) -> KeyName {
    KeyName::new(name).expect("a name")
}

fn refused(text: &str, why: Expect) {
    why.assert_eq(&Checkpoint::parse(text).expect_err("malformed").to_string());
}

#[test]
fn a_checkpoint_survives_its_text() {
    let root = leaf_hash(b"");
    let one = Checkpoint::new("log.example/a b+c", 1, root).expect("a checkpoint");
    assert_eq!(Checkpoint::parse(&one.to_string()), Ok(one));
    let zero = Checkpoint::new("o", 0, Hash::EMPTY_ROOT).expect("the empty tree");
    assert_eq!(Checkpoint::parse(&zero.to_string()), Ok(zero));
    let more = vec!["one".to_owned(), "two".to_owned()];
    let extended = Checkpoint::with_extensions("o", u64::MAX, root, more).expect("a checkpoint");
    assert_eq!(Checkpoint::parse(&extended.to_string()), Ok(extended));
}

#[test]
fn other_texts_are_refused() {
    let root = leaf_hash(b"");
    let good = format!("o\n1\n{root}\n");
    Checkpoint::parse(&good).expect("a checkpoint");
    refused(
        "",
        expect![
            "a checkpoint is at least three lines, none of them empty, each ended by a newline"
        ],
    );
    refused(
        "o\n1\n",
        expect![
            "a checkpoint is at least three lines, none of them empty, each ended by a newline"
        ],
    );
    refused(
        good.trim_end(),
        expect![
            "a checkpoint is at least three lines, none of them empty, each ended by a newline"
        ],
    );
    refused(
        &format!("\n1\n{root}\n"),
        expect!["`` is not an origin: 1 to 255 bytes without control characters"],
    );
    for size in ["01", "+1", "-1", "", " 1", "1 ", "0x1", "18446744073709551616", "\u{0661}"] {
        let text = format!("o\n{size}\n{root}\n");
        assert!(matches!(Checkpoint::parse(&text), Err(CheckpointError::Size(_))), "{size}");
    }
    refused(
        &format!("o\n0\n{root}\n"),
        expect![
            "a tree without leaves has the root of SHA-256 over nothing, not `bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=`"
        ],
    );
    for root in [
        "",
        "AAAA",
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=",
        "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ] {
        let text = format!("o\n1\n{root}\n");
        assert!(matches!(Checkpoint::parse(&text), Err(CheckpointError::Root(_))), "{root}");
    }
    refused(&format!("{good}\n"), expect!["`` is not an extension line"]);
    refused(&format!("{good}a\n\nb\n"), expect!["`` is not an extension line"]);
}

#[test]
fn the_log_itself_must_have_signed() {
    let log = Ed25519Signer::from_seed(name("log.example"), &[1; 32]).expect("a key");
    let pq = MlDsa44Cosigner::from_seed(name("log.example"), &[2; 32]).expect("a key");
    let witness = Ed25519Cosigner::from_seed(name("w.example"), &[3; 32]).expect("a key");
    let head = Checkpoint::new("log.example", 7, leaf_hash(b"")).expect("a checkpoint");
    let signed = head.clone().sign(&[&log, &pq.at(5), &witness.at(6)]).expect("signs");
    let keys =
        [log.verifier_key().clone(), pq.verifier_key().clone(), witness.verifier_key().clone()];
    let again = SignedCheckpoint::parse(signed.note().to_string().as_bytes()).expect("reads");
    let times: Vec<_> = again.verify(&keys).expect("good").iter().map(|v| v.time).collect();
    assert_eq!(times, [None, Some(5), Some(6)]);
    again.verify(&keys[1..2]).expect("an ML-DSA-44 log key is the log's own too");
    let by_witness = again.verify(&keys[2..]).expect_err("a witness is not the log");
    assert!(matches!(by_witness, CheckpointError::NotByLog(_)));
    let elsewhere = Checkpoint::new("other.example", 7, leaf_hash(b"")).expect("a checkpoint");
    let signed = elsewhere.sign(&[&log]).expect("signs");
    assert!(matches!(signed.verify(&keys), Err(CheckpointError::NotByLog(_))));
}

#[test]
fn cosignatures_have_bounds() {
    let witness = Ed25519Cosigner::from_seed(name("w.example"), &[3; 32]).expect("a key");
    let pq = MlDsa44Cosigner::from_seed(name("w.example"), &[3; 32]).expect("a key");
    let head = Checkpoint::new("log.example", 7, leaf_hash(b"")).expect("a checkpoint");
    let late = 1 << 63;
    witness.cosign(&head, late - 1).expect("the last time");
    witness.cosign(&head, late).expect_err("too late");
    pq.cosign(&head, late).expect_err("too late");
    pq.cosign_subtree("log.example", (4, 7), &head.root(), 0).expect("without a time");
    pq.cosign_subtree("log.example", (4, 7), &head.root(), 1).expect_err("with a time");
    witness.at(1).sign("not a checkpoint\n").expect_err("only checkpoints");
    let mut line = witness.cosign(&head, 9).expect("cosigns");
    let text = head.to_string();
    assert_eq!(witness.verifier_key().verify(&text, &line.signature), Some(Some(9)));
    line.signature[0] |= 0x80;
    assert_eq!(witness.verifier_key().verify(&text, &line.signature), None);
    assert_eq!(witness.verifier_key().verify(&text, &[0; 7]), None);
}

proptest! {
    #[test]
    fn arbitrary_text_is_no_panic(text in "[a\n]{0,4}[0-9]{0,3}\n[A-Za-z0-9+/]{43}=\n?[b\n]{0,3}|.{0,40}") {
        if let Ok(checkpoint) = Checkpoint::parse(&text) {
            prop_assert_eq!(checkpoint.to_string(), text);
        }
    }
}
