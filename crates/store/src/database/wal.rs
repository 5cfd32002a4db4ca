//! SQLite's write-ahead log, read strictly: `node.db-wal`, as <https://www.sqlite.org/fileformat2.html#walformat>
//! describes it.
//!
//! SQLite itself stops at the first frame that is not sound and says nothing, since a crash can leave one. Whoever
//! audits must tell what a crash leaves from what counts, so every byte is placed here: the header, frames of whole
//! transactions, and a tail that no transaction owns.

use std::collections::BTreeMap;
use std::ops::Range;

/// Bytes of the file's header.
const HEADER: usize = 32;
/// Bytes of a frame's header.
const FRAME: usize = 24;
/// The first four bytes; the last bit says that checksums read words as big-endian.
const MAGIC: u32 = 0x377f_0682;
/// The only version of the format.
const VERSION: u32 = 3_007_000;

/// The part of a write-ahead log that counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Wal {
    /// For each page that a whole transaction wrote, numbered from 1: where its newest content lies in the file.
    pub(crate) pages: BTreeMap<u32, Range<usize>>,
    /// Pages of the database after the last whole transaction; 0 if there is none.
    pub(crate) count: u32,
    /// Bytes of whole transactions, header included. What lies beyond is of none.
    pub(crate) whole: usize,
}

/// The running checksum: two words over pairs of words.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Sum {
    big: bool,
    words: (u32, u32),
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..)?.first_chunk::<4>()?;
    Some(u32::from_be_bytes(*four))
}

impl Sum {
    fn over(self, bytes: &[u8]) -> Self {
        let (mut a, mut b) = self.words;
        let (pairs, _) = bytes.as_chunks::<8>();
        for [p, q, r, s, t, u, v, w] in pairs {
            let (first, second) = ([*p, *q, *r, *s], [*t, *u, *v, *w]);
            let read = if self.big { u32::from_be_bytes } else { u32::from_le_bytes };
            a = a.wrapping_add(read(first)).wrapping_add(b);
            b = b.wrapping_add(read(second)).wrapping_add(a);
        }
        Self { words: (a, b), ..self }
    }

    fn is_at(self, bytes: &[u8], at: usize) -> bool {
        word(bytes, at) == Some(self.words.0) && word(bytes, at + 4) == Some(self.words.1)
    }
}

impl Wal {
    /// Reads a file for a database with pages of `page_size` bytes. A file that is empty, or whose header is not
    /// sound, has no transaction; then `whole` is 0.
    pub(crate) fn read(bytes: &[u8], page_size: usize) -> Self {
        Self::try_read(bytes, page_size).unwrap_or_default()
    }

    fn try_read(bytes: &[u8], page_size: usize) -> Option<Self> {
        let magic = word(bytes, 0)?;
        let size = usize::try_from(word(bytes, 8)?).ok()?;
        let sum = Sum { big: magic & 1 == 1, words: (0, 0) }.over(bytes.get(..24)?);
        let sound = magic & !1 == MAGIC && word(bytes, 4)? == VERSION && size == page_size;
        if !sound || !sum.is_at(bytes, 24) {
            return None;
        }
        let salt = bytes.get(16..24)?;
        let mut wal = Self { whole: HEADER, ..Self::default() };
        let (mut sum, mut at, mut open) = (sum, HEADER, Vec::new());
        while let Some(frame) = bytes.get(at..at + FRAME + page_size) {
            let (head, page) = frame.split_at(FRAME);
            sum = sum.over(head.get(..8)?).over(page);
            let number = word(head, 0)?;
            if number == 0 || head.get(8..16)? != salt || !sum.is_at(head, 16) {
                break;
            }
            open.push((number, at + FRAME..at + FRAME + page_size));
            at += FRAME + page_size;
            let count = word(head, 4)?;
            if count != 0 {
                wal.pages.extend(open.drain(..));
                (wal.count, wal.whole) = (count, at);
            }
        }
        Some(wal)
    }
}

#[cfg(test)]
mod tests;
