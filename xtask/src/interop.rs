//! Programs of others that log and gateway must get along with: real processes on loopback, every wait bounded.
//!
//! One line a check, `passed`, `failed` or `skipped`, and the counts at the end. What a peer does otherwise than its
//! specification is a note and no failure.

mod browser;
mod clients;
pub(crate) mod install;
mod memo;
mod pages;
mod readers;
pub(crate) mod s3;
mod strict;
mod witness;
mod worklist;
mod world;

use anyhow::Result;
use world::World;

/// What was done with each check.
#[derive(Debug, Default)]
struct Tally {
    passed: u64,
    failed: u64,
    skipped: u64,
}

/// A check: what it shows, the peer that it needs, and how it is done.
type Check = (&'static str, &'static [&'static str], fn(&mut World) -> Result<String>);

const LITEWITNESS: &[&str] = &["torchwood/usr/bin/litewitness"];
const SCALES: &[&str] = &["scales/bin/tlog-tiles"];
const SPICY: &[&str] = &["torchwood/usr/bin/spicy-torchwood", "scales/bin/tlog-tiles"];

const CHECKS: &[Check] = &[
    ("litewitness cosigns our log while it grows", LITEWITNESS, witness::cosigns),
    ("litewitness's line makes receipts full", LITEWITNESS, witness::counts),
    (
        "litewitness stops a node that was restored from a backup",
        LITEWITNESS,
        witness::stops_a_backup,
    ),
    ("tlog-scales reads our log and verifies its checkpoint", SCALES, readers::checkpoint),
    ("tlog-scales verifies our receipts and cosignatures", SCALES, readers::receipts),
    ("tlog-scales drives our witness", SCALES, readers::client),
    ("we verify the proofs that tlog-scales makes", SCALES, readers::proofs),
    ("spicy verifies our receipts", SPICY, readers::spicy),
    ("our witness refuses what the specification refuses", &[], strict::run),
];

/// Installs the peers and runs every check whose peer is here. `only` names one part: `log`, `clients`, `memo`, `pages` or `worklist`;
/// `picture` makes the picture of the worklist that the README shows.
///
/// # Errors
/// A program that can't be built or started.
pub(crate) fn run(only: Option<&str>) -> Result<bool> {
    let wanted = |part| only.is_none_or(|only| only == part);
    if only == Some("picture") {
        return worklist::picture();
    }
    let known = ["log", "clients", "memo", "pages", "worklist"].into_iter().any(wanted);
    anyhow::ensure!(
        known,
        "there are five parts: `log`, `clients`, `memo`, `pages` and `worklist`"
    );
    let clients = !wanted("clients") || clients::run()?;
    let memo = !wanted("memo") || memo::run()?;
    let worklist = !wanted("worklist") || worklist::run()?;
    let pages = !wanted("pages") || pages::run()?;
    Ok((!wanted("log") || log()?) && clients && memo && worklist && pages)
}

fn log() -> Result<bool> {
    install::all()?;
    let mut world = World::start(world::build()?)?;
    let mut tally = Tally::default();
    for (name, needs, check) in CHECKS {
        if let Some(missing) = needs.iter().find(|path| install::peer(path).is_none()) {
            println!("skipped: {name} ({missing} is not here)");
            tally.skipped += 1;
            continue;
        }
        match check(&mut world) {
            Ok(detail) => {
                println!("passed: {name}: {detail}");
                tally.passed += 1;
            }
            Err(error) => {
                println!("failed: {name}: {error:#}");
                tally.failed += 1;
            }
        }
    }
    let Tally { passed, failed, skipped } = tally;
    println!("{passed} passed, {failed} failed, {skipped} skipped");
    Ok(failed == 0)
}
