//! Opening: criteria and result become readable to those who determine and those who inspect.

use super::kept::Keeping;
use super::{MeasureError, Start, entrusted, refused, runs, start, subject};
use assessment::{Refusal, Run};
use domain::RunId;
use operations::act::{Ctx, Done};

/// Opens a measured run's criteria and result, with the master seed unless it is withheld.
///
/// # Errors
/// The rules' refusal, missing files of the run, or what stating met.
pub async fn open(
    ctx: &Ctx,
    id: &RunId,
    with_seed: bool,
    request: Option<&str>,
) -> Result<Done, MeasureError> {
    let known = match start(ctx, request).await? {
        Start::Earlier(done) => return Ok(done),
        Start::Go(known) => known,
    };
    let assessed = runs(&known, &known.trust);
    let refuse = |refusal: Refusal| MeasureError::from(refused(&refusal));
    let measured = match assessed.runs.run(id) {
        None => return Err(refuse(Refusal::NeverSealed(id.clone()))),
        Some(Run::Sealed(_)) => return Err(refuse(Refusal::NotMeasured(id.clone()))),
        Some(Run::Opened(_)) => return Err(refuse(Refusal::AlreadyOpened(id.clone()))),
        Some(Run::Measured(measured)) => measured,
    };
    let sealed = &measured.sealed;
    if sealed.evaluator != *ctx.home.id() {
        let (owner, given) = (sealed.evaluator.clone(), ctx.home.id().clone());
        return Err(refuse(Refusal::OtherEvaluator { run: id.clone(), owner, given }));
    }
    let keeping = Keeping::of(&ctx.home, id);
    let mut opening = keeping.criteria(id, &sealed.commitment)?;
    if !with_seed {
        opening.seed = None;
    }
    let kept = keeping.result()?.ok_or_else(|| MeasureError::Result {
        path: keeping.folder().join("result"),
        reason: "it is missing; only the evaluator's home that measured has it".to_owned(),
    })?;
    let event = measured.open(opening, kept.result, ctx.clock.now()).map_err(refuse)?;
    let readers = entrusted(&known.trust, subject(&known, sealed)?.as_ref());
    Ok(ctx.state(&event, &readers, request).await?)
}
