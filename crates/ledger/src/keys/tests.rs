//! Key files: round trips, strictness, and that nothing secret is printed.

use crate::testing::{secret, stream};
use crate::{PublicKeys, SecretKeys};
use expect_test::expect;
use proptest::prelude::*;

#[test]
fn key_files_round_trip() {
    let keys = SecretKeys::generate(&mut stream("keys")).unwrap();
    let again = SecretKeys::read(&keys.to_text()).unwrap();
    assert_eq!(again.public(), keys.public());
    assert_eq!(*again.to_text(), *keys.to_text());
    assert_eq!(&PublicKeys::read(&keys.public().to_text()).unwrap(), keys.public());
}

/// The seeds make these keys for ever.
#[test]
fn golden_fingerprint() {
    expect!["e996015cd37a06e4adbda5f13ca1fb043b3e8022e8bfcacbfa68f4163d967291"]
        .assert_eq(&secret("lab").public().fingerprint().to_string());
}

#[test]
fn secrets_are_not_printed() {
    let keys = secret("lab");
    assert_eq!(format!("{keys:?}"), format!("SecretKeys(of {})", keys.public().fingerprint()));
}

fn check_refused(text: &str, expected: expect_test::Expect) {
    expected.assert_eq(&PublicKeys::read(text).unwrap_err().to_string());
}

#[test]
fn refusals_name_the_line() {
    let good = secret("lab").public().to_text();
    check_refused("", expect!["line 1 must be `vestibule-public-keys/v2`"]);
    check_refused(
        &good.replace("public", "secret"),
        expect!["line 1 must be `vestibule-public-keys/v2`"],
    );
    check_refused(
        &good.replace('\n', "\r\n"),
        expect!["line 1 must be `vestibule-public-keys/v2`"],
    );
    check_refused(
        &good.replace("ml-dsa-87 ", "ml-dsa-65 "),
        expect!["line 3 must be `ml-dsa-87 ` and the key in base64, ended by one line feed"],
    );
    check_refused(
        &good.replace("ml-kem-1024 ", "ml-kem-1024  "),
        expect!["line 4 must be `ml-kem-1024 ` and the key in base64, ended by one line feed"],
    );
    check_refused(
        &format!("{good}more\n"),
        expect!["line 6 is one too many; remove everything after the `mlkem1024-p384` line"],
    );
    check_refused(
        good.trim_end(),
        expect!["line 5 must be `mlkem1024-p384 ` and the key in base64, ended by one line feed"],
    );
    let mut lines: Vec<_> = good.lines().collect();
    lines[1] = "ed25519 AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    check_refused(
        &format!("{}\n", lines.join("\n")),
        expect!["the ed25519 key is not a valid key; copy the whole file again from its owner"],
    );
    lines[1] = "ed25519 AQAA";
    check_refused(
        &format!("{}\n", lines.join("\n")),
        expect!["the ed25519 key has 3 bytes; it must have 32"],
    );
}

proptest! {
    #[test]
    fn never_panics(text in ".{0,400}") {
        let _ = PublicKeys::read(&text);
        let _ = SecretKeys::read(&text);
        let _ = PublicKeys::read(&format!("vestibule-public-keys/v2\n{text}"));
    }
}
