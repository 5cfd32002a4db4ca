//! Why not: data with a stable code and plain words. None concerns a release of a model.

use crate::{Stage, Verdict};
use domain::{ClaimId, FindingId, PartyId, Role, Timestamp};

/// Why a statement does not count.
///
/// [`Refusal::code`] is stable: it goes into API answers and records. The words may improve.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The party named in the statement has not signed it.
    #[error("`{0}` has not signed; a statement counts when the party it names has")]
    NotSigned(PartyId),
    /// The directory has no such party.
    #[error("the directory has no party `{0}`; enrol it first")]
    UnknownParty(PartyId),
    /// The party may not play this part.
    #[error("`{party}` does not have the role {role}; only the directory gives roles")]
    RoleMissing {
        /// Which party.
        party: PartyId,
        /// Which role.
        role: Role,
    },
    /// The claim's id is taken.
    #[error("claim `{0}` exists already; choose another id")]
    ClaimExists(ClaimId),
    /// No such claim.
    #[error("there is no claim `{0}`")]
    UnknownClaim(ClaimId),
    /// Another party's claim.
    #[error("claim `{claim}` is not `{by}`'s")]
    NotClaimant {
        /// Which claim.
        claim: ClaimId,
        /// Who tried.
        by: PartyId,
    },
    /// The claim was given back.
    #[error("claim `{claim}` was given back; make a new one")]
    ClaimReleased {
        /// Which claim.
        claim: ClaimId,
    },
    /// The lease is over.
    #[error("the lease of claim `{claim}` ended at {at}; make a new one")]
    LeaseExpired {
        /// Which claim.
        claim: ClaimId,
        /// When it ended.
        at: Timestamp,
    },
    /// A lease that has no length.
    #[error("the lease would end at {until}, which is not after {now}")]
    LeaseInPast {
        /// Its end.
        until: Timestamp,
        /// The instant of the statement.
        now: Timestamp,
    },
    /// A lease longer than the rules allow.
    #[error("the lease would last longer than {days} days; take a shorter one and renew it")]
    LeaseTooLong {
        /// The bound.
        days: u64,
    },
    /// A renewal that makes a lease shorter.
    #[error("the lease already lasts until {until}; give the claim back to end it sooner")]
    LeaseNotLonger {
        /// Its end now.
        until: Timestamp,
    },
    /// The finding's id is taken.
    #[error("finding `{0}` exists already; choose another id")]
    FindingExists(FindingId),
    /// No such finding.
    #[error("there is no finding `{0}`")]
    UnknownFinding(FindingId),
    /// Another party's finding.
    #[error("finding `{finding}` was not reported by `{by}`")]
    NotReporter {
        /// Which finding.
        finding: FindingId,
        /// Who tried.
        by: PartyId,
    },
    /// More entries than are read.
    #[error("{given} {what}; {bound} is the bound")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there are.
        given: usize,
        /// How many there may be.
        bound: usize,
    },
    /// No affected version.
    #[error("no affected version is named; name one, or the range `*`")]
    NothingAffected,
    /// No number of the CWE list.
    #[error("CWE-{cwe} is no weakness number")]
    NoSuchWeakness {
        /// What was given.
        cwe: u32,
    },
    /// A model without a part in it.
    #[error("a model or grant is named, but the report says no model was used")]
    ProvenanceContradicts,
    /// An instant that has not come.
    #[error("{what} is said to be at {at}, which is after {now}")]
    InFuture {
        /// Of what.
        what: &'static str,
        /// The instant.
        at: Timestamp,
        /// The instant of the statement.
        now: Timestamp,
    },
    /// Two instants in the wrong order.
    #[error("{then} is said to come before {first}")]
    OutOfOrder {
        /// What comes first.
        first: &'static str,
        /// What comes after it.
        then: &'static str,
    },
    /// Said before.
    #[error("that is recorded of `{finding}` already: {what}")]
    AlreadyRecorded {
        /// Which finding.
        finding: FindingId,
        /// What.
        what: &'static str,
    },
    /// A finding and itself.
    #[error("`{0}` can't be a duplicate of itself")]
    SameFinding(FindingId),
    /// Already one flaw.
    #[error("`{finding}` and `{of}` are one flaw already")]
    AlreadyDuplicate {
        /// One.
        finding: FindingId,
        /// The other.
        of: FindingId,
    },
    /// The basis is not true of the two.
    #[error("`{finding}` and `{of}` do not share the digest that the basis names")]
    BasisNotMet {
        /// One.
        finding: FindingId,
        /// The other.
        of: FindingId,
    },
    /// Another finding speaks for this flaw.
    #[error("`{finding}` is a duplicate; `{head}` speaks for the flaw")]
    IsDuplicate {
        /// Which finding.
        finding: FindingId,
        /// The head of its group.
        head: FindingId,
    },
    /// One build twice.
    #[error("the vulnerable and the fixed build are the same bytes")]
    SameBuild,
    /// One input twice.
    #[error("the proof and the control are the same bytes")]
    ProofIsControl,
    /// Not the proof that was reported.
    #[error(
        "`{0}` was reported with another proof; report the new proof as a finding and join the two"
    )]
    OtherProof(FindingId),
    /// A verdict that the runs do not give.
    #[error("the verdict {stated:?} does not follow from the runs, which give {follows:?}")]
    VerdictDoesNotFollow {
        /// What was stated.
        stated: Verdict,
        /// What follows.
        follows: Verdict,
    },
    /// Not believed.
    #[error("`{finding}` is {stage} and not validated; only validated findings go to maintainers")]
    NotValidated {
        /// Which finding.
        finding: FindingId,
        /// How far it is.
        stage: Stage,
    },
    /// Not at this stage.
    #[error("`{finding}` is {stage}; it would have to be {needed}")]
    WrongStage {
        /// Which finding.
        finding: FindingId,
        /// How far it is.
        stage: Stage,
        /// How far it would have to be.
        needed: &'static str,
    },
    /// Not what was drafted.
    #[error("what was sent for `{0}` is not its latest draft")]
    NotTheDraft(FindingId),
    /// Not this finding's maintainer.
    #[error("`{by}` is neither a clearinghouse nor the maintainer that `{finding}` went to")]
    NotMaintainer {
        /// Which finding.
        finding: FindingId,
        /// Who tried.
        by: PartyId,
    },
    /// The maintainer takes no more for now.
    #[error("`{maintainer}` takes {per_week} reports in seven days; {}", next.map_or_else(
        || "it takes none for now".to_owned(), |at| format!("the next may go at {at}")))]
    PaceExceeded {
        /// Which maintainer.
        maintainer: PartyId,
        /// Its pace.
        per_week: u32,
        /// When the next may go; `None` while the pace is zero.
        next: Option<Timestamp>,
    },
    /// Neither a fix nor a clock allows disclosure.
    #[error("`{finding}` is under embargo{}", until.map_or_else(
        || " until it was sent or fixed".to_owned(), |at| format!(" until {at} or a fix")))]
    UnderEmbargo {
        /// Which finding.
        finding: FindingId,
        /// Until when; `None` while no clock runs.
        until: Option<Timestamp>,
    },
    /// Extended before, or the policy has no extension.
    #[error("the embargo of `{0}` can't be extended: the policy allows one extension at most")]
    NotExtensible(FindingId),
    /// The maintainer did answer.
    #[error("the maintainer of `{0}` has answered; no coordinator is needed for silence")]
    NotSilent(FindingId),
    /// Silence is not long enough.
    #[error("a coordinator for `{finding}` is due at {due}, not before")]
    NotYetSilent {
        /// Which finding.
        finding: FindingId,
        /// When it is.
        due: Timestamp,
    },
}

impl Refusal {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotSigned(_) => "not-signed",
            Self::UnknownParty(_) => "unknown-party",
            Self::RoleMissing { .. } => "role-missing",
            Self::ClaimExists(_) => "claim-exists",
            Self::UnknownClaim(_) => "unknown-claim",
            Self::NotClaimant { .. } => "not-claimant",
            Self::ClaimReleased { .. } => "claim-released",
            Self::LeaseExpired { .. } => "lease-expired",
            Self::LeaseInPast { .. } => "lease-in-past",
            Self::LeaseTooLong { .. } => "lease-too-long",
            Self::LeaseNotLonger { .. } => "lease-not-longer",
            Self::FindingExists(_) => "finding-exists",
            Self::UnknownFinding(_) => "unknown-finding",
            Self::NotReporter { .. } => "not-reporter",
            Self::TooMany { .. } => "too-many",
            Self::NothingAffected => "nothing-affected",
            Self::NoSuchWeakness { .. } => "no-such-weakness",
            Self::ProvenanceContradicts => "provenance-contradicts",
            Self::InFuture { .. } => "in-future",
            Self::OutOfOrder { .. } => "out-of-order",
            Self::AlreadyRecorded { .. } => "already-recorded",
            Self::SameFinding(_) => "same-finding",
            Self::AlreadyDuplicate { .. } => "already-duplicate",
            Self::BasisNotMet { .. } => "basis-not-met",
            Self::IsDuplicate { .. } => "is-duplicate",
            Self::SameBuild => "same-build",
            Self::ProofIsControl => "proof-is-control",
            Self::OtherProof(_) => "other-proof",
            Self::VerdictDoesNotFollow { .. } => "verdict-does-not-follow",
            Self::NotValidated { .. } => "not-validated",
            Self::WrongStage { .. } => "wrong-stage",
            Self::NotTheDraft(_) => "not-the-draft",
            Self::NotMaintainer { .. } => "not-maintainer",
            Self::PaceExceeded { .. } => "pace-exceeded",
            Self::UnderEmbargo { .. } => "under-embargo",
            Self::NotExtensible(_) => "not-extensible",
            Self::NotSilent(_) => "not-silent",
            Self::NotYetSilent { .. } => "not-yet-silent",
        }
    }
}
