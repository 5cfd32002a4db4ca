//! A real folder.

use super::{Disk, DiskError};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::PathBuf;

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
            match fs::create_dir(self.at(folder)) {
                Ok(()) => {}
                Err(e) if e.kind() == ErrorKind::AlreadyExists && self.at(folder).is_dir() => {}
                Err(e) => return Err(DiskError::new(folder, "created", e)),
            }
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
