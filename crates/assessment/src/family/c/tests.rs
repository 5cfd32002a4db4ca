//! Tokens and patterns.

use super::{Bindings, find, number, tokens};
use proptest::prelude::proptest;

#[test]
fn splits() {
    let text: Vec<String> = tokens("a->b /* x\n */ <<= 'c' \"s\\\"t\" // end\n0x1fu")
        .into_iter()
        .map(|t| format!("{}:{}", t.text, t.line))
        .collect();
    assert_eq!(text, ["a:1", "->:1", "b:1", "<<=:2", "'c':2", "\"s\\\"t\":2", "0x1fu:3"]);
}

#[test]
fn names_are_bound_once() {
    let source = tokens("x = y + x; z = z + z;");
    let mut names = Bindings::new();
    let place = find(&source, 0, "$a = $b + $b ;", &mut names).expect("found");
    assert_eq!((place.start, names.get("a").map(String::as_str)), (6, Some("z")));
    assert_eq!(find(&source, 0, "$a = q", &mut names), None);
}

#[test]
fn numbers() {
    assert_eq!(number("0x7fu"), Some(127));
    assert_eq!(number("12UL"), Some(12));
    assert_eq!(number("12a"), None);
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in "\\PC{0,200}") {
        let all = tokens(&text);
        let _none = find(&all, 0, "$a [ $b ]", &mut Bindings::new());
    }
}
