//! One family of a sealed bank, opened by itself in a file and checked from it.

use super::kept::Keeping;
use super::verify::Check;
use super::{MeasureError, refused, runs};
use assessment::{Disclosure, Fault, Refusal, Run};
use domain::RunId;
use domain::wire::{self, WireError};
use harness::transcript;
use operations::act::Ctx;
use operations::files::{self, Access};
use serde::Serialize;
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

/// The first line of a file with one family.
const MAGIC: &[u8] = b"vestibule-family/v1\n";
/// Most bytes of such a file.
const LIMIT: u64 = (wire::LIMIT as u64) + 64;

/// Why a file with one family can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FamilyError {
    /// The first line is another.
    #[error("not a file with one family: its first line is not `vestibule-family/v1`")]
    Magic,
    /// The rest is not one family. Places count from the end of the first line.
    #[error("the family after the first line")]
    Content(#[from] WireError),
}

/// Reads a file with one family: one line that names the format, then deterministic CBOR.
///
/// # Errors
/// What is wrong, and at which byte.
pub fn read_family(bytes: &[u8]) -> Result<Disclosure, FamilyError> {
    let content = bytes.strip_prefix(MAGIC).ok_or(FamilyError::Magic)?;
    Ok(wire::decode(content)?)
}

/// The bytes of a file with one family.
fn family_bytes(disclosure: &Disclosure) -> Vec<u8> {
    [MAGIC, &wire::encode(disclosure)].concat()
}

/// What was written, or found in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FamilyView {
    /// The run.
    pub run: RunId,
    /// The family.
    pub family: String,
    /// Its dials.
    pub dials: Vec<u8>,
    /// Whether its seed is in the file, so that its tasks can be made again.
    pub seed: bool,
    /// What was looked at; none when a file was written.
    pub checks: Vec<Check>,
}

impl FamilyView {
    fn of(disclosure: &Disclosure, checks: Vec<Check>) -> Self {
        Self {
            run: disclosure.run.clone(),
            family: disclosure.part.family.to_string(),
            dials: disclosure.part.cells.iter().map(|cell| cell.dial.step()).collect(),
            seed: disclosure.seed.is_some(),
            checks,
        }
    }

    /// Whether everything holds.
    pub fn holds(&self) -> bool {
        self.checks.iter().all(|check| check.holds)
    }
}

/// Evaluator: writes one family of a measured run's bank to a file. The rest of the criteria stays sealed.
///
/// # Errors
/// A run that is not measured yet or not this party's, a family that its bank does not have, or a file that is there.
pub async fn disclose(
    ctx: &Ctx,
    id: &RunId,
    family: &str,
    with_seed: bool,
    out: &Path,
) -> Result<FamilyView, MeasureError> {
    let known = ctx.known().await?;
    let assessed = runs(&known, &known.trust);
    let refuse = |refusal: Refusal| MeasureError::from(refused(&refusal));
    let sealed = match assessed.runs.run(id) {
        None => return Err(refuse(Refusal::NeverSealed(id.clone()))),
        // its tasks would be known before the model met them
        Some(Run::Sealed(_)) => return Err(refuse(Refusal::NotMeasured(id.clone()))),
        Some(Run::Measured(measured)) => &measured.sealed,
        Some(Run::Opened(opened)) => &opened.measured.sealed,
    };
    let opening = Keeping::of(&ctx.home, id).criteria(id, &sealed.commitment)?;
    let disclosure = opening.disclose(family, with_seed).map_err(|fault| {
        MeasureError::Argument(match fault {
            Fault::UnknownFamily(_) => {
                let bank = &opening.criteria.bank;
                let names: Vec<_> = bank.families().iter().map(ToString::to_string).collect();
                format!(
                    "the bank of run {id} has no family `{family}`; it has {}",
                    names.join(", ")
                )
            }
            other => other.to_string(),
        })
    })?;
    files::create(out, &family_bytes(&disclosure), Access::Private)?;
    Ok(FamilyView::of(&disclosure, Vec::new()))
}

/// Checks a file with one family against the commitment in the log, and, with a transcript, that the family's tasks
/// in it are those of its seed.
///
/// # Errors
/// An unknown run or files that can't be read. What can be read and differs is in the view.
pub async fn family(
    ctx: &Ctx,
    id: &RunId,
    path: &Path,
    transcript: Option<&Path>,
) -> Result<FamilyView, MeasureError> {
    let known = ctx.known().await?;
    let assessed = runs(&known, &known.trust);
    let run = assessed.runs.run(id).ok_or_else(|| MeasureError::Unknown(id.clone()))?;
    let commitment = run.sealed().commitment;
    let read = read_family(&files::read(path, LIMIT)?);
    let disclosure =
        read.map_err(|source| MeasureError::Family { path: path.to_owned(), source })?;
    let shown = path.display();
    let mut checks = Vec::new();
    let mut add = |what, found: Result<String, String>| {
        let holds = found.is_ok();
        checks.push(Check { what, holds, detail: found.unwrap_or_else(|fault| fault) });
    };
    add(
        "family",
        match disclosure.check(&commitment) {
            Ok(()) if disclosure.run == *id => {
                Ok(format!("{shown} is part of what was sealed as {commitment}"))
            }
            Ok(()) => Err(format!("{shown} names run {}, not {id}", disclosure.run)),
            Err(Fault::CommitmentDiffers) => {
                Err(format!("{shown} is no part of what was sealed as {commitment}"))
            }
            Err(fault) => Err(format!("{shown}: {fault}")),
        },
    );
    if let Some(transcript) = transcript {
        add("tasks", tasks(&disclosure, transcript, run)?);
    }
    Ok(FamilyView::of(&disclosure, checks))
}

/// The family's tasks in a transcript, made again.
fn tasks(
    disclosure: &Disclosure,
    path: &Path,
    run: &Run,
) -> Result<Result<String, String>, MeasureError> {
    let checked = match transcript::check(path) {
        Ok(checked) => checked,
        Err(error @ transcript::TranscriptError::Line { .. }) => return Ok(Err(error.to_string())),
        Err(error) => return Err(harness::HarnessError::from(error).into()),
    };
    let recorded = match run {
        Run::Sealed(_) => None,
        Run::Measured(measured) => Some(measured.transcript),
        Run::Opened(opened) => Some(opened.measured.transcript),
    };
    if recorded != Some(checked.root) {
        return Ok(Err(format!("{}: not the transcript that was recorded", path.display())));
    }
    if disclosure.seed.is_none() {
        return Ok(
            Ok("the family's seed is withheld, so its tasks were not made again".to_owned()),
        );
    }
    let system = files::system("read", path);
    let mut made = 0_u32;
    for line in BufReader::new(File::open(path).map_err(system)?).lines() {
        let line: Value = serde_json::from_str(&line.map_err(system)?).unwrap_or_default();
        let body = line.get("body").unwrap_or(&Value::Null);
        let said = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default();
        let number =
            |key: &str| body.get(key).and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
        let starts = line.get("kind").and_then(Value::as_str) == Some("sample-started");
        if !starts || said("family") != disclosure.part.family.as_str() {
            continue;
        }
        let again = number("sample")
            .zip(number("cell"))
            .map(|(sample, cell)| disclosure.instance(sample, cell));
        let again = again.transpose().map_err(|fault| MeasureError::Argument(fault.to_string()))?;
        if again.flatten().is_none_or(|i| i.digest().to_string() != said("instance")) {
            let sample = number("sample").unwrap_or_default();
            return Ok(Err(format!("sample {sample} is not the task of the family's seed")));
        }
        made += 1;
    }
    Ok(Ok(format!("the {made} tasks of the family are those of its seed")))
}

#[cfg(test)]
mod tests;
