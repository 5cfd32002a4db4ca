//! Findings from report to advisory: fold them, ask the rules, seal each statement to those it concerns.
//!
//! A statement is readable by the clearinghouses, the inspectors and whoever found the flaw; by its
//! maintainer from the draft on; an advisory by everyone. So a maintainer, or anyone after
//! publication, hears statements about a finding whose report is not readable to it: it knows them by the
//! clearinghouse's word ([`Heard`]) and judges none of them.

pub mod act;
pub mod claims;
pub mod intake;
mod letter;
pub mod policy;
pub mod publish;
mod view;

pub use view::{DueView, FindingView, HeardView, RunsView, TimesView, ValidationView};
pub(crate) use view::{outcome, verdict};

pub use clearinghouse::{AiUse, Method, ScanClaim, Target, Verdict};
pub use intake::shared;
pub use sandbox::Policy;

use crate::act::{ActError, Ctx, Done, Readers};
use crate::directive::{directory, with_role};
use crate::files::FileError;
use crate::fold::{self, Ignored, Refused};
use crate::sync::Known;
use crate::validate::ValidateError;
use clearinghouse::{Clearinghouse, Event, Refusal};
use domain::{Attested, FindingId, PartyId, Role};
use ledger::Trust;
use policy::PolicyError;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Why a verb of a finding or claim did nothing.
#[derive(Debug, thiserror::Error)]
pub enum FindingError {
    /// Stating it.
    #[error(transparent)]
    Act(#[from] ActError),
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The rules do not admit it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The rule files.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The runs.
    #[error(transparent)]
    Validate(#[from] ValidateError),
    /// What is in a file.
    #[error("{}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// What is wrong, and where.
        #[source]
        source: Box<advisory::ReadError>,
    },
    /// A field that can't be stated.
    #[error("`{field}` can't be stated: {reason}")]
    Field {
        /// Which field.
        field: String,
        /// Why not.
        reason: String,
    },
    /// A file that is not the one the report names.
    #[error(
        "{}: its SHA-256 is not the one that the report names; give the file that was reported", .0.display()
    )]
    OtherFile(PathBuf),
    /// A log of a tool, and no result of it was chosen.
    #[error("{}: choose results with --sarif N; {found}", path.display())]
    Choose {
        /// Which file.
        path: PathBuf,
        /// What there is to choose from.
        found: String,
    },
    /// The target has no version order that advisories can be written in.
    #[error(
        "`{0}` is no package URL of crates.io, PyPI, npm, Go, Debian or RPM, in whose version order an \
         advisory could be written; name one with --package"
    )]
    NoPackage(String),
    /// The advisory.
    #[error(transparent)]
    Advisory(#[from] advisory::AdvisoryError),
    /// Nothing is known of it here.
    #[error("this party can read nothing of finding `{0}`; other parties may know more")]
    Unknown(FindingId),
}

/// A statement about a finding whose report this party can't read.
#[derive(Debug, Clone)]
pub struct Heard {
    /// The statement.
    pub attested: Attested<Event>,
}

/// Findings and claims as one party knows them.
#[derive(Debug)]
pub struct Findings {
    /// What can be judged here.
    pub house: Clearinghouse,
    /// What is known by the clearinghouse's word.
    pub heard: Vec<Heard>,
    /// What does not count.
    pub ignored: Vec<Ignored>,
}

/// Folds what a party can read.
///
/// # Errors
/// The rule files.
pub fn findings(known: &Known, trust: &Trust) -> Result<Findings, PolicyError> {
    let directory = directory(trust);
    let mut house = Clearinghouse::new(directory.clone(), policy::rules()?);
    let mut heard = Vec::new();
    let ignored =
        fold::fold::<Event>(known, |attested: &Attested<Event>| match house.apply(attested) {
            Err(Refusal::UnknownFinding(_)) if speaks(&directory, attested) => {
                heard.push(Heard { attested: attested.clone() });
                Ok(())
            }
            other => other.map_err(|refusal| refused(&refusal)),
        });
    Ok(Findings { house, heard, ignored })
}

/// Whether a statement may be taken at its signer's word: a clearinghouse speaks of findings, and a
/// maintainer of those that went to it.
fn speaks(
    directory: &std::collections::BTreeMap<PartyId, domain::Party>,
    attested: &Attested<Event>,
) -> bool {
    let by = attested.event.by();
    let roles = directory.get(by).map(|p| p.roles.as_slice()).unwrap_or_default();
    attested.signers.contains(by)
        && roles.iter().any(|r| matches!(r, Role::Clearinghouse | Role::Maintainer))
}

/// A refusal of the rules, as everything above them hands it on.
pub fn refused(refusal: &Refusal) -> Refused {
    Refused::new(refusal.code(), refusal)
}

/// Findings and claims as this party knows them now.
///
/// # Errors
/// The log can't be brought up to date.
pub async fn known(ctx: &Ctx) -> Result<Findings, FindingError> {
    let known = ctx.known().await?;
    Ok(findings(&known, &known.trust)?)
}

/// Every finding that this party can read, in the order of the log; and what it has heard of others.
///
/// # Errors
/// As [`known`].
pub async fn list(ctx: &Ctx) -> Result<(Vec<FindingView>, Vec<HeardView>), FindingError> {
    let findings = known(ctx).await?;
    let mut views: Vec<_> =
        findings.house.findings().map(|f| FindingView::of(&findings.house, f)).collect();
    views.sort_by_key(|v| v.index);
    Ok((views, view::heard(&findings.heard)))
}

/// One finding.
///
/// # Errors
/// Nothing of it can be read here.
pub async fn show(ctx: &Ctx, id: &FindingId) -> Result<FindingView, FindingError> {
    let findings = known(ctx).await?;
    let finding = findings.house.finding(id).ok_or_else(|| FindingError::Unknown(id.clone()))?;
    Ok(FindingView::of(&findings.house, finding))
}

/// States an event, after asking the rules.
///
/// # Errors
/// The rules' refusal, or what stating met.
pub async fn state(ctx: &Ctx, event: Event, request: Option<&str>) -> Result<Done, FindingError> {
    make(ctx, |_| Ok(event), &BTreeSet::new(), request).await
}

/// States an event that is made from what this party knows. `copied` may read it too.
///
/// # Errors
/// The rules' refusal, or what stating met.
pub(crate) async fn make(
    ctx: &Ctx,
    make: impl FnOnce(&Findings) -> Result<Event, FindingError>,
    copied: &BTreeSet<PartyId>,
    request: Option<&str>,
) -> Result<Done, FindingError> {
    if let Some(done) = ctx.repeated(request).await? {
        return Ok(done);
    }
    let findings = known(ctx).await?;
    let event = make(&findings)?;
    let now = ctx.clock.now();
    if let Err(refusal) = findings.house.propose(event.clone(), now) {
        match refusal {
            Refusal::UnknownFinding(_) => findings.answers(&event)?,
            other => return Err(refused(&other).into()),
        }
    }
    let readers = match findings.readers(&ctx.current()?, &event) {
        Readers::Public => Readers::Public,
        Readers::Parties(mut parties) => {
            parties.extend(copied.iter().cloned());
            Readers::Parties(parties)
        }
    };
    Ok(ctx.state(&event, &readers, request).await?)
}

impl Findings {
    /// A maintainer answers for a finding whose report it can't read, if it was drafted and sent to it. The
    /// clearinghouse's own fold judges the rest.
    fn answers(&self, event: &Event) -> Result<(), Refused> {
        let unknown = |id: &FindingId| refused(&Refusal::UnknownFinding(id.clone()));
        let Some(id) = event.finding() else { return Ok(()) };
        let about: Vec<&Event> = self
            .heard
            .iter()
            .map(|h| &h.attested.event)
            .filter(|e| e.finding() == Some(id))
            .collect();
        let what = match event {
            Event::ReportAcknowledged(_) => "the maintainer answered",
            Event::FixReleased(_) => "a fix can be had",
            _ => return Err(unknown(id)),
        };
        let drafted = about.iter().rev().find_map(|e| match e {
            Event::ReportDrafted(draft) => Some(&draft.maintainer),
            _ => None,
        });
        if drafted != Some(event.by()) {
            return Err(unknown(id));
        }
        if !about.iter().any(|e| matches!(e, Event::ReportSent(_))) {
            let (finding, by) = (id.clone(), event.by().clone());
            return Err(refused(&Refusal::NotMaintainer { finding, by }));
        }
        let kind = domain::Statement::kind(event);
        if about.iter().any(|e| domain::Statement::kind(*e) == kind) {
            return Err(refused(&Refusal::AlreadyRecorded { finding: id.clone(), what }));
        }
        Ok(())
    }

    /// Who may read a statement. Signers are added by whoever seals it.
    fn readers(&self, trust: &Trust, event: &Event) -> Readers {
        let house = [Role::Clearinghouse, Role::Inspector];
        let claims = [Role::Clearinghouse, Role::Inspector, Role::Reporter];
        let roles: &[Role] = match event {
            Event::AdvisoryPublished(_) => return Readers::Public,
            Event::ScanClaimed(_) | Event::ScanRenewed(_) | Event::ScanReleased(_) => &claims,
            _ => &house,
        };
        let mut parties: BTreeSet<PartyId> = with_role(trust, roles).collect();
        let mut about: Vec<&FindingId> = event.finding().into_iter().collect();
        if let Event::DuplicateConfirmed(pair) = event {
            about.push(&pair.of);
        }
        for id in about {
            let Some(finding) = self.house.finding(id) else { continue };
            // whoever found the same flaw hears how it goes on
            parties.extend(self.house.finders(id).into_iter().cloned());
            // two finders may learn that they found one flaw; other findings are no matter of a maintainer
            if !matches!(event, Event::DuplicateConfirmed(_)) {
                parties.extend(finding.draft.iter().map(|d| d.maintainer.clone()));
            }
        }
        if let Event::ReportDrafted(draft) = event {
            parties.insert(draft.maintainer.clone());
        }
        // what can't be sealed to a stranger is sealed to those who are known
        parties.retain(|p| trust.party(p).is_some());
        Readers::Parties(parties)
    }
}

#[cfg(test)]
pub(crate) mod tests;
