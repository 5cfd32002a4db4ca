//! COSE Receipts (RFC 9942): `kind` says what is proven, `leaf` or `old_root` about what.

use super::super::input::{algorithm, keys, readings};
use super::super::{Outcome, text};
use super::{hash, leaves, number};
use serde_json::Value;
use tlog::Hash;
use tlog::cose::{CoseKey, CoseReceipt};

/// Whether the receipt is believed.
pub(super) fn run(v: &Value) -> Outcome {
    let receipts: Vec<_> =
        readings(v, "receipt")?.iter().filter_map(|r| CoseReceipt::parse(r).ok()).collect();
    let wanted = algorithm(v)?;
    let kind = text(v, "kind")?;
    for receipt in receipts {
        if wanted.is_some_and(|alg| alg != receipt.algorithm()) {
            continue;
        }
        for key in keys(v, receipt.algorithm())? {
            let good = match kind {
                "inclusion" => inclusion(v, &receipt, &key)?,
                "consistency" => consistency(v, &receipt, &key)?,
                other => return Err(format!("unsupported kind `{other}`")),
            };
            if good {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Whether what the vector says besides, if it does, is what was proven.
fn said(v: &Value, name: &str, proven: u64) -> Result<bool, String> {
    Ok(v.get(name).is_none() || number(v, name)? == Some(proven))
}

fn root_said(v: &Value, names: [&str; 2], proven: Hash) -> Result<bool, String> {
    match names.iter().find(|name| v.get(name).is_some()) {
        Some(name) => Ok(hash(v, name)? == Some(proven)),
        None => Ok(true),
    }
}

fn inclusion(v: &Value, receipt: &CoseReceipt, key: &CoseKey) -> Outcome {
    for leaf in leaves(v)? {
        if let Ok((proof, root)) = receipt.verify_inclusion(&leaf, key)
            && said(v, "size", proof.size)?
            && said(v, "index", proof.index)?
            && root_said(v, ["root", "new_root"], root)?
        {
            return Ok(true);
        }
    }
    Ok(false)
}

fn consistency(v: &Value, receipt: &CoseReceipt, key: &CoseKey) -> Outcome {
    for old in readings(v, "old_root")?.iter().filter_map(|bytes| Hash::from_slice(bytes)) {
        if let Ok((proof, root)) = receipt.verify_consistency(&old, key)
            && said(v, "old_size", proof.old_size)?
            && said(v, "new_size", proof.new_size)?
            && root_said(v, ["new_root", "root"], root)?
        {
            return Ok(true);
        }
    }
    Ok(false)
}
