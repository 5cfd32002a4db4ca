//! The log's host: checks signatures and places in the chain, appends, publishes. It applies no rule.
//!
//! A node cannot read what is sealed and does not judge what a statement says: an inadmissible
//! statement is logged, and every fold ignores it. What it refuses is a bad signature, a place in the chain
//! that is taken, or a time far ahead of its clock; that makes a flood costly and forgery useless.

mod batch;
mod config;
mod cose;
pub mod cosigners;
mod drafts;
mod error;
mod objects;
pub mod place;
mod queue;
pub mod rounds;
mod shred;
mod ticket;
mod tip;
mod views;
mod witnessed;

pub use config::{Created, create};
pub use error::{Fault, NodeError};
pub use store::{ObjectCredentials, ObjectPlace};
pub use ticket::Ticket;
pub use views::{DraftView, LeafView, Status};
pub use witnessed::CosignerView;

use crate::ctx::Clock;
use crate::wire;
use batch::Candidate;
use cosigners::start::Unheard;
use domain::Digest;
use ledger::{CheckedEntry, LogFiles, LogSigner, Receipt, Tiles, TreeHead, Trust};
use queue::Queue;
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use store::{Committed, Database, FileLog, LogStore, MemoryLog, Objects, StoreError};
use tip::Tip;
use witnessed::Cosigning;

/// Where a node keeps its log and its drafts.
pub trait Backing: Debug + Send + Sync {
    /// The log.
    fn log(&self) -> &dyn LogStore;
    /// The tables beside it.
    fn database(&self) -> &Database;
    /// Whether other hosts append to this log too.
    fn is_shared(&self) -> bool {
        false
    }
    /// Whether what is shredded stays behind as an older version until somebody deletes that too.
    fn keeps_versions(&self) -> bool {
        false
    }
}

impl Backing for FileLog {
    fn log(&self) -> &dyn LogStore {
        &**self
    }
    fn database(&self) -> &Database {
        Self::database(self)
    }
}

impl Backing for MemoryLog {
    fn log(&self) -> &dyn LogStore {
        &**self
    }
    fn database(&self) -> &Database {
        Self::database(self)
    }
}

/// A log host.
#[derive(Debug)]
pub struct Node {
    backing: Box<dyn Backing>,
    queue: Mutex<Queue<Candidate>>,
    tip: Mutex<Option<Tip>>,
    /// Who is who as of the log's end, for callers to verify by while a batch is being appended.
    now: RwLock<Arc<Trust>>,
    /// What the cosigners made of it so far.
    cosigning: Mutex<Cosigning>,
    /// Held while a draft is merged, so that two signatures that arrive together are both kept.
    merging: Mutex<()>,
    trust: Trust,
    signer: LogSigner,
    clock: Arc<dyn Clock>,
}

/// How a node is opened.
#[derive(Debug, Clone, Default)]
pub struct Opening<'a> {
    /// A person's reason to start though no witness answers.
    pub without: Option<&'a str>,
    /// Who asks the object storage, for a node with `store.toml`.
    pub who: ObjectCredentials,
}

/// Most times that a reading is tried again because the log grew meanwhile.
const TRIES: usize = 16;

impl Node {
    /// Opens the node in a folder that [`create`] made, finishing what a crash left half done.
    ///
    /// # Errors
    /// Missing or malformed configuration, another process at work, a log that contradicts its commit point.
    pub fn open(folder: &Path, clock: Arc<dyn Clock>) -> Result<Self, NodeError> {
        Ok(Self::open_with(folder, clock, &Opening::default())?.0)
    }

    /// As [`Node::open`], with what else there is to say. Says too which cosigners did not answer. A node with
    /// `witnesses.toml` asks them before it signs anything: see [`cosigners::start`].
    ///
    /// # Errors
    /// As [`Node::open`], and when a cosigner knows a newer or another history, or none answers.
    pub fn open_with(
        folder: &Path,
        clock: Arc<dyn Clock>,
        opening: &Opening<'_>,
    ) -> Result<(Self, Unheard), NodeError> {
        let (signer, trust) = config::read(folder)?;
        let place = place::read(folder).map_err(NodeError::Place)?;
        let backing: Box<dyn Backing> = match place {
            None => Box::new(FileLog::open(folder).map_err(NodeError::Store)?),
            Some(place) => {
                let objects = Objects::s3(&place, &opening.who).map_err(NodeError::Store)?;
                Box::new(objects::open(folder, objects, &trust)?)
            }
        };
        let (store, without) = (backing.log(), opening.without);
        let asked =
            cosigners::start::before_signing(folder, &signer, store, clock.as_ref(), without);
        let unheard = asked.map_err(|e| NodeError::Start(Box::new(e)))?;
        Ok((Self::over(backing, signer, trust, clock)?, unheard))
    }

    /// A node over any backing.
    ///
    /// # Errors
    /// A log whose leaves can't be read.
    pub fn over(
        backing: Box<dyn Backing>,
        signer: LogSigner,
        trust: Trust,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, NodeError> {
        let now = RwLock::new(Arc::new(trust.clone()));
        let (queue, tip, merging) = (Mutex::default(), Mutex::default(), Mutex::default());
        let cosigning = Mutex::default();
        let node = Self { backing, queue, tip, now, cosigning, merging, trust, signer, clock };
        if node.backing.log().head().map_err(NodeError::Store)?.is_none() {
            let now = node.clock.now();
            let plan =
                ledger::plan_append(TreeHead::EMPTY, &Tiles(node.log()), &[], &node.signer, now)
                    .map_err(NodeError::Plan)?;
            match node.backing.log().commit(&plan, now) {
                // another host of this log has begun it
                Ok(_) | Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(NodeError::Store(error)),
            }
        }
        node.read_tip(&mut node.lock_tip())?;
        node.read_witnessed()?;
        Ok(node)
    }

    /// Logs a statement in the encoding of [`wire::entry_bytes`] and returns its receipt, waiting on this thread. A
    /// statement that is already logged gives its receipt again.
    ///
    /// # Errors
    /// See [`NodeError`]. Unless the store says that it is committed, nothing was logged.
    pub fn submit(&self, bytes: &[u8]) -> Result<Vec<u8>, NodeError> {
        let ticket = self.accept(bytes)?;
        self.lead();
        ticket.wait()
    }

    /// Checks a statement on this thread, form and signatures, and lets it wait to be appended. Whoever calls this
    /// sees to it that [`Node::lead`] is called after it.
    ///
    /// # Errors
    /// See [`NodeError`]; the statement does not wait.
    pub fn accept(&self, bytes: &[u8]) -> Result<Ticket, NodeError> {
        let entry = wire::entry(bytes).map_err(NodeError::Malformed)?;
        let entry = entry.checked().map_err(NodeError::Unsound)?;
        let (signers, under) = self.verified(&entry)?;
        let (answer, ticket) = ticket::pair();
        let candidate = Candidate { entry, signers, under, answer };
        self.queue().push(bytes.len(), candidate).map_err(|_| NodeError::Busy)?;
        Ok(ticket)
    }

    /// Whether statements wait and nobody appends them.
    pub fn needs_leader(&self) -> bool {
        self.queue().needs_leader()
    }

    /// Appends what waits, batch after batch, until nothing does. Returns at once when another thread is at it.
    pub fn lead(&self) {
        if !self.queue().lead() {
            return;
        }
        let _lead = Lead(self);
        loop {
            let batch = self.queue().batch();
            if batch.is_empty() {
                return;
            }
            self.append(batch);
        }
    }

    /// Who signed a statement, by the keys as of now. Nobody is asked for one that is logged already.
    fn verified(
        &self,
        entry: &CheckedEntry,
    ) -> Result<(BTreeSet<domain::PartyId>, Option<Arc<Trust>>), NodeError> {
        let trust = self.trust_now();
        match entry.verify(&trust) {
            Ok(signers) => Ok((signers, Some(trust))),
            // the keys may have changed since it was logged
            Err(_) if self.index_of(&entry.id())?.is_some() => Ok((BTreeSet::new(), None)),
            Err(error) => Err(NodeError::Unsound(error)),
        }
    }

    /// The receipt of a logged statement, under the newest checkpoint that every main party's witness has cosigned if
    /// that covers it, else under the current one; `None` when it is not logged.
    ///
    /// # Errors
    /// Storage that fails.
    pub fn receipt(&self, id: &Digest) -> Result<Option<Vec<u8>>, NodeError> {
        let receipt = self.steady(|committed| {
            let Some(index) = self.index_of(id)? else { return Ok(None) };
            let Some(witnessed) = self.witnessed(index) else {
                return self.receipt_under(id, committed);
            };
            let held = committed.head.size;
            let receipt = Receipt::build_under(self.log(), index, &witnessed.note, held);
            receipt.map(Some).map_err(NodeError::Receipt)
        })?;
        Ok(receipt.map(|receipt| receipt.to_string().into_bytes()))
    }

    /// The receipt of a logged statement under the committed checkpoint.
    fn receipt_under(
        &self,
        id: &Digest,
        committed: &Committed,
    ) -> Result<Option<Receipt>, NodeError> {
        let Some(index) = self.index_of(id)? else { return Ok(None) };
        let (note, size) = (&committed.checkpoint, committed.head.size);
        let receipt = Receipt::build_under(self.log(), index, note, size);
        receipt.map(Some).map_err(NodeError::Receipt)
    }

    /// A published file: `checkpoint`, or below `tile/` or `object/`.
    ///
    /// # Errors
    /// Storage that fails. A path that is none of these is simply not there.
    pub fn file(&self, path: &str) -> Result<Option<Vec<u8>>, NodeError> {
        self.log().read(path).map_err(NodeError::Files)
    }

    /// Whether what is shredded stays behind in the storage as an older version.
    pub fn keeps_versions(&self) -> bool {
        self.backing.keeps_versions()
    }

    /// The roots of trust that this node began with.
    pub const fn trust(&self) -> &Trust {
        &self.trust
    }

    fn log(&self) -> &dyn LogFiles {
        self.backing.log()
    }

    fn index_of(&self, id: &Digest) -> Result<Option<u64>, NodeError> {
        self.backing.log().index_of(id).map_err(NodeError::Store)
    }

    fn queue(&self) -> MutexGuard<'_, Queue<Candidate>> {
        // Nothing between taking and leaving this lock can panic half way.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is committed, after making sure that it is published.
    fn committed(&self) -> Result<Committed, NodeError> {
        let committed = self.backing.log().head().map_err(NodeError::Store)?;
        committed.ok_or_else(|| {
            NodeError::Store(StoreError::Damaged("there is no checkpoint any more".to_owned()))
        })
    }

    /// Reads something of the published log. An append may take away a partial tile that it outgrew, so a reading
    /// that fails is done again when the log has grown meanwhile.
    fn steady<T>(&self, read: impl Fn(&Committed) -> Result<T, NodeError>) -> Result<T, NodeError> {
        let mut committed = self.committed()?;
        for _ in 0..TRIES {
            let failed = match read(&committed) {
                Ok(done) => return Ok(done),
                Err(failed) => failed,
            };
            let now = self.committed()?;
            if now.head == committed.head {
                return Err(failed);
            }
            committed = now;
        }
        read(&committed)
    }
}

/// Ends a lead that ends by a panic: whoever waits is told, and another can lead.
struct Lead<'n>(&'n Node);

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let waiting = self.0.queue().abandon();
            drop(waiting);
        }
    }
}

#[cfg(test)]
mod tests;
