//! The deadline of one vulnerability on one asset.

use crate::facts::{Facts, Impact, Input, Kev, Known, Provenance};
use crate::table::{ClockRule, Outcome, Table};
use domain::{Line, Span, Timestamp};

/// Why a clock started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClockStart {
    /// The vulnerability joined KEV.
    KevAddition,
    /// The operator found it.
    Detection,
}

/// What Table 1 says.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Deadline {
    /// The row that says so.
    pub row: u8,
    /// What it asks for.
    pub outcome: Outcome,
    /// The earlier of KEV addition and own detection.
    pub started_at: Timestamp,
    /// Which of the two it was.
    pub started_by: ClockStart,
    /// The last instant in time: the end of the last calendar day, in UTC. None means that the next
    /// scheduled upgrade will do.
    pub due: Option<Timestamp>,
    /// CISA's own due date in the catalogue, which may differ.
    pub cisa_due: Option<Timestamp>,
    /// Inputs that the fallback assumed.
    pub assumed: Vec<Input>,
    /// The outcome's place in the table, 0 the most urgent.
    pub rank: usize,
}

/// What can be said while inputs are missing.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Undetermined {
    /// What is missing.
    pub missing: Vec<Input>,
    /// The rows that are still possible.
    pub possible: Vec<u8>,
    /// The earliest due date that is still possible, when a clock could have started.
    pub earliest: Option<Timestamp>,
    /// The latest; none when the next upgrade may do or no clock could have started.
    pub latest: Option<Timestamp>,
    /// The place in the table of the most urgent outcome that is still possible, 0 the first of all.
    pub rank: usize,
}

/// A deadline, or what is missing for one.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// All inputs are known.
    Determined(Deadline),
    /// Some are not; nothing is guessed.
    Undetermined(Undetermined),
}

/// Something to suppose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Supposition {
    /// The asset is exposed, or is not.
    Exposed(bool),
    /// The vulnerability joins KEV on that day.
    AddedToKev(Timestamp),
    /// It is not in KEV.
    NotInKev,
    /// Exploitation can be automated, or can't.
    Automatable(bool),
    /// What exploitation gains.
    Impact(Impact),
}

/// The decision as it is and as it would be.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct WhatIf {
    /// As it is.
    pub is: Decision,
    /// As it would be.
    pub would_be: Decision,
}

impl Decision {
    /// The due date to plan by: the deadline's, or the earliest that is still possible.
    pub fn plan_by(&self) -> Option<Timestamp> {
        match self {
            Self::Determined(deadline) => deadline.due,
            Self::Undetermined(open) => open.earliest,
        }
    }

    /// How urgent its outcome is, or may be: its place in the table, 0 the first.
    pub fn rank(&self) -> usize {
        match self {
            Self::Determined(deadline) => deadline.rank,
            Self::Undetermined(open) => open.rank,
        }
    }

    /// The deadline, when it is determined.
    pub fn deadline(&self) -> Option<&Deadline> {
        match self {
            Self::Determined(deadline) => Some(deadline),
            Self::Undetermined(_) => None,
        }
    }
}

/// Decides one vulnerability on one asset.
///
/// The clock starts at the earlier of KEV addition and the operator's own detection. A missing
/// input makes it undetermined even where every possible row agrees, so that nobody reads a guess
/// as an answer; the possible rows are listed.
pub fn decide(table: &Table, facts: &Facts) -> Decision {
    let (facts, assumed) = assume(table, facts);
    let known = facts.answers();
    let possible = table.possible(&known);
    let asked =
        |input: &Input| possible.iter().any(|(row, ..)| row.asks.inputs().any(|i| i == *input));
    let told: Vec<Input> = known.inputs().collect();
    let mut missing: Vec<Input> =
        Input::ASKED.into_iter().filter(|input| asked(input) && !told.contains(input)).collect();
    let started = start(table.starts, &facts);
    if started.is_none() {
        missing.push(Input::Detected);
    }
    if let ([(row, outcome, rank)], true) = (possible.as_slice(), missing.is_empty())
        && let Some((started_at, started_by)) = started
    {
        let cisa_due = match facts.kev.as_ref().map(|k| k.value) {
            Some(Kev::Listed { cisa_due, .. }) => cisa_due,
            Some(Kev::NotListed) | None => None,
        };
        return Decision::Determined(Deadline {
            row: row.number,
            outcome: (*outcome).clone(),
            started_at,
            started_by,
            due: due(started_at, outcome),
            cisa_due,
            assumed,
            rank: *rank,
        });
    }
    let started = started.map(|(at, _)| at);
    let dues: Vec<_> = possible.iter().map(|(_, o, _)| started.and_then(|at| due(at, o))).collect();
    Decision::Undetermined(Undetermined {
        missing,
        possible: possible.iter().map(|(row, ..)| row.number).collect(),
        earliest: dues.iter().flatten().min().copied(),
        latest: dues.iter().copied().collect::<Option<Vec<_>>>().and_then(|d| d.into_iter().max()),
        rank: possible.iter().map(|(_, _, rank)| *rank).min().unwrap_or_default(),
    })
}

/// The decision as it would be under a supposition.
pub fn what_if(table: &Table, facts: &Facts, suppose: Supposition, now: Timestamp) -> WhatIf {
    let source: Line = "supposed".parse().expect("a word is a line");
    let from = Provenance { source, as_of: now };
    let mut supposed = facts.clone();
    match suppose {
        Supposition::Exposed(value) => supposed.exposed = Some(Known { value, from }),
        Supposition::AddedToKev(added) => {
            let (cisa_due, ransomware, forensic_triage) = (None, None, None);
            let value = Kev::Listed { added: added.day(), cisa_due, ransomware, forensic_triage };
            supposed.kev = Some(Known { value, from });
        }
        Supposition::NotInKev => supposed.kev = Some(Known { value: Kev::NotListed, from }),
        Supposition::Automatable(value) => supposed.automatable = Some(Known { value, from }),
        Supposition::Impact(value) => supposed.impact = Some(Known { value, from }),
    }
    WhatIf { is: decide(table, facts), would_be: decide(table, &supposed) }
}

/// Applies the table's fallback where it is on and its condition holds.
fn assume(table: &Table, facts: &Facts) -> (Facts, Vec<Input>) {
    let mut facts = facts.clone();
    let mut assumed = Vec::new();
    let unlisted = facts.kev.as_ref().is_some_and(|k| k.value == Kev::NotListed);
    // where either value is known there is a record, and nothing is assumed
    if let Some(fallback) = table.fallback.as_ref().filter(|fallback| fallback.enabled)
        && unlisted
        && facts.automatable.is_none()
        && facts.impact.is_none()
    {
        let source: Line = "assumed by the table's fallback".parse().expect("words are a line");
        let from = Provenance { source, as_of: table.retrieved };
        let value = fallback.automatable.into();
        facts.automatable = Some(Known { value, from: from.clone() });
        facts.impact = Some(Known { value: fallback.impact, from });
        assumed.extend([Input::Automatable, Input::Impact]);
    }
    (facts, assumed)
}

fn start(rule: ClockRule, facts: &Facts) -> Option<(Timestamp, ClockStart)> {
    let detected = facts.detected.as_ref().map(|d| (d.value, ClockStart::Detection));
    let added = facts.kev_added().map(|at| (at, ClockStart::KevAddition));
    match (rule, added, detected) {
        (ClockRule::OwnDetection, _, detected) => detected,
        (ClockRule::EarlierOfKevAdditionAndOwnDetection, Some(a), Some(d)) => {
            Some(if d.0 < a.0 { d } else { a })
        }
        (ClockRule::EarlierOfKevAdditionAndOwnDetection, a, d) => a.or(d),
    }
}

fn due(started_at: Timestamp, outcome: &Outcome) -> Option<Timestamp> {
    let days = Span::days(outcome.days?.into());
    let last_day = Span::micros(Span::days(1).as_micros() - 1);
    Some(started_at.day().after(days).after(last_day))
}

#[cfg(test)]
pub(crate) mod tests;
