//! Terms and windows: what both sides sign before anyone gets access.

use crate::Terms;
use domain::{CaseId, Digest, ModelId, PartyId, PersonId, Span, Text, Timestamp, WindowId};
use minicbor::{Decode, Encode};
use std::collections::BTreeSet;

/// Terms put on the table by one side.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct TermsProposal {
    /// The developer or government of the case.
    #[n(0)]
    pub by: PartyId,
    /// The terms.
    #[n(1)]
    pub terms: Terms,
}

/// Both sides' signature on the terms that lie on the table.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct TermsAgreement {
    /// The case.
    #[n(0)]
    pub case: CaseId,
    /// [`Terms::digest`].
    #[n(1)]
    pub terms: Digest,
    /// The developer.
    #[n(2)]
    pub developer: PartyId,
    /// Government.
    #[n(3)]
    pub government: PartyId,
}

/// A person's acknowledgement, stated by the person's party.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Acknowledgement {
    /// The case.
    #[n(0)]
    pub case: CaseId,
    /// [`Terms::digest`] of the terms in force.
    #[n(1)]
    pub terms: Digest,
    /// The person's party.
    #[n(2)]
    pub party: PartyId,
    /// The person, by pseudonym.
    #[n(3)]
    pub person: PersonId,
}

/// Both sides' signature on a window.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct WindowOpening {
    /// The case.
    #[n(0)]
    pub case: CaseId,
    /// A new id.
    #[n(1)]
    pub window: WindowId,
    /// [`Terms::digest`] of the terms in force.
    #[n(2)]
    pub terms: Digest,
    /// The developer.
    #[n(3)]
    pub developer: PartyId,
    /// Government.
    #[n(4)]
    pub government: PartyId,
    /// The models that may be used.
    #[n(5)]
    pub models: BTreeSet<ModelId>,
    /// When access begins.
    #[n(6)]
    pub first_access_at: Timestamp,
    /// The developer's plan at signing, on which the end hangs.
    #[n(7)]
    pub planned_partner_release_at: Timestamp,
    /// The longest span from first access, within the bounds.
    #[n(8)]
    pub longest: Span,
}

/// An early end by either side.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct WindowClosing {
    /// The case.
    #[n(0)]
    pub case: CaseId,
    /// The window.
    #[n(1)]
    pub window: WindowId,
    /// The developer or government of the case.
    #[n(2)]
    pub by: PartyId,
    /// Why, or empty.
    #[n(3)]
    pub reason: Text,
}
