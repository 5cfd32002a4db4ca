//! What is due, overdue and met, and why.

use crate::{Clock, Directives, Force, ObligationId, Pack, Rule, Source};
use domain::{Digest, Line, PartyId, Timestamp};
use std::fmt;

/// A party's statement that it met an obligation.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Met {
    /// Who.
    pub by: PartyId,
    /// When it was met.
    pub at: Timestamp,
    /// The SHA-256 digest of the evidence.
    pub evidence: Digest,
    /// What the evidence is.
    pub note: Line,
    /// When that was stated.
    pub stated_at: Timestamp,
}

/// A due date that moved.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Adjustment {
    /// For whom.
    pub by: PartyId,
    /// The last instant in time from then on.
    pub due: Timestamp,
    /// Why.
    pub reason: Line,
    /// Where it is written.
    pub source: Line,
    /// When that was stated.
    pub stated_at: Timestamp,
}

/// Where an obligation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Its time is over and nobody said it was met.
    Overdue,
    /// Its clock runs.
    Running,
    /// It holds without a clock.
    NoClock,
    /// Nothing happened from which its clock would run.
    NotStarted,
    /// It was met after its time.
    MetLate,
    /// It was met.
    Met,
    /// Its clock was started in error.
    Withdrawn,
    /// Its text is not in force.
    Inactive,
}

impl Standing {
    /// The key of its word in the vocabulary.
    pub fn word(self) -> &'static str {
        match self {
            Self::Overdue => "obligation-overdue",
            Self::Running => "obligation-running",
            Self::NoClock => "obligation-no-clock",
            Self::NotStarted => "obligation-not-started",
            Self::MetLate => "obligation-met-late",
            Self::Met => "obligation-met",
            Self::Withdrawn => "obligation-withdrawn",
            Self::Inactive => "obligation-inactive",
        }
    }
}

/// One obligation, for a list.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Obligation {
    /// Its name; ask [`Directives::why`] about it.
    pub id: ObligationId,
    /// The section, as people cite it.
    pub section: Box<str>,
    /// Of whom it is asked, as the text says.
    pub who: Vec<Box<str>>,
    /// What is asked.
    pub duty: Box<str>,
    /// The text.
    pub citation: Box<str>,
    /// Whose clock it runs on, and about what.
    pub clock: Option<(PartyId, Line)>,
    /// The instant it runs from.
    pub started_at: Option<Timestamp>,
    /// The last instant in time, adjustments included.
    pub due: Option<Timestamp>,
    /// Where it stands.
    pub standing: Standing,
    /// Who says they met it.
    pub met: Vec<Met>,
    /// Due dates that moved, oldest first.
    pub adjustments: Vec<Adjustment>,
}

/// Everything that explains an obligation's due date.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Why {
    /// The obligation as listed.
    pub obligation: Obligation,
    /// What the text is called.
    pub title: Box<str>,
    /// The pack's version.
    pub version: Box<str>,
    /// Where the text is published.
    pub url: Option<Box<str>>,
    /// The day the pack was last compared with its source.
    pub retrieved: Timestamp,
    /// Where the text says so.
    pub cited: Box<str>,
    /// How that was known.
    pub source: Source,
    /// Whom they consult.
    pub consulting: Vec<Box<str>>,
    /// The rule's clock.
    pub clock: Option<Clock>,
    /// What happened at the start.
    pub start: Option<Box<str>>,
    /// The due date by the rule alone.
    pub due_by_rule: Option<Timestamp>,
    /// What it has to come before, and when that happened.
    pub before: Option<(Box<str>, Option<Timestamp>)>,
    /// The arithmetic, step by step, as sentences.
    pub steps: Vec<String>,
    /// Notes of the pack and the rule.
    pub notes: Vec<Box<str>>,
}

/// One obligation on the clock of one party, or without a clock.
struct Instance<'a> {
    pack: &'a Pack,
    rule: &'a Rule,
    id: ObligationId,
    /// The clock's owner, or the viewer.
    party: Option<&'a PartyId>,
}

impl Directives {
    /// Every obligation as `viewer` has it, or as anybody has it; the most urgent first.
    ///
    /// A viewer's list holds its own clocks, its own adjustments and what it met itself. Nobody's
    /// list holds all clocks, and of obligations without one what anybody met.
    pub fn list(&self, viewer: Option<&PartyId>, now: Timestamp) -> Vec<Obligation> {
        let mut list: Vec<_> =
            self.instances(viewer).iter().map(|instance| self.show(instance, now)).collect();
        list.sort_by(|a, b| {
            let key = |o: &Obligation| (o.standing, o.due.unwrap_or(Timestamp::MAX));
            key(a).cmp(&key(b)).then_with(|| a.id.cmp(&b.id))
        });
        list
    }

    /// What explains an obligation: rule, citation, start, arithmetic, due date.
    pub fn why(&self, id: &ObligationId, viewer: Option<&PartyId>, now: Timestamp) -> Option<Why> {
        let instances = self.instances(viewer);
        let instance = instances.iter().find(|i| i.id == *id)?;
        let obligation = self.show(instance, now);
        let Instance { pack, rule, .. } = instance;
        let start = rule.clock.as_ref().and_then(|c| pack.start(&c.from));
        let due_by_rule =
            obligation.started_at.and_then(|at| rule.clock.as_ref().map(|c| c.length.due(at)));
        let before = rule.before.as_ref().and_then(|b| pack.start(b));
        let before = before.map(|b| (b.what.clone(), self.before_at(instance)));
        Some(Why {
            title: pack.title.clone(),
            version: pack.version.clone(),
            url: pack.url.clone(),
            retrieved: pack.retrieved,
            cited: rule.cited.clone(),
            source: rule.source,
            consulting: rule.consulting.clone(),
            clock: rule.clock.clone(),
            start: start.map(|s| s.what.clone()),
            due_by_rule,
            steps: steps(rule, start.map(|s| &*s.what), &obligation, before.as_ref()),
            before,
            notes: rule.note.iter().chain(&pack.note).cloned().collect(),
            obligation,
        })
    }

    /// The next instant after `now` at which time alone changes where an obligation stands.
    pub fn due(&self, now: Timestamp) -> Option<Timestamp> {
        let running = self.list(None, now).into_iter();
        running.filter(|o| o.standing == Standing::Running).filter_map(|o| o.due).min()
    }

    /// What is overdue at `now`.
    pub fn tick(&self, now: Timestamp) -> Vec<Obligation> {
        let mut list = self.list(None, now);
        list.retain(|o| o.standing == Standing::Overdue);
        list
    }

    fn instances<'a>(&'a self, viewer: Option<&'a PartyId>) -> Vec<Instance<'a>> {
        let mut all = Vec::new();
        for pack in self.packs.values() {
            for rule in &pack.rules {
                let mut on_clocks = Vec::new();
                if let Some(clock) = &rule.clock {
                    for ((party, id), running) in &self.clocks {
                        let mine = viewer.is_none_or(|v| v == party);
                        if mine
                            && running.pack == pack.id
                            && running.starts.contains_key(&clock.from)
                        {
                            let id =
                                ObligationId { rule: rule.id.clone(), clock: Some(id.clone()) };
                            on_clocks.push(Instance { pack, rule, id, party: Some(party) });
                        }
                    }
                }
                if on_clocks.is_empty() {
                    let id = ObligationId { rule: rule.id.clone(), clock: None };
                    on_clocks.push(Instance { pack, rule, id, party: viewer });
                }
                all.append(&mut on_clocks);
            }
        }
        all
    }

    fn show(&self, instance: &Instance<'_>, now: Timestamp) -> Obligation {
        let Instance { pack, rule, id, party } = instance;
        let running = match (&id.clock, party) {
            (Some(clock), Some(party)) => self.clocks.get(&((*party).clone(), clock.clone())),
            (Some(_) | None, Some(_) | None) => None,
        };
        let of_party = |by: &PartyId| party.is_none_or(|p| p == by);
        let met = self.met.iter().filter(|((o, by), _)| o == id && of_party(by));
        let met: Vec<_> = met.map(|(_, m)| m.clone()).collect();
        let adjusted = self.adjusted.iter().filter(|((o, by), _)| o == id && of_party(by));
        let adjustments: Vec<_> = adjusted.flat_map(|(_, a)| a.clone()).collect();
        let started_at = match (&id.clock, party) {
            (None, _) => rule.clock.as_ref().and_then(|c| pack.start(&c.from)?.at),
            (Some(_), Some(party)) => self.started_at(rule, id, party),
            (Some(_), None) => None,
        };
        let by_rule = started_at.and_then(|at| rule.clock.as_ref().map(|c| c.length.due(at)));
        // an adjustment counts for the party that stated it, not for everybody
        let moved = party.and(adjustments.last()).map(|a| a.due);
        let due = by_rule.map(|d| moved.unwrap_or(d));
        let due = due.map(|d| self.before_at(instance).map_or(d, |b| b.min(d)));
        let standing = if pack.force == Force::Inactive {
            Standing::Inactive
        } else if running.is_some_and(|r| r.withdrawn.is_some()) {
            Standing::Withdrawn
        } else if let Some(first) = met.iter().map(|m| m.at).min() {
            if due.is_some_and(|d| first > d) { Standing::MetLate } else { Standing::Met }
        } else if let Some(due) = due {
            if now > due { Standing::Overdue } else { Standing::Running }
        } else if rule.clock.is_some() {
            Standing::NotStarted
        } else {
            Standing::NoClock
        };
        let force = pack.force == Force::InForce;
        Obligation {
            id: id.clone(),
            section: rule.section.clone(),
            who: rule.who.clone(),
            duty: rule.duty.clone(),
            citation: pack.citation.clone(),
            clock: running.and_then(|r| party.map(|p| (p.clone(), r.subject.clone()))),
            started_at: started_at.filter(|_| force),
            due: due.filter(|_| force),
            standing,
            met,
            adjustments,
        }
    }

    /// When that happened which the obligation has to come before.
    fn before_at(&self, instance: &Instance<'_>) -> Option<Timestamp> {
        let before = instance.rule.before.as_ref()?;
        self.start_of(instance.id.clock.as_ref()?, instance.party?, instance.rule, before)
    }
}

fn steps(
    rule: &Rule,
    start: Option<&str>,
    obligation: &Obligation,
    before: Option<&(Box<str>, Option<Timestamp>)>,
) -> Vec<String> {
    let mut steps = Vec::new();
    let (Some(clock), Some(start)) = (&rule.clock, start) else {
        steps.push("the text sets no time for it".to_owned());
        return steps;
    };
    match obligation.started_at {
        None => {
            let length = clock.length;
            steps.push(format!("it runs {length} from when {start}; that has not happened"));
        }
        Some(at) => {
            let due = clock.length.due(at);
            steps.push(format!("{start} at {at}"));
            steps.push(format!("{} later is {due}, the last instant in time", clock.length));
        }
    }
    if let Some(extension) = clock.extension {
        steps.push(format!("{extension} more under the condition that the text states"));
    }
    for a in &obligation.adjustments {
        steps.push(format!("{} moved it to {} because {} ({})", a.by, a.due, a.reason, a.source));
    }
    match before {
        Some((what, Some(at))) => {
            steps.push(format!("it has to come before {what}, which was at {at}"));
        }
        Some((what, None)) => steps.push(format!("it has to come before {what}")),
        None => {}
    }
    steps
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let o = &self.obligation;
        writeln!(f, "{}: {}", o.id, o.duty)?;
        writeln!(f, "asked of: {}", o.who.join("; "))?;
        if !self.consulting.is_empty() {
            writeln!(f, "consulting: {}", self.consulting.join("; "))?;
        }
        writeln!(f, "text: {}, {}", o.citation, self.cited)?;
        if let Some(url) = &self.url {
            writeln!(f, "at: {url}")?;
        }
        let source = match self.source {
            Source::Primary => "the text was read",
            Source::Secondary => "someone who quotes the text was read",
            Source::Reported => "one report was read",
            Source::Background => "general knowledge, not compared with the text",
        };
        writeln!(
            f,
            "source: {source}, {}; rule pack version {}",
            self.retrieved.date(),
            self.version
        )?;
        for step in &self.steps {
            writeln!(f, "  {step}")?;
        }
        for note in &self.notes {
            writeln!(f, "note: {note}")?;
        }
        Ok(())
    }
}
