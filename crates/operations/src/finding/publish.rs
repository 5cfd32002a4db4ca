//! Publication: one advisory as CSAF 2.0 and as OSV, and the statement that pins both.

use super::{FindingError, Findings, make, refused};
use crate::act::{Ctx, Done};
use crate::files::{self, Access};
use advisory::{
    Advisory, AffectedPackage, AffectedRange, Link, LinkKind, Publisher, PublisherCategory,
    RangeEnd, Revision, Weakness,
};
use advisory::{csaf, osv};
use clearinghouse::{Event, Finding, Publication, Refusal};
use domain::{AdvisoryId, Digest, FindingId, Timestamp};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::PathBuf;
use versions::{Ecosystem, Purl};

mod cwe;

/// What the publisher adds to a finding.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Which finding.
    pub finding: FindingId,
    /// The advisory's public id, with the publisher's prefix.
    pub advisory: AdvisoryId,
    /// An address that the publisher controls.
    pub namespace: String,
    /// The package, as a package URL without version; the finding's target when absent.
    pub package: Option<String>,
    /// The first affected version; from the beginning when absent.
    pub introduced: Option<String>,
    /// One line; the report's title when absent.
    pub title: Option<String>,
    /// What is wrong and what to do. When absent, the versions and the fix and nothing of the report: technical
    /// details come later than a fix.
    pub summary: Option<String>,
    /// Ids of the same flaw elsewhere; at most one CVE.
    pub aliases: Vec<String>,
    /// CVSS vector.
    pub severity: Option<String>,
    /// Links to more.
    pub links: Vec<String>,
    /// Where to write.
    pub out: PathBuf,
}

/// What was published.
#[derive(Debug, Clone, Serialize)]
pub struct Published {
    /// Where it is logged.
    #[serde(flatten)]
    pub done: Done,
    /// The CSAF document.
    pub csaf: PathBuf,
    /// The OSV record.
    pub osv: PathBuf,
}

/// Clearinghouse: writes the CSAF document and the OSV record, and states the digests of both. The statement
/// is readable by everyone.
///
/// # Errors
/// The rules' refusal, an advisory that can't be written, or what writing or stating met.
pub async fn publish(
    ctx: &Ctx,
    plan: &Plan,
    request: Option<&str>,
) -> Result<Published, FindingError> {
    let now = ctx.clock.now();
    // CSAF §5.1 demands its own file names; OSV records are named by their id
    let csaf_path = plan.out.join("csaf").join(csaf::file_name(plan.advisory.as_str()));
    let osv_path = plan.out.join("osv").join(format!("{}.json", plan.advisory));
    let event = |findings: &Findings| {
        let unknown = || refused(&Refusal::UnknownFinding(plan.finding.clone()));
        let finding = findings.house.finding(&plan.finding).ok_or_else(unknown)?;
        let advisory = advisory(ctx, findings, finding, plan, now)?;
        let csaf_text = csaf::write(&advisory)?;
        let osv_text = osv::write(&advisory.to_osv()?);
        let event = Event::AdvisoryPublished(Publication {
            finding: plan.finding.clone(),
            by: ctx.home.id().clone(),
            advisory: plan.advisory.clone(),
            csaf: Digest::of(csaf_text.as_bytes()),
            osv: Digest::of(osv_text.as_bytes()),
            published_at: now,
        });
        // nothing is written that the rules refuse: an embargo is broken by a file, too
        findings.house.propose(event.clone(), now).map_err(|refusal| refused(&refusal))?;
        files::write(&csaf_path, csaf_text.as_bytes(), Access::Shared)?;
        files::write(&osv_path, osv_text.as_bytes(), Access::Shared)?;
        Ok(event)
    };
    let done = make(ctx, event, &BTreeSet::new(), request).await?;
    Ok(Published { done, csaf: csaf_path, osv: osv_path })
}

fn advisory(
    ctx: &Ctx,
    findings: &Findings,
    finding: &Finding,
    plan: &Plan,
    now: Timestamp,
) -> Result<Advisory, FindingError> {
    let r = &finding.report;
    let given = plan.package.as_deref().unwrap_or(r.target.name.as_str());
    let none = || FindingError::NoPackage(given.chars().take(200).collect());
    let purl = Purl::parse(given).map_err(|_| none())?;
    // OSV has no ecosystem for packages of no ecosystem, and nobody could match such a record
    let ecosystem = purl.ecosystem().filter(|e| *e != Ecosystem::Generic).ok_or_else(none)?;
    let name = purl.package_name();
    let fixed = finding.fix.as_ref().map(|f| f.version.to_string());
    let end = fixed.clone().map_or(RangeEnd::Open, RangeEnd::Fixed);
    let range = AffectedRange { introduced: plan.introduced.clone(), end };
    let mut credits: Vec<String> = Vec::new();
    for f in findings.house.flaw(&r.finding) {
        let credit = f.report.credit.to_string();
        if f.withdrawn.is_none() && !credits.contains(&credit) {
            credits.push(credit);
        }
    }
    let weakness = r
        .cwe
        .iter()
        .find_map(|n| Some(Weakness { id: format!("CWE-{n}"), name: cwe::name(*n)?.to_owned() }));
    let link = |url: &String| Link {
        kind: LinkKind::Web,
        url: url.clone(),
        summary: "More on this flaw".to_owned(),
    };
    Ok(Advisory {
        id: plan.advisory.to_string(),
        title: plan.title.clone().unwrap_or_else(|| r.title.to_string()),
        summary: plan.summary.clone().unwrap_or_else(|| summary(&name, plan, fixed.as_deref())),
        aliases: plan.aliases.clone(),
        affected: vec![AffectedPackage { ecosystem, name, ranges: vec![range] }],
        references: plan.links.iter().map(link).collect(),
        severity: plan.severity.clone(),
        weakness,
        credits,
        revisions: vec![Revision { at: now.to_string(), summary: "First publication".to_owned() }],
        publisher: Publisher {
            category: PublisherCategory::Coordinator,
            name: ctx.home.party().name.to_string(),
            namespace: plan.namespace.clone(),
        },
    })
}

fn summary(name: &str, plan: &Plan, fixed: Option<&str>) -> String {
    let from = plan.introduced.as_ref().map_or_else(String::new, |v| format!(" from {v}"));
    let (until, remedy) = match fixed {
        Some(v) => (format!(" before {v}"), format!("Update to {v} or later.")),
        None => (String::new(), "No fixed version is known.".to_owned()),
    };
    let which = if from.is_empty() && until.is_empty() { "All versions" } else { "Versions" };
    format!("{which} of {name}{from}{until} are affected. {remedy} Technical details will follow.")
}

#[cfg(test)]
mod tests;
