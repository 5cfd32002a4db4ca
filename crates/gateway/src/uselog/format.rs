//! The bytes of a use log: JSON lines in batches, each batch closed by a commit line.
//!
//! A commit line carries the batch's number and `chain = SHA-256(previous chain || the batch's lines)`.
//! One batch is written and flushed before the next begins, so a crash can tear only the last one, and
//! anything else that doesn't read is damage.

use crate::record::{Intent, RequestId, UseRecord};
use aws_lc_rs::digest::{Context, SHA256};
use domain::{Digest, GrantId, Timestamp};
use serde::{Deserialize, Serialize};
use std::io::{BufRead, Read};

/// Most bytes of a line, its line feed included. Written lines stay under 2 KiB.
const MAX_LINE: u64 = 16 * 1024;
/// Most entries in a batch.
pub(super) const MAX_BATCH: usize = 512;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(
    clippy::large_enum_variant,
    reason = "most entries are uses, and an entry lives for one batch"
)]
pub(crate) enum Entry {
    /// A process opened the log.
    Opened(Opened),
    /// A request is about to be forwarded.
    Intent(Intent),
    /// More is set aside for a request that is under way.
    Grown(Grown),
    /// A request has ended: a leaf.
    Use(UseRecord),
    /// A minute's root is in the transparency log.
    Recorded(Recorded),
    /// Content that was kept is no more, as the terms ask.
    Destroyed(Destroyed),
    /// The batch is complete.
    Commit(Commit),
}

/// What the log's flushes mean from here on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Durability {
    /// An entry is acknowledged when `fdatasync` has returned; batches are flushed together.
    Durable,
    /// An entry is acknowledged when the operating system has it. A crash of the process loses
    /// nothing; a crash of the machine loses what the system had not yet written, some 30 seconds on Linux.
    Relaxed,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Opened {
    pub(super) format: u32,
    pub(super) mode: Durability,
    pub(super) at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Grown {
    pub(super) request: RequestId,
    /// Tokens that are set aside for it from now on, in all.
    pub(super) reserved: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Recorded {
    pub(super) grant: GrantId,
    pub(super) minute: Timestamp,
    pub(super) root: Digest,
}

/// Content that was destroyed together: all that was to be kept until one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Destroyed {
    /// The first instant at which it was to be kept no longer.
    pub until: Timestamp,
    /// How many requests' content it was.
    pub records: u64,
    /// SHA-256 over the digests of what was kept of each request, in order: which content it was.
    pub digest: Digest,
    /// When it was destroyed.
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Commit {
    batch: u64,
    entries: usize,
    chain: Digest,
}

/// Where a sound log ends, so that writing can go on there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct End {
    /// Bytes up to and with the last commit line.
    pub(super) bytes: u64,
    batch: u64,
    chain: Digest,
}

/// A place in the file where it stops making sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Damage {
    pub(super) line: u64,
    pub(super) byte: u64,
    pub(super) reason: String,
}

/// Why reading stopped early.
#[derive(Debug)]
pub(crate) enum ScanError {
    Io(std::io::Error),
    Damaged(Damage),
}

impl End {
    pub(super) fn start() -> Self {
        Self { bytes: 0, batch: 0, chain: Digest::from_bytes([0; 32]) }
    }

    /// Closes a batch of whole lines with its commit line; returns where the log ends after it.
    pub(super) fn commit(&self, lines: &mut Vec<u8>, entries: usize) -> Self {
        let (batch, chain) = (self.batch + 1, self.link(lines));
        write_line(lines, &Entry::Commit(Commit { batch, entries, chain }));
        let bytes = self.bytes + u64::try_from(lines.len()).unwrap_or(u64::MAX);
        Self { bytes, batch, chain }
    }

    fn link(&self, lines: &[u8]) -> Digest {
        let mut context = Context::new(&SHA256);
        context.update(self.chain.as_bytes());
        context.update(lines);
        let mut chain = [0; 32];
        chain.copy_from_slice(context.finish().as_ref());
        Digest::from_bytes(chain)
    }
}

/// Appends an entry's line.
pub(super) fn write_line(out: &mut Vec<u8>, entry: &Entry) {
    serde_json::to_writer(&mut *out, entry).expect("entries have no maps with odd keys");
    out.push(b'\n');
}

/// Reads a log, giving each entry of each committed batch with its line (no line feed) to `each`.
///
/// A batch without a sound commit at the end of the file is torn: it is left out and its bytes are
/// after [`End::bytes`]. Under [`Durability::Relaxed`] several batches may be.
///
/// # Errors
/// Reading fails, `each` gives a reason against an entry, or a batch doesn't read although a later one
/// was committed after it.
pub(crate) fn scan(
    source: &mut dyn BufRead,
    mut each: impl FnMut(&Entry, &[u8]) -> Result<(), String>,
) -> Result<End, ScanError> {
    let mut end = End::start();
    let (mut number, mut byte) = (0, 0);
    let mut mode = Durability::Durable;
    let mut batch: Vec<(u64, u64, Entry, Vec<u8>)> = Vec::new();
    let mut lines = Vec::new();
    let mut reader = Lines { source };
    loop {
        let (line_at, byte_at) = (number + 1, byte);
        let damage = |reason: String| Damage { line: line_at, byte: byte_at, reason };
        let Some(line) = reader.next().map_err(ScanError::Io)? else { return Ok(end) };
        number += 1;
        byte += u64::try_from(line.len()).unwrap_or(u64::MAX);
        let entry = match read_line(&line) {
            Ok(entry) if batch.len() < MAX_BATCH || matches!(entry, Entry::Commit(_)) => entry,
            Ok(_) => return reader.torn(end, mode, damage("the batch has no end".to_owned())),
            Err(reason) => return reader.torn(end, mode, damage(reason)),
        };
        let Entry::Commit(commit) = entry else {
            lines.extend_from_slice(&line);
            batch.push((line_at, byte_at, entry, line));
            continue;
        };
        let chain = end.link(&lines);
        if commit != (Commit { batch: end.batch + 1, entries: batch.len(), chain }) {
            let reason = "the commit line doesn't match its batch".to_owned();
            return reader.torn(end, mode, damage(reason));
        }
        for (line, byte, entry, bytes) in batch.drain(..) {
            if let Entry::Opened(opened) = &entry {
                mode = opened.mode;
            }
            each(&entry, bytes.strip_suffix(b"\n").unwrap_or(&bytes))
                .map_err(|reason| ScanError::Damaged(Damage { line, byte, reason }))?;
        }
        lines.clear();
        end = End { bytes: byte, batch: commit.batch, chain };
    }
}

struct Lines<'s> {
    source: &'s mut dyn BufRead,
}

impl Lines<'_> {
    /// The next line with its line feed, or what is left without one; `None` at the end.
    fn next(&mut self) -> std::io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        let read = (&mut *self.source).take(MAX_LINE).read_until(b'\n', &mut line)?;
        Ok((read > 0).then_some(line))
    }

    /// Decides whether a batch that doesn't read is the torn end of the log, or damage before it.
    fn torn(mut self, end: End, mode: Durability, damage: Damage) -> Result<End, ScanError> {
        while let Some(line) = self.next().map_err(ScanError::Io)? {
            let later = matches!(read_line(&line), Ok(Entry::Commit(c)) if c.batch > end.batch + 1);
            if later && mode == Durability::Durable {
                return Err(ScanError::Damaged(damage));
            }
        }
        Ok(end)
    }
}

fn read_line(line: &[u8]) -> Result<Entry, String> {
    let Some(text) = line.strip_suffix(b"\n") else {
        return Err("the line has no end".to_owned());
    };
    serde_json::from_slice(text).map_err(|e| e.to_string())
}
