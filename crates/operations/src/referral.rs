//! Evidence packages: a folder that shows by itself what was collected, who held it, who released it, and
//! what speaks for the people concerned.
//!
//! ```text
//! manifest.json        everything the package says; a person fills it in
//! items/               the evidence, byte for byte
//! statements/          what was signed about it: custody, sealing, release, each with its receipt
//! trust.toml           the roots of trust at release
//! certification-*.txt  drafts for a qualified person (FRE 902(13), 902(14))
//! README.txt           for the recipient
//! ```
//!
//! A statement in the log is sealed to its readers; a package goes to people who are none. So each file in
//! `statements/` discloses one: its receipt, its payload and the commitment's salt. The receipt's leaf commits
//! to exactly that payload, so the disclosure proves what was signed and when, and nothing else.

mod disclose;
mod folder;

pub use folder::{Answers, Collected, add, answer, draft, read_manifest};

use crate::act::{ActError, Ctx, Done, Readers};
use crate::directive::{directory, with_role};
use crate::files::{self, Access, FileError};
use crate::fold::{self, Refused};
use crate::home::{self, HomeError};
use crate::rules;
use crate::sync::Known;
use domain::{Digest, Line, PackageId, PartyId, PersonId, Role, Text};
use ledger::Trust;
use referral::{
    Check, Event, Holder, ItemName, Manifest, ParseItemNameError, ReadManifestError, Referrals,
    Refusal, Rule902, Screen, ScreenError, Verdict, certification_draft,
};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Why a verb of a package did nothing.
#[derive(Debug, thiserror::Error)]
pub enum ReferralError {
    /// Stating it.
    #[error(transparent)]
    Act(#[from] ActError),
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The roots of trust.
    #[error(transparent)]
    Trust(#[from] HomeError),
    /// The shipped screen.
    #[error("the shipped list of offences and factors")]
    Screen(#[from] ScreenError),
    /// The rules do not admit it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The manifest.
    #[error("{}", path.display())]
    Manifest {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: ReadManifestError,
    },
    /// A file name that can't be an item's.
    #[error(transparent)]
    Name(#[from] ParseItemNameError),
    /// No item of that name.
    #[error("the package has no item `{0}`")]
    NoItem(ItemName),
    /// The same evidence twice.
    #[error("`{0}` is in the package already")]
    Twice(String),
    /// Nothing is known of it here.
    #[error("this party knows of no sealed package `{0}`")]
    Unknown(PackageId),
    /// A statement in the package is not as it must be.
    #[error("{}: {reason}", path.display())]
    Statement {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// What a package proves.
#[derive(Debug, Clone, Serialize)]
pub struct Verified {
    /// Whether every check is good: nothing wrong and nothing missing.
    pub good: bool,
    /// The package, when its manifest reads.
    pub package: Option<PackageId>,
    /// Every check.
    pub checks: Vec<Check>,
    /// What speaks for the people concerned, first of all.
    pub exculpatory: Vec<String>,
    /// What the good-faith screen says.
    pub good_faith: String,
    /// The log's key and its parties' fingerprints that this rests on: compare them by voice.
    pub trust: crate::trust::TrustView,
}

/// The shipped offences and good-faith factors.
///
/// # Errors
/// Never for the file as shipped; a test holds that.
pub fn screen() -> Result<Screen, ReferralError> {
    Ok(Screen::read(rules::OFFENCES)?)
}

/// Packages and custody as this party knows them.
///
/// # Errors
/// The log can't be brought up to date.
pub async fn known(ctx: &Ctx) -> Result<Referrals, ReferralError> {
    fold(&ctx.known().await?, &ctx.trust)
}

/// Packages and custody from what was read of the log.
pub(crate) fn fold(known: &Known, trust: &Trust) -> Result<Referrals, ReferralError> {
    let mut referrals = Referrals::new(screen()?, directory(trust));
    fold::fold::<Event>(known, |attested| {
        referrals.apply(attested).map_err(|refusal| refused(&refusal))
    });
    Ok(referrals)
}

/// A refusal of the rules, as everything above them hands it on.
pub(crate) fn refused(refusal: &Refusal) -> Refused {
    Refused::new(refusal.code(), refusal)
}

/// Offers a transfer of custody; both holders' parties sign. It is added to the manifest by hand or with the
/// next [`draft`].
///
/// # Errors
/// The rules' refusal, or what stating met.
pub async fn transfer(
    ctx: &Ctx,
    folder: &Path,
    name: &ItemName,
    to: Holder,
    reason: Line,
    request: Option<&str>,
) -> Result<Done, ReferralError> {
    if let Some(done) = ctx.repeated(request).await? {
        return Ok(done);
    }
    let mut manifest = read_manifest(folder)?;
    let receiver = to.party.clone();
    let unknown = || ReferralError::NoItem(name.clone());
    let item = manifest.items.iter().find(|i| i.name == *name).ok_or_else(unknown)?.clone();
    let now = ctx.clock.now();
    let holders = (manifest.holder(&item), to);
    let referrals = known(ctx).await?;
    let event = referrals
        .transfer(item.sha256, holders, now, reason, now)
        .map_err(|refusal| refused(&refusal))?;
    if let Event::CustodyTransferred { transfer } = &event {
        manifest.custody.push(transfer.clone());
    }
    let done = ctx.state(&event, &readers(ctx, BTreeSet::from([receiver])), request).await?;
    folder::write_manifest(folder, &manifest)?;
    Ok(done)
}

/// Seals the package as it lies in `folder`.
///
/// # Errors
/// What the manifest lacks or contradicts, or what stating met.
pub async fn seal(
    ctx: &Ctx,
    folder: &Path,
    sealed_by: PersonId,
    request: Option<&str>,
) -> Result<Done, ReferralError> {
    if let Some(done) = ctx.repeated(request).await? {
        return Ok(done);
    }
    let manifest = read_manifest(folder)?;
    let event = known(ctx)
        .await?
        .seal(manifest, sealed_by, ctx.clock.now())
        .map_err(|refusal| refused(&refusal))?;
    Ok(ctx.state(&event, &readers(ctx, BTreeSet::new()), request).await?)
}

/// Releases the sealed package to an investigator, by one named person and a second, and completes the folder
/// with everything that shows it.
///
/// # Errors
/// Missing sections, one person alone, or what stating met.
pub async fn release(
    ctx: &Ctx,
    folder: &Path,
    persons: (PersonId, PersonId),
    to: &PartyId,
    despite_good_faith: Option<Text>,
    request: Option<&str>,
) -> Result<Done, ReferralError> {
    let manifest = read_manifest(folder)?;
    let earlier = ctx.repeated(request).await?;
    let done = match earlier {
        Some(done) => done,
        None => {
            let now = ctx.clock.now();
            let event = known(ctx)
                .await?
                .release(manifest.package.clone(), persons, to.clone(), despite_good_faith, now)
                .map_err(|refusal| refused(&refusal))?;
            ctx.state(&event, &readers(ctx, BTreeSet::from([to.clone()])), request).await?
        }
    };
    bundle(ctx, folder, &manifest).await?;
    Ok(done)
}

/// States that a released package arrived.
///
/// # Errors
/// It was not released to this party, or was received before.
pub async fn receive(
    ctx: &Ctx,
    folder: &Path,
    by: PersonId,
    request: Option<&str>,
) -> Result<Done, ReferralError> {
    if let Some(done) = ctx.repeated(request).await? {
        return Ok(done);
    }
    let manifest = read_manifest(folder)?;
    let recipient = ctx.home.id().clone();
    // the recipient was no reader of the sealing: what the package discloses has to show the release
    let (statements, _) = disclose::read_all(folder, &ctx.trust)?;
    let released = statements.iter().any(|s| {
        matches!(&s.event, Event::PackageReleased { package, manifest: digest, to, .. }
            if *package == manifest.package && *digest == manifest.digest() && *to == recipient)
    });
    if !released {
        return Err(refused(&Refusal::NotReleased(recipient)).into());
    }
    let event = Event::PackageReceived {
        package: manifest.package.clone(),
        recipient,
        manifest: manifest.digest(),
        by,
        at: ctx.clock.now(),
    };
    // the recipient reads the release, not the sealing: its issuer's fold judges the rest
    let readers = readers(ctx, BTreeSet::from([manifest.issuer]));
    Ok(ctx.state(&event, &readers, request).await?)
}

/// Puts what was signed about the package, the roots of trust and the drafts of certifications beside it.
async fn bundle(ctx: &Ctx, folder: &Path, manifest: &Manifest) -> Result<(), ReferralError> {
    let known = ctx.known().await?;
    let items: BTreeSet<Digest> = manifest.items.iter().map(|i| i.sha256).collect();
    for statement in &known.statements {
        let Ok(attested) = statement.attested::<Event>() else { continue };
        let concerns = match &attested.event {
            Event::CustodyTransferred { transfer } => items.contains(&transfer.item),
            Event::PackageSealed { manifest: sealed, .. } => sealed.package == manifest.package,
            Event::PackageReleased { package, .. } | Event::PackageReceived { package, .. } => {
                *package == manifest.package
            }
        };
        if concerns {
            disclose::write(ctx, folder, statement).await?;
        }
    }
    let now = ctx.clock.now();
    let text = |name: &str, text: String| {
        files::write(&folder.join(name), text.as_bytes(), Access::Shared)
    };
    text("trust.toml", ctx.trust.to_text())?;
    for (name, rule) in [("902-13", Rule902::Process), ("902-14", Rule902::Copy)] {
        text(&format!("certification-{name}.txt"), certification_draft(manifest, rule, now))?;
    }
    text("README.txt", folder::readme(manifest))?;
    Ok(())
}

/// Verifies a package offline, with its own files and public keys alone.
///
/// # Errors
/// Files that can't be read at all; what is wrong with the package is in the answer.
pub fn verify(folder: &Path, trust: Option<&Path>) -> Result<Verified, ReferralError> {
    let own = folder.join("trust.toml");
    let trust = home::read_trust(trust.unwrap_or(&own))?;
    let screen = screen()?;
    let manifest = files::read(&folder.join("manifest.json"), folder::MANIFEST)?;
    let (statements, mut checks) = disclose::read_all(folder, &trust)?;
    let mut items = folder::ItemFolder(folder.join("items"));
    let found = referral::verify(&manifest, &mut items, &statements, &screen);
    let good_faith = match found.manifest.as_ref().map(|manifest| screen.verdict(manifest)) {
        None => "the manifest can't be read",
        Some(Verdict::Unanswered) => "not answered",
        Some(Verdict::GoodFaith) => "every answer points to good-faith research",
        Some(Verdict::NotGoodFaith) => "answers point away from good-faith research",
        Some(Verdict::Unclear) => "answers point both ways, or some are unknown",
    };
    let exculpatory = found.manifest.as_ref().map_or_else(Vec::new, folder::for_the_defence);
    let good = found.is_good() && checks.is_empty();
    checks.extend(found.checks);
    Ok(Verified {
        good,
        package: found.manifest.map(|m| m.package),
        checks,
        exculpatory,
        good_faith: good_faith.to_owned(),
        trust: crate::trust::view(&trust),
    })
}

/// The party itself, those named, and the inspectors.
fn readers(ctx: &Ctx, mut parties: BTreeSet<PartyId>) -> Readers {
    parties.extend(with_role(&ctx.trust, &[Role::Inspector]));
    Readers::Parties(parties)
}

#[cfg(test)]
mod tests;
