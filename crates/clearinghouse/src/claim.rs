//! Claims on scan work: who looks at what, how, by what right and until when.

use crate::Refusal;
use domain::{ClaimId, Line, PartyId, Text, Timestamp};
use minicbor::{Decode, Encode};

/// What is looked at: a package or product, and one revision of it or all.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Encode,
    Decode,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// A package URL without version (`pkg:cargo/smallvec`), or a product's name where there is none.
    #[n(0)]
    pub name: Line,
    /// A version or a commit; all revisions when absent.
    #[n(1)]
    #[serde(default)]
    pub revision: Option<Line>,
}

impl Target {
    /// Whether work on one may repeat work on the other: the same name, and revisions that are equal
    /// or not both named. Names are compared exactly.
    pub fn overlaps(&self, other: &Self) -> bool {
        let revisions = match (&self.revision, &other.revision) {
            (Some(one), Some(two)) => one == two,
            (None, _) | (_, None) => true,
        };
        self.name == other.name && revisions
    }
}

/// How a target is looked at.
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
pub enum Method {
    /// Rules or queries over source or binaries.
    #[n(0)]
    StaticAnalysis,
    /// Generated input.
    #[n(1)]
    Fuzzing,
    /// Constraint solving over paths.
    #[n(2)]
    SymbolicExecution,
    /// A language model reads or acts.
    #[n(3)]
    Model,
    /// A person reads.
    #[n(4)]
    Review,
    /// Requests to a running system that its owner authorised.
    #[n(5)]
    Probing,
}

/// A party claims scan work.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ScanClaim {
    /// Its id.
    #[n(0)]
    pub claim: ClaimId,
    /// Who claims.
    #[n(1)]
    pub by: PartyId,
    /// What is looked at.
    #[n(2)]
    pub target: Target,
    /// How.
    #[n(3)]
    pub method: Method,
    /// By what right, and within what bounds: the authorised scope in the claimant's words.
    #[n(4)]
    pub scope: Text,
    /// When the lease ends.
    #[n(5)]
    pub until: Timestamp,
}

/// A claimant keeps its claim for longer.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ScanRenewal {
    /// Which claim.
    #[n(0)]
    pub claim: ClaimId,
    /// Its claimant.
    #[n(1)]
    pub by: PartyId,
    /// When the lease now ends.
    #[n(2)]
    pub until: Timestamp,
}

/// A claimant gives its claim back.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ScanRelease {
    /// Which claim.
    #[n(0)]
    pub claim: ClaimId,
    /// Its claimant.
    #[n(1)]
    pub by: PartyId,
    /// What came of it, in one line.
    #[n(2)]
    pub note: Line,
}

/// A claim as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// What was claimed; its `until` is the latest.
    pub terms: ScanClaim,
    /// When it was first stated.
    pub since: Timestamp,
    /// When it was given back, and with which words.
    pub released: Option<(Timestamp, Line)>,
}

impl Claim {
    /// Whether the claim holds at an instant: begun, neither given back nor expired.
    pub fn holds(&self, at: Timestamp) -> bool {
        self.since <= at && at < self.ends()
    }

    /// When the claim ended or will end.
    pub fn ends(&self) -> Timestamp {
        self.released.as_ref().map_or(self.terms.until, |(at, _)| self.terms.until.min(*at))
    }

    pub(crate) fn check_holder(&self, by: &PartyId, now: Timestamp) -> Result<(), Refusal> {
        let claim = &self.terms.claim;
        if *by != self.terms.by {
            return Err(Refusal::NotClaimant { claim: claim.clone(), by: by.clone() });
        }
        if self.released.is_some() {
            return Err(Refusal::ClaimReleased { claim: claim.clone() });
        }
        if now >= self.terms.until {
            return Err(Refusal::LeaseExpired { claim: claim.clone(), at: self.terms.until });
        }
        Ok(())
    }
}

/// A warning: someone else works on the same target at the same time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlap {
    /// The other claim.
    pub claim: ClaimId,
    /// Whose it is.
    pub by: PartyId,
    /// How they look.
    pub method: Method,
    /// Until when.
    pub until: Timestamp,
}
