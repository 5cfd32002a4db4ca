//! The gate: everything that must hold before a change lands, cheapest first.

mod tiers;

use crate::{conform, crash, interop, kills, run, simulate, tidy, wasm};
use anyhow::Result;
use std::process::Command;

/// What to leave out.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Leave out the simulation, flipped bytes, crashes and the tour.
    #[arg(long)]
    quick: bool,
}

/// Runs the steps; stops at the first that fails.
pub(crate) fn run(options: &Options) -> Result<bool> {
    prepare()?;
    interop::install::s3()?;
    let clippy = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
    let good = run::step("format", &mut run::cargo(&["fmt", "--all", "--check"]))?
        && tidy::run()?
        && run::step("lints", &mut run::cargo(&clippy))?
        && tests()?
        && run::step(
            "examples in docs",
            &mut run::cargo(&["test", "--doc", "--workspace", "--locked"]),
        )?
        && conform::all()?
        && interop()?;
    if !good || options.quick {
        return Ok(good);
    }
    Ok(simulate::run(&simulate::Options::gate())?
        && kills::tamper(&kills::TamperOptions::gate())?
        && crash::run(&crash::Options::gate())?
        && crash::bucket(&crash::Options::bucket_gate(None))?
        && tour()?
        && wasm::run()?)
}

/// Programs of others; what can't be installed is skipped, so a machine without a network passes.
fn interop() -> Result<bool> {
    println!("── interop");
    interop::run(None)
}

/// nextest where it is installed, since it shows a hanging test by name; else cargo's own runner. With Inspect AI where it can
/// be installed.
fn tests() -> Result<bool> {
    let mut tests = if run::has("cargo-nextest") {
        run::cargo(&["nextest", "run", "--workspace", "--locked", "--profile", "ci"])
    } else {
        println!("cargo-nextest is not installed; using cargo test");
        run::cargo(&["test", "--workspace", "--locked"])
    };
    match interop::install::inspect() {
        Some(python) => drop(tests.env("VESTIBULE_INSPECT_PYTHON", python)),
        None => println!("skipped: Inspect AI with our logs (it can't be installed here)"),
    }
    run::step("tests", &mut tests)
}

/// The main job, as a stranger runs it.
fn tour() -> Result<bool> {
    let out = std::env::temp_dir().join(format!("vestibule-tour-{}", std::process::id()));
    let shown = out.display().to_string();
    let good = run::step(
        "tour",
        &mut run::cargo(&["run", "--release", "--locked", "--", "tour", "--out", &shown]),
    )?;
    if good {
        std::fs::remove_dir_all(&out)?;
    } else {
        println!("the tour's folder stays for a look: {shown}");
    }
    Ok(good)
}

/// Installs what the tests need and the machine lacks, where that is allowed.
fn prepare() -> Result<()> {
    let debian = run::has("apt-get") && run::is_root();
    if !run::has("cc") && debian {
        run::step("install gcc", Command::new("apt-get").args(["install", "-y", "gcc"]))?;
    } else if !run::has("cc") {
        println!(
            "no C compiler: tests of the memory-safety tasks will be skipped; install gcc to run them"
        );
    }
    tiers::install(debian)
}
