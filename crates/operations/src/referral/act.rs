//! The verbs of a package that state something.

use super::bundle::bundle;
use super::folder::{check_items, hash, read_manifest, write_manifest};
use super::{ReferralError, check, known, refuse, refused, statements};
use crate::act::{Ctx, Done, Readers};
use domain::{Digest, Line, PartyId, PersonId, Text};
use referral::{Holder, ItemName, Manifest, Package, Referrals, Refusal, Verdict};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What changes hands.
#[derive(Debug, Clone)]
pub enum Handed {
    /// An item of a package that this party drafts.
    Item {
        /// The package's folder.
        folder: PathBuf,
        /// Which.
        name: ItemName,
    },
    /// A file that this party holds and whose package is another's.
    File {
        /// The file; what it is follows from its bytes.
        file: PathBuf,
        /// Who gives it.
        giver: PersonId,
    },
}

/// Offers a transfer of custody. It counts when giver and receiver have signed and it is logged; the next
/// sealing takes it into the manifest.
///
/// # Errors
/// The giver does not hold it, its bytes are not those that were collected, or what stating met.
pub async fn transfer(
    ctx: &Ctx,
    handed: &Handed,
    to: Holder,
    reason: Line,
    request: Option<&str>,
) -> Result<Done, ReferralError> {
    if let Some(done) = ctx.repeated(request).await? {
        return Ok(done);
    }
    let referrals = known(ctx).await?;
    let last = |item: &Digest| referrals.custody(item).last().map(|t| t.to.clone());
    let (item, from) = match handed {
        Handed::Item { folder, name } => {
            let manifest = read_manifest(folder)?;
            let item = manifest.items.iter().find(|i| i.name == *name);
            let item = item.ok_or_else(|| ReferralError::NoItem(name.clone()))?;
            let found = hash(&folder.join("items").join(name.as_str()))?.sha256;
            if found != item.sha256 {
                let detail =
                    format!("items/{name} is not what was collected: its SHA-256 is {found}");
                return Err(refuse("item-changed", detail));
            }
            (item.sha256, last(&item.sha256).unwrap_or_else(|| item.collected_by.clone()))
        }
        Handed::File { file, giver } => {
            let holder = Holder { party: ctx.home.id().clone(), person: giver.clone() };
            (hash(file)?.sha256, holder)
        }
    };
    if from.party != *ctx.home.id() {
        return Err(refused(&Refusal::NotTheHolder(item)).into());
    }
    let readers = holders(&referrals, &item);
    let now = ctx.clock.now();
    let event = referrals
        .transfer(item, (from, to), now, reason, now)
        .map_err(|refusal| refused(&refusal))?;
    Ok(ctx.state(&event, &Readers::Parties(readers), request).await?)
}

/// Everybody who holds or held an item, and who issued packages with it: each must be able to follow custody.
fn holders(referrals: &Referrals, item: &Digest) -> BTreeSet<PartyId> {
    let custody = referrals.custody(item).iter();
    let mut parties: BTreeSet<_> =
        custody.flat_map(|t| [t.from.party.clone(), t.to.party.clone()]).collect();
    let issuers = referrals.packages().map(|(_, p)| p.latest()).filter(|m| m.item(item).is_some());
    parties.extend(issuers.map(|m| m.issuer.clone()));
    parties
}

/// Seals the package as it lies in `folder`, with the custody that both sides signed. The manifest becomes
/// the sealed revision.
///
/// # Errors
/// No exculpatory section, an unanswered screen, items that changed, a manifest that contradicts itself, or
/// what stating met.
pub async fn seal(
    ctx: &Ctx,
    folder: &Path,
    sealed_by: PersonId,
    request: Option<&str>,
) -> Result<Done, ReferralError> {
    let mut manifest = read_manifest(folder)?;
    if let Some(done) = ctx.repeated(request).await? {
        // a command that was killed behind its statement left the manifest as it was
        if let Some(package) = known(ctx).await?.package(&manifest.package) {
            write_manifest(folder, package.latest())?;
        }
        return Ok(done);
    }
    if manifest.issuer != *ctx.home.id() {
        return Err(refused(&Refusal::NotTheIssuer(manifest.package)).into());
    }
    let referrals = known(ctx).await?;
    let sealed = referrals.package(&manifest.package).map(Package::latest);
    manifest.custody = custody(&referrals, &manifest);
    if let Some(sealed) = sealed {
        (manifest.revision, manifest.previous) = (sealed.revision, sealed.previous);
        if manifest == *sealed {
            write_manifest(folder, sealed)?;
            let (package, revision) = (&sealed.package, sealed.revision);
            let detail = format!("`{package}` is sealed as it is, as revision {revision}");
            return Err(refuse("already-sealed", detail));
        }
    }
    manifest.revision = sealed.map_or(1, |m| m.revision.saturating_add(1));
    manifest.previous = sealed.map(Manifest::digest);
    if manifest.exculpatory.is_none() {
        return Err(refused(&Refusal::NoExculpatory).into());
    }
    if referrals.screen().verdict(&manifest) == Verdict::Unanswered {
        return Err(refused(&Refusal::ScreenUnanswered).into());
    }
    check_items(folder, &manifest)?;
    let event = referrals
        .seal(manifest.clone(), sealed_by, ctx.clock.now())
        .map_err(|refusal| refused(&refusal))?;
    let done = ctx.state(&event, &Readers::Parties(BTreeSet::new()), request).await?;
    write_manifest(folder, &manifest)?;
    Ok(done)
}

/// Every transfer of the manifest's items that both sides signed, oldest first.
fn custody(referrals: &Referrals, manifest: &Manifest) -> Vec<referral::Transfer> {
    let signed = manifest.items.iter().flat_map(|i| referrals.custody(&i.sha256));
    let mut all: Vec<_> = signed.cloned().collect();
    all.sort_by_key(|transfer| transfer.at);
    all
}

/// Releases the sealed package to an investigator, by one named person and a second, and completes the folder
/// with everything that shows it.
///
/// # Errors
/// Not sealed as it lies there, missing sections, one person alone, or what stating met.
pub async fn release(
    ctx: &Ctx,
    folder: &Path,
    persons: (PersonId, PersonId),
    to: &PartyId,
    despite_good_faith: Option<Text>,
    request: Option<&str>,
) -> Result<Done, ReferralError> {
    let done = match ctx.repeated(request).await? {
        Some(done) => done,
        None => {
            let manifest = read_manifest(folder)?;
            let referrals = known(ctx).await?;
            is_sealed(&referrals, &manifest)?;
            check_items(folder, &manifest)?;
            let now = ctx.clock.now();
            let event = referrals
                .release(manifest.package, persons, to.clone(), despite_good_faith, now)
                .map_err(|refusal| refused(&refusal))?;
            let readers = Readers::Parties(BTreeSet::from([to.clone()]));
            ctx.state(&event, &readers, request).await?
        }
    };
    bundle(ctx, folder, to).await?;
    Ok(done)
}

/// That the manifest in the folder is the revision that was sealed last.
pub(super) fn is_sealed<'a>(
    referrals: &'a Referrals,
    manifest: &Manifest,
) -> Result<&'a Package, ReferralError> {
    let unknown = || refused(&Refusal::UnknownPackage(manifest.package.clone()));
    let package = referrals.package(&manifest.package).ok_or_else(unknown)?;
    if package.latest() == manifest {
        return Ok(package);
    }
    let detail = format!(
        "manifest.json differs from revision {} that was sealed; seal it as the next revision first",
        package.latest().revision
    );
    Err(refuse("not-sealed", detail))
}

/// States that a released package arrived, after verifying it with this party's own roots of trust. From now on
/// this party knows what the package disclosed.
///
/// # Errors
/// The package is not good, was not released to this party, or was received before.
pub async fn receive(
    ctx: &Ctx,
    folder: &Path,
    by: PersonId,
    request: Option<&str>,
) -> Result<Done, ReferralError> {
    if let Some(done) = ctx.repeated(request).await? {
        return Ok(done);
    }
    let (found, signed) = check::inspect(folder, Ok((ctx.current()?, false)))?;
    if let Some(fault) = found.faults().next() {
        let detail =
            format!("the package is not good: {fault}; `vestibule referral verify` says all");
        return Err(refuse("package-not-good", detail));
    }
    let manifest = read_manifest(folder)?;
    let recipient = ctx.home.id().clone();
    if !found.releases.iter().any(|r| r.to == recipient) {
        return Err(refused(&Refusal::NotReleased(recipient)).into());
    }
    statements::keep(&ctx.home, &signed)?;
    let event = known(ctx)
        .await?
        .receive(manifest.package.clone(), recipient, manifest.digest(), by, ctx.clock.now())
        .map_err(|refusal| refused(&refusal))?;
    let readers = Readers::Parties(BTreeSet::from([manifest.issuer]));
    Ok(ctx.state(&event, &readers, request).await?)
}
