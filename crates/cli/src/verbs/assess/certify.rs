//! Certificates of the task families.

use crate::context::Global;
use crate::exit::Exit;
use crate::output::{counted, show};
use harness::certify::table;
use measurement::{Asked, Certified};
use operations::ctx::SystemRandom;
use sandbox::Policy;
use std::path::PathBuf;

/// Most misses that are listed for people; `--json` has them all.
const LISTED: usize = 20;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// A file with the master seed: 64 hexadecimal digits, or sealed to this home by `assess seed`. If not given, one is drawn and printed.
    #[arg(long, value_name = "FILE")]
    master_seed_file: Option<PathBuf>,
    /// A family; repeat. All that this machine can do if not given; it says which are left out, and why.
    #[arg(long = "family", value_name = "NAME")]
    families: Vec<String>,
    /// Seeds a family; the five dials take turns.
    #[arg(long, default_value_t = 10)]
    seeds: u32,
    /// How often each submission is judged.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=1000))]
    repeats: u32,
}

impl Options {
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let mut policy = Policy::default();
        policy.guest = Some(super::escapes::guest()?);
        let seed = self.master_seed_file.map(|path| measurement::seed_at(&path, || global.open()));
        let asked = Asked {
            master_seed: seed.transpose()?,
            families: self.families,
            seeds: self.seeds,
            repeats: self.repeats,
            policy,
        };
        let work = move |told: &(dyn Fn(usize, usize, &str) + Sync)| {
            measurement::certify(&asked, &SystemRandom, told)
        };
        let certified = counted(global.json, "certifying", work).await??;
        show(global.json, &certified, told)?;
        Ok(if certified.holds { Exit::Done } else { Exit::No })
    }
}

/// The table, what missed, and what it comes to.
fn told(certified: &Certified) -> String {
    let mut text = table(&certified.certificates, LISTED);
    for lack in &certified.left_out {
        text += &format!("left out: {}: {}\n", lack.families.join(", "), lack.why);
    }
    if let Some(seed) = &certified.master_seed {
        text += &format!("master seed {seed}\n");
    }
    let verdict = if certified.holds { "every family holds" } else { "NOT every family holds" };
    text + &format!("{verdict}; each submission judged {} times", certified.repeats)
}
