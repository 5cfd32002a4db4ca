//! Attempts at fresh tasks without sealed criteria, many at a time: to try a model or a solver out, and to calibrate.
//!
//! Nothing is decided by it. At most `at_once` samples are under way, and of those only as many execute something at a time as
//! the machine has hands for; the next begins when one ends. A sample's lines are written together when it ends, so that a
//! transcript of interleaved samples reads like one of a run.

use crate::agent::Spent;
use crate::attempt::{Bench, attempt};
use crate::clock;
use crate::elicit;
use crate::endpoint::Endpoint;
use crate::foreign::{Place, Ready};
use crate::measure::{HarnessError, Sample};
use crate::transcript::{Log, PRACTICE, TranscriptError, Writer};
use assessment::{Budget, Dial, Elicitation, Fault, MasterSeed, family::family};
use domain::{Digest, Timestamp};
use sandbox::Policy;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::task::JoinSet;

/// Most samples under way.
pub const AT_ONCE: usize = 4_096;

/// What is attempted.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The model.
    pub endpoint: Endpoint,
    /// The sandbox for agent and grader.
    pub policy: Policy,
    /// Where instances come from.
    pub seed: MasterSeed,
    /// Families with a dial each.
    pub tasks: Vec<(String, Dial)>,
    /// Tasks as they are, beside those that are drawn; each is attempted once an instance.
    pub given: Vec<Ready>,
    /// Instances of each.
    pub instances: u32,
    /// What one sample may use.
    pub budget: Budget,
    /// How the model is asked.
    pub how: Elicitation,
    /// Most samples under way.
    pub at_once: usize,
    /// No sample is begun once all together have cost so much, in millionths of a dollar at the budget's price.
    pub dollars: Option<u64>,
    /// Where a transcript goes, if anywhere. The file must not exist.
    pub transcript: Option<PathBuf>,
}

/// What came of one family at one dial.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Samples that passed.
    pub passed: u32,
    /// Samples that passed or failed.
    pub tried: u32,
    /// Samples whose measurement failed.
    pub invalid: u32,
    /// Answers of the model.
    pub turns: u64,
    /// Tokens in and out.
    pub tokens: u64,
}

/// What came of all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Practised {
    /// By family and dial.
    pub rows: BTreeMap<String, BTreeMap<u8, Row>>,
    /// All together.
    pub all: Row,
    /// What the tokens cost at the budget's price, in millionths of a dollar.
    pub cost: Option<u64>,
    /// Samples that were not begun, as the money was spent.
    pub left: usize,
    /// The transcript's root.
    pub transcript: Option<Digest>,
}

/// Watches attempts; called once a sample ends.
pub trait Watcher: Send {
    /// A sample ended; so many are under way, and so many have not begun.
    fn ended(&mut self, sample: &Sample, under_way: usize, left: usize, so_far: &Practised);
}

impl Watcher for () {
    fn ended(&mut self, _: &Sample, _: usize, _: usize, _: &Practised) {}
}

/// Lines that are kept until a sample ends.
#[derive(Debug, Default)]
struct Kept(Vec<(String, Timestamp, Value)>);

impl Log for Kept {
    fn write(&mut self, kind: &str, when: Timestamp, body: Value) -> Result<(), TranscriptError> {
        self.0.push((kind.to_owned(), when, body));
        Ok(())
    }
}

/// Lines that nobody wants.
struct Nowhere;

impl Log for Nowhere {
    fn write(&mut self, _: &str, _: Timestamp, _: Value) -> Result<(), TranscriptError> {
        Ok(())
    }
}

/// Attempts everything that is asked for.
///
/// # Errors
/// An unknown family, a transcript that exists or can't be written, or a task of this process that is lost. A sample whose endpoint,
/// sandbox or grader fails is INVALID and no error.
pub async fn practice(asked: &Asked, watcher: &mut dyn Watcher) -> Result<Practised, HarnessError> {
    let mut writer = asked.transcript.as_deref().map(Writer::create).transpose()?;
    if let Some(writer) = &mut writer {
        let (endpoint, name) = (asked.endpoint.url(), asked.endpoint.model());
        let note = "samples without sealed criteria; they decide nothing";
        let budget = json!({
            "turns": asked.budget.turns, "tokens": asked.budget.tokens, "seconds": asked.budget.seconds,
        });
        let body = json!({
            "endpoint": endpoint, "name": name, "note": note, "budget": budget,
            "sandbox": {"tier": asked.policy.tier}, "system": elicit::system(asked.how),
        });
        writer.write(PRACTICE, clock::now(), body)?;
    }
    let bench = Bench::new(asked.endpoint.clone(), asked.policy.clone(), asked.budget, asked.how);
    let bench = Arc::new(bench);
    let mut queue = asked.places();
    let mut under_way = JoinSet::new();
    let mut so_far = Practised::default();
    loop {
        while under_way.len() < asked.at_once.clamp(1, AT_ONCE) && !asked.spent(&so_far) {
            let Some((index, place)) = queue.next() else { break };
            let ready = asked.ready(place)?;
            under_way.spawn(one(Arc::clone(&bench), index, ready, writer.is_some()));
        }
        let Some(done) = under_way.join_next().await else { break };
        let (sample, lines) = done.map_err(|e| HarnessError::Lost(e.to_string()))??;
        if let Some(writer) = &mut writer {
            for (kind, when, body) in lines.0 {
                writer.write(&kind, when, body)?;
            }
        }
        so_far.take(&sample, asked.budget);
        watcher.ended(&sample, under_way.len(), queue.len(), &so_far);
    }
    so_far.left = queue.len();
    if let Some(writer) = &mut writer {
        let body = json!({"all": so_far.all, "cost": so_far.cost, "left": so_far.left});
        writer.write("practice-ended", clock::now(), body)?;
    }
    so_far.transcript = writer.map(Writer::close).transpose()?;
    Ok(so_far)
}

async fn one(
    bench: Arc<Bench>,
    index: u32,
    ready: Ready,
    written: bool,
) -> Result<(Sample, Kept), HarnessError> {
    let Ready { instance, place } = &ready;
    let mut lines = Kept::default();
    if !written {
        let what = (instance, place);
        let (sample, _) = attempt(&bench, index, what, &mut Nowhere, &mut |_| {}).await?;
        return Ok((sample, lines));
    }
    let begun = json!({
        "sample": index, "family": instance.family, "dial": instance.dial.step(), "instance": instance.digest(),
        "prompt": instance.prompt,
    });
    lines.write("sample-started", clock::now(), begun)?;
    let what = (instance, place);
    let (sample, _) = attempt(&bench, index, what, &mut lines, &mut |_: Spent| {}).await?;
    let ended = json!({
        "sample": index, "outcome": sample.outcome, "reason": sample.reason, "ended": sample.ended,
        "spent": sample.spent,
    });
    lines.write("sample-ended", clock::now(), ended)?;
    Ok((sample, lines))
}

/// What a sample attempts: a task that was given, or one of a family and dial with its number.
#[derive(Debug, Clone, Copy)]
enum Next<'a> {
    Given(&'a Ready),
    Drawn(&'a str, Dial, u32),
}

impl Asked {
    /// Every sample with its number: one of each task, then the next of each.
    fn places(&self) -> impl ExactSizeIterator<Item = (u32, Next<'_>)> {
        let places = (0..self.instances).flat_map(|number| {
            let drawn = self.tasks.iter();
            let drawn = drawn.map(move |(name, dial)| Next::Drawn(name, *dial, number));
            drawn.chain(self.given.iter().map(Next::Given))
        });
        let all: Vec<_> = (0_u32..).zip(places).collect();
        all.into_iter()
    }

    fn ready(&self, next: Next<'_>) -> Result<Ready, HarnessError> {
        match next {
            Next::Given(ready) => Ok(ready.clone()),
            Next::Drawn(name, dial, number) => {
                let known = family(name).ok_or_else(|| Fault::UnknownFamily(name.to_owned()))?;
                let seed = self.seed.instance(known.name(), number, "practice");
                Ok(Ready { instance: known.generate(&seed, dial), place: Place::default() })
            }
        }
    }

    fn spent(&self, so_far: &Practised) -> bool {
        self.dollars.zip(so_far.cost).is_some_and(|(most, cost)| cost >= most)
    }
}

impl Row {
    fn take(&mut self, sample: &Sample) {
        match sample.outcome {
            "pass" => (self.passed, self.tried) = (self.passed + 1, self.tried + 1),
            "fail" => self.tried += 1,
            _ => self.invalid += 1,
        }
        self.turns += u64::from(sample.spent.turns);
        self.tokens = self.tokens.saturating_add(sample.spent.tokens);
    }
}

impl Practised {
    fn take(&mut self, sample: &Sample, budget: Budget) {
        let dials = self.rows.entry(sample.family.clone()).or_default();
        dials.entry(sample.dial).or_default().take(sample);
        self.all.take(sample);
        self.cost = budget.cost(self.all.tokens);
    }
}

#[cfg(test)]
mod tests;
