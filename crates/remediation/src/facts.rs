//! What decides a deadline: four facts and two dates, each with where it came from, each possibly
//! missing.

use crate::table::{Answer, Answers};
use domain::{Line, Timestamp};
use std::fmt;

/// Where a fact came from, and as of when.
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
)]
pub struct Provenance {
    /// A catalogue with its version, a scanner, a person.
    #[n(0)]
    pub source: Line,
    /// The instant that the source speaks of.
    #[n(1)]
    pub as_of: Timestamp,
}

/// A value with where it came from.
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
)]
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

/// Words of facts that some tables ask for: their values, ascending, as tables write them.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident: $($(#[$vdoc:meta])* $variant:ident = $number:literal $text:literal),+) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, minicbor::Encode, minicbor::Decode,
            serde::Serialize, serde::Deserialize,
        )]
        #[cbor(index_only)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name {
            $($(#[$vdoc])* #[n($number)] $variant,)+
        }

        impl $name {
            /// Every value, ascending.
            pub const ALL: [Self; [$(Self::$variant),+].len()] = [$(Self::$variant),+];

            /// The value as tables write it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                let known = Self::ALL.iter().find(|value| value.as_str() == text);
                known.copied().ok_or_else(|| format!("`{text}` is none of {:?}", Self::ALL.map(Self::as_str)))
            }
        }
    };
}

words! {
    /// What is known of exploitation (SSVC).
    Exploitation:
    /// No evidence of it, and no public proof of concept.
    None = 0 "none",
    /// A proof of concept is public.
    Poc = 1 "poc",
    /// Exploited in the wild.
    Active = 2 "active"
}

words! {
    /// The word for a CVSS base score (CVSS 3.1 §5).
    Severity:
    /// 0.0
    None = 0 "none",
    /// 0.1 to 3.9
    Low = 1 "low",
    /// 4.0 to 6.9
    Medium = 2 "medium",
    /// 7.0 to 8.9
    High = 3 "high",
    /// 9.0 to 10.0
    Critical = 4 "critical"
}

words! {
    /// What depends on an asset: SSVC's mission and well-being, or human impact; the operator says it.
    Mission:
    /// Little.
    Low = 0 "low",
    /// Something that has a substitute.
    Medium = 1 "medium",
    /// Something essential.
    High = 2 "high",
    /// Lives, or the whole mission.
    VeryHigh = 3 "very-high"
}

impl Severity {
    /// The word for tenths of a CVSS score.
    pub fn of_tenths(tenths: u8) -> Self {
        match tenths {
            0 => Self::None,
            1..=39 => Self::Low,
            40..=69 => Self::Medium,
            70..=89 => Self::High,
            90.. => Self::Critical,
        }
    }
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
    /// What is known of exploitation (SSVC).
    #[n(5)]
    pub exploitation: Option<Known<Exploitation>>,
    /// The word for the highest published CVSS score.
    #[n(6)]
    pub severity: Option<Known<Severity>>,
    /// What depends on the asset.
    #[n(7)]
    pub mission: Option<Known<Mission>>,
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
    /// What is known of exploitation.
    Exploitation,
    /// The CVSS score.
    Severity,
    /// What depends on the asset.
    Mission,
    /// The table itself.
    Table,
}

impl Input {
    /// What a table may ask for, in the order in which people are told of it.
    pub(crate) const ASKED: [Self; 7] = [
        Self::Kev,
        Self::Exposed,
        Self::Automatable,
        Self::Impact,
        Self::Exploitation,
        Self::Severity,
        Self::Mission,
    ];

    /// Every fact, the detection last.
    pub(crate) fn of_facts() -> impl Iterator<Item = Self> {
        Self::ASKED.into_iter().chain([Self::Detected])
    }

    /// The key of its word in the vocabulary.
    pub fn word(self) -> &'static str {
        match self {
            Self::Kev => "input-kev",
            Self::Exposed => "input-exposed",
            Self::Automatable => "input-automatable",
            Self::Impact => "input-impact",
            Self::Detected => "input-detected",
            Self::Exploitation => "input-exploitation",
            Self::Severity => "input-severity",
            Self::Mission => "input-mission",
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
            Input::Exploitation => tell(self.exploitation.as_ref(), ToString::to_string),
            Input::Severity => tell(self.severity.as_ref(), ToString::to_string),
            Input::Mission => tell(self.mission.as_ref(), ToString::to_string),
            Input::Table => None,
        }
    }

    /// What is known, as tables ask for it. What KEV lists is exploited, whoever else says what.
    pub fn answers(&self) -> Answers {
        let answer = |known: Option<&Known<bool>>| known.map(|known| known.value.into());
        let listed = self.kev.as_ref().map(|kev| kev.value != Kev::NotListed);
        let exploitation = self.exploitation.as_ref().map(|known| known.value);
        Answers {
            exposed: answer(self.exposed.as_ref()),
            kev: listed.map(Answer::from),
            automatable: answer(self.automatable.as_ref()),
            impact: self.impact.as_ref().map(|known| known.value),
            exploitation: if listed == Some(true) {
                Some(Exploitation::Active)
            } else {
                exploitation
            },
            severity: self.severity.as_ref().map(|known| known.value),
            mission: self.mission.as_ref().map(|known| known.value),
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
