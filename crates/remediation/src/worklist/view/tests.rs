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

/// Vowel groups, without a silent e at the end.
fn syllables(word: &str) -> u32 {
    let vowel = |c: char| "aeiouy".contains(c.to_ascii_lowercase());
    let (mut count, mut before) = (0, false);
    for c in word.chars() {
        count += u32::from(vowel(c) && !before);
        before = vowel(c);
    }
    let silent = word.ends_with('e') && !word.ends_with("le") && count > 1;
    (count - u32::from(silent)).max(1)
}

/// The Flesch-Kincaid grade of a sentence with so many words and syllables.
fn grade(words: u32, syllables: u32) -> f64 {
    let (words, syllables) = (f64::from(words), f64::from(syllables));
    0.39f64.mul_add(words, 11.8 * syllables / words) - 15.59
}

/// Somebody who left school after the eighth grade can read the page: each sentence of five words or more.
#[test]
fn the_page_reads_at_grade_eight() {
    assert!(grade(10, 20) > 11.0 && grade(10, 12) < 3.0, "the measure tells hard from easy");
    let file = crate::shared::rule("vocabulary.toml");
    let words = Vocabulary::read(&file, "en").unwrap();
    let mut read = 0;
    for key in WORDS.iter().chain(crate::EXPLAIN_WORDS).filter(|key| **key != "language-code") {
        let blanks = words.word(key).replace('{', " {").replace('}', "} ");
        let parts = blanks.split(|c: char| ".!?;:".contains(c));
        for sentence in parts {
            let plain = |word: &&str| word.chars().any(char::is_alphabetic) && !word.contains('{');
            let parts: Vec<_> = sentence.split([' ', '(', ')', ',']).filter(plain).collect();
            if parts.len() >= 5 {
                let count = parts.iter().map(|word| syllables(word)).sum();
                let grade = grade(u32::try_from(parts.len()).unwrap(), count);
                assert!(grade <= 8.0, "{key}: grade {grade:.1}: {sentence}");
                read += 1;
            }
        }
    }
    assert!(read > 25, "{read} sentences");
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
