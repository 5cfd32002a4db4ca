//! Notes: what is read, what is refused, whose signature counts.

use super::{MAX_SIGNATURES, Note, NoteError, SignatureLine};
use crate::{Ed25519Signer, KeyId, KeyName, NoteSigner, PublicKey, VerifierKey, sign_note};
use expect_test::{Expect, expect};
use proptest::prelude::*;

fn signer(name: &str, seed: u8) -> Ed25519Signer {
    Ed25519Signer::from_seed(KeyName::new(name).expect("a name"), &[seed; 32]).expect("a key")
}

fn note(text: &str, signers: &[&Ed25519Signer]) -> Note {
    let signers: Vec<&dyn NoteSigner> = signers.iter().map(|s| *s as &dyn NoteSigner).collect();
    sign_note(text.to_owned(), &signers).expect("signs")
}

fn refused(bytes: impl AsRef<[u8]>, why: Expect) {
    why.assert_eq(&Note::parse(bytes.as_ref()).expect_err("malformed").to_string());
}

#[test]
fn a_note_survives_its_bytes() {
    let a = signer("a.example", 1);
    for text in ["t\n", "\n", "one\n\n\ntwo\n", "\u{2014} a AAAAAAA=\n", "\n\n"] {
        let note = note(text, &[&a]);
        let bytes = note.to_string();
        assert_eq!(Note::parse(bytes.as_bytes()), Ok(note.clone()), "{text:?}");
        assert_eq!(note.verify(&[a.verifier_key().clone()]).map(|v| v.len()), Ok(1));
    }
    Note::new("no newline".into(), note("t\n", &[&a]).signatures().to_vec()).expect_err("text");
    Note::new("t\n".into(), Vec::new()).expect_err("no signatures");
}

#[test]
fn malformed_notes_are_refused() {
    refused("", expect!["the note has no signature lines after a blank line, or no final newline"]);
    refused(
        "t\n",
        expect!["the note has no signature lines after a blank line, or no final newline"],
    );
    refused(
        "t\n\n",
        expect!["the note has no signature lines after a blank line, or no final newline"],
    );
    refused(
        "t\n\n\u{2014} a AAAAAAA=",
        expect!["the note has no signature lines after a blank line, or no final newline"],
    );
    refused(
        "t\n\n\u{2014} a AAAAAAA=\n\n",
        expect!["the note has no signature lines after a blank line, or no final newline"],
    );
    refused(
        "t\n\n\u{2014} a AAAAAA==\n",
        expect!["line 1 of the signatures, `\u{2014} a AAAAAA==`, is malformed"],
    );
    refused(
        "t\n\n\u{2014} a AAAAAAB=\n",
        expect!["line 1 of the signatures, `\u{2014} a AAAAAAB=`, is malformed"],
    );
    refused(
        "t\n\n\u{2014} a AAAAAAA\n",
        expect!["line 1 of the signatures, `\u{2014} a AAAAAAA`, is malformed"],
    );
    refused(
        "t\n\n\u{2014} a  AAAAAAA=\n",
        expect!["line 1 of the signatures, `\u{2014} a  AAAAAAA=`, is malformed"],
    );
    refused(
        "t\n\n\u{2014} a+b AAAAAAA=\n",
        expect!["line 1 of the signatures, `\u{2014} a+b AAAAAAA=`, is malformed"],
    );
    refused(
        "t\n\n\u{2014} AAAAAAA=\n",
        expect!["line 1 of the signatures, `\u{2014} AAAAAAA=`, is malformed"],
    );
    refused(
        "t\n\n- a AAAAAAA=\n",
        expect!["line 1 of the signatures, `- a AAAAAAA=`, is malformed"],
    );
    refused(
        "t\n\n\u{2014} a\u{a0}b AAAAAAA=\n",
        expect!["line 1 of the signatures, `\u{2014} a\u{a0}b AAAAAAA=`, is malformed"],
    );
    refused("t\t\n\n\u{2014} a AAAAAAA=\n", expect!["the note has a control character at byte 1"]);
    refused("t\r\n\n\u{2014} a AAAAAAA=\n", expect!["the note has a control character at byte 1"]);
    refused(b"t\xff\n\n", expect!["the note is not UTF-8 at byte 1"]);
    let line = "\u{2014} a AAAAAAA=\n";
    refused(
        format!("t\n\n{}", line.repeat(MAX_SIGNATURES + 1)),
        expect!["the note has 65 signatures, more than 64"],
    );
    Note::parse(format!("t\n\n{}", line.repeat(MAX_SIGNATURES)).as_bytes())
        .expect("as many as fit");
    refused(
        vec![b'a'; super::MAX_NOTE + 1],
        expect!["the note has 1048577 bytes, more than 1048576"],
    );
}

#[test]
fn known_keys_count_and_unknown_ones_do_not() {
    let (a, b, c) = (signer("a.example", 1), signer("b.example", 2), signer("c.example", 3));
    let keys = [a.verifier_key().clone(), b.verifier_key().clone()];
    let names = |n: &Note| {
        n.verify(&keys).map(|v| v.iter().map(|v| v.key.name().to_string()).collect::<Vec<_>>())
    };
    assert_eq!(
        names(&note("t\n", &[&c, &b, &a, &a])),
        Ok(vec!["b.example".into(), "a.example".into()])
    );
    assert_eq!(names(&note("t\n", &[&c])), Err(NoteError::Unsigned));
    let mut lines = note("other\n", &[&b]).signatures().to_vec();
    lines.extend(note("t\n", &[&a]).signatures().to_vec());
    let mixed = Note::new("t\n".into(), lines).expect("a note");
    let bad = NoteError::BadSignature { name: "b.example".into(), id: b.verifier_key().id() };
    assert_eq!(names(&mixed), Err(bad), "one bad signature by a known key condemns the note");
    let foreign = SignatureLine {
        name: a.verifier_key().name().clone(),
        id: KeyId::from_bytes([0; 4]),
        signature: vec![1],
    };
    let with = note("t\n", &[&a]).with(vec![foreign]).expect("fits");
    assert_eq!(names(&with), Ok(vec!["a.example".into()]), "same name, other id: unknown");
    let other = VerifierKey::new(
        a.verifier_key().name().clone(),
        PublicKey::new(0x04, a.verifier_key().key().bytes()).expect("a key"),
    );
    assert_eq!(note("t\n", &[&a]).verify(&[other]), Err(NoteError::Unsigned), "other type");
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Note::parse(&bytes);
    }

    #[test]
    fn near_notes_are_read_exactly_or_refused(text in "[a\n]{0,6}\n\n(\u{2014} [ab+ ]{0,2} [A-D=]{6,9}\n?){0,3}") {
        if let Ok(note) = Note::parse(text.as_bytes()) {
            prop_assert_eq!(note.to_string(), text);
        }
    }
}
