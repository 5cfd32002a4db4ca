//! Transparency-log vectors: Merkle proofs, whole logs, notes, receipts, policies, Ed25519 edge cases.
//!
//! A folder has files of these kinds, told apart by what is in them, not by name:
//!
//! - `*.jsonl` lines with `op` and `expect`, the open format (see `ops`);
//! - `*.jsonl` lines with `wantErr`, Merkle proofs of the transparency-dev project;
//! - `*.jsonl` lines with `key`, `sig` and `flags`, Ed25519 edge cases of C2SP's test vectors;
//! - `*.json` with examples of the specifications, or a checkpoint with receipt and policy;
//! - `*.json` with a list of COSE receipts and what to expect of each;
//! - folders with `checkpoint` and `tile/`: whole logs.

mod input;
mod logs;
mod merkle;
mod ops;
mod receipts;

use super::Report;
use anyhow::{Context, Result};
use serde_json::Value;
use std::path::{Path, PathBuf};
use tlog::{Note, Policy, SignedCheckpoint, Tile, TlogProof, VerifierKey, leaf_hash};

/// What a vector did, or why it can't be run.
type Outcome = Result<bool, String>;

/// The entries of a folder, sorted.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let read = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut paths = read.map(|e| Ok(e?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// Runs every vector below a folder.
pub(crate) fn run(data: &Path, report: &mut Report) -> Result<()> {
    let keys = published_keys(data)?;
    for path in entries(data)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            logs::folder(&path, &name, &keys, report)?;
            continue;
        }
        let kind = path.extension().unwrap_or_default().to_string_lossy().into_owned();
        if kind == "jsonl" {
            lines(&path, &name, report)?;
        } else if kind == "json" {
            match serde_json::from_slice(&std::fs::read(&path)?) {
                Ok(value) => document(&value, &name, report),
                Err(why) => report.fail(format!("{name}: not JSON: {why}")),
            }
        }
    }
    Ok(())
}

/// Verifier keys that the folder's README publishes, for logs that carry none.
fn published_keys(data: &Path) -> Result<Vec<VerifierKey>> {
    let readme = data.join("README.md");
    let text = if readme.is_file() { std::fs::read_to_string(readme)? } else { String::new() };
    Ok(text.split('`').filter_map(|word| word.parse().ok()).collect())
}

/// Counts one vector.
fn judge(report: &mut Report, id: &str, expected: bool, came: Outcome) {
    let word = |good| if good { "accept" } else { "reject" };
    match came {
        Ok(came) if came == expected => report.pass(),
        Ok(came) => report.fail(format!("{id}: expected {}, came {}", word(expected), word(came))),
        Err(why) => report.fail(format!("{id}: {why}")),
    }
}

fn lines(path: &Path, name: &str, report: &mut Report) -> Result<()> {
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    let text = String::from_utf8_lossy(&bytes);
    for (i, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let Ok(v) = serde_json::from_str::<Value>(line) else {
            report.fail(format!("{name} line {}: not JSON", i + 1));
            continue;
        };
        let own = v.get("id").and_then(Value::as_str);
        let id = own.map_or_else(|| format!("{name} line {}", i + 1), |id| format!("{name} {id}"));
        if v.get("op").is_some() {
            match v.get("expect").and_then(Value::as_str) {
                Some("accept") => judge(report, &id, true, guarded(&v)),
                Some("reject") => judge(report, &id, false, guarded(&v)),
                Some(_) | None => report.fail(format!("{id}: expect must be accept or reject")),
            }
        } else if let Some(refused) = v.get("wantErr").and_then(Value::as_bool) {
            judge(report, &id, !refused, merkle::run(&v));
        } else if v.get("sig").is_some() && v.get("flags").is_some() {
            match ops::edge_case(&v) {
                Ok(()) => report.pass(),
                Err(why) => report.fail(format!("{id}: {why}")),
            }
        } else {
            report.fail(format!("{id}: unsupported line"));
        }
    }
    Ok(())
}

/// Runs an op; a panic is a disagreement like any other, and the vectors after it still run.
fn guarded(v: &Value) -> Outcome {
    std::panic::catch_unwind(|| ops::run(v)).unwrap_or_else(|_| Err("it panicked".to_owned()))
}

/// A JSON document of a kind that is known; others belong to other suites.
fn document(v: &Value, name: &str, report: &mut Report) {
    for one in v.as_array().into_iter().flatten().filter(|one| one.get("receipt").is_some()) {
        receipts::run(one, name, report);
    }
    if v.get("signed_note").is_some() {
        spec_examples(v, name, report);
    }
    if v.get("receipt").is_some() && v.get("policy").is_some() {
        receipt(v, name, report);
    }
}

fn text<'a>(v: &'a Value, field: &str) -> Result<&'a str, String> {
    v.get(field).and_then(Value::as_str).ok_or_else(|| format!("no text `{field}`"))
}

/// The keys of an object of verifier keys by name.
fn keys(v: &Value) -> Result<Vec<VerifierKey>, String> {
    let Some(object) = v.as_object() else { return Err("no keys".to_owned()) };
    let texts = object.values().filter_map(Value::as_str);
    texts.map(|t| t.parse().map_err(|e| format!("{e}"))).collect()
}

fn spec_examples(v: &Value, name: &str, report: &mut Report) {
    let note = || -> Outcome {
        let note = v.get("signed_note").ok_or("no note")?;
        let key: VerifierKey = text(note, "vkey")?.parse().map_err(|e| format!("{e}"))?;
        let Ok(read) = Note::parse(text(note, "note")?.as_bytes()) else { return Ok(false) };
        Ok(read.verify(&[key]).is_ok())
    };
    judge(report, &format!("{name} signed_note"), true, note());
    for example in v.get("tile_paths").and_then(Value::as_array).into_iter().flatten() {
        let came = || -> Outcome {
            let index = example.get("index").and_then(Value::as_u64).ok_or("no index")?;
            let tile = Tile::new(tlog::Level::Hashes(0), index, tlog::tile::FULL);
            let tile = tile.map_err(|e| format!("{e}"))?;
            Ok(tile.to_string() == format!("tile/0/{}", text(example, "path")?))
        };
        judge(report, &format!("{name} tile path {example}"), true, came());
    }
    for example in v.get("partial_widths").and_then(Value::as_array).into_iter().flatten() {
        let size = example.get("size").and_then(Value::as_u64).unwrap_or(0);
        let partials = Tile::partials(size);
        let same = (0..8_u8).all(|level| {
            let mut tiles = partials.iter().filter(|t| t.level() == tlog::Level::Hashes(level));
            let wanted = example.get(format!("level{level}_partial")).and_then(Value::as_u64);
            tiles.next().map(|t| u64::from(t.width())) == wanted
        });
        judge(report, &format!("{name} partial widths of {size}"), true, Ok(same));
    }
}

fn receipt(v: &Value, name: &str, report: &mut Report) {
    let checkpoint = || -> Outcome {
        let keys = keys(v.get("vkeys").ok_or("no vkeys")?)?;
        let bytes = text(v, "checkpoint")?;
        let signed = SignedCheckpoint::parse(bytes.as_bytes()).map_err(|e| format!("{e}"))?;
        let verified = signed.verify(&keys).map_err(|e| format!("{e}"))?;
        Ok(verified.len() == keys.len() && signed.note().to_string() == bytes)
    };
    let proof = |leaf: &str| -> Outcome {
        let policy = Policy::parse(text(v, "policy")?.as_bytes()).map_err(|e| format!("{e}"))?;
        let proof = TlogProof::parse(text(v, "receipt")?.as_bytes()).map_err(|e| format!("{e}"))?;
        Ok(proof.verify(&leaf_hash(leaf.as_bytes()), &policy).is_ok())
    };
    let expected = text(v, "expect").is_ok_and(|e| e == "accept");
    let leaf = text(v, "receipt_leaf").unwrap_or_default();
    judge(report, &format!("{name} checkpoint"), true, checkpoint());
    judge(report, &format!("{name} receipt"), expected, proof(leaf));
    judge(report, &format!("{name} receipt of another leaf"), false, proof(&format!("{leaf}0")));
}
