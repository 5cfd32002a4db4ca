//! Scan claims: who looks at what, so that two do not do the same work. A warning, never a block.

use super::{FindingError, known, make, refused, state};
use crate::act::{Ctx, Done};
use clearinghouse::{Claim, Event, Method, Overlap, ScanClaim, ScanRelease, ScanRenewal};
use domain::{ClaimId, Line, PartyId, Timestamp};
use serde::Serialize;
use std::collections::BTreeSet;

/// A claim at an instant.
#[derive(Debug, Clone, Serialize)]
pub struct ClaimView {
    /// Its id.
    pub claim: ClaimId,
    /// Whose it is.
    pub by: PartyId,
    /// What is looked at.
    pub target: String,
    /// How.
    pub method: Method,
    /// The authorised scope, in the claimant's words.
    pub scope: String,
    /// When it was stated.
    pub since: Timestamp,
    /// When the lease ends or ended.
    pub until: Timestamp,
    /// Whether it holds now.
    pub holds: bool,
    /// What came of it.
    pub released: Option<Line>,
    /// Others' claims that overlap it now.
    pub overlaps: Vec<OverlapView>,
}

/// Someone else works on the same target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OverlapView {
    /// The other claim.
    pub claim: ClaimId,
    /// Whose it is.
    pub by: PartyId,
    /// How they look.
    pub method: Method,
    /// Until when.
    pub until: Timestamp,
}

impl From<Overlap> for OverlapView {
    fn from(o: Overlap) -> Self {
        Self { claim: o.claim, by: o.by, method: o.method, until: o.until }
    }
}

/// What came of a claim.
#[derive(Debug, Clone, Serialize)]
pub struct Claimed {
    /// Where it is logged.
    #[serde(flatten)]
    pub done: Done,
    /// Others' claims that overlap it. The claim stands all the same.
    pub overlaps: Vec<OverlapView>,
}

/// Claims scan work, and says who else is at it.
///
/// # Errors
/// The rules' refusal, or what stating met.
pub async fn claim(
    ctx: &Ctx,
    claim: ScanClaim,
    request: Option<&str>,
) -> Result<Claimed, FindingError> {
    let now = ctx.clock.now();
    let mut overlaps = Vec::new();
    let event = |findings: &super::Findings| {
        let (event, others) =
            findings.house.claim_scan(claim, now).map_err(|refusal| refused(&refusal))?;
        overlaps = others.into_iter().map(OverlapView::from).collect();
        Ok(event)
    };
    let done = make(ctx, event, &BTreeSet::new(), request).await?;
    Ok(Claimed { done, overlaps })
}

/// Keeps a claim for longer.
///
/// # Errors
/// As [`claim`].
pub async fn renew(
    ctx: &Ctx,
    claim: ClaimId,
    until: Timestamp,
    request: Option<&str>,
) -> Result<Done, FindingError> {
    let by = ctx.home.id().clone();
    state(ctx, Event::ScanRenewed(ScanRenewal { claim, by, until }), request).await
}

/// Gives a claim back.
///
/// # Errors
/// As [`claim`].
pub async fn release(
    ctx: &Ctx,
    claim: ClaimId,
    note: Line,
    request: Option<&str>,
) -> Result<Done, FindingError> {
    let by = ctx.home.id().clone();
    state(ctx, Event::ScanReleased(ScanRelease { claim, by, note }), request).await
}

/// The claims that hold now, or all of them.
///
/// # Errors
/// The log can't be brought up to date.
pub async fn list(ctx: &Ctx, all: bool) -> Result<Vec<ClaimView>, FindingError> {
    let findings = known(ctx).await?;
    let now = ctx.clock.now();
    let view = |c: &Claim| {
        let t = &c.terms;
        let overlaps =
            if c.holds(now) { findings.house.overlaps(&t.claim, now) } else { Vec::new() };
        ClaimView {
            claim: t.claim.clone(),
            by: t.by.clone(),
            target: t.target.revision.as_ref().map_or_else(
                || t.target.name.to_string(),
                |revision| format!("{} at {revision}", t.target.name),
            ),
            method: t.method,
            scope: t.scope.to_string(),
            since: c.since,
            until: c.ends(),
            holds: c.holds(now),
            released: c.released.as_ref().map(|(_, note)| note.clone()),
            overlaps: overlaps.into_iter().map(OverlapView::from).collect(),
        }
    };
    Ok(findings.house.claims().filter(|c| all || c.holds(now)).map(view).collect())
}
