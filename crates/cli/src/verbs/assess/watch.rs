//! A run as it goes, for the evaluator's own terminal.

mod pace;

use assessment::{Budget, Decision};
use harness::practice::{Practised, Watcher};
use harness::{Progress, Sample, Spent};
use pace::{Count, Ended, Pace, Standing};
pub(super) use pace::{How, Showing, spell};
use std::collections::BTreeMap;

fn ended(sample: &Sample) -> Ended {
    Ended {
        sample: sample.index + 1,
        family: sample.family.clone(),
        dial: sample.dial,
        outcome: sample.outcome,
        reason: sample.reason.clone(),
        turns: sample.spent.turns,
        tokens: sample.spent.tokens,
    }
}

/// Watches a run: samples by family, tokens, cost and the time that is left at most.
pub(crate) struct Watch {
    pace: Pace,
    budget: Option<Budget>,
    most: u32,
    families: BTreeMap<String, Count>,
    done: u32,
    /// Samples that a transcript held before.
    before: u32,
    invalid: u32,
    tokens: u64,
    /// What is under way.
    now: Option<String>,
}

impl Watch {
    pub(crate) fn new(how: How) -> Self {
        Self {
            pace: Pace::new(how),
            budget: None,
            most: 0,
            families: BTreeMap::new(),
            done: 0,
            before: 0,
            invalid: 0,
            tokens: 0,
            now: None,
        }
    }

    pub(crate) fn end(&self) {
        self.pace.end();
    }

    fn take(&mut self, sample: &Sample) {
        self.done += 1;
        self.tokens = self.tokens.saturating_add(sample.spent.tokens);
        let count = self.families.entry(sample.family.clone()).or_default();
        match sample.outcome {
            "pass" => (count.passed, count.tried) = (count.passed + 1, count.tried + 1),
            "fail" => count.tried += 1,
            _ => self.invalid += 1,
        }
    }

    /// Shows where things stand, with what the sample under way used and the one that just ended.
    fn show(&self, spent: Option<Spent>, ended: Option<Ended>) {
        let open = usize::try_from(self.most.saturating_sub(self.done)).unwrap_or(0);
        let under_way = usize::from(ended.is_none()).min(open);
        let tokens = self.tokens.saturating_add(spent.map_or(0, |spent| spent.tokens));
        let turn = spent.map(|spent| format!(", turn {}", spent.turns)).unwrap_or_default();
        let now = self.now.as_ref().filter(|_| ended.is_none());
        let standing = Standing {
            families: self.families.clone(),
            samples: self.done,
            invalid: self.invalid,
            under_way,
            to_come: open - under_way,
            tokens,
            cost: self.budget.and_then(|budget| budget.cost(tokens)),
            now: now.map(|now| format!("{now}{turn}")),
            ended,
            ..Standing::default()
        };
        self.pace.show(standing, self.done.saturating_sub(self.before));
    }
}

impl Progress for Watch {
    fn begun(&mut self, budget: Budget, most: u32, before: &[Sample]) {
        (self.budget, self.most) = (Some(budget), most);
        for sample in before {
            self.take(sample);
        }
        self.before = self.done;
    }

    fn sample_started(&mut self, _sample: u32, family: &str, dial: assessment::Dial) {
        self.now = Some(format!("{family}={dial}"));
        self.show(None, None);
    }

    fn turn(&mut self, _sample: u32, spent: Spent) {
        self.show(Some(spent), None);
    }

    fn sample_ended(&mut self, sample: &Sample, _decision: &Decision) {
        self.take(sample);
        self.show(None, Some(ended(sample)));
    }
}

/// Watches attempts of one solver or model.
pub(super) struct Live {
    pace: Pace,
    solver: String,
}

impl Live {
    pub(super) fn new(how: How, solver: &str) -> Self {
        Self { pace: Pace::new(how), solver: solver.to_owned() }
    }

    pub(super) fn end(&self) {
        self.pace.end();
    }
}

impl Watcher for Live {
    fn ended(&mut self, sample: &Sample, under_way: usize, left: usize, so_far: &Practised) {
        let count = |rows: &BTreeMap<u8, harness::practice::Row>| {
            let sum = |of: fn(&harness::practice::Row) -> u32| rows.values().map(of).sum();
            Count { passed: sum(|row| row.passed), tried: sum(|row| row.tried) }
        };
        let families = so_far.rows.iter().map(|(family, rows)| (family.clone(), count(rows)));
        let samples = so_far.all.tried + so_far.all.invalid;
        let standing = Standing {
            solver: Some(self.solver.clone()),
            families: families.collect(),
            samples,
            invalid: so_far.all.invalid,
            under_way,
            to_come: left,
            tokens: so_far.all.tokens,
            cost: so_far.cost,
            ended: Some(ended(sample)),
            ..Standing::default()
        };
        self.pace.show(standing, samples);
    }
}
