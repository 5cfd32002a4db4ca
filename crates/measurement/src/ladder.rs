//! The elicitation ladder over opened runs: decide on the best rung, report the gap, name the runs that were left out.

use super::{Assessed, MeasureError, refused, runs};
use assessment::calibration::person;
use assessment::ladder::{Kind, Plateau, Rung, climb};
use assessment::{Named as _, Opened, Refusal, Rule, Run};
use domain::{Line, ModelId, RunId};
use operations::act::Ctx;
use serde::Serialize;

/// One rung as it is asked for.
#[derive(Debug, Clone)]
pub struct RungAsked {
    /// Its name.
    pub name: Line,
    /// What it changes; what its criteria say if not given. Older criteria don't say.
    pub kind: Option<Kind>,
    /// Its run.
    pub run: RunId,
}

/// Which ladder.
#[derive(Debug, Clone)]
pub enum LadderAsked {
    /// These rungs.
    Rungs(Vec<RungAsked>),
    /// Every run that was sealed as a rung of the ladder of this name, so that none is left out.
    Named(Line),
}

/// One rung as it came out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RungView {
    /// Its name.
    pub name: Line,
    /// What it changes.
    pub kind: &'static str,
    /// How the model was asked, as it was sealed; none when only the caller says what the rung changes.
    pub sealed: Option<String>,
    /// Its run.
    pub run: RunId,
    /// The model, which may be another checkpoint.
    pub model: ModelId,
    /// The verdict.
    pub verdict: String,
    /// Its part of alpha.
    pub alpha: f64,
    /// Turns and tokens of a task.
    pub budget: (u32, u64),
    /// Ability with its standard error, in logits.
    pub ability: (f64, f64),
    /// The person fit.
    pub fit: f64,
}

/// A difference of abilities, in logits.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GapView {
    /// From this rung.
    pub from: Line,
    /// To this one.
    pub to: Line,
    /// The difference.
    pub logits: f64,
    /// Its 95 % interval, as wide as the number of comparisons asks.
    pub interval: (f64, f64),
}

/// What a ladder comes to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LadderView {
    /// The verdict.
    pub verdict: String,
    /// The rung that decides.
    pub best: Line,
    /// The chance of a wrong ABOVE is at most this, of a wrong BELOW at most that.
    pub errors: (f64, f64),
    /// From the model as it is to the best rung.
    pub gap: Option<GapView>,
    /// The end of the budget curve: its last rise, and `flat`, `rising` or `unclear`.
    pub budget_curve: Option<(GapView, &'static str)>,
    /// Ability with its standard error by tokens of a sample: the bare rung and the steps of the budget.
    pub capability: Vec<(u64, f64, f64)>,
    /// What makes rungs differ by more than they say.
    pub notes: Vec<String>,
    /// The rungs.
    pub rungs: Vec<RungView>,
    /// Runs of the same case or models that are no rung, with where they stand: a ladder that leaves one out says so.
    pub left_out: Vec<(RunId, &'static str)>,
}

/// Climbs a ladder. `alpha` is what was to be split, in parts per million.
///
/// # Errors
/// A run that is not opened to this party, or rungs that are no ladder.
pub async fn ladder(
    ctx: &Ctx,
    asked: &LadderAsked,
    alpha: u32,
) -> Result<LadderView, MeasureError> {
    let known = ctx.known().await?;
    let assessed = runs(&known, &known.trust);
    let mut notes = Vec::new();
    let asked = match asked {
        LadderAsked::Rungs(rungs) => rungs.clone(),
        LadderAsked::Named(name) => members(&assessed, name, &mut notes)?,
    };
    let mut found = Vec::new();
    for rung in &asked {
        let opened = opened(&assessed, &rung.run)?;
        let (core, view) = one(rung, opened)?;
        found.push((core, view, opened));
    }
    notes.extend(differences(&found));
    let mut view = climbed(&found, alpha)?;
    view.notes = notes;
    view.left_out = left_out(&assessed, &asked);
    Ok(view)
}

/// The rungs of a ladder by the name that it was sealed with, each called as its run.
fn members(
    assessed: &Assessed,
    name: &Line,
    notes: &mut Vec<String>,
) -> Result<Vec<RungAsked>, MeasureError> {
    let rungs: Vec<_> = assessed
        .runs
        .iter()
        .filter_map(|(run, state)| Some((run, state.sealed(), state.sealed().ladder.as_ref()?)))
        .filter(|(_, _, place)| place.ladder == *name)
        .collect();
    let Some((_, first, place)) = rungs.first() else {
        let why = format!("no run that this party may read about was sealed as a rung of `{name}`");
        return Err(MeasureError::Argument(why));
    };
    if rungs.iter().any(|(_, sealed, _)| sealed.evaluator != first.evaluator) {
        let why = format!("two evaluators have a ladder `{name}`; name the rungs with --rung");
        return Err(MeasureError::Argument(why));
    }
    let most = usize::try_from(place.rungs).unwrap_or(usize::MAX);
    if rungs.len() < most {
        notes.push(format!("{} of the ladder's {most} rungs were sealed", rungs.len()));
    }
    let rung = |run: &RunId| {
        let called = run.as_str().parse().map_err(|_| MeasureError::Unknown(run.clone()))?;
        Ok(RungAsked { name: called, kind: None, run: run.clone() })
    };
    rungs.into_iter().map(|(run, ..)| rung(run)).collect()
}

/// What makes a rung differ from the bare one by more than it says.
fn differences(found: &[Climbing<'_>]) -> Vec<String> {
    let bare = found.iter().find(|(core, ..)| core.kind == Kind::Bare);
    let Some((_, _, bare)) = bare else { return Vec::new() };
    let mut notes = Vec::new();
    for (core, view, opened) in found {
        let (criteria, plain) = (&opened.criteria, &bare.criteria);
        let checkpoint = matches!(core.kind, Kind::HelpfulOnly | Kind::FineTune);
        let model = (&criteria.model, criteria.model_digest) != (&plain.model, plain.model_digest);
        for (differs, what) in [
            (core.kind != Kind::Budget && criteria.budget != plain.budget, "another budget"),
            (!checkpoint && model, "another model"),
            (criteria.bank != plain.bank, "other tasks"),
            (criteria.items() != plain.items(), "other beliefs about its tasks"),
            (view.sealed.is_none(), "a kind that was not sealed with its criteria"),
        ] {
            if differs {
                notes.push(format!("`{}` has {what}", core.name));
            }
        }
        if core.kind == Kind::Budget && criteria.budget.tokens <= plain.budget.tokens {
            notes.push(format!("`{}` has no larger budget than the bare rung", core.name));
        }
    }
    notes
}

/// A rung, what is shown of it, and the run that it rests on.
type Climbing<'a> = (Rung, RungView, &'a Opened);

fn climbed(found: &[Climbing<'_>], alpha: u32) -> Result<LadderView, MeasureError> {
    let rungs: Vec<Rung> = found.iter().map(|(core, ..)| core.clone()).collect();
    let views: Vec<RungView> = found.iter().map(|(_, view, _)| view.clone()).collect();
    let found = climb(&rungs, alpha).map_err(|f| MeasureError::Argument(f.to_string()))?;
    let name = |n: usize| {
        let unnamed = || MeasureError::Argument("a rung is missing".to_owned());
        rungs.get(n).map(|rung| rung.name.clone()).ok_or_else(unnamed)
    };
    let gap = |gap: assessment::ladder::Gap| {
        let (logits, interval) = (gap.logits, gap.interval);
        Ok::<_, MeasureError>(GapView {
            from: name(gap.from)?,
            to: name(gap.to)?,
            logits,
            interval,
        })
    };
    let curve = found.plateau.map(|(rise, shape)| {
        let shape = match shape {
            Plateau::Flat => "flat",
            Plateau::Rising => "rising",
            Plateau::Unclear => "unclear",
        };
        Ok::<_, MeasureError>((gap(rise)?, shape))
    });
    let part = |ppm: u32| f64::from(ppm) / 1e6;
    Ok(LadderView {
        verdict: found.verdict.to_string(),
        best: name(found.best)?,
        errors: (part(found.errors.0), part(found.errors.1)),
        gap: found.gap.map(gap).transpose()?,
        budget_curve: curve.transpose()?,
        capability: found
            .curve
            .iter()
            .filter_map(|n| rungs.get(*n))
            .map(|rung| (rung.tokens, rung.person.ability, rung.person.error))
            .collect(),
        notes: Vec::new(),
        left_out: Vec::new(),
        rungs: views,
    })
}

fn opened<'a>(assessed: &'a Assessed, run: &RunId) -> Result<&'a Opened, MeasureError> {
    match assessed.runs.run(run) {
        None => Err(MeasureError::Unknown(run.clone())),
        Some(Run::Opened(opened)) => Ok(opened),
        Some(Run::Sealed(_)) => Err(refused(&Refusal::NotMeasured(run.clone())).into()),
        Some(Run::Measured(_)) => {
            let why = format!("run {run} is not opened to this party; a rung must be");
            Err(MeasureError::Argument(why))
        }
    }
}

fn one(asked: &RungAsked, opened: &Opened) -> Result<(Rung, RungView), MeasureError> {
    let criteria = &opened.criteria;
    let Rule::TwoKeys(keys) = &criteria.rule else {
        let why =
            format!("run {} has a rule on success rates; a rung needs one on ability", asked.run);
        return Err(MeasureError::Argument(why));
    };
    let sealed = criteria.digests.elicitation;
    let kind = match (asked.kind, sealed.map(|how| how.kind)) {
        (Some(said), Some(sealed)) if said != sealed => {
            let why = format!(
                "run {} was sealed as a rung of the kind `{sealed}`, not `{said}`",
                asked.run
            );
            return Err(MeasureError::Argument(why));
        }
        (_, Some(kind)) | (Some(kind), None) => kind,
        (None, None) => {
            let why = format!(
                "the criteria of run {} don't say what it changes; write NAME=KIND=RUN",
                asked.run
            );
            return Err(MeasureError::Argument(why));
        }
    };
    let found = person(&criteria.items(), &opened.decision.path);
    let view = RungView {
        name: asked.name.clone(),
        kind: kind.name(),
        sealed: sealed.map(|how| how.to_string()),
        run: asked.run.clone(),
        model: criteria.model.clone(),
        verdict: opened.decision.verdict.to_string(),
        alpha: f64::from(keys.alpha) / 1e6,
        budget: (criteria.budget.turns, criteria.budget.tokens),
        ability: (found.ability, found.error),
        fit: found.fit,
    };
    let rung = Rung {
        name: asked.name.clone(),
        kind,
        verdict: opened.decision.verdict,
        errors: (keys.alpha, keys.beta),
        asked: (keys.threshold, keys.delta),
        tokens: criteria.budget.tokens,
        person: found,
    };
    Ok((rung, view))
}

/// Runs of the rungs' cases and models that are no rung themselves.
fn left_out(assessed: &Assessed, asked: &[RungAsked]) -> Vec<(RunId, &'static str)> {
    let ours: Vec<_> = asked
        .iter()
        .filter_map(|rung| assessed.runs.run(&rung.run))
        .map(|run| (run.sealed().case.clone(), run.sealed().model.clone()))
        .collect();
    let related = |run: &Run| {
        let sealed = run.sealed();
        ours.iter()
            .any(|(case, model)| *model == sealed.model || (case.is_some() && *case == sealed.case))
    };
    let named = |id: &RunId| asked.iter().any(|rung| rung.run == *id);
    let others = assessed.runs.iter().filter(|(id, run)| !named(id) && related(run));
    let state = |run: &Run| match run {
        Run::Sealed(_) => "sealed, without a result",
        Run::Measured(_) => "measured, not opened",
        Run::Opened(_) => "opened",
    };
    others.map(|(id, run)| (id.clone(), state(run))).collect()
}

/// A rung as it is typed: `NAME=RUN`, or `NAME=KIND=RUN` where the criteria don't say the kind.
///
/// # Errors
/// What is wrong with it.
pub fn read_rung(typed: &str) -> Result<RungAsked, String> {
    let kinds: Vec<_> = Kind::ALL.iter().map(|(_, name)| *name).collect();
    let wrong = || {
        let kinds = kinds.join(", ");
        format!("`{typed}`: write NAME=RUN, or NAME=KIND=RUN; a kind is {kinds}")
    };
    let parts: Vec<&str> = typed.splitn(3, '=').map(str::trim).collect();
    let (name, kind, run) = match parts.as_slice() {
        [name, run] => (name, None, run),
        [name, kind, run] => (name, Some(Kind::from_name(kind).map_err(|_| wrong())?), run),
        _ => return Err(wrong()),
    };
    let name = name.parse().map_err(|_| wrong())?;
    Ok(RungAsked { name, kind, run: run.parse().map_err(|_| wrong())? })
}

#[cfg(test)]
mod tests;
