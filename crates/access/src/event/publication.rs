//! An assessment is made public.

use domain::{CaseId, Digest, Line, PartyId};
use minicbor::{Decode, Encode};
use std::collections::BTreeSet;

/// An assessment, or an item of it, is made public. The terms may bound it; it says nothing about a release.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct AssessmentPublication {
    /// The case.
    #[n(0)]
    pub case: CaseId,
    /// Who publishes: the developer, or whoever may share an assessment.
    #[n(1)]
    pub by: PartyId,
    /// Digest of what is published.
    #[n(2)]
    pub report: Digest,
    /// The handling marking of it.
    #[n(3)]
    pub handling: Line,
    /// Where it can be read, such as an address.
    #[n(4)]
    pub place: Line,
    /// Who of the developer and government agrees, and so signs it too.
    #[n(5)]
    pub agreed_by: BTreeSet<PartyId>,
    /// Which item of the assessment it is, when it is published item by item.
    #[n(6)]
    pub item: Option<Line>,
}

impl AssessmentPublication {
    /// Who signs it: who publishes, and who agrees.
    pub fn signers(&self) -> BTreeSet<PartyId> {
        let mut signers = self.agreed_by.clone();
        signers.insert(self.by.clone());
        signers
    }
}
