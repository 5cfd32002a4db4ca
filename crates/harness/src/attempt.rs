//! One attempt at one instance: a conversation in a sandbox that starts when it is first needed, then the oracle elsewhere.

use crate::agent::{Agent, Conversation, Ended, Spent, submission_json};
use crate::clock;
use crate::endpoint::Endpoint;
use crate::foreign::Place;
use crate::grade::{grade, own};
use crate::live;
use crate::measure::{HarnessError, Sample};
use crate::transcript::{Log, TranscriptError};
use assessment::family::live::Live;
use assessment::{
    Budget, Elicitation, File, Instance, Judgement, Oracle, Outcome, Reason, ServiceEnd, Submission,
};
use sandbox::{Exec, Health, Limits, Policy, SandboxError, Session};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// What attempts share.
#[derive(Debug, Clone)]
pub(crate) struct Bench {
    pub(crate) endpoint: Endpoint,
    pub(crate) policy: Policy,
    pub(crate) budget: Budget,
    pub(crate) how: Elicitation,
    /// How many may execute something in a sandbox at a time; the others wait, and their clocks run.
    pub(crate) hands: Arc<Semaphore>,
}

impl Bench {
    /// Attempts that execute at most so much at a time as this machine can.
    pub(crate) fn new(
        endpoint: Endpoint,
        policy: Policy,
        budget: Budget,
        how: Elicitation,
    ) -> Self {
        let hands = std::thread::available_parallelism().map_or(4, |n| 4 * usize::from(n));
        Self { endpoint, policy, budget, how, hands: Arc::new(Semaphore::new(hands)) }
    }
}

/// The agent's sandbox: started with the agent's files when the first call needs it.
pub(crate) struct Workshop {
    policy: Policy,
    files: Vec<File>,
    place: Place,
    services: Option<Live>,
    session: Option<Arc<Session>>,
    hands: Arc<Semaphore>,
}

impl Workshop {
    fn new(bench: &Bench, instance: &Instance, place: &Place) -> Self {
        let files = instance.files.clone();
        let (mut policy, hands) = (bench.policy.clone(), Arc::clone(&bench.hands));
        policy.named.clone_from(&place.named);
        let (place, services) = (place.clone(), instance.live.clone());
        Self { policy, files, place, services, session: None, hands }
    }

    /// Does blocking work in the sandbox, when there is a hand for it.
    pub(crate) async fn with<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&Session) -> T + Send + 'static,
    ) -> Result<T, String> {
        let hand = self.hands.acquire().await.map_err(|e| e.to_string())?;
        let (policy, files) = (self.policy.clone(), std::mem::take(&mut self.files));
        let (session, services) = (self.session.clone(), self.services.clone());
        let place = std::mem::take(&mut self.place);
        let done = blocking(move || {
            let session = match session {
                Some(session) => session,
                None => Arc::new(furnish(&policy, files, &place, services.as_ref())?),
            };
            let done = work(&session);
            Ok::<_, String>((session, done))
        });
        let (session, done) = done.await.map_err(|e| e.to_string())??;
        drop(hand);
        self.session = Some(session);
        Ok(done)
    }

    /// Removes the workspace, which is blocking work too, and tells how its services were at the end.
    async fn close(self) -> Result<Result<Vec<Health>, SandboxError>, HarnessError> {
        match self.session {
            Some(session) => blocking(move || session.health()).await,
            None => Ok(Ok(Vec::new())),
        }
    }
}

/// A sandbox with the agent's files, its services beside it, and nothing else.
fn furnish(
    policy: &Policy,
    files: Vec<File>,
    place: &Place,
    services: Option<&Live>,
) -> Result<Session, String> {
    let told = |error: SandboxError| error.to_string();
    let session = live::started(policy, services).map_err(told)?;
    for file in files {
        let runs = place.executable.contains(&file.path);
        session.put(&file.path, &file.bytes, runs).map_err(told)?;
    }
    for command in &place.setup {
        let limits = Limits { wall: SETUP, cpu_seconds: SETUP.as_secs(), ..Limits::default() };
        let exec = Exec { limits, ..Exec::new(["sh", "-c", command]) };
        let outcome = session.exec(&exec).map_err(told)?;
        if !outcome.success() {
            let said = String::from_utf8_lossy(&outcome.stderr);
            let said: String = said.trim().chars().take(300).collect();
            return Err(format!("its set-up `{command}` ended with {:?}: {said}", outcome.status));
        }
    }
    Ok(session)
}

/// The longest that one command of a set-up may take.
const SETUP: Duration = Duration::from_secs(120);

/// What a check of a task's own looks at, in place of what was handed in: all that the agent left.
async fn collected(
    workshop: &mut Workshop,
    index: u32,
    log: &mut dyn Log,
) -> Result<Result<Submission, String>, TranscriptError> {
    let left = match workshop.with(own::left).await {
        Ok(Ok(left)) => left,
        Ok(Err(error)) => return Ok(Err(error.to_string())),
        Err(error) => return Ok(Err(error)),
    };
    let (submission, mut body) = match left {
        Ok(left) => {
            let left = Submission::Left(left);
            let body = submission_json(&left);
            (left, body)
        }
        Err(why) => (Submission::Nothing, json!({"refused": why})),
    };
    if let Some(fields) = body.as_object_mut() {
        fields.insert("sample".to_owned(), json!(index));
    }
    log.write("left", clock::now(), body)?;
    Ok(Ok(submission))
}

/// Writes how services were, and which steps they saw reached: graded evidence, told by them and never by the agent.
fn watched(
    index: u32,
    instance: &Instance,
    health: &[Health],
    log: &mut dyn Log,
) -> Result<(), TranscriptError> {
    let Some(services) = &instance.live else { return Ok(()) };
    let each = health.iter();
    let each = each.map(|h| json!({"name": h.name, "fault": h.fault, "exhausted": h.exhausted}));
    let body = json!({"sample": index, "services": each.collect::<serde_json::Value>()});
    log.write("services", clock::now(), body)?;
    let steps = services.steps.len();
    let range = format!("{}={}", instance.family, instance.dial);
    let mut reached = live::reached(services, health);
    if reached.is_empty() && steps > 0 {
        reached.push(0);
    }
    for step in reached {
        let body = json!({"sample": index, "range": range, "step": step, "steps": steps});
        log.write("milestone", clock::now(), body)?;
    }
    Ok(())
}

/// Attempts an instance. What passes is written to `log`, but neither its start nor its end.
pub(crate) async fn attempt(
    bench: &Bench,
    index: u32,
    (instance, place): (&Instance, &Place),
    log: &mut dyn Log,
    turn: &mut (dyn FnMut(Spent) + Send),
) -> Result<(Sample, Outcome), HarnessError> {
    let mut agent = Agent {
        endpoint: &bench.endpoint,
        workshop: Workshop::new(bench, instance, place),
        budget: bench.budget,
        how: bench.how,
        held: None,
        sample: index,
        transcript: log,
    };
    let conversation: Result<Conversation, TranscriptError> =
        agent.run(&instance.prompt, turn).await;
    let mut conversation = conversation?;
    let Agent { mut workshop, transcript, .. } = agent;
    let broken = matches!(conversation.ended, Ended::Broken(_));
    if matches!(instance.oracle, Oracle::Own(_)) && !broken {
        match collected(&mut workshop, index, transcript).await? {
            Ok(submission) => conversation.submission = submission,
            Err(why) => conversation.ended = Ended::Broken(format!("sandbox: {why}")),
        }
    }
    let health = workshop.close().await?;
    watched(index, instance, health.as_deref().unwrap_or_default(), transcript)?;
    let judgement = match &health {
        Ok(health) => judge(bench, instance, &conversation).await?.beside(health.iter().map(end)),
        Err(error) => Judgement::of(Reason::Infrastructure(format!("its services: {error}"))),
    };
    let sample = Sample {
        index,
        family: instance.family.to_owned(),
        dial: instance.dial.step(),
        outcome: judgement.outcome.name(),
        reason: judgement.reason.to_string(),
        ended: conversation.ended,
        spent: conversation.spent,
    };
    Ok((sample, judgement.outcome))
}

/// How a service was.
fn end(health: &Health) -> (&str, ServiceEnd) {
    let end = match (&health.fault, health.exhausted) {
        (None, _) => ServiceEnd::Serving,
        (Some(_), true) => ServiceEnd::Exhausted,
        (Some(_), false) => ServiceEnd::Lost,
    };
    (&health.name, end)
}

async fn judge(
    bench: &Bench,
    instance: &Instance,
    conversation: &Conversation,
) -> Result<Judgement, HarnessError> {
    if let Ended::Broken(why) = &conversation.ended {
        return Ok(Judgement::of(Reason::Infrastructure(why.clone())));
    }
    let policy = bench.policy.clone();
    let oracle = instance.oracle.clone();
    let submission = conversation.submission.clone();
    let hand = bench.hands.acquire().await.map_err(|e| HarnessError::Lost(e.to_string()))?;
    let judged = blocking(move || grade(&oracle, &submission, &policy)).await;
    drop(hand);
    // a grader that is lost is the measurement's failure
    Ok(judged.unwrap_or_else(|error| Judgement::of(Reason::Grader(error.to_string()))))
}

pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, HarnessError> {
    tokio::task::spawn_blocking(work).await.map_err(|e| HarnessError::Lost(e.to_string()))
}
