//! Re-clocking: a deadline moves only with a recorded reason.

use crate::decision::{Decision, decide};
use crate::facts::{Facts, Input};
use crate::table::Table;
use domain::{Line, Timestamp};

/// One input that changed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct InputChange {
    /// Which.
    pub input: Input,
    /// Its value before, in words; none when it was missing.
    pub before: Option<String>,
    /// Its value after.
    pub after: Option<String>,
    /// Where the new value came from.
    pub source: Option<Line>,
}

/// Why a deadline was set or moved.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Change {
    /// When.
    pub at: Timestamp,
    /// Which inputs changed. Never empty.
    pub inputs: Vec<InputChange>,
    /// The decision before; none at first.
    pub before: Option<Decision>,
    /// The decision after.
    pub after: Decision,
}

/// The deadline of one vulnerability on one asset, with its history.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Clock {
    facts: Facts,
    decision: Decision,
    table: (Box<str>, Box<str>),
    history: Vec<Change>,
}

impl Clock {
    /// Decides for the first time.
    pub fn start(table: &Table, facts: Facts, now: Timestamp) -> Self {
        let decision = decide(table, &facts);
        let inputs = Input::of_facts()
            .filter_map(|input| {
                let (after, source) = facts.told(input)?;
                let (after, source) = (Some(after), Some(source));
                Some(InputChange { input, before: None, after, source })
            })
            .collect();
        let first = Change { at: now, inputs, before: None, after: decision.clone() };
        Self { facts, decision, table: named(table), history: vec![first] }
    }

    /// Decides again. The first detection counts: finding it again does not restart the clock.
    ///
    /// Gives the change when an input's value changed; a newer source that says the same is kept
    /// and is no change.
    pub fn reclock(&mut self, table: &Table, mut facts: Facts, now: Timestamp) -> Option<&Change> {
        if let (Some(first), again) = (&self.facts.detected, &mut facts.detected)
            && again.as_ref().is_none_or(|a| a.value >= first.value)
        {
            *again = Some(first.clone());
        }
        let mut inputs = Vec::new();
        for input in Input::of_facts() {
            let (before, after) = (self.facts.told(input), facts.told(input));
            if before.as_ref().map(|b| &b.0) != after.as_ref().map(|a| &a.0)
                || self.kev_moved(&facts, input)
            {
                let source = after.as_ref().map(|a| a.1.clone());
                let (before, after) = (before.map(|b| b.0), after.map(|a| a.0));
                inputs.push(InputChange { input, before, after, source });
            }
        }
        let table_now = named(table);
        if self.table != table_now {
            let say = |t: &(Box<str>, Box<str>)| Some(format!("{} {}", t.0, t.1));
            let (before, after) = (say(&self.table), say(&table_now));
            inputs.push(InputChange { input: Input::Table, before, after, source: None });
        }
        self.facts = facts;
        self.table = table_now;
        if inputs.is_empty() {
            return None;
        }
        let after = decide(table, &self.facts);
        let before = Some(std::mem::replace(&mut self.decision, after.clone()));
        self.history.push(Change { at: now, inputs, before, after });
        self.history.last()
    }

    /// Whether the catalogue changed what it says beside the day of addition.
    fn kev_moved(&self, facts: &Facts, input: Input) -> bool {
        let value = |f: &Facts| f.kev.as_ref().map(|k| k.value);
        input == Input::Kev && value(&self.facts) != value(facts)
    }

    /// The facts as they stand.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The decision as it stands.
    pub fn decision(&self) -> &Decision {
        &self.decision
    }

    /// Every change, oldest first.
    pub fn history(&self) -> &[Change] {
        &self.history
    }
}

/// The table, and whether its fallback is on: both decide.
fn named(table: &Table) -> (Box<str>, Box<str>) {
    let fallback = if table.fallback.as_ref().is_some_and(|fallback| fallback.enabled) {
        ", fallback on"
    } else {
        ""
    };
    (table.id.clone(), format!("{}{fallback}", table.version).into())
}

#[cfg(test)]
pub(crate) mod tests;
