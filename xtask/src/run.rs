//! Running other programs, and where things are.

use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("xtask lies in the root").to_path_buf()
}

/// The folder of test data, if there is one: `$VESTIBULE_DATA`, else `../shared/data`.
pub(crate) fn data() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "a development tool reads its environment")]
    let given = std::env::var("VESTIBULE_DATA").ok().map(PathBuf::from);
    let folder = given.unwrap_or_else(|| root().join("../shared/data"));
    folder.is_dir().then_some(folder)
}

/// Whether a program can be started at all.
pub(crate) fn has(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|o| o.status.success())
}

/// The folder that cargo builds in.
pub(crate) fn target() -> Result<PathBuf> {
    let metadata = cargo_metadata::MetadataCommand::new().no_deps().current_dir(root()).exec()?;
    Ok(metadata.target_directory.into_std_path_buf())
}

/// Whether packages may be installed: on Debian that takes root.
pub(crate) fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout.trim_ascii() == b"0")
}

/// A cargo command in the root.
pub(crate) fn cargo(args: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.args(args).current_dir(root());
    command
}

/// Runs a step, names it, times it, and says whether it succeeded.
///
/// # Errors
/// The program can't be started.
pub(crate) fn step(name: &str, command: &mut Command) -> Result<bool> {
    println!("── {name}");
    #[expect(clippy::disallowed_methods, reason = "a development tool times its steps")]
    let started = Instant::now();
    let status = command.status().with_context(|| format!("can't start {command:?}"))?;
    println!(
        "── {name}: {} in {:.0} s",
        verdict(status.success()),
        started.elapsed().as_secs_f64()
    );
    Ok(status.success())
}

fn verdict(ok: bool) -> &'static str {
    if ok { "passed" } else { "FAILED" }
}
