//! What is written down of each request: an intent before it is forwarded, a use record after.

use crate::content::Kept;
use crate::traits::Traits;
use access::Endpoint;
use domain::{Digest, GrantId, ModelId, PersonId, Timestamp};
use http::HeaderValue;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A request's name: 128 random bits, printed as 32 hexadecimal digits. The client gets it as
/// `x-request-id`, the upstream too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(u128);

/// Why a text is not a request id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a request id: 32 lower-case hexadecimal digits are needed")]
pub struct ParseRequestIdError(String);

/// Written durably before anything of the request is forwarded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intent {
    /// The request's name.
    pub request: RequestId,
    /// The grant it spends.
    pub grant: GrantId,
    /// The person who uses the grant.
    pub person: PersonId,
    /// The path that was asked for.
    #[serde(serialize_with = "write_endpoint", deserialize_with = "read_endpoint")]
    pub endpoint: Endpoint,
    /// The model that was asked for.
    pub model: ModelId,
    /// When the permit was given.
    pub started_at: Timestamp,
    /// SHA-256 of the request body; under sealed terms a [`crate::commitment`] to it.
    pub request_digest: Digest,
    /// What is kept, where anything is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Kept>,
    /// Estimated tokens of the prompt.
    pub tokens_in: u64,
    /// Tokens reserved for prompt and answer; what a crash before the outcome costs the grant, unless more was set aside since.
    pub reserved: u64,
}

/// Written when the request has ended; its line is one leaf of the minute's inner tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UseRecord {
    /// 32 random bytes, so that a leaf hash betrays nothing that could be guessed.
    pub salt: Digest,
    /// The request's name.
    pub request: RequestId,
    /// The grant it spent.
    pub grant: GrantId,
    /// The person who used the grant.
    pub person: PersonId,
    /// The minute whose tree the record belongs to: that of `finished_at`, or the first that was
    /// still open when the record became durable. The log sets it.
    pub minute: Timestamp,
    /// When the permit was given.
    pub started_at: Timestamp,
    /// When the answer ended.
    pub finished_at: Timestamp,
    /// The path that was asked for.
    #[serde(serialize_with = "write_endpoint", deserialize_with = "read_endpoint")]
    pub endpoint: Endpoint,
    /// The model that was asked for.
    pub model: ModelId,
    /// SHA-256 of the request body; under sealed terms a [`crate::commitment`] to it.
    pub request_digest: Digest,
    /// SHA-256 of the body bytes that the upstream sent and the client was given, or a commitment likewise.
    pub response_digest: Digest,
    /// What is kept, where anything is; it says how the digests are made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Kept>,
    /// Tokens of the prompt, as the upstream reported or as estimated.
    pub tokens_in: u64,
    /// Tokens of the answer, as the upstream reported or as counted.
    pub tokens_out: u64,
    /// Tokens taken from the grant's budget.
    pub charged: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// What rules about misuse are shown beside this; nothing for a request that a crash interrupted.
    #[serde(default, skip_serializing_if = "Traits::is_empty")]
    pub traits: Traits,
}

/// How a forwarded request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The whole answer was given.
    Completed,
    /// The upstream answered with an error, which was passed on.
    UpstreamRefused,
    /// The upstream could not be reached, died, or broke its protocol.
    UpstreamFailed,
    /// The upstream was silent for too long.
    UpstreamStalled,
    /// The client left before the answer ended.
    ClientGone,
    /// The permit ended (withdrawal, revocation, expiry) and the answer was cut.
    PermitEnded,
    /// The answer ran past the grant's budget and was cut.
    BudgetExhausted,
    /// The gateway was stopped before the answer ended.
    Stopped,
    /// The answer took longer than a request may.
    TimedOut,
    /// Found without an outcome after a crash; token counts are upper bounds.
    Interrupted,
}

impl Outcome {
    /// Its name in the use log, in metrics and in the manual.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::UpstreamRefused => "upstream-refused",
            Self::UpstreamFailed => "upstream-failed",
            Self::UpstreamStalled => "upstream-stalled",
            Self::ClientGone => "client-gone",
            Self::PermitEnded => "permit-ended",
            Self::BudgetExhausted => "budget-exhausted",
            Self::Stopped => "stopped",
            Self::TimedOut => "timed-out",
            Self::Interrupted => "interrupted",
        }
    }
}

/// How many digits a request id has.
const DIGITS: usize = 32;

impl RequestId {
    /// Its digits, written to where the caller has room for them.
    fn hex(self, digits: &mut [u8; DIGITS]) -> &str {
        data_encoding::HEXLOWER.encode_mut(&self.0.to_be_bytes(), digits);
        std::str::from_utf8(digits).expect("hexadecimal digits are text")
    }

    /// It as a header carries it.
    pub(crate) fn header(self) -> HeaderValue {
        HeaderValue::from_str(self.hex(&mut [0; DIGITS])).expect("digits fit a header")
    }

    /// Its bits.
    pub const fn bits(self) -> u128 {
        self.0
    }

    /// An id from 128 bits that the caller drew.
    pub const fn from_bits(bits: u128) -> Self {
        Self(bits)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.hex(&mut [0; DIGITS]))
    }
}

impl FromStr for RequestId {
    type Err = ParseRequestIdError;
    fn from_str(text: &str) -> Result<Self, ParseRequestIdError> {
        let digits = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'));
        let bits = (text.len() == DIGITS && digits).then(|| u128::from_str_radix(text, 16));
        match bits {
            Some(Ok(bits)) => Ok(Self(bits)),
            Some(Err(_)) | None => Err(ParseRequestIdError(text.chars().take(40).collect())),
        }
    }
}

impl Serialize for RequestId {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.hex(&mut [0; DIGITS]))
    }
}

impl<'de> Deserialize<'de> for RequestId {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

fn write_endpoint<S: serde::Serializer>(endpoint: &Endpoint, s: S) -> Result<S::Ok, S::Error> {
    s.serialize_str(endpoint.name())
}

fn read_endpoint<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Endpoint, D::Error> {
    let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
    text.parse().map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::Outcome;

    #[test]
    fn an_outcome_has_one_name_everywhere() {
        let all = [
            Outcome::Completed,
            Outcome::UpstreamRefused,
            Outcome::UpstreamFailed,
            Outcome::UpstreamStalled,
            Outcome::ClientGone,
            Outcome::PermitEnded,
            Outcome::BudgetExhausted,
            Outcome::Stopped,
            Outcome::TimedOut,
            Outcome::Interrupted,
        ];
        for outcome in all {
            let written = serde_json::to_string(&outcome).expect("a word");
            assert_eq!(written, format!("\"{}\"", outcome.name()));
        }
    }
}
