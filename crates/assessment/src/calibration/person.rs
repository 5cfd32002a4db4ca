//! One subject against known items: its ability with an error, and whether its pattern of outcomes fits it.

use super::{ABILITY, Kind, Record, Seen, slope};
use crate::decision::Step;
use crate::exact::{ln, root};
use crate::item::Item;
use crate::oracle::Outcome;

/// One subject, as its outcomes show it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Person {
    /// Its ability in logits.
    pub ability: f64,
    /// Its standard error, what is not known of the items included.
    pub error: f64,
    /// The person fit. Below -1.64 lies one honest run in twenty. A model that fails part of what it could solve at random is
    /// seen so in about three runs of four; one that imitates a weaker model, or fails hard tasks only, is not.
    pub fit: f64,
}

/// The chance that a model of this ability solves a cell, over what is not known of the item and of the model's own deviation.
pub fn chance(item: &Item, ability: f64) -> f64 {
    item.mean_chance(ability, item.spread(super::DEVIATION, ability))
}

/// Ability and fit from the steps of a run, on items that are taken as known up to their doubt.
pub fn person(items: &[Item], path: &[Step]) -> Person {
    let mut counts = vec![(0_u32, 0_u32); items.len()];
    for step in path.iter().filter(|step| step.outcome != Outcome::Invalid) {
        let at = usize::try_from(step.cell).unwrap_or(usize::MAX);
        if let Some((passed, tried)) = counts.get_mut(at) {
            *passed += u32::from(step.outcome == Outcome::Pass);
            *tried += 1;
        }
    }
    let seen: Vec<Seen> = (0_u32..)
        .zip(&counts)
        .filter_map(|(cell, &(passed, tried))| {
            let subject = "subject".parse().ok()?;
            Seen::of(0, &Record { subject, kind: Kind::Model, cell, passed, tried })
        })
        .collect();
    let mut ability = 0.0;
    let mut total = 0.0;
    for _ in 0..100 {
        let prior = 1.0 / (ABILITY * ABILITY);
        let (mut gradient, mut information) = (-ability * prior, prior);
        for seen in &seen {
            let Some(item) = items.get(seen.cell) else { continue };
            let (chance, rise) = slope(item, ability, f64::from(item.difficulty) / 1e3);
            // a difficulty that is not known well tells less of the ability
            let doubt = f64::from(item.doubt) / 1e3;
            let noise = chance * (1.0 - chance) / seen.weight + rise * rise * doubt * doubt;
            gradient += (seen.rate - chance) * rise / noise;
            information += rise * rise / noise;
        }
        let step = (gradient / information).clamp(-1.0, 1.0);
        ability = (ability + step).clamp(-10.0, 10.0);
        total = information;
        if step.abs() < 1e-9 {
            break;
        }
    }
    let fit = standardised(seen.iter().filter_map(|seen| {
        let item = items.get(seen.cell)?;
        Some((seen.rate, seen.weight, chance(item, ability)))
    }));
    Person { ability, error: root(1.0 / total), fit }
}

/// The standardised log-likelihood of rates with weights at chances.
pub(super) fn standardised(seen: impl Iterator<Item = (f64, f64, f64)>) -> f64 {
    let (mut sum, mut variance) = (0.0, 0.0);
    for (rate, weight, chance) in seen {
        let (yes, no) = (ln(chance), ln(1.0 - chance));
        sum += weight * (rate - chance) * (yes - no);
        variance += weight * chance * (1.0 - chance) * (yes - no) * (yes - no);
    }
    if variance > 0.0 { sum / root(variance) } else { 0.0 }
}
