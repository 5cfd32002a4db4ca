//! What both verifiers are asked: the published vectors, edge cases of Ed25519, and receipts of our own making.

use super::own;
use crate::run;
use anyhow::{Context, Result};
use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// One question, and the verdict where it is known.
pub(super) struct Question {
    pub(super) id: String,
    pub(super) text: String,
    pub(super) accept: Option<bool>,
}

impl Question {
    pub(super) fn new(id: impl Into<String>, question: &Value, accept: Option<bool>) -> Self {
        Self { id: id.into(), text: question.to_string(), accept }
    }

    /// Whether the module's answer is the native one, byte for byte, and the expected one.
    pub(super) fn judge(&self, theirs: &str) -> Result<(), String> {
        let ours = String::from_utf8(verifier::ask(self.text.as_bytes())).unwrap_or_default();
        if ours != theirs {
            return Err(format!("the native verifier says {ours}, the module {theirs}"));
        }
        let accepted = ours.starts_with("{\"verified\":");
        match self.accept {
            Some(expected) if expected != accepted => {
                Err(format!("expected accept = {expected}, came {ours}"))
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// All of them; prints what the machine lacks.
pub(super) fn all() -> Result<Vec<Question>> {
    let mut questions = published()?;
    let published = questions.len();
    let edges = match run::data() {
        Some(data) => edge_cases(&data.join("tlog/ed25519-edge.jsonl"))?,
        None => {
            println!(
                "skipped: the edge cases of Ed25519 of others (no test data; set VESTIBULE_DATA)"
            );
            Vec::new()
        }
    };
    let own = own::receipts()?;
    println!(
        "{published} published vectors, {} edge cases of Ed25519, {} questions about receipts of our own",
        edges.len(),
        own.len()
    );
    questions.extend(edges);
    questions.extend(own);
    Ok(questions)
}

/// The lines of `crates/tlog/vectors`, as they stand.
fn published() -> Result<Vec<Question>> {
    let folder = run::root().join("crates/tlog/vectors");
    let mut questions = Vec::new();
    for name in ["cose", "ed25519", "merkle", "notes", "policies", "witness"] {
        let path = folder.join(format!("{name}.jsonl"));
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        for line in text.lines() {
            let vector: Value = serde_json::from_str(line)?;
            let id = vector["id"].as_str().unwrap_or("?").to_owned();
            let accept = Some(vector["expect"] == "accept");
            questions.push(Question { id, text: line.to_owned(), accept });
        }
    }
    Ok(questions)
}

/// C2SP's edge cases, which have no verdict but say what is odd about each. What our rule forbids must be refused.
fn edge_cases(path: &Path) -> Result<Vec<Question>> {
    let forbidden = ["low_order_A", "non_canonical_A", "non_canonical_R"];
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let mut questions = Vec::new();
    for line in text.lines() {
        let case: Value = serde_json::from_str(line)?;
        let bytes = |field: &str| {
            let hex = case[field].as_str().unwrap_or_default().as_bytes();
            let bytes = HEXLOWER_PERMISSIVE.decode(hex).context("hexadecimal digits")?;
            anyhow::Ok(BASE64.encode(&bytes))
        };
        let message = BASE64.encode(case["msg"].as_str().unwrap_or_default().as_bytes());
        let (key, signature) = (bytes("key")?, bytes("sig")?);
        let question =
            json!({ "op": "ed25519", "key": key, "message": message, "signature": signature });
        let flags = case["flags"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let odd = flags.into_iter().any(|flag| forbidden.contains(&flag));
        questions.push(Question::new(
            format!("edge {}", case["n"]),
            &question,
            odd.then_some(false),
        ));
    }
    Ok(questions)
}
