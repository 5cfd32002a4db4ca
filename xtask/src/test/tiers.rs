//! What the stronger tiers of sandbox need: gVisor, QEMU, and a kernel for its machines.

use crate::run;
use anyhow::{Context as _, Result};
use std::path::Path;
use std::process::Command;

/// Where `sandbox` looks for a kernel that is not the host's. Nothing boots from there but its machines.
const KERNEL: &str = "/usr/local/lib/vestibule/kernel";
/// The package that names the newest kernel for machines.
const NEWEST: &str = "linux-image-cloud-amd64";

/// Installs what is missing where that is allowed; what can't be had is said, and its tests say that they are skipped.
pub(super) fn install(debian: bool) -> Result<()> {
    let packages: Vec<_> = [("runsc", "runsc"), ("qemu-system-x86_64", "qemu-system-x86")]
        .into_iter()
        .filter(|(program, _)| !run::has(program))
        .map(|(_, package)| package)
        .collect();
    if !packages.is_empty() {
        let names = packages.join(" ");
        let mut install = Command::new("apt-get");
        install.args(["install", "-y", "--no-install-recommends"]).args(&packages);
        install.env("DEBIAN_FRONTEND", "noninteractive");
        if !debian || !run::step(&format!("install {names}"), &mut install)? {
            println!(
                "{names}: not to be had here; the tests of tier 1 or 2 of the sandbox will be skipped"
            );
        }
    }
    let there = Path::new(KERNEL).join("boot").is_dir() || cfg!(not(target_arch = "x86_64"));
    if !there && (!debian || kernel().is_err()) {
        println!("no kernel for machines: the tests of tier 2 of the sandbox will be skipped");
    }
    Ok(())
}

/// Fetches the newest kernel's package and unpacks it beside the system: the host's own boot is left alone.
fn kernel() -> Result<()> {
    let depends = Command::new("apt-cache").args(["depends", NEWEST]).output()?;
    let depends = String::from_utf8_lossy(&depends.stdout).into_owned();
    let name = depends.lines().find_map(|line| line.trim().strip_prefix("Depends: "));
    let name = name.context("the package names no kernel")?;
    let folder = std::env::temp_dir().join(format!("vestibule-kernel-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let mut fetch = Command::new("apt-get");
    let fetched = run::step(
        "fetch a kernel for machines",
        fetch.args(["download", name]).current_dir(&folder),
    )?;
    let package = std::fs::read_dir(&folder)?.filter_map(Result::ok).map(|e| e.path()).next();
    let unpacked = match package.filter(|_| fetched) {
        Some(package) => {
            std::fs::create_dir_all(KERNEL)?;
            let mut unpack = Command::new("dpkg-deb");
            run::step("unpack it", unpack.arg("-x").arg(package).arg(KERNEL))?
        }
        None => false,
    };
    std::fs::remove_dir_all(&folder)?;
    anyhow::ensure!(unpacked, "no kernel was unpacked");
    Ok(())
}
