//! SIGKILL at random moments of the tour: the log always verifies, and nothing acknowledged is missing.
//!
//! A tour runs in a process group of its own. At a moment drawn from the seed either the whole group or the
//! tour's process alone is killed (what it started dies with it). Then every receipt and every act that the
//! journal calls done must be in the log at its place, and the log must verify. The tour goes on in the same
//! folder and is killed again; when it ends, another begins.

mod tamper;
mod tours;

use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tours::{Ended, Folder, Places};

pub(crate) use tamper::Options as TamperOptions;
pub(crate) use tamper::run as tamper;
pub(crate) use tours::Binary;

/// How often, and from which seed.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How often to kill.
    #[arg(default_value_t = 50)]
    kills: u32,
    /// What the moments are drawn from.
    #[arg(long, default_value_t = 14409)]
    seed: u64,
    /// A tour is killed after at most so many milliseconds.
    #[arg(long, default_value_t = 5000)]
    within: u64,
    /// The program to run; built in release if not given.
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
}

/// What was seen.
#[derive(Debug, Default)]
struct Seen {
    kills: u32,
    tours: u32,
    sound_before: u32,
    unsound_before: BTreeMap<String, u32>,
    receipts: usize,
    acts: usize,
    violations: Vec<String>,
}

/// Kills tours, and prints what that did.
pub(crate) fn run(options: &Options) -> Result<bool> {
    let binary = Binary::new(options.binary.clone())?;
    let mut draw = Draw(options.seed);
    let mut seen = Seen::default();
    let root = std::env::temp_dir().join(format!("vestibule-kills-{}", std::process::id()));
    while seen.kills < options.kills {
        let folder = Folder::new(root.join(format!("tour-{}", seen.tours + 1)));
        one_tour(&binary, &folder, options, &mut draw, &mut seen)?;
        seen.tours += 1;
    }
    seen.print(options.seed);
    if seen.violations.is_empty() {
        std::fs::remove_dir_all(&root).with_context(|| root.display().to_string())?;
        return Ok(true);
    }
    println!("kills: the folders stay for a look: {}", root.display());
    Ok(false)
}

/// One tour, killed until it comes to its end or enough were killed; then left alone to end.
fn one_tour(
    binary: &Binary,
    folder: &Folder,
    options: &Options,
    draw: &mut Draw,
    seen: &mut Seen,
) -> Result<()> {
    let mut acknowledged = Places::new();
    loop {
        let spare = seen.kills >= options.kills;
        let after = if spare { None } else { Some(draw.below(options.within)) };
        let whole = draw.below(2) == 0;
        match binary.tour(folder, after, whole)? {
            Ended::Finished => break,
            Ended::Failed(why) => {
                seen.violations.push(format!("{}: the tour failed: {why}", folder.shown()));
                return Ok(());
            }
            Ended::Killed => seen.kills += 1,
        }
        if let Some(faults) = binary.verify(folder)? {
            match faults.first() {
                None => seen.sound_before += 1,
                Some(fault) => *seen.unsound_before.entry(fault.clone()).or_default() += 1,
            }
        }
        settled(binary, folder, &mut acknowledged, seen)?;
        let (kills, size) = (seen.kills, acknowledged.len());
        println!("kills: {kills} of {}, {size} acknowledgements hold", options.kills);
    }
    settled(binary, folder, &mut acknowledged, seen)
}

/// Lets the node recover, and checks everything that was ever acknowledged.
fn settled(
    binary: &Binary,
    folder: &Folder,
    acknowledged: &mut Places,
    seen: &mut Seen,
) -> Result<()> {
    let Some(log) = binary.recovered(folder)? else { return Ok(()) };
    for fault in binary.verify(folder)?.unwrap_or_default() {
        seen.violations.push(format!("{}: after recovery: {fault}", folder.shown()));
    }
    let (receipts, refused) = binary.receipts(folder)?;
    for fault in refused {
        seen.violations.push(format!("{}: {fault}", folder.shown()));
    }
    seen.receipts += receipts.len();
    let acts = folder.acts()?;
    seen.acts += acts.len();
    for key in acknowledged.keys().filter(|k| !receipts.contains_key(*k) && !acts.contains_key(*k))
    {
        seen.violations.push(format!("{}: `{key}` was acknowledged and is gone", folder.shown()));
    }
    acknowledged.extend(receipts);
    acknowledged.extend(acts);
    for (key, (index, id)) in acknowledged.iter() {
        let there = usize::try_from(*index).ok().and_then(|i| log.get(i));
        if there != Some(id) {
            seen.violations
                .push(format!("{}: `{key}` is not at {index} in the log", folder.shown()));
        }
    }
    Ok(())
}

impl Seen {
    fn print(&self, seed: u64) {
        for violation in &self.violations {
            println!("kills: VIOLATION: {violation}");
        }
        for (fault, times) in &self.unsound_before {
            println!("kills: before recovery, {times} times: {fault}");
        }
        println!(
            "{} kills over {} tours (seed {seed}): before recovery the log verified {} times and not {} times; \
             after it always, unless said above; {} receipts and {} acts checked, {} violations",
            self.kills,
            self.tours,
            self.sound_before,
            self.unsound_before.values().sum::<u32>(),
            self.receipts,
            self.acts,
            self.violations.len()
        );
    }
}

/// Numbers from a seed (splitmix64).
#[derive(Debug)]
pub(crate) struct Draw(pub(crate) u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`; 0 when the bound is.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next().checked_rem(bound).unwrap_or(0)
    }
}

/// Every file below a folder, relative to it.
fn files_below(root: &Path, folder: &Path, into: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            files_below(root, &path, into)?;
        } else if let Ok(relative) = path.strip_prefix(root) {
            into.push(relative.to_owned());
        }
    }
    into.sort();
    Ok(())
}
