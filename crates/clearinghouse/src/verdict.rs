//! The verdict over two builds. Execution decides; a report's words do not.

use domain::{Digest, FindingId, Line, PartyId, Timestamp};
use minicbor::{Decode, Encode};

/// How one run ended.
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
pub enum RunOutcome {
    /// The effect that the proof claims was observed.
    #[n(0)]
    Fired,
    /// The program ended in order and the effect was not observed. Rejecting hostile input is in order.
    #[n(1)]
    Silent,
    /// The program ended out of order or not in time, and the effect was not observed.
    #[n(2)]
    Disorderly,
    /// The runner failed; nothing was learnt about the program.
    #[n(3)]
    HarnessFailed,
}

/// The four runs of one repetition.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, serde::Serialize, serde::Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Round {
    /// The proof on the vulnerable build: must fire.
    #[n(0)]
    pub proof_on_vulnerable: RunOutcome,
    /// The proof on the fixed build: must stay silent.
    #[n(1)]
    pub proof_on_fixed: RunOutcome,
    /// A benign control on the vulnerable build: must stay silent.
    #[n(2)]
    pub control_on_vulnerable: RunOutcome,
    /// The same control on the fixed build: must stay silent, or the patch removed the feature.
    #[n(3)]
    pub control_on_fixed: RunOutcome,
}

impl Round {
    fn runs(&self) -> [RunOutcome; 4] {
        [
            self.proof_on_vulnerable,
            self.proof_on_fixed,
            self.control_on_vulnerable,
            self.control_on_fixed,
        ]
    }
}

/// What was run: the four runs, and the same again at least once.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidationRuns {
    /// The first repetition.
    #[n(0)]
    pub first: Round,
    /// The repetitions after it, at most [`ValidationRuns::MOST`].
    #[n(1)]
    pub repeated: Vec<Round>,
}

impl ValidationRuns {
    /// Most repetitions after the first.
    pub const MOST: usize = 31;
}

/// Why runs say nothing.
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
pub enum InvalidReason {
    /// The runner failed in some run.
    #[n(0)]
    HarnessFailed,
    /// Nothing was repeated, so flakiness can't be seen.
    #[n(1)]
    NotRepeated,
    /// Repetitions disagree.
    #[n(2)]
    Flaky,
    /// A run of the proof ended out of order without the effect it claims.
    #[n(3)]
    Disorderly,
}

/// What follows from runs.
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
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The proof fires on the vulnerable build only, and the control passes on both.
    #[n(0)]
    Confirmed,
    /// The proof does not fire on the vulnerable build.
    #[n(1)]
    NotReproduced,
    /// The proof fires on the fixed build too: the fix does not fix it.
    #[n(2)]
    FiresOnFixed,
    /// The benign control does not pass on both builds, so neither says anything about the proof.
    #[n(3)]
    ControlFails,
    /// The runs say nothing. Never a statement about the finding.
    #[n(4)]
    Invalid(#[n(0)] InvalidReason),
}

/// What follows from runs. What makes runs meaningless comes first, then what makes the builds
/// unusable, then what the proof did.
///
/// A confirmed verdict is necessary for belief in a fix, not sufficient: patches that silence the proof
/// and pass old tests fail newer tests in a good part of cases (PVBench), so a project's own tests
/// belong into the control.
pub fn judge(runs: &ValidationRuns) -> Verdict {
    let rounds = || std::iter::once(&runs.first).chain(&runs.repeated);
    let first = &runs.first;
    if rounds().flat_map(Round::runs).any(|run| run == RunOutcome::HarnessFailed) {
        return Verdict::Invalid(InvalidReason::HarnessFailed);
    }
    if runs.repeated.is_empty() {
        return Verdict::Invalid(InvalidReason::NotRepeated);
    }
    if rounds().any(|round| round != first) {
        return Verdict::Invalid(InvalidReason::Flaky);
    }
    let silent = |run| run == RunOutcome::Silent;
    if !silent(first.control_on_vulnerable) || !silent(first.control_on_fixed) {
        return Verdict::ControlFails;
    }
    match (first.proof_on_vulnerable, first.proof_on_fixed) {
        (RunOutcome::Disorderly | RunOutcome::HarnessFailed, _)
        | (_, RunOutcome::Disorderly | RunOutcome::HarnessFailed) => {
            Verdict::Invalid(InvalidReason::Disorderly)
        }
        (RunOutcome::Silent, _) => Verdict::NotReproduced,
        (RunOutcome::Fired, RunOutcome::Fired) => Verdict::FiresOnFixed,
        (RunOutcome::Fired, RunOutcome::Silent) => Verdict::Confirmed,
    }
}

/// The clearinghouse ran a proof on two builds.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Validation {
    /// Which finding.
    #[n(0)]
    pub finding: FindingId,
    /// Who ran it: a clearinghouse.
    #[n(1)]
    pub by: PartyId,
    /// The proof that ran.
    #[n(2)]
    pub proof: Digest,
    /// The benign control that ran.
    #[n(3)]
    pub control: Digest,
    /// The vulnerable build.
    #[n(4)]
    pub vulnerable: Digest,
    /// The fixed build.
    #[n(5)]
    pub fixed: Digest,
    /// How the runs ended.
    #[n(6)]
    pub runs: ValidationRuns,
    /// What follows; must be [`judge`] of the runs.
    #[n(7)]
    pub verdict: Verdict,
    /// What isolated the runs, as the sandbox attested it.
    #[n(8)]
    pub isolation: Line,
    /// When the runs ended.
    #[n(9)]
    pub ran_at: Timestamp,
}

#[cfg(test)]
mod tests;
