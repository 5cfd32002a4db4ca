//! A session's folder on the host, and who its guest is.
//!
//! To make and remove a folder takes a disk longer than all that the kernel does for a sandbox. So a home, which is empty between two
//! sessions, waits for the next one; the workspace in it is new for each, since a guest owned the last and may have marked it.

use crate::error::SandboxError;
use crate::policy::Policy;
use crate::workspace::{Workspace, private_directory};
use rustix::fs::{AtFlags, CWD, Gid, Mode, OFlags, Uid, fstat, openat, unlinkat};
use rustix::io::Errno;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

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

/// Homes that wait for a session, below the system's temporary directory.
static IDLE: Mutex<Vec<Home>> = Mutex::new(Vec::new());
/// Most of them.
const MOST_IDLE: usize = 32;
static SWEPT: Once = Once::new();
/// How their names begin; then the process that made it, and a number.
const NAME: &str = "vestibule-sandbox-";

fn idle() -> MutexGuard<'static, Vec<Home>> {
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes the homes that wait.
pub(crate) fn settle() {
    for home in std::mem::take(&mut *idle()) {
        home.discard();
    }
}

/// Removes homes that waited in processes that were killed. One that is in use is not empty, and stays.
fn sweep(base: &Path) {
    for entry in std::fs::read_dir(base).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let maker = name.to_str().and_then(|name| name.strip_prefix(NAME)?.split('-').next());
        let gone =
            |maker: &str| maker.parse::<u32>().is_ok() && !Path::new("/proc").join(maker).exists();
        if maker.is_some_and(gone) {
            // not ours, or in use after all
            let _ = swept(&base.join(&name));
        }
    }
}

/// Removes a home of this user's and the folder for its root, if they are empty. No link is followed.
fn swept(path: &Path) -> Result<(), Errno> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let home = openat(CWD, path, flags, Mode::empty())?;
    if fstat(&home)?.st_uid != rustix::process::geteuid().as_raw() {
        return Err(Errno::PERM);
    }
    unlinkat(&home, "root", AtFlags::REMOVEDIR)?;
    unlinkat(CWD, path, AtFlags::REMOVEDIR)
}

/// A folder that only the caller can enter.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    path: PathBuf,
    number: u32,
}

impl Home {
    /// Makes one below `base`, or below the system's temporary directory.
    pub(crate) fn make(base: Option<&Path>) -> Result<Self, SandboxError> {
        let base = base.map_or_else(std::env::temp_dir, Path::to_owned);
        let base = base.canonicalize().map_err(|e| host("finding the base directory", &base, e))?;
        let (path, number) = make(&base)?;
        Ok(Self { path, number })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Takes one that an earlier session left, or makes one: with an empty workspace that is this session's own, and an empty folder to
    /// build a root on.
    pub(crate) fn lodge(base: Option<&Path>) -> Result<Self, SandboxError> {
        if base.is_none() {
            SWEPT.call_once(|| sweep(&std::env::temp_dir()));
        }
        while let Some(home) = base.is_none().then(|| idle().pop()).flatten() {
            if private_directory(&home.work()).is_ok() {
                return Ok(home);
            }
            // somebody tidied it away
            home.discard();
        }
        let home = Self::make(base)?;
        for folder in [home.work(), home.root()] {
            private_directory(&folder).map_err(|e| host("making a directory", &folder, e))?;
        }
        Ok(home)
    }

    /// Where a root is built, in mount namespaces that are a guest's own.
    pub(crate) fn root(&self) -> PathBuf {
        self.path.join("root")
    }

    /// Ends the session's use: the workspace, which must be empty, is removed, and the rest waits for the next session. One below a base
    /// of its own is removed.
    pub(crate) fn leave(&self, base: Option<&Path>) -> Result<(), SandboxError> {
        let removed = std::fs::remove_dir(self.work());
        removed.map_err(|e| host("removing", &self.work(), e))?;
        let mut idle = idle();
        if base.is_none() && idle.len() < MOST_IDLE {
            idle.push(self.clone());
            return Ok(());
        }
        drop(idle);
        std::fs::remove_dir_all(&self.path).map_err(|e| host("removing", &self.path, e))
    }

    fn discard(&self) {
        // it is empty, or somebody else's by now
        let _ = std::fs::remove_dir(self.root());
        let _ = std::fs::remove_dir(&self.path);
    }

    /// Its number among those of this process.
    pub(crate) fn number(&self) -> u32 {
        self.number
    }

    /// Where the workspace is.
    pub(crate) fn work(&self) -> PathBuf {
        self.path.join("work")
    }

    /// Makes the workspace and gives it to a guest.
    pub(crate) fn furnish(&self, policy: &Policy) -> Result<(Workspace, Ids), SandboxError> {
        let work = self.work();
        private_directory(&work).map_err(|e| host("making a directory", &work, e))?;
        self.hand_over(policy)
    }

    /// Gives the workspace to a guest.
    pub(crate) fn hand_over(&self, policy: &Policy) -> Result<(Workspace, Ids), SandboxError> {
        let work = self.work();
        identities(self.number)
            .into_iter()
            .find_map(|ids| Some((Workspace::open(&work, ids, policy.guards).ok()?, ids)))
            .ok_or_else(|| host("giving the workspace to the guest", &work, Errno::PERM))
    }
}

pub(crate) fn host(
    doing: &'static str,
    path: &Path,
    error: impl Into<std::io::Error>,
) -> SandboxError {
    SandboxError::Host { doing, path: path.to_owned(), error: error.into() }
}

fn make(base: &Path) -> Result<(PathBuf, u32), SandboxError> {
    // A name that is taken, by an earlier process of the same id or by someone who guesses, is skipped:
    // making a directory never follows a link.
    for _ in 0..10_000 {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let home = base.join(format!("{NAME}{}-{number}", std::process::id()));
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
