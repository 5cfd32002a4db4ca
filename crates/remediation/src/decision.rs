//! The deadline of one vulnerability on one asset.

use crate::facts::{Facts, Impact, Input, Kev, Known, Provenance};
use crate::table::{Outcome, Table};
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
    let mut missing = Vec::new();
    let mut need = |absent: bool, input| {
        if absent {
            missing.push(input);
        }
    };
    need(facts.kev.is_none(), Input::Kev);
    need(facts.exposed.is_none(), Input::Exposed);
    need(facts.automatable.is_none(), Input::Automatable);
    need(facts.impact.is_none(), Input::Impact);
    need(facts.detected.is_none() && facts.kev_added().is_none(), Input::Detected);

    let possible = possible(table, &facts);
    if let ([(row, outcome)], true) = (possible.as_slice(), missing.is_empty())
        && let Some((started_at, started_by)) = start(&facts)
    {
        let cisa_due = match facts.kev.as_ref().map(|k| k.value) {
            Some(Kev::Listed { cisa_due, .. }) => cisa_due,
            Some(Kev::NotListed) | None => None,
        };
        let due = due(started_at, outcome);
        let outcome = (*outcome).clone();
        return Decision::Determined(Deadline {
            row: *row,
            outcome,
            started_at,
            started_by,
            due,
            cisa_due,
            assumed,
        });
    }
    let started = start(&facts).map(|(at, _)| at);
    let dues: Vec<_> = possible.iter().map(|(_, o)| started.and_then(|at| due(at, o))).collect();
    Decision::Undetermined(Undetermined {
        missing,
        possible: possible.iter().map(|(row, _)| *row).collect(),
        earliest: dues.iter().flatten().min().copied(),
        latest: dues.iter().copied().collect::<Option<Vec<_>>>().and_then(|d| d.into_iter().max()),
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
    if table.fallback.enabled && unlisted && facts.automatable.is_none() && facts.impact.is_none() {
        let source: Line = "assumed by the table's fallback".parse().expect("words are a line");
        let from = Provenance { source, as_of: table.retrieved };
        let value = table.fallback.automatable.into();
        facts.automatable = Some(Known { value, from: from.clone() });
        facts.impact = Some(Known { value: table.fallback.impact, from });
        assumed.extend([Input::Automatable, Input::Impact]);
    }
    (facts, assumed)
}

/// The rows that the known facts leave possible.
fn possible<'t>(table: &'t Table, facts: &Facts) -> Vec<(u8, &'t Outcome)> {
    let fits = |known: Option<bool>, row: crate::table::Answer| {
        known.is_none_or(|k| crate::table::Answer::from(k) == row)
    };
    let kev = facts.kev.as_ref().map(|k| k.value != Kev::NotListed);
    let rows = table.rows.iter().filter(|row| {
        fits(facts.exposed.as_ref().map(|k| k.value), row.exposed)
            && fits(kev, row.kev)
            && fits(facts.automatable.as_ref().map(|k| k.value), row.automatable)
            && facts.impact.as_ref().is_none_or(|k| k.value == row.impact)
    });
    rows.map(|row| {
        let (row, outcome) =
            table.row(row.exposed.into(), row.kev.into(), row.automatable.into(), row.impact);
        (row.number, outcome)
    })
    .collect()
}

fn start(facts: &Facts) -> Option<(Timestamp, ClockStart)> {
    let detected = facts.detected.as_ref().map(|d| (d.value, ClockStart::Detection));
    let added = facts.kev_added().map(|at| (at, ClockStart::KevAddition));
    match (added, detected) {
        (Some(a), Some(d)) => Some(if d.0 < a.0 { d } else { a }),
        (a, d) => a.or(d),
    }
}

fn due(started_at: Timestamp, outcome: &Outcome) -> Option<Timestamp> {
    let days = Span::days(outcome.days?.into());
    let last_day = Span::micros(Span::days(1).as_micros() - 1);
    Some(started_at.day().after(days).after(last_day))
}

#[cfg(test)]
pub(crate) mod tests;
