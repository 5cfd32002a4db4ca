//! One flaw: what is known of it, where it is, by when, and what would change that.

use super::view::fill;
use super::{ActionView, Target, Worklist};
use crate::decision::{Decision, Supposition, what_if};
use crate::facts::{Facts, Impact, Input, Kev, Provenance};
use crate::flaw::Flaw;
use crate::index::Index;
use crate::intelligence::Intelligence;
use crate::table::Table;
use domain::{AdvisoryId, Timestamp, Vocabulary};
use std::fmt::Write as _;

/// Every key that an explanation looks up beside [`super::WORDS`].
pub const EXPLAIN_WORDS: &[&str] = &[
    "explain-also",
    "explain-fact",
    "explain-not-here",
    "explain-here",
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
    /// What would change a deadline.
    pub would_change: Vec<WouldChange>,
    /// The same in words.
    pub if_changed: Vec<String>,
}

/// A deadline as it would be.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct WouldChange {
    /// On which system.
    pub asset: domain::AssetId,
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
    let about = worklist.about(id);
    let targets = || about.items.iter().flat_map(|action| &action.targets);
    let would_change: Vec<WouldChange> =
        targets().flat_map(|target| changes(table, target, worklist.as_of)).collect();
    let if_changed = would_change.iter().filter_map(|change| {
        let name = targets().find(|target| target.asset == change.asset)?.asset_name.clone();
        Some(in_words(words, change, name.as_str()))
    });
    let view = about.view(words);
    let here = view.today.into_iter().chain(view.then).collect();
    Some(Explanation {
        known: known(words, &flaw, &facts, intelligence),
        if_changed: if_changed.collect(),
        here,
        would_change,
        facts,
        flaw,
    })
}

impl Worklist {
    /// What of it is about one flaw.
    fn about(&self, id: &AdvisoryId) -> Self {
        let mut about = self.clone();
        for actions in [&mut about.items, &mut about.notices] {
            for action in actions.iter_mut() {
                action.targets.retain(|target| target.flaw.ids.contains(id));
            }
            actions.retain(|action| !action.targets.is_empty());
        }
        about.question = None;
        about
    }
}

/// What one other fact would make of a deadline, where it makes another of it.
fn changes(table: &Table, target: &Target, now: Timestamp) -> Vec<WouldChange> {
    let exposed = target.facts.exposed.as_ref().map(|known| known.value);
    let mut suppose = Vec::new();
    if exposed != Some(true) {
        suppose.push((Input::Exposed, true, Supposition::Exposed(true)));
    }
    if exposed != Some(false) {
        suppose.push((Input::Exposed, false, Supposition::Exposed(false)));
    }
    if target.facts.kev_added().is_none() {
        suppose.push((Input::Kev, true, Supposition::AddedToKev(now)));
    }
    let changed = suppose.into_iter().filter_map(|(input, value, supposed)| {
        let answer = what_if(table, &target.facts, supposed, now);
        let (is, would_be) = (answer.is.plan_by(), answer.would_be.plan_by());
        let settled = matches!(answer.would_be, Decision::Determined(_));
        let asset = target.asset.clone();
        (is != would_be && settled).then_some(WouldChange { asset, input, value, is, would_be })
    });
    changed.collect()
}

fn in_words(words: &Vocabulary, change: &WouldChange, asset: &str) -> String {
    let due = match change.would_be {
        Some(due) => fill(words, "due-date", &[("date", &due.date())]),
        None => fill(words, "due-next-upgrade", &[]),
    };
    let key = match (change.input, change.value) {
        (Input::Exposed, true) => "explain-if-exposed",
        (Input::Exposed, false) => "explain-if-not-exposed",
        _ => "explain-if-kev",
    };
    fill(words, key, &[("asset", asset), ("due", &due)])
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
        if self.here.is_empty() {
            let _ = writeln!(out, "\n{}", words.word("explain-not-here"));
        } else {
            super::view::section(&mut out, words, words.word("explain-here"), &self.here, 1);
        }
        if !self.if_changed.is_empty() {
            let _ = writeln!(out, "\n{}\n", words.word("explain-if"));
            for line in &self.if_changed {
                let _ = writeln!(out, "  - {line}");
            }
        }
        out
    }
}
