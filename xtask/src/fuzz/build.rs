//! Building the targets with counters on every edge, in a folder of their own.

use crate::run;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What libFuzzer reads: an 8-bit counter an edge, the table of their places, and both sides of each comparison.
/// These are flags of LLVM's SanitizerCoverage, documented with Clang.
const FLAGS: &[&str] = &[
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "--cfg",
    "fuzzing",
];

/// Builds these targets and says in which folder the programs lie.
pub(super) fn build(fuzz: &Path, built: &Path, targets: &[String]) -> Result<PathBuf> {
    if !["c++", "g++", "clang++"].into_iter().any(run::has) {
        bail!("no C++ compiler, which libFuzzer is built with; on Debian: apt-get install g++");
    }
    lock(fuzz)?;
    let host = host()?;
    // a target is named, even when it is the host: so the flags stay away from build scripts
    let mut command = run::cargo(&["build", "--release", "--target", &host]);
    for target in targets {
        command.args(["--bin", target]);
    }
    command
        .current_dir(fuzz)
        .env("CARGO_TARGET_DIR", built)
        .env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\u{1f}"));
    if !run::step("build the fuzz targets", &mut command)? {
        bail!("the fuzz targets don't build; see above");
    }
    Ok(built.join(host).join("release"))
}

/// The versions of dependencies are those that ship: cargo adds what only the targets need.
fn lock(fuzz: &Path) -> Result<()> {
    let (ours, theirs) = (run::root().join("Cargo.lock"), fuzz.join("Cargo.lock"));
    let changed = |path: &Path| fs::metadata(path).and_then(|m| m.modified());
    let is_current = changed(&theirs).is_ok_and(|t| changed(&ours).is_ok_and(|o| t >= o));
    if !is_current {
        fs::copy(&ours, &theirs).with_context(|| theirs.display().to_string())?;
    }
    Ok(())
}

/// The compiler's own platform.
fn host() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output().context("can't start rustc")?;
    let text = String::from_utf8(output.stdout)?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("`rustc -vV` names no host")?.to_owned())
}
