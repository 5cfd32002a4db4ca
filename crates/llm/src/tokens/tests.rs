//! The estimate: known texts, and that it only grows.

use super::estimate;
use proptest::prelude::{prop_assert_eq, proptest};

/// The rule as it is documented, a byte at a time.
fn by_the_byte(text: &str) -> u64 {
    let (mut tokens, mut letters, mut spaces, mut lower) = (0_u64, 0_u64, 0_u64, false);
    for byte in text.bytes() {
        let is_letter = byte.is_ascii_alphabetic();
        if letters > 0 && (!is_letter || (lower && byte.is_ascii_uppercase())) {
            tokens += letters.div_ceil(3);
            letters = 0;
        }
        if spaces > 0 && byte != b' ' {
            tokens += (spaces - 1).div_ceil(4);
            spaces = 0;
        }
        lower = byte.is_ascii_lowercase();
        match byte {
            b' ' => spaces += 1,
            _ if is_letter => letters += 1,
            _ => tokens += 1,
        }
    }
    tokens + letters.div_ceil(3) + spaces.div_ceil(4)
}

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
    fn runs_count_as_their_bytes_do(text in "[ aBz0-9.é]{0,60}|\\PC{0,60}") {
        prop_assert_eq!(estimate(&text), by_the_byte(&text));
    }

    #[test]
    fn more_text_is_not_fewer_tokens(a in "\\PC{0,60}", b in "\\PC{0,60}") {
        let together = estimate(&format!("{a}{b}"));
        assert!(together + 1 >= estimate(&a).max(estimate(&b)));
        assert!(together <= u64::try_from(a.len() + b.len()).expect("short"));
    }
}
