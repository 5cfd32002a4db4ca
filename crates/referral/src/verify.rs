//! Checking a package with the manifest, the items and signed statements alone.
//!
//! Signatures and inclusion in the log are the ledger's to check; the statements come here already
//! attested. Without any, custody and sealing are *not shown*, which is not the same as good.

use crate::event::Event;
use crate::item::{Item, ItemName};
use crate::manifest::Manifest;
use crate::screen::{Screen, Verdict};
use aws_lc_rs::digest;
use domain::{Attested, Digest, Digest384, Statement};
use std::collections::BTreeSet;

/// The files of a package.
pub trait Items {
    /// Gives an item's bytes to `sink`, in order and in pieces of any size. `false` when the file
    /// is not there.
    ///
    /// # Errors
    /// Why the file can't be read.
    fn read(&mut self, name: &ItemName, sink: &mut dyn FnMut(&[u8])) -> Result<bool, String>;

    /// Every file in the folder of items, so that what nobody listed is seen. The manifest, receipts
    /// and statements lie elsewhere.
    fn names(&mut self) -> Vec<String>;
}

/// What one check found.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It holds.
    Good,
    /// It does not; says why.
    Bad(String),
    /// What would show it is not there; says what.
    NotShown(String),
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Check {
    /// What was checked: `manifest`, `item`, `files`, `seal`, `custody`, `exculpatory`, `good-faith`,
    /// `elements` or `release`.
    pub what: &'static str,
    /// Of what.
    pub subject: String,
    /// What was found.
    pub outcome: Outcome,
}

/// What the checks found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// The manifest, when it can be read.
    pub manifest: Option<Manifest>,
    /// Every check, in order.
    pub checks: Vec<Check>,
}

impl Verification {
    /// Whether every check is good: nothing is wrong and nothing is missing.
    pub fn is_good(&self) -> bool {
        !self.checks.is_empty() && self.checks.iter().all(|c| c.outcome == Outcome::Good)
    }

    fn push(&mut self, what: &'static str, subject: impl ToString, outcome: Outcome) {
        self.checks.push(Check { what, subject: subject.to_string(), outcome });
    }
}

/// Checks a package: hashes, custody, completeness.
pub fn verify(
    manifest: &[u8],
    items: &mut dyn Items,
    statements: &[Attested<Event>],
    screen: &Screen,
) -> Verification {
    let mut found = Verification { manifest: None, checks: Vec::new() };
    let manifest = match Manifest::read(manifest) {
        Ok(manifest) => manifest,
        Err(error) => {
            found.push("manifest", "manifest", Outcome::Bad(error.to_string()));
            return found;
        }
    };
    let faults = manifest.faults();
    for fault in &faults {
        found.push("manifest", &manifest.package, Outcome::Bad(fault.to_string()));
    }
    if faults.is_empty() {
        found.push("manifest", &manifest.package, Outcome::Good);
    }
    for item in &manifest.items {
        found.push("item", &item.name, hash(item, items));
    }
    let listed: BTreeSet<_> = manifest.items.iter().map(|i| i.name.as_str()).collect();
    let names = items.names();
    let stray: Vec<_> = names.iter().filter(|n| !listed.contains(n.as_str())).collect();
    let files = if stray.is_empty() {
        Outcome::Good
    } else {
        let shown: Vec<_> = stray.iter().take(10).map(|n| n.escape_debug().to_string()).collect();
        Outcome::Bad(format!(
            "{} files that the manifest does not list: {}",
            stray.len(),
            shown.join(", ")
        ))
    };
    found.push("files", names.len(), files);
    signed(&manifest, statements, &mut found);
    complete(&manifest, screen, &mut found);
    found.manifest = Some(manifest);
    found
}

fn hash(item: &Item, items: &mut dyn Items) -> Outcome {
    let mut sha256 = digest::Context::new(&digest::SHA256);
    let mut sha384 = digest::Context::new(&digest::SHA384);
    let mut size = 0u64;
    let there = items.read(&item.name, &mut |piece| {
        sha256.update(piece);
        sha384.update(piece);
        size = size.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
    });
    match there {
        Ok(true) => {}
        Ok(false) => return Outcome::Bad("the file is missing".to_owned()),
        Err(error) => return Outcome::Bad(format!("the file can't be read: {error}")),
    }
    if size != item.size {
        return Outcome::Bad(format!("{size} bytes; the manifest says {}", item.size));
    }
    let (sha256, sha384) = (sha256.finish(), sha384.finish());
    if sha256.as_ref() != Digest::as_bytes(&item.sha256) {
        return Outcome::Bad("its SHA-256 is another".to_owned());
    }
    if sha384.as_ref() != Digest384::as_bytes(&item.sha384) {
        return Outcome::Bad("its SHA-384 is another".to_owned());
    }
    Outcome::Good
}

/// Sealing, custody and release, as far as attested statements show them.
fn signed(manifest: &Manifest, statements: &[Attested<Event>], found: &mut Verification) {
    let complete = |s: &&Attested<Event>| s.event.signers().is_subset(&s.signers);
    let statements: Vec<_> = statements.iter().filter(complete).collect();
    let sealed = statements.iter().any(|s| match &s.event {
        Event::PackageSealed { manifest: m, .. } => **m == *manifest,
        Event::CustodyTransferred { .. }
        | Event::PackageReleased { .. }
        | Event::PackageReceived { .. } => false,
    });
    let shown = |there: bool, what: &str| {
        if there { Outcome::Good } else { Outcome::NotShown(what.to_owned()) }
    };
    let what = "no attested statement of its issuer seals this manifest";
    found.push("seal", &manifest.package, shown(sealed, what));
    for transfer in &manifest.custody {
        let there = statements.iter().any(|s| match &s.event {
            Event::CustodyTransferred { transfer: t } => t == transfer,
            Event::PackageSealed { .. }
            | Event::PackageReleased { .. }
            | Event::PackageReceived { .. } => false,
        });
        let name = manifest.item(&transfer.item).map_or("?", |i| i.name.as_str());
        let subject = format!("{name}: {} to {}", transfer.from.party, transfer.to.party);
        let what = "no statement signed by giver and receiver";
        found.push("custody", subject, shown(there, what));
    }
    let digest = manifest.digest();
    let released = statements.iter().any(|s| match &s.event {
        Event::PackageReleased { package, manifest: m, issuer, released_by, second, .. } => {
            *package == manifest.package
                && *m == digest
                && *issuer == manifest.issuer
                && released_by != second
        }
        Event::CustodyTransferred { .. }
        | Event::PackageSealed { .. }
        | Event::PackageReceived { .. } => false,
    });
    let what = "no attested statement by two people of its issuer releases this manifest";
    found.push("release", &manifest.package, shown(released, what));
}

fn complete(manifest: &Manifest, screen: &Screen, found: &mut Verification) {
    let outcome = match &manifest.exculpatory {
        Some(_) => Outcome::Good,
        None => Outcome::Bad("the section is missing".to_owned()),
    };
    found.push("exculpatory", &manifest.package, outcome);
    let outcome = match screen.verdict(manifest) {
        Verdict::Unanswered => Outcome::Bad("the screen is not answered".to_owned()),
        Verdict::GoodFaith | Verdict::Unclear | Verdict::NotGoodFaith => Outcome::Good,
    };
    found.push("good-faith", &manifest.package, outcome);
    let open = screen.unanswered(manifest);
    let outcome = if open.is_empty() {
        Outcome::Good
    } else {
        Outcome::Bad(format!("without an answer: {}", open.join(", ")))
    };
    found.push("elements", &manifest.package, outcome);
}

#[cfg(test)]
mod tests;
