//! The open line format: an `op`, its inputs, and `expect`. Hashes and bytes are base64.
//!
//! An input that can't be read, such as a hash of 31 bytes, is a vector that must be rejected; a field that
//! is missing is an error of the vector. Where a text or bytes can be read in several ways (see `input`),
//! the vector is accepted when one of them is.

mod cose;

use super::input::{field, readings};
use super::{Outcome, text};
use serde_json::Value;
use tlog::merkle::{Frontier, verify_consistency, verify_inclusion};
use tlog::{
    Hash, KeyName, Policy, PublicKey, SignedCheckpoint, TlogProof, VerifierKey, leaf_hash,
    verify_ed25519,
};

/// The largest tree that is grown for a vector.
const MAX_TREE: u64 = 50_000_000;

/// An input: read, or unreadable and so a reason to reject.
type Input<T> = Result<Option<T>, String>;

/// Unwraps inputs; the vector is rejected if one is unreadable.
macro_rules! read {
    ($input:expr) => {
        match $input? {
            Some(value) => value,
            None => return Ok(false),
        }
    };
}

/// A number, or its decimal text without leading zeros.
fn number(v: &Value, name: &str) -> Input<u64> {
    let value = field(v, name)?;
    let text = value.as_str().unwrap_or_default();
    let parsed: Option<u64> = text.parse().ok().filter(|n: &u64| n.to_string() == text);
    Ok(value.as_u64().or(parsed))
}

fn hash(v: &Value, name: &str) -> Input<Hash> {
    Ok(field(v, name)?.as_str().and_then(|t| t.parse().ok()))
}

fn proof(v: &Value) -> Input<Vec<Hash>> {
    let list = field(v, "proof")?;
    if list.is_null() {
        return Ok(Some(Vec::new()));
    }
    let list = list.as_array().ok_or("`proof` is not a list")?;
    Ok(list.iter().map(|h| h.as_str()?.parse().ok()).collect())
}

/// Whether the vector's input is accepted.
pub(super) fn run(v: &Value) -> Outcome {
    match text(v, "op")? {
        "inclusion" => inclusion(v),
        "consistency" => consistency(v),
        "tree" => tree(v),
        "note" => note(v),
        "receipt" => receipt(v),
        "policy" => policy(v),
        "cose" => cose::run(v),
        "ed25519" => ed25519(v),
        other => Err(format!("unsupported op `{other}`")),
    }
}

fn inclusion(v: &Value) -> Outcome {
    let (index, size) = (read!(number(v, "index")), read!(number(v, "size")));
    let (leaf, root) = (read!(hash(v, "leaf_hash")), read!(hash(v, "root")));
    Ok(verify_inclusion(&leaf, index, size, &root, &read!(proof(v))).is_ok())
}

fn consistency(v: &Value) -> Outcome {
    let (old, new) = (read!(number(v, "size1")), read!(number(v, "size2")));
    let (before, after) = (read!(hash(v, "root1")), read!(hash(v, "root2")));
    Ok(verify_consistency(old, new, &before, &after, &read!(proof(v))).is_ok())
}

/// Leaf i is the format with `<i>` replaced by the decimal number.
fn tree(v: &Value) -> Outcome {
    let size = read!(number(v, "size"));
    let format = text(v, "leaf_format")?;
    if size > MAX_TREE {
        return Err(format!("a tree of {size} leaves is too large to grow here"));
    }
    let mut tree = Frontier::new();
    for i in 0..size {
        tree.push(leaf_hash(format.replace("<i>", &i.to_string()).as_bytes()));
    }
    Ok(tree.root() == read!(hash(v, "root")))
}

fn note(v: &Value) -> Outcome {
    let list = match field(v, "vkeys").or_else(|_| field(v, "vkey"))? {
        Value::String(one) => one.split_whitespace().map(Value::from).collect(),
        Value::Array(list) => list.clone(),
        _ => return Err("`vkeys` is not a list".to_owned()),
    };
    let keys: Option<Vec<VerifierKey>> =
        list.iter().map(|k| k.as_str().and_then(|k| k.parse().ok())).collect();
    let Some(keys) = keys else { return Ok(false) };
    let believed = |bytes: &Vec<u8>| verifier::c2sp::note(bytes, &keys).is_ok();
    Ok(readings(v, "note")?.iter().any(believed))
}

/// Every policy and every second input that a vector's texts can be read as.
fn policies(v: &Value) -> Result<Vec<Policy>, String> {
    Ok(readings(v, "policy")?.iter().filter_map(|p| Policy::parse(p).ok()).collect())
}

fn receipt(v: &Value) -> Outcome {
    let (policies, leaves) = (policies(v)?, leaves(v)?);
    let receipts = readings(v, "receipt")?;
    let proofs: Vec<_> = receipts.iter().filter_map(|r| TlogProof::parse(r).ok()).collect();
    Ok(proofs.iter().any(|proof| {
        leaves.iter().any(|leaf| policies.iter().any(|p| proof.verify(leaf, p).is_ok()))
    }))
}

/// The hash of the leaf: a leaf may be plain text that happens to be base64 too, so each reading counts.
fn leaves(v: &Value) -> Result<Vec<Hash>, String> {
    if field(v, "leaf").is_err() && v.get("leaf_hash").is_some() {
        return Ok(hash(v, "leaf_hash")?.into_iter().collect());
    }
    Ok(readings(v, "leaf")?.iter().map(|leaf| leaf_hash(leaf)).collect())
}

fn policy(v: &Value) -> Outcome {
    let policies = policies(v)?;
    let notes = readings(v, "note")?;
    let notes: Vec<_> = notes.iter().filter_map(|n| SignedCheckpoint::parse(n).ok()).collect();
    Ok(notes.iter().any(|note| policies.iter().any(|p| p.check(note).is_ok())))
}

fn ed25519(v: &Value) -> Outcome {
    let (keys, signatures) = (readings(v, "key")?, readings(v, "signature")?);
    let messages = readings(v, "message")?;
    Ok(keys.iter().any(|key| {
        signatures.iter().any(|signature| {
            messages.iter().any(|message| verify_ed25519(key, message, signature).is_ok())
        })
    }))
}

/// An edge case without a verdict: what our rule forbids is refused, and every way to verify agrees.
pub(super) fn edge_case(v: &Value) -> Result<(), String> {
    let hex = |name| -> Result<Vec<u8>, String> {
        let digits = text(v, name)?.as_bytes();
        data_encoding::HEXLOWER_PERMISSIVE.decode(digits).map_err(|e| format!("{name}: {e}"))
    };
    let (key, signature, message) = (hex("key")?, hex("sig")?, text(v, "msg")?);
    let accepted = verify_ed25519(&key, message.as_bytes(), &signature).is_ok();
    let name = KeyName::new("edge.example").map_err(|e| format!("{e}"))?;
    let as_note = PublicKey::new(0x01, &key)
        .and_then(|key| VerifierKey::new(name, key).verify(message, &signature));
    if as_note.is_some() != accepted {
        return Err(format!("a note's key and the rule disagree: the rule says {accepted}"));
    }
    let forbidden = ["low_order_A", "non_canonical_A", "non_canonical_R", "low_order_residue"];
    let flags = v.get("flags").and_then(Value::as_array).into_iter().flatten();
    for flag in flags.filter_map(Value::as_str) {
        if accepted && forbidden.contains(&flag) {
            return Err(format!("expected reject for {flag}, came accept"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
