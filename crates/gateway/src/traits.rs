//! What is written down of a use for rules about misuse: from which network, who looked on, and, where the terms make
//! content visible, a sketch of what was asked and whose canaries it held.

use access::{Content, Permit};
use domain::{Digest, GrantId, PersonId};
use ipnet::IpNet;
use llm::{Call, Skim};
use serde::{Deserialize, Serialize};
use signals::{Canaries, Sketch, network_of};
use std::net::IpAddr;

/// What rules about misuse are shown beside sizes, counts and times. Under terms that don't make content visible nothing of
/// it comes from the prompt: a record that says otherwise is refused as damage.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Traits {
    /// The network the request came from: the /24 of its address, or the /48.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "network")]
    pub from: Option<IpNet>,
    /// The second person who looked on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second: Option<PersonId>,
    /// The thumbprints of the keys that the holder's use was delegated to, in order; the last asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub via: Vec<Digest>,
    /// Of the text that was asked last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sketch: Option<Sketch>,
    /// Grants whose canaries that text held.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub canaries: Vec<GrantId>,
}

impl Traits {
    /// What may be written down of a request under its permit.
    pub(crate) fn of(
        permit: &Permit,
        (from, via): (Option<IpAddr>, &[Digest]),
        (call, skim): (Call, &Skim),
        planted: &Canaries,
    ) -> Self {
        let (sketch, canaries) = match permit.content() {
            Content::Hashed | Content::Sealed { .. } => (None, Vec::new()),
            Content::Visible { .. } => {
                let text = skim.last_said(call);
                (Sketch::of(&text), planted.found_in(&text))
            }
        };
        let second = permit.second().cloned();
        Self { from: from.map(network_of), second, via: via.to_vec(), sketch, canaries }
    }

    /// Whether there is nothing to write down.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether something of it comes from the prompt.
    pub(crate) fn shows_prompt(&self) -> bool {
        self.sketch.is_some() || !self.canaries.is_empty()
    }
}

/// A network as text, and no other than records keep.
mod network {
    use ipnet::IpNet;
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    #[expect(clippy::ref_option, reason = "serde passes it so")]
    pub(super) fn serialize<S: Serializer>(from: &Option<IpNet>, s: S) -> Result<S::Ok, S::Error> {
        match from {
            Some(network) => s.collect_str(network),
            None => s.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Option<IpNet>, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        let network: IpNet = text.parse().map_err(D::Error::custom)?;
        let kept = signals::network_of(network.addr()) == network && network.to_string() == *text;
        if kept { Ok(Some(network)) } else { Err(D::Error::custom("not a /24 or /48")) }
    }
}
