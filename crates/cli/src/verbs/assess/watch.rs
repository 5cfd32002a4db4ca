//! A run as it goes, for the evaluator's own terminal.

use assessment::Decision;
use harness::{Progress, Sample, Spent};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal as _;
use std::time::Duration;

/// Shows samples, passes and tokens: a line that moves on a terminal, a line a sample elsewhere.
pub(crate) struct Watch {
    bar: ProgressBar,
    lines: bool,
    counts: [u32; 3],
    tokens: u64,
    now: String,
}

impl Watch {
    pub(crate) fn new(json: bool) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let bar =
            if json || !terminal { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
        if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        let lines = !json && !terminal;
        Self { bar, lines, counts: [0; 3], tokens: 0, now: String::new() }
    }

    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }

    fn show(&self, turns: u32, tokens: u64) {
        let [pass, fail, invalid] = self.counts;
        let (samples, tokens) = (pass + fail + invalid, self.tokens.saturating_add(tokens));
        self.bar.set_message(format!(
            "{samples} samples: {pass} passed, {fail} failed, {invalid} invalid; {tokens} tokens; {}, turn {turns}",
            self.now
        ));
    }
}

impl Progress for Watch {
    fn sample_started(&mut self, _sample: u32, family: &str, dial: assessment::Dial) {
        self.now = format!("{family}={dial}");
        self.show(0, 0);
    }

    fn turn(&mut self, _sample: u32, spent: Spent) {
        self.show(spent.turns, spent.tokens);
    }

    fn sample_ended(&mut self, sample: &Sample, _decision: &Decision) {
        let [pass, fail, invalid] = &mut self.counts;
        *match sample.outcome {
            "pass" => pass,
            "fail" => fail,
            _ => invalid,
        } += 1;
        self.tokens = self.tokens.saturating_add(sample.spent.tokens);
        self.show(sample.spent.turns, 0);
        if self.lines {
            let (spent, now) = (sample.spent, &self.now);
            eprintln!(
                "sample {}: {now} {} ({}), {} turns, {} tokens",
                sample.index + 1,
                sample.outcome,
                sample.reason,
                spent.turns,
                spent.tokens
            );
        }
    }
}
