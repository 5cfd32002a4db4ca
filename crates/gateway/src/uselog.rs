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
mod reading;
mod writer;

use crate::record::{Intent, Outcome, RequestId, UseRecord};
use crate::sink::{Ack, SinkError, UseSink};
use crate::{DayUse, OwnMinute, Spent};
use access::Recording;
use book::Book;
use domain::{Digest, GrantId, Timestamp};
use format::{End, Entry, Grown, Opened, Recorded};
use reading::{read, torn};
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::JoinHandle;
use writer::{Ahead, Job, Medium, Writer};

pub use format::{Destroyed, Durability};
pub use proof::{ProofError, UseProof, minute_root, read_use};
pub use reading::check_bytes;

/// The format this code writes. 2 added what is kept of a use, and that it was destroyed; 3 what rules about misuse see; 4 that
/// more is set aside for a request under way.
const FORMAT: u32 = 4;
/// The formats it reads.
const KNOWN: [u32; 4] = [1, 2, 3, 4];

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

    fn grown(&self, request: RequestId, reserved: u64) -> Ack {
        self.hand_over(Entry::Grown(Grown { request, reserved }))
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

/// Makes a new file's name durable.
fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// No code panics while it holds the lock.
fn lock(book: &Mutex<Book>) -> MutexGuard<'_, Book> {
    book.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
