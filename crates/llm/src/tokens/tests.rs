//! The estimate: known texts, and that it only grows.

use super::estimate;
use proptest::prelude::proptest;

#[test]
fn known_texts() {
    for (text, tokens) in [
        ("", 0),
        ("a", 1),
        ("hello world", 4),
        ("    return x;", 5),
        ("12345", 5),
        ("camelCase", 4),
        ("日本", 6),
        ("a\n\nb", 4),
        ("        ", 2),
    ] {
        assert_eq!(estimate(text), tokens, "{text:?}");
    }
}

proptest! {
    #[test]
    fn more_text_is_not_fewer_tokens(a in "\\PC{0,60}", b in "\\PC{0,60}") {
        let together = estimate(&format!("{a}{b}"));
        assert!(together + 1 >= estimate(&a).max(estimate(&b)));
        assert!(together <= u64::try_from(a.len() + b.len()).expect("short"));
    }
}
