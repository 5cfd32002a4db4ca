//! A compiler for `wasm32-unknown-unknown`: rustup's target where it is installed, else Debian's `rustc-web`, unpacked
//! into the target folder and never installed, with the standard library built from its source package.

use crate::run;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "wasm32-unknown-unknown";
/// The least version that the workspace is written for: the major is 1.
const LEAST_MINOR: u32 = 95;

/// Where the compiler comes from.
pub(super) enum Toolchain {
    /// The one that is installed has the target.
    Installed,
    /// Unpacked packages of Debian in this folder.
    Unpacked(PathBuf),
}

/// Finds or fetches one; a reason when the machine has none and can't get it.
pub(super) fn find(folder: &Path) -> Result<Result<Toolchain, String>> {
    if installed() {
        return Ok(Ok(Toolchain::Installed));
    }
    let place = folder.join("toolchain");
    if complete(&place) {
        return Ok(Ok(Toolchain::Unpacked(place)));
    }
    if !run::has("apt-get") || !run::has("dpkg") {
        let advice = "rustup target add wasm32-unknown-unknown";
        return Ok(Err(format!("no compiler for {TARGET}; {advice}")));
    }
    if candidate()? < LEAST_MINOR && run::is_root() {
        run::step("read Debian's package lists", Command::new("apt-get").args(["update", "-qq"]))?;
    }
    let found = candidate()?;
    if found < LEAST_MINOR {
        return Ok(Err(format!(
            "no compiler for {TARGET}: rustup has no such target here, and Debian's rustc-web is 1.{found} where 1.{LEAST_MINOR} is needed"
        )));
    }
    unpack(&place)?;
    Ok(if complete(&place) {
        Ok(Toolchain::Unpacked(place))
    } else {
        Err("Debian's rustc-web does not start on this system".to_owned())
    })
}

fn installed() -> bool {
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output();
    let path = sysroot.ok().and_then(|o| String::from_utf8(o.stdout).ok()).unwrap_or_default();
    Path::new(path.trim()).join("lib/rustlib").join(TARGET).join("lib").is_dir()
}

/// Whether the unpacked compiler starts.
fn complete(place: &Path) -> bool {
    let mut rustc = Command::new(place.join("usr/bin/rustc"));
    rustc.arg("--version").env("LD_LIBRARY_PATH", place.join("usr/lib/x86_64-linux-gnu"));
    rustc.output().is_ok_and(|o| o.status.success())
        && linker(place).is_some()
        && place.join("usr/lib/rustlib/src/rust/library").exists()
}

/// `wasm-ld` with the version in its name.
fn linker(place: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(place.join("usr/bin")).ok()?;
    let mut paths = entries.filter_map(|e| e.ok().map(|e| e.path()));
    paths.find(|p| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with("wasm-ld")))
}

/// The minor version of the `rustc-web` that apt would give; 0 for none.
fn candidate() -> Result<u32> {
    let output = Command::new("apt-cache").args(["policy", "rustc-web"]).output()?;
    let text = String::from_utf8(output.stdout)?;
    let version = text.lines().find_map(|line| line.trim().strip_prefix("Candidate: 1."));
    let minor = version.and_then(|v| v.split('.').next()).and_then(|minor| minor.parse().ok());
    Ok(minor.unwrap_or(0))
}

/// The packages: the compiler, what it is linked to, its sources, and the linker of the same LLVM.
fn packages() -> Result<Vec<String>> {
    let quiet = ["recommends", "suggests", "conflicts", "breaks", "replaces", "enhances"];
    let mut command = Command::new("apt-cache");
    command.args(["depends", "--recurse"]).args(quiet.map(|kind| format!("--no-{kind}")));
    let output = command.arg("rustc-web").output().context("can't start apt-cache")?;
    let text = String::from_utf8(output.stdout)?;
    let names = text.lines().filter(|line| !line.starts_with(' ')).map(str::trim);
    let wanted = |name: &&str| name.starts_with("libstd-rust-web") || name.starts_with("libllvm");
    let mut all: Vec<String> = names.filter(wanted).map(str::to_owned).collect();
    let Some(llvm) = all.iter().find_map(|name| name.strip_prefix("libllvm")) else {
        bail!("apt-cache does not say which LLVM rustc-web is linked to");
    };
    all.push(format!("lld-{llvm}"));
    all.extend(["rustc-web", "rust-web-src"].map(str::to_owned));
    Ok(all)
}

fn unpack(place: &Path) -> Result<()> {
    let packages = packages()?;
    fs::create_dir_all(place)?;
    let mut download = Command::new("apt-get");
    download.args(["download", "-qq"]).args(&packages).current_dir(place);
    if !run::step(&format!("download {}", packages.join(", ")), &mut download)? {
        bail!("apt-get download failed; see above");
    }
    for entry in fs::read_dir(place)? {
        let file = entry?.path();
        if file.extension().is_some_and(|e| e == "deb") {
            let status = Command::new("dpkg").arg("-x").arg(&file).arg(place).status()?;
            if !status.success() {
                bail!("dpkg can't unpack {}", file.display());
            }
            fs::remove_file(&file)?;
        }
    }
    Ok(())
}

impl Toolchain {
    /// The build of the module, in a target folder of its own.
    pub(super) fn build(&self, folder: &Path) -> Command {
        let args = ["build", "--release", "--locked", "-p", "verifier-wasm", "--target", TARGET];
        let mut command = run::cargo(&args);
        command.args(["--config", "profile.release.strip=true"]);
        command.env("CARGO_TARGET_DIR", folder).env("CARGO_INCREMENTAL", "0");
        if let Self::Unpacked(place) = self {
            command
                .arg("-Zbuild-std=std,panic_abort")
                .env("RUSTC_BOOTSTRAP", "1")
                .env("RUSTC", place.join("usr/bin/rustc"))
                .env("LD_LIBRARY_PATH", place.join("usr/lib/x86_64-linux-gnu"));
            if let Some(linker) = linker(place) {
                command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
            }
        }
        command
    }
}
