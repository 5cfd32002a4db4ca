//! The elicitation ladder over opened runs: decide on the best rung, report the gap, name the runs that were left out.

use super::{Assessed, MeasureError, refused, runs};
use crate::act::Ctx;
use assessment::calibration::person;
use assessment::ladder::{Kind, Plateau, Rung, climb};
use assessment::{Opened, Refusal, Rule, Run};
use domain::{Line, ModelId, RunId};
use serde::Serialize;

/// One rung as it is asked for.
#[derive(Debug, Clone)]
pub struct RungAsked {
    /// Its name.
    pub name: Line,
    /// What it changes.
    pub kind: Kind,
    /// Its run.
    pub run: RunId,
}

/// One rung as it came out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RungView {
    /// Its name.
    pub name: Line,
    /// What it changes.
    pub kind: &'static str,
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
    asked: &[RungAsked],
    alpha: u32,
) -> Result<LadderView, MeasureError> {
    let known = ctx.known().await?;
    let assessed = runs(&known, &known.trust);
    let (mut rungs, mut views) = (Vec::new(), Vec::new());
    for rung in asked {
        let opened = opened(&assessed, &rung.run)?;
        let (core, view) = one(rung, opened)?;
        rungs.push(core);
        views.push(view);
    }
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
        left_out: left_out(&assessed, asked),
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
    let found = person(&criteria.items(), &opened.decision.path);
    let view = RungView {
        name: asked.name.clone(),
        kind: asked.kind.name(),
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
        kind: asked.kind,
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

/// A rung as it is typed: `NAME=KIND=RUN`.
///
/// # Errors
/// What is wrong with it.
pub fn read_rung(typed: &str) -> Result<RungAsked, String> {
    let kinds: Vec<_> = Kind::ALL.iter().map(|kind| kind.name()).collect();
    let wrong = || format!("`{typed}`: write NAME=KIND=RUN; a kind is {}", kinds.join(", "));
    let mut parts = typed.splitn(3, '=').map(str::trim);
    let mut part = || parts.next().filter(|part| !part.is_empty()).ok_or_else(wrong);
    let (name, kind, run) = (part()?, part()?, part()?);
    let kind = Kind::ALL.into_iter().find(|k| k.name() == kind).ok_or_else(wrong)?;
    let name = name.parse().map_err(|_| wrong())?;
    Ok(RungAsked { name, kind, run: run.parse().map_err(|_| wrong())? })
}

#[cfg(test)]
mod tests;
