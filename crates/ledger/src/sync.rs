//! Reading on from where a party stopped: verified statements in log order.
//!
//! The new leaves, appended to the tree that the party verified last time, must lead to the signed root. That
//! proves both that the log only grew and that these leaves are in it, without a proof being sent.

mod end;

pub use end::{End, leaves};

use crate::chain::{ChainFault, Chains};
use crate::entry::{Object, ObjectError, object_path};
use crate::files::{CHECKPOINT_PATH, FileError, LogFiles, read_bundle};
use crate::keys::SecretKeys;
use crate::leaf::{Leaf, LeafError};
use crate::log_key::HeadError;
use crate::seal::{OpenError, Opened};
use crate::trees::TreeHead;
use crate::trees::Trees;
use crate::trust::{KeyRefusal, Trust};
use domain::{Attested, Digest, PartyId, Statement};
use std::collections::BTreeSet;
use tlog::Hash;

/// How far a party has verified the log: the tree, every issuer's chain in it, and who had which key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The tree verified so far.
    pub head: TreeHead,
    /// The chains in it.
    pub chains: Chains,
    /// The roots of trust with what the log changed about them so far; none before the first statement.
    pub trust: Option<Trust>,
}

impl Default for Cursor {
    /// Nothing verified yet.
    fn default() -> Self {
        Self { head: TreeHead::EMPTY, chains: Chains::default(), trust: None }
    }
}

/// One statement of the log, whose inclusion was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogStatement {
    /// Its place in the log.
    pub index: u64,
    /// Its leaf.
    pub leaf: Leaf,
    /// What is wrong with its place in its issuer's chain.
    pub chain: Option<ChainFault>,
    /// Who signed it, each signature verified.
    pub signers: Result<BTreeSet<PartyId>, ObjectError>,
    /// What it says, for those who may read it.
    pub content: Result<Opened, OpenError>,
    /// What became of it, when it changes who is who ([`Trust::take`]).
    pub change: Option<Result<(), KeyRefusal>>,
    /// The closing statement before it, after which nothing counts.
    pub closed: Option<u64>,
}

/// Why a statement does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotCounted {
    /// Logged before, or its place in the chain is taken.
    #[error("the statement must not count")]
    Chain(#[source] ChainFault),
    /// Logged after the log was closed.
    #[error("the log was closed by statement {0}, and nothing after it counts")]
    Closed(u64),
    /// Fewer signed than the statement itself says it needs.
    #[error("fewer signed than a `{0}` needs")]
    Incomplete(String),
    /// Signatures are missing or bad.
    #[error("the statement's signatures are not good")]
    Signatures(#[source] ObjectError),
    /// Not readable here, or not of the wanted schema.
    #[error("the statement can't be read here")]
    Content(#[source] OpenError),
}

/// Why reading on failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SyncError {
    /// The storage failed.
    #[error("the log's files can't be read")]
    File(#[source] FileError),
    /// A file is missing.
    #[error("`{0}` is missing from the log")]
    Missing(String),
    /// The checkpoint is not believed.
    #[error("the checkpoint is not signed by the log in the roots of trust")]
    Checkpoint(#[source] HeadError),
    /// The log shrank: a restored backup, or two histories.
    #[error(
        "the log has {now} statements, but {before} were verified before; keep both checkpoints as evidence"
    )]
    Shrunk {
        /// Leaves verified before.
        before: u64,
        /// Leaves now.
        now: u64,
    },
    /// The log's beginning is not the tree verified before: two histories.
    #[error(
        "the first {size} statements are not those verified before; keep both checkpoints as evidence"
    )]
    Rewritten {
        /// Leaves verified before.
        size: u64,
    },
    /// The new leaves do not lead to the signed root.
    #[error("the entries do not lead to the signed root; verify the log's files")]
    Root,
    /// A tile or bundle is malformed.
    #[error("`{path}` is malformed: {reason}")]
    Malformed {
        /// Which.
        path: String,
        /// Why.
        reason: String,
    },
    /// A statement that may change who has which key can't be read, so nothing behind it can be judged.
    #[error(
        "statement {index} may change who has which key, and it can't be read here; get `{path}` from a mirror"
    )]
    Change {
        /// Its place in the log.
        index: u64,
        /// The file.
        path: String,
    },
    /// A leaf that no host may take in.
    #[error("statement {index} has a leaf that is not sound; it counts for nobody")]
    Leaf {
        /// Its place in the log.
        index: u64,
        /// Why.
        #[source]
        source: LeafError,
    },
}

impl Cursor {
    /// The state of a whole log, from its leaves alone: what a node or a party needs to go on after a
    /// restart. Inclusion is verified; objects and signatures are read only of statements that may change who
    /// has which key.
    ///
    /// # Errors
    /// See [`SyncError`]; a leaf that is not sound is passed over, as it counts for nobody.
    pub fn read(files: &dyn LogFiles, trust: &Trust) -> Result<Self, SyncError> {
        let head = read_head(files, trust)?;
        let (mut trees, mut chains) = (Trees::default(), Chains::default());
        let mut trust = trust.bootstrap();
        for n in 0..head.size.div_ceil(256) {
            for (index, entry) in (n * 256..).zip(read_entries(files, n, head.size)?) {
                let hash = trees.push(&entry);
                let Ok(leaf) = Leaf::from_bytes(&entry) else { continue };
                let fault = chains.admit(&leaf, Digest::from_bytes(*hash.as_bytes()), index);
                if trust.concerns(&leaf) && !fault.is_some_and(|f| f.voids()) {
                    let object = read_object(files, &leaf)?;
                    let read = readable(&trust, &leaf, &object, index)?;
                    if let (Ok(object), Ok(signers)) = (object, read) {
                        trust.take(&leaf, &object, &signers, index);
                    }
                }
            }
        }
        if trees.head() == head {
            Ok(Self { head, chains, trust: Some(trust) })
        } else {
            Err(SyncError::Root)
        }
    }
}

impl LogStatement {
    /// The statement for the rules of its schema: readable here, signed by everyone it needs, and not voided.
    ///
    /// # Errors
    /// See [`NotCounted`].
    pub fn attested<S: Statement>(&self) -> Result<Attested<S>, NotCounted> {
        if let Some(fault) = self.chain.as_ref().filter(|f| f.voids()) {
            return Err(NotCounted::Chain(fault.clone()));
        }
        if let Some(closed) = self.closed {
            return Err(NotCounted::Closed(closed));
        }
        let signers = self.signers.clone().map_err(NotCounted::Signatures)?;
        let opened = self.content.as_ref().map_err(|e| NotCounted::Content(e.clone()))?;
        let event = opened.statement().map_err(NotCounted::Content)?;
        let header = self.leaf.header();
        let (issuer, claimed_at) = (header.issuer().clone(), header.claimed_at());
        let attested = Attested { event, issuer, signers, claimed_at, index: self.index };
        if !attested.is_complete() {
            return Err(NotCounted::Incomplete(header.kind().to_owned()));
        }
        Ok(attested)
    }
}

/// The statements after a cursor, as [`statements`] yields them.
pub struct Statements<'a> {
    files: &'a dyn LogFiles,
    trust: Trust,
    reader: Option<(&'a PartyId, &'a SecretKeys)>,
    head: TreeHead,
    chains: Chains,
    first: u64,
    next: u64,
    hashes: Vec<Hash>,
    /// The entries of the bundle in hand, those to come last first.
    entries: Vec<Vec<u8>>,
}

impl std::fmt::Debug for Statements<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Statements({} of {})", self.next, self.head.size)
    }
}

/// Verifies what the log has gained since `from` and yields it. All of it was hashed and leads to the signed
/// root before the first statement is yielded. A statement that is not sound is yielded as an
/// error, and reading goes on behind it.
///
/// # Errors
/// See [`SyncError`].
pub fn statements<'a>(
    files: &'a dyn LogFiles,
    trust: &'a Trust,
    reader: Option<(&'a PartyId, &'a SecretKeys)>,
    from: Cursor,
) -> Result<Statements<'a>, SyncError> {
    let head = read_head(files, trust)?;
    let Cursor { head: before, chains, trust: learned } = from;
    let trust = learned.unwrap_or_else(|| trust.bootstrap());
    if head.size < before.size {
        return Err(SyncError::Shrunk { before: before.size, now: head.size });
    }
    let mut trees = Trees::read(files, before.size, head.size)
        .map_err(|e| SyncError::Malformed { path: "tile".to_owned(), reason: e.to_string() })?;
    if trees.head() != before {
        return Err(SyncError::Rewritten { size: before.size });
    }
    let mut hashes = Vec::new();
    for n in before.size / 256..head.size.div_ceil(256) {
        let skip = usize::try_from(before.size.saturating_sub(n * 256)).unwrap_or(usize::MAX);
        for entry in read_entries(files, n, head.size)?.iter().skip(skip) {
            hashes.push(trees.push(entry));
        }
    }
    if trees.head() != head {
        return Err(SyncError::Root);
    }
    let (first, next, entries) = (before.size, before.size, Vec::new());
    Ok(Statements { files, trust, reader, head, chains, first, next, hashes, entries })
}

fn read_head(files: &dyn LogFiles, trust: &Trust) -> Result<TreeHead, SyncError> {
    let note = files.read(CHECKPOINT_PATH).map_err(SyncError::File)?;
    let note = note.ok_or_else(|| SyncError::Missing(CHECKPOINT_PATH.to_owned()))?;
    trust.log().open(&note).map_err(SyncError::Checkpoint)
}

fn read_entries(files: &dyn LogFiles, n: u64, size: u64) -> Result<Vec<Vec<u8>>, SyncError> {
    let found = read_bundle(files, n, size).map_err(SyncError::File)?;
    let missing = || SyncError::Missing(format!("entry bundle {n}"));
    let (path, bundle) = found.ok_or_else(missing)?;
    let entries = bundle.entries().map_err(|reason| SyncError::Malformed { path, reason })?;
    Ok(entries.into_iter().map(<[u8]>::to_vec).collect())
}

fn read_object(
    files: &dyn LogFiles,
    leaf: &Leaf,
) -> Result<Result<Object, ObjectError>, SyncError> {
    let object = files.read(&object_path(&leaf.id())).map_err(SyncError::File)?;
    Ok(object.ok_or(ObjectError::Missing).and_then(|bytes| Object::from_bytes(&bytes)))
}

/// Who signed, by the keys of that place.
fn verified(
    trust: &Trust,
    leaf: &Leaf,
    object: &Result<Object, ObjectError>,
    index: u64,
) -> Result<BTreeSet<PartyId>, ObjectError> {
    object.as_ref().map_err(ObjectError::clone)?.verify(leaf, trust, index)
}

/// [`verified`] for a statement that may change who has which key. The log's host must not be able to choose
/// who learns of it: when the object is not the leaf's, or was taken away, reading ends there.
fn readable(
    trust: &Trust,
    leaf: &Leaf,
    object: &Result<Object, ObjectError>,
    index: u64,
) -> Result<Result<BTreeSet<PartyId>, ObjectError>, SyncError> {
    match object {
        Ok(object) if !object.is_shredded() && object.check(leaf).is_ok() => {
            Ok(object.verify(leaf, trust, index))
        }
        _ => Err(SyncError::Change { index, path: object_path(&leaf.id()) }),
    }
}

impl Statements<'_> {
    /// The roots of trust with what the statements yielded so far changed about them.
    pub const fn trust(&self) -> &Trust {
        &self.trust
    }

    /// The tree head that was verified.
    pub const fn head(&self) -> TreeHead {
        self.head
    }

    /// Where to read on next time. Only what was yielded is in its chains, so use it after the last one.
    ///
    /// `None` while statements are left.
    pub fn into_cursor(self) -> Option<Cursor> {
        let Self { head, chains, trust, next, .. } = self;
        (next == head.size).then_some(Cursor { head, chains, trust: Some(trust) })
    }

    /// The next entry's bytes, which are those that were hashed.
    fn entry(&mut self, index: u64) -> Result<(Vec<u8>, Hash), SyncError> {
        if self.entries.is_empty() {
            let skip = usize::try_from(index % 256).unwrap_or(usize::MAX);
            let bundle = read_entries(self.files, index / 256, self.head.size)?;
            self.entries = bundle.into_iter().skip(skip).rev().collect();
        }
        let entry = self.entries.pop().unwrap_or_default();
        let at = usize::try_from(index - self.first).ok();
        match at.and_then(|at| self.hashes.get(at)) {
            Some(hash) if *hash == tlog::leaf_hash(&entry) => Ok((entry, *hash)),
            _ => Err(SyncError::Root),
        }
    }

    fn statement(&mut self, index: u64) -> Result<LogStatement, SyncError> {
        let (entry, hash) = self.entry(index)?;
        let leaf = Leaf::from_bytes(&entry).map_err(|source| SyncError::Leaf { index, source })?;
        let chain = self.chains.admit(&leaf, Digest::from_bytes(*hash.as_bytes()), index);
        take_in(self.files, &mut self.trust, self.reader, (index, leaf, chain))
    }
}

/// Reads a statement's object, verifies it and takes in what it changes about who is who.
fn take_in(
    files: &dyn LogFiles,
    trust: &mut Trust,
    reader: Option<(&PartyId, &SecretKeys)>,
    (index, leaf, chain): (u64, Leaf, Option<ChainFault>),
) -> Result<LogStatement, SyncError> {
    let voided = chain.as_ref().is_some_and(ChainFault::voids);
    let object = read_object(files, &leaf)?;
    let signers = if trust.concerns(&leaf) && !voided {
        readable(trust, &leaf, &object, index)?
    } else {
        verified(trust, &leaf, &object, index)
    };
    let closed = trust.closed().map(|closed| closed.index);
    let (mut change, mut content) = (None, Err(OpenError::NoObject));
    if let (Ok(object), Ok(signers)) = (&object, &signers) {
        content = object.open(&leaf, reader);
        if !voided {
            change = trust.take(&leaf, object, signers, index);
        }
    }
    Ok(LogStatement { index, leaf, chain, signers, content, change, closed })
}

impl Iterator for Statements<'_> {
    type Item = Result<LogStatement, SyncError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.head.size {
            return None;
        }
        let index = self.next;
        self.next += 1;
        Some(self.statement(index))
    }
}

#[cfg(test)]
mod tests;
