//! Canaries: words in a row that were planted with one recipient, looked for in the prompts of others.

use crate::sketch::{shingle, words_of};
use domain::GrantId;
use std::collections::BTreeMap;

/// The canaries of all grants, as hashes of six words in a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Canaries(BTreeMap<u64, GrantId>);

/// Words of a canary.
const WORDS: usize = 6;

impl Canaries {
    /// Adds a grant's canary: a text of exactly six words. False when it has another number of words, and nothing is added.
    pub fn plant(&mut self, text: &str, grant: GrantId) -> bool {
        let words: Vec<_> = words_of(text).collect();
        let six = words.len() == WORDS;
        if six {
            self.0.insert(shingle(&words), grant);
        }
        six
    }

    /// Adds others.
    pub fn add(&mut self, others: Self) {
        // one by one: what is there already may be far more
        self.0.extend(others.0);
    }

    /// Whether there is none to look for.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The grants whose canaries a text holds, as far as it is read ([`crate::READ_BYTES`]); at most eight.
    pub fn found_in(&self, text: &str) -> Vec<GrantId> {
        let mut found: Vec<GrantId> = Vec::new();
        if self.0.is_empty() {
            return found;
        }
        let mut last = [0_u64; WORDS];
        for (n, word) in words_of(text).enumerate() {
            last.rotate_left(1);
            if let Some(end) = last.last_mut() {
                *end = word;
            }
            if n + 1 >= WORDS
                && let Some(grant) = self.0.get(&shingle(&last))
                && !found.contains(grant)
                && found.len() < 8
            {
                found.push(grant.clone());
            }
        }
        found.sort();
        found
    }
}
