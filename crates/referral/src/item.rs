//! Items of evidence and who held them.

use domain::{Digest, Digest384, Line, PartyId, PersonId, Timestamp};
use std::fmt;
use std::str::FromStr;

/// The name of an item's file in the package: segments of `A-Z a-z 0-9 . _ -` joined by `/`, none of
/// which starts with a dot. So a name never leaves the package's folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ItemName(Box<str>);

/// Why a text is not a name of an item.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a name of an item: use segments of A-Z, a-z, 0-9, `.`, `_`, `-` joined by `/`, none starting with a dot, at most 120 bytes"
)]
pub struct ParseItemNameError(String);

/// A person of a party who holds an item.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    minicbor::Encode,
    minicbor::Decode,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Holder {
    /// The party.
    #[n(0)]
    pub party: PartyId,
    /// The person, by the pseudonym the party gives.
    #[n(1)]
    pub person: PersonId,
}

/// One item of evidence.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    minicbor::Encode,
    minicbor::Decode,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Its file in the package.
    #[n(0)]
    pub name: ItemName,
    /// SHA-256 of its bytes.
    #[n(1)]
    pub sha256: Digest,
    /// SHA-384 of its bytes.
    #[n(2)]
    pub sha384: Digest384,
    /// How many bytes it has.
    #[n(3)]
    pub size: u64,
    /// What it is.
    #[n(4)]
    pub description: Line,
    /// Who collected it.
    #[n(5)]
    pub collected_by: Holder,
    /// When.
    #[n(6)]
    pub collected_at: Timestamp,
    /// Where: the system, the place.
    #[n(7)]
    pub collected_where: Line,
    /// With which tool, and its version.
    #[n(8)]
    pub tool: Line,
}

/// An item that went from one holder to another. Giver and receiver both signed the statement.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    minicbor::Encode,
    minicbor::Decode,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// SHA-256 of the item.
    #[n(0)]
    pub item: Digest,
    /// Who gave it.
    #[n(1)]
    pub from: Holder,
    /// Who received it.
    #[n(2)]
    pub to: Holder,
    /// When.
    #[n(3)]
    pub at: Timestamp,
    /// Why.
    #[n(4)]
    pub reason: Line,
}

impl ItemName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ItemName {
    type Err = ParseItemNameError;
    fn from_str(text: &str) -> Result<Self, ParseItemNameError> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
        let segment = |s: &str| !s.is_empty() && !s.starts_with('.') && s.bytes().all(plain);
        if text.len() <= 120 && text.split('/').all(segment) {
            Ok(Self(text.into()))
        } else {
            Err(ParseItemNameError(text.chars().take(120).flat_map(char::escape_debug).collect()))
        }
    }
}

impl fmt::Display for ItemName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<C> minicbor::Encode<C> for ItemName {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.str(&self.0)?;
        Ok(())
    }
}

impl<'b, C> minicbor::Decode<'b, C> for ItemName {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        d.str()?.parse().map_err(minicbor::decode::Error::custom)
    }
}

impl serde::Serialize for ItemName {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for ItemName {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
