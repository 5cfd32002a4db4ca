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

/// Spanish syllables: vowels that glide together are one; `u` after `q` is none, nor after `g` before `e` and `i`.
fn spanish_syllables(word: &str) -> u32 {
    let word = word.to_lowercase().replace("qu", "q");
    let word = ["e", "i", "é", "í"]
        .iter()
        .fold(word, |w, v| w.replace(&format!("gu{v}"), &format!("g{v}")));
    let (mut count, mut before) = (0, None);
    for (at, c) in word.char_indices() {
        let vowel = "aeiouáéíóúü".contains(c) || (c == 'y' && at + 1 == word.len());
        let strong = |c: char| "aeoáéíóú".contains(c);
        let apart = before.is_none_or(|b| strong(b) && strong(c));
        count += u32::from(vowel && apart);
        before = vowel.then_some(c);
    }
    count.max(1)
}

/// Crawford's grade (1989) of a Spanish sentence with so many words and syllables.
fn spanish_grade(words: u32, syllables: u32) -> f64 {
    let (words, syllables) = (f64::from(words), f64::from(syllables));
    (100.0 * syllables / words).mul_add(0.049, -20.5 / words) - 3.407
}

/// How hard a sentence is: of its words and their syllables.
struct Measure {
    language: &'static str,
    syllables: fn(&str) -> u32,
    grade: fn(u32, u32) -> f64,
}

/// Somebody who left school after the eighth grade can read the page: each sentence of five words or more.
#[test]
fn the_page_reads_at_grade_eight() {
    assert!(grade(10, 20) > 11.0 && grade(10, 12) < 3.0, "the measure tells hard from easy");
    assert_eq!(["quizá", "reiniciar", "línea", "seguir"].map(spanish_syllables), [2, 3, 3, 2]);
    assert!(spanish_grade(7, 21) > 8.0 && spanish_grade(7, 13) < 5.0, "and so does the other");
    let spanish = Measure { language: "es", syllables: spanish_syllables, grade: spanish_grade };
    for measure in [Measure { language: "en", syllables, grade }, spanish] {
        let read = reads(&measure);
        assert!(read > 25, "{}: {read} sentences", measure.language);
    }
}

fn reads(measure: &Measure) -> u32 {
    let file = crate::shared::rule("vocabulary.toml");
    let words = Vocabulary::read(&file, measure.language).unwrap();
    let mut read = 0;
    for key in WORDS.iter().chain(crate::EXPLAIN_WORDS).filter(|key| **key != "language-code") {
        let blanks = words.word(key).replace('{', " {").replace('}', "} ");
        let parts = blanks.split(|c: char| ".!?;:¿¡".contains(c));
        for sentence in parts {
            let plain = |word: &&str| word.chars().any(char::is_alphabetic) && !word.contains('{');
            let parts: Vec<_> = sentence.split([' ', '(', ')', ',']).filter(plain).collect();
            if parts.len() >= 5 {
                let count = parts.iter().map(|word| (measure.syllables)(word)).sum();
                let grade = (measure.grade)(u32::try_from(parts.len()).unwrap(), count);
                assert!(grade <= 8.0, "{key}: grade {grade:.1}: {sentence}");
                read += 1;
            }
        }
    }
    read
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
