//! Safeguard terms: the four heads of EO 14409 §3(b)(ii), and the limits that a machine can check.

use crate::Refusal;
use domain::{CaseId, Digest, ModelId, PartyId, TermsId, Text, wire};
use minicbor::{Decode, Encode};
use std::collections::BTreeSet;

mod kept;
mod limits;
mod named;
mod publication;

pub use kept::{Binding, Content, RETENTION_DAYS};
pub use limits::{Endpoint, Limits, Network, ParseNetworkError, Recording};
pub use publication::Publication;

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

/// Where a model has to be, for a refusal that names the clause.
pub(crate) const MODELS: &str = "the terms (terms: models)";

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
        self.limits.check()
    }
}

#[cfg(test)]
mod tests;
