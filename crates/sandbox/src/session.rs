//! A session: one private workspace and the programs run over it, one at a time.

use crate::cgroup::Group;
use crate::error::SandboxError;
use crate::plan::{Image, Plan};
use crate::policy::{Exec, Guard, How, Outcome, Policy, Tier};
use crate::run::{self, Run};
use crate::workspace::{Workspace, private_directory};
use rustix::fs::{Gid, Uid};
use rustix::io::Errno;
use std::ffi::CString;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

/// Who the guest is, inside and on the host.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ids {
    pub(crate) inside: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    /// Whether the host's user differs from the caller's.
    pub(crate) other: bool,
    pub(crate) drop_groups: bool,
}

impl Ids {
    pub(crate) fn inside_uid(self) -> Uid {
        Uid::from_raw(self.inside)
    }
    pub(crate) fn inside_gid(self) -> Gid {
        Gid::from_raw(self.inside)
    }
    pub(crate) fn host_uid(self) -> Uid {
        Uid::from_raw(self.uid)
    }
    pub(crate) fn host_gid(self) -> Gid {
        Gid::from_raw(self.gid)
    }
    pub(crate) fn foreign(self) -> bool {
        self.other
    }
}

/// The guest's user and group inside.
const INSIDE: u32 = 1000;
/// Host users for guests of a privileged caller: outside every range that distributions and systemd
/// hand out (systemd's UIDS-GIDS document), one per session so that per-user quotas are apart.
const FIRST: u32 = 1_900_000_000;
/// The fallback where the caller's own namespace maps fewer users, as in a container.
const NOBODY: u32 = 65_534;

static COUNT: AtomicU32 = AtomicU32::new(0);

/// A sandbox with a workspace that lasts from [`Session::start`] to [`Session::stop`] or drop.
pub struct Session {
    policy: Policy,
    image: Image,
    home: PathBuf,
    staging: CString,
    work: CString,
    workspace: Workspace,
    ids: Ids,
    group: Mutex<Group>,
    stopped: bool,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("home", &self.home)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

fn host(doing: &'static str, path: &Path, error: impl Into<std::io::Error>) -> SandboxError {
    SandboxError::Host { doing, path: path.to_owned(), error: error.into() }
}

impl Session {
    /// Makes a workspace and finds out how limits can be enforced. Runs nothing yet; whether the
    /// machine isolates at all is what [`crate::probe`] tells.
    ///
    /// # Errors
    /// A tier that is not here, a place of the policy that does not exist, or a base directory that
    /// can't be written.
    pub fn start(policy: Policy) -> Result<Self, SandboxError> {
        if policy.tier != Tier::Namespaces {
            return Err(SandboxError::TierUnavailable(policy.tier));
        }
        let image = Image::new(&policy)?;
        let base = policy.base.clone().unwrap_or_else(std::env::temp_dir);
        let base = base.canonicalize().map_err(|e| host("finding the base directory", &base, e))?;
        let (home, number) = make_home(&base)?;
        Self::furnish(policy, image, &home, number).inspect_err(|_| {
            let _ = std::fs::remove_dir_all(&home);
        })
    }

    fn furnish(
        policy: Policy,
        image: Image,
        home: &Path,
        number: u32,
    ) -> Result<Self, SandboxError> {
        let (work, staging) = (home.join("work"), home.join("root"));
        for dir in [&work, &staging] {
            private_directory(dir).map_err(|e| host("making a directory", dir, e))?;
        }
        let (workspace, mut ids) = identities(number)
            .into_iter()
            .find_map(|ids| Some((Workspace::open(&work, ids, policy.guards).ok()?, ids)))
            .ok_or_else(|| host("giving the workspace to the guest", &work, Errno::PERM))?;
        if !policy.guards.has(Guard::User) {
            // Only in escape attempts: without a user namespace the numbers are the host's.
            ids.inside = ids.uid;
        }
        let group = if policy.guards.has(Guard::Groups) {
            Group::create(&format!("vestibule-{}-{number}", std::process::id()))
        } else {
            Group::none()
        };
        let c = |path: &Path| {
            CString::new(path.as_os_str().as_bytes())
                .map_err(|_| host("naming", path, Errno::INVAL))
        };
        Ok(Self {
            staging: c(&staging)?,
            work: c(&work)?,
            policy,
            image,
            home: home.to_owned(),
            workspace,
            ids,
            group: Mutex::new(group),
            stopped: false,
        })
    }

    /// Runs a program and waits for its end, and for that of everything it started. Calls on one
    /// session wait for each other. Blocking: an asynchronous caller uses a blocking thread.
    ///
    /// # Errors
    /// Only what is wrong with the request or the host; what the guest does is in the [`Outcome`].
    pub fn exec(&self, exec: &Exec) -> Result<Outcome, SandboxError> {
        self.run(exec, None)
    }

    pub(crate) fn run(&self, exec: &Exec, inspect: Option<fn()>) -> Result<Outcome, SandboxError> {
        let mut group = self.group.lock().unwrap_or_else(PoisonError::into_inner);
        let enforced = group.limit(&exec.limits);
        let plan = Plan::new(exec, self.policy.guards, enforced.memory == How::Rlimit)?;
        run::run(&Run {
            policy: &self.policy,
            image: &self.image,
            plan: &plan,
            ids: self.ids,
            staging: &self.staging,
            work: &self.work,
            workspace: &self.workspace,
            group: &group,
            enforced,
            exec,
            inspect,
        })
    }

    /// Puts a file in the workspace, making directories above it. Whatever was under that name is
    /// replaced, a symbolic link included; none is followed.
    ///
    /// # Errors
    /// A path that is absolute, has `..`, or leads through a link or a file; a full disk.
    pub fn put(&self, path: &str, bytes: &[u8], executable: bool) -> Result<(), SandboxError> {
        self.workspace.put(path, bytes, executable)
    }

    /// Reads a plain file of at most `max` bytes from the workspace, following no link.
    ///
    /// # Errors
    /// A path as for [`Session::put`], no such file, something that is no plain file, or one too large.
    pub fn get(&self, path: &str, max: u64) -> Result<Vec<u8>, SandboxError> {
        self.workspace.get(path, max)
    }

    /// Removes the workspace and the control groups. Dropping does the same but can't report.
    ///
    /// # Errors
    /// What could not be removed.
    pub fn stop(mut self) -> Result<(), SandboxError> {
        self.stopped = true;
        self.remove()
    }

    fn remove(&mut self) -> Result<(), SandboxError> {
        self.group.get_mut().unwrap_or_else(PoisonError::into_inner).remove();
        self.workspace.clear().map_err(|e| host("clearing the workspace", &self.home, e))?;
        std::fs::remove_dir_all(&self.home).map_err(|e| host("removing", &self.home, e))
    }

    pub(crate) fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Whether guests run as a user that is not the caller.
    pub(crate) fn own_user(&self) -> bool {
        self.ids.other
    }

    /// Where the workspace is on the host, for the escape attempts.
    pub(crate) fn host_path(&self) -> PathBuf {
        self.home.join("work")
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if !self.stopped {
            // Nothing can be told from here; what stays is one private directory.
            let _ = self.remove();
        }
    }
}

fn make_home(base: &Path) -> Result<(PathBuf, u32), SandboxError> {
    // A name that is taken, by an earlier process of the same id or by someone who guesses, is skipped:
    // making a directory never follows a link.
    for _ in 0..10_000 {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let home = base.join(format!("vestibule-sandbox-{}-{number}", std::process::id()));
        match private_directory(&home) {
            Ok(()) => return Ok((home, number)),
            Err(Errno::EXIST) => {}
            Err(error) => return Err(host("making a session directory", &home, error)),
        }
    }
    Err(host("making a session directory", base, Errno::EXIST))
}

/// Who the guest may be, best first: an unused user, `nobody`, the caller.
fn identities(number: u32) -> Vec<Ids> {
    let (uid, gid) = (rustix::process::geteuid(), rustix::process::getegid());
    let own = Ids {
        inside: INSIDE,
        uid: uid.as_raw(),
        gid: gid.as_raw(),
        other: false,
        drop_groups: false,
    };
    if !uid.is_root() {
        return vec![own];
    }
    let unused = FIRST + number % 65_536;
    let other = |id| Ids { inside: INSIDE, uid: id, gid: id, other: true, drop_groups: true };
    vec![other(unused), other(NOBODY), Ids { drop_groups: true, ..own }]
}
