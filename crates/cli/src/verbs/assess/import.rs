//! Logs of others: kept, listed and shown beside runs, and marked.

use crate::context::Global;
use crate::output::show;
use domain::RunId;
use operations::measure::{self, ImportedView, RunView};
use serde::Serialize;
use std::path::PathBuf;

/// What is imported.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The log, a `.eval` file.
    #[arg(long, value_name = "FILE")]
    log: PathBuf,
}

/// A run of the log, or an imported log.
#[derive(Serialize)]
#[serde(untagged)]
enum Listed {
    Run(RunView),
    Imported(ImportedView),
}

impl Options {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<()> {
        let view = measure::import(&global.ctx()?.home, &self.log)?;
        show(global.json, &view, one)
    }
}

pub(super) async fn list(global: &Global, run: fn(&RunView) -> String) -> anyhow::Result<()> {
    let ctx = global.ctx()?;
    let runs = measure::list(&ctx).await?.into_iter().map(Listed::Run);
    let imports = measure::imports(&ctx.home)?.into_iter().map(Listed::Imported);
    let views: Vec<Listed> = runs.chain(imports).collect();
    show(global.json, &views, |views| {
        let lines: String = views
            .iter()
            .map(|view| match view {
                Listed::Run(view) => run(view),
                Listed::Imported(view) => line(view),
            })
            .collect();
        let imported = views.iter().filter(|view| matches!(view, Listed::Imported(_))).count();
        let tail = if imported == 0 { String::new() } else { format!(", {imported} imported") };
        lines + &format!("{} runs{tail}", views.len() - imported)
    })
}

pub(super) async fn shown(
    global: &Global,
    id: &RunId,
    run: fn(&RunView) -> String,
) -> anyhow::Result<()> {
    let ctx = global.ctx()?;
    if let Some(view) = measure::imported(&ctx.home, id)? {
        return show(global.json, &view, one);
    }
    show(global.json, &measure::show(&ctx, id).await?, run)
}

fn line(view: &ImportedView) -> String {
    let note = "imported, not measured here";
    format!("{:<20} {:<20} {:<9} {note}\n", view.run, view.log.model, view.state)
}

fn one(view: &ImportedView) -> String {
    let log = &view.log;
    let mut text = format!(
        "run {} of {}: {}\n  log         {} of {}, task {}, {}\n  content     {}\n  samples     {}, {} of them with an error; {} messages, {} events, {} tokens\n",
        view.run,
        log.model,
        view.note,
        log.file,
        log.created,
        log.task,
        log.status,
        log.content,
        log.samples,
        log.errors,
        log.messages,
        log.events,
        log.tokens
    );
    for (scorer, values) in &log.scores {
        let values: Vec<_> = values.iter().map(|(value, n)| format!("{value} {n}")).collect();
        text += &format!("  scored      {scorer}: {}\n", values.join(", "));
    }
    text + &format!("  transcript  {}\n", view.transcript.display())
}
