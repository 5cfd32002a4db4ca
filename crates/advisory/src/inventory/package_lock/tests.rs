//! npm's lock files.
use super::*;

fn shown(text: &str) -> Vec<(String, Option<String>, bool)> {
    let read = read(text.as_bytes()).unwrap();
    let components = read.components.into_iter();
    components.map(|c| (c.name, c.version, c.ecosystem.is_some())).collect()
}

fn row(name: &str, version: Option<&str>, known: bool) -> (String, Option<String>, bool) {
    (name.to_owned(), version.map(str::to_owned), known)
}

#[test]
fn version_3() {
    let text = r#"{"name":"app","lockfileVersion":3,"packages":{"":{"name":"app","version":"1.0.0"},
        "node_modules/@a/b":{"version":"2.0.0","resolved":"https://registry.npmjs.org/x.tgz"},
        "node_modules/c/node_modules/d":{"version":"3.0.0","dependencies":{"e":"^1"}},
        "node_modules/f":{"resolved":"lib/f","link":true}}}"#;
    assert_eq!(
        shown(text),
        [row("@a/b", Some("2.0.0"), true), row("d", Some("3.0.0"), true), row("f", None, false)]
    );
    let purl = read(text.as_bytes()).unwrap().components.remove(0).purl().unwrap();
    assert_eq!(purl.to_string(), "pkg:npm/%40a/b@2.0.0");
}

#[test]
fn version_1_nests() {
    let text = r#"{"lockfileVersion":1,"dependencies":{"a":{"version":"1.0.0","dependencies":{"b":{"version":"2.0.0"}}},
        "g":{"version":"git+https://example.org/g.git#abc"}}}"#;
    assert_eq!(
        shown(text),
        [
            row("a", Some("1.0.0"), true),
            row("b", Some("2.0.0"), true),
            row("g", Some("git+https://example.org/g.git#abc"), false)
        ]
    );
}

#[test]
fn refuses_with_the_place() {
    let error = read(br#"{"lockfileVersion":9,"packages":{}}"#).unwrap_err();
    assert_eq!(error.place.path.as_deref(), Some("lockfileVersion"));
    let error = read(br#"{"name":"x"}"#).unwrap_err();
    assert_eq!(error.place.path.as_deref(), Some("packages"));
    assert!(read(br#"{"packages":{"node_modules/a":{"version":1}}}"#).is_err());
}
