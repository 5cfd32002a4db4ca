//! The log's host: checks signatures and places in the chain, appends, publishes. It applies no rule.
//!
//! A node cannot read what is sealed and does not judge what a statement says: an inadmissible
//! statement is logged, and every fold ignores it. What it refuses is a bad signature, a place in the chain
//! that is taken, or a time far ahead of its clock; that makes a flood costly and forgery useless.

mod config;
mod cose;
pub mod cosigners;
mod drafts;
mod error;
pub mod rounds;
mod shred;
mod views;

pub use config::{Created, create};
pub use error::{Fault, NodeError};
pub use views::{DraftView, LeafView, Status};

use crate::ctx::Clock;
use crate::wire;
use cosigners::start::Unheard;
use domain::{Digest, PartyId};
use ledger::{
    Chains, Cursor, Entry, Leaf, LogFiles, LogSigner, Object, Receipt, Shreds, Tiles, TreeHead,
    Trust,
};
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::{Database, FileLog, LogStore, MemoryLog, StoreError};

/// Where a node keeps its log and its drafts.
pub trait Backing: Debug + Send + Sync {
    /// The log.
    fn log(&self) -> &dyn LogStore;
    /// The tables beside it.
    fn database(&self) -> &Database;
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
    tip: Mutex<Tip>,
    trust: Trust,
    signer: LogSigner,
    clock: Arc<dyn Clock>,
}

/// What is known of the log's end; read anew after any failure.
#[derive(Debug, Default)]
struct Tip {
    read: bool,
    chains: Chains,
    /// The roots of trust with what the log changed about them.
    trust: Option<Trust>,
    leaves: Vec<LeafView>,
    shreds: Shreds,
}

impl Node {
    /// Opens the node in a folder that [`create`] made, finishing what a crash left half done.
    ///
    /// # Errors
    /// Missing or malformed configuration, another process at work, a log that contradicts its commit point.
    pub fn open(folder: &Path, clock: Arc<dyn Clock>) -> Result<Self, NodeError> {
        Ok(Self::open_with(folder, clock, None)?.0)
    }

    /// As [`Node::open`], with a person's reason to start though no witness answers, if there is one. Says too
    /// which cosigners did not answer. A node with `witnesses.toml` asks them before it signs anything: see
    /// [`cosigners::start`].
    ///
    /// # Errors
    /// As [`Node::open`], and when a cosigner knows a newer or another history, or none answers.
    pub fn open_with(
        folder: &Path,
        clock: Arc<dyn Clock>,
        without: Option<&str>,
    ) -> Result<(Self, Unheard), NodeError> {
        let (signer, trust) = config::read(folder)?;
        let log = FileLog::open(folder).map_err(NodeError::Store)?;
        let store: &dyn LogStore = &*log;
        let asked =
            cosigners::start::before_signing(folder, &signer, store, clock.as_ref(), without);
        let unheard = asked.map_err(|e| NodeError::Start(Box::new(e)))?;
        Ok((Self::over(Box::new(log), signer, trust, clock)?, unheard))
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
        let node = Self { backing, tip: Mutex::default(), trust, signer, clock };
        if node.head()?.is_none() {
            let now = node.clock.now();
            let plan =
                ledger::plan_append(TreeHead::EMPTY, &Tiles(node.log()), &[], &node.signer, now)
                    .map_err(NodeError::Plan)?;
            node.backing.log().commit(&plan, now).map_err(NodeError::Store)?;
        }
        drop(node.tip()?);
        Ok(node)
    }

    /// Logs a statement in the encoding of [`wire::entry_bytes`] and returns its receipt. A statement
    /// that is already logged gives its receipt again.
    ///
    /// # Errors
    /// See [`NodeError`]. Unless the store says that it is committed, nothing was logged.
    pub fn submit(&self, bytes: &[u8]) -> Result<Vec<u8>, NodeError> {
        let entry = wire::entry(bytes).map_err(NodeError::Malformed)?;
        let (leaf, object) = entry.check().map_err(NodeError::Unsound)?;
        let mut tip = self.tip()?;
        if tip.chains.index_of(&entry.id).is_none() {
            if let Some(closed) = self.now(&tip).closed() {
                return Err(NodeError::Closed(closed.clone()));
            }
            let (_, signers) = entry.verify(self.now(&tip)).map_err(NodeError::Unsound)?;
            let appended = self.append(&mut tip, &entry, (&leaf, &object, &signers));
            // after a failed commit the next request reads the log's end anew
            tip.read = !matches!(appended, Err(NodeError::Store(_) | NodeError::Again));
            appended?;
            self.backing.database().delete_draft(&entry.id).map_err(NodeError::Store)?;
        }
        self.heed(&mut tip, &entry, &leaf)?;
        self.receipt_at(&tip, &entry.id)?.ok_or(NodeError::Lost(entry.id))
    }

    /// The receipt of a logged statement under the current checkpoint; `None` when it is not logged.
    ///
    /// # Errors
    /// Storage that fails.
    pub fn receipt(&self, id: &Digest) -> Result<Option<Vec<u8>>, NodeError> {
        self.receipt_at(&*self.tip()?, id)
    }

    /// A published file: `checkpoint`, or below `tile/` or `object/`.
    ///
    /// # Errors
    /// Storage that fails. A path that is none of these is simply not there.
    pub fn file(&self, path: &str) -> Result<Option<Vec<u8>>, NodeError> {
        self.log().read(path).map_err(NodeError::Files)
    }

    /// Who is who as of the log's end.
    fn now<'a>(&'a self, tip: &'a Tip) -> &'a Trust {
        tip.trust.as_ref().unwrap_or(&self.trust)
    }

    /// The roots of trust that this node began with.
    pub const fn trust(&self) -> &Trust {
        &self.trust
    }

    fn log(&self) -> &dyn LogFiles {
        self.backing.log()
    }

    fn head(&self) -> Result<Option<TreeHead>, NodeError> {
        Ok(self.backing.log().head().map_err(NodeError::Store)?.map(|committed| committed.head))
    }

    /// The log's end, under its lock, read if need be.
    fn tip(&self) -> Result<MutexGuard<'_, Tip>, NodeError> {
        let mut tip = self.tip.lock().unwrap_or_else(|poisoned: PoisonError<_>| {
            let mut tip = poisoned.into_inner();
            *tip = Tip::default();
            tip
        });
        if !tip.read {
            // asking for the head also publishes what was committed and not yet in place
            self.head()?;
            let mut reading = ledger::statements(self.log(), &self.trust, None, Cursor::default())
                .map_err(NodeError::Read)?;
            let (mut leaves, mut shreds) = (Vec::new(), Shreds::default());
            for statement in reading.by_ref() {
                let statement = statement.map_err(NodeError::Read)?;
                shreds.note(&statement);
                leaves.push(LeafView::of(&statement.leaf, statement.index));
            }
            let Cursor { chains, trust, .. } = reading.into_cursor().unwrap_or_default();
            *tip = Tip { read: true, chains, trust, leaves, shreds };
            self.shred_all(&tip)?;
        }
        Ok(tip)
    }

    fn append(
        &self,
        tip: &mut Tip,
        entry: &Entry,
        (leaf, object, signers): (&Leaf, &Object, &BTreeSet<PartyId>),
    ) -> Result<(), NodeError> {
        let now = self.clock.now();
        let head = self.head()?.unwrap_or(TreeHead::EMPTY);
        tip.chains.check(leaf, head.size).map_err(NodeError::Chain)?;
        let entries = std::slice::from_ref(entry);
        let plan = ledger::plan_append(head, &Tiles(self.log()), entries, &self.signer, now)
            .map_err(NodeError::Plan)?;
        match self.backing.log().commit(&plan, now) {
            Ok(_) => {}
            Err(StoreError::Conflict { .. }) => return Err(NodeError::Again),
            Err(error) => return Err(NodeError::Store(error)),
        }
        let hash = Digest::from_bytes(*tlog::leaf_hash(&entry.leaf).as_bytes());
        tip.chains.admit(leaf, hash, head.size);
        if let Some(trust) = &mut tip.trust {
            trust.take(leaf, object, signers, head.size);
        }
        tip.leaves.push(LeafView::of(leaf, head.size));
        Ok(())
    }

    fn receipt_at(&self, tip: &Tip, id: &Digest) -> Result<Option<Vec<u8>>, NodeError> {
        let Some(index) = tip.chains.index_of(id) else { return Ok(None) };
        let receipt = Receipt::build(self.log(), index).map_err(NodeError::Receipt)?;
        Ok(Some(receipt.to_string().into_bytes()))
    }
}

#[cfg(test)]
mod tests;
