//! A real folder.

use super::{Disk, DiskError};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Above so many files or folders, one sync of the whole file system is cheaper than one of each. It reports
/// the errors of everything written since it was opened (Linux 5.8 and later).
const MANY: usize = 16;

/// A folder of the file system.
#[derive(Debug, Clone)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// The folder at a path, which exists.
    pub const fn new(root: PathBuf) -> Self {
        Self { root }
    }

    fn at(&self, path: &str) -> PathBuf {
        if path.is_empty() { self.root.clone() } else { self.root.join(path) }
    }

    fn create_folder(&self, folder: &str) -> Result<(), DiskError> {
        match fs::create_dir(self.at(folder)) {
            Ok(()) => Ok(()),
            Err(e) if e.kind() == ErrorKind::AlreadyExists && self.at(folder).is_dir() => Ok(()),
            Err(e) => Err(DiskError::new(folder, "created", e)),
        }
    }

    fn list_into(&self, folder: &str, found: &mut Vec<String>) -> Result<(), DiskError> {
        let failed = |e| DiskError::new(folder, "listed", e);
        let entries = match fs::read_dir(self.at(folder)) {
            Ok(entries) => entries,
            Err(e) if matches!(e.kind(), ErrorKind::NotFound) => return Ok(()),
            Err(e) => return Err(failed(e)),
        };
        for entry in entries {
            let entry = entry.map_err(failed)?;
            // Every name that we write is UTF-8; others are none of ours.
            let Ok(name) = entry.file_name().into_string() else { continue };
            let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            if entry.file_type().map_err(failed)?.is_dir() {
                self.list_into(&path, found)?;
            } else {
                found.push(path);
            }
        }
        Ok(())
    }
}

/// What is held open while things change, so that no error is lost before the sync.
enum Held {
    /// Each file or folder, with its path.
    Each(Vec<(File, String)>),
    /// The root, for the whole file system.
    All(File),
}

impl Held {
    fn sync(self) -> Result<(), DiskError> {
        match self {
            Self::Each(held) => held.into_iter().try_for_each(|(file, path)| {
                file.sync_all().map_err(|e| DiskError::sync(&path, e))
            }),
            Self::All(root) => {
                rustix::fs::syncfs(&root).map_err(|e| DiskError::sync("the file system", e.into()))
            }
        }
    }
}

/// Moves a file to where nothing is; false, and nothing is done, if something is there.
fn rename_to_nothing(from: &Path, to: &Path) -> io::Result<bool> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Ok(()) => Ok(true),
        Err(Errno::EXIST) => Ok(false),
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => look_and_rename(from, to),
        Err(e) => Err(e.into()),
    }
}

/// The same on a file system that can't do it in one step. One process writes here, so nothing comes in between.
fn look_and_rename(from: &Path, to: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(to) {
        Ok(_) => Ok(false),
        Err(e) if e.kind() == ErrorKind::NotFound => fs::rename(from, to).map(|()| true),
        Err(e) => Err(e),
    }
}

/// The folder of a path; the root is the empty path.
fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

impl Folder {
    /// Opens the root, for a sync of the whole file system.
    fn hold_all(&self) -> Result<Held, DiskError> {
        let root = File::open(&self.root).map_err(|e| DiskError::new("", "opened", e))?;
        Ok(Held::All(root))
    }

    /// Opens a folder, unless it is open already.
    fn hold_one(&self, path: &str, held: &mut BTreeMap<String, File>) -> Result<(), DiskError> {
        if !held.contains_key(path) {
            let failed = |e| DiskError::new(path, "opened", e);
            held.insert(path.to_owned(), File::open(self.at(path)).map_err(failed)?);
        }
        Ok(())
    }

    /// Opens these folders, or the root for all of them.
    fn hold<'p>(&self, folders: impl Iterator<Item = &'p str>) -> Result<Held, DiskError> {
        let folders: BTreeSet<&str> = folders.collect();
        if folders.len() > MANY {
            return self.hold_all();
        }
        let open = |path| File::open(self.at(path)).map_err(|e| DiskError::new(path, "opened", e));
        let held = folders.into_iter().map(|path| Ok((open(path)?, path.to_owned())));
        Ok(Held::Each(held.collect::<Result<_, DiskError>>()?))
    }
}

impl Disk for Folder {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, DiskError> {
        match fs::read(self.at(path)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                Ok(None)
            }
            Err(e) => Err(DiskError::new(path, "read", e)),
        }
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, DiskError> {
        let mut found = Vec::new();
        self.list_into(folder, &mut found)?;
        found.sort();
        Ok(found)
    }

    fn create_folders(&self, folders: &[String]) -> Result<(), DiskError> {
        // A parent that is itself new has its own parent held, and is synced after its children exist.
        let mut held = Vec::new();
        let many = folders.len() > MANY;
        if many {
            held.push(self.hold_all()?);
        }
        for folder in folders {
            if !many {
                held.push(self.hold(std::iter::once(parent(folder)))?);
            }
            self.create_folder(folder)?;
        }
        held.into_iter().try_for_each(Held::sync)
    }

    fn write(&self, files: &[(String, &[u8])]) -> Result<(), DiskError> {
        let many = files.len() > MANY;
        let all = if many { Some(self.hold_all()?) } else { None };
        let mut each = Vec::new();
        for (path, bytes) in files {
            let failed = |e| DiskError::new(path, "written", e);
            let mut file = File::create(self.at(path)).map_err(failed)?;
            file.write_all(bytes).map_err(failed)?;
            if !many {
                each.push((file, path.clone()));
            }
        }
        all.unwrap_or(Held::Each(each)).sync()
    }

    fn place(&self, files: &[(String, String)]) -> Result<(), DiskError> {
        let held = self.hold(files.iter().map(|(_, to)| parent(to)))?;
        for (from, to) in files {
            let failed = |e| DiskError::new(to, "placed", e);
            fs::rename(self.at(from), self.at(to)).map_err(failed)?;
        }
        held.sync()
    }

    fn put(&self, folders: &[String], files: &[(String, &[u8])]) -> Result<Vec<usize>, DiskError> {
        let many = files.len() + folders.len() > MANY;
        let all = if many { Some(self.hold_all()?) } else { None };
        let mut changed = BTreeMap::new();
        for folder in folders {
            if !many {
                self.hold_one(parent(folder), &mut changed)?;
            }
            self.create_folder(folder)?;
        }
        let (mut taken, mut each) = (Vec::new(), Vec::new());
        for (at, (path, bytes)) in files.iter().enumerate() {
            let from = self.at(&format!("tmp/{at}"));
            let failed = |e| DiskError::new(path, "placed", e);
            let mut file = File::create(&from).map_err(failed)?;
            file.write_all(bytes).map_err(failed)?;
            if !many {
                self.hold_one(parent(path), &mut changed)?;
                each.push((file, path.clone()));
            }
            if !rename_to_nothing(&from, &self.at(path)).map_err(failed)? {
                fs::remove_file(&from).map_err(failed)?;
                taken.push(at);
            }
        }
        // the first sync takes most of the others with it
        each.extend(changed.into_iter().map(|(path, folder)| (folder, path)));
        all.unwrap_or(Held::Each(each)).sync()?;
        Ok(taken)
    }

    fn remove(&self, path: &str) -> Result<(), DiskError> {
        let at = self.at(path);
        let removed = match fs::symlink_metadata(&at) {
            Ok(found) if found.is_dir() => fs::remove_dir(&at),
            Ok(_) => fs::remove_file(&at),
            Err(e) => Err(e),
        };
        match removed {
            Err(e) if e.kind() != ErrorKind::NotFound => Err(DiskError::new(path, "removed", e)),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
