//! One system: what is known of it, what to do there, and what being exposed or not would change.

use super::super::question::{Moves, moves};
use super::super::view::{fill, list};
use super::super::{Worklist, WorklistView};
use crate::facts::{Input, Known};
use crate::table::Table;
use domain::Vocabulary;

/// A system in words.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct AssetExplanation {
    /// What people call it.
    pub name: String,
    /// What is known of it, in words.
    pub known: Vec<String>,
    /// What it being exposed, or not, would change.
    pub would_change: Vec<Moves>,
    /// The same in words.
    pub if_changed: Vec<String>,
    /// What to do there.
    pub view: WorklistView,
}

/// Explains a system whose list of work this is, and of no other.
pub fn explain_asset(
    name: &str,
    table: &Table,
    worklist: &Worklist,
    words: &Vocabulary,
) -> AssetExplanation {
    let facts = worklist.items.iter().flat_map(|action| &action.targets).next();
    let facts = facts.map(|target| &target.ruling.facts);
    let exposed = facts.and_then(|facts| facts.exposed.as_ref());
    let mission = facts.and_then(|facts| facts.mission.as_ref());
    let yes = |value: &bool| words.word(if *value { "yes" } else { "no" }).to_owned();
    let mut known = Vec::new();
    if facts.is_some() {
        known.push(told(words, Input::Exposed, exposed, yes));
    }
    if mission.is_some() {
        known.push(told(words, Input::Mission, mission, ToString::to_string));
    }
    let is = exposed.map(|known| known.value);
    let suppose = [true, false].into_iter().filter(|value| is != Some(*value));
    let would_change: Vec<_> = suppose
        .filter_map(|exposed| moves(table, &worklist.items, exposed))
        .filter(|moves| moves.count > 0)
        .collect();
    AssetExplanation {
        name: name.to_owned(),
        known,
        if_changed: would_change.iter().map(|moves| worklist.moved(words, moves)).collect(),
        would_change,
        view: worklist.view(words),
    }
}

fn told<T>(
    words: &Vocabulary,
    input: Input,
    known: Option<&Known<T>>,
    say: impl Fn(&T) -> String,
) -> String {
    let name = words.word(input.word());
    let Some(known) = known else { return format!("{name}: {}", words.word("unknown")) };
    let (value, source) = (say(&known.value), known.from.source.to_string());
    let date = known.from.as_of.date();
    let blanks = [("input", name), ("value", &*value), ("source", &*source), ("date", &*date)];
    fill(words, "explain-fact", &blanks)
}

impl Worklist {
    fn moved(&self, words: &Vocabulary, moves: &Moves) -> String {
        let when = |due: Option<domain::Timestamp>, rank: usize| match due {
            Some(due) => fill(words, "due-date", &[("date", &due.date())]),
            None => self.said(words, rank),
        };
        let key = if moves.exposed { "explain-asset-exposed" } else { "explain-asset-not-exposed" };
        let count = moves.count.to_string();
        let (is, would_be) = (when(moves.is, moves.ranks.0), when(moves.would_be, moves.ranks.1));
        fill(words, key, &[("moves", &count), ("is", &is), ("due", &would_be)])
    }
}

impl AssetExplanation {
    /// Plain text.
    pub fn text(&self, words: &Vocabulary) -> String {
        let mut out = format!("{}\n", self.name);
        for line in &self.known {
            out.push_str("\n  ");
            out.push_str(line);
        }
        out.push('\n');
        list(&mut out, words.word("explain-if"), &self.if_changed);
        out.push('\n');
        out + &self.view.text(words)
    }
}
