//! Counting the tokens of all text in a JSON value without keeping it.

use llm::estimate;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// A piece of text up to this many bytes counts as one token: servers stream token by token, and
/// few tokens are longer.
const ONE_TOKEN: usize = 24;

/// The tokens of all text in a JSON value, whatever its fields are called. In a streamed value a
/// short text is one token.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tokens<const STREAMED: bool>(pub(super) u64);

impl<'de, const STREAMED: bool> Deserialize<'de> for Tokens<STREAMED> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(Count::<STREAMED>)
    }
}

struct Count<const STREAMED: bool>;

impl<'de, const STREAMED: bool> Visitor<'de> for Count<STREAMED> {
    type Value = Tokens<STREAMED>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Tokens(match text.len() {
            0 => 0,
            1..=ONE_TOKEN if STREAMED => 1,
            _ => estimate(text),
        }))
    }
    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Tokens(0))
    }
    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Tokens(0))
    }
    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Tokens(0))
    }
    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Tokens(0))
    }
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Tokens(0))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut sum = 0u64;
        while let Some(Tokens(n)) = access.next_element::<Self::Value>()? {
            sum = sum.saturating_add(n);
        }
        Ok(Tokens(sum))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut sum = 0u64;
        while let Some(name) = access.next_key::<Field>()? {
            match name {
                Field::Frame => drop(access.next_value::<IgnoredAny>()?),
                Field::Text => sum = sum.saturating_add(access.next_value::<Tokens<STREAMED>>()?.0),
            }
        }
        Ok(Tokens(sum))
    }
}

/// Fields whose text is not the model's, and all others.
#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Field {
    #[serde(alias = "role", alias = "type", alias = "id", alias = "call_id", alias = "status")]
    Frame,
    #[serde(other)]
    Text,
}
