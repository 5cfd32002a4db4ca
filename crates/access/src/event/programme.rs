//! The defender programme (EO 14409 §2(c)(iii)): applications, who verified an organisation and how, and what a tier gives.

use crate::Endpoint;
use domain::{
    CaseId, Digest, Line, ModelId, NominationId, PartyId, PersonId, Text, Timestamp, wire,
};
use minicbor::{Decode, Encode};
use std::collections::BTreeSet;

/// By what right a defender looks at a system.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Right {
    /// It is the organisation's own.
    #[n(0)]
    Owns,
    /// Its owner allows the organisation to test it.
    #[n(1)]
    MayTest(#[n(0)] Line),
}

/// A system within a defender's scope.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct System {
    /// Its name, as the organisation calls it.
    #[n(0)]
    pub name: Line,
    /// By what right.
    #[n(1)]
    pub right: Right,
}

/// An application to the defender programme.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Enrolment {
    /// The case.
    #[n(0)]
    pub case: CaseId,
    /// A new id.
    #[n(1)]
    pub application: NominationId,
    /// Who applies and whose persons act; holds [`domain::Role::Defender`]. A sponsor, where `sponsored` says so.
    #[n(2)]
    pub applicant: PartyId,
    /// The organisation that is defended, in words.
    #[n(3)]
    pub organisation: Line,
    /// Its sector.
    #[n(4)]
    pub sector: Line,
    /// Its size, as a cohort of the ladder's data.
    #[n(5)]
    pub size: Line,
    /// Whether the applicant is a sponsor, such as a sector body, that acts for an organisation without staff.
    #[n(6)]
    pub sponsored: bool,
    /// The systems it owns or may test.
    #[n(7)]
    pub systems: BTreeSet<System>,
    /// The tier it asks for, by name.
    #[n(8)]
    pub tier: Line,
    /// What it would help with, in its own words.
    #[n(9)]
    pub reason: Text,
}

impl Enrolment {
    /// What both sides sign in an [`EnrolmentAdmission`].
    pub fn digest(&self) -> Digest {
        Digest::of(&wire::encode(self))
    }
}

/// One side verified that an organisation is who it says it is, and that the systems are its own to test.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Verification {
    /// The case.
    #[n(0)]
    pub case: CaseId,
    /// Which application.
    #[n(1)]
    pub application: NominationId,
    /// The developer or government of the case.
    #[n(2)]
    pub by: PartyId,
    /// The person who looked, by pseudonym. One who is recused can't.
    #[n(3)]
    pub person: PersonId,
    /// How, by the name of a method of the ladder's data.
    #[n(4)]
    pub method: Line,
    /// SHA-256 of what was looked at, if it was a document.
    #[n(5)]
    pub evidence: Option<Digest>,
    /// When.
    #[n(6)]
    pub verified_at: Timestamp,
}

/// What may be used of a model. Only a tier that gives a model has one, and no grant is made without.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Allowance {
    /// The models.
    #[n(0)]
    pub models: BTreeSet<ModelId>,
    /// The endpoints that a grant may name.
    #[n(1)]
    pub endpoints: BTreeSet<Endpoint>,
    /// The most tokens of one grant, in and out together.
    #[n(2)]
    pub tokens_per_grant: u64,
}

/// What a tier gives.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub enum Gives {
    /// Findings and patches for its systems, and no model: there is no allowance to make a grant from.
    #[n(0)]
    FindingsAndPatches,
    /// A model, within an allowance.
    #[n(1)]
    Model(#[n(0)] Allowance),
}

/// A step of the ladder, as it was when both sides admitted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Tier {
    /// Its name.
    #[n(0)]
    pub name: Line,
    /// SHA-256 of the ladder's data.
    #[n(1)]
    pub ladder: Digest,
    /// What it gives.
    #[n(2)]
    pub gives: Gives,
}

/// Both sides' signature on an application, at a tier. The organisation was verified before.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct EnrolmentAdmission {
    /// The case.
    #[n(0)]
    pub case: CaseId,
    /// Which application.
    #[n(1)]
    pub application: NominationId,
    /// [`Enrolment::digest`].
    #[n(2)]
    pub proposal: Digest,
    /// The tier.
    #[n(3)]
    pub tier: Tier,
    /// [`crate::Terms::digest`] of the terms in force, for persons to acknowledge.
    #[n(4)]
    pub terms: Digest,
    /// The developer.
    #[n(5)]
    pub developer: PartyId,
    /// Government.
    #[n(6)]
    pub government: PartyId,
    /// The first instant at which a model may be used: not before the planned partner release.
    #[n(7)]
    pub starts_at: Timestamp,
    /// The first instant without standing.
    #[n(8)]
    pub expires_at: Timestamp,
}

/// An organisation loses all access in this case: every standing, every grant, every person. It lasts as long as the case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct OrganisationRemoval {
    /// The case.
    #[n(0)]
    pub case: CaseId,
    /// Which.
    #[n(1)]
    pub party: PartyId,
    /// The developer, government, or the organisation itself.
    #[n(2)]
    pub by: PartyId,
    /// Why, or empty.
    #[n(3)]
    pub reason: Text,
}
