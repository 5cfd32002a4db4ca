//! Logs of others: kept, listed and shown beside runs, and marked.

use crate::context::Global;
use crate::output::show;
use domain::RunId;
use measurement::{ImportedView, RunView, Shortcuts, SignView, TaskView};
use serde::Serialize;
use std::path::PathBuf;

/// What is imported.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// A log of Inspect (`.eval`), a trajectory in ATIF (JSON), or tasks: a folder with `eval.yaml` of Inspect Cyber or `task.toml` of Harbor
    /// in it or below.
    #[arg(value_name = "PATH", required_unless_present = "log")]
    path: Option<PathBuf>,
    /// The same, as older versions had it.
    #[arg(long, value_name = "FILE", hide = true, conflicts_with = "path")]
    log: Option<PathBuf>,
}

/// A run of the log, or an imported log.
#[derive(Serialize)]
#[serde(untagged)]
enum Listed {
    Run(RunView),
    Imported(ImportedView),
    Task(TaskView),
}

impl Options {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<()> {
        let home = &global.open()?;
        let path = self.path.or(self.log).unwrap_or_default();
        if harness::foreign::recognised(&path) {
            let views = measurement::import_tasks(home, &path)?;
            return show(global.json, &views, |views| {
                let lines: String = views.iter().map(task_line).collect();
                let can = views.iter().filter(|view| view.runnable).count();
                lines + &format!("{} tasks kept, {can} can be practised on here", views.len())
            });
        }
        let view = measurement::import(home, &path)?;
        show(global.json, &view, one)
    }
}

pub(super) async fn list(global: &Global, run: fn(&RunView) -> String) -> anyhow::Result<()> {
    let ctx = global.ctx()?;
    let runs = measurement::list(&ctx).await?.into_iter().map(Listed::Run);
    let imports = measurement::imports(&ctx.home)?.into_iter().map(Listed::Imported);
    let tasks = measurement::tasks(&ctx.home)?.into_iter().map(Listed::Task);
    let views: Vec<Listed> = runs.chain(imports).chain(tasks).collect();
    show(global.json, &views, |views| {
        let lines: String = views
            .iter()
            .map(|view| match view {
                Listed::Run(view) => run(view),
                Listed::Imported(view) => line(view),
                Listed::Task(view) => task_line(view),
            })
            .collect();
        let imported = views.iter().filter(|view| matches!(view, Listed::Imported(_))).count();
        let tasks = views.iter().filter(|view| matches!(view, Listed::Task(_))).count();
        let mut text = format!("{} runs", views.len() - imported - tasks);
        for (count, what) in [(imported, "imported"), (tasks, "tasks of others")] {
            if count > 0 {
                text += &format!(", {count} {what}");
            }
        }
        lines + &text
    })
}

/// What `assess show` shows: with a transcript, both ways of counting too.
#[derive(Serialize)]
struct Shown<T> {
    #[serde(flatten)]
    view: T,
    shortcuts: Option<Shortcuts>,
}

pub(super) async fn shown(
    global: &Global,
    id: &RunId,
    transcript: Option<PathBuf>,
    run: fn(&RunView) -> String,
) -> anyhow::Result<()> {
    // what was imported needs no roots of trust
    let home = global.open()?;
    if let Some(view) = measurement::imported(&home, id)? {
        let shortcuts = Some(measurement::imported_shortcuts(&view.transcript)?);
        return show(global.json, &Shown { view, shortcuts }, |shown| {
            one(&shown.view) + &both(shown.shortcuts.as_ref())
        });
    }
    if let Some(view) = measurement::task_view(&home, id)? {
        return show(global.json, &view, one_task);
    }
    let ctx = global.ctx()?;
    let view = measurement::show(&ctx, id).await?;
    let transcript = transcript.or_else(|| measurement::own_transcript(&ctx, id));
    let shortcuts = match transcript {
        Some(path) => Some(measurement::shortcuts(&ctx, id, &path).await?),
        None => None,
    };
    show(global.json, &Shown { view, shortcuts }, |shown| {
        run(&shown.view) + &both(shown.shortcuts.as_ref())
    })
}

/// Both ways of counting, for people.
fn both(counted: Option<&Shortcuts>) -> String {
    let Some(counted) = counted else { return String::new() };
    let mut text = format!(
        "  ledgers     {} passed when cheating counts as success, {} when it counts as failure\n",
        counted.passed, counted.passed_honestly
    );
    if let Some((counts, fails)) = &counted.verdicts {
        text += &format!("  verdicts    {counts} and {fails}\n");
    }
    for (sample, why) in &counted.marks {
        text += &format!("  marked      sample {sample}: {why}\n");
    }
    for found in &counted.signs {
        text += &sign(found);
    }
    if !counted.disagree.is_empty() {
        text += &format!("  DISAGREE    samples {}\n", counted.disagree.join(", "));
    }
    text
}

/// A sign as a line. Its evidence is text of the model's, so nothing of it reaches the terminal but visible characters.
pub(super) fn sign(found: &SignView) -> String {
    let (from, to) = found.bytes;
    let place = if found.in_result { "what came back" } else { "what it was given" };
    let text: String = found.text.chars().flat_map(char::escape_debug).collect();
    format!(
        "  sign        sample {}, call {}, bytes {from} to {to} of {place}: {}: `{text}`\n",
        found.sample, found.call, found.rule
    )
}

fn line(view: &ImportedView) -> String {
    let note = "imported, not measured here";
    format!("{:<20} {:<20} {:<9} {note}\n", view.run, view.log.model, view.state)
}

fn task_line(view: &TaskView) -> String {
    let can = if view.runnable { "can be practised on" } else { "can't be run here" };
    format!(
        "{:<20} {:<20} {:<9} {}, {can}\n",
        view.run,
        plain(&view.name),
        view.state,
        view.format.name()
    )
}

/// A text of others as a line of visible characters.
fn plain(text: &str) -> String {
    text.chars().flat_map(char::escape_debug).collect()
}

fn one_task(view: &TaskView) -> String {
    let scored = match view.scored_by {
        "flag" => "the flag, exactly",
        _ => "its own check, apart from the agent",
    };
    let mut text = format!(
        "task {}: {} of {}; anyone may have memorised it, so it decides nothing\n  scored      by {scored}\n",
        view.run,
        plain(&view.name),
        view.format.name()
    );
    if !view.files.is_empty() {
        text += &format!("  files       {}\n", plain(&view.files.join(", ")));
    }
    for (key, value) in &view.metadata {
        text += &format!("  {:<11} {}\n", plain(key), plain(value));
    }
    for lack in &view.lacks {
        text += &format!("  needs       {}\n", plain(lack));
    }
    for note in &view.notes {
        text += &format!("  note        {}\n", plain(note));
    }
    let prompt =
        view.prompt.lines().map(|line| format!("  | {}\n", plain(line))).collect::<String>();
    let how = if view.runnable {
        format!("practise: vestibule assess practice --task {}\n", view.run)
    } else {
        "it can't be run here\n".to_owned()
    };
    text + &prompt + &how
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
