//! Getting programs of others: into `target/interop`, where that is allowed, and said where it is not.
//!
//! Debian's witness comes from the package `torchwood` of Debian unstable, through an apt configuration of its own that
//! leaves the machine's as it is, and is unpacked, not installed. It asks the mirror that this machine asks anyway.
//! What comes from PyPI gets an environment of its own.

use crate::run;
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where they are.
pub(crate) fn folder() -> PathBuf {
    run::root().join("target/interop")
}

/// Installs the peers that are not there yet. What can't be installed is said, and what needs it is skipped.
///
/// # Errors
/// A folder that can't be made.
pub(crate) fn all() -> Result<()> {
    fs::create_dir_all(folder()).context("can't make target/interop")?;
    if !folder().join("torchwood/usr/bin/litewitness").exists() && !torchwood()? {
        println!("skipped: litewitness can't be installed here (needs Debian, root and a network)");
    }
    s3()?;
    if !folder().join("scales/bin/tlog-tiles").exists()
        && !python("scales", &["tlog-scales==0.0.3"])
    {
        println!("skipped: tlog-scales can't be installed here (needs python3-venv and a network)");
    }
    Ok(())
}

/// Installs the S3-compatible server, if it is not there yet.
///
/// # Errors
/// A folder that can't be made.
pub(crate) fn s3() -> Result<()> {
    fs::create_dir_all(folder()).context("can't make target/interop")?;
    if !folder().join("s3/bin/moto_server").exists() && !python("s3", &["moto[server]==5.2.5"]) {
        println!("skipped: moto can't be installed here (needs python3-venv and a network)");
    }
    Ok(())
}

/// A Python with numpy, for the prototype that the decision is measured beside.
pub(crate) fn numbers() -> Option<PathBuf> {
    fs::create_dir_all(folder()).ok()?;
    let found = peer("numbers/bin/f2py").is_some() || python("numbers", &["numpy==2.4.6"]);
    found.then(|| folder().join("numbers/bin/python3"))
}

/// A Python with the Typst compiler, for the memo's PDF.
pub(crate) fn typst() -> Option<PathBuf> {
    environment("typst", "typst==0.15.2")
}

/// A Python with Inspect AI, which reads our logs and whose logs we read: the version that the tests name.
pub(crate) fn inspect() -> Option<PathBuf> {
    environment("inspect", "inspect-ai==0.3.285")
}

/// A Python with one package, if it is there or can be installed.
fn environment(name: &str, package: &str) -> Option<PathBuf> {
    let at = folder().join(name);
    let whole = at.join(".whole");
    fs::create_dir_all(folder()).ok()?;
    if !whole.exists() && python(name, &[package]) {
        fs::write(&whole, package).ok()?;
    }
    whole.exists().then(|| at.join("bin/python3"))
}

/// Versions of the official clients. They are run unmodified.
const PYTHON_CLIENTS: [&str; 2] = ["openai==3.57.0", "anthropic==2.14.0"];
const NODE_CLIENTS: [&str; 2] = ["openai@6.49.0", "@anthropic-ai/sdk@1.14.0"];

/// Installs the official OpenAI and Anthropic clients from PyPI and npm, if they are not there yet.
///
/// # Errors
/// A folder that can't be made.
pub(crate) fn clients() -> Result<()> {
    let at = folder().join("node-clients");
    fs::create_dir_all(&at).context("can't make target/interop")?;
    if !folder().join("clients/.whole").exists() {
        if python("clients", &PYTHON_CLIENTS) {
            fs::write(folder().join("clients/.whole"), PYTHON_CLIENTS.join("\n"))?;
        } else {
            println!(
                "skipped: the clients of PyPI can't be installed here (needs python3-venv and a network)"
            );
        }
    }
    if !at.join(".whole").exists() {
        fs::write(at.join("package.json"), "{\"private\":true}")?;
        let npm = ["install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"];
        if good(bounded("300", "npm").args(npm).args(NODE_CLIENTS).current_dir(&at)) {
            fs::write(at.join(".whole"), NODE_CLIENTS.join("\n"))?;
        } else {
            println!(
                "skipped: the clients of npm can't be installed here (needs npm and a network)"
            );
        }
    }
    Ok(())
}

/// Debian's nginx, unpacked and not installed, unless the machine has one.
///
/// # Errors
/// A folder that can't be made.
pub(crate) fn nginx() -> Result<Option<PathBuf>> {
    if Command::new("nginx").arg("-v").output().is_ok_and(|o| o.status.success()) {
        return Ok(Some(PathBuf::from("nginx")));
    }
    let at = folder().join("nginx");
    let program = at.join("usr/sbin/nginx");
    if !program.exists() {
        fs::create_dir_all(&at).context("can't make target/interop")?;
        if !good(bounded("120", "apt-get").args(["download", "nginx"]).current_dir(&at)) {
            return Ok(None);
        }
        let mut packages = fs::read_dir(&at)?.filter_map(|entry| entry.ok().map(|e| e.path()));
        let Some(package) = packages.find(|p| p.extension().is_some_and(|e| e == "deb")) else {
            return Ok(None);
        };
        good(bounded("60", "dpkg").arg("-x").arg(package).arg(&at));
    }
    Ok(Some(program).filter(|program| program.exists()))
}

/// Portkey's gateway with the `hono` that it was released with, from npm.
///
/// # Errors
/// A folder that can't be made.
pub(crate) fn portkey() -> Result<Option<PathBuf>> {
    let at = folder().join("portkey");
    let whole = at.join(".whole");
    if !whole.exists() {
        fs::create_dir_all(&at).context("can't make target/interop")?;
        let wanted = r#"{"private":true,"dependencies":{"@portkey-ai/gateway":"1.15.2"},
            "overrides":{"hono":"4.9.12","@hono/node-server":"1.13.8"}}"#;
        fs::write(at.join("package.json"), wanted)?;
        let npm = ["install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"];
        if !good(bounded("300", "npm").args(npm).current_dir(&at)) {
            return Ok(None);
        }
        fs::write(&whole, wanted)?;
    }
    Ok(Some(at))
}

/// `LiteLLM` with its dependencies as of the day before its later releases were compromised, from PyPI.
///
/// # Errors
/// A folder that can't be made.
pub(crate) fn litellm() -> Result<Option<PathBuf>> {
    let at = folder().join("litellm");
    let whole = at.join(".whole");
    if !whole.exists() {
        fs::create_dir_all(folder()).context("can't make target/interop")?;
        if !python("litellm", &["uv==0.9.12"]) {
            return Ok(None);
        }
        let mut uv = bounded("600", &at.join("bin/uv").display().to_string());
        uv.args(["pip", "install", "--quiet", "--exclude-newer", "2026-03-23T23:59:59Z"]);
        uv.arg("--python").arg(at.join("bin/python")).arg("litellm[proxy]==1.82.6");
        if !good(&mut uv) {
            return Ok(None);
        }
        fs::write(&whole, "litellm[proxy]==1.82.6")?;
    }
    Ok(Some(at.join("bin/litellm")))
}

/// Debian's Chromium and poppler with the libraries that this machine lacks, unpacked and not installed.
///
/// # Errors
/// A folder that can't be made.
pub(crate) fn chromium() -> Result<Option<PathBuf>> {
    let at = folder().join("chromium");
    let (packages, root, whole) = (at.join("packages"), at.join("root"), at.join(".whole"));
    if whole.exists() {
        return Ok(Some(root));
    }
    fs::create_dir_all(packages.join("partial")).context("can't make target/interop")?;
    let mut apt = bounded("600", "apt-get");
    apt.args(["install", "--yes", "--download-only", "--no-install-recommends", "--reinstall"]);
    apt.arg("-o").arg(format!("Dir::Cache::archives={}", packages.display()));
    if !good(apt.args(["chromium", "poppler-utils"])) {
        return Ok(None);
    }
    for entry in fs::read_dir(&packages)? {
        let path = entry?.path();
        let package = path.extension().is_some_and(|e| e == "deb");
        if package && !good(bounded("120", "dpkg").arg("-x").arg(&path).arg(&root)) {
            return Ok(None);
        }
    }
    let there = root.join("usr/lib/chromium/chromium").exists();
    if there {
        fs::remove_dir_all(&packages)?;
        fs::write(&whole, "")?;
    }
    Ok(there.then_some(root))
}

/// A program that was installed.
pub(crate) fn peer(path: &str) -> Option<PathBuf> {
    Some(folder().join(path)).filter(|program| program.exists())
}

fn good(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).output().is_ok_and(|done| done.status.success())
}

/// A command that is ended after so many seconds.
fn bounded(seconds: &str, program: &str) -> Command {
    let mut command = Command::new("timeout");
    command.args([seconds, program]);
    command
}

/// The Debian mirror that this machine is set up for.
fn mirror() -> Option<String> {
    let asked = ["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"];
    let said = bounded("20", "apt-get").args(asked).output().ok()?;
    let said = String::from_utf8(said.stdout).ok()?;
    let found = said.lines().find(|l| l.trim_end_matches('/').ends_with("/debian"));
    found.map(str::to_owned)
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

fn torchwood() -> Result<bool> {
    let root = Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout == b"0\n");
    let Some(mirror) = mirror().filter(|_| root) else { return Ok(false) };
    let at = folder().join("apt");
    for name in ["lists/partial", "cache/archives/partial"] {
        fs::create_dir_all(at.join(name))?;
    }
    let key = "/usr/share/keyrings/debian-archive-keyring.gpg";
    fs::write(at.join("sources.list"), format!("deb [signed-by={key}] {mirror} sid main\n"))?;
    fs::write(at.join("status"), "")?;
    if !good(apt(&at, "300").arg("update"))
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
    let unpacked = good(bounded("60", "dpkg").arg("-x").arg(package).arg(&into));
    // the lists of all packages are of no further use
    fs::remove_dir_all(&at)?;
    Ok(unpacked)
}

/// An environment of its own below the folder, with some packages in it.
fn python(name: &str, packages: &[&str]) -> bool {
    let into = folder().join(name);
    let pip = into.join("bin/pip").display().to_string();
    good(bounded("120", "python3").args(["-m", "venv"]).arg(&into))
        && good(bounded("300", &pip).args(["install", "--quiet"]).args(packages))
}
