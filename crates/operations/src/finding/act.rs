//! The verbs of one finding, each one statement.

use super::letter::letter;
use super::{FindingError, Findings, known, make, refused, state};
use crate::act::{ActError, Ctx, Done};
use crate::files::{self, Access, FileError};
use crate::validate::{self, Plan, Ran, ValidateError};
use clearinghouse::{
    Acknowledgement, Basis, Candidate, Draft, DuplicateConfirmation, Engagement, Event,
    Exploitation, Extension, Finding, Fix, Pace, Receipt, Refusal, Sending, Validation, Verdict,
    Withdrawal,
};
use domain::{Attested, Digest, FindingId, Line, PartyId, PersonId, Timestamp};
use ledger::LogStatement;
use sandbox::Policy;
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::Path;

/// Most bytes of a draft.
const DRAFT: u64 = 1 << 20;

/// A finding that this party can read.
fn of<'a>(findings: &'a Findings, id: &FindingId) -> Result<&'a Finding, FindingError> {
    let unknown = || refused(&Refusal::UnknownFinding(id.clone())).into();
    findings.house.finding(id).ok_or_else(unknown)
}

/// Clearinghouse: says that a finding arrived.
///
/// # Errors
/// The rules' refusal, or what stating met.
pub async fn receive(
    ctx: &Ctx,
    finding: FindingId,
    at: Option<Timestamp>,
    request: Option<&str>,
) -> Result<Done, FindingError> {
    let received_at = at.unwrap_or_else(|| ctx.clock.now());
    let by = ctx.home.id().clone();
    state(ctx, Event::FindingReceived(Receipt { finding, by, received_at }), request).await
}

/// What came of runs.
#[derive(Debug, Clone, Serialize)]
pub struct Validated {
    /// Where the verdict is logged.
    #[serde(flatten)]
    pub done: Done,
    /// The verdict, as stated.
    pub verdict: Verdict,
    /// What was run; absent when an earlier command with the same request key did it.
    pub ran: Option<Ran>,
}

/// Clearinghouse: runs a proof on two builds and states the verdict with the digests of both.
///
/// # Errors
/// Nothing can be isolated here, a source does not build, or the rules' refusal.
pub async fn validate(
    ctx: &Ctx,
    finding: FindingId,
    plan: Plan,
    policy: Policy,
    request: Option<&str>,
) -> Result<Validated, FindingError> {
    if let Some(done) = ctx.repeated(request).await? {
        let verdict = stated_verdict(ctx, &done).await?;
        return Ok(Validated { done, verdict, ran: None });
    }
    // before anything runs: is it known here, and is it this proof?
    let findings = known(ctx).await?;
    let reported = of(&findings, &finding)?.report.proof;
    let proof = Digest::of(&files::read(&plan.proof, super::intake::ATTACHMENT)?);
    if reported.is_some_and(|reported| reported != proof) {
        return Err(refused(&Refusal::OtherProof(finding)).into());
    }
    let ran = tokio::task::spawn_blocking(move || validate::run(&plan, &policy)).await;
    let ran = ran.map_err(|_| ValidateError::Stopped)??;
    let event = Event::Validated(Validation {
        finding,
        by: ctx.home.id().clone(),
        proof: ran.proof,
        control: ran.control,
        vulnerable: ran.vulnerable,
        fixed: ran.fixed,
        runs: ran.runs.clone(),
        verdict: ran.verdict,
        isolation: ran.isolation.clone(),
        ran_at: ctx.clock.now(),
    });
    let done = state(ctx, event, request).await?;
    Ok(Validated { done, verdict: ran.verdict, ran: Some(ran) })
}

/// The verdict that an earlier command with the same request key stated.
async fn stated_verdict(ctx: &Ctx, done: &Done) -> Result<Verdict, FindingError> {
    let Done::Logged { index, .. } = done else { return Err(ActError::OtherReceipt.into()) };
    let known = ctx.known().await?;
    let stated = known.statements.iter().find(|s| s.index == *index);
    match stated.map(LogStatement::attested::<Event>) {
        Some(Ok(Attested { event: Event::Validated(v), .. })) => Ok(v.verdict),
        // the key belongs to another command
        _ => Err(ActError::OtherReceipt.into()),
    }
}

/// Clearinghouse: writes a draft to a maintainer and states its digest. Nothing is sent.
///
/// # Errors
/// The rules' refusal, a file that exists with other content, or what stating met.
pub async fn draft(
    ctx: &Ctx,
    finding: FindingId,
    maintainer: PartyId,
    out: &Path,
    request: Option<&str>,
) -> Result<Done, FindingError> {
    let now = ctx.clock.now();
    let event = |findings: &Findings| {
        let reported = of(findings, &finding)?;
        let unknown = || refused(&Refusal::UnknownParty(maintainer.clone()));
        let current = ctx.current()?;
        let to = &current.party(&maintainer).ok_or_else(unknown)?.party;
        let text = letter(&findings.house, reported, to, ctx.home.party())?;
        let event = Event::ReportDrafted(Draft {
            finding: finding.clone(),
            by: ctx.home.id().clone(),
            maintainer: maintainer.clone(),
            draft: Digest::of(text.as_bytes()),
        });
        // nothing is written that the rules refuse
        findings.house.propose(event.clone(), now).map_err(|refusal| refused(&refusal))?;
        match files::create(out, text.as_bytes(), Access::Private) {
            Err(FileError::Exists(path)) => {
                if files::read(&path, DRAFT)? != text.as_bytes() {
                    return Err(FileError::Exists(path).into());
                }
            }
            other => other?,
        }
        Ok(event)
    };
    make(ctx, event, &BTreeSet::new(), request).await
}

/// A named person of a clearinghouse says that they sent the latest draft.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Which finding.
    pub finding: FindingId,
    /// Who sent it.
    pub person: PersonId,
    /// Over which channel.
    pub channel: Line,
    /// When; now when absent.
    pub at: Option<Timestamp>,
}

/// States a sending. With `file`, what was sent is compared with the latest draft, byte for byte.
///
/// # Errors
/// The rules' refusal, the maintainer's pace among them, or what stating met.
pub async fn sent(
    ctx: &Ctx,
    sent: Sent,
    file: Option<&Path>,
    request: Option<&str>,
) -> Result<Done, FindingError> {
    let sent_at = sent.at.unwrap_or_else(|| ctx.clock.now());
    let given = file.map(|path| files::read(path, DRAFT)).transpose()?;
    let event = |findings: &Findings| {
        let finding = of(findings, &sent.finding)?;
        let latest = finding.draft.as_ref().map(|d| d.draft);
        let draft = given.map(|bytes| Digest::of(&bytes)).or(latest).ok_or_else(|| {
            refused(&Refusal::WrongStage {
                finding: sent.finding.clone(),
                stage: finding.stage,
                needed: "drafted",
            })
        })?;
        let Sent { finding, person, channel, .. } = sent;
        let by = ctx.home.id().clone();
        Ok(Event::ReportSent(Sending { finding, by, person, draft, channel, sent_at }))
    };
    make(ctx, event, &BTreeSet::new(), request).await
}

/// The maintainer answered; stated by it, or by the clearinghouse that has the answer. `copied` may read it.
///
/// # Errors
/// The rules' refusal, or what stating met.
pub async fn acknowledge(
    ctx: &Ctx,
    finding: FindingId,
    at: Option<Timestamp>,
    copied: &BTreeSet<PartyId>,
    request: Option<&str>,
) -> Result<Done, FindingError> {
    let acknowledged_at = at.unwrap_or_else(|| ctx.clock.now());
    let by = ctx.home.id().clone();
    let event = Event::ReportAcknowledged(Acknowledgement { finding, by, acknowledged_at });
    make(ctx, |_| Ok(event), copied, request).await
}

/// A fix.
#[derive(Debug, Clone)]
pub struct Fixed {
    /// Which finding.
    pub finding: FindingId,
    /// The commit's id, as its repository writes it. Its SHA-256 is stated.
    pub commit: String,
    /// The first fixed version.
    pub version: Line,
    /// Since when it can be had; now when absent.
    pub at: Option<Timestamp>,
}

/// A fix can be had; stated by the maintainer, or by the clearinghouse that saw it. `copied` may read it.
///
/// # Errors
/// The rules' refusal, or what stating met.
pub async fn fixed(
    ctx: &Ctx,
    fixed: Fixed,
    copied: &BTreeSet<PartyId>,
    request: Option<&str>,
) -> Result<Done, FindingError> {
    let event = Event::FixReleased(Fix {
        finding: fixed.finding,
        by: ctx.home.id().clone(),
        commit: super::intake::commit(&fixed.commit),
        version: fixed.version,
        available_at: fixed.at.unwrap_or_else(|| ctx.clock.now()),
    });
    make(ctx, |_| Ok(event), copied, request).await
}

/// Maintainer: says how many reports it takes in seven days.
///
/// # Errors
/// The rules' refusal, or what stating met.
pub async fn pace(ctx: &Ctx, per_week: u32, request: Option<&str>) -> Result<Done, FindingError> {
    let maintainer = ctx.home.id().clone();
    state(ctx, Event::PaceSet(Pace { maintainer, per_week }), request).await
}

/// Pairs of findings that share a digest and are not yet one flaw.
///
/// # Errors
/// The log can't be brought up to date.
pub async fn candidates(ctx: &Ctx) -> Result<Vec<Candidate>, FindingError> {
    Ok(known(ctx).await?.house.candidates())
}

/// Clearinghouse: confirms that two findings are one flaw. Without a person's judgement they must share a
/// digest. Every finder is kept.
///
/// # Errors
/// The rules' refusal, or what stating met.
pub async fn duplicate(
    ctx: &Ctx,
    finding: FindingId,
    of: FindingId,
    judged: Option<(PersonId, Line)>,
    request: Option<&str>,
) -> Result<Done, FindingError> {
    let by = ctx.home.id().clone();
    let event = |findings: &Findings| {
        let basis = match judged {
            Some((person, why)) => Basis::Judged { person, why },
            None => shared(findings, &finding, &of),
        };
        Ok(Event::DuplicateConfirmed(DuplicateConfirmation { finding, of, by, basis }))
    };
    make(ctx, event, &BTreeSet::new(), request).await
}

/// What two findings share; when it is nothing, the rules refuse the pair by the basis given here.
fn shared(findings: &Findings, one: &FindingId, two: &FindingId) -> Basis {
    let report = |id| findings.house.finding(id).map(|f| &f.report);
    let (Some(a), Some(b)) = (report(one), report(two)) else { return Basis::SameContent };
    if a.proof.is_some() && a.proof == b.proof {
        return Basis::SameProof;
    }
    if a.content == b.content { Basis::SameContent } else { Basis::SameFix }
}

/// Clearinghouse: says that a flaw is being exploited.
///
/// # Errors
/// The rules' refusal, or what stating met.
pub async fn exploited(
    ctx: &Ctx,
    finding: FindingId,
    source: Line,
    at: Option<Timestamp>,
    request: Option<&str>,
) -> Result<Done, FindingError> {
    let known_at = at.unwrap_or_else(|| ctx.clock.now());
    let by = ctx.home.id().clone();
    state(ctx, Event::ExploitationSeen(Exploitation { finding, by, source, known_at }), request)
        .await
}

/// Clearinghouse: says that it brought in a coordinator, because the maintainer is silent.
///
/// # Errors
/// The rules' refusal, or what stating met.
pub async fn engage(
    ctx: &Ctx,
    finding: FindingId,
    coordinator: Line,
    at: Option<Timestamp>,
    request: Option<&str>,
) -> Result<Done, FindingError> {
    let engaged_at = at.unwrap_or_else(|| ctx.clock.now());
    let by = ctx.home.id().clone();
    let event = Event::CoordinatorEngaged(Engagement { finding, by, coordinator, engaged_at });
    state(ctx, event, request).await
}

/// Clearinghouse: extends the disclosure date, once.
///
/// # Errors
/// The rules' refusal, or what stating met.
pub async fn extend(
    ctx: &Ctx,
    finding: FindingId,
    reason: Line,
    request: Option<&str>,
) -> Result<Done, FindingError> {
    let by = ctx.home.id().clone();
    state(ctx, Event::EmbargoExtended(Extension { finding, by, reason }), request).await
}

/// Reporter: takes a finding back that was not sent yet.
///
/// # Errors
/// The rules' refusal, or what stating met.
pub async fn withdraw(
    ctx: &Ctx,
    finding: FindingId,
    reason: Line,
    request: Option<&str>,
) -> Result<Done, FindingError> {
    let by = ctx.home.id().clone();
    state(ctx, Event::FindingWithdrawn(Withdrawal { finding, by, reason }), request).await
}
