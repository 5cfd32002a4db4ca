//! The thread that owns the file: group commit, and what happens when the disk says no.

use super::book::{Batch, Book};
use super::format::{Durability, End, Entry, MAX_BATCH, Opened, write_line};
use crate::record::UseRecord;
use crate::sink::SinkError;
use std::fs::File;
use std::io;
use std::ops::{Range, RangeInclusive};
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// How long others are waited for while many come: one flush of many costs as much as one of a few, and so does waking whoever
/// waited. Where few come, what came while the last flush ran is written at once.
const GATHER: Duration = Duration::from_micros(500);
/// How many must come in that time to be worth it.
const CROWD: u32 = 2;

/// Whether others are worth waiting for when so many came in the time since the batch before.
pub(super) fn crowded(count: usize, took: Duration) -> bool {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    GATHER.saturating_mul(count) >= took.saturating_mul(CROWD)
}

/// Who waits for something to be durable.
type Done = oneshot::Sender<Result<(), SinkError>>;

/// What the thread is asked for, and who waits for it.
#[expect(
    clippy::large_enum_variant,
    reason = "nearly all are entries, and each lives for one batch"
)]
pub(super) enum Job {
    /// To make an entry durable.
    Write(Entry, Done),
    /// To say when everything before is.
    Mark(Done),
}

/// What is written together.
#[derive(Default)]
pub(super) struct Group {
    pub(super) entries: Vec<Entry>,
    waiting: Vec<Done>,
    batch: Batch,
}

/// What a log is written to. Tests have one that fails.
pub(super) trait Medium: Send {
    /// Writes bytes at the end; on failure some may have been written.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Returns when what was appended survives a power cut.
    fn flush(&mut self) -> io::Result<()>;
    /// Cuts the log back to its first bytes.
    fn cut(&mut self, bytes: u64) -> io::Result<()>;
}

/// A file that is filled with zeros ahead of what is written, so that a flush finds its blocks in place and need not wait for
/// the file system's own journal. Zeros are no line, so a reader takes them for the torn end that they may be.
#[derive(Debug)]
pub(super) struct Ahead {
    file: File,
    /// Bytes of the log.
    written: u64,
    /// Bytes of the file, the rest of which are zeros.
    filled: u64,
    /// Whether to: there is no point where nothing is flushed.
    fills: bool,
}

/// How far a file is filled ahead: as far again as it is long, within these.
const AHEAD: RangeInclusive<u64> = 64 << 10..=1 << 20;

impl Ahead {
    /// A file whose log ends, as the file does, after so many bytes.
    pub(super) fn new(file: File, written: u64, mode: Durability) -> Self {
        Self { file, written, filled: written, fills: mode == Durability::Durable }
    }

    /// Fills the file as far as a write needs, and some way ahead. Where there is no room for that, the write itself will
    /// make the file longer, or will fail.
    fn fill(&mut self, bytes: usize) {
        let needed = self.written.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
        if needed <= self.filled || !self.fills {
            return;
        }
        let until = needed.saturating_add(self.written.clamp(*AHEAD.start(), *AHEAD.end()));
        let zeros = vec![0; usize::try_from(until - self.written).unwrap_or(bytes)];
        let filled =
            self.file.write_all_at(&zeros, self.written).and_then(|()| self.file.sync_all());
        self.filled = match filled {
            Ok(()) => until,
            Err(error) => {
                tracing::debug!(%error, "no room ahead of the use log");
                drop(self.file.set_len(self.written));
                self.written
            }
        };
    }
}

impl Medium for Ahead {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.fill(bytes.len());
        self.file.write_all_at(bytes, self.written)?;
        self.written = self.written.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        self.filled = self.filled.max(self.written);
        Ok(())
    }
    fn flush(&mut self) -> io::Result<()> {
        self.file.sync_data()
    }
    fn cut(&mut self, bytes: u64) -> io::Result<()> {
        self.file.set_len(bytes)?;
        (self.written, self.filled) = (bytes, bytes);
        Ok(())
    }
}

impl Drop for Ahead {
    /// A log at rest has no zeros at its end. If they stay, the next opening takes them away.
    fn drop(&mut self) {
        drop(self.file.set_len(self.written));
    }
}

/// Writes batches and applies them to the book once they are durable.
pub(super) struct Writer {
    medium: Box<dyn Medium>,
    end: End,
    mode: Durability,
    book: Arc<Mutex<Book>>,
    /// Outcomes that could not be written yet; they go before anything else.
    owed: Vec<Entry>,
    /// Set when the state of the disk is unknown.
    stopped: Option<SinkError>,
}

impl Writer {
    pub(super) fn new(
        medium: Box<dyn Medium>,
        end: End,
        mode: Durability,
        book: Arc<Mutex<Book>>,
    ) -> Self {
        Self { medium, end, mode, book, owed: Vec::new(), stopped: None }
    }

    /// Begins a process's part of the log and closes what an earlier one left open.
    pub(super) fn open(
        &mut self,
        opened: Opened,
        interrupted: Vec<UseRecord>,
    ) -> Result<(), SinkError> {
        self.write(&mut [Entry::Opened(opened)])?;
        self.owed = interrupted.into_iter().map(Entry::Use).collect();
        self.pay()
    }

    /// Serves until every sender is gone.
    #[expect(clippy::disallowed_methods, reason = "edge: a thread of its own, which alone waits")]
    pub(super) fn run(mut self, queue: &mpsc::Receiver<Job>) {
        let (mut last, mut waits) = (Instant::now(), false);
        while let Ok(first) = queue.recv() {
            if waits {
                // asleep it is woken by no one: what comes is there when it looks
                std::thread::sleep(GATHER);
            }
            let Group { entries, waiting, .. } = self.gather(first, queue);
            waits = crowded(entries.len(), last.elapsed());
            last = Instant::now();
            let written = self.commit(entries);
            for done in waiting {
                drop(done.send(written.clone()));
            }
        }
        if let Err(error) = self.pay() {
            tracing::error!(%error, owed = self.owed.len(), "use records were lost at shutdown; they will be charged in full");
        }
    }

    /// What is queued, as far as it fits one batch.
    pub(super) fn gather(&self, first: Job, queue: &mpsc::Receiver<Job>) -> Group {
        let mut group = Group::default();
        let mut next = Some(first);
        while let Some(job) = next {
            self.take(&mut group, job);
            let full = group.waiting.len() >= MAX_BATCH;
            next = if full { None } else { queue.try_recv().ok() };
        }
        group
    }

    fn take(&self, group: &mut Group, job: Job) {
        let (entry, done) = match job {
            Job::Write(entry, done) => (entry, done),
            Job::Mark(done) => return group.waiting.push(done),
        };
        let admitted = super::lock(&self.book).admits(&entry, &mut group.batch);
        match admitted {
            Ok(()) => {
                group.entries.push(entry);
                group.waiting.push(done);
            }
            // whoever no longer waits needs no answer
            Err(reason) => drop(done.send(Err(SinkError::Refused(reason)))),
        }
    }

    /// Writes what is owed and then the entries. Outcomes that can't be written are owed from then on.
    fn commit(&mut self, mut entries: Vec<Entry>) -> Result<(), SinkError> {
        let written = self.pay().and_then(|()| self.write(&mut entries));
        if written.is_err() {
            let book = super::lock(&self.book);
            // an outcome in one batch with its intent is not owed: neither is on file
            let owed = |e: &Entry| matches!(e, Entry::Use(record) if book.is_open(record.request));
            self.owed.extend(entries.into_iter().filter(owed));
        }
        written
    }

    /// Writes the outcomes that are owed.
    fn pay(&mut self) -> Result<(), SinkError> {
        while !self.owed.is_empty() {
            let rest = self.owed.split_off(self.owed.len().min(MAX_BATCH));
            let mut batch = std::mem::replace(&mut self.owed, rest);
            if let Err(error) = self.write(&mut batch) {
                batch.append(&mut self.owed);
                self.owed = batch;
                return Err(error);
            }
        }
        Ok(())
    }

    /// Writes one batch, whole or not at all.
    fn write(&mut self, entries: &mut [Entry]) -> Result<(), SinkError> {
        if let Some(error) = &self.stopped {
            return Err(error.clone());
        }
        if entries.is_empty() {
            return Ok(());
        }
        let (mut bytes, mut lines) = (Vec::with_capacity(entries.len() * 768), Vec::new());
        {
            let mut book = super::lock(&self.book);
            for entry in &mut *entries {
                if let Entry::Use(record) = entry {
                    book.place(record);
                }
                let start = bytes.len();
                write_line(&mut bytes, entry);
                lines.push(start..bytes.len() - 1);
            }
        }
        let end = self.end.commit(&mut bytes, entries.len());
        let written = self.persist(&bytes);
        let mut book = super::lock(&self.book);
        book.settled();
        written?;
        self.end = end;
        apply(&mut book, entries, &lines, &bytes)
    }

    fn persist(&mut self, bytes: &[u8]) -> Result<(), SinkError> {
        if let Err(error) = self.medium.append(bytes) {
            let error = error.to_string();
            return Err(match self.medium.cut(self.end.bytes) {
                Ok(()) => SinkError::Write(error),
                Err(_) => self.stop(error),
            });
        }
        if self.mode == Durability::Durable
            && let Err(error) = self.medium.flush()
        {
            // after a failed flush nobody knows which pages are on the disk
            return Err(self.stop(error.to_string()));
        }
        Ok(())
    }

    fn stop(&mut self, reason: String) -> SinkError {
        let error = SinkError::Flush(reason);
        tracing::error!(%error, "the use log stopped");
        self.stopped = Some(error.clone());
        error
    }
}

/// Takes durable entries into the book. What the book refuses was our own mistake; the file keeps it,
/// the caller hears of it.
fn apply(
    book: &mut Book,
    entries: &[Entry],
    lines: &[Range<usize>],
    bytes: &[u8],
) -> Result<(), SinkError> {
    for (entry, line) in entries.iter().zip(lines) {
        let line = bytes.get(line.clone()).unwrap_or_default();
        book.apply(entry, line).map_err(SinkError::Refused)?;
    }
    Ok(())
}
