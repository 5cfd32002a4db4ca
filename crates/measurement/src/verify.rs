//! Recomputing a verdict from the log, the opening and the transcript. Whatever differs is named.

use super::kept::criteria_at;
use super::{Assessed, MeasureError, refused, runs};
use assessment::{Criteria, Decision, Measured, Opening, Refusal, ResultOpening, Run};
use domain::RunId;
use harness::transcript::{self, Checked, TranscriptError};
use operations::act::Ctx;
use operations::fold::Refused;
use sandbox::Policy;
use serde::Serialize;
use std::path::{Path, PathBuf};

mod contained;
mod tasks;

pub(super) use contained::canonical;
pub use contained::{attestation, contained};

/// What to verify by.
#[derive(Debug, Clone)]
pub struct Verify {
    /// The run.
    pub run: RunId,
    /// The transcript.
    pub transcript: PathBuf,
    /// A file of criteria; the log's opening is used, and compared with it, where there is one.
    pub criteria: Option<PathBuf>,
    /// Also execute the oracle on every submission again, in this sandbox.
    pub regrade: Option<Policy>,
    /// A file that is said to be what the sandbox attested.
    pub containment: Option<PathBuf>,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What.
    pub what: &'static str,
    /// Whether it is as it must be.
    pub holds: bool,
    /// What was found, and where.
    pub detail: String,
}

/// What came of a verification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// The run.
    pub run: RunId,
    /// Whether everything holds.
    pub holds: bool,
    /// The verdict that the transcript's outcomes lead to, when the criteria could be read.
    pub verdict: Option<String>,
    /// What was looked at, in order.
    pub checks: Vec<Check>,
    /// What could not be looked at, or does not count.
    pub notes: Vec<String>,
}

/// The checks so far.
#[derive(Debug, Default)]
struct Checks(Vec<Check>);

impl Checks {
    fn add(&mut self, what: &'static str, found: Result<String, String>) {
        let holds = found.is_ok();
        let detail = found.unwrap_or_else(|fault| fault);
        self.0.push(Check { what, holds, detail });
    }
}

/// Verifies a run.
///
/// # Errors
/// Nothing to verify by: an unknown run, no result yet, neither opening nor criteria, files that can't be read.
/// What can be read and differs is no error: it is in the [`Verification`].
pub async fn verify(ctx: &Ctx, asked: &Verify) -> Result<Verification, MeasureError> {
    let known = ctx.known().await?;
    let assessed = runs(&known, &known.trust);
    let id = &asked.run;
    let measured = measured(&assessed, id)?;
    let mut checks = Checks::default();
    let mut notes = ignored(&assessed, id);
    let sealed_at = measured.sealed.sealed_at;
    let (first, last) = (measured.started_at, measured.ended_at);
    checks.add(
        "log",
        Ok(format!("criteria sealed {sealed_at}, first call {first}, last oracle {last}")),
    );
    let opened = assessed.openings.get(id);
    let openings = (opened, assessed.escrows.get(id));
    let opening = criteria(&mut checks, measured, openings, asked.criteria.as_deref())?;
    let transcript = chain(&mut checks, measured, &asked.transcript)?;
    if transcript.is_some() {
        let files = (asked.transcript.as_path(), asked.containment.as_deref());
        let found = (&mut checks, &mut notes);
        contained::check((&known, &assessed, ctx.clock.now()), measured, files, found)?;
    }
    let mut verdict = None;
    if let (Some(opening), Some(transcript)) = (&opening, &transcript) {
        match opened {
            Some((_, result)) => checks.add("outcomes", outcomes(result, transcript)),
            None => notes.push("the result is not opened in the log yet".to_owned()),
        }
        let decision = assessment::verify(&measured.sealed.commitment, opening, &transcript.taken);
        if let (Some((_, result)), Ok(decision)) = (opened, &decision) {
            checks.add("increments", increments(result, decision));
        }
        verdict = decision.as_ref().ok().map(|d| d.verdict.to_string());
        if decision.as_ref().is_ok_and(Decision::wants_more) {
            notes.push("the run broke off: its rule asked for more samples".to_owned());
        }
        if let (Ok(decision), 2) = (&decision, opening.criteria.version()) {
            notes.push(person(opening, decision));
        }
        let claimed = opened.map(|(_, result)| result.verdict).or(measured.claimed);
        checks.add(
            "verdict",
            match decision {
                Ok(decision) if claimed.is_none_or(|c| c == decision.verdict) => {
                    let (samples, verdict) = (decision.path.len(), decision.verdict);
                    Ok(format!("{samples} samples lead to {verdict}"))
                }
                Ok(decision) => Err(format!("the samples do not lead there: {}", decision.verdict)),
                Err(fault) => Err(fault.to_string()),
            },
        );
        let tasks = tasks::Tasks {
            opening,
            path: &asked.transcript,
            taken: &transcript.taken,
            regrade: &asked.regrade,
        };
        tasks.check(&mut checks, &mut notes).await?;
    } else {
        notes.push(
            "outcomes, verdict and tasks were not looked at: what they rest on is not believed"
                .to_owned(),
        );
    }
    let holds = checks.0.iter().all(|check| check.holds);
    Ok(Verification { run: id.clone(), holds, verdict, checks: checks.0, notes })
}

/// The run, which must have a result.
fn measured<'a>(assessed: &'a Assessed, id: &RunId) -> Result<&'a Measured, MeasureError> {
    match assessed.runs.run(id) {
        None => Err(MeasureError::Unknown(id.clone())),
        Some(Run::Sealed(_)) => Err(refused(&Refusal::NotMeasured(id.clone())).into()),
        Some(Run::Measured(measured)) => Ok(measured),
        Some(Run::Opened(opened)) => Ok(&opened.measured),
    }
}

/// What the samples say of the model besides the verdict, for whoever may read the criteria.
fn person(opening: &Opening, decision: &Decision) -> String {
    let found = assessment::calibration::person(&opening.criteria.items(), &decision.path);
    let (low, high) = (found.ability - 1.96 * found.error, found.ability + 1.96 * found.error);
    format!(
        "ability {:.2} logits, 95% from {low:.2} to {high:.2}, under this budget and scaffold; person fit {:.2} (below -1.64 lies one honest run in twenty; a model that imitates a weaker one is not seen)",
        found.ability, found.fit
    )
}

/// Statements about the run that do not count. They are no fault of the run: anyone may state them.
fn ignored(assessed: &Assessed, id: &RunId) -> Vec<String> {
    let about = assessed.doubts.iter().filter(|(run, _, _)| run == id);
    about.map(|(_, index, why)| format!("statement {index} does not count: {why}")).collect()
}

/// The opening that is believed: the log's, or else a file that fits the commitment, or what is in escrow.
fn criteria(
    checks: &mut Checks,
    measured: &Measured,
    (opened, escrow): (Option<&(Opening, ResultOpening)>, Option<&Opening>),
    file: Option<&Path>,
) -> Result<Option<Opening>, MeasureError> {
    let commitment = &measured.sealed.commitment;
    if opened.is_some() {
        let words = format!("opened in the log; they fit the commitment {commitment}");
        checks.add("criteria", Ok(words));
    }
    if let (None, None, Some(escrow)) = (opened, file, escrow) {
        let words = format!("in escrow since they were sealed; they fit {commitment}");
        checks.add("criteria", Ok(words));
        return Ok(Some(escrow.clone()));
    }
    let Some(path) = file else {
        let run = &measured.sealed.run;
        let detail = format!("run {run} is not opened yet; give its criteria with --criteria");
        let none = || Refused { code: "not-opened", detail };
        return opened.map(|(o, _)| Some(o.clone())).ok_or_else(|| none().into());
    };
    let shown = path.display();
    let given = match criteria_at(path) {
        Ok(given) => given,
        Err(error @ MeasureError::Criteria { .. }) => {
            checks.add("criteria file", Err(operations::plain(&error)));
            return Ok(opened.map(|(opening, _)| opening.clone()));
        }
        Err(other) => return Err(other),
    };
    let fault = given.check(commitment).err();
    let fits = fault.is_none();
    checks.add(
        "criteria file",
        match fault {
            None => Ok(format!("{shown} fits the commitment {commitment}")),
            Some(fault) => {
                // with the log's opening beside it the place is known to the cell
                let place = opened.and_then(|(opening, _)| difference(opening, &given));
                let place = place.map_or_else(|| fault.to_string(), |w| format!("{w} differs"));
                Err(format!("{shown} is not what was sealed as {commitment}: {place}"))
            }
        },
    );
    let believed = opened.map(|(opening, _)| opening.clone());
    Ok(believed.or_else(|| fits.then_some(given)))
}

/// The first part in which two openings differ.
fn difference(opened: &Opening, given: &Opening) -> Option<String> {
    let Criteria { run, model, model_digest, seed, bank, rule, budget, digests, details } =
        &opened.criteria;
    let other = &given.criteria;
    let items = details.as_ref().zip(other.details.as_ref());
    let parts = [
        ("the run", *run == other.run),
        ("the model", *model == other.model),
        ("the model's digest", *model_digest == other.model_digest),
        ("the commitment to the seed", *seed == other.seed),
        ("the number of cells", bank.cells.len() == other.bank.cells.len()),
        ("the rule (threshold, error rates, caps)", *rule == other.rule),
        ("the budget of a sample", *budget == other.budget),
        ("the digests of scaffold, grader and loop", *digests == other.digests),
        ("the version of the document", details.is_some() == other.details.is_some()),
        (
            "the list of families with their seeds",
            items.is_none_or(|(a, b)| a.families == b.families),
        ),
        (
            "the number of item parameters",
            items.is_none_or(|(a, b)| a.items.len() == b.items.len()),
        ),
        ("the salt", opened.salt == given.salt),
        ("the master seed", opened.seed.is_none() || opened.seed == given.seed),
    ];
    let part = parts.into_iter().find(|(_, same)| !same).map(|(name, _)| name.to_owned());
    let named = |n: usize, what: &str| {
        let cell = bank.cells.get(n).map(|cell| format!(" ({}={})", cell.family, cell.dial));
        format!("{what} {n}{}", cell.unwrap_or_default())
    };
    let mut cells = bank.cells.iter().zip(&other.bank.cells);
    let mut believed = items.into_iter().flat_map(|(a, b)| a.items.iter().zip(&b.items));
    part.or_else(|| Some(named(cells.position(|(a, b)| a != b)?, "cell")))
        .or_else(|| Some(named(believed.position(|(a, b)| a != b)?, "the item of cell")))
        .or_else(|| listed(opened, given))
}

/// The first entry of the list of parts that differs, when all else is alike.
fn listed(opened: &Opening, given: &Opening) -> Option<String> {
    let (ours, theirs) = opened.parts.as_ref().zip(given.parts.as_ref())?;
    let at = (0..ours.len().max(theirs.len())).find(|n| ours.get(*n) != theirs.get(*n))?;
    Some(format!("commitment {at} in the list of the parts"))
}

/// Every increment of the opened result against what follows from criteria and samples.
fn increments(result: &ResultOpening, decision: &Decision) -> Result<String, String> {
    result.check(decision).map_err(|fault| fault.to_string())?;
    Ok(match &result.path {
        Some(path) => format!("{} increments follow to the last digit", path.len()),
        None => "none are recorded in criteria of version 1".to_owned(),
    })
}

/// The transcript, if its chain holds and ends in the recorded root.
fn chain(
    checks: &mut Checks,
    measured: &Measured,
    path: &Path,
) -> Result<Option<Checked>, MeasureError> {
    let shown = path.display();
    let found = match transcript::check(path) {
        Ok(checked) => checked,
        Err(error @ TranscriptError::Line { .. }) => {
            let words = format!("{error}; that line or the one before it was changed");
            checks.add("transcript", Err(words));
            return Ok(None);
        }
        Err(error @ TranscriptError::File { .. }) => {
            return Err(harness::HarnessError::from(error).into());
        }
    };
    let Checked { root, lines, commitment, taken: _ } = &found;
    let recorded = &measured.transcript;
    let fault = if root != recorded {
        let why = "its last line was changed, or lines are missing or added at its end";
        Some(format!(
            "{shown}: its {lines} lines end in root {root}, recorded was {recorded}; {why}"
        ))
    } else if *commitment != Some(measured.sealed.commitment) {
        Some(format!("{shown}: line 1 names other criteria than were sealed"))
    } else {
        None
    };
    let holds = fault.is_none();
    let good = format!("{lines} lines in an unbroken chain to the recorded root {root}");
    checks.add("transcript", fault.map_or(Ok(good), Err));
    Ok(holds.then_some(found))
}

fn outcomes(result: &ResultOpening, transcript: &Checked) -> Result<String, String> {
    let (opened, seen) = (result.taken(), &transcript.taken);
    let differs = opened.iter().zip(seen).position(|(a, b)| a != b);
    match differs {
        Some(sample) => Err(format!("sample {sample} has another cell or outcome in the opening")),
        None if opened.len() != seen.len() => {
            let (opened, seen) = (opened.len(), seen.len());
            Err(format!("{opened} samples were opened, {seen} are in the transcript"))
        }
        None => Ok(format!("the {} opened outcomes are the transcript's", seen.len())),
    }
}
