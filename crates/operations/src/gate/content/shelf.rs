//! The thread that encrypts and writes content while the gateway serves, and the end of what was kept long enough.

use super::segment::{self, ContentError, Frame, Segment, day_of, key_of};
use super::{Plain, context};
use crate::ctx::Random;
use crate::files;
use access::Content;
use domain::{Digest, PartyId, Timestamp};
use gateway::{Ack, ContentStore, Destroyed, Durability, Exchange, RequestId, SinkError};
use ledger::{Kem, PublicKeys, Trust, seal_letter};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;

/// Most exchanges that are written together.
const BATCH: usize = 64;
/// How often writing is tried again after it failed.
const AGAIN: Duration = Duration::from_secs(1);

type Done = oneshot::Sender<Result<(), SinkError>>;
type Readers = RwLock<BTreeMap<PartyId, PublicKeys>>;

/// What a gateway keeps content with. Dropping it writes what was handed over.
#[derive(Debug)]
pub struct Shelf {
    readers: Arc<Readers>,
    failing: Arc<AtomicBool>,
    jobs: Option<Sender<(Exchange, Done)>>,
    thread: Option<JoinHandle<()>>,
}

impl Shelf {
    /// Begins to keep content in a home.
    ///
    /// # Errors
    /// The system starts no thread.
    pub fn start(
        home: &Path,
        kem: Kem,
        mode: Durability,
        random: Arc<dyn Random>,
    ) -> io::Result<Self> {
        let (readers, failing) = (Arc::new(Readers::default()), Arc::new(AtomicBool::new(false)));
        let (jobs, queue) = channel();
        let writer = Writer {
            folder: segment::folder(home),
            kem,
            mode,
            random,
            readers: Arc::clone(&readers),
            failing: Arc::clone(&failing),
            segments: BTreeMap::new(),
            owed: BTreeMap::new(),
        };
        let named = std::thread::Builder::new().name("gateway-content".to_owned());
        let thread = named.spawn(move || writer.run(&queue))?;
        Ok(Self { readers, failing, jobs: Some(jobs), thread: Some(thread) })
    }

    /// Learns who has which key as of now.
    pub fn learn(&self, trust: &Trust) {
        let keys = trust.parties().filter_map(|member| {
            let id = &member.party.id;
            Some((id.clone(), trust.sealing_keys(id)?.clone()))
        });
        let keys = keys.collect();
        *self.readers.write().unwrap_or_else(PoisonError::into_inner) = keys;
    }
}

impl ContentStore for Shelf {
    fn ready(&self, party: &PartyId, content: Content) -> Result<(), SinkError> {
        if self.failing.load(Ordering::SeqCst) {
            return Err(SinkError::Write("content could not be written a moment ago".to_owned()));
        }
        let known = || {
            let readers = self.readers.read().unwrap_or_else(PoisonError::into_inner);
            readers.contains_key(party)
        };
        if matches!(content, Content::Sealed { .. }) && !known() {
            return Err(SinkError::Refused(format!("no key of `{party}` counts, to seal to it")));
        }
        Ok(())
    }

    fn keep(&self, exchange: Exchange) -> Ack {
        let (done, ack) = Ack::later();
        if let Some(jobs) = &self.jobs {
            // a dropped `done` resolves the ack as closed
            drop(jobs.send((exchange, done)));
        }
        ack
    }
}

impl Drop for Shelf {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// What the thread owns.
struct Writer {
    folder: PathBuf,
    kem: Kem,
    mode: Durability,
    random: Arc<dyn Random>,
    readers: Arc<Readers>,
    failing: Arc<AtomicBool>,
    segments: BTreeMap<Timestamp, Segment>,
    /// Encrypted frames that could not be written, by day; they go before anything else.
    owed: BTreeMap<Timestamp, Vec<u8>>,
}

impl Writer {
    fn run(mut self, queue: &Receiver<(Exchange, Done)>) {
        loop {
            let first = match queue.recv_timeout(AGAIN) {
                Ok(first) => first,
                Err(RecvTimeoutError::Timeout) => {
                    // what failed was said, and is tried again
                    let _failed = self.settle();
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => break,
            };
            let mut waiting = Vec::new();
            let mut next = Some(first);
            while let Some((exchange, done)) = next {
                match self.take(exchange) {
                    Ok(()) => waiting.push(done),
                    // whoever no longer waits needs no answer
                    Err(error) => drop(done.send(Err(error))),
                }
                next = if waiting.len() < BATCH { queue.try_recv().ok() } else { None };
            }
            let written = self.settle();
            for done in waiting {
                drop(done.send(written.clone()));
            }
        }
        if let Err(error) = self.settle() {
            let bytes: usize = self.owed.values().map(Vec::len).sum();
            tracing::error!(%error, bytes, "content was lost at shutdown");
        }
    }

    /// Encrypts an exchange; from here on its plaintext is gone.
    fn take(&mut self, exchange: Exchange) -> Result<(), SinkError> {
        let Some(days) = exchange.content.retention_days() else { return Ok(()) };
        let until = segment::until(exchange.finished_at, days);
        let Exchange { request, grant, party, content, .. } = &exchange;
        let sealed = matches!(content, Content::Sealed { .. });
        let plain = Plain {
            salt: *exchange.salt,
            asked: &exchange.asked,
            answered: &exchange.answered,
            shortened: exchange.shortened,
        };
        let plain = plain.encode();
        let bytes = if sealed {
            self.seal(party, *request, &plain)?
        } else {
            let random = Arc::clone(&self.random);
            match self.segment(until) {
                Ok(segment) => segment
                    .encrypt(*request, &plain, random.as_ref())
                    .map_err(|error| SinkError::Refused(error.to_string()))?,
                Err(error) => return Err(self.failed(&error)),
            }
        };
        let frame = Frame::new(*request, (grant.clone(), party.clone()), sealed, bytes);
        self.owed.entry(until).or_default().extend_from_slice(&frame.on_file());
        Ok(())
    }

    fn seal(
        &self,
        party: &PartyId,
        request: RequestId,
        plain: &[u8],
    ) -> Result<Vec<u8>, SinkError> {
        let readers = self.readers.read().unwrap_or_else(PoisonError::into_inner);
        let unknown = || SinkError::Refused(format!("no key of `{party}` counts, to seal to it"));
        let keys = readers.get(party).ok_or_else(unknown)?;
        let random = &mut |into: &mut [u8]| self.random.fill(into);
        let letter = seal_letter((party, keys), self.kem, &context(request), plain, random);
        letter.map_err(|error| SinkError::Refused(error.to_string()))
    }

    fn segment(&mut self, until: Timestamp) -> Result<&mut Segment, ContentError> {
        match self.segments.entry(until) {
            std::collections::btree_map::Entry::Occupied(open) => Ok(open.into_mut()),
            std::collections::btree_map::Entry::Vacant(none) => {
                let opened = Segment::open(&self.folder, until, self.random.as_ref())?;
                Ok(none.insert(opened))
            }
        }
    }

    /// Writes what is owed; whether none is left.
    fn settle(&mut self) -> Result<(), SinkError> {
        let durable = self.mode == Durability::Durable;
        while let Some((until, bytes)) = self.owed.pop_first() {
            let written = self.segment(until).and_then(|segment| segment.append(&bytes, durable));
            if let Err(error) = written {
                self.owed.insert(until, bytes);
                self.segments.remove(&until);
                return Err(self.failed(&error));
            }
        }
        // a day's file that nothing is written to any more is closed
        while self.segments.len() > 8 {
            self.segments.pop_first();
        }
        self.failing.store(false, Ordering::SeqCst);
        Ok(())
    }

    fn failed(&self, error: &ContentError) -> SinkError {
        self.failing.store(true, Ordering::SeqCst);
        let error = crate::plain(error);
        tracing::error!(
            "content can't be written, so nothing that must be kept is forwarded: {error}"
        );
        SinkError::Write(error)
    }
}

/// Destroys what was kept until `now` or earlier. `record` notes each file durably, after its key is gone and before
/// the file is; a crash in between destroys and notes the file again.
///
/// # Errors
/// The system's, or `record`'s; what was not destroyed is tried again by the next call.
pub fn destroy_due<E: From<ContentError>>(
    home: &Path,
    now: Timestamp,
    mut record: impl FnMut(Destroyed) -> Result<(), E>,
) -> Result<u64, E> {
    let mut destroyed = 0;
    let files = files::list(&segment::folder(home), "content").map_err(ContentError::from)?;
    for file in files {
        let Some(until) = day_of(&file).filter(|until| *until <= now) else { continue };
        let (mut records, mut frames) = (0, Vec::new());
        segment::visit(&file, &mut |frame, _| {
            records += 1;
            frames.extend_from_slice(Digest::of(&frame.bytes).as_bytes());
        })?;
        let system = |source| ContentError::from(files::system("destroy", &file)(source));
        shred(&key_of(&file)).map_err(system)?;
        record(Destroyed { until, records, digest: Digest::of(&frames), at: now })?;
        remove(&file).map_err(system)?;
        destroyed += records;
    }
    Ok(destroyed)
}

/// Overwrites a key on the disk and removes it.
fn shred(key: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).open(key) {
        Ok(mut file) => {
            file.write_all(&[0; 32])?;
            file.sync_all()?;
            remove(key)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn remove(path: &Path) -> io::Result<()> {
    std::fs::remove_file(path)?;
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}
