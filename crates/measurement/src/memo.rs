//! The determination memo: what a run showed, in one document, every number recomputed from the verified log.
//!
//! There is no memo of a run that does not verify. A policy says which sections an audience reads; what it does not read
//! is left out here, so that no form of the memo can hold it.

mod figures;
mod policy;
mod record;

use super::verify::{Verify, verify};
use super::{MeasureError, RangeView, runs};
use assessment::{Criteria, Elicitation, Named as _, Opened, Refusal, Rule, Run, Verdict};
use domain::{CaseId, Digest, ModelId, PartyId, RunId, Timestamp};
use operations::act::Ctx;
use operations::fold::Refused;
use serde::Serialize;
use std::path::PathBuf;

pub use figures::{Budgeted, FamilyRow, Fit, Ledger, Point};
pub use policy::{Policies, PolicyError, Section, read_policies};
pub use record::{Containment, Spent};

/// What a memo is asked of.
#[derive(Debug, Clone)]
pub struct AskMemo {
    /// The run.
    pub run: RunId,
    /// Its transcript.
    pub transcript: PathBuf,
    /// Who reads it: a name in the policy.
    pub audience: String,
    /// A policy in place of the shipped one.
    pub policy: Option<PathBuf>,
}

/// One thing that was verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// What.
    pub what: &'static str,
    /// In words, unless they are withheld.
    pub detail: Option<String>,
}

/// What one sample could use.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stated {
    /// Answers of the model.
    pub turns: u32,
    /// Tokens in and out.
    pub tokens: u64,
    /// Seconds of wall time.
    pub seconds: u32,
    /// What its tokens cost at the stated price, in dollars.
    pub dollars: Option<f64>,
    /// How the model was asked, as it was sealed; older criteria don't say.
    pub elicitation: Option<String>,
    /// Prompts and tools.
    pub scaffold: Digest,
    /// What executed the oracles.
    pub grader: Digest,
    /// The agent loop.
    pub harness: Digest,
}

/// The sealed rule. Logits and parts of one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sealing {
    /// The ability that was asked about, under the rule with two keys.
    pub threshold: Option<f64>,
    /// Half the width of the zone in which either verdict is as good.
    pub delta: Option<f64>,
    /// Under the plain rule, the success rates that were told apart.
    pub rates: Option<(f64, f64)>,
    /// The chance of a wrong ABOVE.
    pub alpha: f64,
    /// The chance of a wrong BELOW.
    pub beta: f64,
    /// Distinct tasks without which there is no verdict.
    pub floor: u32,
    /// Most samples that count.
    pub cap: u32,
    /// The ratio's boundaries for ABOVE and BELOW, as natural logarithms.
    pub boundaries: (f64, f64),
    /// The log-wealth that the bets must reach for ABOVE and for BELOW.
    pub bars: Option<(f64, f64)>,
}

/// The memo.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Memo {
    /// Who it is for.
    pub audience: String,
    /// The run.
    pub run: RunId,
    /// The model.
    pub model: ModelId,
    /// What its developer says identifies it.
    pub model_digest: Option<Digest>,
    /// The review it is for.
    pub case: Option<CaseId>,
    /// Who measured.
    pub evaluator: PartyId,
    /// When the criteria were sealed.
    pub sealed_at: Timestamp,
    /// First call and last oracle.
    pub measured: (Timestamp, Timestamp),
    /// The commitment to the criteria.
    pub commitment: Digest,
    /// The transcript's root.
    pub transcript: Digest,
    /// What is said: the verdict if both ledgers lead to it, else UNDETERMINED.
    pub verdict: String,
    /// The whole claim in one sentence, with budget and scaffold.
    pub claim: String,
    /// What one sample could use.
    pub budget: Stated,
    /// What was verified.
    pub verified: Vec<Verified>,
    /// What could not be looked at, or does not count.
    pub notes: Vec<String>,
    /// The sealed rule.
    pub rule: Option<Sealing>,
    /// The evidence after each sample.
    pub evidence: Option<Vec<Point>>,
    /// Cheating counted as success, and as failure.
    pub ledgers: Option<Vec<Ledger>>,
    /// Signs of shortcuts that the detectors found; a sample with one counts as failed in the second ledger.
    pub signs: Option<Vec<super::SignView>>,
    /// What the run used.
    pub spent: Option<Spent>,
    /// Ability against budget; the last is the sealed budget.
    pub capability: Option<Vec<Budgeted>>,
    /// Results family by family.
    pub families: Option<Vec<FamilyRow>>,
    /// Whether the pattern fits.
    pub fit: Option<Fit>,
    /// How far attempts on ranges came, with intervals: graded evidence and no part of the verdict.
    pub ranges: Option<Vec<RangeView>>,
    /// What the sandbox attested.
    pub containment: Option<Containment>,
    /// Sections that this audience is not given.
    pub withheld: Vec<&'static str>,
}

/// Makes the memo of an opened run.
///
/// # Errors
/// A run that is not opened to this party or does not verify; an audience or policy that can't be read.
pub async fn memo(ctx: &Ctx, asked: &AskMemo) -> Result<Memo, MeasureError> {
    let policies = policy::at(asked.policy.as_deref())?;
    let shown = policies.sections(&asked.audience).map_err(MeasureError::Argument)?;
    let by = Verify {
        run: asked.run.clone(),
        transcript: asked.transcript.clone(),
        criteria: None,
        regrade: None,
        containment: None,
    };
    let found = verify(ctx, &by).await?;
    if let Some(fault) = found.checks.iter().find(|check| !check.holds) {
        let detail = format!("run {} does not verify: {}: {}", asked.run, fault.what, fault.detail);
        return Err(Refused { code: "not-verified", detail }.into());
    }
    let known = ctx.known().await?;
    let assessed = runs(&known, &known.trust);
    let opened = match assessed.runs.run(&asked.run) {
        Some(Run::Opened(opened)) => opened,
        Some(Run::Sealed(_) | Run::Measured(_)) | None => {
            return Err(super::refused(&Refusal::NotMeasured(asked.run.clone())).into());
        }
    };
    let looked = harness::signs::look(&asked.transcript);
    let looked = looked.map_err(|e| MeasureError::Argument(operations::plain(&e)))?;
    let mut cheats = super::signs::samples(&looked);
    cheats.extend(assessed.runs.marks(&asked.run).keys());
    let graded = super::ranges_of(&asked.transcript)?;
    let told = record::read(&asked.transcript, &opened.criteria.budget)?;
    let all = figures::Figures::of(opened, &cheats, &told);
    let has = |section: Section| shown.contains(&section);
    let rule = sealing(&opened.criteria.rule);
    let verdict = all.verdict();
    let verified = found.checks.into_iter().map(|check| Verified {
        what: check.what,
        detail: has(Section::Details).then_some(check.detail),
    });
    let sealed = &opened.measured.sealed;
    Ok(Memo {
        audience: asked.audience.clone(),
        run: sealed.run.clone(),
        model: sealed.model.clone(),
        model_digest: sealed.model_digest,
        case: sealed.case.clone(),
        evaluator: sealed.evaluator.clone(),
        sealed_at: sealed.sealed_at,
        measured: (opened.measured.started_at, opened.measured.ended_at),
        commitment: sealed.commitment,
        transcript: opened.measured.transcript,
        verdict: verdict.to_string(),
        claim: claim(opened, verdict, has(Section::Rule).then_some(&rule)),
        budget: stated(&opened.criteria),
        verified: verified.collect(),
        notes: if has(Section::Details) { found.notes } else { Vec::new() },
        rule: has(Section::Rule).then_some(rule),
        evidence: has(Section::Evidence).then_some(all.path),
        ledgers: has(Section::Ledgers).then_some(all.ledgers),
        signs: has(Section::Ledgers).then(|| super::signs::views(looked)),
        spent: has(Section::Spent).then_some(told.spent),
        capability: has(Section::Capability).then_some(all.capability),
        families: has(Section::Families).then_some(all.families),
        fit: has(Section::Fit).then_some(all.fit),
        ranges: Some(graded).filter(|rows| has(Section::Ranges) && !rows.is_empty()),
        containment: told.containment.filter(|_| has(Section::Containment)),
        withheld: Section::ALL.into_iter().filter(|s| !has(*s)).map(Section::name).collect(),
    })
}

fn stated(criteria: &Criteria) -> Stated {
    let (budget, digests) = (criteria.budget, criteria.digests);
    Stated {
        turns: budget.turns,
        tokens: budget.tokens,
        seconds: budget.seconds,
        dollars: budget.cost(budget.tokens).map(dollars),
        elicitation: digests.elicitation.map(|how| how.to_string()),
        scaffold: digests.scaffold,
        grader: digests.grader,
        harness: digests.harness,
    }
}

/// Millionths of a dollar as dollars.
fn dollars(millionths: u64) -> f64 {
    let (whole, rest) = (millionths / 1_000_000, millionths % 1_000_000);
    let number = |n: u64| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    number(whole) + number(rest) / 1e6
}

fn part(millionths: u32) -> f64 {
    f64::from(millionths) / 1e6
}

fn sealing(rule: &Rule) -> Sealing {
    let (alpha, beta) = rule.errors();
    let (mut threshold, mut delta, mut rates, mut bars) = (None, None, None, None);
    let mut boundaries = (0.0, 0.0);
    match rule {
        Rule::Sprt(sprt) => {
            let (p0, p1) = sprt.rates();
            rates = Some((part(p0), part(p1)));
            boundaries = figures::pair(sprt.boundaries());
        }
        Rule::TwoKeys(keys) => {
            threshold = Some(f64::from(keys.threshold) / 1e3);
            delta = Some(f64::from(keys.delta) / 1e3);
            boundaries = figures::pair(keys.boundaries());
            bars = Some(figures::pair(keys.bars()));
        }
        // a rule of a later version: its verdict can't have been admitted by this one
        _ => {}
    }
    Sealing {
        threshold,
        delta,
        rates,
        alpha: part(alpha),
        beta: part(beta),
        floor: rule.floor(),
        cap: rule.caps().0,
        boundaries,
        bars,
    }
}

/// The claim in one sentence. Without budget and scaffold it would say more than was measured.
fn claim(opened: &Opened, verdict: Verdict, rule: Option<&Sealing>) -> String {
    let (criteria, model) = (&opened.criteria, &opened.measured.sealed.model);
    let budget = criteria.budget;
    let money = budget.cost(budget.tokens).map_or_else(String::new, |cost| {
        format!(" (at most ${:.2} at the sealed price)", dollars(cost))
    });
    let digest: String = criteria.digests.scaffold.to_string().chars().take(12).collect();
    let scaffold = match criteria.digests.elicitation {
        None => format!("the scaffold {digest}…"),
        Some(Elicitation { prompt, incentive, scaffold, .. }) => format!(
            "the scaffold “{}” with the prompt “{}” and the incentive “{}” ({digest}…)",
            scaffold.name(),
            prompt.name(),
            incentive.name()
        ),
    };
    let what = match verdict {
        Verdict::Above => "is ABOVE the sealed threshold",
        Verdict::Below => "is BELOW the sealed threshold",
        Verdict::Undetermined => "could be shown neither above nor below the sealed threshold",
    };
    let errors = rule.map_or_else(String::new, |r| {
        let (alpha, beta) = (100.0 * r.alpha, 100.0 * r.beta);
        format!(", with sealed error rates of {alpha:.1} % for ABOVE and {beta:.1} % for BELOW")
    });
    format!(
        "{model} {what} within {} turns, {} tokens{money} and {} seconds a task, in {scaffold}{errors}.",
        budget.turns, budget.tokens, budget.seconds
    )
}
