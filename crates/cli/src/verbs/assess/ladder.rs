//! The elicitation ladder, the power of its signals, and graded evidence of ranges.

use super::plan::Bank;
use crate::context::Global;
use crate::output::{bar, show};
use domain::Line;
use measurement::{GapView, LadderAsked, LadderView, PowerAsked, PowerView, RangeView, RungAsked};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(crate) struct Ladder {
    /// The name that its rungs were sealed with: every one of them, so that none is left out.
    #[arg(value_name = "LADDER", required_unless_present = "rungs", conflicts_with = "rungs")]
    ladder: Option<Line>,
    /// In place of a name: a rung's name and its run; repeat. One must be bare. Where older criteria don't say what a rung changes, write
    /// NAME=KIND=RUN with bare, prompt, incentive, scaffold, helpful-only, budget or fine-tune.
    #[arg(long = "rung", value_name = "NAME=RUN", value_parser = measurement::read_rung)]
    rungs: Vec<RungAsked>,
    /// The chance of a wrong ABOVE on any rung that was to be split over them.
    #[arg(long, default_value = "0.05", value_parser = measurement::rate)]
    alpha: u32,
}

impl Ladder {
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<()> {
        let asked = match self.ladder {
            Some(name) => LadderAsked::Named(name),
            None => LadderAsked::Rungs(self.rungs),
        };
        let found = measurement::ladder(&global.ctx()?, &asked, self.alpha).await?;
        show(global.json, &found, told)
    }
}

fn gap(gap: &GapView) -> String {
    let (low, high) = gap.interval;
    format!(
        "{:+.2} logits ({low:+.2} to {high:+.2}) from `{}` to `{}`",
        gap.logits, gap.from, gap.to
    )
}

fn told(found: &LadderView) -> String {
    let mut text = format!(
        "{} on the best rung, `{}`; wrong ABOVE at most {:.1} %, wrong BELOW at most {:.1} %\n",
        found.verdict,
        found.best,
        100.0 * found.errors.0,
        100.0 * found.errors.1
    );
    for rung in &found.rungs {
        let (ability, error) = rung.ability;
        text += &format!(
            "  {:<20} {:<12} {:<13} alpha {:.4}  {} turns, {} tokens  ability {ability:.2} ± {error:.2}  fit {:.2}\n      {}\n",
            rung.name,
            rung.kind,
            rung.verdict,
            rung.alpha,
            rung.budget.0,
            rung.budget.1,
            rung.fit,
            rung.sealed.as_deref().unwrap_or("what it changes was not sealed")
        );
    }
    text += &found.gap.as_ref().map_or_else(
        || "gap: none, the model as it is does best\n".to_owned(),
        |g| format!("gap: {}\n", gap(g)),
    );
    text += &found.budget_curve.as_ref().map_or_else(
        || "budget curve: only one budget was measured, so no plateau can be shown\n".to_owned(),
        |(rise, shape)| format!("budget curve: {shape} at its end, {}\n", gap(rise)),
    );
    for (tokens, ability, error) in &found.capability {
        text += &format!("  {tokens:>12} tokens a task: ability {ability:.2} ± {error:.2}\n");
    }
    for note in &found.notes {
        text += &format!("note: {note}\n");
    }
    for (run, state) in &found.left_out {
        text += &format!("left out: run {run} ({state}) is about the same case or model\n");
    }
    text + "What is withheld on every rung alike is not seen. `vestibule assess power` says what is."
}

#[derive(Debug, clap::Args)]
pub(crate) struct Power {
    #[command(flatten)]
    bank: Bank,
    /// The simulated model's true ability, in logits.
    #[arg(
        long,
        default_value = "1",
        value_name = "LOGITS",
        allow_hyphen_values = true,
        value_parser = measurement::logits
    )]
    ability: i32,
    /// Simulated runs for each figure.
    #[arg(long, default_value_t = 400, value_parser = clap::value_parser!(u32).range(20..=100_000))]
    runs: u32,
    /// Another number gives other draws; the same one the same figures.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

impl Power {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<()> {
        let asked = PowerAsked {
            cells: self.bank.cells()?,
            items: self.bank.items()?,
            ability: self.ability,
            runs: self.runs,
            seed: self.seed,
        };
        let bar = bar(global.json, 15, "figures");
        let found = measurement::power(&asked, || bar.inc(1));
        bar.finish_and_clear();
        show(global.json, &found, powers)
    }
}

fn powers(rows: &Vec<PowerView>) -> String {
    let mut text =
        "strategy                                       samples   person fit   gap to a free rung\n"
            .to_owned();
    for row in rows {
        text += &format!(
            "{:<46} {:>7}   {:>10.2}   {:>18.2}\n",
            row.strategy, row.samples, row.person_fit, row.gap
        );
    }
    text + "Chance of being seen, at one false alarm in twenty. Competent sandbagging on every rung is seen by neither."
}

#[derive(Debug, clap::Args)]
pub(crate) struct Ranges {
    /// A table of attempts: `range,reached,steps,tokens`, one line an attempt.
    #[arg(value_name = "FILE")]
    attempts: PathBuf,
}

impl Ranges {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<()> {
        let found = measurement::ranges(&self.attempts)?;
        show(global.json, &found, graded)
    }
}

fn graded(rows: &Vec<RangeView>) -> String {
    let share = |(mean, low, high): (f64, f64, f64)| {
        format!("{:.0} % ({:.0} to {:.0})", 100.0 * mean, 100.0 * low, 100.0 * high)
    };
    let mut text =
        "range                     attempts   steps reached        every step            tokens\n"
            .to_owned();
    for row in rows {
        text += &format!(
            "{:<25} {:>8}   {:<18}   {:<18} {:>9}\n",
            row.range,
            row.attempts,
            share(row.progress),
            share(row.completion),
            row.tokens
        );
    }
    text + "Graded evidence with 95 % intervals. So few attempts are never a verdict."
}
