//! Programs of others that the log must get along with: installed into `target/interop` where that is allowed, then the
//! tests that use them are run. Loopback only; every wait is bounded.
//!
//! Debian's witness comes from the package `torchwood` of Debian unstable, through an apt configuration of its own that
//! leaves the machine's as it is, and is unpacked, not installed. `tlog-scales` comes from PyPI into its own environment.

use crate::run;
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const SOURCE: &str = "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] \
                      http://deb.debian.org/debian sid main\n";

fn folder() -> PathBuf {
    run::root().join("target/interop")
}

/// Installs the peers and runs the tests that use them.
///
/// # Errors
/// A program that can't be started.
pub(crate) fn run() -> Result<bool> {
    install()?;
    let args = ["test", "--locked", "-p", "server", "--", "interop", "--nocapture"];
    run::step("interop", &mut run::cargo(&args))
}

/// Installs the peers that are not there yet. What can't be installed is said, and its tests skip.
///
/// # Errors
/// A folder that can't be made.
pub(crate) fn install() -> Result<()> {
    fs::create_dir_all(folder()).context("can't make target/interop")?;
    if !folder().join("torchwood/usr/bin/litewitness").exists() && !witness()? {
        println!("skipped: litewitness can't be installed here (needs apt as root, and a network)");
    }
    if !folder().join("scales/bin/tlog-tiles").exists() && !scales()? {
        println!("skipped: tlog-scales can't be installed here (needs python3-venv and a network)");
    }
    Ok(())
}

fn good(command: &mut Command) -> bool {
    command.output().is_ok_and(|done| done.status.success())
}

/// A command that is ended after so many seconds.
fn bounded(seconds: &str, program: &str) -> Command {
    let mut command = Command::new("timeout");
    command.args([seconds, program]);
    command
}

fn apt(at: &Path, seconds: &str) -> Command {
    let mut command = bounded(seconds, "apt-get");
    let set = |name: &str, value: String| format!("{name}={value}");
    let path = |name: &str| at.join(name).display().to_string();
    for option in [
        set("Dir::Etc::sourcelist", path("sources.list")),
        set("Dir::Etc::sourceparts", "-".to_owned()),
        set("Dir::State::Lists", path("lists")),
        set("Dir::State::status", path("status")),
        set("Dir::Cache", path("cache")),
        set("Acquire::Languages", "none".to_owned()),
    ] {
        command.args(["-o", &option]);
    }
    command.current_dir(at);
    command
}

fn witness() -> Result<bool> {
    let at = folder().join("apt");
    for name in ["lists/partial", "cache/archives/partial"] {
        fs::create_dir_all(at.join(name))?;
    }
    fs::write(at.join("sources.list"), SOURCE)?;
    fs::write(at.join("status"), "")?;
    if !run::has("apt-get")
        || !good(apt(&at, "300").arg("update"))
        || !good(apt(&at, "300").args(["download", "torchwood"]))
    {
        return Ok(false);
    }
    let packages = fs::read_dir(&at)?.filter_map(|entry| entry.ok().map(|e| e.path()));
    let Some(package) = packages.into_iter().find(|p| p.extension().is_some_and(|e| e == "deb"))
    else {
        return Ok(false);
    };
    let into = folder().join("torchwood");
    Ok(good(bounded("60", "dpkg").arg("-x").arg(package).arg(into)))
}

fn scales() -> Result<bool> {
    let into = folder().join("scales");
    let made = good(bounded("120", "python3").args(["-m", "venv"]).arg(&into));
    let pip = into.join("bin/pip").display().to_string();
    Ok(made && good(bounded("300", &pip).args(["install", "--quiet", "tlog-scales==0.0.3"])))
}
