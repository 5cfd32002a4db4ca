//! `logs.toml`: the logs that a witness watches or a mirror holds.
//!
//! ```toml
//! [[log]]
//! vkeys = ["log.example/programme+1a2b3c4d+AbCd…"]
//! url = "http://127.0.0.1:7480/log"    # for a mirror: where the objects beside the log are fetched
//! ```
//!
//! The origin is the name of the keys, unless `origin` says otherwise.

use super::OpenError;
use crate::files::{self, Access, FileError};
use serde::{Deserialize, Serialize};
use std::io::ErrorKind;
use std::path::Path;
use tlog::VerifierKey;
use tlog::witness::Watched;

/// The file's name.
pub const FILE: &str = "logs.toml";
/// Most bytes of it.
const LIMIT: u64 = 1 << 20;
/// Most logs of one cosigner.
pub const MAX_LOGS: usize = 10_000;

/// A log as it is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfiguredLog {
    /// Its name and keys.
    pub watched: Watched,
    /// Where it is published, if that is known.
    pub url: Option<String>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    log: Vec<Table>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<String>,
    vkeys: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

/// Reads the logs of a folder; none when there is no file yet.
///
/// # Errors
/// Unreadable or malformed.
pub fn read(folder: &Path) -> Result<Vec<ConfiguredLog>, OpenError> {
    let path = folder.join(FILE);
    let text = match files::read_text(&path, LIMIT) {
        Ok(text) => text,
        Err(FileError::System { source, .. }) if source.kind() == ErrorKind::NotFound => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(error.into()),
    };
    parse(&text).map_err(|reason| OpenError::Malformed { path, reason })
}

/// Reads the text of the file.
///
/// # Errors
/// What is wrong with it, in words.
pub fn parse(text: &str) -> Result<Vec<ConfiguredLog>, String> {
    let file: File = toml::from_str(text).map_err(|e| e.to_string())?;
    if file.log.len() > MAX_LOGS {
        return Err(format!("{} logs; at most {MAX_LOGS} are watched", file.log.len()));
    }
    let mut logs: Vec<ConfiguredLog> = Vec::new();
    for Table { origin, vkeys, url } in file.log {
        let keys: Result<Vec<VerifierKey>, _> = vkeys.iter().map(|v| v.parse()).collect();
        let keys = keys.map_err(|e: tlog::KeyError| e.to_string())?;
        let first = keys.first().ok_or("a log without vkeys can't be watched")?;
        let origin = origin.unwrap_or_else(|| first.name().to_string());
        if !keys.iter().any(VerifierKey::is_supported) {
            return Err(format!("no key of `{origin}` has a type that can be verified here"));
        }
        if logs.iter().any(|l| l.watched.origin == origin) {
            return Err(format!("`{origin}` is there twice; put its keys together"));
        }
        logs.push(ConfiguredLog { watched: Watched { origin, keys }, url });
    }
    Ok(logs)
}

/// Adds a log to a folder's file, or replaces it when it is there.
///
/// # Errors
/// A key that is none, or a file that can't be read or written.
pub fn watch(folder: &Path, vkeys: &[String], url: Option<&str>) -> Result<String, OpenError> {
    let path = folder.join(FILE);
    let malformed = |reason: String| OpenError::Malformed { path: path.clone(), reason };
    // a node's `log.vkey` has a line for each of its keys
    let vkeys = vkeys.iter().flat_map(|v| v.lines()).map(str::to_owned).collect();
    let table = Table { origin: None, vkeys, url: url.map(str::to_owned) };
    let alone =
        toml::to_string(&File { log: vec![table] }).map_err(|e| malformed(e.to_string()))?;
    let new = parse(&alone).map_err(malformed)?;
    let new = new.into_iter().next().ok_or_else(|| malformed("no log".to_owned()))?;
    let origin = new.watched.origin.clone();
    let mut all: Vec<ConfiguredLog> =
        read(folder)?.into_iter().filter(|l| l.watched.origin != origin).collect();
    all.push(new);
    let tables = all.into_iter().map(|ConfiguredLog { watched, url }| Table {
        origin: Some(watched.origin),
        vkeys: watched.keys.iter().map(ToString::to_string).collect(),
        url,
    });
    let text = toml::to_string(&File { log: tables.collect() });
    let text = text.map_err(|e| malformed(e.to_string()))?;
    files::write(&path, text.as_bytes(), Access::Shared)?;
    Ok(origin)
}
