//! Statements in a package: for each a receipt, and beside it the disclosure of what it says.

use super::ReferralError;
use super::folder::bad;
use crate::act::{ActError, Ctx};
use crate::files::{self, Access};
use crate::home::Home;
use crate::sync::Known;
use domain::{Attested, Digest, Statement};
use ledger::{Disclosure, LogStatement, OpenError, Receipt, Trust};
use referral::{Check, Event, Outcome};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Most bytes of a receipt or a disclosure.
const LIMIT: u64 = 2 << 20;
/// Most statements of a package.
const MOST: usize = 10_000;
/// The package's folder of receipts, and what their names end in.
pub(super) const RECEIPTS: (&str, &str) = ("receipts", "receipt");
/// The package's folder of disclosures, and what their names end in.
pub(super) const STATEMENTS: (&str, &str) = ("statements", "statement");

/// A statement of a package that was verified.
#[derive(Debug, Clone)]
pub(super) struct Signed {
    pub(super) attested: Attested<Event>,
    pub(super) id: Digest,
    pub(super) disclosure: Disclosure,
}

/// What one statement is called in a package: its place in the log and its kind.
pub(super) fn name(statement: &LogStatement) -> String {
    file_name(statement.index, statement.leaf.header().kind())
}

fn file_name(index: u64, kind: &str) -> String {
    format!("{index:06}-{kind}")
}

/// Writes these statements into the package, and takes others out that an earlier bundle left there.
pub(super) async fn write(
    ctx: &Ctx,
    folder: &Path,
    statements: &[&LogStatement],
) -> Result<(), ReferralError> {
    let trust = ctx.current()?;
    let names: BTreeSet<String> = statements.iter().map(|s| name(s)).collect();
    for (part, extension) in [RECEIPTS, STATEMENTS] {
        for path in files::list(&folder.join(part), extension)? {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            if !names.contains(&*stem) {
                files::remove(&path)?;
            }
        }
    }
    for statement in statements {
        let Ok(opened) = &statement.content else { continue };
        let receipt = ctx.reach.receipt(&statement.leaf.id()).await.map_err(ActError::from)?;
        let receipt = receipt.ok_or(ActError::OtherReceipt)?;
        let path = |(part, extension): (&str, &str)| {
            folder.join(part).join(format!("{}.{extension}", name(statement)))
        };
        // what the node answers is believed by nobody: a bad receipt must not get into a package
        let verified = Receipt::from_bytes(&receipt).and_then(|r| r.verify(&trust));
        let verified =
            verified.map_err(|source| ActError::Receipt { kept: path(RECEIPTS), source })?;
        if verified.id != statement.leaf.id() {
            return Err(ActError::OtherReceipt.into());
        }
        files::write(&path(RECEIPTS), &receipt, Access::Private)?;
        files::write(&path(STATEMENTS), &opened.disclose().to_bytes(), Access::Private)?;
    }
    Ok(())
}

/// Reads and verifies every statement of the package, in log order; adds a check for each.
pub(super) fn read(folder: &Path, trust: &Trust, checks: &mut Vec<Check>) -> Vec<Signed> {
    let mut pairs: BTreeMap<String, [Option<PathBuf>; 2]> = BTreeMap::new();
    for (slot, (part, extension)) in [RECEIPTS, STATEMENTS].into_iter().enumerate() {
        match files::list(&folder.join(part), extension) {
            Ok(paths) => {
                for path in paths.into_iter().take(MOST) {
                    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                    if let Some(place) = pairs.entry(stem).or_default().get_mut(slot) {
                        *place = Some(path);
                    }
                }
            }
            Err(error) => checks.push(bad("receipt", part, crate::plain(&error))),
        }
    }
    let mut all = Vec::new();
    for (stem, [receipt, statement]) in pairs {
        let (receipt, statement) = match (receipt, statement) {
            (Some(receipt), Some(statement)) => (receipt, statement),
            (None, _) => {
                let subject = format!("receipts/{stem}.receipt");
                checks.push(bad("receipt", &subject, "the receipt is missing".to_owned()));
                continue;
            }
            (_, None) => {
                let subject = format!("statements/{stem}.statement");
                checks.push(bad("statement", &subject, "the statement is missing".to_owned()));
                continue;
            }
        };
        match read_one(&stem, &receipt, &statement, trust) {
            Ok(signed) => {
                checks.push(Check { what: "receipt", subject: stem, outcome: Outcome::Good });
                all.push(signed);
            }
            Err((what, subject, reason)) => checks.push(bad(what, &subject, reason)),
        }
    }
    all.sort_by_key(|signed| signed.attested.index);
    all
}

type Fault = (&'static str, String, String);

fn read_one(stem: &str, receipt: &Path, statement: &Path, trust: &Trust) -> Result<Signed, Fault> {
    let receipt_fault = |reason| ("receipt", format!("receipts/{stem}.receipt"), reason);
    let statement_fault = |reason| ("statement", format!("statements/{stem}.statement"), reason);
    let bytes = files::read(receipt, LIMIT).map_err(|e| receipt_fault(crate::plain(&e)))?;
    let receipt = Receipt::from_bytes(&bytes);
    let receipt = receipt.map_err(|e| receipt_fault(crate::plain(&e)))?;
    let verified = receipt.verify(trust).map_err(|e| receipt_fault(crate::plain(&e)))?;
    if file_name(verified.index, &verified.kind) != stem {
        let reason = format!("it is the receipt of {}-{}", verified.index, verified.kind);
        return Err(receipt_fault(reason));
    }
    let bytes = files::read(statement, LIMIT).map_err(|e| statement_fault(crate::plain(&e)))?;
    let disclosure = Disclosure::from_bytes(&bytes);
    let disclosure = disclosure.map_err(|e| statement_fault(crate::plain(&e)))?;
    let opened = disclosure.open(receipt.leaf().header());
    let opened = opened.map_err(|e| statement_fault(crate::plain(&e)))?;
    let event = opened.statement::<Event>();
    let event = event.map_err(|e| statement_fault(crate::plain(&e)))?;
    let attested = Attested {
        event,
        issuer: verified.issuer,
        signers: verified.signers,
        claimed_at: verified.claimed_at,
        index: verified.index,
    };
    Ok(Signed { attested, id: verified.id, disclosure })
}

/// Keeps what a package disclosed, so that this party's own fold knows it from now on.
pub(super) fn keep(home: &Home, statements: &[Signed]) -> Result<(), ReferralError> {
    for signed in statements {
        files::write(&kept(home, &signed.id), &signed.disclosure.to_bytes(), Access::Private)?;
    }
    Ok(())
}

/// Opens statements that were sealed to others and that packages disclosed to this party.
pub(super) fn open_disclosed(home: &Home, known: &mut Known) -> Result<(), ReferralError> {
    for statement in &mut known.statements {
        let header = statement.leaf.header();
        let sealed = matches!(statement.content, Err(OpenError::NotReader { .. }));
        let path = kept(home, &statement.leaf.id());
        if !sealed || header.schema() != Event::SCHEMA || !path.exists() {
            continue;
        }
        let wrong = |reason| ReferralError::Content { path: path.clone(), reason };
        let disclosure = Disclosure::from_bytes(&files::read(&path, LIMIT)?);
        let disclosure = disclosure.map_err(|e| wrong(crate::plain(&e)))?;
        let opened = disclosure.open(header).map_err(|e| wrong(crate::plain(&e)))?;
        statement.content = Ok(opened);
    }
    Ok(())
}

fn kept(home: &Home, id: &Digest) -> PathBuf {
    home.folder().join("disclosed").join(format!("{id}.statement"))
}
