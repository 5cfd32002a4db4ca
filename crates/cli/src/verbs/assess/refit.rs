//! Runs of reference models and people, and what they say of each task.

use crate::context::Global;
use crate::output::show;
use domain::RunId;
use measurement::Refit;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(crate) struct Calibrate {
    /// A table of runs: `subject,kind,family,dial,passed,tried`, kind being `model` or `human`.
    #[arg(long, value_name = "FILE", required_unless_present = "run")]
    records: Option<PathBuf>,
    /// A run that this home measured, in place of a table.
    #[arg(long, conflicts_with = "records", requires = "subject")]
    run: Option<RunId>,
    /// With --run: the name under which its model is stored.
    #[arg(long, requires = "run")]
    subject: Option<String>,
}

impl Calibrate {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<()> {
        let home = global.ctx()?.home;
        let stored = match (self.records, self.run.zip(self.subject)) {
            (Some(records), _) => measurement::calibrate(&home, &records)?,
            (None, Some((run, subject))) => measurement::calibrate_run(&home, &run, &subject)?,
            (None, None) => anyhow::bail!("give --records, or --run with --subject"),
        };
        show(global.json, &stored, |s| {
            format!("{} lines added; {} has {}", s.added, s.path.display(), s.lines)
        })
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Fit {
    /// An earlier file of items to start from, and to look for drift against; the dials' priors if not given.
    #[arg(long, value_name = "FILE")]
    before: Option<PathBuf>,
    /// Where the items go, for `assess seal --items` (0600); only the report if not given.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Fit {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<()> {
        let home = global.ctx()?.home;
        let found = measurement::refit(&home, self.before.as_deref(), self.out.as_deref())?;
        show(global.json, &found, report)
    }
}

fn report(found: &Refit) -> String {
    let mut text =
        "task                      tried   before   now ± doubt      drift   outfit\n".to_owned();
    for task in &found.tasks {
        let mark = if task.drifted { "  DRIFTED: its doubt was widened" } else { "" };
        let outfit = task.outfit.map_or_else(|| "-".to_owned(), |o| format!("{o:.2}"));
        text += &format!(
            "{:<24} {:>6}   {:>6.2}   {:>6.2} ± {:.2}   {:>6.1}   {outfit:>6}{mark}\n",
            task.task, task.tried, task.before, task.difficulty, task.doubt, task.drift
        );
    }
    text += "subject                   kind    ability ± error    person fit\n";
    for subject in &found.subjects {
        let mark = if subject.misfit { "  MISFIT: one honest run in twenty is as odd" } else { "" };
        text += &format!(
            "{:<24} {:>6}    {:>6.2} ± {:.2}        {:>6.2}{mark}\n",
            subject.subject, subject.kind, subject.ability, subject.error, subject.fit
        );
    }
    text += &format!("{} lines of runs; logits", found.lines);
    if let Some(items) = &found.items {
        text += &format!("\nitems in {}", items.display());
    }
    text
}
