//! A session's folder on the host, and who its guest is.

use crate::error::SandboxError;
use crate::policy::Policy;
use crate::workspace::{Workspace, private_directory};
use rustix::fs::{Gid, Uid};
use rustix::io::Errno;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

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

/// A folder that only the caller can enter.
#[derive(Debug)]
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
