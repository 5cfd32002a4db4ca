//! The run itself: refused until its sealing is in the log, kept in the home before it is stated.

use super::kept::{Keeping, Kept, private_folder};
use super::machine::{Needs, machine};
use super::{MeasureError, Start, refused, runs, start, subject, told};
use assessment::{MasterSeed, Opening, Refusal, ResultOpening, Run, Sealed};
use domain::RunId;
use harness::{Config, Endpoint, Measurement, Progress, Requirement};
use operations::act::{Ctx, Done};
use operations::files::{self, Access, FileError};
use sandbox::{Policy, Tier};
use serde::Serialize;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long the endpoint may take to accept a connection before a run begins.
const CONNECT: Duration = Duration::from_secs(5);
/// Most bytes of a transcript's first line.
const FIRST_LINE: u64 = 1 << 20;

/// What a run is made with.
#[derive(Debug, Clone)]
pub struct Trial {
    /// The model.
    pub endpoint: Endpoint,
    /// Where transcript and summary go; the run's folder in the home when `None`.
    pub out: Option<PathBuf>,
    /// The sandbox for agent and grader.
    pub policy: Policy,
    /// What that sandbox must be at least.
    pub requirement: Requirement,
    /// Whether to go on with the transcript of a run that was killed.
    pub resume: bool,
}

/// What a run came to.
#[derive(Debug, Serialize)]
pub struct Ran {
    /// The statement.
    pub stated: Done,
    /// Counts and verdict, for the evaluator only; none when only the statement was repeated.
    pub summary: Option<serde_json::Value>,
    /// The transcript.
    pub transcript: PathBuf,
    /// What the person should know besides, in plain words.
    pub notes: Vec<String>,
}

/// Measures a model and states the result's commitment.
///
/// A run that was killed before its end goes on with its transcript when `trial.resume` says so: what is in it
/// counts and is not repeated, and the sample in flight is INVALID. Without, it starts over with the
/// same sealed tasks, as nothing was stated, and the torn transcript is kept beside the new one. A run that came to its end but
/// was killed before it was stated is stated without calling the model again.
///
/// # Errors
/// No sealing in the log, a machine that can't isolate or compile, an endpoint that does not answer, or
/// what measuring, writing or stating met.
pub async fn run(
    ctx: &Ctx,
    id: &RunId,
    trial: Trial,
    progress: &mut dyn Progress,
    request: Option<&str>,
) -> Result<Ran, MeasureError> {
    let keeping = Keeping::of(&ctx.home, id);
    let out = trial.out.clone().unwrap_or_else(|| keeping.folder().to_owned());
    let transcript = out.join("evaluation.jsonl");
    let known = match start(ctx, request).await? {
        Start::Earlier(stated) => {
            let notes = vec!["this request was done before; nothing was measured".to_owned()];
            return Ok(Ran { stated, summary: None, transcript, notes });
        }
        Start::Go(known) => known,
    };
    let assessed = runs(&known, &known.trust);
    let sealed = awaiting(assessed.runs.run(id), ctx, id).map_err(|r| refused(&r))?;
    let _lock = keeping.lock()?;
    let opening = keeping.criteria(id, &sealed.commitment)?;
    let mut notes = Vec::new();
    let mut summary = None;
    let kept = if let Some(kept) = keeping.result()? {
        notes.push("the run had ended before; it is stated now, and nothing was called".to_owned());
        kept
    } else {
        ready(&trial, &opening).await?;
        if trial.resume {
            resumable(&transcript)?;
        } else {
            private_folder(&out)?;
            notes.extend(set_aside(&transcript, id)?);
        }
        let measurement = measure(&trial, opening, &transcript, progress).await?;
        // outcomes tell how near a sealed threshold the model is
        files::protect(&transcript)?;
        let kept = keep(ctx, &keeping, &measurement)?;
        let counts = measurement.summary();
        let text = serde_json::to_vec_pretty(&counts).unwrap_or_default();
        files::write(&out.join("summary.json"), &text, Access::Private)?;
        summary = Some(counts);
        kept
    };
    let times = (kept.started_at, kept.ended_at);
    // told to the developer too, so neither verdict nor counts are in it
    let event = sealed.record(kept.transcript, times, &kept.result, false, ctx.clock.now());
    let event = event.map_err(|refusal| refused(&refusal))?;
    // its developer was known when the case was named at sealing
    let readers = told(&known.trust, subject(&known, sealed)?);
    let stated = ctx.state(&event, &readers, request).await?;
    Ok(Ran { stated, summary, transcript, notes })
}

/// The sealing of a run that awaits its measurement by this party.
fn awaiting<'a>(run: Option<&'a Run>, ctx: &Ctx, id: &RunId) -> Result<&'a Sealed, Refusal> {
    match run {
        None => Err(Refusal::NeverSealed(id.clone())),
        Some(run) if run.sealed().evaluator != *ctx.home.id() => Err(Refusal::OtherEvaluator {
            run: id.clone(),
            owner: run.sealed().evaluator.clone(),
            given: ctx.home.id().clone(),
        }),
        Some(Run::Sealed(sealed)) => Ok(sealed),
        Some(Run::Measured(_) | Run::Opened(_)) => Err(Refusal::AlreadyMeasured(id.clone())),
    }
}

async fn measure(
    trial: &Trial,
    opening: Opening,
    transcript: &Path,
    progress: &mut dyn Progress,
) -> Result<Measurement, MeasureError> {
    let Some(seed) = &opening.seed else {
        let why = "the kept criteria have no master seed, so no task can be drawn";
        return Err(MeasureError::Argument(why.to_owned()));
    };
    let config = Config {
        endpoint: trial.endpoint.clone(),
        seed: MasterSeed::new(seed.seed),
        opening,
        policy: trial.policy.clone(),
        requirement: trial.requirement.clone(),
        transcript: transcript.to_owned(),
        resume: trial.resume,
    };
    Ok(Box::pin(harness::measure(&config, progress)).await?)
}

fn keep(ctx: &Ctx, keeping: &Keeping<'_>, measurement: &Measurement) -> Result<Kept, FileError> {
    let mut salt = [0; 32];
    ctx.random.fill(&mut salt);
    let kept = Kept {
        transcript: measurement.transcript,
        started_at: measurement.started_at,
        ended_at: measurement.ended_at,
        result: ResultOpening::new(&measurement.decision, salt),
    };
    keeping.keep_result(&kept)?;
    Ok(kept)
}

/// Finds out before the first sample whether this machine isolates, compiles what must be compiled, and
/// reaches the model. A run spent on a missing compiler would be lost.
async fn ready(trial: &Trial, opening: &Opening) -> Result<(), MeasureError> {
    let needs = Needs::of_cells(&opening.criteria.bank.cells);
    let policy = trial.policy.clone();
    let looked = tokio::task::spawn_blocking(move || machine(policy, &needs)).await;
    let looked = looked.map_err(|e| MeasureError::Machine(e.to_string()))?;
    looked.map_err(|error| bound(error, &trial.requirement))?;
    let url = trial.endpoint.url();
    let deaf = |reason: String| MeasureError::Endpoint { url: url.clone(), reason };
    let uri: http::Uri = url.parse().map_err(|e: http::uri::InvalidUri| deaf(e.to_string()))?;
    let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let connect = tokio::net::TcpStream::connect((host, port));
    match tokio::time::timeout(CONNECT, connect).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(deaf(error.to_string())),
        Err(_) => Err(deaf(format!("no connection within {} s", CONNECT.as_secs()))),
    }
}

/// Says which class of models asks for what this machine lacks.
fn bound(error: MeasureError, requirement: &Requirement) -> MeasureError {
    match error {
        MeasureError::Machine(why) if requirement.least > Tier::Namespaces => {
            let (class, least) = (&requirement.class, requirement.least.name());
            MeasureError::Machine(format!(
                "{why}. A model of class `{class}` needs the tier `{least}` at least: {}",
                requirement.why
            ))
        }
        other => other,
    }
}

/// Whether there is a transcript to go on with.
fn resumable(transcript: &Path) -> Result<(), MeasureError> {
    if transcript.is_file() {
        return Ok(());
    }
    let path = transcript.display();
    let why = format!("{path}: no transcript to go on with; `vestibule assess run` starts one");
    Err(MeasureError::Argument(why))
}

/// Moves a transcript of the same run that was torn out of the way, and says so. Another run's stays.
fn set_aside(transcript: &Path, id: &RunId) -> Result<Option<String>, MeasureError> {
    if !transcript.exists() {
        return Ok(None);
    }
    let file = std::fs::File::open(transcript).map_err(files::system("open", transcript))?;
    let mut line = Vec::new();
    let mut reader = BufReader::new(file).take(FIRST_LINE);
    reader.read_until(b'\n', &mut line).map_err(files::system("read", transcript))?;
    let first: serde_json::Value = serde_json::from_slice(&line).unwrap_or_default();
    let named = first.get("body").and_then(|b| b.get("run")).and_then(|r| r.as_str());
    // an empty or torn first line is a run that was killed as it began
    let torn = !line.ends_with(b"\n");
    if !torn && named != Some(id.as_str()) {
        return Err(FileError::Exists(transcript.to_owned()).into());
    }
    for n in 1..=1_000 {
        let aside = transcript.with_extension(format!("abandoned-{n}.jsonl"));
        if !aside.exists() {
            std::fs::rename(transcript, &aside).map_err(files::system("rename", transcript))?;
            return Ok(Some(format!(
                "an earlier attempt broke off before anything was stated; its transcript is kept as {}, and the run starts over with the same sealed tasks",
                aside.display()
            )));
        }
    }
    Err(FileError::Exists(transcript.to_owned()).into())
}
