//! Running a tour to its end or to a kill, and asking the program about its folder.

use crate::run;
use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process, kill_process_group, test_kill_process_group};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The longest that a tour may take when nobody kills it.
const PATIENCE: Duration = Duration::from_secs(600);

/// The program.
#[derive(Debug)]
pub(crate) struct Binary(PathBuf);

/// A tour's folder.
#[derive(Debug)]
pub(super) struct Folder(PathBuf);

/// What was acknowledged: a receipt's file or an act's key, with place and id in the log.
pub(super) type Places = BTreeMap<String, (u64, String)>;

/// How a tour ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// By itself, well.
    Finished,
    /// By itself, and not well: what it said.
    Failed(String),
    /// By us.
    Killed,
}

impl Folder {
    pub(super) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    pub(super) fn shown(&self) -> String {
        self.0.display().to_string()
    }

    fn trust(&self) -> PathBuf {
        self.0.join("trust.toml")
    }

    /// Acts of the journal that were logged: key, place, id.
    pub(super) fn acts(&self) -> Result<Places> {
        let text = std::fs::read_to_string(self.0.join("tour.json"))?;
        let journal: Value = serde_json::from_str(&text).context("the tour's journal")?;
        let mut found = Places::new();
        for (key, came) in journal["acts"].as_object().into_iter().flatten() {
            // a verb answers with its statement, with one inside, or with several
            for place in [came, &came["stated"], &came[0]] {
                if let (Some(index), Some(id)) = (place["index"].as_u64(), place["id"].as_str()) {
                    found.insert(key.clone(), (index, id.to_owned()));
                    break;
                }
            }
        }
        Ok(found)
    }
}

impl Binary {
    /// The one given, or the workspace's own in release.
    pub(crate) fn new(given: Option<PathBuf>) -> Result<Self> {
        if let Some(path) = given {
            let path = path.canonicalize().with_context(|| path.display().to_string())?;
            return Ok(Self(path));
        }
        let build = ["build", "--release", "--locked", "-p", "cli"];
        if !run::step("build the program", &mut run::cargo(&build))? {
            bail!("the program does not build");
        }
        let metadata = cargo_metadata::MetadataCommand::new()
            .manifest_path(run::root().join("Cargo.toml"))
            .no_deps()
            .exec()?;
        Ok(Self(metadata.target_directory.join("release/vestibule").into_std_path_buf()))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Runs the tour in a group of its own. After `after` milliseconds the group, or the tour alone, is
    /// killed.
    pub(super) fn tour(&self, folder: &Folder, after: Option<u64>, whole: bool) -> Result<Ended> {
        let complaint = folder.0.with_extension("stderr");
        std::fs::create_dir_all(folder.0.parent().unwrap_or(Path::new("/")))?;
        let mut child = Command::new(&self.0)
            .args(["tour", "--out"])
            .arg(&folder.0)
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&complaint)?)
            .spawn()
            .with_context(|| format!("can't run {}", self.0.display()))?;
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let group = group.context("a process has an id")?;
        let limit = after.map_or(PATIENCE, Duration::from_millis);
        let started = now();
        while started.elapsed() < limit {
            if let Some(status) = child.try_wait()? {
                await_group(group)?;
                if status.success() {
                    return Ok(Ended::Finished);
                }
                let said = std::fs::read_to_string(&complaint).unwrap_or_default();
                return Ok(Ended::Failed(said.trim().to_owned()));
            }
            pause(Duration::from_millis(2));
        }
        kill(&mut child, group, whole || after.is_none())?;
        Ok(if after.is_some() {
            Ended::Killed
        } else {
            Ended::Failed(format!("not done within {} s", PATIENCE.as_secs()))
        })
    }

    /// What `log verify` finds wrong in the folder as it is; none when there is no log yet.
    pub(super) fn verify(&self, folder: &Folder) -> Result<Option<Vec<String>>> {
        if !folder.trust().exists() || !folder.0.join("log/checkpoint").exists() {
            return Ok(None);
        }
        self.audit(&folder.0.join("log"), &folder.trust()).map(Some)
    }

    /// What `log verify` finds wrong.
    pub(super) fn audit(&self, log: &Path, trust: &Path) -> Result<Vec<String>> {
        let mut command = self.command(&["log", "verify"]);
        let audit = json(command.arg(log).arg("--trust").arg(trust))?;
        let faults: Vec<String> = audit["faults"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|f| format!("{}: {}", f["file"].as_str().unwrap_or("?"), f["detail"]))
            .collect();
        if faults.is_empty() && audit["sound"] != true {
            return Ok(vec!["not sound, and no fault is named".to_owned()]);
        }
        Ok(faults)
    }

    /// Opens the node as the next command would, which finishes what was cut short, and returns the ids of the
    /// log's statements; none when there is no node yet.
    pub(super) fn recovered(&self, folder: &Folder) -> Result<Option<Vec<String>>> {
        let home = folder.0.join("parties/inspector");
        if !folder.0.join("node/trust.toml").exists() || !home.join("trust.toml").exists() {
            return Ok(None);
        }
        let mut command = self.command(&["log", "show"]);
        command.arg("--home").arg(&home).arg("--node").arg(folder.0.join("node"));
        let all = json(&mut command)?;
        let all = all.as_array().context("a list of statements")?;
        let id = |s: &Value| s["id"].as_str().unwrap_or_default().to_owned();
        Ok(Some(all.iter().map(id).collect()))
    }

    /// Every receipt in the folder: file, place, id; and those that do not verify.
    pub(super) fn receipts(&self, folder: &Folder) -> Result<(Places, Vec<String>)> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder.0.join("parties"))? {
            let receipts = entry?.path().join("receipts");
            if receipts.is_dir() {
                found.push(receipts);
            }
        }
        if found.is_empty() {
            return Ok((Places::new(), Vec::new()));
        }
        let mut command = self.command(&["log", "receipt"]);
        let checked = json(command.args(&found).arg("--trust").arg(folder.trust()))?;
        let mut good = Places::new();
        for receipt in checked["verified"].as_array().into_iter().flatten() {
            let text = |key: &str| receipt[key].as_str().unwrap_or_default().to_owned();
            let index = receipt["index"].as_u64().context("a receipt has a place")?;
            good.insert(text("file"), (index, text("id")));
        }
        let refused = checked["refused"].as_array().into_iter().flatten();
        Ok((good, refused.map(ToString::to_string).collect()))
    }

    fn command(&self, verb: &[&str]) -> Command {
        let mut command = Command::new(&self.0);
        command.arg("--json").args(verb).stdin(Stdio::null());
        command
    }
}

/// What a command answers, whether it says yes or no.
fn json(command: &mut Command) -> Result<Value> {
    let output = command.output().with_context(|| format!("can't run {command:?}"))?;
    if !matches!(output.status.code(), Some(0 | 1)) {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{command:?} ended with {}: {}", output.status, said.trim());
    }
    serde_json::from_slice(&output.stdout).with_context(|| format!("{command:?}"))
}

fn kill(child: &mut Child, group: Pid, whole: bool) -> Result<()> {
    // gone already is as good
    let _ = if whole {
        kill_process_group(group, Signal::KILL)
    } else {
        kill_process(group, Signal::KILL)
    };
    child.wait()?;
    await_group(group)
}

/// Waits until nothing of a tour runs any more; all of it dies with it.
fn await_group(group: Pid) -> Result<()> {
    let started = now();
    while test_kill_process_group(group).is_ok() {
        if started.elapsed() > Duration::from_secs(30) {
            let _ = kill_process_group(group, Signal::KILL);
            bail!("processes of a tour outlived it");
        }
        pause(Duration::from_millis(2));
    }
    Ok(())
}

fn now() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "a development tool watches the time")]
    Instant::now()
}

fn pause(span: Duration) {
    #[expect(clippy::disallowed_methods, reason = "a development tool waits for processes")]
    std::thread::sleep(span);
}
