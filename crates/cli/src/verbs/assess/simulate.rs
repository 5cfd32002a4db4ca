//! What a rule would do on a bank, before it is sealed.

use super::plan::Rules;
use crate::context::Global;
use crate::output::show;
use measurement::{Forecast, Simulation};

#[derive(Debug, clap::Args)]
pub(crate) struct Simulate {
    #[command(flatten)]
    rules: Rules,
    /// Simulated models at each ability.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    runs: u32,
    /// Standard deviation of a simulated model's own deviation on a task, in logits.
    #[arg(long, default_value = "0.5", value_name = "LOGITS", value_parser = measurement::width)]
    deviation: u32,
    /// The chance that measuring a sample fails.
    #[arg(long, default_value = "0", value_parser = measurement::rate)]
    failing: u32,
    /// The chance that a simulated model has met a task before, and solves it 19 times of 20.
    #[arg(long, default_value = "0", value_name = "SHARE", value_parser = measurement::rate)]
    met: u32,
    /// Another number gives other draws; the same one the same figures.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

impl Simulate {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<()> {
        let asked = Simulation {
            cells: self.rules.bank().cells()?,
            items: self.rules.bank().items()?,
            rule: self.rules.rule()?,
            runs: self.runs,
            interaction: self.deviation,
            failing: self.failing,
            met: self.met,
            seed: self.seed,
        };
        let bar = crate::output::bar(global.json, 5, "abilities");
        let found = measurement::simulate(&asked, || bar.inc(1))?;
        bar.finish_and_clear();
        show(global.json, &found, table)
    }
}

fn table(found: &Vec<Forecast>) -> String {
    let mut text =
        "ability    ABOVE    BELOW    UNDETERMINED (measuring failed)    samples\n".to_owned();
    for row in found {
        text += &format!(
            "{:>7.3}    {:.3}    {:.3}    {:.3}        ({:.3})                {:.1}\n",
            row.ability, row.above, row.below, row.undetermined, row.invalid, row.samples
        );
    }
    let runs = found.first().map_or(0, |row| row.runs);
    text + &format!(
        "{runs} simulated models a row; standard error of a rate of .05: {:.3}",
        (0.05 * 0.95 / f64::from(runs.max(1))).sqrt()
    )
}
