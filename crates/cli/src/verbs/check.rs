//! What to patch first, and why.

use crate::context::{Global, environment};
use crate::exit::Exit;
use crate::output::show;
use domain::{AdvisoryId, Timestamp, Vocabulary};
use operations::check::{self, Checked, Given, Matches, Mission, Subject};
use operations::ctx::{Clock, SystemClock};
use operations::feeds::{self, Feeds};
use operations::files::{self, Access};
use operations::rules;
use std::path::{Path, PathBuf};

/// What the internet can reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Exposed {
    Yes,
    No,
    Unknown,
}

/// What is matched with what.
#[derive(Debug, clap::Args)]
struct Matching {
    /// Inventories, and folders to look for them in: a repository, an unpacked image, or `/` for this machine.
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
    /// The table that sets the dates: bod-26-04, ssvc-deployer, ssvc-cisa, cvss, or a file of your own.
    #[arg(long, default_value = "bod-26-04")]
    profile: String,
    /// What depends on it, for tables that ask: low, medium, high, very-high.
    #[arg(long)]
    mission: Option<Mission>,
    /// As of when; now if not given.
    #[arg(long, value_name = "TIME")]
    as_of: Option<Timestamp>,
    /// Remember here when what was first found, so that no deadline begins again with each check.
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
    /// A supplier's VEX document (OpenVEX, CycloneDX, CSAF) about these inventories: what it says is no work, with a
    /// reason, is listed apart.
    #[arg(long, value_name = "FILE")]
    vex: Vec<PathBuf>,
    /// The language of the words: en, es.
    #[arg(long)]
    language: Option<String>,
}

/// What was matched.
struct Answer {
    feeds: Feeds,
    checked: Checked,
    words: Vocabulary,
    language: String,
}

impl Matching {
    fn feeds(&self) -> anyhow::Result<Feeds> {
        let feeds = match &self.feeds {
            Some(path) => feeds::read(path)?,
            None => feeds::shipped()?,
        };
        if feeds.demonstration {
            eprintln!(
                "note: only the {} shipped advisories were used; give --feeds for real use",
                feeds.index.len()
            );
        }
        Ok(feeds)
    }

    fn subjects(&self) -> Vec<Subject> {
        let exposed = match self.exposed {
            Exposed::Yes => Some(true),
            Exposed::No => Some(false),
            Exposed::Unknown => None,
        };
        let subjects = self.inventories.iter().map(|path| {
            let name = self.name.clone().unwrap_or_else(|| called(path));
            Subject { path: path.clone(), name, exposed }
        });
        subjects.collect()
    }

    /// What is found, and nothing decided.
    fn matches(&self) -> anyhow::Result<Matches> {
        let now = self.as_of.unwrap_or_else(|| SystemClock.now());
        Ok(check::matches(&self.subjects(), &self.feeds()?, now)?)
    }

    fn answer(self) -> anyhow::Result<Answer> {
        let (feeds, subjects) = (self.feeds()?, self.subjects());
        let now = self.as_of.unwrap_or_else(|| SystemClock.now());
        let language = self.language.or_else(|| environment("VESTIBULE_LANGUAGE"));
        let language = language.unwrap_or_else(|| "en".to_owned());
        let words = rules::vocabulary(&language)?;
        let before = self.history.as_deref().map(check::read_history).transpose()?;
        let found = before.clone().unwrap_or_default();
        let (said, left_out) = check::read_vex(&self.vex)?;
        if left_out > 0 {
            eprintln!(
                "note: {left_out} statements of the VEX documents give no reason and do not count"
            );
        }
        let table = &check::profile(&self.profile)?;
        let (mission, detected, suppressions) = (self.mission, &found[..], &said);
        let given = Given { table, mission, detected, suppressions };
        let checked = check::check_given(&subjects, &feeds, &given, &words, now)?;
        if let (Some(path), Some(before)) = (&self.history, before) {
            check::write_history(path, before, &checked)?;
        }
        Ok(Answer { feeds, checked, words, language })
    }
}

/// What people would call it: a file's name up to the first dot, a folder's whole name.
fn called(path: &Path) -> String {
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let name = whole.file_name().map(|name| name.to_string_lossy().into_owned());
    match name {
        None => "this system".to_owned(),
        Some(name) if path.is_dir() => name,
        Some(name) => name.split('.').next().unwrap_or_default().to_owned(),
    }
}

/// What to patch first: inventories against advisories, with deadlines and their reasons.
///
/// Needs no network and sends nothing anywhere. `Cargo.lock` here is checked if no inventory is given. Exit code 1 when
/// there is something to do.
#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    #[command(flatten)]
    matching: Matching,
    /// Print every match, a line each, without dates: inventory, ecosystem, package, version, advisory, and why it can't
    /// be said where it can't.
    #[arg(long, conflicts_with_all = ["html", "sarif", "openvex", "ics", "vex", "history"])]
    matches: bool,
    /// Also write one printable page.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Also write a SARIF 2.1.0 log, for code hosts.
    #[arg(long, value_name = "FILE")]
    sarif: Option<PathBuf>,
    /// Also write an OpenVEX document: what is affected, and what is not and why.
    #[arg(long, value_name = "FILE")]
    openvex: Option<PathBuf>,
    /// Also write the dates as a calendar (iCalendar).
    #[arg(long, value_name = "FILE")]
    ics: Option<PathBuf>,
}

impl Check {
    pub(crate) fn run(mut self, global: &Global) -> anyhow::Result<Exit> {
        if self.matching.inventories.is_empty() {
            self.matching.inventories.push(PathBuf::from("Cargo.lock"));
        }
        if self.matches {
            let matches = self.matching.matches()?;
            for unread in &matches.unread {
                eprintln!("note: not read: {}", unread.reason);
            }
            show(global.json, &matches, Matches::text)?;
            return Ok(if matches.matches.is_empty() { Exit::Done } else { Exit::No });
        }
        let Answer { checked, words, language, .. } = self.matching.answer()?;
        if let Some(path) = &self.html {
            let page = server::worklist_page(&checked.view, &words, &language)?;
            files::write(path, page.as_bytes(), Access::Shared)?;
        }
        let write = |path: &Path, text: &str| files::write(path, text.as_bytes(), Access::Shared);
        if let Some(path) = &self.sarif {
            write(path, &checked.worklist.sarif(&checked.places)?)?;
        }
        if let Some(path) = &self.openvex {
            write(path, &checked.worklist.openvex("the operator")?)?;
        }
        if let Some(path) = &self.ics {
            write(path, &checked.worklist.calendar(&checked.view))?;
        }
        show(global.json, &checked, |c| c.text.clone())?;
        Ok(if checked.worklist.items.is_empty() { Exit::Done } else { Exit::No })
    }
}

/// One flaw: what is known of it, where it is, by when, and what would change that.
///
/// Exit code 1 when one of the inventories has it.
#[derive(Debug, clap::Args)]
pub(crate) struct Explain {
    /// The flaw, by any of its ids, such as CVE-2024-3094.
    id: AdvisoryId,
    #[command(flatten)]
    matching: Matching,
}

impl Explain {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let Answer { feeds, checked, words, .. } = self.matching.answer()?;
        let explained = check::explain(&self.id, &feeds, &checked, &words)?;
        show(global.json, &explained, |e| e.text(&words))?;
        Ok(if explained.here.is_empty() { Exit::Done } else { Exit::No })
    }
}
