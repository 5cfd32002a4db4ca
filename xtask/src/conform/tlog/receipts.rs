//! Lists of COSE receipts: of the RFC's draft, which only have to be read, and of other programs, with the
//! statement and the keys that belong to each. Bytes are hexadecimal, keys PEM.

use super::{Outcome, judge, text};
use crate::conform::Report;
use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use serde_json::Value;
use tlog::cose::{CoseKey, CoseReceipt, CoseStatement};
use tlog::leaf_hash;

/// Runs one receipt.
pub(super) fn run(v: &Value, name: &str, report: &mut Report) {
    let id = format!("{name} {}", text(v, "id").unwrap_or("without an id"));
    if text(v, "expect") == Ok("decode") {
        judge(report, &id, true, read(v).map(|_| true));
        return;
    }
    let verdict = |field: &str| v.pointer(&format!("/expected/{field}")).and_then(Value::as_bool);
    judge(report, &id, verdict("receipt_valid").unwrap_or(false), receipt(v));
    if let Some(expected) = verdict("statement_signature_valid") {
        judge(report, &format!("{id} statement"), expected, statement(v));
    }
}

fn hex(v: &Value, field: &str) -> Result<Vec<u8>, String> {
    let digits = text(v, field)?.as_bytes();
    HEXLOWER_PERMISSIVE.decode(digits).map_err(|e| format!("{field}: {e}"))
}

fn key(v: &Value, field: &str) -> Result<CoseKey, String> {
    let lines: String = text(v, field)?.lines().filter(|l| !l.starts_with("-----")).collect();
    let der = BASE64.decode(lines.as_bytes()).map_err(|e| format!("{field}: {e}"))?;
    CoseKey::from_spki(&der).map_err(|e| format!("{field}: {e}"))
}

fn read(v: &Value) -> Result<CoseReceipt, String> {
    CoseReceipt::parse(&hex(v, "receipt")?).map_err(|e| e.to_string())
}

fn receipt(v: &Value) -> Outcome {
    let entry = hex(v.get("expected").unwrap_or(v), "leaf_entry")?;
    Ok(read(v)?.verify_inclusion(&leaf_hash(&entry), &key(v, "log_key_pem")?).is_ok())
}

fn statement(v: &Value) -> Outcome {
    let read = CoseStatement::parse(&hex(v, "statement")?).map_err(|e| e.to_string())?;
    Ok(read.verify(&key(v, "issuer_key_pem")?).is_ok_and(|p| hex(v, "payload").as_deref() == Ok(p)))
}
