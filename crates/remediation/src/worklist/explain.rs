//! One flaw: what is known of it, where it is, by when, and what would change that.

mod system;

pub use system::{AssetExplanation, explain_asset};

use super::order::urgency;
use super::view::{fill, list, named, names, safe};
use super::{Action, ActionView, Target, Worklist};
use crate::decision::{Decision, Supposition, what_if};
use crate::facts::{Facts, Impact, Input, Kev, Provenance};
use crate::flaw::Flaw;
use crate::fleet::AssetSet;
use crate::index::Index;
use crate::intelligence::Intelligence;
use crate::table::Table;
use domain::{AdvisoryId, Timestamp, Vocabulary};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Every key that an explanation looks up beside [`super::WORDS`].
pub const EXPLAIN_WORDS: &[&str] = &[
    "explain-also",
    "explain-fact",
    "explain-not-here",
    "explain-here",
    "explain-by-date",
    "explain-date",
    "explain-not-determined",
    "explain-asset-exposed",
    "explain-asset-not-exposed",
    "explain-if",
    "explain-if-exposed",
    "explain-if-not-exposed",
    "explain-if-kev",
    "impact-partial",
    "impact-total",
    "yes",
    "no",
    "unknown",
    "why-epss",
];

/// A flaw in words.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Explanation {
    /// The flaw.
    pub flaw: Flaw,
    /// What catalogues say, with who says it and as of when; the operator's own facts are with the systems.
    pub facts: Facts,
    /// The same in words.
    pub known: Vec<String>,
    /// Where it is and what to do; as on the worklist.
    pub here: Vec<ActionView>,
    /// Where it is, by date; the most urgent first.
    pub by_date: Vec<Due>,
    /// The same in words; the first names of each date.
    pub dates: Vec<String>,
    /// Where it is and there is no date: a notice; where nobody can say whether it is; where a supplier says that it
    /// is no work.
    pub noted: Vec<Noted>,
    /// What would change a deadline.
    pub would_change: Vec<WouldChange>,
    /// The same in words.
    pub if_changed: Vec<String>,
}

/// Assets that have a flaw, with one date.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Due {
    /// The date to plan by; none where the table gives none.
    pub plan_by: Option<Timestamp>,
    /// Whether the deadline is determined.
    pub determined: bool,
    /// The row of the table that sets it, when it is determined.
    pub row: Option<u8>,
    /// How many assets.
    pub count: u64,
    /// The assets.
    pub assets: AssetSet,
    /// What they have: package and version.
    pub has: BTreeSet<String>,
    #[serde(skip)]
    rank: usize,
}

/// Lines under a heading.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Noted {
    /// Why there is no date.
    pub heading: String,
    /// Where it is; a line each.
    pub lines: Vec<String>,
}

/// A deadline as it would be.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct WouldChange {
    /// On which systems.
    pub assets: AssetSet,
    /// Which fact would be another.
    pub input: Input,
    /// What it would be.
    pub value: bool,
    /// The date as it is; none is the next scheduled upgrade.
    pub is: Option<Timestamp>,
    /// The date as it would be.
    pub would_be: Option<Timestamp>,
}

/// Explains the flaw with this id, which may be any of its ids; none when no advisory has it.
pub fn explain(
    id: &AdvisoryId,
    (table, index): (&Table, &Index),
    intelligence: &Intelligence,
    worklist: &Worklist,
    words: &Vocabulary,
) -> Option<Explanation> {
    let flaw = index.packed().flaw_with(id)?;
    let facts = intelligence.facts(flaw.ids.iter().map(AdvisoryId::as_str));
    let about = worklist.about(&flaw);
    let targets = about.items.iter().flat_map(|action| &action.targets);
    let would_change = changes(table, targets, worklist.as_of);
    let (by_date, view) = (by_date(&about), about.view(words));
    let noted = [
        (view.notices_heading, view.notices),
        (view.unknowns_heading, view.unknowns),
        (view.suppressed_heading, view.suppressed),
    ];
    let noted = noted.into_iter().filter(|(_, lines)| !lines.is_empty());
    Some(Explanation {
        known: known(words, &flaw, &facts, intelligence),
        here: view.today.into_iter().chain(view.then).collect(),
        dates: by_date.iter().map(|due| about.date(words, due)).collect(),
        by_date,
        noted: noted.map(|(heading, lines)| Noted { heading, lines }).collect(),
        if_changed: would_change.iter().map(|change| in_words(words, change)).collect(),
        would_change,
        facts,
        flaw,
    })
}

impl Worklist {
    /// What of it is about one flaw.
    fn about(&self, flaw: &Flaw) -> Self {
        let of = |actions: &[Action]| -> Vec<Action> {
            let about = actions.iter().map(|action| {
                let targets = action.targets.iter().filter(|t| t.ruling.flaw.id == flaw.id);
                let targets = targets.cloned().collect();
                Action { targets, ..action.clone() }
            });
            about.filter(|action| !action.targets.is_empty()).collect()
        };
        let unknowns = self.unknowns.iter();
        let unknowns = unknowns.filter(|one| one.advisories.iter().any(|id| flaw.ids.contains(id)));
        let suppressed = self.suppressed.iter().filter(|one| one.flaw.id == flaw.id);
        Self {
            items: of(&self.items),
            notices: of(&self.notices),
            unknowns: unknowns.cloned().collect(),
            suppressed: suppressed.cloned().collect(),
            uncovered: Vec::new(),
            question: None,
            profile: self.profile.clone(),
            citation: self.citation.clone(),
            short: self.short.clone(),
            outcomes: self.outcomes.clone(),
            ..*self
        }
    }

    /// Assets with one date, in words.
    fn date(&self, words: &Vocabulary, due: &Due) -> String {
        let date = match due.plan_by {
            Some(at) => fill(words, "due-date", &[("date", &at.date())]),
            None if due.determined => self.said(words, due.rank),
            None => words.word("due-open").trim_end_matches('.').to_owned(),
        };
        let (count, has) = (due.count.to_string(), due.has.iter().cloned().collect::<Vec<_>>());
        let row = match due.row {
            Some(row) => format!(" ({})", self.row(words, row)),
            None if due.plan_by.is_some() => format!(" ({})", words.word("explain-not-determined")),
            None => String::new(),
        };
        let blanks = [
            ("due", &*format!("{date}{row}")),
            ("count", &*count),
            ("names", &*names(words, &due.assets, MOST_NAMES)),
            ("has", &*has.join(", ")),
        ];
        fill(words, "explain-date", &blanks)
    }
}

/// Most names of one date that are told in words; the data have them all.
const MOST_NAMES: usize = 20;

fn by_date(about: &Worklist) -> Vec<Due> {
    let mut all: Vec<Due> = Vec::new();
    for action in &about.items {
        for target in &action.targets {
            let Some(decision) = &target.ruling.decision else { continue };
            let deadline = decision.deadline();
            let has = format!("{} {}", safe(&action.package), safe(&target.version));
            let new = Due {
                plan_by: decision.plan_by(),
                determined: deadline.is_some(),
                row: deadline.map(|deadline| deadline.row),
                count: target.assets.len(),
                assets: target.assets.clone(),
                has: BTreeSet::from([has]),
                rank: decision.rank(),
            };
            match all.iter_mut().find(|due| due.key() == new.key()) {
                Some(due) => {
                    due.assets = due.assets.clone().or(&new.assets);
                    due.count = due.assets.len();
                    due.has.extend(new.has);
                }
                None => all.push(new),
            }
        }
    }
    all.sort_by_key(Due::key);
    all
}

impl Due {
    /// What these are ordered by, and told apart by: urgency, then what is determined first.
    fn key(&self) -> ((Timestamp, usize), bool, Option<u8>) {
        (urgency(self.plan_by, self.rank), !self.determined, self.row)
    }
}

/// What one other fact would make of deadlines, where it makes others of them.
fn changes<'a>(
    table: &Table,
    targets: impl Iterator<Item = &'a Target>,
    now: Timestamp,
) -> Vec<WouldChange> {
    let mut all: Vec<WouldChange> = Vec::new();
    for target in targets {
        let facts = &target.ruling.facts;
        let exposed = facts.exposed.as_ref().map(|known| known.value);
        let mut suppose = Vec::new();
        if exposed != Some(true) {
            suppose.push((Input::Exposed, true, Supposition::Exposed(true)));
        }
        if exposed != Some(false) {
            suppose.push((Input::Exposed, false, Supposition::Exposed(false)));
        }
        if facts.kev_added().is_none() {
            suppose.push((Input::Kev, true, Supposition::AddedToKev(now)));
        }
        for (input, value, supposed) in suppose {
            let answer = what_if(table, facts, supposed, now);
            let (is, would_be) = (answer.is.plan_by(), answer.would_be.plan_by());
            if is == would_be || !matches!(answer.would_be, Decision::Determined(_)) {
                continue;
            }
            let new = WouldChange { assets: target.assets.clone(), input, value, is, would_be };
            let same = |one: &&mut WouldChange| {
                (one.input, one.value, one.is, one.would_be) == (input, value, is, would_be)
            };
            match all.iter_mut().find(same) {
                Some(one) => one.assets = one.assets.clone().or(&target.assets),
                None => all.push(new),
            }
        }
    }
    all
}

fn in_words(words: &Vocabulary, change: &WouldChange) -> String {
    let due = match change.would_be {
        Some(due) => fill(words, "due-date", &[("date", &due.date())]),
        None => fill(words, "due-next-upgrade", &[]),
    };
    let key = match (change.input, change.value) {
        (Input::Exposed, true) => "explain-if-exposed",
        (Input::Exposed, false) => "explain-if-not-exposed",
        _ => "explain-if-kev",
    };
    let assets = named(words, &change.assets);
    fill(words, key, &[("asset", &assets), ("due", &due)])
}

fn known(
    words: &Vocabulary,
    flaw: &Flaw,
    facts: &Facts,
    intelligence: &Intelligence,
) -> Vec<String> {
    let yes = |value: bool| words.word(if value { "yes" } else { "no" }).to_owned();
    let fact = |input: Input, told: Option<(String, &Provenance)>| {
        let name = words.word(input.word());
        let Some((value, from)) = told else {
            return format!("{name}: {}", words.word("unknown"));
        };
        let (source, date) = (from.source.to_string(), from.as_of.date());
        let blanks = [("input", name), ("value", &*value), ("source", &*source), ("date", &*date)];
        fill(words, "explain-fact", &blanks)
    };
    let listed = facts.kev.as_ref().map(|kev| (yes(kev.value != Kev::NotListed), &kev.from));
    let automatable = facts.automatable.as_ref().map(|known| (yes(known.value), &known.from));
    let impact = facts.impact.as_ref().map(|known| {
        let key = match known.value {
            Impact::Partial => "impact-partial",
            Impact::Total => "impact-total",
        };
        (words.word(key).to_owned(), &known.from)
    });
    let mut lines = vec![
        fact(Input::Kev, listed),
        fact(Input::Automatable, automatable),
        fact(Input::Impact, impact),
    ];
    if let Some(score) = intelligence.epss(flaw.ids.iter().map(AdvisoryId::as_str)) {
        lines.push(fill(words, "why-epss", &[("percent", &score.to_string())]));
    }
    lines
}

impl Explanation {
    /// Plain text.
    pub fn text(&self, words: &Vocabulary) -> String {
        let mut out = self.flaw.id.to_string();
        if let Some(summary) = &self.flaw.summary {
            let _ = write!(out, ": {summary}");
        }
        out.push('\n');
        let others: Vec<_> = self.flaw.ids.iter().filter(|id| **id != self.flaw.id).collect();
        if !others.is_empty() {
            let ids = others.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(", ");
            let _ = writeln!(out, "{}", fill(words, "explain-also", &[("ids", &ids)]));
        }
        out.push('\n');
        for line in &self.known {
            let _ = writeln!(out, "  {line}");
        }
        if !self.is_here() {
            let _ = writeln!(out, "\n{}", words.word("explain-not-here"));
        }
        if !self.here.is_empty() {
            super::view::section(&mut out, words, words.word("explain-here"), &self.here, 1);
        }
        // of one system all is said above
        if self.by_date.iter().map(|due| due.count).sum::<u64>() > 1 {
            list(&mut out, words.word("explain-by-date"), &self.dates);
        }
        for noted in &self.noted {
            list(&mut out, &noted.heading, &noted.lines);
        }
        list(&mut out, words.word("explain-if"), &self.if_changed);
        out
    }

    /// Whether one of the systems has it, or may have it.
    pub fn is_here(&self) -> bool {
        !self.here.is_empty() || !self.noted.is_empty()
    }
}
