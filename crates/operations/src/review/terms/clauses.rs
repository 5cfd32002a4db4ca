//! What a machine checks of terms, clause by clause: for people who read terms, and for comparing two versions.

use super::library::Library;
use access::{Limits, Terms};
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt;

/// Every limit of a terms file, and when it is checked, in plain words.
pub(super) const LIMITS: &[(&str, &str)] = &[
    ("endpoints", "which kinds of call a grant may name, and each request under it"),
    ("tokens-per-grant", "the most tokens, in and out together, that one grant may have"),
    ("tokens-per-day", "the most tokens that one grant may use in one day (UTC)"),
    (
        "tokens-per-person",
        "the most tokens that one person may use over all of their grants in the case",
    ),
    ("tokens-per-person-per-day", "the same in one day (UTC)"),
    ("networks", "where a request may come from"),
    ("recording", "each use is recorded by the developer's gateway: when that record must be safe"),
    ("partners", "who may become a partner or defender"),
    ("recipients", "who else may be recorded as a recipient of an assessment"),
    (
        "content",
        "what the developer's gateway keeps of requests and answers, and who can read it: hashed, nobody; visible, the developer; sealed, the party of the person who asked",
    ),
    ("retention-days", "after how many days what is kept is destroyed"),
    ("credentials", "how a caller shows that a credential is its own"),
    ("publication", "when an assessment, or an item of it, may be made public"),
];

/// What a clause says, in a form that can be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    Number(u64),
    Set(BTreeSet<String>),
    Word(String),
    NotAgreed,
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Set(set) if set.is_empty() => f.write_str("nobody"),
            Self::Set(set) => {
                let all: Vec<_> = set.iter().map(String::as_str).collect();
                f.write_str(&all.join(", "))
            }
            Self::Word(word) => f.write_str(word),
            Self::NotAgreed => f.write_str("not agreed, so not checked"),
        }
    }
}

/// The clauses that a machine checks, by name, in the order of a terms file.
pub(super) fn machine(terms: &Terms) -> Vec<(&'static str, Said)> {
    let Limits {
        endpoints,
        tokens_per_grant,
        tokens_per_day,
        networks,
        recording,
        partners,
        recipients,
        content,
        credentials,
        tokens_per_person,
        tokens_per_person_per_day,
        publication,
    } = &terms.limits;
    let content = content.unwrap_or_default();
    let number = |n: Option<u64>| n.map_or(Said::NotAgreed, Said::Number);
    vec![
        ("models", Said::Set(names(&terms.models))),
        ("evaluators", Said::Set(names(&terms.evaluators))),
        ("endpoints", Said::Set(names(endpoints))),
        ("tokens-per-grant", Said::Number(*tokens_per_grant)),
        ("tokens-per-day", number(*tokens_per_day)),
        ("tokens-per-person", number(*tokens_per_person)),
        ("tokens-per-person-per-day", number(*tokens_per_person_per_day)),
        ("networks", set(networks.as_ref())),
        ("recording", Said::Word(recording.unwrap_or_default().to_string())),
        ("partners", set(partners.as_ref())),
        ("recipients", set(recipients.as_ref())),
        ("content", Said::Word(content.name().to_owned())),
        ("retention-days", number(content.retention_days().map(u64::from))),
        ("credentials", set(credentials.as_ref())),
        ("publication", publication.map_or(Said::NotAgreed, |rule| Said::Word(rule.to_string()))),
    ]
}

fn names<T: ToString>(of: &BTreeSet<T>) -> BTreeSet<String> {
    of.iter().map(ToString::to_string).collect()
}

fn set<T: ToString>(of: Option<&BTreeSet<T>>) -> Said {
    of.map_or(Said::NotAgreed, |set| Said::Set(names(set)))
}

/// Terms as people read them: what is checked, and what is only words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TermsView {
    /// The version.
    pub id: String,
    /// The case.
    pub case: String,
    /// What both sides sign and each person acknowledges.
    pub digest: String,
    /// What a machine checks: clause, what it says, when it is checked.
    pub machine: Vec<Checked>,
    /// The twelve cells.
    pub cells: Vec<Cell>,
}

/// A clause that a machine checks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Its name in a terms file.
    pub clause: String,
    /// What it says.
    pub says: String,
    /// What is checked, and when.
    pub checked: String,
}

/// One of the twelve cells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cell {
    /// Its head.
    pub head: String,
    /// Its part.
    pub part: String,
    /// Its words.
    pub text: String,
    /// The shipped clause whose words these are; none when they were written by hand.
    pub clause: Option<String>,
    /// The limits that hold a part of it, as far as the shipped clauses say so.
    pub machine: Vec<String>,
    /// Which part those hold.
    pub holds: Option<String>,
}

/// Terms as people read them.
pub fn terms_view(terms: &Terms, library: &Library) -> TermsView {
    let checked = |name: &str| {
        let known = LIMITS.iter().find(|(limit, _)| *limit == name);
        known
            .map_or("when a grant is asked for and issued, and at each request", |(_, words)| words)
    };
    let machine = machine(terms).into_iter();
    let machine = machine.map(|(name, said)| Checked {
        clause: name.to_owned(),
        says: said.to_string(),
        checked: checked(name).to_owned(),
    });
    let cells = terms.safeguards.cells().into_iter().map(|(head, part, text)| {
        let clause = library.clause_of(head, part, text);
        Cell {
            head: head.to_owned(),
            part: part.to_owned(),
            text: text.as_str().to_owned(),
            clause: clause.map(|c| c.id.clone()),
            machine: clause.map(|c| c.machine.iter().cloned().collect()).unwrap_or_default(),
            holds: clause.and_then(|c| c.holds.clone()),
        }
    });
    TermsView {
        id: terms.id.to_string(),
        case: terms.case.to_string(),
        digest: terms.digest().to_string(),
        machine: machine.collect(),
        cells: cells.collect(),
    }
}

impl fmt::Display for TermsView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, case, digest, machine, cells } = self;
        writeln!(f, "terms {id} of case {case}\n  digest {digest}\nchecked by a machine")?;
        for Checked { clause, says, checked } in machine {
            writeln!(f, "  {clause:<25} {says}\n  {:25} ({checked})", "")?;
        }
        writeln!(f, "words for people")?;
        for cell in cells {
            let mark = if cell.machine.is_empty() {
                "words only".to_owned()
            } else {
                format!("in part held by {}", cell.machine.join(", "))
            };
            writeln!(f, "  {}, {} [{mark}]\n    {}", cell.head, cell.part, cell.text)?;
        }
        let only = cells.iter().filter(|cell| cell.machine.is_empty()).count();
        write!(f, "{only} of 12 cells are words only; a person acknowledges the digest above")
    }
}
