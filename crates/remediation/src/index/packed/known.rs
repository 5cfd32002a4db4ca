//! What is known of CVEs, and of the file as a whole, as bytes.

use super::layout::{KNOWN, long, word};
use crate::facts::{Exploitation, Impact, Kev, Provenance};
use crate::intelligence::{Entry, Intelligence, Probability, Ssvc};
use domain::{Digest, Timestamp};
use serde::{Deserialize, Serialize};

/// From what an index was made, so that two people can say whether theirs is the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// When it was made, RFC 3339 in UTC.
    pub made_at: String,
    /// The files, in the order in which they were read.
    pub sources: Vec<Source>,
    /// Records, or parts of them, that were left out: the reason, and how many.
    pub left_out: Vec<(String, usize)>,
}

impl Snapshot {
    /// What all its files together are known by: SHA-256 over one line a file, in the order of their names, as
    /// `sha256sum` writes it. A name with a backslash or a control character is written escaped.
    pub fn digest(&self) -> Digest {
        let name = |source: &Source| {
            let plain = !source.name.chars().any(|c| c.is_control() || c == '\\');
            if plain { source.name.clone() } else { source.name.escape_default().to_string() }
        };
        let mut lines: Vec<_> = self.sources.iter().map(|s| (name(s), &s.sha256)).collect();
        lines.sort();
        let lines = lines.iter().map(|(name, sha256)| format!("{sha256}  {name}\n"));
        Digest::of(lines.collect::<String>().as_bytes())
    }
}

/// A file of feeds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Its name, without folders.
    pub name: String,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// How many records it has.
    pub records: usize,
}

/// What the first word says.
#[derive(Debug, Default, Serialize, Deserialize)]
struct About {
    #[serde(skip_serializing_if = "Option::is_none")]
    kev: Option<(String, String)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    snapshot: Option<Snapshot>,
}

pub(super) fn about(snapshot: Option<&Snapshot>, intelligence: &Intelligence) -> String {
    let kev = intelligence.kev_from();
    let about = About {
        kev: kev.map(|from| (from.source.to_string(), from.as_of.to_string())),
        snapshot: snapshot.cloned(),
    };
    serde_json::to_string(&about).expect("texts and numbers always encode")
}

/// Reads the first word: who says what is in KEV, and from what the file was made.
pub(super) fn read_about(text: &str) -> (Option<Provenance>, Option<Snapshot>) {
    let about: About = serde_json::from_str(text).unwrap_or_default();
    let kev = about.kev.and_then(|(source, as_of)| {
        Some(Provenance { source: source.parse().ok()?, as_of: as_of.parse().ok()? })
    });
    (kev, about.snapshot)
}

/// Flags of an entry.
const LISTED: u32 = 1;
const DUE: u32 = 1 << 1;
const RANSOMWARE: u32 = 1 << 2;
const FORENSICS: u32 = 1 << 4;
const ASSESSED: u32 = 1 << 6;
const AUTOMATABLE: u32 = 1 << 7;
const IMPACT: u32 = 1 << 9;
const SCORED: u32 = 1 << 11;
/// Two bits: 0 for not told, else the value and one.
const EXPLOITATION: u32 = 12;
/// Seven bits: 0 for no CVSS score, else its tenths and one.
const CVSS: u32 = 14;

/// A flag for "told", the next higher one for the value.
fn told(flag: u32, value: Option<bool>) -> u32 {
    value.map_or(0, |value| flag | if value { flag << 1 } else { 0 })
}

fn tell(flags: u32, flag: u32) -> Option<bool> {
    (flags & flag != 0).then_some(flags & flag << 1 != 0)
}

/// An entry after its word.
pub(super) fn write(entry: &Entry) -> [u8; KNOWN - 8] {
    let (mut flags, mut added, mut due, mut as_of) = (0, 0, 0, 0);
    if let Some(Kev::Listed { added: day, cisa_due, ransomware, forensic_triage }) = entry.kev {
        flags |= LISTED | told(RANSOMWARE, ransomware) | told(FORENSICS, forensic_triage);
        added = day.as_micros();
        if let Some(day) = cisa_due {
            flags |= DUE;
            due = day.as_micros();
        }
    }
    if let Some(ssvc) = &entry.ssvc {
        flags |= ASSESSED | told(AUTOMATABLE, ssvc.automatable);
        flags |= told(IMPACT, ssvc.impact.map(|impact| impact == Impact::Total));
        flags |= ssvc.exploitation.map_or(0, |value| (value as u32 + 1) << EXPLOITATION);
        as_of = ssvc.as_of.as_micros();
    }
    flags |= entry.cvss.map_or(0, |tenths| (u32::from(tenths) + 1) << CVSS);
    let epss = entry.epss.map_or(0, |score| {
        flags |= SCORED;
        score.hundred_thousandths()
    });
    let mut out = [0; KNOWN - 8];
    let numbers = [u64::from(flags) | u64::from(epss) << 32];
    let instants = [added, due, as_of].map(i64::cast_unsigned);
    for (to, value) in out.chunks_exact_mut(8).zip(numbers.into_iter().chain(instants)) {
        to.copy_from_slice(&value.to_le_bytes());
    }
    out
}

/// Reads what [`write`] wrote.
pub(super) fn read(bytes: &[u8]) -> Entry {
    let flags = word(bytes);
    let instant = |at: usize| {
        let micros = bytes.get(8 * at..).map_or(0, long).cast_signed();
        Timestamp::from_micros(micros).unwrap_or(Timestamp::EPOCH)
    };
    Entry {
        kev: (flags & LISTED != 0).then(|| Kev::Listed {
            added: instant(1),
            cisa_due: (flags & DUE != 0).then(|| instant(2)),
            ransomware: tell(flags, RANSOMWARE),
            forensic_triage: tell(flags, FORENSICS),
        }),
        ssvc: (flags & ASSESSED != 0).then(|| Ssvc {
            as_of: instant(3),
            automatable: tell(flags, AUTOMATABLE),
            impact: tell(flags, IMPACT)
                .map(|total| if total { Impact::Total } else { Impact::Partial }),
            exploitation: match flags >> EXPLOITATION & 3 {
                0 => None,
                told => Exploitation::ALL.into_iter().find(|value| *value as u32 + 1 == told),
            },
        }),
        cvss: u8::try_from(flags >> CVSS & 0x7f).ok().and_then(|told| told.checked_sub(1)),
        epss: (flags & SCORED != 0)
            .then(|| Probability::hundred_thousandth(bytes.get(4..).map_or(0, word)))
            .flatten(),
    }
}
