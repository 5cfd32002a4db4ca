//! A real folder.

use super::{Disk, DiskError};
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// How many files are open at once while a batch is written.
const OPEN_FILES: usize = 128;

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

/// Syncs a folder that was opened before it changed, so that no error is lost in between.
fn sync(folder: &File, path: &str) -> Result<(), DiskError> {
    folder.sync_all().map_err(|e| DiskError::sync(path, e))
}

fn open_folder(at: &Path, path: &str) -> Result<File, DiskError> {
    File::open(at).map_err(|e| DiskError::new(path, "opened", e))
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

    fn create_folder(&self, folder: &str) -> Result<(), DiskError> {
        let parent = folder.rsplit_once('/').map_or("", |(parent, _)| parent);
        let held = open_folder(&self.at(parent), parent)?;
        match fs::create_dir(self.at(folder)) {
            Ok(()) => {}
            Err(e) if e.kind() == ErrorKind::AlreadyExists && self.at(folder).is_dir() => {}
            Err(e) => return Err(DiskError::new(folder, "created", e)),
        }
        sync(&held, parent)
    }

    fn write(&self, files: &[(String, &[u8])]) -> Result<(), DiskError> {
        for batch in files.chunks(OPEN_FILES) {
            // All are written before the first is synced: one commit of the file system's journal then covers
            // most of the batch.
            let mut open = Vec::with_capacity(batch.len());
            for (path, bytes) in batch {
                let failed = |e| DiskError::new(path, "written", e);
                let mut file = File::create(self.at(path)).map_err(failed)?;
                file.write_all(bytes).map_err(failed)?;
                open.push((file, path));
            }
            for (file, path) in open {
                file.sync_all().map_err(|e| DiskError::sync(path, e))?;
            }
        }
        Ok(())
    }

    fn place(&self, folder: &str, files: &[(String, String)]) -> Result<(), DiskError> {
        let held = open_folder(&self.at(folder), folder)?;
        for (from, name) in files {
            let target = self.at(folder).join(name);
            fs::rename(self.at(from), target).map_err(|e| DiskError::new(from, "placed", e))?;
        }
        sync(&held, folder)
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
