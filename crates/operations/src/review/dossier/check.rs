//! Verifying a dossier offline, with the roots of trust alone.

use super::{
    BEFORE, CASE, DossierError, Entry, FORMAT, MANIFEST, Manifest, empty, uses, uses_of,
    written_json,
};
use crate::files;
use crate::review::{case_json, view_of};
use access::Event;
use domain::{Attested, Digest, Statement};
use ledger::{Bundle, Disclosure, Grade, Trust};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Most bytes of a manifest or of the case.
const LARGE: u64 = 64 << 20;
/// Most bytes of a bundle or a disclosure.
const LIMIT: u64 = 4 << 20;

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Whether nothing is wrong.
    pub sound: bool,
    /// The folder.
    pub folder: PathBuf,
    /// SHA-256 of the manifest.
    pub manifest: Digest,
    /// Whose it is.
    pub party: String,
    /// The case.
    pub case: String,
    /// Statements whose signatures, place in the log and words were verified.
    pub verified: usize,
    /// The least grade among them.
    pub grade: Option<String>,
    /// Statements about reviews that the maker could not read.
    pub left_out: usize,
    /// Uses that are in it one by one and are what statements of uses commit to.
    pub uses: usize,
    /// What is wrong.
    pub faults: Vec<String>,
}

/// Verifies a dossier: every file is as the manifest says and none besides; every statement was signed and logged and says
/// what is shown; folded again, they make `case.json`.
///
/// # Errors
/// A folder or manifest that can't be read. What is wrong with what can is in [`Checked::faults`].
pub fn check(folder: &Path, trust: &Trust) -> Result<Checked, DossierError> {
    let path = folder.join(MANIFEST);
    let bytes = files::read(&path, LARGE)?;
    let malformed = |reason: String| DossierError::Manifest { path: path.clone(), reason };
    let manifest: Manifest =
        serde_json::from_slice(&bytes).map_err(|error| malformed(error.to_string()))?;
    let format = manifest.format.as_str();
    if format != FORMAT && !BEFORE.contains(&format) {
        return Err(malformed(format!("it is no `{FORMAT}`")));
    }
    let mut faults = Vec::new();
    if manifest.log != trust.log().origin() {
        let (given, ours) = (&manifest.log, trust.log().origin());
        faults
            .push(format!("it is of the log `{given}`, and these roots of trust are of `{ours}`"));
    }
    compared(folder, &manifest, &mut faults);
    let mut attested = Vec::new();
    let mut grade: Option<Grade> = None;
    let mut last = None;
    for entry in &manifest.statements {
        if last >= Some(entry.index) {
            faults.push(format!("statement {} is out of order", entry.index));
        }
        last = Some(entry.index);
        match verified(folder, entry, trust) {
            Ok((found, event)) => {
                grade = Some(grade.map_or(found, |least| least.min(found)));
                attested.push(event);
            }
            Err(reason) => faults.push(format!("statement {}: {reason}", entry.index)),
        }
    }
    let mut proven = 0;
    if faults.is_empty() {
        proven = again(folder, &manifest, trust, &attested, &mut faults);
    }
    Ok(Checked {
        sound: faults.is_empty(),
        folder: folder.to_owned(),
        manifest: Digest::of(&bytes),
        party: manifest.party.to_string(),
        case: manifest.case.to_string(),
        verified: attested.len(),
        grade: grade.map(|grade| grade.to_string()),
        left_out: manifest.left_out.len(),
        uses: proven,
        faults,
    })
}

/// Each file is there with its digest, and no other is.
fn compared(folder: &Path, manifest: &Manifest, faults: &mut Vec<String>) {
    let mut there = BTreeSet::new();
    if let Err(error) = listed(folder, folder, &mut there) {
        faults.push(format!("the folder can't be listed: {error}"));
    }
    there.remove(MANIFEST);
    for (path, digest) in &manifest.files {
        if !there.remove(path) {
            faults.push(format!("`{path}` is missing"));
            continue;
        }
        match files::read(&folder.join(path), LARGE) {
            Ok(bytes) if Digest::of(&bytes) == *digest => {}
            Ok(_) => faults.push(format!("`{path}` is not the file that the manifest names")),
            Err(error) => faults.push(crate::plain(&error)),
        }
    }
    faults.extend(there.iter().map(|path| format!("`{path}` is not in the manifest")));
    for entry in &manifest.statements {
        for path in [&entry.receipt, &entry.statement] {
            if !manifest.files.contains_key(path) {
                faults.push(format!("`{path}` of statement {} is no file of it", entry.index));
            }
        }
    }
}

fn listed(root: &Path, folder: &Path, into: &mut BTreeSet<String>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        // a link is listed and not followed
        if entry.file_type()?.is_dir() {
            listed(root, &entry.path(), into)?;
        } else {
            let path = entry.path();
            let path = path.strip_prefix(root).unwrap_or(&path);
            into.insert(path.to_string_lossy().into_owned());
        }
    }
    Ok(())
}

/// What a statement says, when it is about a review and counts.
type Read = Option<Attested<Event>>;

/// A statement's bundle and its disclosure hold, and it is the one that the manifest says.
fn verified(folder: &Path, entry: &Entry, trust: &Trust) -> Result<(Grade, Read), String> {
    let plain = |error: &dyn std::error::Error| crate::plain(error);
    let receipt = folder.join(&entry.receipt);
    let bytes = files::read(&receipt, LIMIT).map_err(|error| plain(&error))?;
    let bundle = Bundle::from_bytes(&bytes).map_err(|error| plain(&error))?;
    let verified = bundle.verify(trust).map_err(|error| plain(&error))?;
    let said = files::read(&folder.join(&entry.statement), LIMIT).map_err(|e| plain(&e))?;
    let disclosure = Disclosure::from_bytes(&said).map_err(|error| plain(&error))?;
    let header = bundle.receipt().leaf().header();
    let opened = disclosure.open(header).map_err(|error| plain(&error))?;
    let same = entry.index == verified.index
        && entry.id == verified.id
        && entry.kind == verified.kind
        && entry.schema == verified.schema
        && entry.signers.iter().eq(&verified.signers)
        && entry.claimed_at == verified.claimed_at;
    if !same {
        return Err("the manifest says otherwise than its bundle".to_owned());
    }
    if entry.schema != Event::SCHEMA || !entry.counts {
        return Ok((verified.grade, None));
    }
    let event = opened.statement::<Event>().map_err(|error| plain(&error))?;
    let (issuer, signers, grade) = (verified.issuer, verified.signers, verified.grade);
    let (claimed_at, index) = (verified.claimed_at, verified.index);
    let attested = Attested { event, issuer, signers, claimed_at, index };
    if !attested.is_complete() {
        return Err("not everyone has signed it who must".to_owned());
    }
    Ok((grade, Some(attested)))
}

/// Whether the case is written as it is made. One of an earlier version lacks what cases had not yet.
fn is_same(written: &[u8], mut made: serde_json::Value, format: &str) -> bool {
    if BEFORE.contains(&format) {
        let had = serde_json::from_slice(written).unwrap_or_default();
        keep(&mut made, &had);
    }
    written == written_json(&made)
}

/// Leaves of objects only what others have, too.
fn keep(of: &mut serde_json::Value, had: &serde_json::Value) {
    use serde_json::Value::{Array, Object};
    match (of, had) {
        (Object(of), Object(had)) => {
            of.retain(|name, _| had.contains_key(name));
            for (name, value) in of {
                keep(value, had.get(name).unwrap_or(&serde_json::Value::Null));
            }
        }
        (Array(of), Array(had)) => of.iter_mut().zip(had).for_each(|(of, had)| keep(of, had)),
        _ => {}
    }
}

/// The statements, folded again, make the case, and commit to the uses; how many uses.
fn again(
    folder: &Path,
    manifest: &Manifest,
    trust: &Trust,
    attested: &[Read],
    faults: &mut Vec<String>,
) -> usize {
    let mut reviews = empty(trust);
    let mut stated = Vec::new();
    for statement in attested.iter().flatten() {
        // one that the rules refuse changes nothing, here as in the log
        if reviews.apply(statement).is_ok() {
            stated.extend(uses_of(statement.event.clone()));
        }
    }
    let made = match view_of(&reviews, &manifest.case, manifest.made_at) {
        Ok(view) => case_json(&view),
        Err(refusal) => {
            faults.push(format!("the statements make no such case: {refusal}"));
            return 0;
        }
    };
    match files::read(&folder.join(CASE), LARGE) {
        Ok(bytes) if is_same(&bytes, made, &manifest.format) => {}
        Ok(_) => faults.push(format!(
            "`{CASE}` is not what the statements make; if a party joined through the log, give a copy of the log with `--log`"
        )),
        Err(error) => faults.push(crate::plain(&error)),
    }
    let Some(minutes) = &manifest.uses else { return 0 };
    let read = |name: &str| match manifest.files.contains_key(name) {
        true => files::read(&folder.join(name), LARGE).map_err(|error| crate::plain(&error)),
        false => Err(format!("`{name}` is not in the manifest")),
    };
    let of = (&reviews, &manifest.case);
    uses::check(&read, of, minutes, &stated, manifest.made_at).unwrap_or_else(|fault| {
        faults.push(fault);
        0
    })
}
