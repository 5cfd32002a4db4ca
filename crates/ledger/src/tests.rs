//! The committed fuzz corpora: replayed, and golden where signatures can't be made again byte for byte.

use crate::reveal::Slot;
use crate::testing::{Demo, KEYS, party, secret};
use crate::{
    Disclosure, Draft, Entry, Leaf, LogSigner, LogVerifier, Object, PublicKeys, Receipt,
    SecretKeys, Trust, Word,
};
use domain::{Digest, Statement};
use expect_test::expect;
use std::fs;
use std::path::PathBuf;

fn corpus(parser: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(parser)
}

fn file(parser: &str, name: &str) -> Vec<u8> {
    fs::read(corpus(parser).join(name)).expect("the corpus is committed")
}

/// How many files of a corpus read, and how many there are; what reads must be written as it was.
fn replay(parser: &str, written: impl Fn(&[u8]) -> Option<Vec<u8>>) -> (usize, usize) {
    let (mut good, mut all) = (0, 0);
    for entry in fs::read_dir(corpus(parser)).expect("the corpus is committed") {
        let bytes = fs::read(entry.expect("a folder can be listed").path()).expect("a file");
        all += 1;
        if let Some(again) = written(&bytes) {
            assert_eq!(again, bytes, "{parser}");
            good += 1;
        }
    }
    (good, all)
}

#[test]
fn corpora_replay() {
    let text = |b: &[u8]| String::from_utf8(b.to_vec()).ok();
    assert_eq!(replay("ledger_leaf", |b| Leaf::from_bytes(b).ok().map(|l| l.to_bytes())), (3, 5));
    assert_eq!(replay("ledger_draft", |b| Draft::from_bytes(b).ok().map(|d| d.to_bytes())), (3, 5));
    let object = |b: &[u8]| Object::from_bytes(b).ok().map(|o| o.to_bytes());
    assert_eq!(replay("ledger_object", object), (3, 5));
    let disclosure = |b: &[u8]| Disclosure::from_bytes(b).ok().map(|d| d.to_bytes());
    assert_eq!(replay("ledger_disclosure", disclosure), (2, 4));
    let message = |b: &[u8]| {
        let opened = crate::cobblestone::open(&[0; 32], b"", b).ok()?;
        crate::cobblestone::seal(&[0; 32], b.first_chunk()?, b"", &opened).ok()
    };
    assert_eq!(replay("ledger_cobblestone", message), (2, 4));
    let slot = |b: &[u8]| Slot::from_bytes(b).ok().map(|s| s.to_bytes());
    assert_eq!(replay("ledger_reveal", slot), (2, 3));
    let word = |b: &[u8]| Word::from_bytes(b).ok().map(|w| w.to_bytes());
    assert_eq!(replay("ledger_word", word), (2, 4));
    let receipt = |b: &[u8]| Receipt::from_bytes(b).ok().map(|r| r.to_string().into_bytes());
    assert_eq!(replay("ledger_receipt", receipt), (2, 4));
    let trust = |b: &[u8]| Trust::read(&text(b)?).ok().map(|t| t.to_text().into_bytes());
    assert_eq!(replay("ledger_trust", trust), (2, 4));
    let keys = |b: &[u8]| {
        let text = text(b)?;
        let public = PublicKeys::read(&text).map(|k| k.to_text()).ok();
        let secret = SecretKeys::read(&text).map(|k| k.to_text().to_string()).ok();
        let signer = LogSigner::read(&text).map(|k| k.to_text().to_string()).ok();
        let verifier = LogVerifier::read(&text).map(|k| k.to_text()).ok();
        public.or(secret).or(signer).or(verifier).map(String::into_bytes)
    };
    assert_eq!(replay("ledger_keys", keys), (4, 6));
}

#[test]
fn golden_trust() {
    assert_eq!(file("ledger_trust", "three-parties"), KEYS.trust.to_text().into_bytes());
}

/// These bytes were logged once, so they verify and open for ever.
#[test]
fn golden_leaf_and_object() {
    let (leaf, object) = (file("ledger_leaf", "agreed"), file("ledger_object", "agreed"));
    expect!["7ad4181dd358b873dd5c2257dcc38d42fb05cdeac219bce00428c3415d154cf0"]
        .assert_eq(&Digest::of(&leaf).to_string());
    expect!["a8e40ef410e3d645c6f6244dc9be6201f423dfb7c0b4becd70f9aa95167fea3f"]
        .assert_eq(&Digest::of(&object).to_string());
    let id = Leaf::from_bytes(&leaf).unwrap().id();
    let (leaf, signers) = Entry { leaf, object: object.clone(), id }.verify(&KEYS.trust).unwrap();
    assert_eq!(signers, [party("gov"), party("lab")].into());
    let object = Object::from_bytes(&object).unwrap();
    let opened = object.open(&leaf, Some((&party("gov"), secret("gov")))).unwrap();
    assert_eq!(opened.disclose().to_bytes(), file("ledger_disclosure", "agreed"));
    let between = vec![party("gov"), party("lab")];
    assert_eq!(opened.statement::<Demo>().unwrap(), Demo::Agreed { between });
    let shredded = Object::from_bytes(&file("ledger_object", "shredded")).unwrap();
    assert_eq!(shredded, object.shredded());
}

#[test]
fn golden_receipt() {
    let bytes = file("ledger_receipt", "agreed");
    expect!["464d15b2a9fed3d5889939c122ec515bd996a644c60ebe35cfc823d5b37b2afe"]
        .assert_eq(&Digest::of(&bytes).to_string());
    let proven = Receipt::from_bytes(&bytes).unwrap().verify(&KEYS.trust).unwrap();
    expect!["2 of 3, 0197eb43998bbd8fa4caef253ad2821df7366e9a2cdf8f17c1425fb238f28db9"]
        .assert_eq(&format!("{} of {}, {}", proven.index, proven.size, proven.id));
}

/// These bytes were said once, so they are obeyed for ever.
#[test]
fn golden_word() {
    let bytes = file("ledger_word", "withdrawn");
    expect!["38000217bd3a0477cc7b9b80da94deb8878fb761c540b36f254830cb4d3fa93b"]
        .assert_eq(&Digest::of(&bytes).to_string());
    let word = Word::from_bytes(&bytes).unwrap();
    assert_eq!((word.verify(&KEYS.trust), word.party()), (Ok(()), &party("lab")));
    let forged = Word::from_bytes(&file("ledger_word", "forged")).unwrap();
    assert!(forged.verify(&KEYS.trust).is_err());
}

#[test]
fn golden_draft() {
    let bytes = file("ledger_draft", "cosigned");
    expect!["1c8421642a1e2f2cb43509052dfd4bbe8a5044e6416b7515221a98deda46a224"]
        .assert_eq(&Digest::of(&bytes).to_string());
    let draft = Draft::from_bytes(&bytes).unwrap();
    draft.verify(&KEYS.trust).unwrap();
    assert!(draft.is_offered() && draft.is_complete());
}
