//! Inquiries, determinations, the developer's own words, and records without consequence.

use domain::{CaseId, Digest, Line, ModelId, PartyId, PersonId, Text, Timestamp, WindowId};
use minicbor::{Decode, Encode};
use std::collections::BTreeSet;

/// A developer's question, before training ends (EO 14409 §3(b)(i)). Opens a case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Inquiry {
    /// The case it opens.
    #[n(0)]
    pub case: CaseId,
    /// Who asks.
    #[n(1)]
    pub developer: PartyId,
    /// Who is asked.
    #[n(2)]
    pub government: PartyId,
    /// One or several models still in training.
    #[n(3)]
    pub models: BTreeSet<ModelId>,
    /// When the developer plans to release to other trusted partners. Only a plan, and only theirs.
    #[n(4)]
    pub planned_partner_release_at: Timestamp,
    /// The question in words.
    #[n(5)]
    pub question: Text,
}

/// Government's own request for access. Nothing follows from it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct AccessRequest {
    /// The case it is about, open or not.
    #[n(0)]
    pub case: CaseId,
    /// Who asks.
    #[n(1)]
    pub government: PartyId,
    /// Who is asked.
    #[n(2)]
    pub developer: PartyId,
    /// Why.
    #[n(3)]
    pub reason: Text,
}

/// A developer's decline. Nothing follows from it, nor from silence.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Decline {
    /// The case it is about, open or not.
    #[n(0)]
    pub case: CaseId,
    /// Who declines.
    #[n(1)]
    pub developer: PartyId,
    /// A reason, if they care to give one.
    #[n(2)]
    pub reason: Option<Text>,
}

/// What an authority determined about coverage (EO 14409 §3(a)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Outcome {
    /// A covered frontier model.
    #[n(0)]
    Covered,
    /// Not a covered frontier model.
    #[n(1)]
    NotCovered,
    /// Could not be determined.
    #[n(2)]
    Undetermined,
}

/// A determination's opaque reference. The determination, its criteria and its scores stay where
/// they were made; what enters is a digest under the authority's signature (the statement's own).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Determination {
    /// The case.
    #[n(0)]
    pub case: CaseId,
    /// The model it is about.
    #[n(1)]
    pub model: ModelId,
    /// Who determined; holds [`domain::Role::Determiner`].
    #[n(2)]
    pub authority: PartyId,
    /// What was determined.
    #[n(3)]
    pub outcome: Outcome,
    /// Digest of the determination's document.
    #[n(4)]
    pub reference: Digest,
    /// Which version of the benchmark it rests on, as a name only.
    #[n(5)]
    pub benchmark: Line,
    /// Who was consulted.
    #[n(6)]
    pub consultees: BTreeSet<Line>,
    /// When it was decided, which may be before it was stated.
    #[n(7)]
    pub decided_at: Timestamp,
    /// The handling marking of this reference.
    #[n(8)]
    pub handling: Line,
    /// The earlier reference for the same model that it replaces.
    #[n(9)]
    pub supersedes: Option<Digest>,
    /// How it was made, as far as the authority says so here.
    #[n(10)]
    pub account: Option<Account>,
}

/// How a determination was made. Nothing classified needs to be in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Account {
    /// Who decided, by pseudonym. A person who is recused from the case can't.
    #[n(0)]
    pub decided_by: PersonId,
    /// What that person declared of interests, such as `none`.
    #[n(1)]
    pub declared: Line,
    /// Digest of the attestation that the measurement was contained.
    #[n(2)]
    pub containment: Option<Digest>,
    /// Digest of the memo that was before that person.
    #[n(3)]
    pub memo: Option<Digest>,
    /// The whole determination in words, when it need not stay elsewhere; its digest is the reference.
    #[n(4)]
    pub document: Option<Text>,
}

/// The authority takes a determination back without a new one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct DeterminationWithdrawal {
    /// The case.
    #[n(0)]
    pub case: CaseId,
    /// Who determined.
    #[n(1)]
    pub authority: PartyId,
    /// The reference taken back.
    #[n(2)]
    pub reference: Digest,
    /// Why.
    #[n(3)]
    pub reason: Text,
}

/// The developer's new plan for its partner release.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Replan {
    /// The case.
    #[n(0)]
    pub case: CaseId,
    /// Who plans.
    #[n(1)]
    pub developer: PartyId,
    /// The new plan.
    #[n(2)]
    pub planned_partner_release_at: Timestamp,
}

/// How much a withdrawal ends. It is for ever: to begin again is a new inquiry or a new window.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub enum Scope {
    /// All access in the case.
    #[n(0)]
    Case,
    /// All access to one model.
    #[n(1)]
    Model(#[n(0)] ModelId),
    /// One window.
    #[n(2)]
    Window(#[n(0)] WindowId),
}

/// The developer's word that ends access.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Withdrawal {
    /// The case.
    #[n(0)]
    pub case: CaseId,
    /// Who withdraws.
    #[n(1)]
    pub developer: PartyId,
    /// How much.
    #[n(2)]
    pub scope: Scope,
    /// Why, or empty.
    #[n(3)]
    pub reason: Text,
}

/// To whom a model was released.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Audience {
    /// To trusted partners.
    #[n(0)]
    Partners,
    /// To some of the public: a preview, a staged rollout.
    #[n(1)]
    Limited,
    /// To everyone.
    #[n(2)]
    Public,
    /// As open weights.
    #[n(3)]
    OpenWeights,
}

/// The developer's word that it released a model. Always admitted from its developer; changes nothing
/// else.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Release {
    /// Who released.
    #[n(0)]
    pub developer: PartyId,
    /// What.
    #[n(1)]
    pub model: ModelId,
    /// To whom.
    #[n(2)]
    pub audience: Audience,
    /// When.
    #[n(3)]
    pub released_at: Timestamp,
    /// A review it belongs to, if any.
    #[n(4)]
    pub case: Option<CaseId>,
}

/// An assessment or findings went to the developer and perhaps to others (EO 14409 §3(a)).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct AssessmentSharing {
    /// The case.
    #[n(0)]
    pub case: CaseId,
    /// Who shared: government, the determiner or an evaluator under the terms.
    #[n(1)]
    pub by: PartyId,
    /// Who received it.
    #[n(2)]
    pub recipients: BTreeSet<PartyId>,
    /// Digest of what was shared.
    #[n(3)]
    pub report: Digest,
    /// The handling marking of it.
    #[n(4)]
    pub handling: Line,
    /// Which item of the assessment it is, when it is shared item by item.
    #[n(5)]
    pub item: Option<Line>,
}

/// An order under other law, such as an export control. It is recorded beside reviews and changes
/// nothing in them: complying with it is the developer's act, by withdrawal or otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct ExternalOrder {
    /// Who records it.
    #[n(0)]
    pub by: PartyId,
    /// A case it touches, if any.
    #[n(1)]
    pub case: Option<CaseId>,
    /// Who gave the order.
    #[n(2)]
    pub authority: Line,
    /// The claimed legal basis.
    #[n(3)]
    pub legal_basis: Line,
    /// Digest of the order's document.
    #[n(4)]
    pub document: Digest,
    /// When it was received.
    #[n(5)]
    pub received_at: Timestamp,
}
