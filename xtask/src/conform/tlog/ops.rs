//! The open line format: an `op`, its inputs, and `expect`. Hashes and bytes are base64. Each is put to `verifier`, so that
//! what is shown is what the program believes.
//!
//! An input that can't be read, such as a hash of 31 bytes, is a vector that must be rejected; a field that
//! is missing is an error of the vector. Where a text or bytes can be read in several ways (see `input`),
//! the vector is accepted when one of them is.

mod cose;

use super::input::{field, readings};
use super::{Outcome, text};
use serde_json::Value;
use tlog::{Hash, KeyName, PublicKey, VerifierKey, leaf_hash};
use verifier::c2sp::{self, MAX_TREE};

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
        "add-checkpoint" => add_checkpoint(v),
        other => Err(format!("unsupported op `{other}`")),
    }
}

fn inclusion(v: &Value) -> Outcome {
    let (index, size) = (read!(number(v, "index")), read!(number(v, "size")));
    let (leaf, root) = (read!(hash(v, "leaf_hash")), read!(hash(v, "root")));
    Ok(c2sp::inclusion(&leaf, (index, size), &root, &read!(proof(v))).is_ok())
}

fn consistency(v: &Value) -> Outcome {
    let (old, new) = (read!(number(v, "size1")), read!(number(v, "size2")));
    let (before, after) = (read!(hash(v, "root1")), read!(hash(v, "root2")));
    Ok(c2sp::consistency((old, new), (&before, &after), &read!(proof(v))).is_ok())
}

/// Leaf i is the format with `<i>` replaced by the decimal number.
fn tree(v: &Value) -> Outcome {
    let size = read!(number(v, "size"));
    let format = text(v, "leaf_format")?;
    if size > MAX_TREE {
        return Err(format!("a tree of {size} leaves is too large to grow here"));
    }
    let leaf = |i: u64| leaf_hash(format.replace("<i>", &i.to_string()).as_bytes());
    Ok(c2sp::tree(size, leaf, &read!(hash(v, "root"))).is_ok())
}

/// The verifier keys; none when one of them is no key.
fn vkeys(v: &Value) -> Input<Vec<VerifierKey>> {
    let list = match field(v, "vkeys").or_else(|_| field(v, "vkey"))? {
        Value::String(one) => one.split_whitespace().map(Value::from).collect(),
        Value::Array(list) => list.clone(),
        _ => return Err("`vkeys` is not a list".to_owned()),
    };
    Ok(list.iter().map(|k| k.as_str().and_then(|k| k.parse().ok())).collect())
}

fn note(v: &Value) -> Outcome {
    let keys = read!(vkeys(v));
    let believed = |bytes: &Vec<u8>| c2sp::note(bytes, &keys).is_ok();
    Ok(readings(v, "note")?.iter().any(believed))
}

fn receipt(v: &Value) -> Outcome {
    let (policies, leaves) = (readings(v, "policy")?, leaves(v)?);
    Ok(readings(v, "receipt")?.iter().any(|receipt| {
        leaves.iter().any(|leaf| policies.iter().any(|p| c2sp::proof(receipt, leaf, p).is_ok()))
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
    let policies = readings(v, "policy")?;
    let notes = readings(v, "note")?;
    Ok(notes.iter().any(|note| policies.iter().any(|p| c2sp::policy(note, p).is_ok())))
}

/// A witness's answer; where the vector says which status it has, it must be that.
fn add_checkpoint(v: &Value) -> Outcome {
    let (keys, origin) = (read!(vkeys(v)), text(v, "origin")?);
    let latest = match v.get("latest").filter(|latest| !latest.is_null()) {
        Some(latest) => Some((read!(number(latest, "size")), read!(hash(latest, "root")))),
        None => None,
    };
    let mut came = Vec::new();
    for request in readings(v, "request")? {
        let answer = c2sp::add_checkpoint(&request, (origin, &keys), latest);
        came.push(match answer {
            Ok(()) => 200,
            Err(verifier::Refusal::Witness { status, .. }) => u64::from(status),
            Err(other) => return Err(other.to_string()),
        });
    }
    let wanted = v.get("status").and_then(Value::as_u64);
    if let Some(wanted) = wanted.filter(|wanted| !came.contains(wanted)) {
        return Err(format!("expected the status {wanted}, came {came:?}"));
    }
    Ok(came.contains(&200))
}

fn ed25519(v: &Value) -> Outcome {
    let (keys, signatures) = (readings(v, "key")?, readings(v, "signature")?);
    let messages = readings(v, "message")?;
    Ok(keys.iter().any(|key| {
        signatures.iter().any(|signature| {
            messages.iter().any(|message| c2sp::ed25519(key, message, signature).is_ok())
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
    let accepted = c2sp::ed25519(&key, message.as_bytes(), &signature).is_ok();
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
