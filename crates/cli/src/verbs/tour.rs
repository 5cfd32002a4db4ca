//! The tour of everything.

use crate::context::{Global, ended};
use crate::exit::Exit;
use crate::tour::{self, Options};
use std::path::PathBuf;

/// Take one model through a whole review on this machine, with a process for every party.
///
/// Inquiry, sealed criteria, measurement, terms, window, use, finding, validated fix, partners, withdrawal,
/// release, worklist, notice, obligations, evidence, public report: each with the same verbs that anybody
/// can call. Leaves a folder with the log, every receipt, the transcript, the advisory, the evidence package and
/// worklist.html, verifies all of it, and prints a summary. Needs no network, and no root where user namespaces are
/// allowed. When it was cut short, the same command goes on where it stopped.
#[derive(Debug, clap::Args)]
pub(crate) struct Tour {
    /// The folder to leave it all in: new, empty, or of a tour that was cut short.
    #[arg(long, value_name = "DIR", default_value = "vestibule-tour")]
    out: PathBuf,
    /// An inventory to check instead of this program's own Cargo.lock.
    #[arg(long, value_name = "FILE")]
    inventory: Option<PathBuf>,
    /// Stay up at the end and serve the log and its overview page until interrupted.
    #[arg(long)]
    serve: bool,
    /// Remove the earlier tour that is in the folder and begin anew.
    #[arg(long)]
    again: bool,
}

impl Tour {
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let Self { out, inventory, serve, again } = self;
        let toured = tour::run(&Options { out, inventory, again, serve, json: global.json })?;
        if let Some(url) = &toured.serving {
            eprintln!("the overview is at {url}/ until you interrupt this (Ctrl-C)");
            ended().await;
        }
        Ok(toured.exit)
    }
}
