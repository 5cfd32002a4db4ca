//! The CNSA line: its bytes, what it binds, and that others pass it over.

use super::{CNSA_IDENTIFIER, CnsaError, CnsaHead, CnsaSigner, CnsaVerifier, cnsa_message};
use crate::{
    Checkpoint, Ed25519Signer, Hash, Hash384, KeyName, Note, NoteSigner, PublicKey, SignError,
    SignatureLine, SignedCheckpoint, TreeHash, VerifierKey,
};
use expect_test::expect;

fn name(text: &str) -> KeyName {
    KeyName::new(text).expect("a name")
}

fn signer() -> CnsaSigner {
    CnsaSigner::from_seed(name("log.example/a"), &[7; 32]).expect("a key")
}

fn other() -> CnsaSigner {
    CnsaSigner::from_seed(name("mirror.example/b"), &[8; 32]).expect("a key")
}

fn head() -> CnsaHead {
    CnsaHead { time: 1_796_000_000, size: 1, root: Hash::leaf(b"x"), root384: Hash384::leaf(b"x") }
}

fn checkpoint() -> Checkpoint {
    Checkpoint::new("log.example/a", 1, Hash::leaf(b"x")).expect("a checkpoint")
}

fn note(lines: Vec<SignatureLine>) -> SignedCheckpoint {
    let note = Note::new(checkpoint().to_string(), lines).expect("a note");
    SignedCheckpoint::from_note(note).expect("a checkpoint")
}

fn line(signer: &CnsaSigner) -> SignatureLine {
    let CnsaHead { time, root384, .. } = head();
    signer.sign_head(&checkpoint(), root384, time).expect("signs")
}

/// The signed bytes, for ever: every field of the struct at its place.
#[test]
fn golden_bytes() {
    let message = cnsa_message("mirror.example/b", "log.example/a", &head()).expect("fits");
    expect!["6c65646765722d636e73612d76310a00106d6972726f722e6578616d706c652f620d6c6f672e6578616d706c652f61000000006b0cc90000000000000000013c7e9bc930dc93f01fa69985ef242d9f9e861f3c5355aa24ce5ef4b4b8a70ccb5b37b7dfc0f4f5418fb8388569e76c8554e2b8e424a2c877a5f705cd296807bb717450a873f8406b7ca771696d1f5fea"]
        .assert_eq(&data_encoding::HEXLOWER.encode(&message));
}

/// The vkey's parts, and that its id is the one that signed-note recommends.
#[test]
fn the_vkey() {
    let vkey = signer().verifier_key().to_string();
    expect!["log.example/a+2864b618+/2xlZGdlci1jbnNhLXYxk5sUwBlDx2yNnKcTm"]
        .assert_eq(&vkey.chars().take(60).collect::<String>());
    let read: CnsaVerifier = vkey.parse().expect("reads");
    assert_eq!(read, signer().verifier());
    assert_eq!(read.to_string(), vkey);
    let bytes = read.key().key().bytes();
    assert_eq!(bytes.len(), CNSA_IDENTIFIER.len() + 2592);
    assert!(bytes.starts_with(b"ledger-cnsa-v1"));
    assert_eq!(format!("{:?}", signer()), "CnsaSigner(log.example/a)");
    let short = PublicKey::new(0xff, &bytes[..bytes.len() - 1]);
    assert_eq!(short, None, "a key of this line has one length");
    assert!(matches!(PublicKey::new(0xff, b"another-v1 key"), Some(PublicKey::Other(0xff, _))));
    let ed25519 = Ed25519Signer::from_seed(name("a"), &[7; 32]).expect("a key");
    ed25519.verifier_key().to_string().parse::<CnsaVerifier>().expect_err("another type");
}

#[test]
fn a_line_of_log_and_of_mirror() {
    let signed = note(vec![line(&signer()), line(&other())]);
    let read = SignedCheckpoint::parse(signed.note().to_string().as_bytes()).expect("reads");
    for signer in [signer(), other()] {
        assert_eq!(signer.verifier().open(&read), Ok(head()));
        let verified = read.note().verify(std::slice::from_ref(signer.verifier_key()));
        let times: Vec<_> = verified.expect("verifies").iter().map(|v| v.time).collect();
        assert_eq!(times, [Some(head().time)]);
    }
    let blob = &signed.note().signatures()[0].signature;
    assert_eq!(blob.len(), 8 + 48 + 4627);
    assert_eq!(blob[..8], head().time.to_be_bytes());
    assert_eq!(blob[8..56], *head().root384.as_bytes());
    let stranger = CnsaSigner::from_seed(name("c"), &[9; 32]).expect("a key").verifier();
    assert_eq!(stranger.open(&read), Err(CnsaError::Unsigned("c".to_owned())));
}

/// As a program that knows C2SP alone sees it: a line of a key that it does not know.
#[test]
fn verifiers_of_c2sp_alone_pass_it_over() {
    let ed25519 = Ed25519Signer::from_seed(name("log.example/a"), &[7; 32]).expect("a key");
    let signed = checkpoint().sign(&[&ed25519, &signer().at(5, head().root384)]).expect("signs");
    let keys = [ed25519.verifier_key().clone()];
    assert_eq!(signed.verify(&keys).expect("verifies").len(), 1);
    let bytes = signer().verifier_key().key().bytes().to_vec();
    let unknown = VerifierKey::new(name("log.example/a"), PublicKey::Other(0xff, bytes));
    let keys = [ed25519.verifier_key().clone(), unknown];
    assert_eq!(signed.verify(&keys).expect("verifies").len(), 1, "a type that nobody can verify");
}

/// Whatever the line binds can't be changed: time, second root, signature, and the checkpoint's own lines.
#[test]
fn every_byte_is_bound() {
    let good = line(&signer());
    let bad = |signature: Vec<u8>| {
        let line = SignatureLine { signature, ..good.clone() };
        signer().verifier().open(&note(vec![line])).expect_err("a changed line")
    };
    for at in (0..56).chain([56, 57, 3000, 8 + 48 + 4626]) {
        let mut signature = good.signature.clone();
        signature[at] ^= 1;
        assert_eq!(bad(signature), CnsaError::BadSignature("log.example/a".to_owned()), "{at}");
    }
    let mut late = good.signature.clone();
    late[0] = 0x80;
    bad(late);
    bad(good.signature[..good.signature.len() - 1].to_vec());
    bad([good.signature.as_slice(), &[0]].concat());
    bad(vec![0; 20]);
    let text = checkpoint().to_string();
    let changed = [
        text.replace("log.example/a", "log.example/b"),
        text.replace("\n1\n", "\n2\n"),
        text.replace(&head().root.to_string(), &Hash::leaf(b"y").to_string()),
        format!("{text}extension\n"),
    ];
    for text in changed {
        let note = Note::new(text, vec![good.clone()]).expect("a note");
        let signed = SignedCheckpoint::from_note(note).expect("a checkpoint");
        signer().verifier().open(&signed).expect_err("another checkpoint");
    }
}

#[test]
fn two_roots_under_one_name_are_evidence() {
    let mut other_root = *head().root384.as_bytes();
    other_root[0] ^= 1;
    let second = signer().sign_head(&checkpoint(), Hash384::from_bytes(other_root), 9);
    let signed = note(vec![line(&signer()), second.expect("signs")]);
    let refused = signer().verifier().open(&signed);
    assert_eq!(refused, Err(CnsaError::TwoRoots("log.example/a".to_owned())));
    let earlier = signer().sign_head(&checkpoint(), head().root384, 9).expect("signs");
    let signed = note(vec![line(&signer()), earlier]);
    assert_eq!(signer().verifier().open(&signed).map(|h| h.time), Ok(9), "the earliest time");
}

#[test]
fn what_is_not_signed() {
    let root384 = head().root384;
    let refused = |checkpoint: &Checkpoint, root384, time| {
        let refused = signer().sign_head(checkpoint, root384, time);
        assert_eq!(refused, Err(SignError::Fields));
    };
    refused(&checkpoint(), root384, 1 << 63);
    let empty = Checkpoint::new("log.example/a", 0, Hash::EMPTY_ROOT).expect("a checkpoint");
    refused(&empty, root384, 1);
    signer().sign_head(&empty, Hash384::EMPTY_ROOT, 1).expect("the empty tree");
    let extended =
        Checkpoint::with_extensions("log.example/a", 1, head().root, vec!["x".to_owned()]);
    refused(&extended.expect("a checkpoint"), root384, 1);
    assert_eq!(cnsa_message(&"n".repeat(256), "o", &head()), None);
    assert_eq!(cnsa_message("", "o", &head()), None);
    let refused = signer().at(1, root384).sign("no checkpoint\n");
    assert_eq!(refused, Err(SignError::NotACheckpoint));
}
