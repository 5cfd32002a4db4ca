//! SIGKILL against one node, from a seed: nothing acknowledged is lost, and there is one history.
//!
//! Three kinds of trial share folders, so that each begins from what the ones before left behind:
//!
//! - *step*: a process appends over a disk and a register that count their steps, half-written files among them, and kills
//!   itself at the one that the seed names;
//! - *serve*: the real program serves, three clients hand in statements over HTTP, and it is killed at a moment that the
//!   seed draws;
//! - *restore*: a witness cosigns what the real program commits, the folder is replaced by an older copy, and the start
//!   must be refused with nothing signed.
//!
//! After each kill the node is opened, everything that was ever acknowledged must be in the log at its index, every
//! checkpoint that anyone saw must be of a beginning of it, and the audit of the whole folder must find nothing.

mod bucket;
mod restore;
mod seen;
mod serve;
mod step;

use crate::kills::{Binary, Draw};
use crate::scene::{Scene, Signed};
use anyhow::{Context, Result};
use operations::ctx::{Clock, SystemClock};
use seen::{Judged, Seen};
use std::path::{Path, PathBuf};

pub(crate) use bucket::run as bucket;
pub(crate) use step::Options as StepOptions;
pub(crate) use step::run as step;

/// How often, and from which seed.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How many trials.
    #[arg(long, default_value_t = 1000)]
    trials: u64,
    /// What kinds, steps and moments are drawn from.
    #[arg(long, default_value_t = 14409)]
    seed: u64,
    /// The real program is killed at most so many milliseconds after it was started.
    #[arg(long, default_value_t = 400)]
    within: u64,
    /// The program to run; built in release if not given.
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// Where folders are made; by default below the system's folder of temporary files.
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
}

impl Options {
    /// What the gate tries, with a program that is not optimised and takes longer to begin.
    pub(crate) fn gate(binary: PathBuf) -> Self {
        Self { trials: 60, seed: 14409, within: 1200, binary: Some(binary), root: None }
    }

    /// What the gate tries with two hosts on one bucket.
    pub(crate) fn bucket_gate(binary: Option<PathBuf>) -> Self {
        Self { trials: 6, seed: 14409, within: 1500, binary, root: None }
    }
}

/// Statements of each party that a folder's log takes before a fresh folder is begun.
const CHAIN: u64 = 24;
/// One trial in so many restores a copy.
const RESTORES: u64 = 50;

/// Everything that trials share.
struct Trials {
    binary: Binary,
    scene: Scene,
    chains: Vec<Vec<Signed>>,
    root: PathBuf,
    draw: Draw,
    within: u64,
    totals: Totals,
}

/// What was done and found.
#[derive(Debug, Default)]
struct Totals {
    steps: u64,
    /// Of those, how many came to the end before their step.
    spared: u64,
    serves: u64,
    restores: u64,
    folders: u64,
    acknowledged: u64,
    checkpoints: u64,
    lost: u64,
    forks: u64,
    violations: Vec<String>,
}

/// One node's folder and what the world saw of it.
struct Place {
    folder: PathBuf,
    seen: Seen,
}

/// Runs the trials, and prints what they did.
pub(crate) fn run(options: &Options) -> Result<bool> {
    let mut trials = Trials::new(options)?;
    trials.all(options.trials)?;
    let Totals { steps, spared, serves, restores, folders, .. } = &trials.totals;
    println!(
        "{} trials (seed {}): {steps} killed at a step ({spared} ended before it), {serves} servers killed, \
         {restores} restored copies refused, over {folders} folders",
        options.trials, options.seed
    );
    trials.end()
}

/// The parties' statements in the order in which one process hands them in.
fn in_turn(chains: &[Vec<Signed>]) -> impl Iterator<Item = &Signed> {
    let longest = chains.iter().map(Vec::len).max().unwrap_or(0);
    (0..longest).flat_map(|n| chains.iter().filter_map(move |chain| chain.get(n)))
}

impl Trials {
    fn new(options: &Options) -> Result<Self> {
        let root = options.root.clone().unwrap_or_else(std::env::temp_dir);
        let root = root.join(format!("vestibule-crash-{}", std::process::id()));
        let scene = Scene::new(options.seed, SystemClock.now())?;
        let chains = (0..3).map(|at| scene.chain(at, CHAIN)).collect::<Result<Vec<_>>>()?;
        std::fs::create_dir_all(&root)?;
        let entries: Vec<&[u8]> = in_turn(&chains).map(|signed| signed.bytes.as_slice()).collect();
        std::fs::write(root.join("entries"), step::pack(&entries)?)?;
        let binary = Binary::new(options.binary.clone())?;
        let (draw, within) = (Draw(options.seed), options.within);
        Ok(Self { binary, scene, chains, root, draw, within, totals: Totals::default() })
    }

    /// Prints what was found; the folders go, unless something is wrong with one.
    fn end(self) -> Result<bool> {
        let Self { root, totals, .. } = self;
        let good = totals.print();
        if good {
            std::fs::remove_dir_all(&root).with_context(|| root.display().to_string())?;
        } else {
            println!("crash: the folders stay for a look: {}", root.display());
        }
        Ok(good)
    }

    fn all(&mut self, trials: u64) -> Result<()> {
        let mut place = self.fresh()?;
        for trial in 0..trials {
            if place.seen.acknowledged() + 3 >= CHAIN * 3 {
                place = self.fresh()?;
            }
            if trial % RESTORES == RESTORES - 1 {
                self.totals.restores += 1;
                restore::trial(self, trial)?;
            } else if self.draw.below(5) < 3 {
                self.totals.steps += 1;
                step::trial(self, &mut place)?;
                self.settle(&mut place)?;
            } else {
                self.totals.serves += 1;
                serve::trial(self, &mut place)?;
                self.settle(&mut place)?;
            }
            if (trial + 1) % 50 == 0 {
                let Totals { acknowledged, lost, forks, .. } = &self.totals;
                println!(
                    "crash: {} of {trials} trials, {acknowledged} acknowledged, lost {lost}, forks {forks}",
                    trial + 1
                );
            }
        }
        Ok(())
    }

    fn fresh(&mut self) -> Result<Place> {
        self.totals.folders += 1;
        let folder = self.root.join(format!("node-{}", self.totals.folders));
        self.scene.lay(&folder)?;
        Ok(Place { folder, seen: Seen::default() })
    }

    /// Notes what a client got.
    fn acknowledge(&mut self, place: &mut Place, receipt: &[u8]) {
        self.totals.acknowledged += 1;
        if let Err(error) = place.seen.receipt(&self.scene.trust, receipt) {
            self.violation(&place.folder, &format!("a receipt does not verify: {error:#}"));
        }
    }

    /// Lets the node recover, and judges.
    fn settle(&mut self, place: &mut Place) -> Result<()> {
        let judged = place.seen.judge(&place.folder, &self.scene.trust)?;
        self.count(&place.folder, judged);
        Ok(())
    }

    /// Notes what was judged.
    fn count(&mut self, folder: &Path, judged: Judged) {
        self.totals.checkpoints += judged.checkpoints;
        self.totals.lost += judged.lost.len() as u64;
        self.totals.forks += judged.forks.len() as u64;
        for what in judged.lost.iter().chain(&judged.forks).chain(&judged.other) {
            self.violation(folder, what);
        }
    }

    fn violation(&mut self, folder: &Path, what: &str) {
        let what = format!("{}: {what}", folder.display());
        println!("crash: VIOLATION: {what}");
        self.totals.violations.push(what);
    }
}

impl Totals {
    fn print(&self) -> bool {
        println!(
            "acknowledged {}, checkpoints compared {}, lost {}, forks {}, violations {}",
            self.acknowledged,
            self.checkpoints,
            self.lost,
            self.forks,
            self.violations.len()
        );
        self.violations.is_empty() && self.acknowledged > 0
    }
}
