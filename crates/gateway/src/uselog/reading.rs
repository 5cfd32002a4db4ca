//! What is read of a use log, also of one that another process writes.

use super::book::Book;
use super::format::{self, Destroyed, End, Entry, ScanError};
use super::{UseLog, UseLogError, UseProof};
use crate::merkle;
use crate::record::{RequestId, UseRecord};
use domain::{Digest, Timestamp};
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

impl UseLog {
    /// What content was destroyed, by a log that may be in use.
    ///
    /// # Errors
    /// The file can't be read or is damaged before its end.
    pub fn all_destroyed(path: &Path) -> Result<Vec<Destroyed>, UseLogError> {
        let mut all = Vec::new();
        read(path, |entry, _| {
            if let Entry::Destroyed(destroyed) = entry {
                all.push(destroyed.clone());
            }
            Ok(())
        })?;
        Ok(all)
    }

    /// Proves that a use is in its minute's tree, by a log that may be in use. The proof leads to the minute's root of now;
    /// whether that is the root in the transparency log is for whoever asks to see.
    ///
    /// # Errors
    /// The use isn't in the log, or the file can't be read.
    pub fn prove_from(path: &Path, request: RequestId) -> Result<UseProof, UseLogError> {
        let unproven = |reason| UseLogError::Unproven { request, reason };
        let (_, line, leaves) = Self::minute_of(path, request)?;
        UseProof::new(line, &leaves).ok_or(unproven("the file changed while it was read"))
    }

    /// Reads the file up to the last whole batch and gives every use record.
    ///
    /// # Errors
    /// The file can't be read or is damaged before its end.
    pub fn visit(path: &Path, each: &mut dyn FnMut(&UseRecord)) -> Result<(), UseLogError> {
        Self::visit_lines(path, &mut |record, _| each(record))
    }

    /// As [`UseLog::visit`], with each record's line: the leaf's entry, for [`minute_root`].
    ///
    /// # Errors
    /// As [`UseLog::visit`].
    pub fn visit_lines(
        path: &Path,
        each: &mut dyn FnMut(&UseRecord, &[u8]),
    ) -> Result<(), UseLogError> {
        let mut book = Book::default();
        read(path, |entry, line| {
            book.apply(entry, line)?;
            if let Entry::Use(record) = entry {
                each(record, line);
            }
            Ok(())
        })?;
        Ok(())
    }

    /// The minute of a use, its line, and the leaves of its grant's minute.
    pub(super) fn minute_of(
        path: &Path,
        request: RequestId,
    ) -> Result<(Timestamp, Vec<u8>, Vec<Digest>), UseLogError> {
        let mut place = None;
        read(path, |entry, line| {
            if let Entry::Use(record) = entry
                && record.request == request
            {
                place = Some((record.minute, record.grant.clone(), line.to_vec()));
            }
            Ok(())
        })?;
        let reason = "no such use is on file";
        let (minute, grant, line) = place.ok_or(UseLogError::Unproven { request, reason })?;
        let mut leaves = Vec::new();
        read(path, |entry, line| {
            if let Entry::Use(record) = entry
                && record.minute == minute
                && record.grant == grant
            {
                leaves.push(merkle::leaf(line));
            }
            Ok(())
        })?;
        Ok((minute, line, leaves))
    }
}

/// Every entry of a log, up to its last whole batch.
pub(super) fn read(
    path: &Path,
    each: impl FnMut(&Entry, &[u8]) -> Result<(), String>,
) -> Result<End, UseLogError> {
    let io = |source| UseLogError::Io { action: "read", path: path.to_owned(), source };
    let mut source = BufReader::with_capacity(1 << 16, File::open(path).map_err(io)?);
    format::scan(&mut source, each).map_err(|error| match error {
        ScanError::Io(source) => io(source),
        ScanError::Damaged(damage) => UseLogError::Damaged {
            path: path.to_owned(),
            line: damage.line,
            byte: damage.byte,
            reason: damage.reason,
        },
    })
}

/// Bytes after the end of a log that were written, without the zeros that the file was filled with.
pub(super) fn torn(mut file: &File, end: u64) -> std::io::Result<u64> {
    file.seek(SeekFrom::Start(end))?;
    let (mut read, mut torn) = (0, 0);
    let mut part = vec![0; 1 << 16];
    loop {
        let length = file.read(&mut part)?;
        let last = part.iter().take(length).rposition(|byte| *byte != 0);
        if let Some(last) = last {
            torn = read + last + 1;
        }
        read += length;
        if length == 0 {
            return Ok(u64::try_from(torn).unwrap_or(u64::MAX));
        }
    }
}

/// Reads a use log from memory, for the fuzz target: the number of use records, or why not.
///
/// # Errors
/// The line, the byte and what is wrong there.
pub fn check_bytes(mut bytes: &[u8]) -> Result<usize, String> {
    let (mut book, mut uses) = (Book::default(), 0);
    let scanned = format::scan(&mut bytes, |entry, line| {
        uses += usize::from(matches!(entry, Entry::Use(_)));
        book.apply(entry, line)
    });
    match scanned {
        Ok(_) => Ok(uses),
        Err(ScanError::Io(error)) => Err(error.to_string()),
        Err(ScanError::Damaged(d)) => {
            Err(format!("line {} (byte {}): {}", d.line, d.byte, d.reason))
        }
    }
}
