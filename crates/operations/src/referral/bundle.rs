//! Completing a released package, so that it shows everything by itself.

use super::folder::{BUNDLED, check_items, hash, list, read_manifest};
use super::{Evidence, ReferralError, act, evidence, refused, statements};
use crate::act::Ctx;
use crate::files::{self, Access};
use crate::rules;
use domain::PartyId;
use ledger::LogStatement;
use referral::{Event, Manifest, Refusal, Release, Rule902, certification_draft};
use std::path::Path;

/// Puts beside manifest and items all that shows them to one recipient: receipts, what was stated, roots of
/// trust, the questions, drafts of certifications. Doing it again changes nothing.
///
/// # Errors
/// It was not released to that party as it lies there, or the node does not give a receipt.
pub async fn bundle(ctx: &Ctx, folder: &Path, to: &PartyId) -> Result<(), ReferralError> {
    let manifest = read_manifest(folder)?;
    let evidence = evidence(ctx).await?;
    let package = act::is_sealed(&evidence.referrals, &manifest)?;
    let digest = manifest.digest();
    let release = package.releases().find(|(m, party, _)| **m == digest && *party == to);
    let not_released = || refused(&Refusal::NotReleased(to.clone()));
    let (_, _, release) = release.ok_or_else(not_released)?;
    check_items(folder, &manifest)?;
    // without its sums a package that is being written is not taken for a whole one
    files::remove(&folder.join("SHA256SUMS"))?;
    statements::write(ctx, folder, &concerning(&evidence, &manifest, to)).await?;
    let trust = ctx.trust.to_text();
    let draft = |rule| certification_draft(&manifest, rule, release.at);
    let texts = [
        ("README.txt", readme(&manifest, release, to)),
        ("trust.toml", trust),
        ("offences.toml", rules::OFFENCES.to_owned()),
        ("certification-902-13.txt", draft(Rule902::Process)),
        ("certification-902-14.txt", draft(Rule902::Copy)),
    ];
    for (name, text) in &texts {
        files::write(&folder.join(name), text.as_bytes(), Access::Private)?;
    }
    let mut sums = String::new();
    for found in list(folder)? {
        sums += &sum(&hash(&folder.join(&found.path))?.sha256.to_string(), &found.path);
    }
    debug_assert_eq!(BUNDLED.len(), texts.len() + 1);
    Ok(files::write(&folder.join("SHA256SUMS"), sums.as_bytes(), Access::Private)?)
}

/// One line of `SHA256SUMS`, as `sha256sum` writes it.
pub(super) fn sum(digest: &str, path: &str) -> String {
    format!("{digest}  {path}\n")
}

/// The statements that one recipient is shown: sealings, custody, and what concerns its own release.
fn concerning<'a>(
    evidence: &'a Evidence,
    manifest: &Manifest,
    recipient: &PartyId,
) -> Vec<&'a LogStatement> {
    let counts = |s: &&LogStatement| evidence.ignored.iter().all(|i| i.index != s.index);
    let concerns = |s: &&LogStatement| {
        s.attested::<Event>().is_ok_and(|attested| match &attested.event {
            Event::CustodyTransferred { transfer } => manifest.item(&transfer.item).is_some(),
            Event::PackageSealed { manifest: sealed, .. } => sealed.package == manifest.package,
            Event::PackageReleased { package, to, .. } => {
                *package == manifest.package && to == recipient
            }
            Event::PackageReceived { package, recipient: by, .. } => {
                *package == manifest.package && by == recipient
            }
        })
    };
    evidence.known.statements.iter().filter(counts).filter(concerns).collect()
}

/// What the recipient reads first.
fn readme(manifest: &Manifest, release: &Release, to: &PartyId) -> String {
    let Manifest { package, revision, issuer, title, .. } = manifest;
    let Release { released_by, second, at, .. } = release;
    let defence = super::folder::for_the_defence(manifest);
    let defence: String =
        defence.iter().map(|line| format!("  - {}\n", line.replace('\n', "\n    "))).collect();
    format!(
        "Evidence package {package}, revision {revision}: {title}\n\
         Issued by {issuer}. Released to {to} on {at} by {released_by}; {second} agreed.\n\n\
         What speaks for the people concerned; read it first:\n{defence}\n\
         Check the package offline, with nothing but this folder:\n\n\
         \x20 vestibule referral verify .\n\
         \x20 vestibule referral verify . --trust FILE    with roots of trust that you got another way: better\n\
         \x20 sha256sum -c SHA256SUMS                     the files alone, without this software\n\n\
         manifest.json        everything the package says\n\
         items/               the evidence, byte for byte\n\
         receipts/            a proof for each statement that it was signed and logged (C2SP tlog-proof)\n\
         statements/          what each of them says; confidential as the package itself\n\
         trust.toml           public keys: compare their fingerprints with the parties by another way\n\
         offences.toml        the questions that the manifest answers\n\
         certification-*.txt  drafts under FRE 902(13) and 902(14): a qualified person checks, completes and\n\
         \x20                    signs a copy; a draft certifies nothing\n\n\
         Change nothing in this folder; work on a copy. What happened after the release is not in it.\n"
    )
}
