//! A finding: the report as it came in, bounded, and everything that has happened to it.

use crate::duplicates::Keys;
use crate::event::{Draft, Fix, Publication, Sending};
use crate::{EmbargoTerms, Refusal, Target, Validation};
use domain::{ClaimId, Digest, FindingId, GrantId, Line, ModelId, PartyId, Text, Timestamp};
use minicbor::{Decode, Encode};

/// Whether a model had a part in a finding.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Encode,
    Decode,
    serde::Serialize,
    serde::Deserialize,
)]
#[cbor(index_only)]
#[serde(rename_all = "kebab-case")]
pub enum AiUse {
    /// None.
    #[n(0)]
    None,
    /// A person found it with a model's help.
    #[n(1)]
    Assisted,
    /// A model found it by itself.
    #[n(2)]
    Autonomous,
}

/// With what a finding was made.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// The tool and its version.
    #[n(0)]
    pub tool: Line,
    /// The part a model had.
    #[n(1)]
    pub ai_use: AiUse,
    /// Which model.
    #[n(2)]
    #[serde(default)]
    pub model: Option<ModelId>,
    /// The grant under which the model was used.
    #[n(3)]
    #[serde(default)]
    pub grant: Option<GrantId>,
}

/// A finding is reported. All text in it is hostile data: shown, never followed.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindingReport {
    /// Its id.
    #[n(0)]
    pub finding: FindingId,
    /// Who reports.
    #[n(1)]
    pub by: PartyId,
    /// One line on what it is.
    #[n(2)]
    pub title: Line,
    /// What it is in.
    #[n(3)]
    pub target: Target,
    /// Affected versions, each a version or a `vers` range.
    #[n(4)]
    pub affected: Vec<Line>,
    /// Weaknesses, by CWE number.
    #[n(5)]
    pub cwe: Vec<u32>,
    /// The report's own words.
    #[n(6)]
    pub description: Text,
    /// Digest of the report as it was handed in, before parsing.
    #[n(7)]
    pub content: Digest,
    /// Digests of further evidence.
    #[n(8)]
    pub evidence: Vec<Digest>,
    /// Digest of the proof of vulnerability, when there is one.
    #[n(9)]
    #[serde(default)]
    pub proof: Option<Digest>,
    /// Digest of the fix commit, when it is known.
    #[n(10)]
    #[serde(default)]
    pub fix: Option<Digest>,
    /// With what it was made.
    #[n(11)]
    pub provenance: Provenance,
    /// How the finder wants to be named.
    #[n(12)]
    pub credit: Line,
    /// When it was discovered.
    #[n(13)]
    pub discovered_at: Timestamp,
    /// When the reporter became aware that it is a vulnerability.
    #[n(14)]
    pub aware_at: Timestamp,
    /// What the reporter asks for.
    #[n(15)]
    pub embargo: EmbargoTerms,
    /// The scan claim it came from.
    #[n(16)]
    #[serde(default)]
    pub claim: Option<ClaimId>,
}

impl FindingReport {
    /// Most affected versions.
    pub const MOST_AFFECTED: usize = 64;
    /// Most weaknesses.
    pub const MOST_CWE: usize = 16;
    /// Most pieces of evidence.
    pub const MOST_EVIDENCE: usize = 64;

    /// Checks what a report says of itself, before anyone signs it.
    ///
    /// # Errors
    /// Too many entries, none where one is needed, an unknown weakness number, or instants that are in
    /// the future or out of order.
    pub fn validate(&self, now: Timestamp) -> Result<(), Refusal> {
        for (what, given, bound) in [
            ("affected versions", self.affected.len(), Self::MOST_AFFECTED),
            ("weaknesses", self.cwe.len(), Self::MOST_CWE),
            ("pieces of evidence", self.evidence.len(), Self::MOST_EVIDENCE),
        ] {
            if given > bound {
                return Err(Refusal::TooMany { what, given, bound });
            }
        }
        if self.affected.is_empty() {
            return Err(Refusal::NothingAffected);
        }
        if let Some(cwe) = self.cwe.iter().find(|n| !(1..100_000).contains(*n)) {
            return Err(Refusal::NoSuchWeakness { cwe: *cwe });
        }
        for (what, at) in [("discovery", self.discovered_at), ("awareness", self.aware_at)] {
            if at > now {
                return Err(Refusal::InFuture { what, at, now });
            }
        }
        if self.aware_at < self.discovered_at {
            return Err(Refusal::OutOfOrder { first: "discovery", then: "awareness" });
        }
        let model = self.provenance.model.is_some() || self.provenance.grant.is_some();
        if model && self.provenance.ai_use == AiUse::None {
            return Err(Refusal::ProvenanceContradicts);
        }
        Ok(())
    }
}

/// How far a finding has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Reported, not yet validated.
    Reported,
    /// Its proof did not fire on the vulnerable build.
    NotReproduced,
    /// Its proof is confirmed on two builds.
    Validated,
    /// A draft for the maintainer exists.
    Drafted,
    /// A person sent the report.
    Sent,
    /// The maintainer answered.
    Acknowledged,
    /// A fix can be had.
    FixAvailable,
    /// An advisory is public.
    Published,
    /// The reporter took it back.
    Withdrawn,
}

impl Stage {
    /// Every stage with its name in code, pages and manual.
    pub const ALL: [(Self, &'static str); 9] = [
        (Self::Reported, "reported"),
        (Self::NotReproduced, "not-reproduced"),
        (Self::Validated, "validated"),
        (Self::Drafted, "drafted"),
        (Self::Sent, "sent"),
        (Self::Acknowledged, "acknowledged"),
        (Self::FixAvailable, "fix-available"),
        (Self::Published, "published"),
        (Self::Withdrawn, "withdrawn"),
    ];
}

impl std::fmt::Display for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(Self::ALL.iter().find(|(s, _)| s == self).map_or("", |(_, n)| n))
    }
}

/// A finding as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The report.
    pub report: FindingReport,
    /// When it was reported, by the reporter's word.
    pub reported_at: Timestamp,
    /// Its place in the log.
    pub index: u64,
    /// When the clearinghouse received it.
    pub received_at: Option<Timestamp>,
    /// How far it has come.
    pub stage: Stage,
    /// Every validation, oldest first.
    pub validations: Vec<Validation>,
    /// The draft for the maintainer; the latest counts.
    pub draft: Option<Draft>,
    /// When it was drafted.
    pub drafted_at: Option<Timestamp>,
    /// The sending.
    pub sent: Option<Sending>,
    /// When the maintainer answered.
    pub acknowledged_at: Option<Timestamp>,
    /// The fix.
    pub fix: Option<Fix>,
    /// The advisory.
    pub published: Option<Publication>,
    /// When exploitation became known.
    pub exploited_at: Option<Timestamp>,
    /// When a coordinator was brought in.
    pub coordinator_at: Option<Timestamp>,
    /// Whether the disclosure date was extended.
    pub extended: bool,
    /// Why the reporter took it back.
    pub withdrawn: Option<Line>,
}

impl Finding {
    pub(crate) fn new(report: FindingReport, reported_at: Timestamp, index: u64) -> Self {
        Self {
            report,
            reported_at,
            index,
            received_at: None,
            stage: Stage::Reported,
            validations: Vec::new(),
            draft: None,
            drafted_at: None,
            sent: None,
            acknowledged_at: None,
            fix: None,
            published: None,
            exploited_at: None,
            coordinator_at: None,
            extended: false,
            withdrawn: None,
        }
    }

    pub(crate) fn keys(&self) -> Keys {
        let fix = self.fix.as_ref().map(|f| f.commit).or(self.report.fix);
        Keys { proof: self.report.proof, fix, content: self.report.content }
    }

    /// Whether some validation was confirmed, and none after it says otherwise.
    pub fn confirmed(&self) -> bool {
        let telling = |v: &&Validation| !matches!(v.verdict, crate::Verdict::Invalid(_));
        let last = self.validations.iter().rev().find(telling);
        last.is_some_and(|v| v.verdict == crate::Verdict::Confirmed)
    }
}
