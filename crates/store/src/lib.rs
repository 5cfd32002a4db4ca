//! Durable state: tiles and payloads as files, the commit point in SQLite.
