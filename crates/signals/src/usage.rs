//! What the rules are shown of a use.

use crate::Sketch;
use domain::{Digest, GrantId, PartyId, PersonId, Timestamp};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::Serialize;
use std::fmt;
use std::net::IpAddr;

/// A request's name, as the use log has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct UseId(pub u128);

impl fmt::Display for UseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl Serialize for UseId {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

/// A grant, as far as rules need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The grant.
    pub grant: GrantId,
    /// The person's organisation.
    pub party: PartyId,
    /// The person.
    pub person: PersonId,
    /// What for, as it was declared when the grant was asked for.
    pub purpose: String,
}

/// One use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// Its name.
    pub id: UseId,
    /// The grant it spent.
    pub grant: GrantId,
    /// When its permit was given.
    pub started_at: Timestamp,
    /// When its answer ended.
    pub finished_at: Timestamp,
    /// Tokens of the prompt.
    pub tokens_in: u64,
    /// Tokens of the answer.
    pub tokens_out: u64,
    /// The network it came from, by [`network_of`]; none when that is not known.
    pub from: Option<IpNet>,
    /// What may be known of the prompt.
    pub prompt: Prompt,
}

/// What the terms let the developer know of a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prompt {
    /// Nothing: what is on record is a salted commitment, different for equal prompts.
    Sealed,
    /// Its digest.
    Hashed(Digest),
    /// Its digest, and what was computed of its text.
    Visible {
        /// SHA-256 of the request body.
        digest: Digest,
        /// Of the text that was asked last; none where there is none.
        sketch: Option<Sketch>,
        /// Grants whose canaries it held.
        canaries: Vec<GrantId>,
    },
}

impl Prompt {
    /// Its digest, where it may be known.
    pub fn digest(&self) -> Option<&Digest> {
        match self {
            Self::Sealed => None,
            Self::Hashed(digest) | Self::Visible { digest, .. } => Some(digest),
        }
    }

    /// Its sketch, where there is one.
    pub fn sketch(&self) -> Option<&Sketch> {
        match self {
            Self::Sealed | Self::Hashed(_) => None,
            Self::Visible { sketch, .. } => sketch.as_ref(),
        }
    }

    /// The grants whose canaries it held, where text may be known.
    pub fn canaries(&self) -> &[GrantId] {
        match self {
            Self::Sealed | Self::Hashed(_) => &[],
            Self::Visible { canaries, .. } => canaries,
        }
    }
}

/// The network that is kept of an address: its /24, or /48 for IPv6. Enough to tell places apart, too little to tell one
/// desk from the next.
pub fn network_of(address: IpAddr) -> IpNet {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            IpNet::V4(Ipv4Net::new(address, 24).expect("24 is at most 32").trunc())
        }
        IpAddr::V6(address) => {
            IpNet::V6(Ipv6Net::new(address, 48).expect("48 is at most 128").trunc())
        }
    }
}
