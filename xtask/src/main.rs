//! Chores of the repository: `cargo xtask tidy|test|conform|interop|wasm|bench|simulate|fuzz|kills|crash|tamper`.
//!
//! Everything a developer or the gate runs starts here, so that there is one place to look.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool speaks to a terminal"
)]

mod bench;
mod conform;
mod crash;
mod fuzz;
mod interop;
mod kills;
mod run;
mod scene;
mod simulate;
mod test;
mod tidy;
mod wasm;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// Chores of the Vestibule repository.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Checks what a machine can check of the house rules: arrows, heads, sizes, licences, decisions.
    Tidy,
    /// Runs the whole gate: format, tidy, lints, tests, conformance, simulation, the tour.
    Test(test::Options),
    /// Runs a folder of conformance vectors and prints one line a disagreement.
    Conform {
        /// Which suite; `list` names them.
        suite: String,
        /// The folder; by default `$VESTIBULE_DATA/SUITE`, where the variable is `../shared/data` if unset.
        #[arg(long)]
        data: Option<PathBuf>,
        /// Further folders of advisories, for `matching`.
        #[arg(long)]
        advisories: Vec<PathBuf>,
    },
    /// Installs programs of others that log and gateway must get along with, where allowed, and runs the tests that use them.
    Interop {
        /// Only `log`, only `clients` (the official clients of `OpenAI` and Anthropic through the gateway), only `memo` (the
        /// determination memo in a browser and as PDF), or only `worklist` (what to patch, on a narrow screen and on one
        /// sheet). `picture` makes the picture of the worklist in `docs` anew.
        only: Option<String>,
    },
    /// Builds the verifier for WebAssembly and compares its answers, in Node.js, with the native ones.
    Wasm,
    /// Measures, and prints one JSON line a bench: name, ours, peer or limit, ratio.
    Bench {
        /// Only benches whose name contains this.
        filter: Option<String>,
        /// For `decision`: simulated assessments a figure, 2,000 if not given.
        #[arg(long)]
        replicates: Option<u32>,
        /// For `decision`: the folder of the prototype in Python; beside the test data if not given.
        #[arg(long, value_name = "DIR")]
        prototype: Option<PathBuf>,
    },
    /// Runs the whole system from seeds, with crashes, and random walks of the access rules.
    Simulate(simulate::Options),
    /// Runs the fuzz targets with libFuzzer, one after the other; ends with an error when one finds a fault.
    Fuzz(fuzz::Options),
    /// Kills the tour at random moments and checks that the log verifies and nothing acknowledged is missing.
    Kills(kills::Options),
    /// Kills one node at seeded steps and moments, restores copies, and checks that nothing acknowledged is lost or forked.
    Crash(crash::Options),
    /// Kills two hosts of one log on one bucket, at a real S3-compatible server if there is one, and checks the same.
    Bucket(crash::Options),
    /// Appends and kills itself at a step; `crash` starts it.
    #[command(hide = true)]
    CrashStep(crash::StepOptions),
    /// Flips bytes of a node's folder one at a time, and checks that the audit finds each and names the file.
    Tamper(kills::TamperOptions),
}

fn main() -> ExitCode {
    let done = match Cli::parse().chore {
        Chore::Tidy => tidy::run(),
        Chore::Test(options) => test::run(&options),
        Chore::Conform { suite, data, advisories } => conform::run(&suite, data, advisories),
        Chore::Interop { only } => interop::run(only.as_deref()),
        Chore::Wasm => wasm::run(),
        Chore::Bench { filter, replicates, prototype } => {
            bench::run(filter.as_deref(), replicates, prototype)
        }
        Chore::Simulate(options) => simulate::run(&options),
        Chore::Fuzz(options) => fuzz::run(&options),
        Chore::Kills(options) => kills::run(&options),
        Chore::Crash(options) => crash::run(&options),
        Chore::Bucket(options) => crash::bucket(&options),
        Chore::CrashStep(options) => crash::step(&options),
        Chore::Tamper(options) => kills::tamper(&options),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}
