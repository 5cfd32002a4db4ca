//! The tour: one whole review on this machine, from inquiry to evidence, with real processes.
//!
//! It holds no key. Each party is a home folder of its own, each verb a process with one party's home, and
//! the node, the gateway and the model are processes that live as long as the tour. It calls only verbs
//! that anybody can call. What is done is written down after each act, so that a tour that was killed goes on
//! where it stopped.

mod inputs;
mod journal;
mod machine;
mod process;
mod show;
mod stage;
mod steps;
mod summary;

use crate::exit::Exit;
use anyhow::{Context, bail};
use journal::Journal;
use operations::ctx::{Clock, SystemClock};
use show::Show;
use stage::Tour;
use std::fs::File;
use std::path::{Path, PathBuf};

/// The name of the file whose lock keeps a second tour out of the folder.
const LOCK: &str = "tour.lock";

/// What a tour is asked for.
#[derive(Debug)]
pub(crate) struct Options {
    /// The folder it leaves.
    pub(crate) out: PathBuf,
    /// An inventory to check instead of this program's own lock file.
    pub(crate) inventory: Option<PathBuf>,
    /// Begin anew in a folder that an earlier tour finished.
    pub(crate) again: bool,
    /// Keep the node up after the end.
    pub(crate) serve: bool,
    /// Print JSON only.
    pub(crate) json: bool,
}

/// What stays after a tour: its processes end when this is dropped.
#[derive(Debug)]
pub(crate) struct Toured {
    /// Whether everything verified.
    pub(crate) exit: Exit,
    /// Where the node still listens, if it was asked to.
    pub(crate) serving: Option<String>,
    #[expect(dead_code, reason = "held so that the processes live")]
    tour: Tour,
    #[expect(dead_code, reason = "the lock is held while the file is open")]
    lock: File,
}

/// Takes the tour, or goes on with one that was cut short.
pub(crate) fn run(options: &Options) -> anyhow::Result<Toured> {
    let binary = std::env::current_exe().context("where is this program?")?;
    let (out, lock) = prepare(&options.out)?;
    let mut journal = Journal::open(&out, SystemClock.now())?;
    if let Some(at) = journal.finished_at().filter(|_| !options.again) {
        if options.serve {
            return serve_finished(options, (binary, out, journal), lock);
        }
        bail!(
            "{} holds a tour that was finished on {at}; choose another --out, look at it with --serve, or begin anew with --again",
            out.display()
        );
    }
    if options.again {
        empty(&out)?;
        journal = Journal::open(&out, SystemClock.now())?;
    }
    let show = Show::new(options.json, steps::STEPS.len());
    show.line(&opening(&out, &journal));
    let mut tour = Tour::new(out, binary, journal, show, options.inventory.clone());
    for (at, step) in steps::STEPS.iter().enumerate() {
        walk(&mut tour, at + 1, step)?;
    }
    let exit = summary::show(&mut tour, options.json)?;
    tour.journal.finished(SystemClock.now())?;
    let serving = if options.serve { Some(tour.url()?.to_owned()) } else { None };
    if serving.is_none() {
        tour.stop()?;
    }
    Ok(Toured { exit, serving, tour, lock })
}

fn opening(out: &Path, journal: &Journal) -> String {
    if journal.is_begun() {
        format!("Going on with the tour in {}, begun {}", out.display(), journal.started_at())
    } else {
        format!(
            "One review on this machine: every party a process with its own keys, all of it in {}",
            out.display()
        )
    }
}

fn walk(tour: &mut Tour, number: usize, step: &steps::Step) -> anyhow::Result<()> {
    tour.begin(step.key);
    let ended = tour.journal.step(step.key).cloned();
    if let Some(end) = ended {
        let rest = end.left_out.map_or_else(String::new, |why| format!(" (left out: {why})"));
        tour.show.step(number, &format!("{}: done before{rest}", step.title));
        return (step.resume)(tour).with_context(|| format!("step {number}, {}", step.title));
    }
    tour.show.step(number, step.title);
    let started = process::now();
    let left_out = (step.run)(tour).with_context(|| {
        format!("step {number}, {}; run the same command again to go on from here", step.title)
    })?;
    if let Some(why) = &left_out {
        tour.show.note(&format!("left out here: {why}"));
    }
    tour.end(started.elapsed(), left_out)
}

/// Makes the folder and takes its lock.
fn prepare(out: &Path) -> anyhow::Result<(PathBuf, File)> {
    std::fs::create_dir_all(out).with_context(|| format!("can't make {}", out.display()))?;
    let out = out.canonicalize().with_context(|| out.display().to_string())?;
    let path = out.join(LOCK);
    let open = File::options().create(true).truncate(false).write(true).open(&path);
    let lock = open.with_context(|| format!("can't write in {}", out.display()))?;
    if lock.try_lock().is_err() {
        bail!("another tour is using {}; wait for it to end", out.display());
    }
    Ok((out, lock))
}

/// Removes what an earlier tour left. Only called for a folder with a tour's journal, or an empty one.
fn empty(out: &Path) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(out).with_context(|| out.display().to_string())? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default();
        if name == LOCK || name == journal::NAME {
            continue;
        }
        let is_folder = path.symlink_metadata().is_ok_and(|m| m.is_dir());
        let gone =
            if is_folder { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        gone.with_context(|| format!("can't remove {}", path.display()))?;
    }
    // the journal goes last: without it the folder would be nobody's
    let journal = out.join(journal::NAME);
    std::fs::remove_file(&journal).with_context(|| journal.display().to_string())
}

/// A finished tour, shown again: only its node runs.
fn serve_finished(
    options: &Options,
    (binary, out, journal): (PathBuf, PathBuf, Journal),
    lock: File,
) -> anyhow::Result<Toured> {
    let show = Show::new(options.json, 0);
    let mut tour = Tour::new(out, binary, journal, show, None);
    steps::house::start_node(&mut tour)?;
    let serving = Some(tour.url()?.to_owned());
    Ok(Toured { exit: Exit::Done, serving, tour, lock })
}
