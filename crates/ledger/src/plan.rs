//! What an append will do, computed before anything is written.

use domain::Digest;

/// A file to be written below the log's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedFile {
    /// Where, relative to the log's folder, such as `tile/0/000.p/3`.
    pub path: String,
    /// Its whole content.
    pub bytes: Vec<u8>,
}

/// A size and root of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeHead {
    /// How many leaves.
    pub size: u64,
    /// The SHA-256 root over them.
    pub root: [u8; 32],
}

/// One append of one or more entries: every byte to be written, and nothing left to decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppendPlan {
    /// The tree that the plan starts from.
    pub from: TreeHead,
    /// The tree that it leads to.
    pub to: TreeHead,
    /// The signed checkpoint of `to`, a C2SP signed note.
    pub checkpoint: Vec<u8>,
    /// Tiles, entry bundles and statement objects, in the order to write them; `checkpoint` not among them.
    pub files: Vec<PlannedFile>,
    /// The ids of the appended statements with their indices.
    pub statements: Vec<(Digest, u64)>,
}
