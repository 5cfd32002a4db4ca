//! The use log: an append-only file of intents and use records, and the minute trees over it.
//!
//! One thread owns the file and commits in groups: whatever arrived while the last batch was being
//! flushed goes into the next, and where many come it waits half a millisecond for more. `uselog/format.rs` says what the bytes are
//! and why a crash can tear only the last batch; nobody was answered on the strength of a torn one. An intent without an outcome, left
//! by a crash, is closed at the next opening as [`Outcome::Interrupted`] and costs what it had reserved.
//!
//! While it is open, the file is filled with zeros some way ahead of what is written, so that a flush need not wait for the
//! file system's journal: `fdatasync` then takes a fraction of the time, of the processor's too.
//!
//! The file holds no prompt, no answer and no credential: digests, sizes, times, and ids.

pub(crate) mod book;
pub(crate) mod format;
mod proof;
mod writer;

use crate::merkle;
use crate::record::{Intent, Outcome, RequestId, UseRecord};
use crate::sink::{Ack, SinkError, UseSink};
use crate::{DayUse, OwnMinute, Spent};
use access::Recording;
use book::Book;
use domain::{Digest, GrantId, Timestamp};
use format::{End, Entry, Opened, Recorded, ScanError};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::JoinHandle;
use writer::{Ahead, Job, Medium, Writer};

pub use format::{Destroyed, Durability};
pub use proof::{ProofError, UseProof, minute_root, read_use};

/// The format this code writes. 2 added what is kept of a use, and that it was destroyed; 3 what rules about misuse see.
const FORMAT: u32 = 3;
/// The formats it reads.
const KNOWN: [u32; 3] = [1, 2, 3];

/// An open use log. Dropping it writes what was handed over and closes the file.
#[derive(Debug)]
pub struct UseLog {
    /// The path, and a handle of its own to flush with.
    at: Option<(PathBuf, File)>,
    mode: Durability,
    book: Arc<Mutex<Book>>,
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

/// One grant's uses of one minute, as `access` records them in the transparency log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MinuteSummary {
    /// The grant.
    pub grant: GrantId,
    /// The minute's first instant.
    pub minute: Timestamp,
    /// RFC 6962 root over the use records' lines, in the order of the file.
    pub root: Digest,
    /// How many records.
    pub count: u64,
    /// Tokens of prompts, as far as they were charged.
    pub tokens_in: u64,
    /// Tokens of answers, as far as they were charged. Both together are what the minute cost, so that
    /// the record in the transparency log and the gateway's own account agree.
    pub tokens_out: u64,
}

/// What opening a log found and repaired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recovery {
    /// Bytes of a torn batch at the end, now cut off.
    pub dropped_bytes: u64,
    /// Requests that a crash interrupted, now closed at their reservation.
    pub interrupted: usize,
}

/// Why a use log can't be opened or read.
#[derive(Debug, thiserror::Error)]
pub enum UseLogError {
    /// The file system refused.
    #[error("can't {action} the use log `{}`", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// Another process has the log open.
    #[error("the use log `{}` is in use by another gateway; give each its own", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// Something before the end of the file doesn't read.
    #[error(
        "the use log `{}` is damaged at line {line} (byte {byte}): {reason}; restore it from a copy, or move it away and settle its budgets by hand",
        path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: u64,
        /// The line's first byte.
        byte: u64,
        /// What is wrong.
        reason: String,
    },
    /// A use can't be proved.
    #[error("use `{request}` can't be proved: {reason}")]
    Unproven {
        /// Which use.
        request: RequestId,
        /// Why not.
        reason: &'static str,
    },
    /// The repaired log could not be written.
    #[error(transparent)]
    Sink(#[from] SinkError),
}

impl UseLog {
    /// Opens the log at `path`, or begins one; cuts off a torn end and closes interrupted requests.
    /// Reads the whole file and blocks while it does.
    ///
    /// # Errors
    /// The file can't be opened, is in use, is damaged before its end, or takes no more bytes.
    pub fn open(
        path: &Path,
        mode: Durability,
        now: Timestamp,
    ) -> Result<(Self, Recovery), UseLogError> {
        let io = |action| move |source| UseLogError::Io { action, path: path.to_owned(), source };
        let fresh = !path.exists();
        // not in append mode: the file is filled ahead of what is written
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        let file = file.map_err(io("open"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(UseLogError::InUse { path: path.to_owned() });
            }
            Err(TryLockError::Error(source)) => return Err(io("lock")(source)),
        }
        let mut book = Book::default();
        let end = read(path, |entry, line| book.apply(entry, line))?;
        let found = file.metadata().map_err(io("measure"))?.len();
        let mut dropped_bytes = 0;
        if found > end.bytes {
            dropped_bytes = torn(&file, end.bytes).map_err(io("read"))?;
            file.set_len(end.bytes).map_err(io("repair"))?;
        }
        if fresh {
            sync_folder(path).map_err(io("create"))?;
        }
        let handle = file.try_clone().map_err(io("open"))?;
        let ahead = Ahead::new(file, end.bytes, mode);
        let (mut log, interrupted) = Self::start(Box::new(ahead), end, mode, book, now)?;
        log.at = Some((path.to_owned(), handle));
        Ok((log, Recovery { dropped_bytes, interrupted }))
    }

    /// Goes on writing where a log ends.
    fn start(
        medium: Box<dyn Medium>,
        end: End,
        mode: Durability,
        mut book: Book,
        now: Timestamp,
    ) -> Result<(Self, usize), SinkError> {
        book.replayed();
        let interrupted: Vec<_> = book.open().map(|intent| interrupted(intent, now)).collect();
        let count = interrupted.len();
        let book = Arc::new(Mutex::new(book));
        let mut writer = Writer::new(medium, end, mode, Arc::clone(&book));
        writer.open(Opened { format: FORMAT, mode, at: now }, interrupted)?;
        let (jobs, queue) = mpsc::channel();
        let named = std::thread::Builder::new().name("gateway-uses".to_owned());
        let thread = named.spawn(move || writer.run(&queue));
        let thread = thread.map_err(|e| SinkError::Write(e.to_string()))?;
        Ok((Self { at: None, mode, book, jobs: Some(jobs), thread: Some(thread) }, count))
    }

    /// Closes the minutes before `now`'s and gives the sums of those that were not yet
    /// [`UseLog::minute_recorded`], oldest first. A minute is given again until then, after a restart
    /// too, always the same.
    ///
    /// # Errors
    /// In relaxed mode, the file can't be flushed: what is given out must not be lost.
    pub fn minutes_closed(&self, now: Timestamp) -> Result<Vec<MinuteSummary>, SinkError> {
        let closed = lock(&self.book).minutes_closed(now);
        if let (Durability::Relaxed, false, Some((_, file))) =
            (self.mode, closed.is_empty(), &self.at)
        {
            file.sync_data().map_err(|e| SinkError::Flush(e.to_string()))?;
        }
        Ok(closed)
    }

    /// As [`UseLog::minutes_closed`] for every minute that has uses: also the one that is not over, and the one after it, to
    /// which uses go when a log is opened again within a minute. For a gateway that takes no more.
    ///
    /// # Errors
    /// As [`UseLog::minutes_closed`].
    pub fn every_minute_closed(&self) -> Result<Vec<MinuteSummary>, SinkError> {
        let end = lock(&self.book).end();
        end.map_or(Ok(Vec::new()), |end| self.minutes_closed(end))
    }

    /// Resolves when everything that was handed over before is durable.
    pub fn written(&self) -> Ack {
        let (done, ack) = Ack::later();
        if let Some(jobs) = &self.jobs {
            drop(jobs.send(Job::Mark(done)));
        }
        ack
    }

    /// Notes that a closed minute's root is in the transparency log.
    pub fn minute_recorded(&self, summary: &MinuteSummary) -> Ack {
        let (grant, minute, root) = (summary.grant.clone(), summary.minute, summary.root);
        self.hand_over(Entry::Recorded(Recorded { grant, minute, root }))
    }

    /// Notes that content is no more.
    pub fn destroyed(&self, destroyed: Destroyed) -> Ack {
        self.hand_over(Entry::Destroyed(destroyed))
    }

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

    /// Proves that a use is in its minute's tree. Reads the file twice.
    ///
    /// # Errors
    /// The use isn't in the log, its minute isn't closed, or the file can't be read.
    pub fn prove(&self, request: RequestId) -> Result<UseProof, UseLogError> {
        let unproven = |reason| UseLogError::Unproven { request, reason };
        let (path, _) = self.at.as_ref().ok_or(unproven("the log is not a file"))?;
        let (minute, line, leaves) = Self::minute_of(path, request)?;
        if !lock(&self.book).is_closed(minute) {
            return Err(unproven("its minute is not closed yet; ask again in a minute"));
        }
        UseProof::new(line, &leaves).ok_or(unproven("the file changed while it was read"))
    }

    /// The minute of a use, its line, and the leaves of its grant's minute.
    fn minute_of(
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

    fn hand_over(&self, entry: Entry) -> Ack {
        let (done, ack) = Ack::later();
        if let Some(jobs) = &self.jobs {
            // a dropped `done` resolves the ack as closed
            drop(jobs.send(Job::Write(entry, done)));
        }
        ack
    }
}

impl UseSink for UseLog {
    fn intent(&self, intent: Intent) -> Ack {
        self.hand_over(Entry::Intent(intent))
    }

    fn outcome(&self, record: UseRecord) -> Ack {
        self.hand_over(Entry::Use(record))
    }

    fn spent(&self) -> Vec<Spent> {
        lock(&self.book).spent()
    }

    fn days(&self) -> Vec<DayUse> {
        lock(&self.book).days()
    }

    fn uncounted(&self) -> Vec<OwnMinute> {
        lock(&self.book).uncounted()
    }

    fn counted(&self, minutes: &[OwnMinute]) {
        lock(&self.book).counted(minutes);
    }

    fn recording(&self) -> Recording {
        match self.mode {
            Durability::Durable => Recording::Durable,
            Durability::Relaxed => Recording::Relaxed,
        }
    }
}

impl Drop for UseLog {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// The outcome of a request that a crash interrupted: it may have used all it had reserved.
pub(crate) fn interrupted(intent: &Intent, now: Timestamp) -> UseRecord {
    UseRecord {
        salt: crate::random::digest(),
        request: intent.request,
        grant: intent.grant.clone(),
        person: intent.person.clone(),
        minute: now.minute(),
        started_at: intent.started_at,
        finished_at: now,
        endpoint: intent.endpoint,
        model: intent.model.clone(),
        request_digest: intent.request_digest,
        response_digest: Digest::of(b""),
        content: intent.content,
        tokens_in: intent.tokens_in,
        tokens_out: intent.reserved.saturating_sub(intent.tokens_in),
        charged: intent.reserved,
        outcome: Outcome::Interrupted,
        traits: crate::Traits::default(),
    }
}

fn read(
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
fn torn(mut file: &File, end: u64) -> std::io::Result<u64> {
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

/// Makes a new file's name durable.
fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// No code panics while it holds the lock.
fn lock(book: &Mutex<Book>) -> MutexGuard<'_, Book> {
    book.lock().unwrap_or_else(PoisonError::into_inner)
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

#[cfg(test)]
mod tests;
