//! The log's host: checks signatures and places in the chain, appends, publishes. It applies no rule.
//!
//! A node cannot read what is sealed and does not judge what a statement says: an inadmissible
//! statement is logged, and every fold ignores it. What it refuses is a bad signature, a place in the chain
//! that is taken, or a time far ahead of its clock; that makes a flood costly and forgery useless.

mod config;
mod drafts;
mod error;
mod views;

pub use config::{Created, create};
pub use error::{Fault, NodeError};
pub use views::{DraftView, LeafView, Status};

use crate::ctx::Clock;
use crate::wire;
use domain::Digest;
use ledger::{Chains, Cursor, Entry, Leaf, LogFiles, LogSigner, Receipt, Tiles, Trust};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::LogStore;

/// A log host.
#[derive(Debug)]
pub struct Node {
    inner: Mutex<Inner>,
    trust: Trust,
    signer: LogSigner,
    clock: Arc<dyn Clock>,
}

#[derive(Debug)]
struct Inner {
    store: Box<dyn LogStore>,
    chains: Chains,
    leaves: Vec<LeafView>,
}

impl Node {
    /// Opens the node in a folder that [`create`] made, finishing what a crash left half done.
    ///
    /// # Errors
    /// Missing or malformed configuration, another process at work, a log that contradicts its commit point.
    pub fn open(folder: &Path, clock: Arc<dyn Clock>) -> Result<Self, NodeError> {
        let (signer, trust) = config::read(folder)?;
        let store = store::FileLog::open(folder).map_err(NodeError::Store)?;
        Self::with_store(Box::new(store), signer, trust, clock)
    }

    /// A node over any store.
    ///
    /// # Errors
    /// A log whose leaves can't be read.
    pub fn with_store(
        store: Box<dyn LogStore>,
        signer: LogSigner,
        trust: Trust,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, NodeError> {
        let mut inner = Inner { store, chains: Chains::default(), leaves: Vec::new() };
        inner.start(&signer, &trust, clock.as_ref())?;
        Ok(Self { inner: Mutex::new(inner), trust, signer, clock })
    }

    /// Logs a statement in the encoding of [`wire::entry_bytes`] and returns its receipt. A statement
    /// that is already logged gives its receipt again.
    ///
    /// # Errors
    /// See [`NodeError`]; nothing was logged then.
    pub fn submit(&self, bytes: &[u8]) -> Result<Vec<u8>, NodeError> {
        let entry = wire::entry(bytes).map_err(NodeError::Malformed)?;
        let (leaf, _) = entry.verify(&self.trust).map_err(NodeError::Unsound)?;
        let mut inner = self.lock();
        if inner.chains.index_of(&entry.id).is_none() {
            inner.append(&entry, &leaf, &self.signer, self.clock.as_ref())?;
            inner.store.drop_draft(&entry.id).map_err(NodeError::Store)?;
        }
        inner.receipt(&entry.id)?.ok_or(NodeError::Lost(entry.id))
    }

    /// The receipt of a logged statement under the current checkpoint; `None` when it is not logged.
    ///
    /// # Errors
    /// Storage that fails.
    pub fn receipt(&self, id: &Digest) -> Result<Option<Vec<u8>>, NodeError> {
        self.lock().receipt(id)
    }

    /// A published file: `checkpoint`, or below `tile/` or `object/`.
    ///
    /// # Errors
    /// Storage that fails. A path that is none of these is simply not there.
    pub fn file(&self, path: &str) -> Result<Option<Vec<u8>>, NodeError> {
        self.lock().store.read(path).map_err(NodeError::Store)
    }

    /// The roots of trust that this node checks against.
    pub const fn trust(&self) -> &Trust {
        &self.trust
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // a panic while appending leaves the store poisoned by itself; what it committed is sound
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Reads every leaf into the chains, and publishes the first checkpoint of a new log.
    fn start(
        &mut self,
        signer: &LogSigner,
        trust: &Trust,
        clock: &dyn Clock,
    ) -> Result<(), NodeError> {
        let head = self.store.head().map_err(NodeError::Store)?;
        if head.is_none() {
            let files = Files(self.store.as_ref());
            let empty = ledger::TreeHead::EMPTY;
            let plan = ledger::plan_append(empty, &Tiles(&files), &[], signer, clock.now())
                .map_err(NodeError::Plan)?;
            return self.store.commit(&plan, clock.now()).map_err(NodeError::Store);
        }
        let files = Files(self.store.as_ref());
        let mut reading =
            ledger::statements(&files, trust, None, Cursor::default()).map_err(NodeError::Read)?;
        for read in reading.by_ref() {
            let read = read.map_err(NodeError::Read)?;
            self.leaves.push(LeafView::of(&read.leaf, read.index));
        }
        self.chains = reading.into_cursor().map(|c| c.chains).unwrap_or_default();
        Ok(())
    }

    fn append(
        &mut self,
        entry: &Entry,
        leaf: &Leaf,
        signer: &LogSigner,
        clock: &dyn Clock,
    ) -> Result<(), NodeError> {
        let now = clock.now();
        let head = self.store.head().map_err(NodeError::Store)?.unwrap_or(ledger::TreeHead::EMPTY);
        self.chains.check(leaf, head.size).map_err(NodeError::Chain)?;
        let files = Files(self.store.as_ref());
        let entries = std::slice::from_ref(entry);
        let plan = ledger::plan_append(head, &Tiles(&files), entries, signer, now)
            .map_err(NodeError::Plan)?;
        self.store.commit(&plan, now).map_err(NodeError::Store)?;
        let hash = Digest::from_bytes(*tlog::leaf_hash(&entry.leaf).as_bytes());
        self.chains.admit(leaf, hash, head.size);
        self.leaves.push(LeafView::of(leaf, head.size));
        Ok(())
    }

    fn receipt(&self, id: &Digest) -> Result<Option<Vec<u8>>, NodeError> {
        let Some(index) = self.chains.index_of(id) else { return Ok(None) };
        let files = Files(self.store.as_ref());
        Receipt::build(&files, index)
            .map(|r| Some(r.to_string().into_bytes()))
            .map_err(NodeError::Receipt)
    }
}

/// The store's files as the ledger reads them.
#[derive(Debug)]
struct Files<'a>(&'a dyn LogStore);

impl LogFiles for Files<'_> {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, ledger::FileError> {
        let failed = |e: store::StoreError| ledger::FileError {
            path: path.to_owned(),
            reason: crate::plain(&e),
        };
        self.0.read(path).map_err(failed)
    }

    fn list(&self) -> Result<Vec<String>, ledger::FileError> {
        Err(ledger::FileError { path: String::new(), reason: "a node does not list".to_owned() })
    }
}
