//! The rule of a witness: from what it knows and a request to what it stores, or why it refuses.

use super::AddCheckpoint;
use crate::merkle::{self, ProofError};
use crate::text::shown;
use crate::{Checkpoint, Hash, NoteError, SignatureLine, VerifierKey};

/// A log that a witness watches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// The first line of its checkpoints.
    pub origin: String,
    /// The keys of which one must have signed.
    pub keys: Vec<VerifierKey>,
}

/// The latest checkpoint that a witness has cosigned for a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Latest {
    /// Leaves.
    pub size: u64,
    /// Root.
    pub root: Hash,
    /// The time of the cosignature, in seconds since 1970.
    pub time: u64,
}

/// What to store, and then sign and answer with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// What must still be recorded when this is stored: compare and swap.
    pub from: Option<Latest>,
    /// What is recorded from then on.
    pub to: Latest,
    /// The checkpoint to cosign at [`Latest::time`].
    pub checkpoint: Checkpoint,
    /// The lines of the log itself that were verified: what monitors must be shown too.
    pub by_log: Vec<SignatureLine>,
}

/// Why a checkpoint is not cosigned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// 404: the log is not watched.
    #[error("this witness does not watch the log `{0}`")]
    UnknownOrigin(String),
    /// 403: no key of the log has signed, or a known key's signature is bad.
    #[error("the checkpoint has no good signature of the log")]
    Signature(#[source] NoteError),
    /// 400: the old tree is larger than the new one.
    #[error("the old size {old} is above the checkpoint's size {size}")]
    OldAboveSize {
        /// Leaves of the old tree.
        old: u64,
        /// Leaves of the new one.
        size: u64,
    },
    /// 409: another checkpoint is the latest one.
    #[error("the latest checkpoint that was cosigned has {latest} leaves, not {old}")]
    OtherSize {
        /// Leaves of the old tree in the request.
        old: u64,
        /// Leaves of the latest checkpoint, 0 without one.
        latest: u64,
    },
    /// 422: a tree without leaves has another root than the empty one.
    #[error("a tree without leaves can't have the root `{0}`")]
    EmptyRoot(Hash),
    /// 422: a proof from the empty tree.
    #[error("from the empty tree there is nothing to prove, and the proof has {0} hashes")]
    ProofFromEmpty(usize),
    /// 422: two roots of one size.
    #[error(
        "`{given}` is not the root of the checkpoint of the same size that was cosigned before"
    )]
    OtherRoot {
        /// The root in the request.
        given: Hash,
    },
    /// 422: the new tree does not continue the old one by this proof.
    #[error("the consistency proof does not hold")]
    Proof(#[source] ProofError),
}

/// What a refused checkpoint shows of the log that signed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Misbehaviour {
    /// Proof: the log signed two roots for one size, or a root that no empty tree has.
    Proven,
    /// A hint: the log signed this checkpoint, and the proof beside it does not hold. Whoever sent it may have made
    /// the proof up; compare the checkpoint with others of the log.
    Suspected,
}

impl Refusal {
    /// The HTTP status.
    pub const fn status(&self) -> u16 {
        match self {
            Self::UnknownOrigin(_) => 404,
            Self::Signature(_) => 403,
            Self::OldAboveSize { .. } => 400,
            Self::OtherSize { .. } => 409,
            Self::EmptyRoot(_)
            | Self::ProofFromEmpty(_)
            | Self::OtherRoot { .. }
            | Self::Proof(_) => 422,
        }
    }
}

/// The time of the next cosignature, in seconds since 1970: never before that of the one before, since each says
/// that at its time no larger tree was known. At least 1, since 0 says nothing.
pub fn sign_time(latest: Option<&Latest>, now: u64) -> u64 {
    now.max(latest.map_or(1, |l| l.time)).max(1)
}

/// Decides on a request. `watched` is the log of its origin, if it is watched, and `latest` what was cosigned last.
///
/// # Errors
///
/// The [`Refusal`], and what the checkpoint shows of the log, when its signature is good.
pub fn decide(
    request: &AddCheckpoint,
    watched: Option<&Watched>,
    latest: Option<&Latest>,
    now: u64,
) -> Result<Accepted, (Refusal, Option<Misbehaviour>)> {
    let Some(watched) = watched.filter(|w| w.origin == request.origin()) else {
        return Err((Refusal::UnknownOrigin(shown(request.origin())), None));
    };
    let verified = request.note.verify(&watched.keys);
    let verified = verified.map_err(|e| (Refusal::Signature(e), None))?;
    let by = |line: &&SignatureLine| {
        verified.iter().any(|v| v.key.id() == line.id && v.key.name() == &line.name)
    };
    let by_log = request.note.signatures().iter().filter(by).cloned().collect();
    check(request, latest).map_err(|refusal| {
        let shows = misbehaviour(request, latest, &refusal);
        (refusal, shows)
    })?;
    let checkpoint = Checkpoint::parse(request.note.text())
        .map_err(|_| (Refusal::EmptyRoot(request.root()), None))?;
    let time = sign_time(latest, now);
    let to = Latest { size: request.size(), root: request.root(), time };
    Ok(Accepted { from: latest.copied(), to, checkpoint, by_log })
}

/// The checks that the log's signature has made worth doing.
fn check(request: &AddCheckpoint, latest: Option<&Latest>) -> Result<(), Refusal> {
    let (old, size, root) = (request.old, request.size(), request.root());
    if old > size {
        return Err(Refusal::OldAboveSize { old, size });
    }
    let known = latest.map_or(0, |l| l.size);
    if old != known {
        return Err(Refusal::OtherSize { old, latest: known });
    }
    if size == 0 && root != Hash::EMPTY_ROOT {
        return Err(Refusal::EmptyRoot(root));
    }
    let Some(latest) = latest.filter(|l| l.size > 0) else {
        return match request.proof.len() {
            0 => Ok(()),
            hashes => Err(Refusal::ProofFromEmpty(hashes)),
        };
    };
    if size == old && root != latest.root {
        return Err(Refusal::OtherRoot { given: root });
    }
    merkle::verify_consistency(old, size, &latest.root, &root, &request.proof)
        .map_err(Refusal::Proof)
}

/// What a checkpoint whose signature is good shows of its log, whatever else the request has wrong.
fn misbehaviour(
    request: &AddCheckpoint,
    latest: Option<&Latest>,
    refusal: &Refusal,
) -> Option<Misbehaviour> {
    let forged_empty = request.size() == 0 && request.root() != Hash::EMPTY_ROOT;
    let second_root = latest.is_some_and(|l| l.size == request.size() && l.root != request.root());
    if forged_empty || second_root {
        return Some(Misbehaviour::Proven);
    }
    matches!(refusal, Refusal::Proof(_)).then_some(Misbehaviour::Suspected)
}
