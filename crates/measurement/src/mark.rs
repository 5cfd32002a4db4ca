//! Marking samples as won by cheating, for the second ledger.

use super::{MeasureError, Start, entrusted, refused, runs, start, subject};
use assessment::Refusal;
use domain::{Line, RunId};
use operations::act::{Ctx, Done};
use std::collections::BTreeMap;

/// Marks samples of a measured run; `marks` has a reason by the number of the sample, from 0.
///
/// # Errors
/// The rules' refusal, or what stating met.
pub async fn mark(
    ctx: &Ctx,
    id: &RunId,
    marks: BTreeMap<u32, Line>,
    request: Option<&str>,
) -> Result<Done, MeasureError> {
    let known = match start(ctx, request).await? {
        Start::Earlier(done) => return Ok(done),
        Start::Go(known) => known,
    };
    let assessed = runs(&known, &known.trust);
    let event = assessed.runs.mark(ctx.home.id(), id, marks, ctx.clock.now());
    let event = event.map_err(|refusal| refused(&refusal))?;
    let sealed = assessed.runs.run(id).ok_or_else(|| refused(&Refusal::NeverSealed(id.clone())))?;
    let readers = entrusted(&known.trust, subject(&known, sealed.sealed())?.as_ref());
    Ok(ctx.state(&event, &readers, request).await?)
}

/// A mark as it is typed: `SAMPLE=REASON`, the samples counted from 1 as the memo shows them.
///
/// # Errors
/// What is wrong with it.
pub fn read_mark(typed: &str) -> Result<(u32, Line), String> {
    let wrong = || format!("`{typed}`: write SAMPLE=REASON, samples counted from 1");
    let (sample, why) = typed.split_once('=').ok_or_else(wrong)?;
    let sample: u32 = sample.trim().parse().map_err(|_| wrong())?;
    let sample = sample.checked_sub(1).ok_or_else(wrong)?;
    Ok((sample, why.trim().parse().map_err(|_| wrong())?))
}
