//! Escape attempts against the sandbox of this machine.

use crate::context::Global;
use crate::exit::Exit;
use crate::output::{counted, show};
use anyhow::Context as _;
use measurement::Escapes;
use sandbox::escape::{Guest, Tried, Verdict};

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Only the attempts of a class: files, processes, network, names, sockets, privilege, kernel, resources, inheritance, devices or
    /// time; repeat. All of them if not given.
    #[arg(long = "class", value_name = "CLASS")]
    classes: Vec<String>,
    /// This is the program inside, which makes the attempt that standard input names.
    #[arg(long, hide = true)]
    pub(crate) inside: bool,
}

impl Options {
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let guest = guest()?;
        let work = move |told: &(dyn Fn(usize, usize, &str) + Sync)| {
            measurement::escapes(&guest, &self.classes, told)
        };
        let escapes = counted(global.json, "trying to escape", work).await??;
        show(global.json, &escapes, told)?;
        Ok(if escapes.holds { Exit::Done } else { Exit::No })
    }
}

/// This program, as what works inside sandboxes.
pub(super) fn guest() -> anyhow::Result<Guest> {
    let program = std::env::current_exe().context("can't find this program's own file")?;
    let arguments = ["assess", "escapes", "--inside"].map(str::to_owned).to_vec();
    Ok(Guest { program, arguments })
}

fn told(escapes: &Escapes) -> String {
    let mut text =
        format!("{:<12} {:<20} {:<9} {:<9} stopped by\n", "class", "attempt", "guarded", "without");
    for tried in &escapes.attempts {
        text += &line(tried);
    }
    let skipped = escapes.attempts.len() - escapes.made;
    let verdict = if escapes.holds { "the sandbox holds" } else { "the sandbox does NOT hold" };
    text + &format!(
        "{verdict}: {} of {} attempts were refused, and worked without what stops them; {skipped} were not made here",
        escapes.held, escapes.made
    )
}

fn line(tried: &Tried) -> String {
    let word = |verdict: Option<&Verdict>| match verdict {
        None => "-",
        Some(Verdict::Refused) => "refused",
        Some(Verdict::Succeeded) => "WORKS",
        Some(Verdict::Broken(_)) => "broken",
    };
    let mut text = format!(
        "{:<12} {:<20} {:<9} {:<9} {}\n",
        tried.class.name(),
        tried.name,
        word(tried.guarded.as_ref()),
        word(tried.unguarded.as_ref()),
        tried.protections.join(", ")
    );
    if let Some(why) = &tried.skipped {
        text += &format!("{:<12} not made: {why}\n", "");
    } else if !tried.holds() {
        text += &format!("{:<12} DOES NOT HOLD: {}\n", "", tried.tries);
        for (protection, verdict) in &tried.alone {
            text += &format!("{:<12} with only {protection}: {}\n", "", word(Some(verdict)));
        }
        for verdict in [&tried.guarded, &tried.unguarded].into_iter().flatten() {
            if let Verdict::Broken(why) = verdict {
                text += &format!("{:<12} {why}\n", "");
            }
        }
    }
    text
}
