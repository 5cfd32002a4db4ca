//! The right to forward one request. Only [`crate::Reviews::permit`] makes one.

use crate::{Basis, Binding, Content, Endpoint, Recording};
use domain::{CaseId, Digest, GrantId, ModelId, PartyId, PersonId, Timestamp};
use std::net::IpAddr;

/// What someone who presents a credential asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UseRequest {
    /// The model.
    pub model: ModelId,
    /// The kind of call.
    pub endpoint: Endpoint,
    /// The most tokens it can cost, in and out together.
    pub tokens: u64,
    /// Where it comes from; `None` when that is not known.
    pub from: Option<IpAddr>,
    /// When the record of it will be safe.
    pub recording: Recording,
    /// How the caller showed that the credential is its own.
    pub binding: Binding,
    /// SHA-256 of a second person's bearer token, if one looks on.
    pub second: Option<Digest>,
}

impl UseRequest {
    /// A request from an unknown place with a bearer token, whose record will be durable.
    pub fn new(model: ModelId, endpoint: Endpoint, tokens: u64) -> Self {
        let (recording, binding) = (Recording::Durable, Binding::Bearer);
        Self { model, endpoint, tokens, from: None, recording, binding, second: None }
    }
}

/// What a grant may use in one day, by the terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayBudget {
    /// The day's first instant (UTC).
    pub day: Timestamp,
    /// Tokens, in and out together.
    pub tokens: u64,
    /// How much of it the record shows as used.
    pub recorded: u64,
}

/// What one person may use over all of their grants in a case, by the terms. Exact sums: nothing is added to blur them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonBudget {
    /// The most tokens in all, in and out together.
    pub tokens: Option<u64>,
    /// The most in one day.
    pub tokens_per_day: Option<u64>,
    /// The day's first instant (UTC).
    pub day: Timestamp,
    /// The person's grants, the one that is used among them.
    pub grants: Vec<PersonGrant>,
}

/// What the record shows of one of a person's grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonGrant {
    /// Which.
    pub grant: GrantId,
    /// Tokens used in all.
    pub recorded: u64,
    /// Tokens used on the budget's day.
    pub recorded_of_day: u64,
}

/// A permit: the request may be forwarded until [`Permit::expires_at`], while
/// [`crate::Reviews::is_live`] agrees. It can't be built, changed or copied outside this crate.
#[derive(Debug)]
#[must_use = "a permit that is not used forwards nothing"]
pub struct Permit {
    pub(crate) case: CaseId,
    pub(crate) grant: GrantId,
    pub(crate) basis: Basis,
    pub(crate) developer: PartyId,
    pub(crate) party: PartyId,
    pub(crate) person: PersonId,
    pub(crate) model: ModelId,
    pub(crate) endpoint: Endpoint,
    pub(crate) terms: Digest,
    pub(crate) budget_tokens: u64,
    pub(crate) recorded_tokens: u64,
    pub(crate) day_budget: Option<DayBudget>,
    pub(crate) person_budget: Option<PersonBudget>,
    pub(crate) content: Content,
    pub(crate) slowed: bool,
    /// The second key as it was shown, and whose it was when it was.
    pub(crate) second_key: Option<Digest>,
    pub(crate) second: Option<PersonId>,
    pub(crate) expires_at: Timestamp,
}

impl Permit {
    /// The review.
    pub fn case(&self) -> &CaseId {
        &self.case
    }
    /// The grant it spends.
    pub fn grant(&self) -> &GrantId {
        &self.grant
    }
    /// The window or standing that the grant rests on.
    pub fn basis(&self) -> &Basis {
        &self.basis
    }
    /// The window, when the grant rests on one.
    pub fn window(&self) -> Option<&domain::WindowId> {
        match &self.basis {
            Basis::Window(window) => Some(window),
            Basis::Partner(_) | Basis::Defender(_) => None,
        }
    }
    /// Whose model it is.
    pub fn developer(&self) -> &PartyId {
        &self.developer
    }
    /// The party of the person.
    pub fn party(&self) -> &PartyId {
        &self.party
    }
    /// The person, by pseudonym.
    pub fn person(&self) -> &PersonId {
        &self.person
    }
    /// The model that may be called.
    pub fn model(&self) -> &ModelId {
        &self.model
    }
    /// The kind of call.
    pub fn endpoint(&self) -> Endpoint {
        self.endpoint
    }
    /// The digest of the terms the person acknowledged.
    pub fn terms(&self) -> &Digest {
        &self.terms
    }
    /// The whole budget of the grant, in tokens in and out. Uses not yet on record are the
    /// gateway's to count.
    pub fn budget_tokens(&self) -> u64 {
        self.budget_tokens
    }
    /// What the person may use over all of their grants, when the terms bound it.
    pub fn person_budget(&self) -> Option<&PersonBudget> {
        self.person_budget.as_ref()
    }
    /// How much of it the record shows as used.
    pub fn recorded_tokens(&self) -> u64 {
        self.recorded_tokens
    }
    /// What may be used today, when the terms bound a day.
    pub fn day_budget(&self) -> Option<DayBudget> {
        self.day_budget
    }
    /// What is kept of request and answer.
    pub fn content(&self) -> Content {
        self.content
    }
    /// Whether the developer slowed the grant over a signal: one request at a time, and a pause between two.
    pub fn is_slowed(&self) -> bool {
        self.slowed
    }
    /// The second person who looks on, if one does.
    pub fn second(&self) -> Option<&PersonId> {
        self.second.as_ref()
    }
    /// The first instant at which it is worth nothing: the end of the window or standing, or of the
    /// grant, whichever comes first.
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }
}
