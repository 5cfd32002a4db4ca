//! Random walks of the whole system and of the access rules, from seeds.
#![expect(clippy::disallowed_methods, reason = "a chore that is given seconds measures them")]

use crate::run;
use anyhow::{Context, Result};
use simulation::Summary;
use std::process::Command;
use std::time::{Duration, Instant};

/// What to walk, and how far.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The first seed; by default the one of the current commit.
    #[arg(long)]
    seed: Option<u64>,
    /// How long to simulate the whole system, in seconds.
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// Steps of one run of the whole system; every tenth run has five times as many.
    #[arg(long, default_value_t = 400)]
    steps: u64,
    /// Steps of random commands over the access rules.
    #[arg(long, default_value_t = 100_000)]
    access_steps: u64,
}

impl Options {
    /// What the gate walks.
    pub(crate) fn gate() -> Self {
        Self { seed: None, seconds: 30, steps: 400, access_steps: 100_000 }
    }
}

/// Walks, and prints what was done; a violation is printed with its seed and step.
pub(crate) fn run(options: &Options) -> Result<bool> {
    let seed = options.seed.map_or_else(commit, Ok)?;
    let system = system(options, seed);
    let rules = rules(seed, options.access_steps);
    Ok(system && rules)
}

/// The committed seeds, then fresh ones until the time is over.
fn system(options: &Options, first: u64) -> bool {
    let begin = Instant::now();
    let time = Duration::from_secs(options.seconds);
    let committed = simulation::seeds();
    let fixed = committed.len();
    let fresh = (0_u64..).map(|n| {
        let longer = if n % 10 == 9 { 5 } else { 1 };
        (first.wrapping_add(n), options.steps.saturating_mul(longer))
    });
    let (mut all, mut runs) = (Summary::default(), 0_usize);
    for (at, (seed, steps)) in committed.into_iter().chain(fresh).enumerate() {
        // the first of the fresh ones is walked whatever time the committed ones took: it is asked for by name
        if at > fixed && begin.elapsed() >= time {
            break;
        }
        match simulation::run(seed, steps) {
            Ok(summary) => all.add(&summary),
            Err(violation) => {
                println!("violation: {violation}");
                println!("again: cargo xtask simulate --seconds 1 --seed {seed} --steps {steps}");
                println!("then add `{seed} {steps}` to crates/simulation/seeds.txt");
                return false;
            }
        }
        runs += 1;
    }
    let (seconds, crashes) = (begin.elapsed().as_secs(), all.crashes());
    println!(
        "system: {runs} runs in {seconds} s, {fixed} of committed seeds, the others from {first}"
    );
    println!("{all}");
    println!("  no violation; {crashes} crashes survived");
    true
}

/// The access rules alone, against their second reading.
fn rules(seed: u64, steps: u64) -> bool {
    let report = access::walk::run(seed, steps);
    println!(
        "access rules: {} steps from seed {seed}, {} statements admitted, {} refused, {} permits, {} uses refused, \
         {} words heeded",
        report.steps,
        report.admitted,
        report.refused.values().sum::<u64>(),
        report.permits.values().sum::<u64>(),
        report.unpermitted.values().sum::<u64>(),
        report.heeded,
    );
    for violation in &report.violations {
        println!("violation: {violation}");
    }
    if report.violations.is_empty() {
        println!("  no violation");
    }
    report.violations.is_empty()
}

/// A seed that changes with the commit and is the same for everyone who has it; 1 outside a repository.
fn commit() -> Result<u64> {
    let head = Command::new("git").args(["rev-parse", "HEAD"]).current_dir(run::root()).output();
    let Some(head) = head.ok().filter(|output| output.status.success()) else { return Ok(1) };
    let short: String = head.stdout.iter().take(8).copied().map(char::from).collect();
    u64::from_str_radix(&short, 16).context("the commit's id is not hexadecimal")
}
