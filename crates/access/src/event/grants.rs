//! Grants to named persons, and what was done with them.

use crate::Endpoint;
use domain::{
    CaseId, Digest, GrantId, Line, ModelId, NominationId, PartyId, PersonId, Text, Timestamp,
    WindowId, wire,
};
use minicbor::{Decode, Encode};
use std::collections::BTreeSet;

/// What a grant rests on. It ends with it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Basis {
    /// A window, for an evaluator.
    #[n(0)]
    Window(#[n(0)] WindowId),
    /// A partner's standing, after the planned partner release.
    #[n(1)]
    Partner(#[n(0)] NominationId),
    /// A defender's standing, after the planned partner release.
    #[n(2)]
    Defender(#[n(0)] NominationId),
}

/// A request for a grant, stated by the party whose person will use it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct GrantRequest {
    /// The case.
    #[n(0)]
    pub case: CaseId,
    /// A new id.
    #[n(1)]
    pub grant: GrantId,
    /// What it rests on.
    #[n(2)]
    pub basis: Basis,
    /// The one model.
    #[n(3)]
    pub model: ModelId,
    /// The person's party.
    #[n(4)]
    pub party: PartyId,
    /// The one person, by pseudonym.
    #[n(5)]
    pub person: PersonId,
    /// Who asks.
    #[n(6)]
    pub requested_by: PersonId,
    /// [`crate::Terms::digest`] that the person acknowledged.
    #[n(7)]
    pub terms: Digest,
    /// SHA-256 of the bearer token. The token itself never enters a statement.
    #[n(8)]
    pub credential: Digest,
    /// The endpoints asked for.
    #[n(9)]
    pub endpoints: BTreeSet<Endpoint>,
    /// Tokens, in and out together.
    #[n(10)]
    pub budget_tokens: u64,
    /// The first instant of use.
    #[n(11)]
    pub starts_at: Timestamp,
    /// The first instant without use.
    #[n(12)]
    pub ends_at: Timestamp,
    /// What for.
    #[n(13)]
    pub purpose: Line,
}

impl GrantRequest {
    /// What both sides sign in a [`GrantIssue`].
    pub fn digest(&self) -> Digest {
        Digest::of(&wire::encode(self))
    }
}

/// Both sides' signature on a requested grant, each given by a second person. The three persons must
/// carry three pseudonyms, also across parties.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct GrantIssue {
    /// The case.
    #[n(0)]
    pub case: CaseId,
    /// The grant.
    #[n(1)]
    pub grant: GrantId,
    /// [`GrantRequest::digest`].
    #[n(2)]
    pub request: Digest,
    /// The developer.
    #[n(3)]
    pub developer: PartyId,
    /// The developer's person who approved.
    #[n(4)]
    pub developer_approver: PersonId,
    /// Government.
    #[n(5)]
    pub government: PartyId,
    /// Government's person who approved.
    #[n(6)]
    pub government_approver: PersonId,
}

/// The holder's party replaces the credential of a grant: from now on the new one works, and the old one until it ends.
/// Nothing else of the grant changes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct CredentialReplacement {
    /// The case.
    #[n(0)]
    pub case: CaseId,
    /// The grant.
    #[n(1)]
    pub grant: GrantId,
    /// The holder's party.
    #[n(2)]
    pub party: PartyId,
    /// The digest of the credential that is replaced, as [`GrantRequest::credential`].
    #[n(3)]
    pub old: Digest,
    /// The digest of the new one.
    #[n(4)]
    pub new: Digest,
    /// The first instant at which the old one works no more, at most a day after this is stated.
    #[n(5)]
    pub old_ends_at: Timestamp,
}

/// A revocation, suspension or resumption.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct GrantChange {
    /// The case.
    #[n(0)]
    pub case: CaseId,
    /// The grant.
    #[n(1)]
    pub grant: GrantId,
    /// The developer, government, or the holder's own party.
    #[n(2)]
    pub by: PartyId,
    /// Why, or empty.
    #[n(3)]
    pub reason: Text,
}

/// A recusal or a removal of a person. Both last as long as the case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct PersonStatement {
    /// The case.
    #[n(0)]
    pub case: CaseId,
    /// The person's party.
    #[n(1)]
    pub party: PartyId,
    /// The person, by pseudonym.
    #[n(2)]
    pub person: PersonId,
    /// Who states it: the person's own party; for a removal also the developer or government.
    #[n(3)]
    pub by: PartyId,
    /// Why, or empty.
    #[n(4)]
    pub reason: Text,
}

/// What one grant did in one minute, as its gateway's owner states it. Late is fine: it is a record.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Uses {
    /// The case.
    #[n(0)]
    pub case: CaseId,
    /// The grant.
    #[n(1)]
    pub grant: GrantId,
    /// The developer, whose gateway it was.
    #[n(2)]
    pub developer: PartyId,
    /// The start of the minute.
    #[n(3)]
    pub minute: Timestamp,
    /// Root of the inner tree over the minute's salted leaves.
    #[n(4)]
    pub root: Digest,
    /// How many requests.
    #[n(5)]
    pub count: u64,
    /// Tokens sent to the model.
    #[n(6)]
    pub tokens_in: u64,
    /// Tokens the model gave.
    #[n(7)]
    pub tokens_out: u64,
}
