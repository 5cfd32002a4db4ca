//! The words people see, as data. EO 14434 renames "AI" to "SI" in executive documents; agencies and
//! roles are renamed too. So no page and no report spells such a word itself.

use serde::Deserialize;
use std::collections::BTreeMap;

/// Words by key, for one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vocabulary {
    words: BTreeMap<String, String>,
}

/// Why a vocabulary file was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VocabularyError {
    /// Not TOML, or not of the expected shape.
    #[error("the vocabulary can't be read: {0}")]
    Malformed(String),
    /// The file has no such language.
    #[error("the vocabulary has no language `{given}`; it has: {known}")]
    Language {
        /// What was asked for.
        given: String,
        /// What there is.
        known: String,
    },
    /// A word the software uses is missing.
    #[error("the vocabulary lacks the word `{0}`")]
    Missing(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    language: BTreeMap<String, BTreeMap<String, String>>,
}

impl Vocabulary {
    /// Reads one language from a vocabulary file (`rules/vocabulary.toml` is the shipped one).
    ///
    /// # Errors
    /// Malformed TOML, or a language the file lacks.
    pub fn read(toml: &str, language: &str) -> Result<Self, VocabularyError> {
        let file: File =
            toml::from_str(toml).map_err(|e| VocabularyError::Malformed(e.to_string()))?;
        let known: Vec<_> = file.language.keys().cloned().collect();
        let words = file.language.into_iter().find(|(l, _)| l == language).map(|(_, w)| w);
        words.map(|words| Self { words }).ok_or_else(|| VocabularyError::Language {
            given: language.to_owned(),
            known: known.join(", "),
        })
    }

    /// Checks that all of `keys` have words, so that looking up can't fail later.
    ///
    /// # Errors
    /// The first missing key.
    pub fn require<'k>(
        &self,
        keys: impl IntoIterator<Item = &'k str>,
    ) -> Result<(), VocabularyError> {
        for key in keys {
            if !self.words.contains_key(key) {
                return Err(VocabularyError::Missing(key.to_owned()));
            }
        }
        Ok(())
    }

    /// The word for a key; the key itself when there is none, so that a gap is seen and harms nothing.
    pub fn word<'a>(&'a self, key: &'a str) -> &'a str {
        self.words.get(key).map_or(key, String::as_str)
    }
}

#[cfg(test)]
mod tests;
