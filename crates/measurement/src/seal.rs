//! Sealing: draw the seed, fix the criteria, keep them in the home, state the commitment.

use super::kept::{Keeping, criteria_bytes};
use super::{Items, MeasureError, Start, developer, entrusted, refused, runs, start, told};
use assessment::{
    Bank, Budget, Cell, Criteria, Details, Dial, Elicitation, Event, Item, MasterSeed, Opening,
    Rule, RungOf, SeedOpening, families,
};
use domain::{CaseId, Digest, ModelId, RunId};
use operations::act::{Ctx, Done, Readers};
use operations::files::{self, Access, FileError};
use std::path::Path;

/// What an evaluator decides before a run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The run, a new id.
    pub run: RunId,
    /// The review it is for.
    pub case: Option<CaseId>,
    /// What is measured.
    pub model: ModelId,
    /// What the developer says identifies the exact model.
    pub model_digest: Option<Digest>,
    /// The kinds of tasks.
    pub cells: Vec<Cell>,
    /// What is believed of them, where it is more than their dials say.
    pub items: Items,
    /// Threshold, error rates, caps.
    pub rule: Rule,
    /// What one sample may use.
    pub budget: Budget,
    /// How the model is asked.
    pub elicitation: Elicitation,
    /// The ladder that the run is a rung of.
    pub ladder: Option<RungOf>,
    /// The master seed; a fresh one is drawn when `None`.
    pub seed: Option<[u8; 32]>,
}

/// Seals a run's criteria. `copy` is a second file for them, to be kept elsewhere.
///
/// # Errors
/// The rules' refusal, a case that this party does not know, or what writing or stating met.
pub async fn seal(
    ctx: &Ctx,
    plan: Plan,
    copy: Option<&Path>,
    request: Option<&str>,
) -> Result<Done, MeasureError> {
    let keeping = Keeping::of(&ctx.home, &plan.run);
    let known = match start(ctx, request).await? {
        Start::Earlier(done) => {
            hand_out(&criteria_bytes(&keeping.opening()?), copy)?;
            return Ok(done);
        }
        Start::Go(known) => known,
    };
    let subject = plan.case.as_ref().map(|case| developer(&known, case, &plan.model));
    let developer = subject.transpose()?;
    let (case, ladder) = (plan.case.clone(), plan.ladder.clone());
    let opening = draw(ctx, plan);
    let now = ctx.clock.now();
    let event = runs(&known, &known.trust)
        .runs
        .seal(ctx.home.id(), (case, ladder), &opening, now)
        .map_err(|refusal| refused(&refusal))?;
    if let Some(taken) = copy.filter(|path| path.exists()) {
        return Err(FileError::Exists(taken.to_owned()).into());
    }
    let _lock = keeping.lock()?;
    keeping.keep_criteria(&opening, ctx.random.as_ref())?;
    let done = ctx.state(&event, &told(&known.trust, developer.clone()), request).await?;
    hand_out(&criteria_bytes(&opening), copy)?;
    let authority = entrusted(&known.trust, developer.as_ref());
    escrow(ctx, opening, &authority, request).await?;
    Ok(done)
}

/// Puts the criteria in escrow with those who determine and inspect, when there are such parties. A sealing that waits for the
/// node is followed by its escrow in the same order.
async fn escrow(
    ctx: &Ctx,
    opening: Opening,
    authority: &Readers,
    request: Option<&str>,
) -> Result<(), MeasureError> {
    let nobody = matches!(authority, Readers::Parties(parties) if parties.is_empty());
    if nobody {
        return Ok(());
    }
    let event = Event::CriteriaEscrowed {
        run: opening.criteria.run.clone(),
        evaluator: ctx.home.id().clone(),
        opening: Box::new(opening),
    };
    let request = request.map(|key| format!("{key}.escrow"));
    ctx.state(&event, authority, request.as_deref()).await?;
    Ok(())
}

/// Writes the copy, unless it is there already as it must be.
fn hand_out(criteria: &[u8], copy: Option<&Path>) -> Result<(), FileError> {
    let Some(path) = copy else { return Ok(()) };
    if path.exists() && files::read(path, 2 << 20)? == criteria {
        return Ok(());
    }
    files::create(path, criteria, Access::Private)
}

fn draw(ctx: &Ctx, plan: Plan) -> Opening {
    let fresh = || {
        let mut bytes = [0; 32];
        ctx.random.fill(&mut bytes);
        bytes
    };
    let seed = SeedOpening { seed: plan.seed.unwrap_or_else(fresh), salt: fresh() };
    let bank = Bank { cells: plan.cells };
    let items = believed(&bank.cells, &plan.items);
    let criteria = Criteria {
        details: Some(Details::new(&bank, items, &plan.run, &seed)),
        run: plan.run,
        model: plan.model,
        model_digest: plan.model_digest,
        seed: MasterSeed::new(seed.seed).commitment(&seed.salt),
        bank,
        rule: plan.rule,
        budget: plan.budget,
        digests: harness::digests(plan.elicitation),
    };
    Opening::new(criteria, fresh(), Some(seed))
}

/// What is believed of each cell: the item of a refit where there is one, else what its dial says.
pub(super) fn believed(cells: &[Cell], items: &Items) -> Vec<Item> {
    let item = |cell: &Cell| items.get(cell).copied().unwrap_or_else(|| Item::prior(cell.dial));
    cells.iter().map(item).collect()
}

/// Cells from what a person types: `keystream-recovery=1,2` or `record-overflow=1-5`, each a family with dials. None
/// given means every family at every dial.
///
/// # Errors
/// What is wrong with the first that can't be read.
pub fn cells(typed: &[String]) -> Result<Vec<Cell>, MeasureError> {
    let cell = |name: &str, dial| Cell { family: name.parse().expect("names are lines"), dial };
    if typed.is_empty() {
        let all = families().iter();
        return Ok(all.flat_map(|f| Dial::ALL.map(|dial| cell(f.name(), dial))).collect());
    }
    let mut cells = Vec::new();
    for text in typed {
        let wrong = |why: &str| {
            let names: Vec<_> = families().iter().map(|f| f.name()).collect();
            MeasureError::Argument(format!(
                "`{text}`: {why}; write FAMILY=DIALS such as {}=1,3-5; families: {}",
                names.first().copied().unwrap_or_default(),
                names.join(", ")
            ))
        };
        let (name, dials) = text.split_once('=').ok_or_else(|| wrong("there is no `=`"))?;
        let known = assessment::family::family(name).ok_or_else(|| wrong("no such family"))?;
        for part in dials.split(',') {
            let (low, high) = part.split_once('-').unwrap_or((part, part));
            let step = |s: &str| s.trim().parse().ok().and_then(Dial::new);
            let bounds = step(low).zip(step(high)).filter(|(low, high)| low <= high);
            let (low, high) = bounds.ok_or_else(|| wrong("dials are from 1 to 5"))?;
            let within = Dial::ALL.into_iter().filter(|d| (low..=high).contains(d));
            cells.extend(within.map(|dial| cell(known.name(), dial)));
        }
    }
    Ok(cells)
}

/// A decimal with at most so many digits before and behind its point, in units of its last possible place, exactly. No
/// floating point is involved. None for any other text.
fn decimal(text: &str, before: usize, places: usize) -> Option<u64> {
    let (whole, behind) = text.split_once('.').unwrap_or((text, ""));
    let shaped = !whole.is_empty() && whole.len() <= before && behind.len() <= places;
    if !shaped || !whole.bytes().chain(behind.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    format!("{whole}{behind:0<places$}").parse().ok()
}

/// A rate in parts per million from a decimal such as `0.4`, exactly.
///
/// # Errors
/// A text that is not a decimal from 0 to 1 with at most six places.
pub fn rate(text: &str) -> Result<u32, String> {
    let millionths = decimal(text, 2, 6).filter(|millionths| *millionths <= 1_000_000);
    millionths
        .and_then(|millionths| u32::try_from(millionths).ok())
        .ok_or_else(|| format!("`{text}` is not a rate: a decimal from 0 to 1, at most six places"))
}

/// Millionths of a dollar from a decimal such as `12.5`, exactly.
///
/// # Errors
/// A text that is not a decimal from 0 to 100,000 with at most six places.
pub fn dollars(text: &str) -> Result<u64, String> {
    decimal(text, 5, 6)
        .ok_or_else(|| format!("`{text}` is not in dollars: a decimal with at most six places"))
}

/// Thousandths of a logit from a decimal such as `-0.5`, exactly.
///
/// # Errors
/// A text that is not a decimal from -10 to 10 with at most three places.
pub fn logits(text: &str) -> Result<i32, String> {
    let (sign, size) = text.strip_prefix('-').map_or((1, text), |size| (-1, size));
    let size = decimal(size, 2, 3).filter(|thousandths| *thousandths <= 10_000);
    size.and_then(|size| i32::try_from(size).ok()).map(|size| sign * size).ok_or_else(|| {
        format!("`{text}` is not in logits: a decimal from -10 to 10, at most three places")
    })
}

/// As [`logits`], for what can't be negative.
///
/// # Errors
/// As for [`logits`], or a negative number.
pub fn width(text: &str) -> Result<u32, String> {
    let thousandths = logits(text)?;
    u32::try_from(thousandths).map_err(|_| format!("`{text}` is negative"))
}

#[cfg(test)]
mod tests;
