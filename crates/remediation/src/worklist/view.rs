//! The worklist in words: for paper, a terminal, or a page.
//!
//! Every word comes from the vocabulary. Texts of inventories and advisories are shown as single
//! safe lines.

mod task;
mod text;
mod words;

pub(super) use text::{list, section};
pub use words::WORDS;

use super::{Action, Question, Worklist};
use crate::flaw::shown;
use crate::fleet::AssetSet;
use domain::{Timestamp, Vocabulary};
use std::fmt::Write as _;
use task::Task;

/// How many things are for today: the first that have a date.
const TODAY: usize = 3;
/// How many places, versions and commands an action names; the data have them all.
const NAMED: usize = 3;

/// The worklist in words.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct WorklistView {
    /// What it is.
    pub title: String,
    /// As of when, about how much.
    pub as_of: String,
    /// "Do these three today"; none when there is nothing to do.
    pub today_heading: Option<String>,
    /// At most three.
    pub today: Vec<ActionView>,
    /// "Then these".
    pub then_heading: String,
    /// The rest, in order.
    pub then: Vec<ActionView>,
    /// "Worth knowing".
    pub notices_heading: String,
    /// One line each.
    pub notices: Vec<String>,
    /// "We could not tell".
    pub unknowns_heading: String,
    /// One line each.
    pub unknowns: Vec<String>,
    /// "No work, say those who made it".
    pub suppressed_heading: String,
    /// One line each, with the reason and who gives it.
    pub suppressed: Vec<String>,
    /// The one question.
    pub question: Option<QuestionView>,
    /// Said when there is nothing to do.
    pub nothing: Option<String>,
    /// The source of the deadlines, and that a date here is no right.
    pub footer: Vec<String>,
}

/// One thing to do, in words.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ActionView {
    /// What to do.
    pub what: String,
    /// Where: names of assets, the first of them.
    pub place: String,
    /// Why, the strongest reason first.
    pub why: Vec<String>,
    /// What comes before it: a look for signs of a break-in.
    pub first: Option<String>,
    /// The exact command, or what to do without one.
    pub how: String,
    /// How long it takes.
    pub how_long: String,
    /// How to see that it worked.
    pub check: String,
    /// By when.
    pub due: String,
    /// The row of Table 1, the clock's start, CISA's own date, what was assumed or is missing.
    pub because: Vec<String>,
    /// Ids of advisories: the first of them.
    pub closes: String,
}

/// The one question, in words.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct QuestionView {
    /// "One question".
    pub heading: String,
    /// What is asked.
    pub ask: String,
    /// What follows from yes.
    pub if_yes: String,
    /// What follows from no.
    pub if_no: String,
}

/// The word for a key, with its blanks filled.
pub(super) fn fill(words: &Vocabulary, key: &str, blanks: &[(&str, &str)]) -> String {
    let mut rest = words.word(key);
    let mut out = String::new();
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            out.push('{');
            rest = after;
            continue;
        };
        match blanks.iter().find(|(blank, _)| *blank == name) {
            Some((_, value)) => out.push_str(value),
            None => {
                let _ = write!(out, "{{{name}}}");
            }
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// The first of many, and how many more there are.
fn first<T: AsRef<str>>(words: &Vocabulary, all: &[T], (most, between): (usize, &str)) -> String {
    let mut shown: Vec<&str> = all.iter().take(most).map(AsRef::as_ref).collect();
    let more = all.len().saturating_sub(most).to_string();
    let more = fill(words, "and-more", &[("count", &more)]);
    if all.len() > most {
        shown.push(&more);
    }
    shown.join(between)
}

/// The names of assets: the first of them in the order of the alphabet, and how many more there are.
pub(super) fn named(words: &Vocabulary, assets: &AssetSet) -> String {
    names(words, assets, NAMED)
}

pub(super) fn names(words: &Vocabulary, assets: &AssetSet, most: usize) -> String {
    let mut shown: Vec<&str> = Vec::with_capacity(most + 1);
    let mut more: u64 = 0;
    for name in assets.names() {
        // of two with one name one is told
        let Err(at) = shown.binary_search(&name) else { continue };
        shown.insert(at, name);
        if shown.len() > most {
            shown.pop();
            more += 1;
        }
    }
    let told = fill(words, "and-more", &[("count", &more.to_string())]);
    if more > 0 {
        shown.push(&told);
    }
    shown.join(", ")
}

pub(super) fn safe(text: &str) -> String {
    shown(text).map_or_else(|| "?".to_owned(), |line| line.to_string())
}

impl Worklist {
    /// The worklist in the words of a vocabulary.
    pub fn view(&self, words: &Vocabulary) -> WorklistView {
        let task = |action| Task { words, list: self, action };
        let view = |action| task(action).view();
        let soon = |a: &Action| {
            a.plan_by.is_some() || self.outcomes.get(a.rank).is_some_and(|outcome| outcome.soon)
        };
        let dated = self.items.iter().take_while(|a| soon(a));
        let today = dated.take(TODAY).count();
        let blanks = [
            ("date", self.as_of.date()),
            ("assets", self.assets.to_string()),
            ("components", self.components.to_string()),
        ];
        let blanks: Vec<_> = blanks.iter().map(|(k, v)| (*k, v.as_str())).collect();
        let unknowns = self.unknowns.iter().map(|u| {
            let version = u.version.as_deref().map(safe).unwrap_or_default();
            let assets = named(words, &u.assets);
            format!("{assets}: {} {version}: {}", safe(&u.package), safe(&u.doubt))
        });
        let uncovered = self.uncovered.iter().map(|(assets, n)| {
            let blanks = [("asset", &*named(words, assets)), ("count", &n.to_string())];
            fill(words, "worklist-uncovered", &blanks)
        });
        let notices = self.notices.iter().map(|a| {
            let (what, why) = (task(a).headline(true), words.word("why-notice"));
            let about = a.targets.first().and_then(|t| t.ruling.flaw.summary.as_ref());
            about.map_or(format!("{what} {why}"), |about| format!("{what} {about}"))
        });
        WorklistView {
            title: fill(words, "worklist-title", &[]),
            as_of: fill(words, "worklist-as-of", &blanks),
            today_heading: (today > 0)
                .then(|| fill(words, &format!("worklist-today-{today}"), &[])),
            today: self.items.iter().take(today).map(view).collect(),
            then_heading: fill(words, "worklist-then", &[]),
            then: self.items.iter().skip(today).map(view).collect(),
            notices_heading: fill(words, "worklist-notices", &[]),
            notices: notices.collect(),
            unknowns_heading: fill(words, "worklist-unknowns", &[]),
            unknowns: unknowns.chain(uncovered).collect(),
            suppressed_heading: fill(words, "worklist-suppressed", &[]),
            suppressed: self.suppressed.iter().map(|one| suppressed(words, one)).collect(),
            question: self.question.as_ref().map(|q| self.ask(words, q)),
            nothing: self.items.is_empty().then(|| fill(words, "worklist-nothing", &blanks)),
            footer: vec![
                fill(words, "worklist-ring", &[("contact", words.word("worklist-contact"))]),
                self.citation.to_string(),
                match self.full_from {
                    Some(from) => fill(words, "worklist-not-a-right", &[("date", &from.date())]),
                    None => fill(words, "worklist-policy", &[]),
                },
            ],
        }
    }

    /// When an outcome without a number of days is to be done.
    pub(super) fn said(&self, words: &Vocabulary, rank: usize) -> String {
        let language = words.word("language-code");
        let said = self.outcomes.get(rank).and_then(|outcome| outcome.say.get(language));
        said.map_or_else(|| fill(words, "due-next-upgrade", &[]), ToString::to_string)
    }

    /// The row of the table that says so.
    pub(super) fn row(&self, words: &Vocabulary, row: u8) -> String {
        fill(words, "due-row", &[("table", self.table_name(words)), ("row", &row.to_string())])
    }

    /// The table's short name, or its id.
    fn table_name<'a>(&'a self, words: &'a Vocabulary) -> &'a str {
        self.short.get(words.word("language-code")).unwrap_or(&self.profile)
    }

    fn ask(&self, words: &Vocabulary, question: &Question) -> QuestionView {
        let when = |due: Option<Timestamp>, rank: usize| match due {
            Some(due) => fill(words, "due-date", &[("date", &due.date())]),
            None => self.said(words, rank),
        };
        let moves = question.moves.to_string();
        let asset = question.asset_name.as_str();
        let (if_yes, if_no) =
            (when(question.if_yes, question.ranks.0), when(question.if_no, question.ranks.1));
        QuestionView {
            heading: fill(words, "worklist-question", &[]),
            ask: fill(words, "worklist-question-exposed", &[("asset", asset), ("moves", &moves)]),
            if_yes: fill(words, "worklist-if-yes", &[("due", &if_yes)]),
            if_no: fill(words, "worklist-if-no", &[("due", &if_no)]),
        }
    }
}

fn suppressed(words: &Vocabulary, one: &crate::Suppressed) -> String {
    let (package, version) = (safe(&one.package), safe(&one.version));
    let assets = named(words, &one.assets);
    let blanks = [
        ("asset", assets.as_str()),
        ("package", &package),
        ("version", &version),
        ("flaw", one.flaw.id.as_str()),
        ("reason", one.reason.as_str()),
        ("source", one.source.as_str()),
    ];
    fill(words, "worklist-suppressed-line", &blanks)
}

#[cfg(test)]
mod tests;
