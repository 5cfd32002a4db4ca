//! Whoever cosigns this log: witnesses and mirrors, asked over HTTP or in memory.
//!
//! The node asks at two moments. Before it signs anything, [`Cosigners::latest`] and
//! [`check_start`](start::check_start): a log that was restored from a backup is behind what its witnesses saw, and
//! signing on from there would be a second history. And when a new head is committed, [`Cosigners::round`]: each
//! witness gets the head with the proof that it continues what that witness knows, each mirror gets the entries too,
//! all at once and within a time limit. What they sign makes receipts that hold against a lying log; what they do
//! not sign blocks nothing.
//!
//! A round may be repeated for the same head: whoever has cosigned it is not asked again, and whoever is still busy
//! with an earlier question is reported as stalled at once and not waited for.

mod ask;
pub mod config;
mod feed;
mod files;
pub mod http;
pub mod memory;
pub mod start;

use domain::Span;
use ledger::LogFiles;
use serde::{Deserialize, Serialize};
use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use tlog::{Hash, SignatureLine, SignedCheckpoint, TileReader, VerifierKey, merkle};

/// What a cosigner does beside signing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Checks that the log only grows.
    Witness,
    /// Holds every entry as well.
    Mirror,
}

/// Whose a cosigner is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// One of the parties that the log is between; a full receipt needs each of them.
    #[default]
    Main,
    /// The inspector: an audited receipt needs it too.
    Inspector,
}

/// A cosigner of this log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosigner {
    /// What to call it: the name of its keys.
    pub name: String,
    /// What it does.
    pub kind: Kind,
    /// Whose it is.
    pub standing: Standing,
    /// Its keys.
    pub keys: Vec<VerifierKey>,
}

/// What cosigners speak of: the size and the SHA-256 root of a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// How many leaves.
    pub size: u64,
    /// The SHA-256 root over them.
    pub root: [u8; 32],
}

/// What a cosigner says of this log when it is asked before the first signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Who.
    pub name: String,
    /// Whose it is.
    pub standing: Standing,
    /// The answer, or why there is none.
    pub answer: Result<Known, Silence>,
}

/// What a cosigner knows of this log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Leaves of the latest checkpoint that it has recorded; 0 when it has none.
    pub size: u64,
    /// Whether it refused the committed checkpoint because it knows another root of that size.
    pub other_root: bool,
    /// A head that it has signed and shows to monitors, which may be some time old.
    pub shown: Option<Head>,
}

/// Why a cosigner said nothing of use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Silence {
    /// No answer in time.
    #[error("no answer in time")]
    Stalled,
    /// It can't be reached.
    #[error("{0}")]
    Unreachable(String),
    /// It says that it does not know this log, or refuses for another reason.
    #[error("it refused with status {status}: {detail}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What it said.
        detail: String,
    },
    /// Its answer makes no sense, or is not signed by its keys.
    #[error("its answer makes no sense: {0}")]
    Nonsense(String),
}

/// How one cosigner answered in a round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It has cosigned the head.
    Cosigned {
        /// The time in its cosignature, in seconds since 1970.
        time: u64,
    },
    /// It showed a checkpoint that this log's key has signed and that is not a beginning of the committed tree: this
    /// node must sign nothing more until a person has looked.
    Conflict {
        /// Leaves of that checkpoint.
        size: u64,
        /// The note, which proves it to anyone.
        note: Vec<u8>,
    },
    /// It has not, and why.
    Silent(Silence),
}

/// What came of a round.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Round {
    /// Verified signature lines over the head, in the order of the cosigners.
    pub lines: Vec<SignatureLine>,
    /// How each cosigner answered, in the order of [`Cosigners::all`].
    pub answers: Vec<(String, Answer)>,
}

impl Round {
    /// Whether every cosigner has signed the head: asking again brings nothing.
    pub fn is_complete(&self) -> bool {
        self.answers.iter().all(|(_, a)| matches!(a, Answer::Cosigned { .. }))
    }

    /// The cosigner that showed another history, with its size and the note that proves it. The node must stop
    /// signing.
    pub fn conflict(&self) -> Option<(&str, u64, &[u8])> {
        self.answers.iter().find_map(|(name, answer)| match answer {
            Answer::Conflict { size, note } => Some((name.as_str(), *size, note.as_slice())),
            Answer::Cosigned { .. } | Answer::Silent(_) => None,
        })
    }
}

/// What a round reads of the log. The head that is being cosigned is committed, so this never changes.
pub trait Growth: Send + Sync {
    /// The proof that the first `old` leaves begin the tree of `size`; `old` is neither 0 nor above `size`.
    ///
    /// # Errors
    /// Storage that fails, in words.
    fn consistency_proof(&self, old: u64, size: u64) -> Result<Vec<Hash>, String>;

    /// The proof that the subtree over `start..end` belongs to the tree of `size` leaves.
    ///
    /// # Errors
    /// Storage that fails, in words.
    fn subtree_proof(&self, range: (u64, u64), size: u64) -> Result<Vec<Hash>, String>;

    /// The entries `start..end` of the tree of `size` leaves, all of them in one bundle of 256.
    ///
    /// # Errors
    /// Storage that fails, in words.
    fn entries(&self, range: (u64, u64), size: u64) -> Result<Vec<Vec<u8>>, String>;
}

/// A log's files as a round reads them.
#[derive(Debug, Clone)]
pub struct FilesGrowth<F>(pub F);

impl<F: LogFiles + Send + Sync> Growth for FilesGrowth<F> {
    fn consistency_proof(&self, old: u64, size: u64) -> Result<Vec<Hash>, String> {
        let reader = TileReader::new(files::Wider(&self.0), size);
        merkle::consistency_proof(&reader, old, size).map_err(|e| crate::plain(&e))
    }

    fn subtree_proof(&self, (start, end): (u64, u64), size: u64) -> Result<Vec<Hash>, String> {
        let reader = TileReader::new(files::Wider(&self.0), size);
        merkle::subtree_consistency_proof(&reader, start, end, size).map_err(|e| crate::plain(&e))
    }

    fn entries(&self, (start, end): (u64, u64), size: u64) -> Result<Vec<Vec<u8>>, String> {
        let n = start / 256;
        let bundle = files::bundle(&self.0, n, size)?;
        let at = |index: u64| usize::try_from(index.saturating_sub(n * 256)).unwrap_or(usize::MAX);
        let some = bundle.get(at(start)..at(end));
        some.map(<[_]>::to_vec).ok_or_else(|| format!("bundle {n} has no entries {start} to {end}"))
    }
}

/// A future on the heap.
pub type Waiting<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// All cosigners of one log.
pub trait Cosigners: Debug + Send + Sync {
    /// Who they are, in a fixed order.
    fn all(&self) -> &[Cosigner];

    /// Asks each for its latest checkpoint of this log, all at once, and waits at most so long. `committed` is the
    /// log's committed checkpoint, or one of the empty tree when nothing is committed.
    fn latest<'a>(
        &'a self,
        committed: &'a SignedCheckpoint,
        within: Span,
    ) -> Waiting<'a, Vec<Said>>;

    /// Asks each to cosign a committed checkpoint, all at once, and waits at most so long. The lines are verified.
    /// Questions that take longer go on in the background, and a later round has their outcome.
    fn round<'a>(
        &'a self,
        committed: &'a SignedCheckpoint,
        growth: Arc<dyn Growth>,
        within: Span,
    ) -> Waiting<'a, Round>;
}

/// The head of a checkpoint.
fn head(signed: &SignedCheckpoint) -> Head {
    let checkpoint = signed.checkpoint();
    Head { size: checkpoint.size(), root: *checkpoint.root().as_bytes() }
}

/// The lines that are good signatures of these keys over a text, with the earliest of their times. None when
/// there is no good one. Lines of others are ignored, as the specification asks.
fn good_lines(
    text: &str,
    lines: Vec<SignatureLine>,
    keys: &[VerifierKey],
) -> Option<(Vec<SignatureLine>, u64)> {
    let mut good: Vec<SignatureLine> = Vec::new();
    let mut earliest = None;
    for line in lines {
        let by = |key: &&VerifierKey| key.id() == line.id && key.name() == &line.name;
        let mut times = keys.iter().filter(by).filter_map(|k| k.verify(text, &line.signature));
        let Some(Some(time @ 1..)) = times.next() else { continue };
        if good.iter().any(|g| g.id == line.id && g.name == line.name) {
            continue;
        }
        earliest = Some(earliest.map_or(time, |e: u64| e.min(time)));
        good.push(line);
    }
    earliest.map(|time| (good, time))
}

#[cfg(test)]
mod tests;
