//! Trusted partners (EO 14409 §3(b)(iii)) and defenders (§2(c)(iii)).

use domain::{CaseId, Digest, Line, ModelId, NominationId, PartyId, Text, Timestamp, wire};
use minicbor::{Decode, Encode};
use std::collections::BTreeSet;

/// A proposal that an organisation become a trusted partner, by either side.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Nomination {
    /// The case.
    #[n(0)]
    pub case: CaseId,
    /// A new id.
    #[n(1)]
    pub nomination: NominationId,
    /// The developer or government of the case.
    #[n(2)]
    pub by: PartyId,
    /// Who would become a partner.
    #[n(3)]
    pub nominee: PartyId,
    /// The models it would get.
    #[n(4)]
    pub models: BTreeSet<ModelId>,
    /// The neutral criteria it was chosen by, in words.
    #[n(5)]
    pub criteria: Text,
    /// SHA-256 of the criteria's bytes, so that nominations by one rule can be compared.
    #[n(6)]
    pub criteria_digest: Digest,
    /// Why it meets them.
    #[n(7)]
    pub reason: Text,
    /// Declared conflicts of interest, perhaps none.
    #[n(8)]
    pub conflicts: BTreeSet<Line>,
    /// The first instant without standing.
    #[n(9)]
    pub expires_at: Timestamp,
}

impl Nomination {
    /// What both sides sign in a [`Selection`].
    pub fn digest(&self) -> Digest {
        Digest::of(&wire::encode(self))
    }
}

/// Both sides' signature on a nomination.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Selection {
    /// The case.
    #[n(0)]
    pub case: CaseId,
    /// Which nomination.
    #[n(1)]
    pub nomination: NominationId,
    /// [`Nomination::digest`].
    #[n(2)]
    pub proposal: Digest,
    /// The developer.
    #[n(3)]
    pub developer: PartyId,
    /// Government.
    #[n(4)]
    pub government: PartyId,
}

/// The end of a partner's or defender's standing, by either side.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Revocation {
    /// The case.
    #[n(0)]
    pub case: CaseId,
    /// Which nomination or application.
    #[n(1)]
    pub nomination: NominationId,
    /// The developer or government of the case.
    #[n(2)]
    pub by: PartyId,
    /// Why, or empty.
    #[n(3)]
    pub reason: Text,
}

/// A defender's application.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Application {
    /// The case.
    #[n(0)]
    pub case: CaseId,
    /// A new id.
    #[n(1)]
    pub application: NominationId,
    /// Who applies; holds [`domain::Role::Defender`].
    #[n(2)]
    pub applicant: PartyId,
    /// The organisation, in words.
    #[n(3)]
    pub organisation: Line,
    /// Its sector.
    #[n(4)]
    pub sector: Line,
    /// The systems it owns or is authorised to test.
    #[n(5)]
    pub systems: BTreeSet<Line>,
    /// The models it asks for.
    #[n(6)]
    pub models: BTreeSet<ModelId>,
}

impl Application {
    /// What both sides sign in an [`Admission`].
    pub fn digest(&self) -> Digest {
        Digest::of(&wire::encode(self))
    }
}

/// Both sides' signature on an application.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Admission {
    /// The case.
    #[n(0)]
    pub case: CaseId,
    /// Which application.
    #[n(1)]
    pub application: NominationId,
    /// [`Application::digest`].
    #[n(2)]
    pub proposal: Digest,
    /// The developer.
    #[n(3)]
    pub developer: PartyId,
    /// Government.
    #[n(4)]
    pub government: PartyId,
    /// The first instant without standing.
    #[n(5)]
    pub expires_at: Timestamp,
}
