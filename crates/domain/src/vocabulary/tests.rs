//! Languages, gaps and malformed files.
use super::*;

const FILE: &str = "[language.en]\nai = \"artificial intelligence\"\n[language.es]\nai = \"IA\"\n";

#[test]
fn words_follow_the_language() {
    assert_eq!(Vocabulary::read(FILE, "en").unwrap().word("ai"), "artificial intelligence");
    assert_eq!(Vocabulary::read(FILE, "es").unwrap().word("ai"), "IA");
    assert_eq!(Vocabulary::read(FILE, "es").unwrap().word("gap"), "gap");
    let missing = Vocabulary::read(FILE, "es").unwrap().require(["ai", "gap"]);
    assert_eq!(missing, Err(VocabularyError::Missing("gap".into())));
    assert!(matches!(Vocabulary::read(FILE, "fr"), Err(VocabularyError::Language { .. })));
    assert!(matches!(Vocabulary::read("x", "en"), Err(VocabularyError::Malformed(_))));
}
