//! Random walks over the shipped rules, checked against a second, declarative reading of them.
//!
//! A walk plays seven parties with good and bad intentions, a clock that jumps both ways, missing
//! signatures, backdated statements and words that reach a place before the log does. After every
//! step it asks: did a refused statement change anything? can the developer still release, and does
//! that change anything else? is each request permitted exactly when `oracle` says so? The
//! same seed gives the same walk. `cargo xtask simulate --access-steps N` runs [`run`].

mod actors;
mod oracle;
pub(crate) mod world;

use crate::{Audience, Basis, Event, Refusal, Release, Reviews, Status, UseRequest};
use domain::{Attested, Digest, Timestamp};
use std::collections::BTreeMap;
use world::{World, attest};

/// How many steps one case lives before the walk begins a new one: more would mostly find ids used
/// up.
const EPISODE: u64 = 250;

/// Most violations that are kept.
const KEPT: usize = 20;

/// What a walk did and found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Steps taken.
    pub steps: u64,
    /// Statements admitted.
    pub admitted: u64,
    /// Statements and commands refused, by code.
    pub refused: BTreeMap<&'static str, u64>,
    /// Permits given, by what the grant rests on.
    pub permits: BTreeMap<&'static str, u64>,
    /// Requests refused, by code.
    pub unpermitted: BTreeMap<&'static str, u64>,
    /// Words heeded without the log.
    pub heeded: u64,
    /// Steps per state, by name.
    pub states: BTreeMap<&'static str, u64>,
    /// What contradicted the rules. Empty, or the crate is wrong.
    pub violations: Vec<String>,
}

/// Walks `steps` steps from `seed`.
pub fn run(seed: u64, steps: u64) -> Report {
    let mut report = Report::default();
    let mut episode = 0;
    while report.steps < steps {
        let mut world = World::new(seed ^ (episode << 32));
        for _ in 0..EPISODE.min(steps - report.steps) {
            step(&mut world, &mut report);
            report.steps += 1;
        }
        replay(&world, &mut report);
        episode += 1;
    }
    report
}

impl Report {
    fn violation(&mut self, world: &World, what: &str) {
        if self.violations.len() < KEPT {
            let step = self.steps;
            self.violations.push(format!("seed {} step {step}: {what}", world.seed));
        }
    }

    fn refusal(&mut self, refusal: &Refusal) {
        *self.refused.entry(refusal.code()).or_default() += 1;
    }
}

fn step(world: &mut World, report: &mut Report) {
    match world.dice(100) {
        0..=5 => world.move_clock(),
        6..=49 => guided(world, report),
        50..=74 => {
            let event = world.wild();
            state(world, report, event, false);
        }
        75 if world.dice(3) == 0 => heed(world, report),
        75..=77 => {
            world.observed = world.observed.max(world.now);
            world.reviews.tick(world.now);
        }
        _ => use_model(world, report),
    }
    if let Ok(state) = world.reviews.state(&world.case(), world.now) {
        *report.states.entry(state.name()).or_default() += 1;
    }
    releases(world, report);
    open_streams(world, report);
}

/// A legal command in the present state: whatever it returns must be admitted.
fn guided(world: &mut World, report: &mut Report) {
    match world.command() {
        Some(Ok(event)) => state(world, report, event, true),
        Some(Err(refusal)) => report.refusal(&refusal),
        None => {}
    }
}

/// States an event, sometimes with a signature missing or a wrong time when it is not a command's.
fn state(world: &mut World, report: &mut Report, event: Event, command: bool) {
    let statement = if command {
        attest(event, world.now.max(world.observed))
    } else {
        world.attest_wildly(event)
    };
    let before = world.reviews.clone();
    let outcome = world.reviews.apply(&statement);
    let complete = statement.is_complete();
    match outcome {
        Ok(()) => {
            if !complete {
                report.violation(world, "a statement without its signatures was admitted");
            }
            beside(world, report, &before, &statement);
            world.history.push(statement);
            report.admitted += 1;
        }
        Err(refusal) => {
            if command {
                let what = format!("a command's event was refused: {refusal}");
                report.violation(world, &what);
            }
            if complete && matches!(statement.event, Event::ModelReleased(_)) {
                report.violation(world, "a release was refused");
            }
            if !world.reviews.same_record(&before) {
                report.violation(world, "a refused statement changed the record");
            }
            report.refusal(&refusal);
        }
    }
}

/// Records beside the case change nothing in it.
fn beside(world: &World, report: &mut Report, before: &Reviews, statement: &Attested<Event>) {
    let record = matches!(
        statement.event,
        Event::ModelReleased(_)
            | Event::AccessRequested(_)
            | Event::RequestDeclined(_)
            | Event::OrderRecorded(_)
    );
    if record && !before.cases().eq(world.reviews.cases()) {
        report.violation(world, "a record beside the case changed it");
    }
}

fn heed(world: &mut World, report: &mut Report) {
    let word = world.word();
    match world.reviews.heed(&word) {
        Ok(()) => {
            if !word.signers.contains(&word.withdrawal.developer) {
                report.violation(world, "an unsigned word was heeded");
            }
            world.words.push(word);
            report.heeded += 1;
        }
        Err(refusal) => report.refusal(&refusal),
    }
}

/// Asks for a permit, and compares with the oracle both ways.
fn use_model(world: &mut World, report: &mut Report) {
    let credential = world.credential();
    let request = world.use_request(&credential);
    world.observed = world.observed.max(world.now);
    let expected = oracle::may_use(world, &credential, &request);
    match (world.reviews.permit(&credential, &request, world.now), expected) {
        (Ok(permit), Some(until)) => {
            if permit.expires_at() != until {
                let what = format!("a permit until {} instead of {until}", permit.expires_at());
                report.violation(world, &what);
            }
            let basis = match permit.basis() {
                Basis::Window(_) => "window",
                Basis::Partner(_) => "partner",
                Basis::Defender(_) => "defender",
            };
            *report.permits.entry(basis).or_default() += 1;
            world.streams.push((permit, credential, request));
        }
        (Ok(permit), None) => {
            let what = format!("a permit that the rules don't give: {permit:?}");
            report.violation(world, &what);
        }
        (Err(refusal), None) => {
            *report.unpermitted.entry(refusal.code()).or_default() += 1;
        }
        (Err(refusal), Some(_)) => {
            let what = format!("a request that the rules permit was refused: {refusal}");
            report.violation(world, &what);
        }
    }
}

/// The developer releases every model, in whatever state the case is: it is admitted, it is on record
/// and shown, and it changes nothing else.
fn releases(world: &World, report: &mut Report) {
    for model in world.models() {
        let mut copy = world.reviews.clone();
        let event = Reviews::release(Release {
            developer: world.developer(),
            model: model.clone(),
            audience: Audience::Public,
            released_at: world.now,
            case: Some(world.case()),
        });
        if let Err(refusal) = copy.apply(&attest(event, world.now)) {
            report.violation(world, &format!("no release: {refusal}"));
        }
        if copy.releases(&world.developer(), &model).next().is_none() {
            report.violation(world, "a release is not on record");
        }
        if !copy.cases().eq(world.reviews.cases()) {
            report.violation(world, "a release changed a case");
        }
        if let Ok(state) = copy.state(&world.case(), world.now)
            && !state.records().view().statuses.contains(&Status::Released)
            && state.records().case().models().contains(&model)
        {
            report.violation(world, "a release is not shown");
        }
    }
}

/// Open streams go on exactly while the oracle would let their first request go on.
fn open_streams(world: &mut World, report: &mut Report) {
    let streams = std::mem::take(&mut world.streams);
    if !streams.is_empty() {
        world.observed = world.observed.max(world.now);
    }
    for (permit, credential, request) in streams {
        let asked = UseRequest { tokens: 0, ..request };
        let expected = oracle::may_continue(world, &credential, &asked, permit.expires_at());
        let live = world.reviews.is_live(&permit, world.now).is_ok();
        if live != expected {
            let what = format!("an open stream is live: {live}; the rules say: {expected}");
            report.violation(world, &what);
        }
        if live && world.streams.len() < 4 {
            world.streams.push((permit, credential, asked.clone()));
        }
    }
}

/// Replaying what was admitted gives the same record.
fn replay(world: &World, report: &mut Report) {
    let mut again = world.empty();
    for statement in &world.history {
        if let Err(refusal) = again.apply(statement) {
            report.violation(world, &format!("replay refused {refusal}"));
        }
    }
    if !again.same_record(&world.reviews) {
        report.violation(world, "replay differs from the live record");
    }
}

/// A credential's digest by number.
fn credential(n: u64) -> Digest {
    Digest::of(&n.to_be_bytes())
}

/// The longest that any window may be, written a second time.
const THIRTY_DAYS: i64 = 30 * 86_400 * 1_000_000;

/// Whether an instant lies at most 30 days after another.
fn within_thirty_days(from: Timestamp, to: Timestamp) -> bool {
    to.as_micros() - from.as_micros() <= THIRTY_DAYS
}

#[cfg(test)]
mod tests;
