//! What decides a deadline: four facts and two dates, each with where it came from, each possibly
//! missing.

use domain::{Line, Timestamp};
use std::fmt;

/// Where a fact came from, and as of when.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode, serde::Serialize)]
pub struct Provenance {
    /// A catalogue with its version, a scanner, a person.
    #[n(0)]
    pub source: Line,
    /// The instant that the source speaks of.
    #[n(1)]
    pub as_of: Timestamp,
}

/// A value with where it came from.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode, serde::Serialize)]
pub struct Known<T> {
    /// The value.
    #[n(0)]
    pub value: T,
    /// Where it came from.
    #[n(1)]
    pub from: Provenance,
}

/// What the KEV catalogue says of a vulnerability.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, minicbor::Encode, minicbor::Decode, serde::Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Kev {
    /// It is not in the catalogue.
    #[n(0)]
    NotListed,
    /// It is.
    #[n(1)]
    Listed {
        /// The first instant of the day it was added.
        #[n(0)]
        added: Timestamp,
        /// The catalogue's own due date, kept beside the computed one.
        #[n(1)]
        cisa_due: Option<Timestamp>,
        /// Whether ransomware campaigns use it, when the catalogue says.
        #[n(2)]
        ransomware: Option<bool>,
        /// Whether the catalogue asks for forensic triage, when it says.
        #[n(3)]
        forensic_triage: Option<bool>,
    },
}

/// SSVC technical impact.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    minicbor::Encode,
    minicbor::Decode,
    serde::Serialize,
    serde::Deserialize,
)]
#[cbor(index_only)]
#[serde(rename_all = "kebab-case")]
pub enum Impact {
    /// Limited control or exposure.
    #[n(0)]
    Partial,
    /// Total control or disclosure.
    #[n(1)]
    Total,
}

/// What is known of one vulnerability on one asset.
#[derive(
    Debug, Clone, PartialEq, Eq, Default, minicbor::Encode, minicbor::Decode, serde::Serialize,
)]
pub struct Facts {
    /// What the KEV catalogue says.
    #[n(0)]
    pub kev: Option<Known<Kev>>,
    /// Whether untrusted people can reach the asset over public networks.
    #[n(1)]
    pub exposed: Option<Known<bool>>,
    /// Whether exploitation can be automated (SSVC).
    #[n(2)]
    pub automatable: Option<Known<bool>>,
    /// What exploitation gains (SSVC).
    #[n(3)]
    pub impact: Option<Known<Impact>>,
    /// When the operator first found the vulnerability on the asset.
    #[n(4)]
    pub detected: Option<Known<Timestamp>>,
}

/// One of the facts, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Input {
    /// The KEV catalogue.
    Kev,
    /// Exposure of the asset.
    Exposed,
    /// SSVC automatable.
    Automatable,
    /// SSVC technical impact.
    Impact,
    /// The operator's own detection.
    Detected,
    /// The table itself.
    Table,
}

impl Input {
    /// The key of its word in the vocabulary.
    pub fn word(self) -> &'static str {
        match self {
            Self::Kev => "input-kev",
            Self::Exposed => "input-exposed",
            Self::Automatable => "input-automatable",
            Self::Impact => "input-impact",
            Self::Detected => "input-detected",
            Self::Table => "input-table",
        }
    }
}

impl Facts {
    /// A fact's value and source in words, for comparison and for people.
    pub(crate) fn told(&self, input: Input) -> Option<(String, Line)> {
        fn tell<T>(known: Option<&Known<T>>, say: impl Fn(&T) -> String) -> Option<(String, Line)> {
            known.map(|k| (say(&k.value), k.from.source.clone()))
        }
        let yes = |b: &bool| if *b { "yes" } else { "no" }.to_owned();
        match input {
            Input::Kev => tell(self.kev.as_ref(), ToString::to_string),
            Input::Exposed => tell(self.exposed.as_ref(), yes),
            Input::Automatable => tell(self.automatable.as_ref(), yes),
            Input::Impact => tell(self.impact.as_ref(), ToString::to_string),
            Input::Detected => tell(self.detected.as_ref(), ToString::to_string),
            Input::Table => None,
        }
    }

    /// When the vulnerability joined KEV.
    pub fn kev_added(&self) -> Option<Timestamp> {
        match self.kev.as_ref()?.value {
            Kev::Listed { added, .. } => Some(added),
            Kev::NotListed => None,
        }
    }
}

impl fmt::Display for Kev {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotListed => f.write_str("no"),
            Self::Listed { added, .. } => write!(f, "yes, since {}", added.date()),
        }
    }
}

impl fmt::Display for Impact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Partial => "partial",
            Self::Total => "total",
        })
    }
}
