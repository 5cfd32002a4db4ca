//! Blanks are filled once, and what fills them is not read again.
use super::*;
use std::collections::BTreeSet;

fn words(text: &str) -> Vocabulary {
    Vocabulary::read(&format!("[language.en]\nkey = \"{text}\"\n"), "en").unwrap()
}

#[test]
fn blanks() {
    let check = |text: &str, expected: &str| {
        assert_eq!(fill(&words(text), "key", &[("a", "{b}"), ("b", "2")]), expected);
    };
    check("{a} and {b}", "{b} and 2");
    check("{c} stays", "{c} stays");
    check("open { and {b}", "open { and {b}");
    check("no blank", "no blank");
    assert_eq!(fill(&words("x"), "missing", &[]), "missing");
}

#[test]
fn every_word_is_there_in_both_languages_with_the_same_blanks() {
    let file = crate::shared::rule("vocabulary.toml");
    let blanks = |text: &str| {
        let parts = text.split('{').skip(1).filter_map(|p| p.split_once('}'));
        parts.map(|(name, _)| name.to_owned()).collect::<BTreeSet<_>>()
    };
    let [en, es] = ["en", "es"].map(|l| Vocabulary::read(&file, l).unwrap());
    assert_eq!(WORDS.iter().collect::<BTreeSet<_>>().len(), WORDS.len());
    for key in WORDS {
        for words in [&en, &es] {
            words.require([*key]).unwrap();
        }
        assert_eq!(blanks(en.word(key)), blanks(es.word(key)), "{key}");
    }
}
