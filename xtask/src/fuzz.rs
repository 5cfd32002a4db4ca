//! Runs the fuzz targets for real: libFuzzer under the pinned compiler, one target at a time, each for a bounded time.
//!
//! The compiler's pass that counts edges is reached by a code generation flag; a stable compiler lets it through, so no
//! nightly is needed. What a run finds stays in the target folder: `fuzz/corpus/TARGET` holds inputs that reached new
//! code, `fuzz/artifacts/TARGET` those that ended the parser. The committed corpora change only with `--adopt`.

mod build;
mod corpus;
mod outcome;

#[cfg(test)]
mod tests;

use crate::run;
use anyhow::{Context, Result, bail};
use outcome::Outcome;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What to run, and how long.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only targets whose name contains this.
    target: Option<String>,
    /// How long each target runs, in seconds.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// The most memory that one target may hold, in MiB.
    #[arg(long, default_value_t = 1024)]
    memory: u64,
    /// After the run, copies at most this many inputs a target, the shortest that reach new code, into its corpus.
    #[arg(long, default_value_t = 0)]
    adopt: usize,
}

/// Longest time for one input, in seconds: a parser that takes longer is a fault.
const SECONDS_AN_INPUT: u64 = 5;

/// Where things lie.
struct Folders {
    /// `fuzz/` of the repository.
    fuzz: PathBuf,
    /// `fuzz/` in the target folder.
    built: PathBuf,
}

/// Builds the targets, runs each and prints one line a target; false when one of them ended with a fault.
///
/// # Errors
/// No C++ compiler, no target of the name, or a build that fails.
pub(crate) fn run(options: &Options) -> Result<bool> {
    let folders = Folders { fuzz: run::root().join("fuzz"), built: run::target()?.join("fuzz") };
    let targets = targets(&folders.fuzz, options.target.as_deref())?;
    let programs = build::build(&folders.fuzz, &folders.built, &targets)?;
    println!(
        "{:<28} {:>11} {:>9} {:>7} {:>6} {:>10}",
        "target", "executions", "a second", "edges", "new", "new inputs"
    );
    let mut faults = 0_usize;
    for target in &targets {
        let outcome = one(options, &folders, target, &programs.join(target))?;
        println!("{target:<28} {outcome}");
        if let Some(fault) = &outcome.fault {
            faults += 1;
            println!("  {}", fault.cause);
            if let Some(input) = &fault.input {
                println!("  again: {} {input}", programs.join(target).display());
            }
        } else if options.adopt > 0 {
            let program = programs.join(target);
            for name in corpus::adopt(&folders, target, &program, options.adopt)? {
                println!("  adopted fuzz/corpus/{target}/{name}");
            }
        }
    }
    println!("{} targets, {faults} with a fault", targets.len());
    Ok(faults == 0)
}

/// The names of the targets, in order.
pub(crate) fn targets(fuzz: &Path, part: Option<&str>) -> Result<Vec<String>> {
    let folder = fuzz.join("fuzz_targets");
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if let Some(name) = name.strip_suffix(".rs")
            && part.is_none_or(|part| name.contains(part))
        {
            names.push(name.to_owned());
        }
    }
    names.sort();
    if names.is_empty() {
        bail!("no fuzz target's name contains `{}`", part.unwrap_or_default());
    }
    Ok(names)
}

/// Runs one target over its committed corpus and what earlier runs found.
fn one(options: &Options, folders: &Folders, target: &str, program: &Path) -> Result<Outcome> {
    let found = folders.built.join("corpus").join(target);
    let artifacts = folders.built.join("artifacts").join(target);
    fs::create_dir_all(&found)?;
    fs::create_dir_all(&artifacts)?;
    let before = corpus::count(&found)?;
    let mut command = Command::new(program);
    command
        .arg(&found)
        .arg(folders.fuzz.join("corpus").join(target))
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        .arg(format!("-max_total_time={}", options.seconds))
        .arg(format!("-rss_limit_mb={}", options.memory))
        .arg(format!("-timeout={SECONDS_AN_INPUT}"))
        .arg("-print_final_stats=1")
        .current_dir(&folders.built);
    let output = command.output().with_context(|| format!("can't start {}", program.display()))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let new_inputs = corpus::count(&found)?.saturating_sub(before);
    Ok(Outcome::read(&said, output.status.success(), new_inputs))
}
