//! The audit: every published byte of a log is read, hashed and accounted for.
//!
//! Checking roots alone is not enough: a value file can be edited while every root still agrees. So this
//! reads each entry bundle, recomputes each tile of both trees at each level from it, checks the signed roots, reads each
//! leaf strictly, follows each issuer's chain, and checks every byte of every object against its leaf and
//! every signature against the roots of trust. A file that none of this accounts for is a fault
//! too. Nothing but files and public keys is needed.

mod climb;
mod fault;
mod statements;
mod tree;

pub use fault::{Fault, FaultKind, Place};

use crate::Trust;
use crate::files::{CHECKPOINT_PATH, FileError, LogFiles, Tiles, WITNESSED_PATH};
use crate::log_key::{HeadError, Profile};
use crate::trees::TreeHead;
use std::collections::BTreeSet;
use tlog::{Hash, Hash384, Level, SignedCheckpoint, Tile, TileReader, merkle};

/// Most faults that a report lists; the rest is counted.
pub const MAX_FAULTS: usize = 1000;

/// What an audit found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// The signed tree head; none when its signature is not good. Under [`Profile::C2sp`] its SHA-384 root is
    /// all zeros, since that profile says nothing about it.
    pub head: Option<TreeHead>,
    /// Leaves read.
    pub statements: u64,
    /// Leaves that could not be read or are not those under the signed root. While there are any, what
    /// may follow from them (gaps, lost payloads, objects that nothing accounts for) is not judged.
    pub unread: u64,
    /// Objects whose every byte and signature was checked.
    pub objects: u64,
    /// Statements whose payload is gone as a shred statement says.
    pub shredded: u64,
    /// Among those, objects that are gone altogether, so that their signatures can't be checked here.
    pub unsigned: u64,
    /// Files of an append that was interrupted before it was published: well formed, and going on from
    /// the signed tree. Starting the node finishes it. They are no part of the log yet.
    pub pending: Vec<String>,
    /// What is wrong: the tree's files first, then statements in log order; at most [`MAX_FAULTS`].
    pub faults: Vec<Fault>,
    /// Faults beyond those listed.
    pub more_faults: u64,
}

impl Report {
    /// Whether nothing at all is wrong.
    pub const fn is_sound(&self) -> bool {
        self.faults.is_empty() && self.head.is_some()
    }
}

/// What the parts of the audit share.
struct Audit<'a> {
    files: &'a dyn LogFiles,
    trust: &'a Trust,
    /// Files that nothing accounted for yet.
    left: BTreeSet<String>,
    report: Report,
}

impl Audit<'_> {
    fn fault(&mut self, file: impl Into<String>, place: Option<Place>, kind: FaultKind) {
        let fault = Fault { file: file.into(), place, kind };
        if self.report.faults.len() < MAX_FAULTS {
            // a bundle is read for either tree
            if !self.report.faults.contains(&fault) {
                self.report.faults.push(fault);
            }
        } else {
            self.report.more_faults += 1;
        }
    }

    /// The file's content, which must exist; a fault when it doesn't.
    fn need(&mut self, path: &str) -> Option<Vec<u8>> {
        match self.take(path) {
            Ok(Some(bytes)) => Some(bytes),
            Ok(None) => {
                self.fault(path, None, FaultKind::Missing);
                None
            }
            Err(()) => None,
        }
    }

    /// The file's content; storage that fails is a fault.
    fn take(&mut self, path: &str) -> Result<Option<Vec<u8>>, ()> {
        self.left.remove(path);
        self.files.read(path).map_err(|error| self.unreadable(error))
    }

    fn unreadable(&mut self, error: FileError) {
        self.fault(error.path.clone(), None, FaultKind::Unreadable(error));
    }
}

/// Audits a whole log: both signatures of its checkpoint, both trees.
pub fn verify_log(files: &dyn LogFiles, trust: &Trust) -> Report {
    verify_log_as(files, trust, None)
}

/// Audits a whole log under one profile: only the signature and the tree that the profile relies on are judged, so
/// that the other may be missing or bad. `log/witnessed` is then not judged, nor, under [`Profile::Cnsa`], are
/// the SHA-256 roots that leaves quote. Statements need both signatures of each party under every profile.
pub fn verify_log_as(files: &dyn LogFiles, trust: &Trust, profile: Option<Profile>) -> Report {
    let mut audit = Audit { files, trust, left: BTreeSet::new(), report: Report::default() };
    match files.list() {
        Ok(paths) => audit.left.extend(paths),
        Err(error) => audit.unreadable(error),
    }
    let Some(note) = audit.need(CHECKPOINT_PATH) else { return audit.report };
    let head = match open(trust, &note, profile) {
        Ok(head) => head,
        Err(fault) => {
            audit.fault(CHECKPOINT_PATH, None, FaultKind::Checkpoint(fault));
            return audit.report;
        }
    };
    audit.report.head = Some(head);
    let mut tree = tree::Outcome::all_sound();
    if profile != Some(Profile::Cnsa) {
        tree = tree.and(tree::check(&mut audit, head.size, Hash::from_bytes(head.root)));
    }
    if profile != Some(Profile::C2sp) {
        tree = tree.and(tree::check(&mut audit, head.size, Hash384::from_bytes(head.root384)));
    }
    statements::check(&mut audit, head, &tree, profile != Some(Profile::Cnsa));
    match profile {
        None => check_witnessed(&mut audit, head),
        Some(profile) => audit.left.retain(|path| !is_of_other_profile(path, profile)),
    }
    tree::check_left(&mut audit, head);
    audit.report
}

/// The signed tree head, by the signatures that count.
fn open(trust: &Trust, note: &[u8], profile: Option<Profile>) -> Result<TreeHead, HeadError> {
    let signed = SignedCheckpoint::parse(note)?;
    match profile {
        None => trust.log().check(&signed),
        Some(Profile::C2sp) => {
            let (size, root) = trust.log().check_c2sp(&signed)?;
            Ok(TreeHead { size, root: *root.as_bytes(), root384: [0; 48] })
        }
        Some(Profile::Cnsa) => Ok(trust.log().check_cnsa(&signed)?.into()),
    }
}

/// Whether a file is one that a profile says nothing about.
fn is_of_other_profile(path: &str, profile: Profile) -> bool {
    let level = path.parse::<Tile>().map(|tile| tile.level());
    path == WITNESSED_PATH
        || match profile {
            Profile::C2sp => matches!(level, Ok(Level::Hashes384(_))),
            Profile::Cnsa => matches!(level, Ok(Level::Hashes(_))),
        }
}

/// The cosigned checkpoint, if there is one, is of this log, and of a beginning of its tree.
fn check_witnessed(audit: &mut Audit<'_>, head: TreeHead) {
    let Ok(Some(note)) = audit.take(WITNESSED_PATH) else { return };
    let size = match audit.trust.open(&note) {
        Ok(vouched) if vouched.head.size > head.size => {
            return audit.fault(WITNESSED_PATH, None, FaultKind::Ahead);
        }
        Ok(vouched) => {
            let reader = TileReader::new(Tiles(audit.files), head.size);
            match merkle::root(&reader, vouched.head.size) {
                // an unreadable tile is reported as such
                Err(_) => return,
                Ok::<Hash, _>(root) if *root.as_bytes() == vouched.head.root => return,
                Ok(_) => vouched.head.size,
            }
        }
        Err(fault) => return audit.fault(WITNESSED_PATH, None, FaultKind::Checkpoint(fault)),
    };
    audit.fault(WITNESSED_PATH, None, FaultKind::Fork { size });
}

#[cfg(test)]
mod tests;
