//! COSE Receipts (RFC 9942): `kind` says what is proven, `leaf` or `old_root` about what.

use super::super::input::{algorithm, keys, readings};
use super::super::{Outcome, text};
use super::{hash, leaves, number};
use serde_json::Value;
use tlog::Hash;
use tlog::cose::CoseReceipt;
use verifier::c2sp::{self, Claim, ProvenReport};

/// Whether the receipt is believed.
pub(super) fn run(v: &Value) -> Outcome {
    let wanted = algorithm(v)?;
    let claims = claims(v)?;
    for receipt in readings(v, "receipt")? {
        // read here only for its algorithm, which says how the vector's key is to be read
        let Ok(read) = CoseReceipt::parse(&receipt) else { continue };
        if wanted.is_some_and(|alg| alg != read.algorithm()) {
            continue;
        }
        for key in keys(v, read.algorithm())? {
            for claim in &claims {
                if let Ok(proven) = c2sp::cose(&receipt, &key, *claim)
                    && is_said(v, &proven)?
                {
                    return Ok(true);
                }
            }
        }
    }
    Ok(false)
}

/// What the receipt is held against, in every reading.
fn claims(v: &Value) -> Result<Vec<Claim>, String> {
    match text(v, "kind")? {
        "inclusion" => Ok(leaves(v)?.into_iter().map(Claim::Leaf).collect()),
        "consistency" => {
            let roots = readings(v, "old_root")?;
            Ok(roots.iter().filter_map(|r| Hash::from_slice(r)).map(Claim::OldRoot).collect())
        }
        other => Err(format!("unsupported kind `{other}`")),
    }
}

/// Whether what the vector says besides, if it does, is what was proven.
fn is_said(v: &Value, proven: &ProvenReport) -> Outcome {
    let size = if proven.index.is_some() { "size" } else { "new_size" };
    let numbers =
        [("index", proven.index), ("old_size", proven.old_size), (size, Some(proven.size))];
    for (name, number_proven) in numbers {
        if number_proven.is_some() && v.get(name).is_some() && number(v, name)? != number_proven {
            return Ok(false);
        }
    }
    match ["new_root", "root"].iter().find(|name| v.get(name).is_some()) {
        Some(name) => Ok(hash(v, name)?.is_some_and(|root| root.to_string() == proven.root)),
        None => Ok(true),
    }
}
