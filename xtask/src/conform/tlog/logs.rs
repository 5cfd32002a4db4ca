//! Whole logs in folders: every checkpoint must have the root of the tiles, and the entries their leaves.

use super::{Outcome, entries, judge};
use crate::conform::Report;
use anyhow::Result;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use tlog::merkle::{HashReader, root};
use tlog::{
    Hash, Level, Note, ReadError, SignedCheckpoint, Tile, TileReader, TileSource, VerifierKey,
    leaf_hash, tile,
};

/// A log's folder.
struct Folder<'a>(&'a Path);

impl TileSource for Folder<'_> {
    fn tile(&self, tile: &Tile) -> Result<Option<Vec<u8>>, ReadError> {
        match std::fs::read(self.0.join(tile.to_string())) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(ReadError::Storage { path: tile.to_string(), why: e.to_string() }),
        }
    }
}

/// Runs what a folder holds, and the folders in it.
pub(super) fn folder(
    path: &Path,
    name: &str,
    published: &[VerifierKey],
    report: &mut Report,
) -> Result<()> {
    let mut keys = published.to_vec();
    let mut checkpoints = Vec::new();
    for entry in entries(path)? {
        let file = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if entry.is_dir() && file != "tile" {
            folder(&entry, &format!("{name}/{file}"), published, report)?;
        } else if file == "checkpoint" || file.starts_with("checkpoint.") {
            checkpoints.push((format!("{name}/{file}"), std::fs::read(&entry)?));
        } else if file.ends_with(".json")
            && let Ok(v) = serde_json::from_slice::<Value>(&std::fs::read(&entry)?)
        {
            let texts = v.get("verifier_keys").and_then(Value::as_array).into_iter().flatten();
            keys.extend(texts.filter_map(|t| t.as_str()?.parse().ok()));
        }
    }
    for (id, bytes) in &checkpoints {
        judge(report, &format!("{id} text"), true, text(bytes));
        if path.join("tile").is_dir() {
            judge(report, &format!("{id} signatures"), true, signatures(bytes, &keys));
            judge(report, &format!("{id} tree"), true, tree(path, bytes));
        }
    }
    if path.join("tile/entries").is_dir() && !checkpoints.is_empty() {
        judge(report, &format!("{name} grown anew"), true, regrow(path, &checkpoints));
    }
    Ok(())
}

/// A checkpoint is written as it was read.
fn text(bytes: &[u8]) -> Outcome {
    let signed = SignedCheckpoint::parse(bytes).map_err(|e| format!("{e}"))?;
    Ok(signed.note().to_string().as_bytes() == bytes
        && signed.checkpoint().to_string() == signed.note().text())
}

/// Known keys verify; a log without a known key is not judged.
fn signatures(bytes: &[u8], keys: &[VerifierKey]) -> Outcome {
    let note = Note::parse(bytes).map_err(|e| format!("{e}"))?;
    let named = |k: &&VerifierKey| note.signatures().iter().any(|s| &s.name == k.name());
    Ok(keys.iter().any(|k| named(&k)) && note.verify(keys).is_ok())
}

/// The tiles, and the entries if there are any, lead to the root.
fn tree(path: &Path, bytes: &[u8]) -> Outcome {
    let head = SignedCheckpoint::parse(bytes).map_err(|e| format!("{e}"))?;
    let (size, expected) = (head.checkpoint().size(), head.checkpoint().root());
    let folder = Folder(path);
    let reader = TileReader::new(&folder, size);
    if root(&reader, size).map_err(|e| format!("{e}"))? != expected {
        return Ok(false);
    }
    if path.join("tile/entries").is_dir() {
        for (index, entry) in (0..).zip(log_entries(&folder, size)?) {
            if reader.hash(0, index).map_err(|e| format!("{e}"))? != leaf_hash(&entry) {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

fn log_entries(folder: &Folder<'_>, size: u64) -> Result<Vec<Vec<u8>>, String> {
    let mut all = Vec::new();
    for index in 0..size.div_ceil(256) {
        let tile = Tile::at(Level::Entries, index, size).ok_or("no such bundle")?;
        let bytes = folder.tile(&tile).map_err(|e| format!("{e}"))?;
        let bytes = bytes.ok_or_else(|| format!("{tile} is missing"))?;
        let bundle = tile::parse_bundle(&bytes, tile.width()).map_err(|e| format!("{e}"))?;
        all.extend(bundle.into_iter().map(<[u8]>::to_vec));
    }
    Ok(all)
}

/// Our own append, stopping at every size that has a checkpoint, writes the same tiles.
fn regrow(path: &Path, checkpoints: &[(String, Vec<u8>)]) -> Outcome {
    let mut heads = BTreeMap::new();
    for (_, bytes) in checkpoints {
        let signed = SignedCheckpoint::parse(bytes).map_err(|e| format!("{e}"))?;
        heads.insert(signed.checkpoint().size(), signed.checkpoint().root());
    }
    let last = heads.keys().next_back().copied().unwrap_or(0);
    let folder = Folder(path);
    let mut left = log_entries(&folder, last)?.into_iter();
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut head = (0, Hash::EMPTY_ROOT);
    for (size, expected) in heads {
        let count = usize::try_from(size - head.0).map_err(|e| format!("{e}"))?;
        let batch: Vec<Vec<u8>> = left.by_ref().take(count).collect();
        let grown = tlog::append(&files, head.0, &head.1, &batch).map_err(|e| format!("{e}"))?;
        if grown.root != expected {
            return Ok(false);
        }
        for write in grown.writes {
            let theirs = folder.tile(&write.tile).map_err(|e| format!("{e}"))?;
            if theirs.is_some_and(|bytes| bytes != write.bytes) {
                return Ok(false);
            }
            files.insert(write.tile.to_string(), write.bytes);
        }
        head = (size, expected);
    }
    Ok(true)
}
