//! A node's database as an auditor reads it: without opening it, without a lock, trusting nothing in it.
//!
//! The files are read as bytes. Each page must have its digest in `node.db.sums`, or be replaced in a whole transaction
//! of `node.db-wal`; together they make one image, which SQLite checks and reads in memory. So every byte of the three
//! files is accounted for, and a node that serves at the same time is not disturbed.

mod image;
mod rows;

pub use rows::Index;

use crate::StoreError;
use crate::database::pages::{PAGE, beside, bytes_of, decode};
use crate::database::wal::Wal;
use domain::Digest;
use std::path::Path;

/// The database's file.
pub const DATABASE_FILE: &str = "node.db";
/// The write-ahead log beside it.
pub const WAL_FILE: &str = "node.db-wal";
/// The digests of its pages.
pub const SUMS_FILE: &str = "node.db.sums";

/// Most faults of a kind that are listed.
const MOST: usize = 100;

/// What was found.
#[derive(Debug, Default)]
pub struct Inspection {
    /// What the database says; none when SQLite can't read it.
    pub index: Option<Index>,
    /// What is wrong with its bytes.
    pub faults: Vec<IndexFault>,
}

/// One thing wrong with the bytes of a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexFault {
    /// Which file of the node's folder.
    pub file: &'static str,
    /// Where in it.
    pub place: IndexPlace,
    /// What is wrong.
    pub kind: IndexFaultKind,
}

/// Where in a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndexPlace {
    /// The file as a whole.
    File,
    /// These bytes, counted from 0, the end not included.
    Bytes(u64, u64),
}

/// What can be wrong with the bytes of a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndexFaultKind {
    /// The file must exist and doesn't.
    Missing,
    /// The file of digests is not as it was written.
    Sums,
    /// A page is not as it was written.
    Page {
        /// Its number, from 1.
        number: u64,
    },
    /// Bytes at the end of the write-ahead log that no whole transaction owns.
    Tail,
    /// SQLite finds something wrong.
    Sqlite(String),
    /// Tables other than this software makes.
    Schema(String),
    /// A row that this software can't have written.
    Row(String),
}

/// The three files at one moment.
#[derive(PartialEq, Eq)]
struct Snapshot {
    main: Option<Vec<u8>>,
    wal: Vec<u8>,
    sums: Option<Vec<u8>>,
}

impl Snapshot {
    fn take(folder: &Path) -> Result<Self, StoreError> {
        let main = folder.join(DATABASE_FILE);
        Ok(Self {
            wal: bytes_of(&beside(&main, "-wal"))?.unwrap_or_default(),
            sums: bytes_of(&beside(&main, ".sums"))?,
            main: bytes_of(&main)?,
        })
    }
}

/// Inspects the database in a node's folder. A node that is writing meanwhile can make it look unsound for a moment:
/// then `wait` is called, which pauses and says whether to look again.
///
/// # Errors
/// When the files can't be read.
pub fn inspect(folder: &Path, wait: &mut dyn FnMut() -> bool) -> Result<Inspection, StoreError> {
    let mut seen = Snapshot::take(folder)?;
    loop {
        let inspection = judge(&seen);
        if inspection.faults.is_empty() || !wait() {
            return Ok(inspection);
        }
        let now = Snapshot::take(folder)?;
        if now == seen {
            return Ok(inspection);
        }
        seen = now;
    }
}

/// How many bytes of a write-ahead log belong to whole transactions; what follows belongs to none.
pub fn whole_transactions(wal: &[u8]) -> usize {
    Wal::read(wal, PAGE).whole
}

/// The digests in a file of them, one a page; none unless the file is whole.
pub fn page_digests(sums: &[u8]) -> Option<Vec<Digest>> {
    decode(sums)
}

fn judge(snapshot: &Snapshot) -> Inspection {
    let mut found = Inspection::default();
    let mut fault = |file, place, kind| found.faults.push(IndexFault { file, place, kind });
    let Some(main) = &snapshot.main else {
        fault(DATABASE_FILE, IndexPlace::File, IndexFaultKind::Missing);
        return found;
    };
    let wal = Wal::read(&snapshot.wal, PAGE);
    if wal.whole < snapshot.wal.len() {
        let place = IndexPlace::Bytes(wal.whole as u64, snapshot.wal.len() as u64);
        fault(WAL_FILE, place, IndexFaultKind::Tail);
    }
    match snapshot.sums.as_ref().map(|bytes| decode(bytes)) {
        None => fault(SUMS_FILE, IndexPlace::File, IndexFaultKind::Missing),
        Some(None) => fault(SUMS_FILE, IndexPlace::File, IndexFaultKind::Sums),
        Some(Some(sums)) => {
            for (number, from, to) in off(main, &sums, &wal).into_iter().take(MOST) {
                let kind = IndexFaultKind::Page { number };
                fault(DATABASE_FILE, IndexPlace::Bytes(from, to), kind);
            }
        }
    }
    let opened = image::of(main, &snapshot.wal, &wal).and_then(|image| image::open(&image));
    match opened.and_then(|connection| rows::read(&connection)) {
        Ok((index, kinds)) => {
            for kind in kinds.into_iter().take(MOST) {
                found.faults.push(IndexFault {
                    file: DATABASE_FILE,
                    place: IndexPlace::File,
                    kind,
                });
            }
            found.index = Some(index);
        }
        Err(error) => {
            let kind = IndexFaultKind::Sqlite(said(&error));
            found.faults.push(IndexFault { file: DATABASE_FILE, place: IndexPlace::File, kind });
        }
    }
    found
}

/// An error with its causes.
fn said(error: &StoreError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text += &format!(": {inner}");
        cause = inner.source();
    }
    text
}

/// Pages of the main file that are neither as their digest says nor replaced: number, first byte, end.
fn off(main: &[u8], sums: &[Digest], wal: &Wal) -> Vec<(u64, u64, u64)> {
    let pages = main.len().div_ceil(PAGE).max(sums.len());
    let wrong = |at: &usize| {
        let page = main.get(at * PAGE..).unwrap_or_default();
        let page = page.get(..PAGE).unwrap_or(page);
        let replaced = u32::try_from(at + 1).is_ok_and(|number| wal.pages.contains_key(&number));
        // beyond what a transaction cut off, nothing is read any more
        let dropped = wal.count > 0 && u32::try_from(*at).is_ok_and(|at| at >= wal.count);
        !replaced && !dropped && sums.get(*at) != Some(&Digest::of(page))
    };
    let bounds = |at: usize| {
        let from = (at * PAGE) as u64;
        (at as u64 + 1, from, from + PAGE as u64)
    };
    (0..pages).filter(wrong).map(bounds).collect()
}

#[cfg(test)]
mod tests;
