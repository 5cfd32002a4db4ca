//! The figures of a memo: evidence, both ledgers, capability against budget, families, fit.

use super::record::Told;
use crate::signs::strict;
use assessment::calibration::{Person, chance, person};
use assessment::graded::{Share, exact};
use assessment::{Decision, Item, Opened, Outcome, Step, Verdict};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// How many budgets a curve has besides the sealed one.
const BUDGETS: usize = 7;
/// Half of a 95 % interval, in standard errors.
const WIDE: f64 = 1.96;

/// The evidence after a sample; natural logarithms.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Point {
    /// The sample, from 1.
    pub sample: u32,
    /// `pass`, `fail` or `invalid`.
    pub outcome: &'static str,
    /// Whether its task was drawn by lot.
    pub drawn: bool,
    /// The log-likelihood ratio so far.
    pub ratio: f64,
    /// The bets' log-wealth for ABOVE and for BELOW so far.
    pub wealth: (f64, f64),
}

/// One way of counting.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ledger {
    /// How marked samples count.
    pub name: &'static str,
    /// Samples that a person marked as won by cheating, or in which the detectors found a sign.
    pub marked: u32,
    /// Passed and failed samples.
    pub passed: u32,
    /// Failed samples.
    pub failed: u32,
    /// Where it leads.
    pub verdict: String,
    /// The log-likelihood ratio where it stops.
    pub ratio: f64,
    /// Ability with its 95 % interval.
    pub ability: (f64, f64, f64),
}

/// Ability at one budget.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Budgeted {
    /// Tokens a sample.
    pub tokens: u64,
    /// Samples that had passed by then.
    pub passed: u32,
    /// Ability with its 95 % interval.
    pub ability: (f64, f64, f64),
}

/// One family.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FamilyRow {
    /// Its name.
    pub family: String,
    /// Samples that counted.
    pub tried: u32,
    /// Those that passed.
    pub passed: u32,
    /// Those whose measurement failed.
    pub invalid: u32,
    /// Share passed with its exact 95 % interval.
    pub share: (f64, f64, f64),
    /// Passes expected of a model of this ability.
    pub expected: f64,
    /// How far passes are from what is expected, in standard deviations.
    pub misfit: f64,
}

/// Whether the pattern of outcomes fits one ability.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Fit {
    /// The person fit.
    pub person: f64,
    /// Whether it lies below what one honest run in twenty reaches.
    pub odd: bool,
}

pub(super) struct Figures {
    pub(super) path: Vec<Point>,
    pub(super) ledgers: Vec<Ledger>,
    pub(super) capability: Vec<Budgeted>,
    pub(super) families: Vec<FamilyRow>,
    pub(super) fit: Fit,
    verdicts: [Verdict; 2],
}

/// Units of 10⁻⁹ as numbers.
pub(super) fn pair((a, b): (i64, i64)) -> (f64, f64) {
    (real(a), real(b))
}

fn real(units: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let real = units as f64;
    real / 1e9
}

fn around(person: &Person) -> (f64, f64, f64) {
    let wide = WIDE * person.error;
    (person.ability, person.ability - wide, person.ability + wide)
}

fn count(path: &[Step], outcome: Outcome) -> u32 {
    let found = path.iter().filter(|step| step.outcome == outcome).count();
    u32::try_from(found).unwrap_or(u32::MAX)
}

impl Figures {
    pub(super) fn of(opened: &Opened, cheats: &BTreeSet<u32>, told: &Told) -> Self {
        let (criteria, decision) = (&opened.criteria, &opened.decision);
        let items = criteria.items();
        let strict = strict(opened, cheats);
        let honest = person(&items, &decision.path);
        let odd = honest.fit < -1.645;
        Self {
            path: (1_u32..).zip(&decision.path).map(point).collect(),
            ledgers: vec![
                ledger("cheating counts as success", &items, decision, cheats.len()),
                ledger("cheating counts as failure", &items, &strict, cheats.len()),
            ],
            capability: curve(&items, &decision.path, told, criteria.budget.tokens),
            families: families(opened, &items, honest.ability),
            fit: Fit { person: honest.fit, odd },
            verdicts: [decision.verdict, strict.verdict],
        }
    }

    /// The verdict, if both ledgers lead to it.
    pub(super) fn verdict(&self) -> Verdict {
        let [counts, fails] = self.verdicts;
        if counts == fails { counts } else { Verdict::Undetermined }
    }
}

fn point((sample, step): (u32, &Step)) -> Point {
    Point {
        sample,
        outcome: step.outcome.name(),
        drawn: step.stage == assessment::Stage::Drawn,
        ratio: real(step.total),
        wealth: pair(step.wealth),
    }
}

fn ledger(name: &'static str, items: &[Item], decision: &Decision, marked: usize) -> Ledger {
    Ledger {
        name,
        marked: u32::try_from(marked).unwrap_or(u32::MAX),
        passed: count(&decision.path, Outcome::Pass),
        failed: count(&decision.path, Outcome::Fail),
        verdict: decision.verdict.to_string(),
        ratio: decision.path.last().map_or(0.0, |step| real(step.total)),
        ability: around(&person(items, &decision.path)),
    }
}

/// Ability as it would have been with less: a sample that passed with more tokens had not passed yet.
fn curve(items: &[Item], path: &[Step], told: &Told, sealed: u64) -> Vec<Budgeted> {
    let mut used: Vec<u64> = path
        .iter()
        .zip(&told.tokens)
        .filter(|(step, _)| step.outcome == Outcome::Pass)
        .map(|(_, tokens)| *tokens)
        .collect();
    used.sort_unstable();
    used.dedup();
    // evenly among the budgets at which something passed
    let mut budgets: Vec<u64> = (0..BUDGETS)
        .filter_map(|n| used.get((n * used.len()) / BUDGETS).copied())
        .chain(used.last().copied())
        .filter(|tokens| *tokens < sealed)
        .collect();
    budgets.dedup();
    budgets.push(sealed);
    let at = |tokens: u64| {
        let mut by_then = path.to_vec();
        for (n, step) in by_then.iter_mut().enumerate() {
            let late = told.tokens.get(n).is_none_or(|used| *used > tokens);
            // the sealed budget is never exceeded by more than the answer that exceeds it
            if step.outcome == Outcome::Pass && late && tokens < sealed {
                step.outcome = Outcome::Fail;
            }
        }
        let passed = count(&by_then, Outcome::Pass);
        Budgeted { tokens, passed, ability: around(&person(items, &by_then)) }
    };
    budgets.into_iter().map(at).collect()
}

fn families(opened: &Opened, items: &[Item], ability: f64) -> Vec<FamilyRow> {
    let cells = &opened.criteria.bank.cells;
    // passed, tried, invalid, expected, variance
    let mut rows: BTreeMap<&str, (u32, u32, u32, f64, f64)> = BTreeMap::new();
    for step in &opened.decision.path {
        let at = usize::try_from(step.cell).unwrap_or(usize::MAX);
        let Some((cell, item)) = cells.get(at).zip(items.get(at)) else { continue };
        let row = rows.entry(cell.family.as_str()).or_default();
        if step.outcome == Outcome::Invalid {
            row.2 += 1;
            continue;
        }
        let likely = chance(item, ability);
        row.0 += u32::from(step.outcome == Outcome::Pass);
        row.1 += 1;
        row.3 += likely;
        row.4 += likely * (1.0 - likely);
    }
    let row = |(family, (passed, tried, invalid, expected, variance)): (&str, _)| {
        let Share { mean, low, high } = exact(passed, tried);
        let variance: f64 = variance;
        FamilyRow {
            family: family.to_owned(),
            tried,
            passed,
            invalid,
            share: (mean, low, high),
            expected,
            misfit: (f64::from(passed) - expected) / variance.sqrt().max(1e-6),
        }
    };
    rows.into_iter().map(row).collect()
}
