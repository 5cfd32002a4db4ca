//! Runs as a party may see them.

use super::{MeasureError, runs};
use assessment::{Criteria, Rule, Run};
use domain::{CaseId, Digest, ModelId, PartyId, RunId, Timestamp};
use operations::act::Ctx;
use serde::Serialize;

/// A run as this party knows it. What is sealed to others is absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunView {
    /// The run.
    pub run: RunId,
    /// What is measured.
    pub model: ModelId,
    /// The review it is for.
    pub case: Option<CaseId>,
    /// Who measures.
    pub evaluator: PartyId,
    /// `sealed`, `measured` or `opened`.
    pub state: &'static str,
    /// The commitment to the criteria.
    pub commitment: Digest,
    /// When the criteria were sealed.
    pub sealed_at: Timestamp,
    /// When the first call was made and the last oracle judged.
    pub measured: Option<(Timestamp, Timestamp)>,
    /// The transcript's root.
    pub transcript: Option<Digest>,
    /// The verdict, recomputed from the opening.
    pub verdict: Option<String>,
    /// The criteria, once opened.
    pub criteria: Option<CriteriaView>,
}

/// Opened criteria. Rates are parts per million.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CriteriaView {
    /// The families with their dials.
    pub cells: Vec<String>,
    /// The version of the document.
    pub version: u8,
    /// Under the plain rule, the success rates that are told apart: at or below the first is BELOW, at or above the second
    /// ABOVE.
    pub rates: Option<(u32, u32)>,
    /// Under the rule with two keys, the threshold and the half-width around it, in thousandths of a logit.
    pub ability: Option<(i32, u32)>,
    /// Distinct cells without which there is no verdict.
    pub floor: u32,
    /// The chances of a wrong ABOVE and of a wrong BELOW.
    pub errors: (u32, u32),
    /// Most samples that count.
    pub cap: u32,
    /// Samples taken.
    pub samples: usize,
    /// What one sample could use: turns, tokens, seconds.
    pub budget: (u32, u64, u32),
}

impl RunView {
    fn of(run: &Run) -> Self {
        let sealed = run.sealed();
        let measured = match run {
            Run::Sealed(_) => None,
            Run::Measured(measured) => Some(measured),
            Run::Opened(opened) => Some(&opened.measured),
        };
        let (state, criteria) = match run {
            Run::Sealed(_) => ("sealed", None),
            Run::Measured(_) => ("measured", None),
            Run::Opened(o) => ("opened", Some(criteria(&o.criteria, o.decision.path.len()))),
        };
        Self {
            run: sealed.run.clone(),
            model: sealed.model.clone(),
            case: sealed.case.clone(),
            evaluator: sealed.evaluator.clone(),
            state,
            commitment: sealed.commitment,
            sealed_at: sealed.sealed_at,
            measured: measured.map(|m| (m.started_at, m.ended_at)),
            transcript: measured.map(|m| m.transcript),
            verdict: run.verdict().map(|v| v.to_string()),
            criteria,
        }
    }
}

fn criteria(criteria: &Criteria, samples: usize) -> CriteriaView {
    let cells = criteria.bank.cells.iter().map(|c| format!("{}={}", c.family, c.dial)).collect();
    let budget = criteria.budget;
    let budget = (budget.turns, budget.tokens, budget.seconds);
    let rule = &criteria.rule;
    let (rates, ability) = match rule {
        Rule::Sprt(sprt) => (Some(sprt.rates()), None),
        Rule::TwoKeys(keys) => (None, Some((keys.threshold, keys.delta))),
        // a rule of a later version: its verdict can't have been admitted by this one
        _ => (None, None),
    };
    CriteriaView {
        version: criteria.version(),
        cells,
        rates,
        ability,
        floor: rule.floor(),
        errors: rule.errors(),
        cap: rule.caps().0,
        samples,
        budget,
    }
}

/// Every run that this party can read about.
///
/// # Errors
/// The log can't be brought up to date.
pub async fn list(ctx: &Ctx) -> Result<Vec<RunView>, MeasureError> {
    let known = ctx.known().await?;
    Ok(runs(&known, &known.trust).runs.iter().map(|(_, run)| RunView::of(run)).collect())
}

/// One run.
///
/// # Errors
/// A run of which nothing can be read here.
pub async fn show(ctx: &Ctx, id: &RunId) -> Result<RunView, MeasureError> {
    let known = ctx.known().await?;
    let assessed = runs(&known, &known.trust);
    assessed.runs.run(id).map(RunView::of).ok_or_else(|| MeasureError::Unknown(id.clone()))
}
