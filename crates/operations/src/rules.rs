//! The shipped rule packs and facts. They are files in `rules/` and `facts/`, built into the program so that
//! it works alone; a newer file can be given in their place.

use domain::{Digest, Vocabulary, VocabularyError};

/// A file that ships with the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shipped {
    /// Its name below `rules/` or `facts/`.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
}

macro_rules! shipped {
    ($($folder:literal / $file:literal),* $(,)?) => {
        &[$(Shipped {
            name: $file,
            text: include_str!(concat!("../../../", $folder, "/", $file)),
        }),*]
    };
}

/// Rule packs of obligations with clocks.
pub const PACKS: &[Shipped] = shipped!(
    "rules" / "order-14409.toml",
    "rules" / "disclosure.toml",
    "rules" / "eu.toml",
    "rules" / "circia.toml",
    "rules" / "forensic-triage.toml",
);

/// Disclosure clocks.
pub const DISCLOSURE: &str = include_str!("../../../rules/disclosure.toml");
/// BOD 26-04, Table 1.
pub const BOD_26_04: &str = include_str!("../../../rules/bod-26-04.toml");
/// Decision tables by name, for `check --profile`.
pub const PROFILES: &[(&str, &str)] = &[
    ("bod-26-04", BOD_26_04),
    ("ssvc-deployer", include_str!("../../../rules/ssvc-deployer.toml")),
    ("ssvc-cisa", include_str!("../../../rules/ssvc-cisa.toml")),
    ("cvss", include_str!("../../../rules/cvss.toml")),
];
/// Where feeds are fetched from.
pub const FEEDS: &str = include_str!("../../../rules/feeds.toml");
/// Offences with their elements, and the factors of good-faith research.
pub const OFFENCES: &str = include_str!("../../../rules/offences.toml");
/// Who reads which sections of a determination memo.
pub const MEMO: &str = include_str!("../../../rules/memo.toml");
/// Signals of misuse by those who have access.
pub const INSIDER: &str = include_str!("../../../rules/insider.toml");
/// The least tier of sandbox for each class of models.
pub const TIERS: &str = include_str!("../../../rules/tiers.toml");
/// Clauses and templates for the terms of a review.
pub const TERMS: &str = include_str!("../../../rules/terms.toml");
/// Neutral criteria for partners and defenders.
pub const PARTNER_CRITERIA: &str = include_str!("../../../rules/partner-criteria.toml");
/// The ladder of the defender programme.
pub const DEFENDER_TIERS: &str = include_str!("../../../rules/defender-tiers.toml");
/// Handling marks.
pub const HANDLING: &str = include_str!("../../../rules/handling.toml");
/// The words that people see.
pub const VOCABULARY: &str = include_str!("../../../rules/vocabulary.toml");

/// Facts for the demonstration: an extract, no substitute for a feed.
pub const FACTS: &[Shipped] = shipped!(
    "facts" / "advisories.osv.jsonl",
    "facts" / "kev.json",
    "facts" / "ssvc.jsonl",
    "facts" / "epss.csv",
);

impl Shipped {
    /// The digest that results show, so that it is known by which rules they came about.
    pub fn digest(&self) -> Digest {
        Digest::of(self.text.as_bytes())
    }
}

/// The shipped words of a language.
///
/// # Errors
/// A language that is not shipped.
pub fn vocabulary(language: &str) -> Result<Vocabulary, VocabularyError> {
    Vocabulary::read(VOCABULARY, language)
}
