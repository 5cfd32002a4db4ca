//! What a memo takes from the transcript: what each sample used, and what the sandbox attested. The chain holds already.

use super::dollars;
use crate::MeasureError;
use crate::verify::canonical;
use assessment::Budget;
use domain::Digest;
use operations::files;
use serde::Serialize;
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

/// What a run used, all samples together.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Spent {
    /// Samples, invalid ones too.
    pub samples: u32,
    /// Answers of the model.
    pub turns: u64,
    /// Tokens in and out.
    pub tokens: u64,
    /// Seconds of wall time, grading not included.
    pub seconds: u64,
    /// What the tokens cost at the sealed price, in dollars.
    pub dollars: Option<f64>,
}

/// What the sandbox attested before the first sample.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Containment {
    /// The tier that ran.
    pub tier: String,
    /// Each check with whether it holds.
    pub checks: Vec<(String, bool)>,
    /// Its digest, as a determination states it.
    pub digest: Digest,
}

/// What the transcript tells.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) spent: Spent,
    pub(super) containment: Option<Containment>,
    /// Tokens of each sample.
    pub(super) tokens: Vec<u64>,
}

pub(super) fn read(path: &Path, budget: &Budget) -> Result<Told, MeasureError> {
    let system = files::system("read", path);
    let mut told = Told::default();
    let mut millis = 0_u64;
    for line in BufReader::new(File::open(path).map_err(system)?).lines() {
        let line: Value = serde_json::from_str(&line.map_err(system)?).unwrap_or_default();
        let body = line.get("body").unwrap_or(&Value::Null);
        match line.get("kind").and_then(Value::as_str) {
            Some("run-started") => told.containment = containment(body),
            Some("sample-ended") => {
                let spent = body.get("spent").unwrap_or(&Value::Null);
                let number = |key: &str| spent.get(key).and_then(Value::as_u64).unwrap_or(0);
                told.spent.samples = told.spent.samples.saturating_add(1);
                told.spent.turns = told.spent.turns.saturating_add(number("turns"));
                told.spent.tokens = told.spent.tokens.saturating_add(number("tokens"));
                millis = millis.saturating_add(number("millis"));
                told.tokens.push(number("tokens"));
            }
            _ => {}
        }
    }
    told.spent.seconds = millis / 1_000;
    told.spent.dollars = budget.cost(told.spent.tokens).map(dollars);
    Ok(told)
}

fn containment(body: &Value) -> Option<Containment> {
    let sandbox = body.get("sandbox")?;
    let check = |check: &Value| {
        let name = check.get("name")?.as_str()?.to_owned();
        Some((name, check.get("holds")?.as_bool()?))
    };
    let tier = sandbox.get("tier")?;
    let tier = tier.as_str().map_or_else(|| tier.to_string(), str::to_owned);
    Some(Containment {
        tier,
        checks: sandbox.get("checks")?.as_array()?.iter().filter_map(check).collect(),
        digest: Digest::of(&canonical(sandbox)),
    })
}
