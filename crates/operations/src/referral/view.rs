//! What a party sees of packages.

use super::{ReferralError, answers, evidence, refused};
use crate::act::Ctx;
use domain::{Digest, Line, PackageId, PartyId, PersonId, Text, Timestamp};
use referral::{Event, Manifest, Package, Refusal, Screen, Verdict};
use serde::Serialize;

/// One release of one revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReleaseView {
    /// To whom.
    pub to: PartyId,
    /// The digest of the manifest.
    pub manifest: Digest,
    /// Who released it.
    pub released_by: PersonId,
    /// Who agreed.
    pub second: PersonId,
    /// When.
    pub at: Timestamp,
    /// Why, although the screen says good-faith research.
    pub despite_good_faith: Option<Text>,
    /// When the recipient says it arrived.
    pub received_at: Option<Timestamp>,
}

/// Where a package stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PackageView {
    /// The package.
    pub package: PackageId,
    /// What it is about.
    pub title: Line,
    /// Who issued it.
    pub issuer: PartyId,
    /// Its latest sealed revision.
    pub revision: u32,
    /// When that was sealed.
    pub sealed_at: Timestamp,
    /// How many items it has.
    pub items: usize,
    /// What the good-faith screen says. It decides nothing.
    pub good_faith: Verdict,
    /// What a release still lacks.
    pub missing: Vec<String>,
    /// Every release.
    pub releases: Vec<ReleaseView>,
}

/// A package that was released to this party and is not here yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Announced {
    /// The package.
    pub package: PackageId,
    /// Who issued it.
    pub issuer: PartyId,
    /// When it was released.
    pub at: Timestamp,
}

/// Every package that this party knows of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listing {
    /// Packages whose manifest it knows.
    pub packages: Vec<PackageView>,
    /// Packages that wait to be received.
    pub announced: Vec<Announced>,
}

/// One package whole.
#[derive(Debug, Clone, Serialize)]
pub struct Shown {
    /// Where it stands.
    #[serde(flatten)]
    pub view: PackageView,
    /// What its latest revision says.
    pub says: Manifest,
}

/// Every package that this party knows of.
///
/// # Errors
/// The log can't be brought up to date.
pub async fn list(ctx: &Ctx) -> Result<Listing, ReferralError> {
    let evidence = evidence(ctx).await?;
    let referrals = &evidence.referrals;
    let packages = referrals.packages().map(|(_, p)| view(referrals.screen(), p)).collect();
    let announced = evidence.known.statements.iter().filter_map(|statement| {
        let attested = statement.attested::<Event>().ok()?;
        match attested.event {
            Event::PackageReleased { package, issuer, to, .. }
                if to == *ctx.home.id() && referrals.package(&package).is_none() =>
            {
                Some(Announced { package, issuer, at: attested.claimed_at })
            }
            Event::PackageReleased { .. }
            | Event::CustodyTransferred { .. }
            | Event::PackageSealed { .. }
            | Event::PackageReceived { .. } => None,
        }
    });
    Ok(Listing { packages, announced: announced.collect() })
}

/// One package.
///
/// # Errors
/// This party knows of none of that id.
pub async fn show(ctx: &Ctx, id: &PackageId) -> Result<Shown, ReferralError> {
    let referrals = evidence(ctx).await?.referrals;
    let package = referrals.package(id);
    let package = package.ok_or_else(|| refused(&Refusal::UnknownPackage(id.clone())))?;
    Ok(Shown { view: view(referrals.screen(), package), says: package.latest().clone() })
}

fn view(screen: &Screen, package: &Package) -> PackageView {
    let latest = package.latest();
    let sealed = package.revisions().last().map(|(_, _, at)| *at);
    PackageView {
        package: latest.package.clone(),
        title: latest.title.clone(),
        issuer: latest.issuer.clone(),
        revision: latest.revision,
        sealed_at: sealed.unwrap_or(Timestamp::EPOCH),
        items: latest.items.len(),
        good_faith: screen.verdict(latest),
        missing: answers::missing(screen, latest),
        releases: releases(package),
    }
}

pub(super) fn releases(package: &Package) -> Vec<ReleaseView> {
    let view = |(manifest, to, release): (&Digest, &PartyId, &referral::Release)| ReleaseView {
        to: to.clone(),
        manifest: *manifest,
        released_by: release.released_by.clone(),
        second: release.second.clone(),
        at: release.at,
        despite_good_faith: release.despite_good_faith.clone(),
        received_at: release.received.as_ref().map(|(_, at)| *at),
    };
    package.releases().map(view).collect()
}
