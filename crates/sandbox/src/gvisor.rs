//! Tier 1: gVisor. A kernel in user space, `runsc`, stands between guest and host.
//!
//! Each run is a container of its own over the same workspace, described by the runtime configuration of the
//! Open Container Initiative (1.0.2) and started by `runsc run` without a network. Limits are resource limits
//! for each process. `runsc` tells the end of a container as shells do, so an exit code from 129 to 159 can't
//! be told from the signal: it counts as the signal.
#![expect(clippy::disallowed_methods, reason = "edge: measures wall time")]

mod bundle;

use crate::attest::{Attestation, Look, Reach, attest_guest, judged_elsewhere};
use crate::error::{Missing, SandboxError};
use crate::home::{Home, Ids, host};
use crate::inside::LOOK;
use crate::net::{Health, Net};
use crate::plan::{Image, environment};
use crate::policy::{Enforced, Exec, How, Outcome, Policy, Status, Tier};
use crate::run::{Watch, non_blocking};
use crate::tier::Sandbox;
use crate::workspace::Workspace;
use rustix::fd::OwnedFd;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

const PLACES: [&str; 3] = ["/usr/local/bin/runsc", "/usr/bin/runsc", "/opt/gvisor/runsc"];
const ENFORCED: Enforced =
    Enforced { memory: How::Rlimit, processes: How::Rlimit, cpu: How::Nothing };

/// A sandbox of tier 1.
#[derive(Debug)]
pub(crate) struct UserSpaceKernel {
    runsc: PathBuf,
    policy: Policy,
    image: Image,
    home: Home,
    workspace: Workspace,
    ids: Ids,
    /// How many runs there were: each has a name of its own.
    runs: Mutex<u32>,
    stopped: bool,
}

impl UserSpaceKernel {
    /// Writes the bundle of one run and starts it.
    fn launch(&self, exec: &Exec, name: &str) -> Result<Child, SandboxError> {
        let bundle = self.home.path().join(name);
        let env = environment(exec, std::iter::empty())?;
        bundle::write(&bundle, &self.image, &self.home.work(), self.ids, exec, &env)
            .map_err(|error| host("writing a bundle", &bundle, error))?;
        let mut command = self.runsc();
        command.args(["run", "--bundle"]).arg(&bundle).arg(name);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().map_err(|error| host("starting", &self.runsc, error))
    }

    fn remove(&self) -> Result<(), SandboxError> {
        let path = self.home.path();
        self.workspace.clear().map_err(|e| host("clearing the workspace", path, e))?;
        std::fs::remove_dir_all(path).map_err(|e| host("removing", path, e))
    }

    fn runsc(&self) -> Command {
        let mut command = Command::new(&self.runsc);
        command.env_clear().env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin");
        command.arg("--root").arg(self.home.path().join("state"));
        command.args(["--network=none", "--ignore-cgroups"]);
        command
    }

    /// Removes what a run left with the runtime.
    fn forget(&self, name: &str) {
        let quiet = || Stdio::null();
        let mut command = self.runsc();
        command.args(["delete", "--force", name]);
        command.stdin(quiet()).stdout(quiet()).stderr(quiet());
        // a container that ended is gone already
        let _ = command.status();
        let _ = std::fs::remove_dir_all(self.home.path().join(name));
    }

    fn watched(&self, exec: &Exec, mut child: Child) -> Result<Outcome, SandboxError> {
        let started = Instant::now();
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(SandboxError::Lost);
        };
        let ends = [OwnedFd::from(stdin), OwnedFd::from(stdout), OwnedFd::from(stderr)];
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let handle = pid
            .ok_or(SandboxError::Lost)
            .and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).map_err(SandboxError::network))?;
        for end in &ends {
            non_blocking(end).map_err(SandboxError::network)?;
        }
        let mut watch = Watch::new(exec, ends, started);
        let kill = || {
            // the runtime's own processes end with the one that waits for them
            let _ = pidfd_send_signal(&handle, Signal::KILL);
        };
        watch
            .until_end(&handle, kill, || self.workspace.over(&self.policy))
            .map_err(SandboxError::network)?;
        let ended = child.wait().map_err(|error| host("waiting for", &self.runsc, error))?;
        let full = watch.full || self.workspace.over(&self.policy);
        let status = match ended.code() {
            _ if full => Status::WorkspaceFull,
            _ if watch.timed_out => Status::TimedOut,
            Some(code @ 129..=159) => Status::Signalled(code - 128),
            Some(code) => Status::Exited(code),
            None => return Err(SandboxError::Lost),
        };
        Ok(watch.outcome(status, started.elapsed(), ENFORCED))
    }
}

impl Sandbox for UserSpaceKernel {
    fn start(policy: Policy) -> Result<Self, SandboxError> {
        let missing = |why: &str| SandboxError::TierUnavailable {
            tier: Tier::UserSpaceKernel,
            why: why.to_owned(),
        };
        let runsc = PLACES.iter().map(Path::new).find(|place| place.is_file());
        let runsc = runsc.ok_or_else(|| {
            missing("gVisor's `runsc` is not installed (Debian's package is `runsc`)")
        })?;
        if !rustix::process::geteuid().is_root() {
            return Err(missing("`runsc` needs root to make a container"));
        }
        let image = Image::new(&policy)?;
        let home = Home::make(policy.base.as_deref())?;
        let (workspace, ids) = home.furnish(&policy)?;
        let runs = Mutex::new(0);
        Ok(Self {
            runsc: runsc.to_owned(),
            policy,
            image,
            home,
            workspace,
            ids,
            runs,
            stopped: false,
        })
    }

    fn tier(&self) -> Tier {
        Tier::UserSpaceKernel
    }

    fn exec(&self, exec: &Exec) -> Result<Outcome, SandboxError> {
        // held to the end: runs of one session wait for each other
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        *runs += 1;
        let name = format!("vestibule-{}-{}", self.home.number(), *runs);
        let found = bundle::program(exec)?;
        let Some(found) = found else {
            return Ok(bundle::absent(exec, ENFORCED));
        };
        let exec = Exec { argv: found, ..exec.clone() };
        let child = self.launch(&exec, &name)?;
        let outcome = self.watched(&exec, child);
        self.forget(&name);
        outcome
    }

    fn put(&self, path: &str, bytes: &[u8], executable: bool) -> Result<(), SandboxError> {
        self.workspace.put(path, bytes, executable)
    }

    fn get(&self, path: &str, max: u64) -> Result<Vec<u8>, SandboxError> {
        self.workspace.get(path, max)
    }

    fn net(&self, _: &Net) -> Result<(), SandboxError> {
        let why = "each run has a network stack of its own here, so services can't be reached: tasks with services need tier 0 or 2";
        Err(Missing(why.to_owned()).into())
    }

    fn health(&self) -> Result<Vec<Health>, SandboxError> {
        Ok(Vec::new())
    }

    fn attest(&self) -> Result<Attestation, SandboxError> {
        let seen = self.exec(&attest_guest(&self.policy, LOOK)?)?;
        let environment = self.exec(&Exec::new(["cat", "/proc/self/environ"]))?;
        let look = Look::new(&seen, &environment, Reach::Nothing)?;
        Ok(judged_elsewhere(Tier::UserSpaceKernel, &look))
    }

    fn stop(mut self: Box<Self>) -> Result<(), SandboxError> {
        self.stopped = true;
        self.remove()
    }
}

impl Drop for UserSpaceKernel {
    fn drop(&mut self) {
        if !self.stopped {
            // nothing can be told from here; what stays is one private directory
            let _ = self.remove();
        }
    }
}
