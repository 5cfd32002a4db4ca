//! Every SQL statement of this software, in a style that SQLite and PostgreSQL share: numbered parameters,
//! TEXT, INTEGER and BLOB only.

/// The version of the schema below.
pub(crate) const VERSION: i64 = 2;

/// The schema. `log_head` has one row at most.
pub(super) const SCHEMA: &str = "
CREATE TABLE schema_version (version INTEGER NOT NULL);
CREATE TABLE log_head (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    root384 BLOB NOT NULL,
    checkpoint BLOB NOT NULL,
    committed_at INTEGER NOT NULL
);
CREATE TABLE statement (
    id BLOB PRIMARY KEY NOT NULL,
    leaf_index INTEGER NOT NULL UNIQUE
);
CREATE TABLE draft (
    id BLOB PRIMARY KEY NOT NULL,
    bytes BLOB NOT NULL,
    created_at INTEGER NOT NULL
);
CREATE TABLE request (
    request_key TEXT PRIMARY KEY NOT NULL,
    receipt BLOB NOT NULL,
    created_at INTEGER NOT NULL
);
";

pub(super) const HAS_SCHEMA: &str =
    "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema_version'";
pub(crate) const READ_VERSION: &str = "SELECT version FROM schema_version";
pub(super) const WRITE_VERSION: &str = "INSERT INTO schema_version (version) VALUES (?1)";

pub(super) const READ_HEAD: &str =
    "SELECT size, root, root384, checkpoint, committed_at FROM log_head WHERE id = 1";
pub(super) const FIRST_HEAD: &str =
    "INSERT INTO log_head (id, size, root, root384, checkpoint, committed_at)
     VALUES (1, ?1, ?2, ?3, ?4, ?5)";
pub(super) const SWAP_HEAD: &str =
    "UPDATE log_head SET size = ?1, root = ?2, root384 = ?3, checkpoint = ?4, committed_at = ?5
     WHERE id = 1 AND size = ?6 AND root = ?7 AND root384 = ?8";
pub(super) const REPLACE_CHECKPOINT: &str = "UPDATE log_head SET checkpoint = ?1
     WHERE id = 1 AND size = ?2 AND root = ?3 AND root384 = ?4";

pub(super) const INDEX_OF: &str = "SELECT leaf_index FROM statement WHERE id = ?1";
pub(crate) const LIST_STATEMENTS: &str = "SELECT id, leaf_index FROM statement ORDER BY leaf_index";
pub(super) const ADD_STATEMENT: &str = "INSERT INTO statement (id, leaf_index) VALUES (?1, ?2)
     ON CONFLICT (id) DO NOTHING";

pub(super) const PUT_DRAFT: &str = "INSERT INTO draft (id, bytes, created_at) VALUES (?1, ?2, ?3)
     ON CONFLICT (id) DO UPDATE SET bytes = excluded.bytes";
pub(super) const READ_DRAFT: &str = "SELECT id, bytes, created_at FROM draft WHERE id = ?1";
pub(crate) const LIST_DRAFTS: &str =
    "SELECT id, bytes, created_at FROM draft ORDER BY created_at, id";
pub(super) const DELETE_DRAFT: &str = "DELETE FROM draft WHERE id = ?1";

pub(super) const ADD_REQUEST: &str =
    "INSERT INTO request (request_key, receipt, created_at) VALUES (?1, ?2, ?3)
     ON CONFLICT (request_key) DO NOTHING";
pub(super) const READ_REQUEST: &str =
    "SELECT receipt, created_at FROM request WHERE request_key = ?1";
pub(super) const FORGET_REQUESTS: &str = "DELETE FROM request WHERE created_at < ?1";
