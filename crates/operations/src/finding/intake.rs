//! Intake: a finding in our own JSON, or results of a SARIF 2.1.0 log, become reports.
//!
//! All text is hostile data. Our own format refuses characters that change how text is displayed; from
//! a tool's log they are removed.

use super::{FindingError, make};
use crate::act::{Ctx, Done};
use crate::files;
use advisory::finding as own;
use advisory::sarif;
use clearinghouse::{AiUse, Candidate, EmbargoTerms, Event, FindingReport, Provenance, Target};
use domain::{ClaimId, Digest, FindingId, GrantId, Line, ModelId, PartyId, Span, Text, Timestamp};
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Largest proof, control or piece of evidence, in bytes.
pub(crate) const ATTACHMENT: u64 = 64 << 20;
/// Most results of a log that an error message lists.
const LISTED: usize = 20;

/// A file to report from, and what it does not say itself.
#[derive(Debug, Clone, Default)]
pub struct Intake {
    /// The file.
    pub path: PathBuf,
    /// Which results of a SARIF log, counted from 1.
    pub results: Vec<usize>,
    /// What a SARIF log is about: a package URL without version, or a name.
    pub target: Option<Line>,
    /// Affected versions. For a SARIF log; when none is given, all count as affected.
    pub affected: Vec<Line>,
    /// How the finder wants to be named, for a SARIF log; the party's name when absent.
    pub credit: Option<Line>,
    /// The part a model had, for a SARIF log.
    pub ai_use: Option<AiUse>,
    /// When it was discovered, for a SARIF log; now when absent.
    pub discovered_at: Option<Timestamp>,
    /// Which revision of the target was looked at.
    pub revision: Option<Line>,
    /// The proof of vulnerability.
    pub proof: Option<PathBuf>,
    /// A benign input that must work on both builds.
    pub control: Option<PathBuf>,
    /// The finding's id; derived from reporter and content when absent.
    pub finding: Option<FindingId>,
    /// The scan claim it came from.
    pub claim: Option<ClaimId>,
    /// The grant under which a model was used.
    pub grant: Option<GrantId>,
}

/// What came of a report.
#[derive(Debug, Clone, Serialize)]
pub struct Reported {
    /// The finding.
    pub finding: FindingId,
    /// Where it is logged.
    #[serde(flatten)]
    pub done: Done,
    /// Findings of this party's that share a digest with it: `ID` and what they share.
    pub same: Vec<(FindingId, &'static str)>,
}

/// Reports the findings of a file. Each is stated by itself; a command that was killed between two of
/// them can be repeated with the same request key.
///
/// # Errors
/// What reading the file, the rules or stating met.
pub async fn report(
    ctx: &Ctx,
    intake: &Intake,
    request: Option<&str>,
) -> Result<Vec<Reported>, FindingError> {
    let reports = read(intake, ctx.home.party(), ctx.clock.now())?;
    let many = reports.len() > 1;
    let mut reported = Vec::new();
    for (n, report) in reports.into_iter().enumerate() {
        let key = request.map(|key| if many { format!("{key}-{}", n + 1) } else { key.to_owned() });
        let finding = report.finding.clone();
        let now = ctx.clock.now();
        let mut same = Vec::new();
        let event = |findings: &super::Findings| {
            let (event, candidates) =
                findings.house.report(report, now).map_err(|refusal| super::refused(&refusal))?;
            same = candidates.iter().map(|c| (c.of.clone(), shared(c))).collect();
            Ok::<Event, FindingError>(event)
        };
        let done = make(ctx, event, &BTreeSet::new(), key.as_deref()).await?;
        reported.push(Reported { finding, done, same });
    }
    Ok(reported)
}

/// What two findings share, in words.
pub fn shared(candidate: &Candidate) -> &'static str {
    match candidate.basis {
        clearinghouse::Basis::SameProof => "the same proof",
        clearinghouse::Basis::SameFix => "the same fix commit",
        clearinghouse::Basis::SameContent => "the same report",
        clearinghouse::Basis::Judged { .. } => "a person's comparison",
    }
}

/// Reads a file into reports that are not yet stated.
///
/// # Errors
/// A file that can't be read, with the place; a field that can't be stated; a log without a choice.
pub fn read(
    intake: &Intake,
    by: &domain::Party,
    now: Timestamp,
) -> Result<Vec<FindingReport>, FindingError> {
    let bytes = files::read(&intake.path, sarif::MAX_LOG_BYTES as u64)?;
    let wrong = |source| FindingError::Read { path: intake.path.clone(), source: Box::new(source) };
    let proof = intake.proof.as_deref().map(digest).transpose()?;
    let control = intake.control.as_deref().map(digest).transpose()?;
    if !intake.results.is_empty() || is_sarif(&bytes) {
        let runs = sarif::read(&bytes).map_err(wrong)?;
        return from_sarif(intake, &bytes, &runs, by, (proof, control, now));
    }
    let found = own::read(&bytes).map_err(wrong)?;
    let mut report = from_own(&found, &bytes, &by.id, now)?;
    if let Some(proof) = proof {
        if report.proof.is_some_and(|named| named != proof) {
            return Err(FindingError::OtherFile(intake.proof.clone().unwrap_or_default()));
        }
        report.proof = Some(proof);
    }
    finish(intake, &mut report, control)?;
    Ok(vec![report])
}

fn digest(path: &Path) -> Result<Digest, FindingError> {
    Ok(Digest::of(&files::read(path, ATTACHMENT)?))
}

/// Whether a file says of itself that it is a tool's log. The strict readers decide what it is worth.
fn is_sarif(bytes: &[u8]) -> bool {
    #[derive(serde::Deserialize)]
    struct Probe {
        runs: Option<serde::de::IgnoredAny>,
    }
    serde_json::from_slice::<Probe>(bytes).is_ok_and(|probe| probe.runs.is_some())
}

/// What both kinds of file leave to the command.
fn finish(
    intake: &Intake,
    report: &mut FindingReport,
    control: Option<Digest>,
) -> Result<(), FindingError> {
    report.claim.clone_from(&intake.claim);
    report.provenance.grant.clone_from(&intake.grant);
    report.target.revision.clone_from(&intake.revision);
    if !intake.affected.is_empty() {
        report.affected.clone_from(&intake.affected);
    }
    report.evidence.extend(control.filter(|c| !report.evidence.contains(c)));
    report.finding = match &intake.finding {
        Some(id) => id.clone(),
        None => derived(&report.by, &report.content)?,
    };
    Ok(())
}

/// An id that no other party's finding has: of the reporter and the report.
fn derived(by: &PartyId, content: &Digest) -> Result<FindingId, FindingError> {
    let digest = Digest::of(format!("{by} {content}").as_bytes()).to_string();
    field("finding", &format!("f-{}", digest.chars().take(16).collect::<String>()))
}

fn field<T: FromStr<Err: Display>>(name: &str, text: &str) -> Result<T, FindingError> {
    text.parse()
        .map_err(|e: T::Err| FindingError::Field { field: name.to_owned(), reason: e.to_string() })
}

fn from_own(
    found: &own::Finding,
    bytes: &[u8],
    by: &PartyId,
    now: Timestamp,
) -> Result<FindingReport, FindingError> {
    let all = |name: &str, texts: &[String]| -> Result<Vec<Line>, FindingError> {
        texts.iter().enumerate().map(|(i, t)| field(&format!("{name}[{i}]"), t)).collect()
    };
    let mut affected = all("affected", &found.affected)?;
    if affected.is_empty() {
        affected.push(field("affected", "*")?);
    }
    let evidence: Result<Vec<Digest>, _> =
        found.evidence.iter().map(|a| field("evidence.sha256", &a.sha256)).collect();
    let model = found.discovery.model.as_deref().map(model).transpose()?;
    Ok(FindingReport {
        finding: derived(by, &Digest::of(bytes))?,
        by: by.clone(),
        title: field("title", &found.title)?,
        target: Target {
            name: field("target", found.target.purl.as_ref().unwrap_or(&found.target.name))?,
            revision: None,
        },
        affected,
        cwe: found.cwe.iter().filter_map(|id| weakness(id)).collect(),
        description: field("description", &found.description)?,
        content: Digest::of(bytes),
        evidence: evidence?,
        proof: found.proof.as_ref().map(|a| field("proof.sha256", &a.sha256)).transpose()?,
        fix: found.fixed_commit.as_ref().map(|c| commit(c)),
        provenance: Provenance {
            tool: field("discovery.tool", &found.discovery.tool)?,
            ai_use: match found.discovery.ai_use {
                own::AiUse::None => AiUse::None,
                own::AiUse::Assisted => AiUse::Assisted,
                own::AiUse::Autonomous => AiUse::Autonomous,
            },
            model,
            grant: None,
        },
        credit: field("credit", &found.credit)?,
        discovered_at: field("discovered_at", &found.discovered_at)?,
        aware_at: field("aware_at", &found.aware_at)?,
        embargo: match found.embargo_days {
            None => EmbargoTerms::Policy,
            Some(0) => EmbargoTerms::Public,
            Some(days) => EmbargoTerms::Until(now.after(Span::days(u64::from(days)))),
        },
        claim: None,
    })
}

/// The digest that stands for a commit: SHA-256 of its id as written.
pub fn commit(id: &str) -> Digest {
    Digest::of(id.as_bytes())
}

/// `CWE-787` as a number.
fn weakness(id: &str) -> Option<u32> {
    id.strip_prefix("CWE-")?.parse().ok()
}

/// A model's name as an id: lower case, a hyphen for every other character.
fn model(name: &str) -> Result<ModelId, FindingError> {
    let plain = |c: char| match c.to_ascii_lowercase() {
        c @ ('a'..='z' | '0'..='9' | '.' | '_' | '-') => c,
        _ => '-',
    };
    field("discovery.model", &name.chars().map(plain).take(80).collect::<String>())
}

fn from_sarif(
    intake: &Intake,
    bytes: &[u8],
    runs: &[sarif::Run],
    by: &domain::Party,
    (proof, control, now): (Option<Digest>, Option<Digest>, Timestamp),
) -> Result<Vec<FindingReport>, FindingError> {
    let all: Vec<_> = runs.iter().flat_map(|r| r.results.iter().map(move |one| (r, one))).collect();
    if intake.results.is_empty() {
        return Err(FindingError::Choose { path: intake.path.clone(), found: listed(&all) });
    }
    if intake.results.len() > 1 && (proof.is_some() || intake.finding.is_some()) {
        let reason =
            "a proof and an id belong to one result; choose one result at a time".to_owned();
        return Err(FindingError::Field { field: "--sarif".to_owned(), reason });
    }
    let needed = || FindingError::Field {
        field: "--target".to_owned(),
        reason: "a SARIF log does not say which package it is about; name one".to_owned(),
    };
    let target = intake.target.clone().ok_or_else(needed)?;
    let mut reports = Vec::new();
    for number in &intake.results {
        let chosen = number.checked_sub(1).and_then(|n| all.get(n));
        let (run, result) = *chosen.ok_or_else(|| FindingError::Choose {
            path: intake.path.clone(),
            found: listed(&all),
        })?;
        if matches!(result.kind, sarif::Kind::Pass | sarif::Kind::NotApplicable) {
            let reason = format!("result {number} says that there is no problem");
            return Err(FindingError::Field { field: result.path.clone(), reason });
        }
        let content = Digest::of(format!("{} {}", Digest::of(bytes), result.path).as_bytes());
        let mut report = FindingReport {
            finding: derived(&by.id, &content)?,
            by: by.id.clone(),
            title: field("message", &title(result))?,
            target: Target { name: target.clone(), revision: None },
            affected: vec![field("affected", "*")?],
            cwe: result
                .cwe
                .iter()
                .filter_map(|id| weakness(id))
                .take(FindingReport::MOST_CWE)
                .collect(),
            description: description(result)?,
            content,
            evidence: Vec::new(),
            proof,
            fix: None,
            provenance: Provenance {
                tool: field("tool", &tool(run))?,
                ai_use: intake.ai_use.unwrap_or(AiUse::None),
                model: None,
                grant: None,
            },
            credit: intake.credit.clone().unwrap_or_else(|| by.name.clone()),
            discovered_at: intake.discovered_at.unwrap_or(now),
            aware_at: now,
            embargo: EmbargoTerms::Policy,
            claim: None,
        };
        finish(intake, &mut report, control)?;
        reports.push(report);
    }
    Ok(reports)
}

/// The results to choose from, the first of them.
fn listed(all: &[(&sarif::Run, &sarif::RunResult)]) -> String {
    let mut text = format!("{} results in it", all.len());
    for (n, (_, result)) in all.iter().enumerate().take(LISTED) {
        text += &format!("\n  {:>4}  {}", n + 1, title(result));
    }
    if all.len() > LISTED {
        text += "\n  and so on";
    }
    text
}

/// The first line of a result's message with its rule, cut to a line's bound.
fn title(result: &sarif::RunResult) -> String {
    let first = result.message.lines().next().unwrap_or_default();
    let rule = result.rule_id.as_deref().unwrap_or("result");
    let text = clean(&format!("{rule}: {first}"), 200);
    if text.trim().is_empty() { "a result without a message".to_owned() } else { text }
}

fn tool(run: &sarif::Run) -> String {
    let version = run.tool_version.as_deref().unwrap_or("of unknown version");
    clean(&format!("{} {version}", run.tool), 200)
}

fn description(result: &sarif::RunResult) -> Result<Text, FindingError> {
    let mut text = result.message.clone();
    for place in result.locations.iter().take(16) {
        let line = place.region.map_or_else(String::new, |r| format!(":{}", r.start_line));
        text += &format!("\nat {}{line}", place.uri);
    }
    field("message", &clean(&text, 8_000))
}

/// A tool's text without what changes how text is displayed, cut to a bound of characters.
fn clean(text: &str, bound: usize) -> String {
    let shown = |c: &char| c.encode_utf8(&mut [0; 4]).parse::<Text>().is_ok();
    let line = bound <= 200;
    let plain = |c: char| if line && c.is_control() { ' ' } else { c };
    text.chars().map(plain).filter(shown).take(bound).collect()
}

#[cfg(test)]
mod tests;
