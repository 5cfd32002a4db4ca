//! Two versions of terms, clause by clause, in plain words: what a counter-proposal changes.

use super::clauses::{Said, machine};
use access::Terms;
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt;

/// What a change does to whoever gets access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gives {
    /// More is possible than before.
    More,
    /// Less is possible than before.
    Less,
    /// Some more, some less, or a matter of words.
    Other,
}

/// One clause that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The clause: a limit, or head and part.
    pub clause: String,
    /// Whether a machine checks it.
    pub machine: bool,
    /// What it does.
    pub gives: Gives,
    /// What it said.
    pub before: String,
    /// What it says.
    pub after: String,
    /// The change in plain words, one sentence each.
    pub words: Vec<String>,
}

/// All that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// The terms that come first: id and digest.
    pub before: (String, String),
    /// The terms that come after them.
    pub after: (String, String),
    /// What differs.
    pub differences: Vec<Difference>,
    /// How many clauses are the same.
    pub same: usize,
}

/// What `after` changes about `before`.
pub fn compare_terms(before: &Terms, after: &Terms) -> Comparison {
    let mut differences = Vec::new();
    let mut same = 0;
    for ((name, a), (_, b)) in machine(before).into_iter().zip(machine(after)) {
        if a == b {
            same += 1;
            continue;
        }
        let (gives, words) = change(name, &a, &b);
        let clause = name.to_owned();
        let (before, after) = (a.to_string(), b.to_string());
        differences.push(Difference { clause, machine: true, gives, before, after, words });
    }
    for ((head, part, a), (_, _, b)) in
        before.safeguards.cells().into_iter().zip(after.safeguards.cells())
    {
        if a == b {
            same += 1;
            continue;
        }
        differences.push(Difference {
            clause: format!("{head}, {part}"),
            machine: false,
            gives: Gives::Other,
            before: a.as_str().to_owned(),
            after: b.as_str().to_owned(),
            words: sentences(a.as_str(), b.as_str()),
        });
    }
    let named = |terms: &Terms| (terms.id.to_string(), terms.digest().to_string());
    Comparison { before: named(before), after: named(after), differences, same }
}

/// Limits that bound nothing about access: what is kept, and for how long.
fn is_about_keeping(name: &str) -> bool {
    matches!(name, "content" | "retention-days" | "recording" | "publication")
}

fn change(name: &str, before: &Said, after: &Said) -> (Gives, Vec<String>) {
    let of = |gives| if is_about_keeping(name) { Gives::Other } else { gives };
    match (before, after) {
        (Said::Number(a), Said::Number(b)) => {
            let (word, gives) =
                if b > a { ("raised", Gives::More) } else { ("lowered", Gives::Less) };
            (of(gives), vec![format!("{name} is {word} from {a} to {b}")])
        }
        (Said::Set(a), Said::Set(b)) => {
            let (added, gone) = (only(b, a), only(a, b));
            let mut words = Vec::new();
            if !added.is_empty() {
                words.push(format!("{name} adds {}", added.join(", ")));
            }
            if !gone.is_empty() {
                words.push(format!("{name} drops {}", gone.join(", ")));
            }
            let gives = match (added.is_empty(), gone.is_empty()) {
                (false, true) => Gives::More,
                (true, false) => Gives::Less,
                (false, false) | (true, true) => Gives::Other,
            };
            (gives, words)
        }
        (_, Said::NotAgreed) => {
            (of(Gives::More), vec![format!("{name} is not agreed any more, so nothing checks it")])
        }
        (Said::NotAgreed, said) => {
            (of(Gives::Less), vec![format!("{name} is new: {said}; it was not agreed before")])
        }
        (a, b) => (Gives::Other, vec![format!("{name} changes from {a} to {b}")]),
    }
}

fn only(of: &BTreeSet<String>, without: &BTreeSet<String>) -> Vec<String> {
    of.difference(without).cloned().collect()
}

/// The sentences that go and those that come.
fn sentences(before: &str, after: &str) -> Vec<String> {
    let cut = |text: &str| -> Vec<String> {
        let ends = text.replace(['\n', '\t'], " ");
        let pieces = ends.split_inclusive(". ").map(str::trim).filter(|s| !s.is_empty());
        pieces.map(str::to_owned).collect()
    };
    let (a, b) = (cut(before), cut(after));
    let gone = a.iter().filter(|s| !b.contains(s)).map(|s| format!("goes: {s}"));
    let comes = b.iter().filter(|s| !a.contains(s)).map(|s| format!("comes: {s}"));
    let words: Vec<_> = gone.chain(comes).collect();
    if words.is_empty() { vec!["the same sentences in another order".to_owned()] } else { words }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ((a, _), (b, _)) = (&self.before, &self.after);
        writeln!(f, "from {a} to {b}")?;
        for d in &self.differences {
            let held = if d.machine { "machine" } else { "words" };
            let gives = match d.gives {
                Gives::More => ", gives more access",
                Gives::Less => ", gives less access",
                Gives::Other => "",
            };
            writeln!(f, "  {} [{held}{gives}]", d.clause)?;
            for words in &d.words {
                writeln!(f, "    {words}")?;
            }
        }
        let (differ, same) = (self.differences.len(), self.same);
        write!(f, "{differ} clauses differ, {same} are the same")
    }
}
