//! Who signs: organisations and the parts they may play.

use crate::{Line, PartyId};
use std::fmt;
use std::str::FromStr;

/// A part a party may play. Roles belong to parties; there is no administrator.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, minicbor::Encode, minicbor::Decode,
)]
#[cbor(index_only)]
pub enum Role {
    /// Trains and releases a model.
    #[n(0)]
    Developer,
    /// Speaks for government in a review: agrees terms, nominates partners.
    #[n(1)]
    Government,
    /// Determines whether a model is covered (EO 14409 §3(a): Director NSA).
    #[n(2)]
    Determiner,
    /// Runs measurements.
    #[n(3)]
    Evaluator,
    /// Coordinates findings and patches (§2(d)).
    #[n(4)]
    Clearinghouse,
    /// Runs systems that need patching.
    #[n(5)]
    Operator,
    /// A trusted partner (§3(b)(iii)).
    #[n(6)]
    Partner,
    /// Holds defender grants (§2(c)(iii)).
    #[n(7)]
    Defender,
    /// Maintains software that findings are about.
    #[n(8)]
    Maintainer,
    /// Reports findings.
    #[n(9)]
    Reporter,
    /// Watches: inspector general, auditor.
    #[n(10)]
    Inspector,
    /// Receives evidence packages (§4).
    #[n(11)]
    Investigator,
    /// Stands above the keys of other parties; its own lie in a safe.
    #[n(12)]
    Root,
}

impl Role {
    /// Every role with its name in code, configuration and manual.
    pub const ALL: [(Self, &'static str); 13] = [
        (Self::Developer, "developer"),
        (Self::Government, "government"),
        (Self::Determiner, "determiner"),
        (Self::Evaluator, "evaluator"),
        (Self::Clearinghouse, "clearinghouse"),
        (Self::Operator, "operator"),
        (Self::Partner, "partner"),
        (Self::Defender, "defender"),
        (Self::Maintainer, "maintainer"),
        (Self::Reporter, "reporter"),
        (Self::Inspector, "inspector"),
        (Self::Investigator, "investigator"),
        (Self::Root, "root"),
    ];
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::ALL.iter().find(|(r, _)| r == self).map_or("", |(_, n)| n);
        f.pad(name)
    }
}

impl FromStr for Role {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.iter().find(|(_, n)| *n == text).map(|(r, _)| *r).ok_or_else(|| {
            let all: Vec<_> = Self::ALL.iter().map(|(_, n)| *n).collect();
            format!("`{text}` is not a role; one of: {}", all.join(", "))
        })
    }
}

impl serde::Serialize for Role {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Role {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// An organisation that signs statements.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// Its id, also the name on its signatures.
    pub id: PartyId,
    /// What people call it.
    pub name: Line,
    /// What it may do.
    pub roles: Vec<Role>,
}
