//! Feeds made into one file.

use crate::context::Global;
use crate::exit::Exit;
use crate::output::{self, show};
use operations::ctx::{Clock, SystemClock};
use operations::feeds::{self, Compiled, Fetched, Order, Sources};
use operations::files;
use std::path::PathBuf;

/// Fetches feeds and makes one file of them, with which `check` starts at once.
///
/// With `--from` it reads what was fetched and carried over, and needs no network. The same files give the same
/// bytes, but for the time at which it was made. If anything can't be fetched, verified or read, all stays as it was.
#[derive(Debug, clap::Args)]
pub(crate) struct Update {
    /// Folders or files with OSV advisories, KEV, SSVC, EPSS and CSAF; the name says what a file is.
    #[arg(long, value_name = "PATH", num_args = 1..)]
    from: Vec<PathBuf>,
    /// Fetch OSV's advisories of this ecosystem, such as PyPI or Debian; repeat.
    #[arg(long, value_name = "NAME", conflicts_with = "from")]
    ecosystem: Vec<String>,
    /// Fetch every document of this CSAF provider: the address of its provider-metadata.json; repeat.
    #[arg(long, value_name = "URL", conflicts_with = "from")]
    csaf: Vec<String>,
    /// Where to keep fetched files.
    #[arg(long, value_name = "DIR", default_value = "feeds", conflicts_with = "from")]
    folder: PathBuf,
    /// Fetch from these addresses instead of the shipped ones: a file like rules/feeds.toml.
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    sources: Option<PathBuf>,
    /// Believe these certificate authorities (PEM) instead of the system's.
    #[arg(long, value_name = "FILE", conflicts_with = "from")]
    ca: Option<PathBuf>,
    /// The file to write; give it to `check --feeds`.
    #[arg(long, value_name = "FILE", default_value = "feeds.index")]
    to: PathBuf,
}

impl Update {
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<Exit> {
        if self.from.is_empty() {
            return self.fetch(global).await;
        }
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

impl Update {
    async fn fetch(self, global: &Global) -> anyhow::Result<Exit> {
        if self.ecosystem.is_empty() && self.csaf.is_empty() {
            anyhow::bail!(
                "name what to fetch advisories of: --ecosystem PyPI, --csaf URL; or give --from PATH"
            );
        }
        let sources = match &self.sources {
            Some(path) => Sources::read(&files::read_text(path, 1 << 20)?)?,
            None => Sources::shipped(),
        };
        let authorities = self.ca.as_ref().map(|path| files::read(path, 1 << 20)).transpose()?;
        let order = Order {
            sources,
            ecosystems: self.ecosystem,
            csaf: self.csaf,
            authorities,
            folder: self.folder,
            to: self.to,
        };
        let bar = output::bar(global.json, 0, "fetching feeds");
        let progress = |done, total| {
            bar.set_length(total);
            bar.set_position(done);
        };
        let fetched = feeds::update(&order, SystemClock.now(), &progress).await?;
        bar.finish_and_clear();
        show(global.json, &fetched, |fetched| {
            let Fetched { compiled, taken, files, changed, without_hash, signatures } = fetched;
            let mut text = text(compiled);
            text += &format!("{files} files, {changed} of them new; snapshot {taken}\n");
            if *without_hash > 0 {
                text +=
                    &format!("note: {without_hash} CSAF documents come without a published hash\n");
            }
            if *signatures > 0 {
                text += &format!("note: {signatures} OpenPGP signatures were not verified\n");
            }
            text
        })?;
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
