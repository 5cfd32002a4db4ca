//! The gate: everything that must hold before a change lands, cheapest first.

mod tiers;

use crate::{conform, crash, interop, kills, run, simulate, tidy, wasm};
use anyhow::Result;
use std::path::{Path, PathBuf};
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
    let program = program()?;
    Ok(simulate::run(&simulate::Options::gate())?
        && kills::tamper(&kills::TamperOptions::gate())?
        && crash::run(&crash::Options::gate(program.clone()))?
        && crash::bucket(&crash::Options::bucket_gate(Some(program.clone())))?
        && tour(&program)?
        && wasm::run()?)
}

/// `vestibule` as the tests have built it: to build everything once more in release takes longer than all that is tried here.
fn program() -> Result<PathBuf> {
    let build = ["build", "--workspace", "--bins", "--locked"];
    anyhow::ensure!(run::step("program", &mut run::cargo(&build))?, "the program does not build");
    Ok(run::target()?.join("debug/vestibule"))
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

/// The main job.
fn tour(program: &Path) -> Result<bool> {
    let out = std::env::temp_dir().join(format!("vestibule-tour-{}", std::process::id()));
    let shown = out.display().to_string();
    let mut tour = Command::new(program);
    let good = run::step("tour", tour.args(["tour", "--out", &shown]).current_dir(run::root()))?;
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
