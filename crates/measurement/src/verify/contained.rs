//! Containment: what the sandbox attested in the transcript, against what a person was given and what a determination rests on.

use super::Checks;
use crate::{Assessed, MeasureError};
use assessment::{Measured, Run};
use domain::{Digest, Timestamp};
use operations::files;
use operations::review;
use operations::sync::Known;
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;

/// Most bytes of a transcript's first line, and of a file with an attestation.
const LIMIT: u64 = 1 << 20;

/// What the sandbox attested before the first sample, as the transcript's first line has it: the bytes that are handed on and whose digest a
/// determination states. None in a transcript without one.
///
/// # Errors
/// A file that can't be read.
pub fn attestation(transcript: &Path) -> Result<Option<Vec<u8>>, MeasureError> {
    let system = files::system("read", transcript);
    let file = File::open(transcript).map_err(system)?;
    let mut line = Vec::new();
    BufReader::new(file.take(LIMIT)).read_until(b'\n', &mut line).map_err(system)?;
    let line: Value = serde_json::from_slice(&line).unwrap_or_default();
    let found = line.get("body").and_then(|body| body.get("sandbox"));
    Ok(found.map(canonical))
}

/// Compares a file with what the transcript attests.
///
/// # Errors
/// A file that can't be read, or that is another attestation.
pub fn contained(transcript: &Path, file: &Path) -> Result<Digest, MeasureError> {
    let given = Digest::of(&files::read(file, LIMIT)?);
    match attestation(transcript)?.map(|bytes| Digest::of(&bytes)) {
        Some(attested) if attested == given => Ok(given),
        Some(attested) => Err(MeasureError::Argument(format!(
            "{} is not what the sandbox attested in {}: its SHA-256 is {given}, the attestation's {attested}; `vestibule assess memo --containment` writes the one that belongs to a run",
            file.display(),
            transcript.display()
        ))),
        None => Err(MeasureError::Argument(format!(
            "{}: no attestation of a sandbox in its first line",
            transcript.display()
        ))),
    }
}

/// The file that was given, and each determination in force that names an attestation. The transcript's chain holds already.
pub(super) fn check(
    (known, assessed, now): (&Known, &Assessed, Timestamp),
    measured: &Measured,
    (transcript, file): (&Path, Option<&Path>),
    (checks, notes): (&mut Checks, &mut Vec<String>),
) -> Result<(), MeasureError> {
    if let Some(file) = file {
        let found = contained(transcript, file);
        let found = match found {
            Err(error @ MeasureError::File(_)) => return Err(error),
            found => found.map_err(|error| error.to_string()),
        };
        let words = |digest| format!("{} is what the sandbox attested, {digest}", file.display());
        checks.add("containment", found.map(words));
    }
    let (Some(attested), Some(case)) = (attestation(transcript)?, &measured.sealed.case) else {
        return Ok(());
    };
    let attested = Digest::of(&attested);
    let (reviews, _) = review::reviews(known, &known.trust);
    let model = &measured.sealed.model;
    let runs = assessed.runs.iter().filter(|(_, run)| {
        let sealed = run.sealed();
        sealed.case.as_ref() == Some(case)
            && sealed.model == *model
            && !matches!(run, Run::Sealed(_))
    });
    let alone = runs.count() < 2;
    let Ok(view) = review::view_of(&reviews, case, now) else { return Ok(()) };
    let models = view.models.iter().filter(|view| view.model == *model);
    for determination in models.flat_map(|view| &view.determinations) {
        let named = determination.account.as_ref().and_then(|account| account.containment);
        let in_force = determination.superseded_by.is_none() && !determination.withdrawn;
        let Some(named) = named.filter(|_| in_force) else { continue };
        let reference = determination.reference;
        if named == attested {
            let words =
                format!("{reference} rests on the containment that this transcript attests");
            checks.add("determination", Ok(words));
        } else if alone {
            let words = format!(
                "{reference} names containment {named}; this transcript attests {attested}"
            );
            checks.add("determination", Err(words));
        } else {
            notes
                .push(format!("determination {reference} rests on the containment of another run"));
        }
    }
    Ok(())
}

/// A containment as its digest is taken: keys in order, whatever order a build's libraries keep them in.
pub(crate) fn canonical(sandbox: &Value) -> Vec<u8> {
    let mut sorted = sandbox.clone();
    sorted.sort_all_objects();
    sorted.to_string().into_bytes()
}
