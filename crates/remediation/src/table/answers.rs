//! What a table may ask for, and what is known of it.

use super::Row;
use crate::facts::{Exploitation, Impact, Input, Mission, Severity};
use serde::{Deserialize, Serialize};

/// Yes or no, as a table writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// Yes.
    Yes,
    /// No.
    No,
}

impl From<bool> for Answer {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

impl From<Answer> for bool {
    fn from(answer: Answer) -> Self {
        matches!(answer, Answer::Yes)
    }
}

/// Answers, each of which may be missing: not asked for in a row, not known of a vulnerability.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Answers {
    /// Whether the asset is publicly exposed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exposed: Option<Answer>,
    /// Whether the vulnerability is in KEV.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kev: Option<Answer>,
    /// Whether exploitation can be automated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub automatable: Option<Answer>,
    /// What exploitation gains.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub impact: Option<Impact>,
    /// What is known of exploitation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exploitation: Option<Exploitation>,
    /// The word for the CVSS score.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// What depends on the asset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mission: Option<Mission>,
}

/// A row as its file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RowFile {
    pub(super) number: u8,
    exposed: Option<Answer>,
    kev: Option<Answer>,
    automatable: Option<Answer>,
    impact: Option<Impact>,
    exploitation: Option<Exploitation>,
    severity: Option<Severity>,
    mission: Option<Mission>,
    pub(super) outcome: Box<str>,
}

impl From<RowFile> for Row {
    fn from(file: RowFile) -> Self {
        let asks = Answers {
            exposed: file.exposed,
            kev: file.kev,
            automatable: file.automatable,
            impact: file.impact,
            exploitation: file.exploitation,
            severity: file.severity,
            mission: file.mission,
        };
        Self { number: file.number, asks, outcome: file.outcome }
    }
}

impl Answers {
    /// Whether nothing that is known contradicts what a row asks for.
    pub fn fits(&self, known: &Self) -> bool {
        fn same<T: PartialEq>(asked: Option<T>, known: Option<T>) -> bool {
            asked.is_none() || known.is_none() || asked == known
        }
        same(self.exposed, known.exposed)
            && same(self.kev, known.kev)
            && same(self.automatable, known.automatable)
            && same(self.impact, known.impact)
            && same(self.exploitation, known.exploitation)
            && same(self.severity, known.severity)
            && same(self.mission, known.mission)
    }

    /// Which of them are there.
    pub fn inputs(&self) -> impl Iterator<Item = Input> {
        let told = [
            (self.kev.is_some(), Input::Kev),
            (self.exposed.is_some(), Input::Exposed),
            (self.automatable.is_some(), Input::Automatable),
            (self.impact.is_some(), Input::Impact),
            (self.exploitation.is_some(), Input::Exploitation),
            (self.severity.is_some(), Input::Severity),
            (self.mission.is_some(), Input::Mission),
        ];
        told.into_iter().filter(|(there, _)| *there).map(|(_, input)| input)
    }
}

/// Every combination of what any of the rows asks for.
pub(super) fn combinations(rows: &[Row]) -> Vec<Answers> {
    const ANSWERS: [Answer; 2] = [Answer::Yes, Answer::No];
    let mut all = vec![Answers::default()];
    let asked = |input: Input| rows.iter().any(|row| row.asks.inputs().any(|one| one == input));
    fn over<T: Copy>(all: &mut Vec<Answers>, values: &[T], set: impl Fn(&mut Answers, T)) {
        let with = |known: &Answers, value: T| {
            let mut known = *known;
            set(&mut known, value);
            known
        };
        *all = all
            .iter()
            .flat_map(|k| values.iter().map(|value| with(k, *value)).collect::<Vec<_>>())
            .collect();
    }
    if asked(Input::Exposed) {
        over(&mut all, &ANSWERS, |known, value| known.exposed = Some(value));
    }
    if asked(Input::Kev) {
        over(&mut all, &ANSWERS, |known, value| known.kev = Some(value));
    }
    if asked(Input::Automatable) {
        over(&mut all, &ANSWERS, |known, value| known.automatable = Some(value));
    }
    if asked(Input::Impact) {
        let values = [Impact::Partial, Impact::Total];
        over(&mut all, &values, |known, value| known.impact = Some(value));
    }
    if asked(Input::Exploitation) {
        over(&mut all, &Exploitation::ALL, |known, value| known.exploitation = Some(value));
    }
    if asked(Input::Severity) {
        over(&mut all, &Severity::ALL, |known, value| known.severity = Some(value));
    }
    if asked(Input::Mission) {
        over(&mut all, &Mission::ALL, |known, value| known.mission = Some(value));
    }
    all
}
