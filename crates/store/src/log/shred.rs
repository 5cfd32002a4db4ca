//! Shredding: a committed statement's object is replaced by one without ciphertext, wrapped keys and salt.
//!
//! Safe to repeat. First every staged bundle goes, durably: the statement's own append may have left one, and it
//! holds the whole object. Then the object is replaced in one step. A crash before that leaves it
//! whole, and the next opening of the node shreds it. The old blocks are left to the file system; on a
//! disk whose freed blocks can be read, encrypt the disk.

use super::writer::{Writer, sweep};
use crate::StoreError;
use crate::database::Register;
use crate::disk::Disk;
use domain::Digest;
use ledger::{Object, object_path};

/// What is put below `stage/` and taken away again so that the folder is synced without the bundles.
const SWEPT: &str = "stage/swept";

impl Writer {
    /// See [`super::LogStore::shred`].
    pub(super) fn shred(
        &mut self,
        disk: &dyn Disk,
        register: &dyn Register,
        id: &Digest,
    ) -> Result<bool, StoreError> {
        self.settled(disk, register)?;
        if register.index_of(id)?.is_none() {
            return Err(StoreError::BadPlan(format!("statement {id} is not in the log")));
        }
        let path = format!("log/{}", object_path(id));
        let Some(bytes) = disk.read(&path)? else { return Ok(false) };
        let object = Object::from_bytes(&bytes)
            .map_err(|error| StoreError::Damaged(format!("`{path}`: {error}")))?;
        if object.is_shredded() {
            return Ok(false);
        }
        let committed = register.committed()?.map_or(0, |c| c.head.size);
        let done = replace(disk, &path, &object.shredded().to_bytes(), committed);
        self.noted(done)?;
        Ok(true)
    }
}

fn replace(disk: &dyn Disk, path: &str, shredded: &[u8], committed: u64) -> Result<(), StoreError> {
    sweep(disk, committed, None)?;
    for leftover in disk.list("tmp")? {
        disk.remove(&leftover)?;
    }
    let (mark, object) = ("tmp/swept".to_owned(), "tmp/shredded".to_owned());
    disk.write(&[(mark.clone(), b"".as_slice()), (object.clone(), shredded)])?;
    disk.place(&[(mark, SWEPT.to_owned())])?;
    disk.remove(SWEPT)?;
    disk.place(&[(object, path.to_owned())])?;
    Ok(())
}
