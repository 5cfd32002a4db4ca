//! Feeds made into one file.

use crate::context::Global;
use crate::exit::Exit;
use crate::output::{self, show};
use operations::ctx::{Clock, SystemClock};
use operations::feeds::{self, Compiled};
use std::path::PathBuf;

/// Makes one file of feeds, with which `check` starts at once.
///
/// Reads what was fetched and carried over; fetches nothing itself. The same files give the same bytes, but
/// for the time at which it was made.
#[derive(Debug, clap::Args)]
pub(crate) struct Update {
    /// Folders or files with OSV advisories, KEV, SSVC and EPSS; the name says what a file is.
    #[arg(long, value_name = "PATH", required = true, num_args = 1..)]
    from: Vec<PathBuf>,
    /// The file to write; give it to `check --feeds`.
    #[arg(long, value_name = "FILE", default_value = "feeds.index")]
    to: PathBuf,
}

impl Update {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let bar = output::bar(global.json, 0, "reading feeds");
        let progress = |done, total| {
            bar.set_length(total);
            bar.set_position(done);
        };
        let made = feeds::compile(&self.from, &self.to, SystemClock.now(), &progress)?;
        bar.finish_and_clear();
        show(global.json, &made, text)?;
        Ok(Exit::Done)
    }
}

fn text(made: &Compiled) -> String {
    let mut text = format!(
        "{}: {} advisories, {} bytes, SHA-256 {}\n",
        made.index.display(),
        made.advisories,
        made.bytes,
        made.sha256
    );
    for source in &made.snapshot.sources {
        text += &format!("  {:<44} {:>8} records\n", source.name, source.records);
    }
    for (why, count) in &made.snapshot.left_out {
        text += &format!("  left out: {count} ({why})\n");
    }
    text
}
