//! The tour's processes: one a verb, and a few that stay. All are this same program.

use anyhow::{Context, bail};
use sandbox::companion::{self, Companion, Said};
use serde_json::Value;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long a service may take to be ready, at each try.
const READY: Duration = Duration::from_secs(20);
/// How often a service is tried: an earlier one, killed with its tour, may still be ending.
const TRIES: u32 = 20;
/// How long to wait between looks.
const LOOK: Duration = Duration::from_millis(10);

/// How a verb ended.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Its exit code.
    pub(crate) code: i32,
    /// What it printed.
    pub(crate) stdout: String,
    /// What it complained.
    pub(crate) stderr: String,
}

impl Answer {
    /// What it printed, as JSON.
    pub(crate) fn json(&self) -> anyhow::Result<Value> {
        serde_json::from_str(&self.stdout).context("a verb printed something other than JSON")
    }

    /// Its complaint in words, without the JSON around it.
    pub(crate) fn complaint(&self) -> String {
        let last = self.stderr.lines().last().unwrap_or_default();
        match serde_json::from_str::<Value>(last) {
            Ok(body) => body["error"].as_str().unwrap_or(last).to_owned(),
            Err(_) => last.to_owned(),
        }
    }
}

/// A verb run to its end.
pub(crate) fn run(binary: &Path, args: &[String]) -> anyhow::Result<Answer> {
    let Said { code, stdout, stderr } = companion::run(binary, args)
        .with_context(|| format!("can't run {} {}", binary.display(), args.join(" ")))?;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).trim().to_owned();
    let (stdout, stderr) = (text(stdout), text(stderr));
    match code {
        Some(code) => Ok(Answer { code, stdout, stderr }),
        None => bail!("`{}` was ended by a signal", args.join(" ")),
    }
}

/// A program of ours that stays: the node, the gateway, the model.
#[derive(Debug)]
pub(crate) struct Service {
    companion: Companion,
    /// Where it listens, as it says itself.
    pub(crate) url: String,
}

impl Service {
    /// Starts one and waits until it says where it listens. `args` lack the ready file.
    pub(crate) fn start(
        binary: &Path,
        name: &str,
        args: &[String],
        folder: &Path,
    ) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        let log = folder.join(format!("{name}.log"));
        let mut last = String::new();
        for _ in 0..TRIES {
            match Self::attempt(binary, args, &folder.join(format!("{name}.ready")), &log)? {
                Ok(service) => return Ok(service),
                Err(why) => last = why,
            }
            pause(Duration::from_millis(250));
        }
        bail!("the {name} did not start: {last} (see {})", log.display())
    }

    fn attempt(
        binary: &Path,
        args: &[String],
        ready: &PathBuf,
        log: &Path,
    ) -> anyhow::Result<Result<Self, String>> {
        operations::files::remove(ready)?;
        let out = File::options().create(true).append(true).open(log)?;
        let mut args = args.to_vec();
        args.extend(["--ready".to_owned(), ready.display().to_string()]);
        let mut companion = Companion::start(binary, &args, out)
            .with_context(|| format!("can't run {}", binary.display()))?;
        let started = now();
        while started.elapsed() < READY {
            if ready.exists() {
                let url = std::fs::read_to_string(ready)?.trim().to_owned();
                return Ok(Ok(Self { companion, url }));
            }
            if companion.ended()?.is_some() {
                let said = std::fs::read_to_string(log).unwrap_or_default();
                return Ok(Err(said.lines().last().unwrap_or("it ended").to_owned()));
            }
            pause(LOOK);
        }
        Ok(Err(format!("not ready within {} s", READY.as_secs())))
    }

    /// Asks it to end and waits until it did.
    pub(crate) fn stop(self) -> anyhow::Result<()> {
        self.companion.stop()?;
        Ok(())
    }
}

/// The time, for how long something took.
pub(crate) fn now() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "edge: the tour shows how long things take")]
    Instant::now()
}

/// Waits for another process.
pub(crate) fn pause(span: Duration) {
    #[expect(
        clippy::disallowed_methods,
        reason = "edge: waits for processes, not for a rule's clock"
    )]
    std::thread::sleep(span);
}
