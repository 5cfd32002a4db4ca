//! What is a place, and what is none.

use super::{parse, text};
use proptest::prelude::*;

const GOOD: &str = "kind = \"s3\"\nbucket = \"programme-log\"\nprefix = \"log.example/programme\"\n\
                    region = \"eu-central-1\"\nendpoint = \"https://objects.example:9000\"\n";

#[test]
fn a_place_is_read_and_written() {
    let place = parse(GOOD).unwrap();
    assert_eq!(place.bucket, "programme-log");
    assert_eq!(place.endpoint.as_deref(), Some("https://objects.example:9000"));
    assert_eq!(text(&place).unwrap(), GOOD);
    let aws = parse(&GOOD.lines().take(4).collect::<Vec<_>>().join("\n")).unwrap();
    assert_eq!(aws.endpoint, None);
    assert_eq!(parse(&text(&aws).unwrap()), Ok(aws));
}

#[test]
fn only_this_machine_may_be_asked_without_tls() {
    let with = |endpoint: &str| parse(&GOOD.replace("https://objects.example:9000", endpoint));
    for good in
        ["http://127.0.0.1:9000", "http://localhost", "http://[::1]:9000", "https://[2001:db8::1]"]
    {
        assert!(with(good).is_ok(), "{good}");
    }
    for bad in [
        "http://objects.example",
        "http://10.0.0.1:9000",
        "http://127.0.0.1.objects.example",
        "http://localhost@objects.example",
        "https://key:secret@objects.example",
        "https://objects.example/bucket",
        "https://objects.example?x",
        "https://objects.example:",
        "https://objects.example:70000",
        "https://objects.example:+9",
        "https://",
        "https://[::1",
        "https://[::1]x",
        "ftp://objects.example",
        "objects.example",
        "",
    ] {
        assert!(with(bad).is_err(), "{bad}");
    }
}

#[test]
fn other_values_are_refused() {
    for (from, to) in [
        ("\"s3\"", "\"gcs\""),
        ("programme-log", "ab"),
        ("programme-log", "Programme"),
        ("programme-log", "-programme"),
        ("programme-log", "a..b"),
        ("log.example/programme", ""),
        ("log.example/programme", "/log"),
        ("log.example/programme", "log/"),
        ("log.example/programme", "a/../b"),
        ("log.example/programme", "a b"),
        ("eu-central-1", ""),
        ("eu-central-1", "eu central"),
        ("kind =", "secret = \"x\"\nkind ="),
    ] {
        let text = GOOD.replacen(from, to, 1);
        assert!(parse(&text).is_err(), "{text}");
    }
    let long = GOOD.replace("log.example/programme", &"a".repeat(513));
    assert!(parse(&long).is_err());
    assert!(parse("").is_err());
}

proptest! {
    #[test]
    fn arbitrary_text_is_no_panic(text in ".*") {
        let _ = parse(&text);
    }

    #[test]
    fn arbitrary_addresses_are_no_panic(address in "https?://.{0,20}") {
        let _ = super::address(&address);
    }
}
