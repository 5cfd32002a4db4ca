//! `node.db.sums`: a digest of every page of `node.db`, so that no byte of it can change unseen.
//!
//! SQLite checks the structure of what it reads, and neither free space nor the content of a column. So the main file
//! is written at known moments only: SQLite's own moving of the write-ahead log into it is off, and [`Pages::move_in`]
//! does these steps in this order:
//!
//! 1. SQLite copies the pages of the write-ahead log into `node.db` and syncs it;
//! 2. `node.db.sums` is replaced, with a digest of each page as it was in the write-ahead log;
//! 3. the write-ahead log is cut to nothing.
//!
//! A crash before the last step leaves a write-ahead log that holds every page whose digest may be behind, so at any
//! instant each page of `node.db` either has its digest or has newer content in a whole transaction of `node.db-wal`.
//!
//! The file: `vestibule page sums 1\n`, page size and number of pages (4 bytes each, big-endian), SHA-256 of each page,
//! then SHA-256 of all before.

use super::failed;
use super::wal::Wal;
use crate::StoreError;
use domain::Digest;
use rusqlite::Connection;
use std::fs::{self, File};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

const MAGIC: &[u8] = b"vestibule page sums 1\n";
/// Bytes of a page in every database of ours; SQLite's own default.
pub(crate) const PAGE: usize = 4096;
/// Above so many bytes the write-ahead log is moved into the database: a thousand pages.
const MOST_WAL: u64 = 1000 * (24 + PAGE as u64);

/// The files of a database, and the digests of the main one's pages.
#[derive(Debug)]
pub(super) struct Pages {
    main: PathBuf,
    sums: Vec<Option<Digest>>,
}

/// A path with more at its end.
pub(crate) fn beside(main: &Path, more: &str) -> PathBuf {
    let mut name = main.as_os_str().to_owned();
    name.push(more);
    PathBuf::from(name)
}

/// The bytes of a file; none if there is no such file.
pub(crate) fn bytes_of(path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(disk(path, "read")(source)),
    }
}

fn disk(path: &Path, doing: &'static str) -> impl Fn(std::io::Error) -> StoreError {
    let path = path.display().to_string();
    move |source| {
        let path = path.clone();
        if matches!(source.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) {
            StoreError::Full { path }
        } else {
            StoreError::Disk { path, doing, source }
        }
    }
}

/// Writes the file of digests.
pub(crate) fn encode(sums: &[Digest]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    for number in [PAGE, sums.len()] {
        // SQLite itself counts pages in 32 bits
        bytes.extend_from_slice(&u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes());
    }
    for sum in sums {
        bytes.extend_from_slice(sum.as_bytes());
    }
    let whole = Digest::of(&bytes);
    bytes.extend_from_slice(whole.as_bytes());
    bytes
}

/// Reads the file of digests; none unless it is whole.
pub(crate) fn decode(bytes: &[u8]) -> Option<Vec<Digest>> {
    let (content, whole) = bytes.split_last_chunk::<32>()?;
    let rest = content.strip_prefix(MAGIC)?;
    let (size, rest) = rest.split_first_chunk::<4>()?;
    let (count, rest) = rest.split_first_chunk::<4>()?;
    let (sums, []) = rest.as_chunks::<32>() else { return None };
    let page = usize::try_from(u32::from_be_bytes(*size)).ok()?;
    let count = usize::try_from(u32::from_be_bytes(*count)).ok()?;
    if Digest::of(content).as_bytes() != whole || page != PAGE || count != sums.len() {
        return None;
    }
    Some(sums.iter().map(|sum| Digest::from_bytes(*sum)).collect())
}

impl Pages {
    /// The digests of the database at a path. Where there are none that can be read, each is taken from the page as it
    /// is when it is next needed.
    pub(super) fn open(main: &Path) -> Result<Self, StoreError> {
        let sums = bytes_of(&beside(main, ".sums"))?;
        let sums = sums.and_then(|bytes| decode(&bytes)).unwrap_or_default();
        Ok(Self { main: main.to_owned(), sums: sums.into_iter().map(Some).collect() })
    }

    fn wal(&self) -> PathBuf {
        beside(&self.main, "-wal")
    }

    /// [`Pages::move_in`] once the write-ahead log has grown.
    pub(super) fn move_in_if_many(&mut self, connection: &Connection) -> Result<(), StoreError> {
        let many = fs::metadata(self.wal()).is_ok_and(|found| found.len() > MOST_WAL);
        if many { self.move_in(connection) } else { Ok(()) }
    }

    /// Moves what is in the write-ahead log into the database. Run again after a failure, it does the rest.
    pub(super) fn move_in(&mut self, connection: &Connection) -> Result<(), StoreError> {
        let bytes = bytes_of(&self.wal())?.unwrap_or_default();
        let wal = Wal::read(&bytes, PAGE);
        let doing = failed("moving its write-ahead log into it");
        let sql = "PRAGMA wal_checkpoint(PASSIVE)";
        let counts = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        let (busy, all, moved): (i64, i64, i64) =
            connection.query_row(sql, (), counts).map_err(&doing)?;
        if busy != 0 || all != moved {
            return Ok(()); // a reader holds it back; the write-ahead log keeps everything meanwhile
        }
        self.note(&bytes, &wal)?;
        self.write()?;
        let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
        connection.query_row(sql, (), |_| Ok(())).map_err(&doing)
    }

    /// Takes over the digests of the pages that moved, and of pages that have none.
    fn note(&mut self, bytes: &[u8], wal: &Wal) -> Result<(), StoreError> {
        let mut main = File::open(&self.main).map_err(disk(&self.main, "read"))?;
        let length = main.metadata().map_err(disk(&self.main, "read"))?.len();
        let pages = usize::try_from(length).unwrap_or(usize::MAX) / PAGE;
        self.sums.resize(pages, None);
        for (number, place) in &wal.pages {
            let at = usize::try_from(*number).unwrap_or(usize::MAX) - 1;
            if let (Some(sum), Some(page)) = (self.sums.get_mut(at), bytes.get(place.clone())) {
                *sum = Some(Digest::of(page));
            }
        }
        let mut page = vec![0; PAGE];
        for (at, sum) in self.sums.iter_mut().enumerate().filter(|(_, sum)| sum.is_none()) {
            let from = (at as u64) * PAGE as u64;
            let read = main.seek(SeekFrom::Start(from)).and_then(|_| main.read_exact(&mut page));
            read.map_err(disk(&self.main, "read"))?;
            *sum = Some(Digest::of(&page));
        }
        Ok(())
    }

    fn write(&self) -> Result<(), StoreError> {
        let sums: Vec<Digest> = self.sums.iter().flatten().copied().collect();
        let (path, new) = (beside(&self.main, ".sums"), beside(&self.main, ".sums.new"));
        let mut file = File::create(&new).map_err(disk(&new, "written"))?;
        file.write_all(&encode(&sums)).map_err(disk(&new, "written"))?;
        let unsynced = |path: &Path| {
            let path = path.display().to_string();
            |source| StoreError::Sync { path, source }
        };
        file.sync_all().map_err(unsynced(&new))?;
        fs::rename(&new, &path).map_err(disk(&path, "placed"))?;
        let folder = self.main.parent().unwrap_or(Path::new("."));
        let held = File::open(folder).map_err(disk(folder, "opened"))?;
        held.sync_all().map_err(unsynced(folder))
    }
}

#[cfg(test)]
mod tests;
