//! Notes fit a terminal.

use super::wrapped;

#[track_caller]
fn check(text: &str, width: usize, lines: &[&str]) {
    assert_eq!(wrapped(text, width), lines);
}

#[test]
fn notes_are_broken_at_spaces() {
    check("", 10, &[""]);
    check("short", 10, &["short"]);
    check("one two three four", 10, &["one two", "  three", "  four"]);
    check("a-word-that-is-longer-than-a-line b", 10, &["a-word-that-is-longer-than-a-line", "  b"]);
    check("  indented as it was", 40, &["  indented as it was"]);
}
