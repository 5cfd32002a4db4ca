//! Verifier keys as text.

use crate::{KeyName, PublicKey, VerifierKey};
use data_encoding::BASE64;
use proptest::prelude::*;

const FOO: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

#[test]
fn a_key_is_written_as_it_was_read() {
    let key: VerifierKey = FOO.parse().expect("the example of the specification");
    assert_eq!(key.to_string(), FOO);
    assert_eq!(key.name().as_str(), "example.com/foo");
    assert!(matches!(key.key(), PublicKey::Ed25519(_)));
    let same = VerifierKey::new(key.name().clone(), key.key().clone());
    assert_eq!(same, key);
}

#[test]
fn everything_else_is_refused() {
    let swap = |a: &str, b: &str| FOO.replace(a, b);
    let name = KeyName::new("n").expect("a name");
    let short = VerifierKey::new(name.clone(), PublicKey::Other(0x01, vec![1; 31])).to_string();
    let small = VerifierKey::new(name.clone(), PublicKey::Other(0x04, vec![0; 32])).to_string();
    let mldsa = VerifierKey::new(name.clone(), PublicKey::Other(0x06, vec![0; 1311])).to_string();
    let empty = VerifierKey::new(name, PublicKey::Other(0xff, Vec::new())).to_string();
    for text in [
        String::new(),
        swap("530d903a", "530d903b"),
        swap("530d903a", "530D903A"),
        short,
        small,
        swap("530d903a", "530d90"),
        swap("example.com/foo", ""),
        swap("foo", "f o"),
        mldsa,
        empty,
        swap("foo", "f\u{2003}o"),
        swap("+5", "5"),
        format!("{FOO}="),
        format!("{FOO}\n"),
        swap("3U2k", "3U2l"),
        format!(" {FOO}"),
        swap("+AekyeR", "+Aeky eR"),
    ] {
        assert!(text.parse::<VerifierKey>().is_err(), "{text:?}");
    }
}

#[test]
fn unknown_types_are_carried() {
    let name = KeyName::new("log.example/a").expect("a name");
    let key = PublicKey::new(0xff, b"another-line-v1 and a key").expect("a key");
    let key = VerifierKey::new(name, key);
    assert!(!key.is_supported());
    assert_eq!(key.to_string().parse(), Ok(key.clone()));
    assert_eq!(key.verify("log.example/a\n0\n", b"anything"), None);
    let spki = VerifierKey::new(KeyName::new("w").expect("a name"), PublicKey::Other(2, vec![9]));
    let id = data_encoding::HEXLOWER.encode(&crate::hash::plain_sha256(&[&[9]])[..4]);
    let text = format!("w+{id}+{}", BASE64.encode(&[2, 9]));
    let read: VerifierKey = text.parse().expect("type 0x02 hashes the key alone");
    assert_eq!(read.key(), spki.key());
}

proptest! {
    #[test]
    fn arbitrary_text_is_no_panic(text in "([a-z. ]{0,9}\\+[0-9a-fA-F]{0,9}\\+[A-Za-z0-9+/=]{0,50})|.{0,60}") {
        if let Ok(key) = text.parse::<VerifierKey>() {
            prop_assert_eq!(key.to_string(), text);
        }
    }
}
