//! Durable state: tiles and payloads as files, the commit point in SQLite.
//!
//! A node's folder:
//!
//! ```text
//! lock       held by the one process that may write; holds its process id
//! node.db    SQLite: the committed checkpoint, statement ids, drafts, requests; node.db-wal is its write-ahead log
//! node.db.sums  a digest of each page of node.db
//! stage/     at most one bundle: the files of an append that is under way
//! tmp/       files being written
//! log/       what the world may read: checkpoint, tile/, object/
//! ```
//!
//! An append happens in this order, and only the third step decides whether it happened:
//!
//! 1. the plan is checked against the committed head;
//! 2. all its files are made durable as one bundle below `stage/`;
//! 3. one SQLite transaction (`synchronous=FULL`) compares and swaps the signed checkpoint and inserts the
//!    statement ids, which are unique: the commit point;
//! 4. the files are put in place, each only where there is none, or the same, yet, and one sync makes all of them
//!    durable;
//! 5. `log/checkpoint` is published, outgrown partial tiles are removed, the bundle is dropped.
//!
//! Opening runs steps 4 and 5 again if a crash came between. A machine that stopped before the sync of step 4 may have
//! left files there cut short or with zeros in them: the bundle has them whole, and is dropped only in step 5. Any failed fsync ends writing until the store is
//! opened anew: what the system says after one can't be trusted.
//!
//! Trust: whoever can write to this folder can lose or withhold statements, and can't forge or rewrite any
//! without being seen by everyone who holds a receipt. Payloads in it are ciphertext.
#![warn(clippy::wildcard_enum_match_arm, missing_docs)]

mod cosigner;
mod database;
mod disk;
mod error;
mod inspection;
mod lock;
mod log;
mod objects;
mod rpm;
mod stage;

pub use cosigner::{
    CosignerDatabase, CosignerState, Evidence, MAX_EVIDENCE, MemoryCosignerState, Progress,
    RecordedCheckpoint,
};
pub use database::{Committed, Database, Recorded, Register, Request, StoredDraft, Swap};
pub use disk::{Disk, DiskError, DiskFault, Folder, MemoryDisk};
pub use error::StoreError;
pub use inspection::{
    DATABASE_FILE, Index, IndexFault, IndexFaultKind, IndexPlace, Inspection, SUMS_FILE, WAL_FILE,
    inspect, page_digests, whole_transactions,
};
pub use lock::FolderLock;
pub use log::{CLOCK_STEP, FileLog, Log, LogFolder, LogStore, MemoryLog};
pub use objects::{
    IdOf, LogObjects, ObjectCredentials, ObjectDisk, ObjectFault, ObjectLog, ObjectPlace,
    ObjectRegister, Objects, Probed, committed_in,
};
pub use rpm::rpm_headers;
pub use stage::staged_head;

#[cfg(test)]
mod tests;
