//! What a log or a monitor asks of a witness.

use crate::merkle::{self, ProofError};
use crate::text::{decimal, shown};
use crate::{Checkpoint, CheckpointError, Hash, MAX_NOTE, Note, NoteError, VerifierKey};
use std::fmt;

/// The most hashes of a proof in a request.
pub const MAX_HASHES: usize = 63;
/// The longest request, in bytes: two lines, the hashes, a blank line and the longest note.
pub const MAX_REQUEST: usize = 128 + 46 * (MAX_HASHES + 1) + MAX_NOTE;

/// A new checkpoint with the proof that it continues the tree of `old` leaves. Read, not yet believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// Leaves of the tree that the witness is thought to know.
    pub old: u64,
    /// The consistency proof, lowest hash first; empty from 0.
    pub proof: Vec<Hash>,
    /// The signed checkpoint.
    pub note: Note,
    origin: String,
    size: u64,
    root: Hash,
}

/// Why a request can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// Longer than [`MAX_REQUEST`].
    #[error("the request has {0} bytes; at most {MAX_REQUEST} are read")]
    TooLong(usize),
    /// The lines before the checkpoint are not text, or no blank line ends them.
    #[error("the request has no blank line before its checkpoint, or is not text")]
    Head,
    /// The first line is not as it must be.
    #[error("the first line must be `{wanted}`, not `{given}`; sizes have no leading zeros")]
    First {
        /// Its form.
        wanted: &'static str,
        /// The line.
        given: String,
    },
    /// A line of the proof is not 32 bytes of canonical base64.
    #[error("line {line}, `{text}`, is not a hash: 32 bytes in canonical base64 are needed")]
    Hash {
        /// Which line, from 1.
        line: usize,
        /// Its start.
        text: String,
    },
    /// More than [`MAX_HASHES`] hashes.
    #[error("the proof has {0} hashes; at most {MAX_HASHES} may be sent")]
    TooManyHashes(usize),
    /// The range is not a subtree of the checkpoint's tree.
    #[error("leaves {start} to {end} are not a subtree of a tree of {size} leaves")]
    Range {
        /// First leaf.
        start: u64,
        /// One past the last leaf.
        end: u64,
        /// Leaves of the checkpoint's tree.
        size: u64,
    },
    /// The checkpoint is malformed.
    #[error("the request's checkpoint")]
    Checkpoint(#[from] CheckpointError),
    /// The checkpoint's note is malformed.
    #[error("the request's checkpoint")]
    Note(#[from] NoteError),
}

impl RequestError {
    /// The HTTP status: 403 when a signature line is malformed, since then there is no good signature, else 400.
    pub const fn status(&self) -> u16 {
        match self {
            Self::Note(NoteError::Line { .. }) => 403,
            Self::TooLong(_)
            | Self::Head
            | Self::First { .. }
            | Self::Hash { .. }
            | Self::TooManyHashes(_)
            | Self::Range { .. }
            | Self::Checkpoint(_)
            | Self::Note(_) => 400,
        }
    }
}

/// The lines before the blank one, and the note after it.
fn parts(bytes: &[u8]) -> Result<(Vec<&str>, Note), RequestError> {
    if bytes.len() > MAX_REQUEST {
        return Err(RequestError::TooLong(bytes.len()));
    }
    let blank = bytes.windows(2).position(|pair| pair == b"\n\n").ok_or(RequestError::Head)?;
    let (head, note) = bytes.split_at_checked(blank).ok_or(RequestError::Head)?;
    let note = note.get(2..).ok_or(RequestError::Head)?;
    let head = std::str::from_utf8(head).map_err(|_| RequestError::Head)?;
    Ok((head.split('\n').collect(), Note::parse(note)?))
}

/// Hashes, one a line; `first` is the number of the first line.
fn hashes(lines: &[&str], first: usize) -> Result<Vec<Hash>, RequestError> {
    let read = |(at, line): (usize, &&str)| {
        line.parse().map_err(|_| RequestError::Hash { line: first + at, text: shown(line) })
    };
    lines.iter().enumerate().map(read).collect()
}

fn proof(lines: &[&str], first: usize) -> Result<Vec<Hash>, RequestError> {
    if lines.len() > MAX_HASHES {
        return Err(RequestError::TooManyHashes(lines.len()));
    }
    hashes(lines, first)
}

impl AddCheckpoint {
    /// A request from values. `None` when the note's text is not a checkpoint or the proof is too long.
    pub fn new(old: u64, proof: Vec<Hash>, note: Note) -> Option<Self> {
        let checkpoint = Checkpoint::parse(note.text()).ok()?;
        let (size, root) = (checkpoint.size(), checkpoint.root());
        let origin = checkpoint.origin().to_owned();
        (proof.len() <= MAX_HASHES).then_some(Self { old, proof, note, origin, size, root })
    }

    /// Reads a request.
    ///
    /// # Errors
    ///
    /// [`RequestError`] says what is malformed. A tree of size 0 with another root than the empty one is not: the
    /// decision refuses it, since its status depends on who signed it.
    pub fn parse(bytes: &[u8]) -> Result<Self, RequestError> {
        let (lines, note) = parts(bytes)?;
        let (first, rest) = lines.split_first().ok_or(RequestError::Head)?;
        let wrong = || RequestError::First { wanted: "old <size>", given: shown(first) };
        let old = first.strip_prefix("old ").and_then(decimal).ok_or_else(wrong)?;
        let proof = proof(rest, 2)?;
        let (origin, size, root) = match Checkpoint::parse(note.text()) {
            Ok(c) => (c.origin().to_owned(), c.size(), c.root()),
            Err(CheckpointError::EmptyRoot(root)) => {
                let origin = note.text().split('\n').next().unwrap_or_default();
                (origin.to_owned(), 0, root)
            }
            Err(error) => return Err(error.into()),
        };
        Ok(Self { old, proof, note, origin, size, root })
    }

    /// The log's name.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Leaves of the new tree.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Root of the new tree; of a tree of size 0 perhaps a wrong one.
    pub const fn root(&self) -> Hash {
        self.root
    }
}

impl fmt::Display for AddCheckpoint {
    /// The request's body; [`AddCheckpoint::parse`] reads exactly it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old)?;
        self.proof.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.note)
    }
}

/// A subtree of a checkpoint that the witness has signed, with the proof that it belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignSubtree {
    /// First leaf.
    pub start: u64,
    /// One past the last leaf.
    pub end: u64,
    /// The subtree's root.
    pub hash: Hash,
    /// The subtree consistency proof.
    pub proof: Vec<Hash>,
    /// The signed reference checkpoint.
    pub note: Note,
    checkpoint: Checkpoint,
}

/// Why a subtree is not signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubtreeRefusal {
    /// 404: the log is not watched.
    #[error("this witness does not watch the log `{0}`")]
    UnknownOrigin(String),
    /// 403: the witness itself has not signed the checkpoint.
    #[error("the reference checkpoint has no good signature of this witness")]
    NotOurs(#[source] NoteError),
    /// 422: the proof does not hold.
    #[error("the subtree does not belong to the reference checkpoint")]
    Proof(#[source] ProofError),
}

impl SubtreeRefusal {
    /// The HTTP status.
    pub const fn status(&self) -> u16 {
        match self {
            Self::UnknownOrigin(_) => 404,
            Self::NotOurs(_) => 403,
            Self::Proof(_) => 422,
        }
    }
}

impl SignSubtree {
    /// Reads a request.
    ///
    /// # Errors
    ///
    /// [`RequestError`], also when the range is not a subtree of the checkpoint's tree.
    pub fn parse(bytes: &[u8]) -> Result<Self, RequestError> {
        let (lines, note) = parts(bytes)?;
        let (first, rest) = lines.split_first().ok_or(RequestError::Head)?;
        let wrong = || RequestError::First { wanted: "subtree <start> <end>", given: shown(first) };
        let range = first.strip_prefix("subtree ").and_then(|r| r.split_once(' '));
        let (start, end) = range.ok_or_else(wrong)?;
        let (start, end) = (decimal(start).ok_or_else(wrong)?, decimal(end).ok_or_else(wrong)?);
        let (hash, rest) = rest.split_first().ok_or(RequestError::Head)?;
        let hash = *hashes(&[hash], 2)?.first().ok_or(RequestError::Head)?;
        let proof = proof(rest, 3)?;
        let checkpoint = Checkpoint::parse(note.text())?;
        let size = checkpoint.size();
        if end > size || !merkle::is_subtree(start, end) {
            return Err(RequestError::Range { start, end, size });
        }
        Ok(Self { start, end, hash, proof, note, checkpoint })
    }

    /// The reference checkpoint.
    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }
}

impl fmt::Display for SignSubtree {
    /// The request's body; [`SignSubtree::parse`] reads exactly it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "subtree {} {}\n{}", self.start, self.end, self.hash)?;
        self.proof.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.note)
    }
}

/// Whether a subtree may be signed: the log is watched, one of `ours` has signed the checkpoint, the proof holds.
///
/// # Errors
///
/// [`SubtreeRefusal`].
pub fn check_subtree(
    request: &SignSubtree,
    watched: bool,
    ours: &[VerifierKey],
) -> Result<(), SubtreeRefusal> {
    let SignSubtree { start, end, hash, proof, note, checkpoint } = request;
    if !watched {
        return Err(SubtreeRefusal::UnknownOrigin(shown(checkpoint.origin())));
    }
    note.verify(ours).map_err(SubtreeRefusal::NotOurs)?;
    let (size, root) = (checkpoint.size(), checkpoint.root());
    merkle::verify_subtree_consistency((*start, *end), size, hash, &root, proof)
        .map_err(SubtreeRefusal::Proof)
}
