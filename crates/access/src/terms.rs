//! Safeguard terms: the four heads of EO 14409 §3(b)(ii), and the limits that a machine can check.

use crate::Refusal;
use domain::{CaseId, Digest, ModelId, PartyId, TermsId, Text, wire};
use minicbor::{Decode, Encode};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// What one head of the safeguards requires. None of the three may be empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Head {
    /// How the thing is protected.
    #[n(0)]
    pub protection: Text,
    /// What it may be used for.
    #[n(1)]
    pub usage: Text,
    /// What may be told to whom.
    #[n(2)]
    pub nondisclosure: Text,
}

/// The four heads, each covering protection, use and nondisclosure (EO 14409 §3(b)(ii)).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Safeguards {
    /// Confidentiality.
    #[n(0)]
    pub confidentiality: Head,
    /// Cybersecurity.
    #[n(1)]
    pub cybersecurity: Head,
    /// Insider risk.
    #[n(2)]
    pub insider_risk: Head,
    /// Intellectual property.
    #[n(3)]
    pub intellectual_property: Head,
}

impl Safeguards {
    /// The twelve cells: head, part and text, in the order's own order.
    pub fn cells(&self) -> [(&'static str, &'static str, &Text); 12] {
        let Self {
            confidentiality: c,
            cybersecurity: s,
            insider_risk: i,
            intellectual_property: p,
        } = self;
        [
            ("confidentiality", "protection", &c.protection),
            ("confidentiality", "use", &c.usage),
            ("confidentiality", "nondisclosure", &c.nondisclosure),
            ("cybersecurity", "protection", &s.protection),
            ("cybersecurity", "use", &s.usage),
            ("cybersecurity", "nondisclosure", &s.nondisclosure),
            ("insider-risk", "protection", &i.protection),
            ("insider-risk", "use", &i.usage),
            ("insider-risk", "nondisclosure", &i.nondisclosure),
            ("intellectual-property", "protection", &p.protection),
            ("intellectual-property", "use", &p.usage),
            ("intellectual-property", "nondisclosure", &p.nondisclosure),
        ]
    }
}

/// A kind of call to a model that a grant can allow. What is not named is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Endpoint {
    /// `POST /v1/chat/completions`.
    #[n(0)]
    ChatCompletions,
    /// `POST /v1/responses`.
    #[n(1)]
    Responses,
    /// `POST /v1/embeddings`.
    #[n(2)]
    Embeddings,
    /// `GET /v1/models`.
    #[n(3)]
    Models,
    /// `POST /v1/messages`.
    #[n(4)]
    Messages,
    /// `POST /v1/messages/count_tokens`.
    #[n(5)]
    CountTokens,
}

impl Endpoint {
    /// Every endpoint with its name in configuration and manual.
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::ChatCompletions, "chat-completions"),
        (Self::Responses, "responses"),
        (Self::Embeddings, "embeddings"),
        (Self::Models, "models"),
        (Self::Messages, "messages"),
        (Self::CountTokens, "count-tokens"),
    ];
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::ALL.iter().find(|(e, _)| e == self).map_or("", |(_, n)| n))
    }
}

impl FromStr for Endpoint {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.iter().find(|(_, n)| *n == text).map(|(e, _)| *e).ok_or_else(|| {
            let all: Vec<_> = Self::ALL.iter().map(|(_, n)| *n).collect();
            let given: String = text.chars().take(80).collect();
            format!("`{given}` is not an endpoint; one of: {}", all.join(", "))
        })
    }
}

/// Limits that every grant under the terms must keep.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Limits {
    /// The endpoints that grants may name.
    #[n(0)]
    pub endpoints: BTreeSet<Endpoint>,
    /// The most tokens, in and out together, that one grant may have.
    #[n(1)]
    pub tokens_per_grant: u64,
}

/// A version of safeguard terms. Immutable: other words are another version with another id, and
/// signatures and acknowledgements are over [`Terms::digest`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Terms {
    /// The version.
    #[n(0)]
    pub id: TermsId,
    /// The review they belong to.
    #[n(1)]
    pub case: CaseId,
    /// The models they cover, all of the case's.
    #[n(2)]
    pub models: BTreeSet<ModelId>,
    /// The organisations whose people may use the models during a window.
    #[n(3)]
    pub evaluators: BTreeSet<PartyId>,
    /// The four heads.
    #[n(4)]
    pub safeguards: Safeguards,
    /// What a machine checks.
    #[n(5)]
    pub limits: Limits,
}

/// Most entries of any list in a statement. It bounds work per statement; 64 is above every list
/// seen in practice (about 20 partners of one model).
pub(crate) const LIST: usize = 64;

pub(crate) fn bounded<T>(what: &'static str, list: &BTreeSet<T>) -> Result<(), Refusal> {
    match list.len() {
        0 => Err(Refusal::NothingNamed { what }),
        1..=LIST => Ok(()),
        given => Err(Refusal::TooMany { what, given, bound: LIST }),
    }
}

impl Terms {
    /// What parties sign and persons acknowledge: SHA-256 of the deterministic encoding.
    pub fn digest(&self) -> Digest {
        Digest::of(&wire::encode(self))
    }

    /// Whether the terms are whole: every safeguard cell has words, every list an entry.
    ///
    /// # Errors
    /// The first gap.
    pub fn check(&self) -> Result<(), Refusal> {
        for (head, part, text) in self.safeguards.cells() {
            if text.as_str().trim().is_empty() {
                return Err(Refusal::SafeguardMissing { head, part });
            }
        }
        bounded("models", &self.models)?;
        bounded("evaluators", &self.evaluators)?;
        bounded("endpoints", &self.limits.endpoints)?;
        if self.limits.tokens_per_grant == 0 {
            return Err(Refusal::NothingNamed { what: "tokens per grant" });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
