//! The clauses of terms that a machine checks, each at the act that it bounds.

use super::{Binding, Content, LIST, Publication, bounded};
use crate::Refusal;
use domain::PartyId;
use ipnet::IpNet;
use minicbor::{Decode, Encode};
use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

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

/// When the gateway's record of a use must be safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode)]
#[cbor(index_only)]
pub enum Recording {
    /// Once the operating system has it: a machine that loses power loses some 30 seconds of records.
    #[n(1)]
    Relaxed,
    /// On disk before anything is forwarded, and before an answer ends.
    #[default]
    #[n(0)]
    Durable,
}

impl Recording {
    /// Every mode with its name in configuration and manual.
    pub const ALL: [(Self, &'static str); 2] =
        [(Self::Durable, "durable"), (Self::Relaxed, "relaxed")];
}

/// Addresses that requests may come from, such as `192.0.2.0/24` or `2001:db8::/32`.
///
/// Its text is canonical (RFC 4632, RFC 5952): the address of the network itself, so that two texts never
/// mean one network in what parties sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network(IpNet);

/// Why a text is not a network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{given}` is not a network: write the network's first address and its length, such as {example}"
)]
pub struct ParseNetworkError {
    given: String,
    example: String,
}

impl Network {
    /// Whether an address lies in it. An IPv4 address that is written as IPv6 counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

impl FromStr for Network {
    type Err = ParseNetworkError;
    fn from_str(text: &str) -> Result<Self, ParseNetworkError> {
        let parsed = text.parse::<IpNet>();
        let canonical =
            parsed.as_ref().is_ok_and(|net| net.trunc() == *net && net.to_string() == text);
        match parsed {
            Ok(net) if canonical => Ok(Self(net)),
            parsed => Err(ParseNetworkError {
                given: text.chars().take(80).collect(),
                example: parsed.map_or_else(
                    |_| "`192.0.2.0/24` or `2001:db8::/32`".to_owned(),
                    |net| format!("`{}`", net.trunc()),
                ),
            }),
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<C> Encode<C> for Network {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.str(&self.to_string())?;
        Ok(())
    }
}

impl<'b, C> Decode<'b, C> for Network {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        d.str()?.parse().map_err(minicbor::decode::Error::custom)
    }
}

/// Limits that every grant, and every use under it, must keep. What is `None` is not agreed and not checked.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Limits {
    /// The endpoints that grants may name.
    #[n(0)]
    pub endpoints: BTreeSet<Endpoint>,
    /// The most tokens, in and out together, that one grant may have.
    #[n(1)]
    pub tokens_per_grant: u64,
    /// The most tokens, in and out together, that one grant may use in one day (UTC).
    #[n(2)]
    pub tokens_per_day: Option<u64>,
    /// Where requests may come from.
    #[n(3)]
    pub networks: Option<BTreeSet<Network>>,
    /// The least that the gateway's record must be; [`Recording::Durable`] when nothing is agreed.
    #[n(4)]
    pub recording: Option<Recording>,
    /// Organisations that may become partners or defenders under the terms. Empty: none.
    #[n(5)]
    pub partners: Option<BTreeSet<PartyId>>,
    /// Who may receive assessments besides the developer, government and the evaluators. Empty: nobody.
    #[n(6)]
    pub recipients: Option<BTreeSet<PartyId>>,
    /// What is kept of requests and answers; [`Content::Hashed`] when nothing is agreed.
    #[n(7)]
    pub content: Option<Content>,
    /// How a caller may show that a credential is its own.
    #[n(8)]
    pub credentials: Option<BTreeSet<Binding>>,
    /// The most tokens, in and out together, that one person may use over all of their grants in the case.
    #[n(9)]
    pub tokens_per_person: Option<u64>,
    /// The same in one day (UTC).
    #[n(10)]
    pub tokens_per_person_per_day: Option<u64>,
    /// When an assessment may be made public.
    #[n(11)]
    pub publication: Option<Publication>,
}

impl Limits {
    /// Limits of endpoints and tokens alone.
    pub fn new(endpoints: BTreeSet<Endpoint>, tokens_per_grant: u64) -> Self {
        Self {
            endpoints,
            tokens_per_grant,
            tokens_per_day: None,
            networks: None,
            recording: None,
            partners: None,
            recipients: None,
            content: None,
            credentials: None,
            tokens_per_person: None,
            tokens_per_person_per_day: None,
            publication: None,
        }
    }

    /// Whether the limits are whole: what is given has an entry, and no list is over bounds.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        bounded("endpoints", &self.endpoints)?;
        for (what, tokens) in [
            ("tokens per grant", Some(self.tokens_per_grant)),
            ("tokens per day", self.tokens_per_day),
            ("tokens per person", self.tokens_per_person),
            ("tokens per person per day", self.tokens_per_person_per_day),
        ] {
            if tokens == Some(0) {
                return Err(Refusal::NothingNamed { what });
            }
        }
        if let Some(networks) = &self.networks {
            bounded("networks", networks)?;
        }
        if let Some(credentials) = &self.credentials {
            bounded("credentials", credentials)?;
        }
        self.content.unwrap_or_default().check()?;
        for (what, parties) in [("partners", &self.partners), ("recipients", &self.recipients)] {
            let given = parties.as_ref().map_or(0, BTreeSet::len);
            if given > LIST {
                return Err(Refusal::TooMany { what, given, bound: LIST });
            }
        }
        Ok(())
    }

    /// Whether a request may come from this address; `None` when it is not known.
    pub(crate) fn admit_source(&self, address: Option<IpAddr>) -> Result<(), Refusal> {
        let Some(networks) = &self.networks else { return Ok(()) };
        match address {
            Some(address) if networks.iter().any(|network| network.contains(address)) => Ok(()),
            address => Err(Refusal::NetworkOutsideTerms { address }),
        }
    }

    /// Whether a caller that holds its credential so may use it.
    pub(crate) fn admit_binding(&self, given: Binding) -> Result<(), Refusal> {
        match &self.credentials {
            Some(allowed) if !allowed.contains(&given) => {
                Err(Refusal::CredentialOutsideTerms { given })
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Whether a gateway that records so may forward.
    pub(crate) fn admit_recording(&self, given: Recording) -> Result<(), Refusal> {
        let needed = self.recording.unwrap_or_default();
        if given >= needed { Ok(()) } else { Err(Refusal::RecordingOutsideTerms { given, needed }) }
    }
}
