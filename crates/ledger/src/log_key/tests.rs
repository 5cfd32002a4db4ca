//! The log's key in C2SP's and Go's forms.

use crate::testing::{KEYS, stream};
use crate::{LogSigner, LogVerifier, TreeHead};
use expect_test::expect;
use proptest::prelude::*;

#[test]
fn keys_round_trip() {
    let log = LogSigner::generate("log.example/vestibule", &mut stream("log")).unwrap();
    expect!["log.example/vestibule+8e583faf+AVUe2fMV0mJbxR/UMVWJfancl+3WnSD7DF2JF/BUvOoL"]
        .assert_eq(&log.verifier().to_text());
    expect![[r#"
        PRIVATE+KEY+log.example/vestibule+8e583faf+AfJOPAdUGhOFMBEpveCkgeAMcZcmkbXleI6XoWzxh9eb
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
    assert_eq!(LogSigner::read(key).unwrap().verifier().to_text(), vkey);
}

#[test]
fn checkpoints_are_of_this_log_only() {
    let note = KEYS.log.sign(TreeHead::EMPTY).unwrap();
    assert_eq!(KEYS.log.verifier().open(&note).unwrap(), TreeHead::EMPTY);
    let other = LogSigner::generate("other.example", &mut stream("log")).unwrap();
    assert!(other.verifier().open(&note).is_err());
    assert!(KEYS.log.verifier().open(&other.sign(TreeHead::EMPTY).unwrap()).is_err());
}

#[test]
fn refusals() {
    let check = |text: &str, expected: expect_test::Expect| {
        expected.assert_eq(&LogSigner::read(text).unwrap_err().to_string());
    };
    let good = KEYS.log.to_text();
    check("", expect!["not the secret key of a log: `PRIVATE+KEY+<name>+<id>+<base64>` is needed"]);
    check(
        &good.replace("log.example", "log2.example"),
        expect!["the key's id is not that of its name and key; copy the whole line again"],
    );
    check(
        "PRIVATE+KEY+a+00000000+AQ==",
        expect!["not the secret key of a log: `PRIVATE+KEY+<name>+<id>+<base64>` is needed"],
    );
    let generated = LogSigner::generate("a+b", &mut stream("log"));
    expect![
        "`a+b` can't be a log's name: 1 to 255 bytes without `+`, spaces or control characters"
    ]
    .assert_eq(&generated.unwrap_err().to_string());
}

proptest! {
    #[test]
    fn never_panics(text in ".{0,200}") {
        let _ = LogSigner::read(&text);
        let _ = LogVerifier::read(&text);
        let _ = LogSigner::read(&format!("PRIVATE+KEY+a+00000000+{text}"));
    }
}
