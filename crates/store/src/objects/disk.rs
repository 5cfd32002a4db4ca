//! The file operations over objects. What is written is held in memory until it is placed.

use super::Objects;
use crate::disk::{Disk, DiskError, DiskFault};
use ledger::{CHECKPOINT_PATH, Object, WITNESSED_PATH};
use std::collections::BTreeMap;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tlog::SignedCheckpoint;
use tokio::task::JoinSet;

/// How many objects are put at a time.
const AT_ONCE: usize = 32;
/// How often a conditional request is tried again when others come between.
const TRIES: u32 = 16;

/// A disk over objects that several processes share.
#[derive(Debug)]
pub struct ObjectDisk {
    objects: Objects,
    /// Files that were written and not placed.
    written: Mutex<BTreeMap<String, Vec<u8>>>,
}

impl ObjectDisk {
    /// A disk over these objects.
    pub const fn new(objects: Objects) -> Self {
        Self { objects, written: Mutex::new(BTreeMap::new()) }
    }

    fn written(&self) -> MutexGuard<'_, BTreeMap<String, Vec<u8>>> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_temporary(path: &str) -> bool {
    path.starts_with("tmp/")
}

/// How new a checkpoint is: the leaves of its tree, then how many have signed it.
fn age(note: &[u8]) -> Option<(u64, usize)> {
    let signed = SignedCheckpoint::parse(note).ok()?;
    Some((signed.checkpoint().size(), signed.note().signatures().len()))
}

/// A path that is swapped for what is newer; everything else below `log/` never changes.
fn is_checkpoint(path: &str) -> bool {
    path.strip_prefix("log/").is_some_and(|path| [CHECKPOINT_PATH, WITNESSED_PATH].contains(&path))
}

/// Puts an object where its kind may be: what is immutable only where there is nothing or the same.
async fn place(objects: Objects, path: String, bytes: Vec<u8>) -> io::Result<()> {
    if path.starts_with("stage/") {
        // its name tells what is in it
        return objects.put(path, bytes).await;
    }
    let checkpoint = is_checkpoint(&path);
    for _ in 0..TRIES {
        let there = match checkpoint {
            true => objects.clone().get(path.clone()).await?,
            false => None,
        };
        if there.as_ref().is_some_and(|(now, _)| *now == bytes || age(now) >= age(&bytes)) {
            // a late old checkpoint must not win
            return Ok(());
        }
        let version = there.map(|(_, version)| version);
        if objects.clone().put_if(path.clone(), bytes.clone(), version).await? {
            return Ok(());
        }
        if checkpoint {
            continue;
        }
        let Some((now, version)) = objects.clone().get(path.clone()).await? else { continue };
        let object = path.starts_with("log/object/");
        if now == bytes || (object && is_shredded_of(&now, &bytes)) {
            // another process has finished this append, and may have shredded since
            return Ok(());
        }
        if !object || !is_shredded_of(&bytes, &now) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        if objects.clone().put_if(path.clone(), bytes.clone(), Some(version)).await? {
            return Ok(());
        }
    }
    Err(io::Error::other("others write there again and again"))
}

/// Whether one object is what remains of the other: all that may ever take its place.
fn is_shredded_of(remains: &[u8], whole: &[u8]) -> bool {
    let whole = Object::from_bytes(whole).ok().filter(|object| !object.is_shredded());
    whole.is_some_and(|object| object.shredded().to_bytes() == remains)
}

impl Disk for ObjectDisk {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, DiskError> {
        if is_temporary(path) {
            return Ok(self.written().get(path).cloned());
        }
        let found = self.objects.wait(self.objects.clone().get(path.to_owned()));
        let found = found.map_err(|source| DiskError::new(path, "read", source))?;
        Ok(found.map(|(bytes, _)| bytes))
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, DiskError> {
        if is_temporary(&format!("{folder}/")) {
            return Ok(self.written().keys().cloned().collect());
        }
        let found = self.objects.wait(self.objects.clone().list(folder.to_owned()));
        found.map_err(|source| DiskError::new(folder, "listed", source))
    }

    fn create_folders(&self, _folders: &[String]) -> Result<(), DiskError> {
        Ok(())
    }

    fn write(&self, files: &[(String, &[u8])]) -> Result<(), DiskError> {
        let mut written = self.written();
        written.extend(files.iter().map(|(path, bytes)| (path.clone(), bytes.to_vec())));
        Ok(())
    }

    fn place(&self, files: &[(String, String)]) -> Result<(), DiskError> {
        for some in files.chunks(AT_ONCE) {
            let mut work = Vec::with_capacity(some.len());
            for (from, to) in some {
                let missing = || io::Error::from(io::ErrorKind::NotFound);
                let bytes = self.written().remove(from);
                let bytes = bytes.ok_or_else(|| DiskError::new(from, "placed", missing()))?;
                work.push((to.clone(), bytes));
            }
            let objects = self.objects.clone();
            let failed = self.objects.wait(async move {
                let mut tasks = JoinSet::new();
                for (path, bytes) in work {
                    let placed = place(objects.clone(), path.clone(), bytes);
                    tasks.spawn(async move { placed.await.map_err(|source| (path, source)) });
                }
                // all of them end before the first failure is told: none is on its way while the caller goes on
                let done = tasks.join_all().await;
                Ok(done.into_iter().find_map(Result::err))
            });
            match failed.map_err(|source| DiskError::new("log", "placed", source))? {
                None => {}
                Some((path, source)) if source.kind() == io::ErrorKind::AlreadyExists => {
                    return Err(DiskError { path, fault: DiskFault::Changed, source });
                }
                Some((path, source)) => return Err(DiskError::new(&path, "placed", source)),
            }
        }
        Ok(())
    }

    fn put(&self, folders: &[String], files: &[(String, &[u8])]) -> Result<Vec<usize>, DiskError> {
        self.create_folders(folders)?;
        let from = |at: usize| format!("tmp/{at}");
        let written: Vec<_> = (0..).map(from).zip(files.iter().map(|(_, bytes)| *bytes)).collect();
        self.write(&written)?;
        let to = files.iter().map(|(path, _)| path.clone());
        self.place(&(0..).map(from).zip(to).collect::<Vec<_>>())?;
        Ok(Vec::new())
    }

    fn remove(&self, path: &str) -> Result<(), DiskError> {
        if is_temporary(path) {
            self.written().remove(path);
            return Ok(());
        }
        let done = self.objects.wait(self.objects.clone().remove(path.to_owned()));
        done.map_err(|source| DiskError::new(path, "removed", source))
    }

    fn is_shared(&self) -> bool {
        true
    }
}
