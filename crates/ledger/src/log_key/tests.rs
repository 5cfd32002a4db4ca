//! The log's key in C2SP's and Go's forms.

use crate::testing::{KEYS, at, stream};
use crate::{LogKeyError, LogSigner, LogVerifier, TreeHead};
use expect_test::expect;
use proptest::prelude::*;
use tlog::{Note, SignedCheckpoint};

#[test]
fn keys_round_trip() {
    let log = LogSigner::generate("log.example/vestibule", &mut stream("log")).unwrap();
    expect!["log.example/vestibule+8e583faf+AVUe2fMV0mJbxR/UMVWJfancl+3WnSD7DF2JF/BUvOoL"]
        .assert_eq(&log.verifier().vkey());
    assert_eq!(log.verifier().to_text().lines().next(), Some(&*log.verifier().vkey()));
    assert_eq!(log.verifier().to_text().lines().nth(1), Some(&*log.verifier().cnsa_vkey()));
    expect![[r#"
        PRIVATE+KEY+log.example/vestibule+8e583faf+AfJOPAdUGhOFMBEpveCkgeAMcZcmkbXleI6XoWzxh9eb
        PRIVATE+KEY+log.example/vestibule+be80c126+/2xlZGdlci1jbnNhLXYxh/qzmE81ibCE4nxn6sQby4quABTRRc3iLVYTCOcRcng=
    "#]]
    .assert_eq(&log.to_text());
    assert_eq!(LogSigner::read(&log.to_text()).unwrap().verifier(), log.verifier());
    assert_eq!(LogVerifier::read(&log.verifier().to_text()).unwrap(), log.verifier());
    assert_eq!(format!("{log:?}"), "LogSigner(of log.example/vestibule)");
}

/// The example of Go's `note` package (<https://pkg.go.dev/golang.org/x/mod/sumdb/note>, BSD-3-Clause).
#[test]
fn reads_the_key_of_go_note() {
    let key = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    let vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    let made = LogSigner::generate("PeterNeumann", &mut stream("log")).unwrap().to_text();
    let second = made.lines().nth(1).unwrap();
    let read = LogSigner::read(&format!("{key}\n{second}\n")).unwrap();
    assert_eq!(read.verifier().vkey(), vkey);
    assert_eq!(LogSigner::read(key).unwrap_err(), LogKeyError::Secret, "both lines are needed");
}

#[test]
fn checkpoints_are_of_this_log_only() {
    let note = KEYS.log.sign(TreeHead::EMPTY, at(0)).unwrap();
    assert_eq!(KEYS.log.verifier().open(&note).unwrap(), TreeHead::EMPTY);
    let other = LogSigner::generate("other.example", &mut stream("log")).unwrap();
    assert!(other.verifier().open(&note).is_err());
    assert!(KEYS.log.verifier().open(&other.sign(TreeHead::EMPTY, at(0)).unwrap()).is_err());
}

#[test]
fn refusals() {
    let check = |text: &str, expected: expect_test::Expect| {
        expected.assert_eq(&LogSigner::read(text).unwrap_err().to_string());
    };
    let good = KEYS.log.to_text();
    let form =
        "not the secret keys of a log: two lines `PRIVATE+KEY+<name>+<id>+<base64>` are needed";
    let reversed = good.lines().rev().collect::<Vec<_>>().join("\n");
    for text in ["", &reversed, &format!("{}\n", *good), &format!("\n{}", *good)] {
        assert_eq!(LogSigner::read(text).unwrap_err().to_string(), form);
    }
    check(
        &good.replacen("log.example", "log2.example", 1),
        expect![
            "the keys are of `log2.example/vestibule` and `log.example/vestibule`; both must be of one log"
        ],
    );
    check(
        &good.replace("log.example", "log2.example"),
        expect!["the key's id is not that of its name and key; copy the whole line again"],
    );
    check(
        "PRIVATE+KEY+a+00000000+AQ==\nPRIVATE+KEY+a+00000000+AQ==",
        expect![
            "not the secret keys of a log: two lines `PRIVATE+KEY+<name>+<id>+<base64>` are needed"
        ],
    );
    let generated = LogSigner::generate("a+b", &mut stream("log"));
    expect![
        "`a+b` can't be a log's name: 1 to 255 bytes without `+`, spaces or control characters"
    ]
    .assert_eq(&generated.unwrap_err().to_string());
}

/// Both signatures are asked for, and each alone can be.
#[test]
fn a_checkpoint_has_both_signatures() {
    let (log, head) = (KEYS.log.verifier(), TreeHead { size: 1, root: [1; 32], root384: [2; 48] });
    let note = KEYS.log.sign(head, at(1)).unwrap();
    assert_eq!(log.open(&note), Ok(head));
    let signed = SignedCheckpoint::parse(&note).unwrap();
    assert_eq!(log.check_cnsa(&signed).unwrap().time, 1_796_115_660);
    let without = |at: usize| {
        let mut lines = signed.note().signatures().to_vec();
        lines.remove(at);
        let note = Note::new(signed.note().text().to_owned(), lines).unwrap();
        SignedCheckpoint::from_note(note).unwrap()
    };
    let [classic, cnsa] = [without(1), without(0)];
    assert!(log.check_c2sp(&classic).is_ok() && log.check_cnsa(&cnsa).is_ok());
    assert!(log.check_c2sp(&cnsa).is_err() && log.check_cnsa(&classic).is_err());
    for one in [classic, cnsa] {
        assert!(log.check(&one).is_err());
    }
}

#[test]
fn public_keys_are_two_of_one_log() {
    let (log, other) = (KEYS.log.verifier(), LogSigner::generate("b", &mut stream("b")).unwrap());
    let check = |vkey: &str, cnsa: &str, expected: expect_test::Expect| {
        expected.assert_eq(&LogVerifier::new(vkey, cnsa).unwrap_err().to_string());
    };
    check(
        &log.vkey(),
        &log.vkey(),
        expect!["the second key is not ML-DSA-87 with the identifier `ledger-cnsa-v1`"],
    );
    check(
        &log.vkey(),
        &other.verifier().cnsa_vkey(),
        expect!["the keys are of `log.example/vestibule` and `b`; both must be of one log"],
    );
    check(
        &log.cnsa_vkey(),
        &log.cnsa_vkey(),
        expect!["the key has signature type 0xff; a log's own key is Ed25519, type 0x01"],
    );
    assert_eq!(LogVerifier::read(&log.vkey()), Err(LogKeyError::Lines));
}

proptest! {
    #[test]
    fn never_panics(text in ".{0,200}") {
        let _ = LogSigner::read(&text);
        let _ = LogVerifier::read(&text);
        let _ = LogSigner::read(&format!("PRIVATE+KEY+a+00000000+{text}\nPRIVATE+KEY+a+00000000+{text}"));
        let _ = LogVerifier::read(&format!("{text}\n{text}"));
    }
}
