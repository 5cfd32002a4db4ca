//! A run as it goes, for the evaluator's own terminal.

use assessment::{Budget, Decision};
use harness::{Progress, Sample, Spent};
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::time::Duration;

/// A line that moves on a terminal, a line a sample elsewhere, and nothing beside JSON.
pub(super) struct Pace {
    bar: ProgressBar,
    lines: bool,
}

impl Pace {
    pub(super) fn new(json: bool) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let bar =
            if json || !terminal { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
        if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Self { bar, lines: !json && !terminal }
    }

    /// Shows where things stand; `line` says what just ended, where lines are printed, and is empty when nothing did.
    pub(super) fn show(&self, message: String, line: &str) {
        self.bar.set_message(message);
        if self.lines && !line.is_empty() {
            eprintln!("{line}");
        }
    }

    /// How much time is left at the pace so far.
    pub(super) fn left(&self, done: u64, left: usize) -> String {
        let (Some(done), Ok(left)) = (std::num::NonZeroU64::new(done), u64::try_from(left)) else {
            return "time left unknown".to_owned();
        };
        let seconds = self.bar.elapsed().as_secs().saturating_mul(left) / done.get();
        format!("{} h {:02} min {:02} s left", seconds / 3_600, seconds / 60 % 60, seconds % 60)
    }

    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

/// A cost in words, with what comes before it.
pub(super) fn spell(millionths: Option<u64>) -> String {
    let cents = |all: u64| format!(", ${}.{:02}", all / 1_000_000, all % 1_000_000 / 10_000);
    millionths.map_or_else(String::new, cents)
}

/// Shows samples by family, tokens, cost and the time that is left at most.
pub(crate) struct Watch {
    pace: Pace,
    budget: Option<Budget>,
    most: u32,
    /// By family: passed, and passed or failed.
    families: BTreeMap<String, (u32, u32)>,
    done: u32,
    /// Samples that a transcript held before.
    before: u32,
    invalid: u32,
    tokens: u64,
    now: String,
}

impl Watch {
    pub(crate) fn new(json: bool) -> Self {
        Self {
            pace: Pace::new(json),
            budget: None,
            most: 0,
            families: BTreeMap::new(),
            done: 0,
            before: 0,
            invalid: 0,
            tokens: 0,
            now: String::new(),
        }
    }

    pub(crate) fn end(&self) {
        self.pace.end();
    }

    fn take(&mut self, sample: &Sample) {
        self.done += 1;
        self.tokens = self.tokens.saturating_add(sample.spent.tokens);
        let (passed, tried) = self.families.entry(sample.family.clone()).or_default();
        match sample.outcome {
            "pass" => (*passed, *tried) = (*passed + 1, *tried + 1),
            "fail" => *tried += 1,
            _ => self.invalid += 1,
        }
    }

    fn message(&self, turns: u32, tokens: u64) -> String {
        let tokens = self.tokens.saturating_add(tokens);
        let families = self.families.iter();
        let families: Vec<_> =
            families.map(|(name, (passed, tried))| format!("{name} {passed}/{tried}")).collect();
        let cost = self.budget.and_then(|budget| budget.cost(tokens));
        let left = usize::try_from(self.most.saturating_sub(self.done)).unwrap_or(0);
        let made = u64::from(self.done.saturating_sub(self.before));
        format!(
            "{} of at most {} samples, {} invalid: {}; {tokens} tokens{}; at most {}; {}, turn {turns}",
            self.done,
            self.most,
            self.invalid,
            families.join(", "),
            spell(cost),
            self.pace.left(made, left),
            self.now
        )
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
        self.now = format!("{family}={dial}");
        self.pace.show(self.message(0, 0), "");
    }

    fn turn(&mut self, _sample: u32, spent: Spent) {
        self.pace.show(self.message(spent.turns, spent.tokens), "");
    }

    fn sample_ended(&mut self, sample: &Sample, _decision: &Decision) {
        self.take(sample);
        let (spent, now) = (sample.spent, &self.now);
        let line = format!(
            "sample {}: {now} {} ({}), {} turns, {} tokens",
            sample.index + 1,
            sample.outcome,
            sample.reason,
            spent.turns,
            spent.tokens
        );
        self.pace.show(self.message(spent.turns, 0), &line);
    }
}
