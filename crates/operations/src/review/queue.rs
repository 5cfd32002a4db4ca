//! What awaits a determination: the models of open cases, with the runs about them and who is recused.

use super::{ReviewError, reviews, view_of};
use crate::act::Ctx;
use crate::runs::runs;
use access::{CaseView, ModelView};
use assessment::Run;
use domain::{CaseId, Digest, ModelId, PersonId, RunId, Timestamp};
use serde::Serialize;

/// Where a model stands. Nobody waits for a release: none of these holds one up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stands {
    /// A run is opened and nothing is determined: the evidence is there.
    Ready,
    /// A run was opened after what is determined was decided.
    Again,
    /// Nothing is determined, and no run is opened.
    Awaiting,
    /// Something is determined, and no later run is opened.
    Determined,
}

/// One model of one case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Queued {
    /// Where it stands.
    pub stands: Stands,
    /// The case.
    pub case: CaseId,
    /// The model.
    pub model: ModelId,
    /// When its developer plans to release it to partners.
    pub planned_partner_release_at: Timestamp,
    /// Runs about it: which, `sealed`, `measured` or `opened`, and the verdict where it can be read here.
    pub runs: Vec<(RunId, &'static str, Option<String>)>,
    /// The determination in force.
    pub determination: Option<Digest>,
    /// Persons of this party who are recused from the case.
    pub recused: Vec<PersonId>,
}

/// The queue, what is ready first, then by the plan of release.
///
/// # Errors
/// The log can't be brought up to date.
pub async fn queue(ctx: &Ctx) -> Result<Vec<Queued>, ReviewError> {
    let known = ctx.known().await?;
    let (reviews, _) = reviews(&known, &known.trust);
    let runs = runs(&known, &known.trust).runs;
    let now = ctx.clock.now();
    let mut queue = Vec::new();
    for view in reviews.cases().filter_map(|case| view_of(&reviews, case.id(), now).ok()) {
        for model in &view.models {
            let about = runs.iter().map(|(_, run)| run).filter(|run| {
                let sealed = run.sealed();
                sealed.case.as_ref() == Some(&view.case) && sealed.model == model.model
            });
            queue.push(queued(ctx, &view, model, &about.collect::<Vec<_>>()));
        }
    }
    queue.sort_by_key(|q| (q.stands, q.planned_partner_release_at));
    Ok(queue)
}

fn queued(ctx: &Ctx, view: &CaseView, model: &ModelView, runs: &[&Run]) -> Queued {
    let in_force = model.determinations.iter().find(|d| d.superseded_by.is_none() && !d.withdrawn);
    let ended = runs.iter().filter_map(|run| match run {
        Run::Opened(opened) => Some(opened.measured.ended_at),
        Run::Sealed(_) | Run::Measured(_) => None,
    });
    let stands = match (ended.max(), in_force) {
        (Some(_), None) => Stands::Ready,
        (Some(ended), Some(d)) if ended > d.decided_at => Stands::Again,
        (None, None) => Stands::Awaiting,
        (Some(_) | None, Some(_)) => Stands::Determined,
    };
    let run = |run: &&Run| {
        let state = match run {
            Run::Sealed(_) => "sealed",
            Run::Measured(_) => "measured",
            Run::Opened(_) => "opened",
        };
        (run.sealed().run.clone(), state, run.verdict().map(|v| v.to_string()))
    };
    let ours = view.recused.iter().filter(|(party, _)| party == ctx.home.id());
    Queued {
        stands,
        case: view.case.clone(),
        model: model.model.clone(),
        planned_partner_release_at: view.planned_partner_release_at,
        runs: runs.iter().map(run).collect(),
        determination: in_force.map(|d| d.reference),
        recused: ours.map(|(_, person)| person.clone()).collect(),
    }
}
