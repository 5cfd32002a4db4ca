//! What an audit can find wrong: which file, where in it, what, and what to do.

use crate::chain::ChainFault;
use crate::entry::ObjectError;
use crate::files::FileError;
use crate::leaf::LeafError;
use crate::log_key::HeadError;
use domain::Digest;
use std::fmt;

/// One thing wrong with a log's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file, relative to the log's folder.
    pub file: String,
    /// Where in it, if that is known.
    pub place: Option<Place>,
    /// What is wrong.
    pub kind: FaultKind,
}

/// Where in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A byte, counted from 0.
    Byte(u64),
    /// The statement of this index in the log.
    Index(u64),
}

/// What can be wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// The file must exist and doesn't.
    Missing,
    /// Nothing in the log accounts for the file.
    Unexpected,
    /// The file belongs to a larger tree than the checkpoint signs.
    Ahead,
    /// The storage failed.
    Unreadable(FileError),
    /// The checkpoint is malformed or its signature is not good.
    Checkpoint(HeadError),
    /// The entries lead to another root than the signed one.
    Root,
    /// A tile's hash differs from that of the entries, which do lead to the signed root.
    Tile,
    /// A tile or an entry bundle has a wrong length or does not parse.
    Malformed(String),
    /// An entry is not the one under the signed root.
    Entry,
    /// Tile and bundle disagree, and neither leads to the signed root.
    Disagree {
        /// The other file.
        with: String,
    },
    /// A leftover partial tile that disagrees with the tile that replaced it.
    Stale,
    /// A leaf is not well formed.
    Leaf(LeafError),
    /// A leaf does not continue its issuer's chain.
    Chain(ChainFault),
    /// A leaf quotes a checkpoint that this log never had: evidence of two histories.
    Fork {
        /// The size quoted.
        size: u64,
    },
    /// An object is not what its leaf says.
    Object(ObjectError),
    /// A payload is gone and no shred statement that counts says so.
    Lost {
        /// The statement's id.
        statement: Digest,
    },
    /// A shred statement names the payload, and it is still there.
    NotShredded,
}

impl FaultKind {
    /// A stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Unexpected => "unexpected",
            Self::Ahead => "ahead",
            Self::Unreadable(_) => "unreadable",
            Self::Checkpoint(_) => "checkpoint",
            Self::Root => "root",
            Self::Tile => "tile",
            Self::Malformed(_) => "malformed",
            Self::Entry => "entry",
            Self::Disagree { .. } => "disagree",
            Self::Stale => "stale",
            Self::Leaf(_) => "leaf",
            Self::Chain(_) => "chain",
            Self::Fork { .. } => "fork",
            Self::Object(_) => "object",
            Self::Lost { .. } => "lost",
            Self::NotShredded => "not-shredded",
        }
    }

    /// What to do about it.
    pub const fn remedy(&self) -> &'static str {
        match self {
            Self::Missing | Self::Malformed(_) | Self::Tile | Self::Entry | Self::Object(_) => {
                "keep the file as evidence, then restore it from a mirror or backup and verify again"
            }
            Self::Unexpected => "find out who wrote it, then remove it",
            Self::Ahead => {
                "an append was interrupted: start the node so that it finishes, then verify again"
            }
            Self::Unreadable(_) => "check the storage and its permissions, then verify again",
            Self::Checkpoint(_) => {
                "check that the roots of trust are this log's, then fetch the checkpoint again"
            }
            Self::Root | Self::Disagree { .. } => {
                "the files are not the signed tree: keep all of them as evidence and compare with a mirror"
            }
            Self::Stale => "remove the partial tile; the wider tile beside it replaced it",
            Self::Leaf(_) => {
                "the log host took in what it must refuse: ask it why, and keep the file"
            }
            Self::Chain(_) => {
                "ask the issuer for its own record of this statement, and keep the file"
            }
            Self::Fork { .. } => {
                "keep this as evidence: the log showed its issuer another history than this one"
            }
            Self::Lost { .. } => {
                "restore the object from a mirror, or ask its issuer to log a shred statement"
            }
            Self::NotShredded => "shred the payload again, which finishes what was interrupted",
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("the file is missing"),
            Self::Unexpected => f.write_str("nothing in the log accounts for this file"),
            Self::Ahead => f.write_str("the file belongs to a larger tree than the signed one"),
            Self::Unreadable(error) => write!(f, "{error}"),
            Self::Checkpoint(error) => f.write_str(&domain::causes(error)),
            Self::Root => f.write_str("the entries do not lead to the signed root"),
            Self::Tile => f.write_str("the hash here is not that of the signed tree"),
            Self::Malformed(error) => f.write_str(error),
            Self::Entry => f.write_str("the entry here is not the one in the signed tree"),
            Self::Disagree { with } => {
                write!(f, "disagrees with `{with}`, and neither leads to the signed root")
            }
            Self::Stale => f.write_str("a leftover partial tile that disagrees with the wider one"),
            Self::Leaf(error) => f.write_str(&domain::causes(error)),
            Self::Chain(error) => write!(f, "{error}"),
            Self::Fork { size } => {
                write!(f, "quotes a checkpoint of {size} leaves that this log never had")
            }
            Self::Object(error) => f.write_str(&domain::causes(error)),
            Self::Lost { statement } => write!(
                f,
                "the payload of statement {statement} is gone, and no shred statement that counts says so"
            ),
            Self::NotShredded => {
                f.write_str("a shred statement names this payload, and it is still here")
            }
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Byte(at) => write!(f, "byte {at}"),
            Self::Index(index) => write!(f, "statement {index}"),
        }
    }
}

impl fmt::Display for Fault {
    /// `file, place: what; remedy`, on one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if let Some(place) = self.place {
            write!(f, ", {place}")?;
        }
        write!(f, ": {}; {}", self.kind, self.kind.remedy())
    }
}
