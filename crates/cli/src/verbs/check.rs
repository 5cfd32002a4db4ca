//! What to patch first.

use crate::context::{Global, environment};
use crate::exit::Exit;
use crate::output::show;
use domain::Timestamp;
use operations::check::{self, Subject};
use operations::ctx::{Clock, SystemClock};
use operations::feeds;
use operations::files::{self, Access};
use operations::rules;
use std::path::PathBuf;

/// What the internet can reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Exposed {
    Yes,
    No,
    Unknown,
}

/// What to patch first: inventories against advisories, with deadlines and their reasons.
///
/// Reads Cargo.lock, requirements.txt and CycloneDX JSON. Needs no network and sends nothing anywhere.
/// Exit code 1 when there is something to do.
#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    /// Inventories; `Cargo.lock` here if none is given.
    inventories: Vec<PathBuf>,
    /// A folder with OSV advisories, KEV, SSVC and EPSS files, or a file that `update` made. Without it only the few
    /// shipped facts are used.
    #[arg(long, value_name = "PATH")]
    feeds: Option<PathBuf>,
    /// Whether the internet can reach it.
    #[arg(long, default_value = "unknown")]
    exposed: Exposed,
    /// What people call it; the file's name if not given.
    #[arg(long)]
    name: Option<String>,
    /// As of when; now if not given.
    #[arg(long, value_name = "TIME")]
    as_of: Option<Timestamp>,
    /// Remember here when what was first found, so that no deadline begins again with each check.
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
    /// Also write one printable page.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// The language of the words: en, es.
    #[arg(long)]
    language: Option<String>,
}

impl Check {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let now = self.as_of.unwrap_or_else(|| SystemClock.now());
        let language = self.language.or_else(|| environment("VESTIBULE_LANGUAGE"));
        let language = language.as_deref().unwrap_or("en");
        let words = rules::vocabulary(language)?;
        let feeds = match &self.feeds {
            Some(folder) => feeds::read(folder)?,
            None => feeds::shipped()?,
        };
        let mut paths = self.inventories;
        if paths.is_empty() {
            paths.push(PathBuf::from("Cargo.lock"));
        }
        let exposed = match self.exposed {
            Exposed::Yes => Some(true),
            Exposed::No => Some(false),
            Exposed::Unknown => None,
        };
        let subjects: Vec<_> = paths
            .into_iter()
            .map(|path| {
                let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let plain = file.split('.').next().unwrap_or_default().to_owned();
                let name = self.name.clone().unwrap_or(plain);
                Subject { path, name, exposed }
            })
            .collect();
        let before = self.history.as_deref().map(check::read_history).transpose()?;
        let found = before.clone().unwrap_or_default();
        let checked = check::check(&subjects, &feeds, &found, &words, now)?;
        if let (Some(path), Some(before)) = (&self.history, before) {
            check::write_history(path, before, &checked)?;
        }
        if let Some(page) = &self.html {
            files::write(
                page,
                server::worklist_page(&checked.view, &words, language)?.as_bytes(),
                Access::Shared,
            )?;
        }
        if checked.demonstration {
            eprintln!(
                "note: only the {} shipped advisories were used; give --feeds DIR for real use",
                checked.advisories
            );
        }
        show(global.json, &checked, |c| c.text.clone())?;
        Ok(if checked.worklist.items.is_empty() { Exit::Done } else { Exit::No })
    }
}
