//! The rules of signals on simulated persons, honest and not: how often they speak, with 95 % intervals, against stated bounds.

use anyhow::{Context, Result};
use domain::Timestamp;
use serde_json::json;
use signals::people::{Kind, Shown, scene};
use signals::{Rule, Thresholds, look};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// Weeks that are simulated of each kind, under each kind of terms.
pub(super) const WEEKS: u64 = 120;
/// The most honest weeks, in thousandths, in which some rule speaks: the upper end of the interval, under each kind of terms.
const FALSE_ANY: f64 = 50.0;
/// The same for each rule alone.
const FALSE_EACH: f64 = 35.0;
/// The least misused weeks, in thousandths, in which the rule that is for it speaks: the lower end of the interval.
const FOUND: f64 = 950.0;

/// Each misuse with the rule that is for it, and the terms under which that rule has what it needs.
const FOR: [(Kind, Rule, &[Shown]); 7] = [
    (Kind::Extractor, Rule::Volume, &Shown::ALL),
    (Kind::Sweeper, Rule::Sweep, &[Shown::Visible, Shown::Sealed]),
    (Kind::Harvester, Rule::Harvest, &Shown::ALL),
    (Kind::Sharer, Rule::SharedCredential, &Shown::ALL),
    (Kind::Traveller, Rule::ImpossibleTravel, &Shown::ALL),
    (Kind::Ring, Rule::CommonPrompts, &[Shown::Visible, Shown::Hashed]),
    (Kind::Leaker, Rule::Canary, &[Shown::Visible]),
];

/// In how many weeks of a kind each rule spoke.
#[derive(Debug, Default)]
struct Weeks {
    all: u64,
    any: u64,
    by_rule: BTreeMap<Rule, u64>,
}

/// Runs all, prints a table of each kind of terms, and one JSON line. False when a bound is missed.
pub(super) fn run(each: u64) -> Result<bool> {
    let rules = operations::rules::INSIDER;
    let thresholds = Thresholds::read(rules).context("rules/insider.toml")?;
    let (mut good, mut uses) = (true, 0);
    #[expect(clippy::disallowed_methods, reason = "a development tool times its work")]
    let started = Instant::now();
    let mut figures = Vec::new();
    for shown in Shown::ALL {
        let mut kinds = BTreeMap::new();
        for kind in Kind::HONEST.into_iter().chain(Kind::MISUSE) {
            let (weeks, seen) = weeks(kind, shown, each, &thresholds);
            uses += seen;
            kinds.insert(kind, weeks);
        }
        good &= table(shown, &kinds, &mut figures);
    }
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "{}",
        json!({"bench": "signals-insider", "weeks_of_each_kind": each, "uses": uses, "seconds": seconds,
            "rules": thresholds.digest().to_string(), "bounds": {"false_any_permille": FALSE_ANY,
            "false_each_permille": FALSE_EACH, "found_permille": FOUND}, "figures": figures, "holds": good})
    );
    Ok(good)
}

fn weeks(kind: Kind, shown: Shown, each: u64, thresholds: &Thresholds) -> (Weeks, usize) {
    let (mut weeks, mut seen) = (Weeks::default(), 0);
    for seed in 0..each {
        let scene = scene(kind, seed * 31 + 5, shown);
        seen += scene.uses.len();
        let report =
            look(&scene.uses, &scene.grants, thresholds, &scene.surroundings, Timestamp::MAX);
        let spoke: BTreeSet<_> = report.signals.iter().map(|s| s.rule).collect();
        weeks.all += 1;
        weeks.any += u64::from(!spoke.is_empty());
        for rule in spoke {
            *weeks.by_rule.entry(rule).or_default() += 1;
        }
    }
    (weeks, seen)
}

/// Prints what was found under one kind of terms; false when a bound is missed.
fn table(
    shown: Shown,
    kinds: &BTreeMap<Kind, Weeks>,
    figures: &mut Vec<serde_json::Value>,
) -> bool {
    let mut good = true;
    println!("\n## Terms: {}\n", shown.name());
    println!("| Honest | weeks in which a rule spoke | which |\n|---|---|---|");
    let mut honest = Weeks::default();
    for kind in Kind::HONEST {
        let Some(weeks) = kinds.get(&kind) else { continue };
        println!("| {} | {} | {} |", kind.name(), share(weeks.any, weeks.all), which(weeks));
        honest.all += weeks.all;
        honest.any += weeks.any;
        for (rule, count) in &weeks.by_rule {
            *honest.by_rule.entry(*rule).or_default() += count;
        }
    }
    println!("| **all honest** | {} | {} |", share(honest.any, honest.all), which(&honest));
    let (_, upper) = interval(honest.any, honest.all);
    good &= met(upper <= FALSE_ANY, &format!("{}: some rule in an honest week", shown.name()));
    println!("\n| Rule | honest weeks in which it spoke (of {}) |\n|---|---|", honest.all);
    for rule in Rule::ALL {
        let count = honest.by_rule.get(&rule).copied().unwrap_or(0);
        println!("| {} | {} |", rule.name(), share(count, honest.all));
        let (_, upper) = interval(count, honest.all);
        good &=
            met(upper <= FALSE_EACH, &format!("{}: {} in honest weeks", shown.name(), rule.name()));
        figures.push(json!({"terms": shown.name(), "rule": rule.name(), "honest_weeks": honest.all, "spoke": count}));
    }
    println!(
        "\n| Misuse | the rule that is for it | weeks in which it spoke | any rule | which |\n|---|---|---|---|---|"
    );
    for kind in Kind::MISUSE {
        let Some(weeks) = kinds.get(&kind) else { continue };
        let aimed = FOR.iter().find(|(of, ..)| *of == kind);
        let (name, spoke) = match aimed {
            Some((_, rule, terms)) => {
                let count = weeks.by_rule.get(rule).copied().unwrap_or(0);
                let able = terms.contains(&shown);
                let (lower, _) = interval(count, weeks.all);
                good &= met(!able || lower >= FOUND, &format!("{}: {}", shown.name(), kind.name()));
                let blind = if able { "" } else { ": it has not what it needs" };
                (rule.name(), format!("{}{blind}", share(count, weeks.all)))
            }
            None => ("none", "not found by counting; only bounded".to_owned()),
        };
        println!(
            "| {} | {name} | {spoke} | {} | {} |",
            kind.name(),
            share(weeks.any, weeks.all),
            which(weeks)
        );
        figures.push(json!({"terms": shown.name(), "misuse": kind.name(), "weeks": weeks.all, "any": weeks.any}));
    }
    good
}

fn met(holds: bool, what: &str) -> bool {
    if !holds {
        eprintln!("missed: {what}");
    }
    holds
}

fn which(weeks: &Weeks) -> String {
    let each = weeks.by_rule.iter().map(|(rule, count)| format!("{} {count}", rule.name()));
    each.collect::<Vec<_>>().join(", ")
}

/// A share with its 95 % interval, in per cent.
fn share(count: u64, all: u64) -> String {
    let (lower, upper) = interval(count, all);
    let is = ratio(count, all) * 100.0;
    format!("{is:.1} % ({:.1} to {:.1})", lower / 10.0, upper / 10.0)
}

/// Wilson's interval at 95 %, in thousandths.
fn interval(count: u64, all: u64) -> (f64, f64) {
    const Z: f64 = 1.959_964;
    let (p, n) = (ratio(count, all), to_float(all.max(1)));
    let centre = p + Z * Z / (2.0 * n);
    let half = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    let over = 1.0 + Z * Z / n;
    ((centre - half).max(0.0) / over * 1_000.0, (centre + half) / over * 1_000.0)
}

fn ratio(count: u64, all: u64) -> f64 {
    to_float(count) / to_float(all.max(1))
}

fn to_float(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
