//! What to patch first, and why.

use crate::context::{Global, environment};
use crate::exit::Exit;
use crate::output::{bar, show};
use domain::{AdvisoryId, Timestamp, Vocabulary};
use operations::check::{self, CheckError, Checked, Given, Matches, Mission, Subject, Tell};
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
    /// Many systems at once: a folder, in which each file and each folder is a system, or a table (CSV) whose column
    /// `inventory` says where the inventory of each is; `name`, `exposed` and `mission` if anybody knows.
    #[arg(long, value_name = "DIR|TABLE")]
    fleet: Option<PathBuf>,
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

    fn subjects(&self) -> anyhow::Result<Vec<Subject>> {
        let exposed = match self.exposed {
            Exposed::Yes => Some(true),
            Exposed::No => Some(false),
            Exposed::Unknown => None,
        };
        let mut all = match &self.fleet {
            Some(path) => check::fleet(path, (exposed, self.mission))?,
            None => Vec::new(),
        };
        let mission = self.mission;
        all.extend(self.inventories.iter().zip(self.names()).map(|(path, name)| Subject {
            path: path.clone(),
            name,
            exposed,
            mission,
            of_fleet: false,
        }));
        Ok(all)
    }

    /// What the inventories given are called; where two would have one name, the folder that they are in goes before.
    fn names(&self) -> Vec<String> {
        let called: Vec<_> = self.inventories.iter().map(|path| check::called(path)).collect();
        let many = self.inventories.len() > 1;
        let name = |(path, own): (&PathBuf, &String)| match &self.name {
            Some(name) if many => format!("{name} ({own})"),
            Some(name) => name.clone(),
            None if called.iter().filter(|other| *other == own).count() > 1 => {
                let whole = path.canonicalize().unwrap_or_else(|_| path.clone());
                let folder = whole.parent().map(check::called).unwrap_or_default();
                format!("{folder}/{own}")
            }
            None => own.clone(),
        };
        self.inventories.iter().zip(&called).map(name).collect()
    }

    /// What is found, and nothing decided.
    fn matches(&self, global: &Global) -> anyhow::Result<Matches> {
        let now = self.as_of.unwrap_or_else(|| SystemClock.now());
        let (subjects, feeds) = (self.subjects()?, self.feeds()?);
        Ok(reading(global, &subjects, |tell| check::matches(&subjects, &feeds, now, tell))?)
    }

    fn answer(self, subjects: &[Subject], global: &Global) -> anyhow::Result<Answer> {
        let feeds = self.feeds()?;
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
        let (detected, suppressions) = (&found[..], &said);
        let given = Given { table, detected, suppressions };
        let checked = reading(global, subjects, |tell| {
            check::check_given(subjects, &feeds, &given, &words, (now, tell))
        })?;
        if let (Some(path), Some(before)) = (&self.history, before) {
            check::write_history(path, before, &checked)?;
        }
        Ok(Answer { feeds, checked, words, language })
    }
}

/// Reads systems with a bar that says how far it is.
fn reading<T>(global: &Global, systems: &[Subject], read: impl FnOnce(&Tell<'_>) -> T) -> T {
    let count = |systems: usize| u64::try_from(systems).unwrap_or(u64::MAX);
    let progress = bar(global.json, count(systems.len()), "reading inventories");
    let read = read(&|done, _| progress.set_position(count(done)));
    progress.finish_and_clear();
    read
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
        if self.matching.inventories.is_empty() && self.matching.fleet.is_none() {
            self.matching.inventories.push(PathBuf::from("Cargo.lock"));
        }
        if self.matches {
            let matches = self.matching.matches(global)?;
            for unread in &matches.unread {
                eprintln!("note: not read: {}", unread.reason);
            }
            show(global.json, &matches, Matches::text)?;
            return Ok(if matches.matches.is_empty() { Exit::Done } else { Exit::No });
        }
        let subjects = self.matching.subjects()?;
        let Answer { checked, words, language, .. } = self.matching.answer(&subjects, global)?;
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

/// One flaw: what is known of it, where it is, by when, and what would change that. Or one system: what to do there, and
/// what taking it off the internet would change.
///
/// Exit code 1 when one of the inventories has the flaw or may have it, or when there is something to do on the system.
#[derive(Debug, clap::Args)]
pub(crate) struct Explain {
    /// The flaw, by any of its ids, such as CVE-2024-3094; or the name of one of the systems.
    what: String,
    #[command(flatten)]
    matching: Matching,
}

impl Explain {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let subjects = self.matching.subjects()?;
        if let Some(system) = subjects.iter().find(|subject| subject.is(&self.what)) {
            let system = std::slice::from_ref(system);
            let Answer { checked, words, .. } = self.matching.answer(system, global)?;
            let explained = check::explain_system(&system[0], &checked, &words)?;
            show(global.json, &explained, |e| e.text(&words))?;
            return Ok(if checked.worklist.items.is_empty() { Exit::Done } else { Exit::No });
        }
        let id: Result<AdvisoryId, _> = self.what.parse();
        let Ok(id) = id else { return Err(CheckError::NoSuchThing(self.what).into()) };
        let Answer { feeds, checked, words, .. } = self.matching.answer(&subjects, global)?;
        let explained = check::explain(&id, &feeds, &checked, &words)?;
        show(global.json, &explained, |e| e.text(&words))?;
        Ok(if explained.is_here() { Exit::No } else { Exit::Done })
    }
}
