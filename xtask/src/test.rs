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
        && inspect()?
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

/// nextest where it is installed, since it shows a hanging test by name; else cargo's own runner.
fn tests() -> Result<bool> {
    if run::has("cargo-nextest") {
        let args = ["nextest", "run", "--workspace", "--locked", "--profile", "ci"];
        run::step("tests", &mut run::cargo(&args))
    } else {
        println!("cargo-nextest is not installed; using cargo test");
        run::step("tests", &mut run::cargo(&["test", "--workspace", "--locked"]))
    }
}

/// Inspect AI reads our logs and we its: once more the tests that want it, which install it where that is possible. One at a
/// time, since they install it into one place.
fn inspect() -> Result<bool> {
    let args: &[&str] = if run::has("cargo-nextest") {
        let tests = "package(harness) & test(inspect)";
        &["nextest", "run", "--workspace", "--locked", "--test-threads", "1", "-E", tests]
    } else {
        &["test", "--workspace", "--locked", "inspect", "--", "--test-threads", "1"]
    };
    run::step("tests with Inspect AI", run::cargo(args).env("VESTIBULE_INSTALL", "1"))
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
