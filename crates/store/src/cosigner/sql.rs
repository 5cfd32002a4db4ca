//! The SQL of a witness or a mirror, in the same style as the node's.

/// The version of the schema below.
pub(super) const VERSION: i64 = 2;

/// What turns version 1 into version 2.
pub(super) const FROM_1: &str = "
ALTER TABLE progress ADD COLUMN root384 BLOB;
UPDATE cosigner_version SET version = 2;
";

pub(super) const SCHEMA: &str = "
CREATE TABLE cosigner_version (version INTEGER NOT NULL);
CREATE TABLE latest (
    origin TEXT PRIMARY KEY NOT NULL,
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    time INTEGER NOT NULL,
    note BLOB NOT NULL
);
CREATE TABLE progress (
    origin TEXT PRIMARY KEY NOT NULL,
    next_entry INTEGER NOT NULL,
    root BLOB NOT NULL,
    root384 BLOB,
    mirrored_size INTEGER NOT NULL DEFAULT 0,
    mirrored BLOB
);
CREATE TABLE evidence (
    id INTEGER PRIMARY KEY,
    origin TEXT NOT NULL,
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    proven INTEGER NOT NULL,
    note BLOB NOT NULL,
    against BLOB,
    at INTEGER NOT NULL,
    UNIQUE (origin, size, root)
);
";

pub(super) const HAS_SCHEMA: &str =
    "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'cosigner_version'";
pub(super) const READ_VERSION: &str = "SELECT version FROM cosigner_version";
pub(super) const WRITE_VERSION: &str = "INSERT INTO cosigner_version (version) VALUES (?1)";

pub(super) const READ_LATEST: &str = "SELECT size, root, time, note FROM latest WHERE origin = ?1";
pub(super) const FIRST_LATEST: &str =
    "INSERT INTO latest (origin, size, root, time, note) VALUES (?1, ?2, ?3, ?4, ?5)
     ON CONFLICT (origin) DO NOTHING";
pub(super) const SWAP_LATEST: &str = "UPDATE latest SET size = ?2, root = ?3, time = ?4, note = ?5
     WHERE origin = ?1 AND size = ?6 AND root = ?7 AND time = ?8";

pub(super) const READ_PROGRESS: &str =
    "SELECT next_entry, root, root384, mirrored, mirrored_size FROM progress WHERE origin = ?1";
pub(super) const ADVANCE_PROGRESS: &str =
    "INSERT INTO progress (origin, next_entry, root, root384) VALUES (?1, ?2, ?3, ?4)
     ON CONFLICT (origin) DO UPDATE SET next_entry = excluded.next_entry, root = excluded.root,
         root384 = excluded.root384
     WHERE excluded.next_entry > next_entry";
pub(super) const SECOND_ROOT: &str =
    "UPDATE progress SET root384 = ?3 WHERE origin = ?1 AND next_entry = ?2";
pub(super) const MIRROR_CHECKPOINT: &str = "UPDATE progress SET mirrored_size = ?2, mirrored = ?3
     WHERE origin = ?1 AND mirrored_size <= ?2 AND next_entry >= ?2";

pub(super) const COUNT_EVIDENCE: &str = "SELECT count(*) FROM evidence WHERE origin = ?1";
pub(super) const KEEP_EVIDENCE: &str =
    "INSERT INTO evidence (origin, size, root, proven, note, against, at)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
     ON CONFLICT (origin, size, root) DO UPDATE SET proven = 1, note = excluded.note,
         against = excluded.against, at = excluded.at
     WHERE excluded.proven = 1 AND proven = 0";
pub(super) const LIST_EVIDENCE: &str =
    "SELECT origin, proven, note, against, at FROM evidence ORDER BY id";
