//! Whether what was released is what was measured and what answered behind the gateway, by the digests that the developer bound.

use access::{CaseView, Snapshot, Stage};
use domain::{Digest, ModelId};
use serde::Serialize;
use std::fmt;

/// What a released snapshot has to do with what was evaluated or accessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kin {
    /// It is the same snapshot.
    Same,
    /// It derives from such a snapshot.
    Derivative,
    /// No bound snapshot of that stage is among its ancestors.
    Unrelated,
    /// No snapshot of that stage is bound.
    NotBound,
}

/// A released snapshot, beside the stages before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lineage {
    /// The model.
    pub model: ModelId,
    /// The released snapshot.
    pub released: Digest,
    /// Beside what was evaluated.
    pub evaluated: Kin,
    /// Beside what answered behind the gateway.
    pub accessed: Kin,
    /// What it derives from, the nearest first.
    pub from: Vec<Digest>,
}

/// One for each released snapshot of a case.
pub fn lineages(view: &CaseView) -> Vec<Lineage> {
    let released = view.snapshots.iter().filter(|s| s.stage == Stage::Released);
    let all = released.map(|snapshot| {
        let from = ancestors(&view.snapshots, snapshot);
        let beside = |stage| kin(&view.snapshots, snapshot, &from, stage);
        Lineage {
            model: snapshot.model.clone(),
            released: snapshot.digest,
            evaluated: beside(Stage::Evaluated),
            accessed: beside(Stage::Accessed),
            from,
        }
    });
    all.collect()
}

fn ancestors(all: &[Snapshot], of: &Snapshot) -> Vec<Digest> {
    let mut line = Vec::new();
    let mut next = of.derived_from;
    while let Some(digest) = next {
        line.push(digest);
        // a parent was bound before its child, so this ends
        next = all.iter().find(|s| s.digest == digest).and_then(|s| s.derived_from);
    }
    line
}

fn kin(all: &[Snapshot], of: &Snapshot, from: &[Digest], stage: Stage) -> Kin {
    let bound = all.iter().filter(|s| s.stage == stage && s.model == of.model);
    let bound: Vec<_> = bound.map(|s| s.digest).collect();
    if bound.is_empty() {
        Kin::NotBound
    } else if bound.contains(&of.digest) {
        Kin::Same
    } else if bound.iter().any(|digest| from.contains(digest)) {
        Kin::Derivative
    } else {
        Kin::Unrelated
    }
}

impl Kin {
    const fn words(self) -> &'static str {
        match self {
            Self::Same => "is what was",
            Self::Derivative => "derives from what was",
            Self::Unrelated => "does not derive from what was",
            Self::NotBound => "can't be compared, since nothing is bound as",
        }
    }
}

impl fmt::Display for Lineage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short: String = self.released.to_string().chars().take(12).collect();
        let (model, a, b) = (&self.model, self.evaluated.words(), self.accessed.words());
        write!(f, "{model} as released ({short}) {a} evaluated, and {b} accessed")
    }
}

#[cfg(test)]
mod tests;
