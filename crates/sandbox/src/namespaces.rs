//! Tier 0: one private workspace and the programs run over it in namespaces, one at a time.

use crate::attest::{self, Attestation, Look};
use crate::cgroup::Group;
use crate::error::SandboxError;
use crate::home::{Home, Ids, host};
use crate::net::{Health, Net, Space, Wired};
use crate::plan::{Image, Plan};
use crate::policy::{Exec, Guard, How, Outcome, Policy, Tier};
use crate::run::{self, Run};
use crate::tier::Sandbox;
use crate::workspace::Workspace;
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use std::ffi::CString;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// A sandbox of tier 0 with a workspace that lasts from start to stop or drop.
pub(crate) struct Namespaces {
    policy: Policy,
    image: Image,
    home: Home,
    staging: CString,
    work: CString,
    workspace: Workspace,
    ids: Ids,
    group: Mutex<Group>,
    wired: Mutex<Option<Wired>>,
    stopped: bool,
}

impl fmt::Debug for Namespaces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Namespaces")
            .field("home", &self.home.path())
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

impl Namespaces {
    /// Makes a workspace and finds out how limits can be enforced. Runs nothing yet; whether the
    /// machine isolates at all is what [`crate::probe`] tells.
    ///
    /// # Errors
    /// A place of the policy that does not exist, or a base directory that can't be written.
    pub(crate) fn new(policy: Policy) -> Result<Self, SandboxError> {
        let image = Image::new(&policy)?;
        let home = Home::lodge(policy.base.as_deref())?;
        Self::furnish(policy, image, &home).inspect_err(|_| {
            let _ = std::fs::remove_dir_all(home.path());
        })
    }

    fn furnish(policy: Policy, image: Image, home: &Home) -> Result<Self, SandboxError> {
        let (workspace, mut ids) = home.hand_over(&policy)?;
        if !policy.guards.has(Guard::User) {
            // Only in escape attempts: without a user namespace the numbers are the host's.
            ids.inside = ids.uid;
        }
        let group = if policy.guards.has(Guard::Groups) {
            Group::create(home.number())
        } else {
            Group::none()
        };
        let c = |path: &Path| {
            CString::new(path.as_os_str().as_bytes())
                .map_err(|_| host("naming", path, Errno::INVAL))
        };
        Ok(Self {
            staging: c(&home.root())?,
            work: c(&home.work())?,
            policy,
            image,
            home: home.clone(),
            workspace,
            ids,
            group: Mutex::new(group),
            wired: Mutex::new(None),
            stopped: false,
        })
    }

    /// Runs a program in the network that [`Sandbox::net`] gave, in none without.
    pub(crate) fn run(&self, exec: &Exec, inspect: Option<fn()>) -> Result<Outcome, SandboxError> {
        let wired = self.wired.lock().unwrap_or_else(PoisonError::into_inner);
        match wired.as_ref() {
            None => self.run_in(None, exec, inspect, None),
            Some(wired) => self.run_in(Some(wired.agent()), exec, inspect, None),
        }
    }

    /// Runs a program, in this network namespace when one is given. It is killed when `cancel` closes.
    pub(crate) fn run_in(
        &self,
        network: Option<&Space>,
        exec: &Exec,
        inspect: Option<fn()>,
        cancel: Option<&OwnedFd>,
    ) -> Result<Outcome, SandboxError> {
        let mut group = self.group.lock().unwrap_or_else(PoisonError::into_inner);
        let enforced = group.limit(&exec.limits);
        let group: &Group = &group;
        let work = || {
            let plan = Plan::new(exec, self.policy.guards, enforced.memory == How::Rlimit)?;
            run::run(&Run {
                policy: &self.policy,
                image: &self.image,
                plan: &plan,
                ids: self.ids,
                staging: &self.staging,
                work: &self.work,
                workspace: &self.workspace,
                group,
                enforced,
                exec,
                inspect,
                joined: network.is_some(),
                cancel,
            })
        };
        match network {
            None => work(),
            Some(space) => space.inside(work)?,
        }
    }

    fn remove(&mut self) -> Result<(), SandboxError> {
        // its services end first
        drop(self.wired.get_mut().unwrap_or_else(PoisonError::into_inner).take());
        self.group.get_mut().unwrap_or_else(PoisonError::into_inner).release();
        let cleared = self.workspace.clear();
        cleared.map_err(|e| host("clearing the workspace", self.home.path(), e))?;
        self.home.leave(self.policy.base.as_deref())
    }

    /// What this sandbox looks like from the guest's place, with its network if it has one.
    pub(crate) fn look(&self) -> Result<Look, SandboxError> {
        let seen = self.run(&Exec::new(["inspect"]), Some(attest::around))?;
        let environment = self.run(&Exec::new(["cat", "/proc/self/environ"]), None)?;
        let wired = self.wired.lock().unwrap_or_else(PoisonError::into_inner);
        Look::new(&seen, &environment, wired.as_ref().map(Wired::reach).unwrap_or_default())
    }

    /// Whether guests run as a user that is not the caller.
    pub(crate) fn own_user(&self) -> bool {
        self.ids.other
    }

    /// Where the workspace is on the host, for the escape attempts.
    pub(crate) fn host_path(&self) -> PathBuf {
        self.home.work()
    }
}

impl Sandbox for Namespaces {
    fn start(policy: Policy) -> Result<Self, SandboxError> {
        Self::new(policy)
    }

    fn tier(&self) -> Tier {
        Tier::Namespaces
    }

    fn exec(&self, exec: &Exec) -> Result<Outcome, SandboxError> {
        self.run(exec, None)
    }

    fn put(&self, path: &str, bytes: &[u8], executable: bool) -> Result<(), SandboxError> {
        self.workspace.put(path, bytes, executable)
    }

    fn get(&self, path: &str, max: u64) -> Result<Vec<u8>, SandboxError> {
        self.workspace.get(path, max)
    }

    fn net(&self, net: &Net) -> Result<(), SandboxError> {
        let wired = Wired::new(net, &self.policy)?;
        *self.wired.lock().unwrap_or_else(PoisonError::into_inner) = Some(wired);
        Ok(())
    }

    fn health(&self) -> Result<Vec<Health>, SandboxError> {
        let wired = self.wired.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(wired.as_ref().map(Wired::health).unwrap_or_default())
    }

    fn attest(&self) -> Result<Attestation, SandboxError> {
        Ok(attest::judged(Tier::Namespaces, &self.look()?))
    }

    fn stop(mut self: Box<Self>) -> Result<(), SandboxError> {
        self.stopped = true;
        self.remove()
    }
}

impl Drop for Namespaces {
    fn drop(&mut self) {
        if !self.stopped {
            // Nothing can be told from here; what stays is one private directory.
            let _ = self.remove();
        }
    }
}
