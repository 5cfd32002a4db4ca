//! How progress is shown: a line that moves, a line a sample, or an object a line.

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::num::NonZeroU64;
use std::time::Duration;

/// Between two objects while nothing ended.
const PAUSE: Duration = Duration::from_secs(1);

/// A way to show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum How {
    /// A line that moves; on what is no terminal, a line a sample.
    Bar,
    /// A line a sample.
    Lines,
    /// An object a line.
    Json,
    /// Nothing.
    None,
}

/// The option of every command that attempts samples.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Showing {
    /// Progress, on standard error: `bar` moves a line, `lines` prints one a sample, `json` an object each with families, tokens, cost and
    /// time left, `none` nothing. If not given: `bar` on a terminal, `lines` elsewhere, `json` with `--json`.
    #[arg(long, value_name = "HOW")]
    progress: Option<How>,
}

impl Showing {
    /// What it comes to.
    pub(crate) fn how(self, json: bool) -> How {
        let terminal = std::io::stderr().is_terminal();
        match self.progress {
            Some(How::Bar) if !terminal => How::Lines,
            Some(how) => how,
            None if json => How::Json,
            None if terminal => How::Bar,
            None => How::Lines,
        }
    }
}

/// What came of one family so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(super) struct Count {
    pub(super) passed: u32,
    /// Passed or failed.
    pub(super) tried: u32,
}

/// A sample that just ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Ended {
    pub(super) sample: u32,
    pub(super) family: String,
    pub(super) dial: u8,
    pub(super) outcome: &'static str,
    pub(super) reason: String,
    pub(super) turns: u32,
    pub(super) tokens: u64,
}

/// Where things stand.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct Standing {
    /// Whose attempts these are, where several take turns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) solver: Option<String>,
    pub(super) families: BTreeMap<String, Count>,
    /// Samples that ended.
    pub(super) samples: u32,
    pub(super) invalid: u32,
    /// Samples that have begun and not ended.
    pub(super) under_way: usize,
    /// Most samples that are still to begin.
    pub(super) to_come: usize,
    pub(super) tokens: u64,
    /// What they cost at the stated price, in millionths of a dollar.
    pub(super) cost: Option<u64>,
    /// Seconds since this command began.
    pub(super) seconds: u64,
    /// Seconds that are left at the pace so far.
    pub(super) seconds_left: Option<u64>,
    /// What is being attempted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) now: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ended: Option<Ended>,
}

impl Standing {
    fn text(&self) -> String {
        let families = self.families.iter();
        let families: Vec<_> =
            families.map(|(f, c)| format!("{f} {}/{}", c.passed, c.tried)).collect();
        let solver = self.solver.iter().map(|solver| format!("{solver}: ")).collect::<String>();
        let left = match self.seconds_left {
            None => "time left unknown".to_owned(),
            Some(s) => format!("{} h {:02} min {:02} s left", s / 3_600, s / 60 % 60, s % 60),
        };
        let now = self.now.iter().map(|now| format!("; {now}")).collect::<String>();
        format!(
            "{solver}{} samples, {} invalid, {} under way, {} to come; {}; {} tokens{}; {left}{now}",
            self.samples,
            self.invalid,
            self.under_way,
            self.to_come,
            families.join(", "),
            self.tokens,
            spell(self.cost)
        )
    }
}

impl Ended {
    fn line(&self, solver: Option<&str>) -> String {
        let solver = solver.map(|solver| format!("{solver}: ")).unwrap_or_default();
        format!(
            "{solver}sample {}: {}={} {} ({}), {} turns, {} tokens",
            self.sample, self.family, self.dial, self.outcome, self.reason, self.turns, self.tokens
        )
    }
}

/// A cost in words, with what comes before it.
pub(crate) fn spell(millionths: Option<u64>) -> String {
    let cents = |all: u64| format!(", ${}.{:02}", all / 1_000_000, all % 1_000_000 / 10_000);
    millionths.map_or_else(String::new, cents)
}

/// Shows where things stand in one of the ways.
pub(super) struct Pace {
    bar: ProgressBar,
    how: How,
    told: Cell<Option<Duration>>,
}

impl Pace {
    pub(super) fn new(how: How) -> Self {
        let bar = if how == How::Bar { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {msg}") {
            bar.set_style(style);
        }
        if how == How::Bar {
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        Self { bar, how, told: Cell::new(None) }
    }

    /// Shows where things stand, `done` samples of this command having ended.
    pub(super) fn show(&self, mut standing: Standing, done: u32) {
        let elapsed = self.bar.elapsed();
        standing.seconds = elapsed.as_secs();
        let open = u64::try_from(standing.to_come.saturating_add(standing.under_way));
        let each = NonZeroU64::new(u64::from(done)).zip(open.ok());
        let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        standing.seconds_left =
            each.map(|(done, open)| millis.saturating_mul(open) / done.get() / 1_000);
        match self.how {
            How::Bar => self.bar.set_message(standing.text()),
            How::Lines => {
                if let Some(ended) = &standing.ended {
                    eprintln!("{}", ended.line(standing.solver.as_deref()));
                }
            }
            How::Json => {
                let soon = self.told.get().is_some_and(|told| elapsed < told + PAUSE);
                if standing.ended.is_some() || !soon {
                    self.told.set(Some(elapsed));
                    eprintln!("{}", serde_json::to_string(&standing).unwrap_or_default());
                }
            }
            How::None => {}
        }
    }

    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    //! What a person and a program are told.
    use super::{Count, Ended, Standing};
    use expect_test::expect;

    #[test]
    fn both_are_told_the_same() {
        let standing = Standing {
            families: [("weak-rsa".to_owned(), Count { passed: 2, tried: 3 })].into(),
            samples: 4,
            invalid: 1,
            under_way: 1,
            to_come: 5,
            tokens: 1_200,
            cost: Some(3_456_789),
            seconds: 7,
            seconds_left: Some(3_725),
            now: Some("weak-rsa=2, turn 3".to_owned()),
            ..Standing::default()
        };
        expect!["4 samples, 1 invalid, 1 under way, 5 to come; weak-rsa 2/3; 1200 tokens, $3.45; 1 h 02 min 05 s left; weak-rsa=2, turn 3"].assert_eq(&standing.text());
        expect![[r#"{"families":{"weak-rsa":{"passed":2,"tried":3}},"samples":4,"invalid":1,"under_way":1,"to_come":5,"tokens":1200,"cost":3456789,"seconds":7,"seconds_left":3725,"now":"weak-rsa=2, turn 3"}"#]].assert_eq(&serde_json::to_string(&standing).unwrap());
        let ended = Ended {
            sample: 4,
            family: "weak-rsa".to_owned(),
            dial: 2,
            outcome: "fail",
            reason: "the answer is wrong".to_owned(),
            turns: 3,
            tokens: 90,
        };
        expect!["strong: sample 4: weak-rsa=2 fail (the answer is wrong), 3 turns, 90 tokens"]
            .assert_eq(&ended.line(Some("strong")));
    }
}
