//! References and paths.
use super::*;

#[test]
fn references() {
    for good in [
        "src/a.c",
        "file:///c:/src/file.c",
        "file:/c:/x",
        "http://a/b?c#d",
        "a%20b",
        "",
        "./a:b",
        "sarif:/runs/0",
    ] {
        assert!(is_reference(good), "{good}");
    }
    for bad in ["ht%tp://a", "a b", "fi&le:///c", "1a:b", "%", "%4", "a\n"] {
        assert!(!is_reference(bad), "{bad}");
    }
}

#[test]
fn paths() {
    assert_eq!(path("src/a%20b.c#x").as_deref(), Some("src/a b.c"));
    assert_eq!(path("file:///src/a.c").as_deref(), Some("/src/a.c"));
    assert_eq!(path("file://host/src/a.c").as_deref(), Some("/src/a.c"));
    assert_eq!(path("file:/src/a.c").as_deref(), Some("/src/a.c"));
    assert_eq!(path("https://example.org/a"), None);
    assert_eq!(path("src\\a.c").as_deref(), Some("src/a.c"));
    assert_eq!(path("a%ff"), None);
}
