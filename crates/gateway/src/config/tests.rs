//! What may be an upstream, and what is never shown.

use super::{ConfigError, ProviderKey, Target};
use crate::route::{Dialect, ROUTES};
use expect_test::{Expect, expect};

fn check(base: &str, expected: Expect) {
    let target = base.parse().map_err(|_| "not a URI".to_owned()).and_then(|uri| {
        let t = Target::of(&uri).map_err(|e| e.to_string())?;
        Ok(format!("{} tls={} host={:?} {}", t.origin, t.tls, t.host, t.path(&ROUTES[0])))
    });
    expected.assert_eq(&target.unwrap_or_else(|e| e));
}

#[test]
fn upstreams() {
    check(
        "http://127.0.0.1:8000/v1",
        expect![[r#"http://127.0.0.1:8000/ tls=false host="127.0.0.1:8000" /v1/chat/completions"#]],
    );
    check(
        "https://model.example/",
        expect![[r#"https://model.example/ tls=true host="model.example" /chat/completions"#]],
    );
    check(
        "ftp://model.example/",
        expect![
            "`ftp://model.example/` can't be the upstream: write a base like `https://model.example/v1`"
        ],
    );
    check(
        "/v1",
        expect!["`/v1` can't be the upstream: write a base like `https://model.example/v1`"],
    );
    check(
        "http://user:word@model.example/v1",
        expect![
            "`http://user:word@model.example/v1` can't be the upstream: write a base like `https://model.example/v1`"
        ],
    );
}

#[test]
fn the_key_is_read_and_never_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("key");
    std::fs::write(&path, "s3cret-value\n").expect("written");
    let key = ProviderKey::read(&path).expect("a key");
    assert_eq!(key.header(Dialect::OpenAi).1.as_bytes(), b"Bearer s3cret-value");
    assert_eq!(key.header(Dialect::Anthropic).1.as_bytes(), b"s3cret-value");
    assert!(!format!("{key:?} {:?}", key.header(Dialect::Anthropic)).contains("s3cret"));
    for bad in ["", "two words", "two\nlines", "caf\u{e9}"] {
        std::fs::write(&path, bad).expect("written");
        let error = ProviderKey::read(&path).expect_err("not a key");
        assert!(matches!(error, ConfigError::KeyText { .. }), "{bad:?}");
        assert!(bad.is_empty() || !error.to_string().contains(bad), "{error}");
    }
    let missing = ProviderKey::read(&folder.path().join("none")).expect_err("no file");
    assert!(matches!(missing, ConfigError::KeyFile { .. }));
}
