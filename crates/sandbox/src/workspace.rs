//! The workspace from the host's side. The guest may put anything there, so no path is followed:
//! every open is `openat2` with `RESOLVE_BENEATH` and without symbolic links.

use crate::error::SandboxError;
use crate::home::Ids;
use crate::policy::{Guard, Guards, Policy};
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{
    AtFlags, CWD, Dir, FileType, Mode, OFlags, ResolveFlags, chmodat, fchmod, fchown, fstat,
    mkdirat, open, openat, openat2, renameat, statat, unlinkat,
};
use rustix::io::Errno;
use std::ffi::CString;
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

/// Deepest directory that usage is counted in; deeper trees count as over the bound.
const DEEPEST: usize = 64;
const LONGEST_PATH: usize = 1024;

#[derive(Debug)]
pub(crate) struct Workspace {
    dir: OwnedFd,
    owner: Option<Ids>,
    resolve: ResolveFlags,
}

fn parts(path: &str) -> Result<Vec<&str>, SandboxError> {
    let refuse =
        |reason| Err(SandboxError::Path { path: path.chars().take(200).collect(), reason });
    if path.is_empty() || path.len() > LONGEST_PATH {
        return refuse("use 1 to 1024 bytes");
    }
    if path.starts_with('/') {
        return refuse("paths are relative to the workspace");
    }
    if path.contains('\0') {
        return refuse("a path holds no zero byte");
    }
    let parts: Vec<_> = path.split('/').collect();
    if parts.iter().any(|p| p.is_empty() || *p == "." || *p == "..") {
        return refuse("empty parts, `.` and `..` are not allowed");
    }
    Ok(parts)
}

impl Workspace {
    pub(crate) fn open(path: &Path, ids: Ids, guards: Guards) -> Result<Self, Errno> {
        let dir =
            open(path, OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW, Mode::empty())?;
        let owner = ids.foreign().then_some(ids);
        if let Some(ids) = owner {
            fchown(&dir, Some(ids.host_uid()), Some(ids.host_gid()))?;
        }
        let resolve = if guards.has(Guard::Beneath) {
            ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS
        } else {
            ResolveFlags::empty()
        };
        Ok(Self { dir, owner, resolve })
    }

    fn beneath(&self, path: &str, flags: OFlags) -> Result<OwnedFd, Errno> {
        let flags = flags | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        openat2(&self.dir, path, flags, Mode::empty(), self.resolve)
    }

    fn adopt(&self, fd: impl AsFd, mode: u32) -> Result<(), Errno> {
        if let Some(ids) = self.owner {
            fchown(&fd, Some(ids.host_uid()), Some(ids.host_gid()))?;
        }
        fchmod(fd, Mode::from_raw_mode(mode))
    }

    pub(crate) fn put(
        &self,
        path: &str,
        bytes: &[u8],
        executable: bool,
    ) -> Result<(), SandboxError> {
        let parts = parts(path)?;
        let (name, above) = parts.split_last().expect("a path has at least one part");
        self.write(name, above, bytes, executable)
            .map_err(|error| SandboxError::File { path: path.to_owned(), error })
    }

    fn write(&self, name: &str, above: &[&str], bytes: &[u8], run: bool) -> std::io::Result<()> {
        let mut parent = self.dir.try_clone()?;
        for depth in 1..=above.len() {
            let made = match above.get(depth - 1) {
                Some(part) => mkdirat(&parent, *part, Mode::from_raw_mode(0o755)),
                None => Ok(()),
            };
            let prefix = above.get(..depth).unwrap_or(above).join("/");
            parent = match made {
                Ok(()) => {
                    let new = self.beneath(&prefix, OFlags::DIRECTORY)?;
                    self.adopt(&new, 0o755)?;
                    new
                }
                Err(Errno::EXIST) => self.beneath(&prefix, OFlags::DIRECTORY)?,
                Err(error) => return Err(error.into()),
            };
        }
        // Written beside and renamed, so that whatever the guest left under this name is replaced,
        // never opened.
        let fresh = ".put";
        match unlinkat(&parent, fresh, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(error) => return Err(error.into()),
        }
        let flags =
            OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let mut file = File::from(openat(&parent, fresh, flags, Mode::from_raw_mode(0o600))?);
        file.write_all(bytes)?;
        self.adopt(&file, if run { 0o755 } else { 0o644 })?;
        drop(file);
        if self.resolve.is_empty() {
            // Only in attempts on the protection itself: the naive way follows what is there.
            unlinkat(&parent, fresh, AtFlags::empty())?;
            let naive = OFlags::CREATE | OFlags::WRONLY | OFlags::CLOEXEC;
            return File::from(openat(&parent, name, naive, Mode::from_raw_mode(0o644))?)
                .write_all(bytes);
        }
        Ok(renameat(&parent, fresh, &parent, name)?)
    }

    pub(crate) fn get(&self, path: &str, max: u64) -> Result<Vec<u8>, SandboxError> {
        parts(path)?;
        let wrong = |error: std::io::Error| SandboxError::File { path: path.to_owned(), error };
        let fd = self.beneath(path, OFlags::RDONLY).map_err(|e| wrong(e.into()))?;
        let stat = fstat(&fd).map_err(|e| wrong(e.into()))?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(SandboxError::Path {
                path: path.to_owned(),
                reason: "it is no plain file",
            });
        }
        let size = u64::try_from(stat.st_size).unwrap_or(u64::MAX);
        let too_large = |size| SandboxError::TooLarge { path: path.to_owned(), size, max };
        if size > max {
            return Err(too_large(size));
        }
        let mut bytes = Vec::new();
        File::from(fd).take(max.saturating_add(1)).read_to_end(&mut bytes).map_err(wrong)?;
        match u64::try_from(bytes.len()).unwrap_or(u64::MAX) {
            size if size > max => Err(too_large(size)),
            _ => Ok(bytes),
        }
    }

    /// Whether the workspace exceeds the policy. What can't be counted counts as too much.
    pub(crate) fn over(&self, policy: &Policy) -> bool {
        if !policy.guards.has(Guard::Workspace) {
            return false;
        }
        let mut left = Left { bytes: policy.workspace_bytes, entries: policy.workspace_entries };
        self.dir.try_clone().is_ok_and(|dir| count(dir, 0, &mut left).is_none())
    }

    /// Removes everything in the workspace, however deep and whatever its modes.
    pub(crate) fn clear(&self) -> Result<(), Errno> {
        let mut moved = 0_u64;
        loop {
            let mut left = false;
            let again = openat(&self.dir, ".", OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
            for entry in Dir::new(again)? {
                let name = entry?.file_name().to_owned();
                if matches!(name.as_bytes(), b"." | b"..") {
                    continue;
                }
                left |= self.remove(&name, &mut moved)?;
            }
            if !left {
                return Ok(());
            }
        }
    }

    /// Removes one entry of the top; a directory's directories are moved to the top instead of being
    /// entered, so neither stack nor descriptors grow with depth. Says whether something is left.
    fn remove(&self, name: &CString, moved: &mut u64) -> Result<bool, Errno> {
        let stat = match statat(&self.dir, name.as_c_str(), AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => return Ok(false),
            other => other?,
        };
        if FileType::from_raw_mode(stat.st_mode) != FileType::Directory {
            unlinkat(&self.dir, name.as_c_str(), AtFlags::empty())?;
            return Ok(false);
        }
        let open = || -> Result<OwnedFd, Errno> {
            let flags = OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
            openat(&self.dir, name.as_c_str(), flags, Mode::empty())
        };
        chmodat(&self.dir, name.as_c_str(), Mode::RWXU, AtFlags::empty())?;
        let dir = open()?;
        for entry in Dir::new(open()?)? {
            let inner = entry?.file_name().to_owned();
            if matches!(inner.as_bytes(), b"." | b"..") {
                continue;
            }
            match unlinkat(&dir, inner.as_c_str(), AtFlags::empty()) {
                Ok(()) => {}
                Err(Errno::ISDIR | Errno::PERM) => self.lift(&dir, &inner, moved)?,
                Err(error) => return Err(error),
            }
        }
        unlinkat(&self.dir, name.as_c_str(), AtFlags::REMOVEDIR)?;
        Ok(*moved > 0)
    }

    fn lift(&self, from: &OwnedFd, inner: &CString, moved: &mut u64) -> Result<(), Errno> {
        chmodat(from, inner.as_c_str(), Mode::RWXU, AtFlags::empty())?;
        loop {
            *moved += 1;
            let to = format!(".removed-{moved}");
            match renameat(from, inner.as_c_str(), &self.dir, to.as_str()) {
                // A name the guest took: an occupied directory, or something that is none.
                Err(Errno::EXIST | Errno::NOTEMPTY | Errno::NOTDIR) => {}
                other => return other,
            }
        }
    }
}

struct Left {
    bytes: u64,
    entries: u64,
}

fn count(dir: OwnedFd, depth: usize, left: &mut Left) -> Option<()> {
    if depth > DEEPEST {
        return None;
    }
    let flags = OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    // An own description, so that the position of a shared one does not matter.
    let entries = Dir::new(openat(&dir, ".", flags, Mode::empty()).ok()?).ok()?;
    for entry in entries {
        let entry = entry.ok()?;
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        let stat = match statat(&dir, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            Err(Errno::NOENT) => continue,
            Err(_) => return None,
        };
        left.entries = left.entries.checked_sub(1)?;
        let blocks = u64::try_from(stat.st_blocks).unwrap_or(u64::MAX);
        left.bytes = left.bytes.checked_sub(blocks.saturating_mul(512))?;
        if FileType::from_raw_mode(stat.st_mode) == FileType::Directory {
            match openat(&dir, name, flags, Mode::empty()) {
                Ok(inner) => count(inner, depth + 1, left)?,
                Err(Errno::NOENT) => {}
                Err(_) => return None,
            }
        }
    }
    Some(())
}

/// Makes a directory that only this user can enter.
pub(crate) fn private_directory(path: &Path) -> Result<(), Errno> {
    mkdirat(CWD, path, Mode::RWXU)
}

#[cfg(test)]
mod tests;
