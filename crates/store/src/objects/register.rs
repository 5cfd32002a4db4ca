//! The commit point as one object that is compared and swapped, and a database that copies what it led to.
//!
//! `vestibule commit 1\n`, 8 bytes that tell one attempt from another, size (8 bytes big-endian), roots (32 and 48), time
//! in microseconds (8), then the signed checkpoint.

use super::{Objects, PATH, attempt, failed};
use crate::StoreError;
use crate::database::{Committed, Database, Register, Swap};
use crate::disk::Disk;
use crate::objects::ObjectDisk;
use crate::stage;
use domain::{Digest, Timestamp};
use ledger::{AppendPlan, PlannedFile, TreeHead};
use object_store::UpdateVersion;
use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tlog::merkle::{self, ReadError};
use tlog::{Hash, Level, Tile, TileReader, TileSource, tile};

const MAGIC: &[u8] = b"vestibule commit 1\n";
/// How often cosignatures are tried again when others come between.
const TRIES: u32 = 16;

/// Reads a statement's id from its entry; `None` for an entry that has none.
pub type IdOf = fn(&[u8]) -> Option<Digest>;

/// The commit point among objects.
#[derive(Debug)]
pub struct ObjectRegister {
    objects: Objects,
    database: Arc<Database>,
    id_of: IdOf,
    copying: Mutex<()>,
}

/// The tiles of a shared log.
struct Shared<'a> {
    disk: &'a ObjectDisk,
    /// Those of an append that is committed and may not be in place yet.
    staged: &'a [PlannedFile],
}

impl TileSource for Shared<'_> {
    fn tile(&self, tile: &Tile) -> Result<Option<Vec<u8>>, ReadError> {
        let (path, name) = (format!("log/{tile}"), tile.to_string());
        if let Some(file) = self.staged.iter().find(|file| file.path == name) {
            return Ok(Some(file.bytes.clone()));
        }
        let failed =
            |e: crate::DiskError| ReadError::Storage { path: e.path, why: e.source.to_string() };
        self.disk.read(&path).map_err(failed)
    }
}

fn encode(committed: &Committed, attempt: [u8; 8]) -> Vec<u8> {
    let Committed { head: TreeHead { size, root, root384 }, checkpoint, at } = committed;
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&attempt);
    bytes.extend_from_slice(&size.to_be_bytes());
    bytes.extend_from_slice(root);
    bytes.extend_from_slice(root384);
    bytes.extend_from_slice(&at.as_micros().to_be_bytes());
    bytes.extend_from_slice(checkpoint);
    bytes
}

/// What a commit object says; none unless it is whole, which its bytes alone can't vouch for.
pub fn committed_in(bytes: &[u8]) -> Option<Committed> {
    let (_attempt, rest) = bytes.strip_prefix(MAGIC)?.split_first_chunk::<8>()?;
    let (size, rest) = rest.split_first_chunk::<8>()?;
    let (root, rest) = rest.split_first_chunk::<32>()?;
    let (root384, rest) = rest.split_first_chunk::<48>()?;
    let (at, checkpoint) = rest.split_first_chunk::<8>()?;
    let head = TreeHead { size: u64::from_be_bytes(*size), root: *root, root384: *root384 };
    let at = Timestamp::from_micros(i64::from_be_bytes(*at))?;
    Some(Committed { head, checkpoint: checkpoint.to_vec(), at })
}

impl ObjectRegister {
    /// The commit point among these objects, with a database that copies it.
    pub const fn new(objects: Objects, database: Arc<Database>, id_of: IdOf) -> Self {
        Self { objects, database, id_of, copying: Mutex::new(()) }
    }

    fn read(&self) -> Result<Option<(Committed, UpdateVersion, Vec<u8>)>, StoreError> {
        let found = self.objects.wait(self.objects.clone().get(PATH.to_owned()));
        let found = found.map_err(|source| failed(PATH, "read", source))?;
        let Some((bytes, version)) = found else {
            let seen = self.database.committed()?;
            let behind = |c: Committed| StoreError::ObjectsBehind { ours: c.head.size, theirs: 0 };
            return seen.map_or(Ok(None), |seen| Err(behind(seen)));
        };
        let committed = committed_in(&bytes);
        let strange = || StoreError::Damaged(format!("`{PATH}` is no commit of this software"));
        Ok(Some((committed.ok_or_else(strange)?, version, bytes)))
    }

    /// Puts a head in place of the version that was read. False if another came between.
    fn put(&self, bytes: &[u8], version: Option<UpdateVersion>) -> Result<bool, StoreError> {
        let put = self.objects.clone().put_if(PATH.to_owned(), bytes.to_vec(), version);
        match self.objects.wait(put) {
            Ok(true) => Ok(true),
            // a request whose answer was lost is sent again, and then finds its own work
            Ok(false) => Ok(self.read()?.is_some_and(|(_, _, there)| there == bytes)),
            Err(source) => Err(failed(PATH, "swapped", source)),
        }
    }

    /// Whether the tree of the first head is a beginning of that of the second, by the published tiles.
    fn leads(&self, first: &TreeHead, second: &TreeHead) -> bool {
        let disk = ObjectDisk::new(self.objects.clone());
        let reader = TileReader::<_, Hash>::new(Shared { disk: &disk, staged: &[] }, second.size);
        merkle::root(&reader, first.size).is_ok_and(|root| *root.as_bytes() == first.root)
    }

    /// Brings the database to a committed head, from the entries: another process has committed, or it is new.
    fn catch_up(&self, to: Committed) -> Result<(), StoreError> {
        let _one_at_a_time = self.copying();
        let (mut to, mut staged) = (to, Vec::new());
        for _ in 0..TRIES {
            match self.try_catch_up(&to, &staged)? {
                Caught::Up => return Ok(()),
                Caught::Missing(_) => {}
            }
            // what was committed is not in place yet, or outgrown already
            let path = stage::path(&to.head);
            let found = self.objects.wait(self.objects.clone().get(path.clone()));
            let found = found.map_err(|source| failed(&path, "read", source))?;
            let found = found.and_then(|(bytes, _)| stage::decode(&bytes));
            staged = found.map(|(_, files)| files).unwrap_or_default();
            let now = self.read()?.map(|(committed, _, _)| committed);
            to = now.filter(|now| now.head != to.head).unwrap_or(to);
        }
        match self.try_catch_up(&to, &staged)? {
            Caught::Up => Ok(()),
            Caught::Missing(error) => Err(error),
        }
    }

    fn try_catch_up(&self, to: &Committed, staged: &[PlannedFile]) -> Result<Caught, StoreError> {
        let from = self.database.committed()?;
        if from.as_ref().is_some_and(|from| from.head == to.head) {
            return Ok(Caught::Up);
        }
        let from = from.map_or(TreeHead::EMPTY, |from| from.head);
        if from.size > to.head.size {
            let (ours, theirs) = (from.size, to.head.size);
            return Err(StoreError::ObjectsBehind { ours, theirs });
        }
        let disk = ObjectDisk::new(self.objects.clone());
        let tiles = Shared { disk: &disk, staged };
        let reader = TileReader::<_, Hash>::new(&tiles, to.head.size);
        match merkle::root(&reader, from.size) {
            Ok(root) if *root.as_bytes() == from.root => {}
            Ok(_) => return Err(StoreError::Fork { size: from.size }),
            Err(error) => return missing(error),
        }
        let statements = match self.statements(&tiles, from.size..to.head.size) {
            Ok(statements) => statements,
            Err(Unread::Tile(error)) => return missing(error),
            Err(Unread::Strange(error)) => return Err(error),
        };
        let checkpoint = to.checkpoint.clone();
        let plan = AppendPlan { from, to: to.head, checkpoint, files: Vec::new(), statements };
        match self.database.swap(&plan, to.at)? {
            Swap::Done => Ok(Caught::Up),
            Swap::Conflict(_) | Swap::Duplicate { .. } => {
                Err(StoreError::Damaged("`node.db` does not go with the objects".to_owned()))
            }
        }
    }

    /// The ids of these statements, from the entries.
    fn statements(
        &self,
        tiles: &Shared<'_>,
        range: Range<u64>,
    ) -> Result<Vec<(Digest, u64)>, Unread> {
        let damaged = |what: String| Unread::Strange(StoreError::Damaged(what));
        let mut statements = Vec::new();
        for bundle in range.start / 256..range.end.div_ceil(256) {
            let lacks = || damaged(format!("bundle {bundle} can't be"));
            let at = Tile::at(Level::Entries, bundle, range.end).ok_or_else(lacks)?;
            let bytes = tiles.tile(&at).map_err(Unread::Tile)?;
            let bytes = bytes.ok_or(Unread::Tile(ReadError::Missing(at.to_string())))?;
            let entries = tile::parse_bundle(&bytes, at.width());
            let entries = entries.map_err(|e| damaged(e.to_string()))?;
            for (index, entry) in (bundle * 256..).zip(entries) {
                if index >= range.start {
                    let id = (self.id_of)(entry);
                    let id = id.ok_or_else(|| damaged(format!("entry {index} is no statement")))?;
                    statements.push((id, index));
                }
            }
        }
        Ok(statements)
    }

    /// Held while the database is brought to a head.
    fn copying(&self) -> MutexGuard<'_, ()> {
        self.copying.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How catching up ended.
enum Caught {
    Up,
    /// A tile is not where it must be, at least not any more, or not yet.
    Missing(StoreError),
}

/// Why entries could not be read.
enum Unread {
    Tile(ReadError),
    Strange(StoreError),
}

/// Storage that fails is an error at once; anything else may be another process at work.
fn missing(error: ReadError) -> Result<Caught, StoreError> {
    match error {
        ReadError::Storage { path, why } => Err(failed(&path, "read", io::Error::other(why))),
        gone @ (ReadError::Missing(_) | ReadError::Malformed { .. }) => {
            Ok(Caught::Missing(StoreError::Damaged(gone.to_string())))
        }
    }
}

impl Register for ObjectRegister {
    fn committed(&self) -> Result<Option<Committed>, StoreError> {
        let Some((committed, _, _)) = self.read()? else { return Ok(None) };
        self.catch_up(committed.clone())?;
        Ok(Some(committed))
    }

    fn swap(&self, plan: &AppendPlan, at: Timestamp) -> Result<Swap, StoreError> {
        let read = self.read()?;
        let head = read.as_ref().map(|(committed, _, _)| committed.head);
        if head.unwrap_or(TreeHead::EMPTY) != plan.from {
            return Ok(Swap::Conflict(head));
        }
        if let Some((committed, _, _)) = &read {
            self.catch_up(committed.clone())?;
        }
        for (id, _) in &plan.statements {
            if let Some(index) = self.database.index_of(id)? {
                return Ok(Swap::Duplicate { id: *id, index });
            }
        }
        let next = Committed { head: plan.to, checkpoint: plan.checkpoint.clone(), at };
        if !self.put(&encode(&next, attempt()), read.map(|(_, version, _)| version))? {
            let head = self.read()?.map(|(committed, _, _)| committed.head);
            // the answer to our own put may have been lost, and another gone on from it before we looked
            if !head.is_some_and(|head| head.size > plan.to.size && self.leads(&plan.to, &head)) {
                return Ok(Swap::Conflict(head));
            }
        }
        // it is committed; a copy that fails is caught up with before the next commit
        let _one_at_a_time = self.copying();
        let _caught_up_later = self.database.swap(plan, at);
        Ok(Swap::Done)
    }

    fn replace_checkpoint(&self, head: &TreeHead, checkpoint: &[u8]) -> Result<bool, StoreError> {
        for _ in 0..TRIES {
            let Some((committed, version, _)) = self.read()? else { return Ok(false) };
            if committed.head != *head {
                return Ok(false);
            }
            let next = Committed { checkpoint: checkpoint.to_vec(), ..committed };
            if self.put(&encode(&next, attempt()), Some(version))? {
                // a copy that fails is of no harm: the object decides
                let _copied = self.database.replace_checkpoint(head, checkpoint);
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn index_of(&self, id: &Digest) -> Result<Option<u64>, StoreError> {
        // as of the head that was looked at last: an append looks first, and its swap looks again
        self.database.index_of(id)
    }
}
