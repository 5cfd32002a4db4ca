//! A run: fresh instances, one after the other, until the sealed rule says stop.

mod resume;

use crate::agent::{Ended, Spent};
use crate::attempt::{Bench, attempt, blocking};
use crate::clock;
use crate::elicit;
use crate::endpoint::Endpoint;
use crate::foreign;
use crate::transcript::{TranscriptError, Writer};
use assessment::{
    Ask, Budget, Criteria, Decision, Dial, Digests, Elicitation, Fault, MasterSeed, Opening,
    Outcome, Stage, Stop, Taken,
};
use domain::{Digest, Timestamp};
use resume::Begin;
use sandbox::{Policy, SandboxError, Session, Tier, attest};
use serde::Serialize;
use serde_json::json;
use std::path::PathBuf;

/// What a run needs.
#[derive(Debug)]
pub struct Config {
    /// The model.
    pub endpoint: Endpoint,
    /// The sealed criteria with the salt that opens them.
    pub opening: Opening,
    /// The master seed the criteria commit to.
    pub seed: MasterSeed,
    /// The sandbox for agent and grader.
    pub policy: Policy,
    /// What that sandbox must be at least.
    pub requirement: Requirement,
    /// Where the transcript goes. The file must not exist, unless the run goes on with it.
    pub transcript: PathBuf,
    /// Whether to go on with the transcript of a run that was killed: what is in it counts, and a sample in
    /// flight is INVALID.
    pub resume: bool,
}

/// What the sandbox of a run must be at least, and by which rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Requirement {
    /// The class of the model.
    pub class: String,
    /// The least tier for it.
    pub least: Tier,
    /// Why.
    pub why: String,
    /// The digest of the policy that says so.
    pub policy: Digest,
}

impl Requirement {
    /// That of a solver of our own: namespaces.
    pub fn scripted() -> Self {
        let why = "a solver of our own".to_owned();
        let policy = Digest::of(why.as_bytes());
        Self { class: "scripted".to_owned(), least: Tier::Namespaces, why, policy }
    }
}

/// Why a run could not be made.
#[derive(Debug, thiserror::Error)]
pub enum HarnessError {
    /// The criteria don't hold.
    #[error("the criteria: {0}")]
    Criteria(#[from] Fault),
    /// The sealed digests are those of another version of this program.
    #[error("the criteria were sealed for another {0}; seal them again with this version")]
    OtherVersion(&'static str),
    /// The transcript can't be written.
    #[error(transparent)]
    Transcript(#[from] TranscriptError),
    /// There is no sandbox.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// The sandbox that was found at run time is weaker than the model's class needs.
    #[error("a model of class `{class}` needs {}, and the sandbox is {}", least.plain(), found.plain())]
    BelowTier {
        /// The class.
        class: String,
        /// The least tier for it.
        least: Tier,
        /// The tier that was attested.
        found: Tier,
    },
    /// The sandbox is not as tight as it must be.
    #[error("the sandbox does not hold: {0}")]
    Leaky(String),
    /// The transcript to go on with holds a sample that these criteria did not ask for.
    #[error("the transcript's sample {0} is not the one that the criteria ask for")]
    Astray(usize),
    /// A blocking task was lost.
    #[error("a task of this process was lost: {0}")]
    Lost(String),
}

/// Watches a run. Every method does nothing unless it is implemented.
pub trait Progress: Send {
    /// The run begins, or goes on with these samples; `most` is how many may count at the most.
    fn begun(&mut self, _budget: Budget, _most: u32, _before: &[Sample]) {}
    /// A sample begins.
    fn sample_started(&mut self, _sample: u32, _family: &str, _dial: Dial) {}
    /// The model gave an answer.
    fn turn(&mut self, _sample: u32, _spent: Spent) {}
    /// A sample was judged. The decision holds the evidence so far, which is for the evaluator only.
    fn sample_ended(&mut self, _sample: &Sample, _decision: &Decision) {}
}

/// A watcher that does nothing.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl Progress for Silent {}

/// What came of one sample.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sample {
    /// Its number, from 0.
    pub index: u32,
    /// Its family.
    pub family: String,
    /// How hard it was, from 1 to 5.
    pub dial: u8,
    /// `pass`, `fail` or `invalid`.
    pub outcome: &'static str,
    /// Why.
    pub reason: String,
    /// How the conversation ended.
    pub ended: Ended,
    /// What it used.
    pub spent: Spent,
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measurement {
    /// The samples' outcomes, in order.
    pub outcomes: Vec<Outcome>,
    /// The verdict and the path to it.
    pub decision: Decision,
    /// The samples.
    pub samples: Vec<Sample>,
    /// The transcript's root.
    pub transcript: Digest,
    /// When the first call could have been made.
    pub started_at: Timestamp,
    /// When the last oracle was judged.
    pub ended_at: Timestamp,
}

impl Measurement {
    /// A short summary as JSON. It holds counts, so it is for the evaluator only.
    pub fn summary(&self) -> serde_json::Value {
        let count = |outcome: Outcome| self.outcomes.iter().filter(|o| **o == outcome).count();
        json!({
            "verdict": self.decision.verdict.to_string(),
            "samples": self.samples.len(),
            "pass": count(Outcome::Pass),
            "fail": count(Outcome::Fail),
            "invalid": count(Outcome::Invalid),
            "turns": self.samples.iter().map(|s| u64::from(s.spent.turns)).sum::<u64>(),
            "tokens": self.samples.iter().map(|s| s.spent.tokens).sum::<u64>(),
            "started_at": self.started_at,
            "ended_at": self.ended_at,
            "transcript": self.transcript,
            "each": self.samples,
        })
    }
}

/// The digests of this version, to seal into criteria: all that is said to a model that is asked in this way, grader, loop.
pub fn digests(how: Elicitation) -> Digests {
    let harness = [
        include_str!("agent.rs"),
        include_str!("attempt.rs"),
        include_str!("compact.rs"),
        include_str!("elicit.rs"),
        include_str!("measure.rs"),
        include_str!("measure/resume.rs"),
        include_str!("tools.rs"),
    ]
    .concat();
    Digests {
        scaffold: Digest::of(elicit::words(how).as_bytes()),
        grader: Digest::of(
            [include_str!("grade.rs"), include_str!("grade/trials.rs")].concat().as_bytes(),
        ),
        harness: Digest::of(harness.as_bytes()),
        elicitation: Some(how),
    }
}

/// Makes a run.
///
/// Samples follow each other, as each decides whether there is a next one. A failure of endpoint,
/// sandbox or grader makes its sample INVALID; too many of those end the run UNDETERMINED.
///
/// # Errors
/// What keeps a run from starting or its transcript from being written; see [`HarnessError`].
pub async fn measure(
    config: &Config,
    progress: &mut dyn Progress,
) -> Result<Measurement, HarnessError> {
    check(config)?;
    let policy = config.policy.clone();
    let attestation = blocking(move || {
        let session = Session::start(policy)?;
        let attestation = attest(&session)?;
        session.stop().map(|()| attestation)
    });
    let attestation = attestation.await??;
    if !attestation.holds() {
        let broken: Vec<_> =
            attestation.checks.iter().filter(|c| !c.holds).map(|c| c.name).collect();
        return Err(HarnessError::Leaky(broken.join(", ")));
    }
    let (found, least) = (attestation.tier, config.requirement.least);
    if found < least {
        let class = config.requirement.class.clone();
        return Err(HarnessError::BelowTier { class, least, found });
    }
    let criteria = &config.opening.criteria;
    let prepared = criteria.prepared();
    let mut course = prepared.begin();
    let (endpoint, policy) = (config.endpoint.clone(), config.policy.clone());
    let bench = Bench::new(endpoint, policy, criteria.budget, how(criteria));
    let Begin { mut transcript, started_at, mut samples } =
        resume::begin(config, &attestation, &mut course)?;
    progress.begun(criteria.budget, criteria.rule.caps().0, &samples);
    for index in u32::try_from(samples.len()).unwrap_or(u32::MAX).. {
        let place = match course.ask() {
            Ask::Drawn => Place { index, cell: criteria.drawn(&config.seed, index) },
            Ask::Chosen(cell) => Place { index, cell },
            Ask::Nothing => break,
        };
        let (sample, outcome) = one(config, &bench, place, &mut transcript, progress).await?;
        course.take(Taken { cell: place.cell, outcome });
        ended(&mut transcript, &sample, course.decision())?;
        progress.sample_ended(&sample, course.decision());
        samples.push(sample);
    }
    let decision = course.into_decision();
    let ended_at = clock::now();
    let verdict = decision.verdict.to_string();
    let stop = stop(decision.stop);
    transcript.write("run-ended", ended_at, json!({"verdict": verdict, "stop": stop}))?;
    let transcript = transcript.close()?;
    let outcomes = decision.path.iter().map(|step| step.outcome).collect();
    Ok(Measurement { outcomes, decision, samples, transcript, started_at, ended_at })
}

/// Which sample, and of which cell of the bank.
#[derive(Debug, Clone, Copy)]
struct Place {
    index: u32,
    cell: u32,
}

const fn stop(stop: Stop) -> &'static str {
    match stop {
        Stop::Boundary => "boundary",
        Stop::Cap => "cap",
        Stop::Invalid => "invalid",
        Stop::Exhausted => "exhausted",
        Stop::Running => "running",
    }
}

/// Writes what came of a sample. What it adds to the evidence follows from the criteria, and is in the sealed result.
fn ended(
    transcript: &mut Writer,
    sample: &Sample,
    decision: &Decision,
) -> Result<(), TranscriptError> {
    let step = decision.path.last();
    transcript.write(
        "sample-ended",
        clock::now(),
        json!({
            "sample": sample.index,
            "outcome": sample.outcome,
            "reason": sample.reason,
            "ended": sample.ended,
            "spent": sample.spent,
            "cell": step.map(|s| s.cell),
            "stage": step.map(|s| match s.stage {
                Stage::Drawn => "drawn",
                Stage::Chosen => "chosen",
            }),
        }),
    )
}

fn check(config: &Config) -> Result<(), HarnessError> {
    let criteria = &config.opening.criteria;
    criteria.check()?;
    if let Some(opened) = &config.opening.seed {
        let commitment = config.seed.commitment(&opened.salt);
        if commitment != criteria.seed || opened.seed != *config.seed.secret() {
            return Err(Fault::SeedDiffers.into());
        }
    }
    let ours = digests(how(criteria));
    for (what, ours, sealed) in [
        ("scaffold", ours.scaffold, criteria.digests.scaffold),
        ("grader", ours.grader, criteria.digests.grader),
        ("harness", ours.harness, criteria.digests.harness),
    ] {
        if ours != sealed {
            return Err(HarnessError::OtherVersion(what));
        }
    }
    Ok(())
}

/// How the model is asked. Older criteria don't say, and asked plainly.
pub(crate) fn how(criteria: &Criteria) -> Elicitation {
    criteria.digests.elicitation.unwrap_or(Elicitation::BARE)
}

/// One sample, from drawing its instance to judging it.
async fn one(
    config: &Config,
    bench: &Bench,
    Place { index, cell }: Place,
    transcript: &mut Writer,
    progress: &mut dyn Progress,
) -> Result<(Sample, Outcome), HarnessError> {
    let criteria = &config.opening.criteria;
    let instance = criteria.instance(&config.seed, index, cell)?;
    progress.sample_started(index, instance.family, instance.dial);
    transcript.write(
        "sample-started",
        clock::now(),
        json!({
            "sample": index,
            "cell": cell,
            "family": instance.family,
            "dial": instance.dial.step(),
            "instance": instance.digest(),
            "prompt": instance.prompt,
        }),
    )?;
    let what = (&instance, &foreign::Place::default());
    attempt(bench, index, what, transcript, &mut |spent| progress.turn(index, spent)).await
}

#[cfg(test)]
mod tests;
