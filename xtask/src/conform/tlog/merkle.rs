//! Merkle proofs in the format of the transparency-dev project: hashes in base64, `wantErr` the verdict.

use super::Outcome;
use serde_json::Value;
use tlog::merkle::{
    verify_consistency, verify_inclusion, verify_subtree_consistency, verify_subtree_inclusion,
};
use tlog::{Hash, leaf_hash};

fn number(v: &Value, field: &str) -> Result<u64, String> {
    v.get(field).and_then(Value::as_u64).ok_or_else(|| format!("no number `{field}`"))
}

fn hash(v: &Value, field: &str) -> Option<Hash> {
    v.get(field)?.as_str()?.parse().ok()
}

/// A root of a consistency vector. Some of these test equality alone with placeholder texts that are not
/// hashes; a hash of the text stands in, which is equal when the texts are.
fn root(v: &Value, field: &str) -> Result<Hash, String> {
    let text = super::text(v, field)?;
    Ok(text.parse().unwrap_or_else(|_| leaf_hash(text.as_bytes())))
}

/// Whether the proof is accepted; which kind it is follows from its fields.
pub(super) fn run(v: &Value) -> Outcome {
    let proof = match v.get("proof").and_then(Value::as_array) {
        None => Some(Vec::new()),
        Some(list) => list.iter().map(|h| h.as_str()?.parse().ok()).collect::<Option<Vec<Hash>>>(),
    };
    let Some(proof) = proof else { return Ok(false) };
    if v.get("leafIdx").is_some() {
        let index = number(v, "leafIdx")?;
        let (Some(leaf), Some(root)) = (hash(v, "leafHash"), hash(v, "root")) else {
            return Ok(false);
        };
        return Ok(if v.get("treeSize").is_some() {
            verify_inclusion(&leaf, index, number(v, "treeSize")?, &root, &proof).is_ok()
        } else {
            let range = (number(v, "start")?, number(v, "end")?);
            verify_subtree_inclusion(&leaf, index, range, &root, &proof).is_ok()
        });
    }
    let (one, two) = (root(v, "root1")?, root(v, "root2")?);
    Ok(if v.get("size1").is_some() {
        let sizes = (number(v, "size1")?, number(v, "size2")?);
        verify_consistency(sizes.0, sizes.1, &one, &two, &proof).is_ok()
    } else {
        let range = (number(v, "start")?, number(v, "end")?);
        verify_subtree_consistency(range, number(v, "size")?, &one, &two, &proof).is_ok()
    })
}
