//! Delegations: the holder of a credential that is bound to a key lets an agent use it, for less, and the agent may let
//! another, for less again. No party is asked; the chain is in the use record.
//!
//! A link is a JWS (RFC 7515, ES256) by the key that delegates: to which key, for which token, until when, and what of the
//! grant. The first link is by the key that the credential is bound to, each later one by the key that the one before names;
//! who asks proves the last key (DPoP). A link can only take away: what it doesn't name is as the one before had it.

use crate::jws::{Jws, Wrong, part};
use access::Endpoint;
use domain::{Digest, ModelId, Timestamp};
use serde::Deserialize;
use std::collections::BTreeSet;

/// Most links of a chain.
const LINKS: usize = 4;

/// What a chain of delegations leaves of a grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegation {
    /// The thumbprint of the key that the credential is bound to.
    pub root: Digest,
    /// The thumbprints of the keys that were delegated to, in order; the last is the one that asks.
    pub chain: Vec<Digest>,
    /// The first instant at which it is worth nothing.
    pub until: Timestamp,
    /// The one model, if it names one.
    pub model: Option<ModelId>,
    /// The endpoints, if it names some.
    pub endpoints: Option<BTreeSet<Endpoint>>,
    /// Most tokens of one request, in and out together.
    pub tokens: Option<u64>,
    links: Vec<Jws>,
}

/// Why a delegation is not taken, or does not reach so far.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DelegationFault {
    /// A link can't be read, or is not its key's.
    #[error("link {0} of the delegation can't be taken: {1}")]
    Link(usize, Wrong),
    /// There are too many links, or none.
    #[error("a delegation has 1 to 4 links")]
    Length,
    /// A link is by another key than the one before names, or for another token.
    #[error("link {0} of the delegation does not follow from the one before")]
    Broken(usize),
    /// It is over.
    #[error("the delegation ended at {0}")]
    Over(Timestamp),
    /// It leaves less than is asked for.
    #[error("the delegation does not allow {0}")]
    Less(&'static str),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    /// The thumbprint of the key that may act.
    to: String,
    /// The token's SHA-256.
    ath: String,
    exp: i64,
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    endpoints: Option<BTreeSet<String>>,
    #[serde(default)]
    tokens: Option<u64>,
}

impl Delegation {
    /// Reads a chain: links apart by commas, the holder's first. `asks` is the key that the request is signed with, `token` the
    /// SHA-256 of the credential.
    ///
    /// # Errors
    /// See [`DelegationFault`]. No signature is looked at yet.
    pub fn read(text: &str, token: &Digest, asks: &Digest) -> Result<Self, DelegationFault> {
        let links: Vec<_> = text.split(',').map(str::trim).take(LINKS + 1).collect();
        if links.len() > LINKS {
            return Err(DelegationFault::Length);
        }
        let mut whole: Option<Self> = None;
        for (n, link) in links.into_iter().enumerate() {
            let wrong = |fault| DelegationFault::Link(n + 1, fault);
            let jws = Jws::read(link, "vestibule-delegation+jwt").map_err(wrong)?;
            let by = jws.thumbprint;
            let next = Self::link(jws, token, n + 1)?;
            whole = Some(match whole {
                None => next,
                Some(before) if before.chain.last() == Some(&by) => before.less(next),
                Some(_) => return Err(DelegationFault::Broken(n + 1)),
            });
        }
        let whole = whole.ok_or(DelegationFault::Length)?;
        if whole.chain.last() != Some(asks) {
            return Err(DelegationFault::Broken(whole.chain.len()));
        }
        Ok(whole)
    }

    fn link(jws: Jws, token: &Digest, n: usize) -> Result<Self, DelegationFault> {
        let malformed = |what| DelegationFault::Link(n, what);
        let claims: Claims = serde_json::from_slice(&jws.claims).map_err(|_| {
            malformed(
                "`to`, `ath` and `exp` are needed; `model`, `endpoints`, `tokens` may be there",
            )
        })?;
        let digest = |text: &str| {
            let bytes = part(text).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
            bytes.map(Digest::from_bytes).ok_or(malformed("a SHA-256 in base64url is needed"))
        };
        if digest(&claims.ath)? != *token {
            return Err(DelegationFault::Broken(n));
        }
        let until = claims.exp.checked_mul(1_000_000).and_then(Timestamp::from_micros);
        let named = |names: BTreeSet<String>| names.iter().map(|name| name.parse()).collect();
        let endpoints: Option<Result<BTreeSet<Endpoint>, String>> = claims.endpoints.map(named);
        Ok(Self {
            root: jws.thumbprint,
            chain: vec![digest(&claims.to)?],
            until: until.ok_or(malformed("`exp` is out of range"))?,
            model: claims
                .model
                .map(|model| model.parse())
                .transpose()
                .map_err(|_| malformed("`model` is no id"))?,
            endpoints: endpoints
                .transpose()
                .map_err(|_| malformed("`endpoints` names one that there isn't"))?,
            tokens: claims.tokens,
            links: vec![jws],
        })
    }

    /// What both leave.
    fn less(self, next: Self) -> Self {
        let endpoints = match (self.endpoints, next.endpoints) {
            (Some(mine), Some(theirs)) => Some(mine.intersection(&theirs).copied().collect()),
            (one, other) => one.or(other),
        };
        // two models leave none, so no endpoint is left to ask for one
        let (model, endpoints) = match (self.model, next.model) {
            (Some(mine), Some(theirs)) if mine != theirs => (Some(mine), Some(BTreeSet::new())),
            (one, other) => (one.or(other), endpoints),
        };
        Self {
            root: self.root,
            chain: [self.chain, next.chain].concat(),
            until: self.until.min(next.until),
            model,
            endpoints,
            tokens: self.tokens.into_iter().chain(next.tokens).min(),
            links: [self.links, next.links].concat(),
        }
    }

    /// Whether every link is signed by its key.
    ///
    /// # Errors
    /// The first that is not.
    pub fn is_signed(&self) -> Result<(), DelegationFault> {
        match self.links.iter().position(|link| !link.is_signed()) {
            Some(n) => Err(DelegationFault::Link(n + 1, "its signature is wrong")),
            None => Ok(()),
        }
    }

    /// Whether it is worth something yet.
    ///
    /// # Errors
    /// It is over.
    pub fn is_live(&self, now: Timestamp) -> Result<(), DelegationFault> {
        if now < self.until { Ok(()) } else { Err(DelegationFault::Over(self.until)) }
    }

    /// Whether a request is within what is left; time and tokens aside.
    ///
    /// # Errors
    /// It leaves less.
    pub fn allows(&self, model: &ModelId, endpoint: Endpoint) -> Result<(), DelegationFault> {
        if self.model.as_ref().is_some_and(|only| only != model) {
            return Err(DelegationFault::Less("this model"));
        }
        if self.endpoints.as_ref().is_some_and(|some| !some.contains(&endpoint)) {
            return Err(DelegationFault::Less("this address"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
