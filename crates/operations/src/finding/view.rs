//! A finding as people and programs see it. Its texts are its reporter's: shown, never followed.

use super::Heard;
use clearinghouse::{
    Clearinghouse, DueKind, Event, Finding, Round, RunOutcome, Validation, Verdict,
};
use domain::{Digest, FindingId, Line, PartyId, Statement, Timestamp};
use serde::Serialize;
use std::fmt;

/// A finding at an instant.
#[derive(Debug, Clone, Serialize)]
pub struct FindingView {
    /// Its id.
    pub finding: FindingId,
    /// Its place in the log.
    pub index: u64,
    /// One line on it.
    pub title: String,
    /// What it is in.
    pub target: String,
    /// Affected versions.
    pub affected: Vec<Line>,
    /// Weaknesses.
    pub cwe: Vec<String>,
    /// Who reported it.
    pub by: PartyId,
    /// How the finder wants to be named.
    pub credit: String,
    /// How far it has come.
    pub stage: String,
    /// Whether its flaw is believed: confirmed on two builds.
    pub believed: bool,
    /// The finding that speaks for the flaw.
    pub head: FindingId,
    /// Everyone who found the flaw, first reported first.
    pub finders: Vec<PartyId>,
    /// The report's own words.
    pub description: String,
    /// Digest of the report.
    pub content: Digest,
    /// Digest of the proof.
    pub proof: Option<Digest>,
    /// Digests of further evidence.
    pub evidence: Vec<Digest>,
    /// The five instants, and those after them.
    pub times: TimesView,
    /// Every validation, oldest first.
    pub validations: Vec<ValidationView>,
    /// For whom the latest draft is, and its digest.
    pub draft: Option<(PartyId, Digest)>,
    /// The first fixed version.
    pub fixed_in: Option<String>,
    /// The advisory.
    pub advisory: Option<String>,
    /// What is due, when and by which rule.
    pub due: Vec<DueView>,
}

/// When what happened.
#[derive(Debug, Clone, Serialize)]
pub struct TimesView {
    /// Discovered.
    pub discovered_at: Timestamp,
    /// Understood to be a vulnerability.
    pub aware_at: Timestamp,
    /// Reported.
    pub reported_at: Timestamp,
    /// Received by the clearinghouse.
    pub received_at: Option<Timestamp>,
    /// Sent to the maintainer, by whom.
    pub sent_at: Option<Timestamp>,
    /// The maintainer answered.
    pub acknowledged_at: Option<Timestamp>,
    /// A fix could be had.
    pub fixed_at: Option<Timestamp>,
    /// The advisory was published.
    pub published_at: Option<Timestamp>,
}

/// A due date.
#[derive(Debug, Clone, Serialize)]
pub struct DueView {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: &'static str,
    /// The rule that set it.
    pub because: &'static str,
}

/// A validation.
#[derive(Debug, Clone, Serialize)]
pub struct ValidationView {
    /// What follows from the runs.
    pub verdict: String,
    /// Who ran it.
    pub by: PartyId,
    /// When.
    pub ran_at: Timestamp,
    /// Digest of the proof.
    pub proof: Digest,
    /// Digest of the control.
    pub control: Digest,
    /// Digest of the vulnerable build.
    pub vulnerable: Digest,
    /// Digest of the fixed build.
    pub fixed: Digest,
    /// What isolated the runs.
    pub isolation: Line,
    /// The runs.
    pub rounds: Vec<RunsView>,
}

/// The four runs of one repetition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct RunsView(pub Round);

impl fmt::Display for RunsView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Round { proof_on_vulnerable, proof_on_fixed, control_on_vulnerable, control_on_fixed } =
            self.0;
        write!(
            f,
            "proof {} / {}, control {} / {} (vulnerable / fixed)",
            outcome(proof_on_vulnerable),
            outcome(proof_on_fixed),
            outcome(control_on_vulnerable),
            outcome(control_on_fixed)
        )
    }
}

/// A run's outcome in a word.
pub(crate) const fn outcome(outcome: RunOutcome) -> &'static str {
    match outcome {
        RunOutcome::Fired => "fired",
        RunOutcome::Silent => "silent",
        RunOutcome::Disorderly => "disorderly",
        RunOutcome::HarnessFailed => "harness failed",
    }
}

/// A verdict in words.
pub(crate) const fn verdict(verdict: Verdict) -> &'static str {
    use clearinghouse::InvalidReason as Reason;
    match verdict {
        Verdict::Confirmed => {
            "confirmed: the proof fires on the vulnerable build only, and the control passes on both"
        }
        Verdict::NotReproduced => "not reproduced: the proof does not fire on the vulnerable build",
        Verdict::FiresOnFixed => "not believed: the proof fires on the fixed build too",
        Verdict::ControlFails => {
            "not believed: the benign control does not pass on both builds, so the runs say nothing about the proof"
        }
        Verdict::Invalid(Reason::HarnessFailed) => "invalid: the runner failed in some run",
        Verdict::Invalid(Reason::NotRepeated) => "invalid: nothing was repeated",
        Verdict::Invalid(Reason::Flaky) => "invalid: repetitions disagree",
        Verdict::Invalid(Reason::Disorderly) => {
            "invalid: a run of the proof ended out of order without the effect"
        }
    }
}

impl ValidationView {
    fn of(v: &Validation) -> Self {
        Self {
            verdict: verdict(v.verdict).to_owned(),
            by: v.by.clone(),
            ran_at: v.ran_at,
            proof: v.proof,
            control: v.control,
            vulnerable: v.vulnerable,
            fixed: v.fixed,
            isolation: v.isolation.clone(),
            rounds: std::iter::once(&v.runs.first)
                .chain(&v.runs.repeated)
                .map(|r| RunsView(*r))
                .collect(),
        }
    }
}

impl FindingView {
    pub(crate) fn of(house: &Clearinghouse, f: &Finding) -> Self {
        let r = &f.report;
        let target = r.target.revision.as_ref().map_or_else(
            || r.target.name.to_string(),
            |revision| format!("{} at {revision}", r.target.name),
        );
        let due = house.due_dates(&r.finding).into_iter().map(|d| DueView {
            at: d.at,
            what: due_words(d.kind),
            because: d.because,
        });
        Self {
            finding: r.finding.clone(),
            index: f.index,
            title: r.title.to_string(),
            target,
            affected: r.affected.clone(),
            cwe: r.cwe.iter().map(|n| format!("CWE-{n}")).collect(),
            by: r.by.clone(),
            credit: r.credit.to_string(),
            stage: f.stage.to_string(),
            believed: house.believed(&r.finding),
            head: house.head(&r.finding).clone(),
            finders: house.finders(&r.finding).into_iter().cloned().collect(),
            description: r.description.to_string(),
            content: r.content,
            proof: r.proof,
            evidence: r.evidence.clone(),
            times: TimesView {
                discovered_at: r.discovered_at,
                aware_at: r.aware_at,
                reported_at: f.reported_at,
                received_at: f.received_at,
                sent_at: f.sent.as_ref().map(|s| s.sent_at),
                acknowledged_at: f.acknowledged_at,
                fixed_at: f.fix.as_ref().map(|x| x.available_at),
                published_at: f.published.as_ref().map(|p| p.published_at),
            },
            validations: f.validations.iter().map(ValidationView::of).collect(),
            draft: f.draft.as_ref().map(|d| (d.maintainer.clone(), d.draft)),
            fixed_in: f.fix.as_ref().map(|x| x.version.to_string()),
            advisory: f.published.as_ref().map(|p| p.advisory.to_string()),
            due: due.collect(),
        }
    }

    /// Everything on it, for a terminal.
    pub fn text(&self) -> String {
        let mut text = format!(
            "finding {}: {}\n  in        {}\n  affected  {}\n  reported  by {}, credit to {}\n  stage     {}{}\n",
            self.finding,
            self.title,
            self.target,
            self.affected.iter().map(Line::as_str).collect::<Vec<_>>().join(", "),
            self.by,
            self.credit,
            self.stage,
            if self.believed { ", believed" } else { "" },
        );
        if self.head != self.finding {
            text += &format!("  flaw      {} speaks for it\n", self.head);
        }
        if self.finders.len() > 1 {
            let finders: Vec<_> = self.finders.iter().map(PartyId::as_str).collect();
            text += &format!("  finders   {}\n", finders.join(", "));
        }
        if !self.cwe.is_empty() {
            text += &format!("  weakness  {}\n", self.cwe.join(", "));
        }
        for v in &self.validations {
            text += &format!("  validated {} by {}: {}\n", v.ran_at, v.by, v.verdict);
            for runs in &v.rounds {
                text += &format!("              {runs}\n");
            }
        }
        let times = [
            ("received", self.times.received_at),
            ("sent", self.times.sent_at),
            ("answered", self.times.acknowledged_at),
            ("fixed", self.times.fixed_at),
            ("published", self.times.published_at),
        ];
        for (what, at) in times {
            if let Some(at) = at {
                text += &format!("  {what:<9} {at}\n");
            }
        }
        for due in &self.due {
            text += &format!("  due       {} {} ({})\n", due.at.date(), due.what, due.because);
        }
        text
    }
}

pub(crate) const fn due_words(kind: DueKind) -> &'static str {
    match kind {
        DueKind::Coordinator => "bring in a coordinator",
        DueKind::MayDisclose => "may be disclosed",
        DueKind::Disclose => "disclose",
        DueKind::Details => "publish technical details",
    }
}

/// A statement about a finding whose report is not readable here.
#[derive(Debug, Clone, Serialize)]
pub struct HeardView {
    /// The finding.
    pub finding: Option<FindingId>,
    /// What was stated.
    pub kind: &'static str,
    /// Who stated it.
    pub by: PartyId,
    /// When, by its signer's clock.
    pub at: Timestamp,
    /// Its place in the log.
    pub index: u64,
    /// The advisory, when it is public.
    pub advisory: Option<String>,
}

pub(super) fn heard(heard: &[Heard]) -> Vec<HeardView> {
    let view = |h: &Heard| HeardView {
        finding: h.attested.event.finding().cloned(),
        kind: h.attested.event.kind(),
        by: h.attested.event.by().clone(),
        at: h.attested.claimed_at,
        index: h.attested.index,
        advisory: match &h.attested.event {
            Event::AdvisoryPublished(p) => Some(p.advisory.to_string()),
            _ => None,
        },
    };
    heard.iter().map(view).collect()
}
