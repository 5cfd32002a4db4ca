//! Names of rules, clocks and obligations: `order-14409/2-d`, `forensic-triage/scope@cve-2026-1`.

use std::fmt;
use std::str::FromStr;

/// Why a text names no rule, clock or obligation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a name of an obligation: write PACK/RULE or PACK/RULE@CLOCK, each of a-z, 0-9, `-`"
)]
pub struct ParseObligationIdError(String);

/// A rule of a pack, `PACK/RULE`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleId {
    pack: Box<str>,
    rule: Box<str>,
}

/// A clock that a party started, such as one incident or one vulnerability on one system.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClockId(Box<str>);

/// A rule, and the clock it runs on unless its start is fixed by the text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObligationId {
    /// The rule.
    pub rule: RuleId,
    /// The clock, when the start is not fixed.
    pub clock: Option<ClockId>,
}

/// 1 to 80 bytes of `a-z`, `0-9` and `-`.
pub(crate) fn is_name(text: &str) -> bool {
    (1..=80).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn wrong(text: &str) -> ParseObligationIdError {
    ParseObligationIdError(text.chars().take(200).collect())
}

impl RuleId {
    /// The name of a rule.
    ///
    /// # Errors
    /// Parts that are not names.
    pub fn new(pack: &str, rule: &str) -> Result<Self, ParseObligationIdError> {
        if is_name(pack) && is_name(rule) {
            Ok(Self { pack: pack.into(), rule: rule.into() })
        } else {
            Err(wrong(&format!("{pack}/{rule}")))
        }
    }
    /// The pack's id.
    pub fn pack(&self) -> &str {
        &self.pack
    }
    /// The rule's id within its pack.
    pub fn rule(&self) -> &str {
        &self.rule
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.pack, self.rule)
    }
}

impl fmt::Display for ClockId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for ObligationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.clock {
            Some(clock) => write!(f, "{}@{clock}", self.rule),
            None => write!(f, "{}", self.rule),
        }
    }
}

impl FromStr for RuleId {
    type Err = ParseObligationIdError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (pack, rule) = text.split_once('/').ok_or_else(|| wrong(text))?;
        Self::new(pack, rule)
    }
}

impl FromStr for ClockId {
    type Err = ParseObligationIdError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if is_name(text) { Ok(Self(text.into())) } else { Err(wrong(text)) }
    }
}

impl FromStr for ObligationId {
    type Err = ParseObligationIdError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('@') {
            Some((rule, clock)) => Ok(Self { rule: rule.parse()?, clock: Some(clock.parse()?) }),
            None => Ok(Self { rule: text.parse()?, clock: None }),
        }
    }
}

macro_rules! as_text {
    ($($type:ident),*) => {$(
        impl<C> minicbor::Encode<C> for $type {
            fn encode<W: minicbor::encode::Write>(
                &self,
                e: &mut minicbor::Encoder<W>,
                _: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                e.str(&self.to_string())?;
                Ok(())
            }
        }
        impl<'b, C> minicbor::Decode<'b, C> for $type {
            fn decode(
                d: &mut minicbor::Decoder<'b>,
                _: &mut C,
            ) -> Result<Self, minicbor::decode::Error> {
                d.str()?.parse().map_err(minicbor::decode::Error::custom)
            }
        }
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

as_text!(ClockId, ObligationId, RuleId);
