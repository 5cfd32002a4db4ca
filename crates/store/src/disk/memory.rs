//! Files in memory, for tests, simulations and trying things out.

use super::{Disk, DiskError};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Error, ErrorKind};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A disk in memory. It is as strict as a real one: no file without its folder.
#[derive(Debug, Default)]
pub struct MemoryDisk {
    content: Mutex<Content>,
}

#[derive(Debug, Clone, Default)]
struct Content {
    folders: BTreeSet<String>,
    files: BTreeMap<String, Vec<u8>>,
}

/// The folder of a path; the root is the empty path.
fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

impl Content {
    fn require(&self, folder: &str, path: &str) -> Result<(), DiskError> {
        if folder.is_empty() || self.folders.contains(folder) {
            return Ok(());
        }
        Err(DiskError::new(path, "written", Error::from(ErrorKind::NotFound)))
    }
}

impl MemoryDisk {
    /// An empty disk.
    pub fn new() -> Self {
        Self::default()
    }

    /// A disk with the same content.
    pub fn copy(&self) -> Self {
        Self { content: Mutex::new(self.lock().clone()) }
    }

    fn lock(&self) -> MutexGuard<'_, Content> {
        // Every operation leaves the content whole, so a panic elsewhere does not spoil it.
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Disk for MemoryDisk {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, DiskError> {
        Ok(self.lock().files.get(path).cloned())
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, DiskError> {
        let below = |path: &&String| {
            folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
        };
        Ok(self.lock().files.keys().filter(below).cloned().collect())
    }

    fn create_folders(&self, folders: &[String]) -> Result<(), DiskError> {
        let mut content = self.lock();
        for folder in folders {
            content.require(parent(folder), folder)?;
            content.folders.insert(folder.clone());
        }
        Ok(())
    }

    fn write(&self, files: &[(String, &[u8])]) -> Result<(), DiskError> {
        let mut content = self.lock();
        for (path, bytes) in files {
            content.require(parent(path), path)?;
            content.files.insert(path.clone(), bytes.to_vec());
        }
        Ok(())
    }

    fn place(&self, files: &[(String, String)]) -> Result<(), DiskError> {
        let mut content = self.lock();
        for (from, to) in files {
            content.require(parent(to), to)?;
            let Some(bytes) = content.files.remove(from) else {
                return Err(DiskError::new(from, "placed", Error::from(ErrorKind::NotFound)));
            };
            content.files.insert(to.clone(), bytes);
        }
        Ok(())
    }

    fn put(&self, folders: &[String], files: &[(String, &[u8])]) -> Result<Vec<usize>, DiskError> {
        self.create_folders(folders)?;
        let mut content = self.lock();
        let mut taken = Vec::new();
        for (at, (path, bytes)) in files.iter().enumerate() {
            content.require(parent(path), path)?;
            if content.files.contains_key(path) {
                taken.push(at);
            } else {
                content.files.insert(path.clone(), bytes.to_vec());
            }
        }
        Ok(taken)
    }

    fn remove(&self, path: &str) -> Result<(), DiskError> {
        let mut content = self.lock();
        if content.files.remove(path).is_none() {
            let inside = |p: &String| p.strip_prefix(path).is_some_and(|r| r.starts_with('/'));
            if content.files.keys().any(inside) {
                let full = Error::from(ErrorKind::DirectoryNotEmpty);
                return Err(DiskError::new(path, "removed", full));
            }
            content.folders.remove(path);
        }
        Ok(())
    }
}
