//! What a rule says, with the evidence to say it again.

use crate::UseId;
use domain::{Digest, GrantId, PartyId, PersonId, Timestamp};
use serde::Serialize;

/// Records that a signal names one by one; the digest covers all.
const NAMED: usize = 20;

/// A rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// More requests in an hour or a day than the purpose needs.
    Volume,
    /// More different prompts in a day than the purpose needs.
    Diversity,
    /// Prompts that vary one template, the same prompt over and over, or, under sealed terms, sizes that hardly differ.
    Sweep,
    /// Much more answer than prompt.
    Harvest,
    /// Uses at hours that were not declared.
    OddHours,
    /// Uses from networks that were not declared.
    OddPlace,
    /// Sessions of one credential that overlap from different places.
    SharedCredential,
    /// Two places too far apart for the time between.
    ImpossibleTravel,
    /// One person took more than one person may, over all grants.
    Ceiling,
    /// Text that was planted with one recipient came from another.
    Canary,
    /// The same prompts from several persons' grants.
    CommonPrompts,
}

impl Rule {
    /// Every rule, in the order of the manual.
    pub const ALL: [Self; 11] = [
        Self::Volume,
        Self::Diversity,
        Self::Sweep,
        Self::Harvest,
        Self::OddHours,
        Self::OddPlace,
        Self::SharedCredential,
        Self::ImpossibleTravel,
        Self::Ceiling,
        Self::Canary,
        Self::CommonPrompts,
    ];

    /// Its name, in the rules file, in statements and in the manual.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Volume => "volume",
            Self::Diversity => "diversity",
            Self::Sweep => "sweep",
            Self::Harvest => "harvest",
            Self::OddHours => "odd-hours",
            Self::OddPlace => "odd-place",
            Self::SharedCredential => "shared-credential",
            Self::ImpossibleTravel => "impossible-travel",
            Self::Ceiling => "ceiling",
            Self::Canary => "canary",
            Self::CommonPrompts => "common-prompts",
        }
    }
}

/// A figure beside its bound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Figure {
    /// What is counted.
    pub what: &'static str,
    /// How much it is.
    pub is: u64,
    /// Over how much it is told.
    pub bound: u64,
}

/// One finding of one rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Signal {
    /// The rule.
    pub rule: Rule,
    /// The grant.
    pub grant: GrantId,
    /// The person's organisation.
    pub party: PartyId,
    /// The person.
    pub person: PersonId,
    /// The first instant that it is about.
    pub from: Timestamp,
    /// The last.
    pub to: Timestamp,
    /// What it says, in one sentence.
    pub says: String,
    /// The figures that crossed their bounds.
    pub figures: Vec<Figure>,
    /// How many records support it.
    pub records: u64,
    /// SHA-256 over the names of all of them, sorted, as 32 hexadecimal digits and a line feed each.
    pub records_digest: Digest,
    /// Some of them: the first.
    pub some_records: Vec<UseId>,
    /// What it may be that is no misuse.
    pub innocent: String,
    /// SHA-256 of the rules file by which it was found.
    pub rules: Digest,
}

/// A rule that could not be asked about a grant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Undetermined {
    /// The rule.
    pub rule: Rule,
    /// The grant.
    pub grant: GrantId,
    /// What is missing.
    pub why: &'static str,
}

/// All that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// When it was looked.
    pub as_of: Timestamp,
    /// SHA-256 of the rules file.
    pub rules: Digest,
    /// Uses that were looked at.
    pub uses: u64,
    /// Signals, by grant, rule and time.
    pub signals: Vec<Signal>,
    /// What could not be asked.
    pub undetermined: Vec<Undetermined>,
}

/// The records behind a signal: how many, their digest, and some names.
pub(crate) fn evidence(mut ids: Vec<UseId>) -> (u64, Digest, Vec<UseId>) {
    ids.sort();
    ids.dedup();
    let lines: String = ids.iter().map(|id| format!("{id}\n")).collect();
    let count = u64::try_from(ids.len()).unwrap_or(u64::MAX);
    ids.truncate(NAMED);
    (count, Digest::of(lines.as_bytes()), ids)
}
