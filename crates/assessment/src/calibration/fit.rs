//! The joint fit of abilities and difficulties.

use super::{ABILITY, Kind, Record, Seen, slope, thousandths};
use crate::exact::root;
use crate::item::{DIFFICULTY, Item};
use domain::Line;
use std::collections::BTreeMap;

/// Rounds of coordinate-wise scoring at most; a fit moves less than a millionth of a logit long before.
const ROUNDS: usize = 400;
/// A step at most, in logits.
const STEP: f64 = 1.0;

/// One cell after the fit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CellFit {
    /// What is believed of it now.
    pub item: Item,
    /// Valid tries on it.
    pub tried: u32,
    /// How far the runs lie from what was believed before, in standard deviations of both together; beyond ±3 the doubt
    /// was widened to reach what was believed before.
    pub drift: f64,
    /// Mean square of the standardised residuals; about 1 when the model fits, `None` when nobody was measured.
    pub outfit: Option<f64>,
}

/// One subject after the fit.
#[derive(Debug, Clone, PartialEq)]
pub struct SubjectFit {
    /// Who.
    pub subject: Line,
    /// What it is.
    pub kind: Kind,
    /// Its ability in logits.
    pub ability: f64,
    /// Its standard error.
    pub error: f64,
    /// The person fit; below about -1.64 one in twenty lies by chance.
    pub fit: f64,
}

/// A fit.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// Each cell, in the bank's order.
    pub cells: Vec<CellFit>,
    /// Each subject, by name.
    pub subjects: Vec<SubjectFit>,
}

struct State<'a> {
    priors: &'a [Item],
    seen: Vec<Seen>,
    abilities: Vec<f64>,
    difficulties: Vec<f64>,
}

/// Fits what is believed of each cell to records. Records of cells outside the bank, without tries or with more passes than
/// tries are left out.
pub fn fit(priors: &[Item], records: &[Record]) -> Fitted {
    let mut names: BTreeMap<&Line, Kind> = BTreeMap::new();
    for record in records {
        names.insert(&record.subject, record.kind);
    }
    let place = |name| names.keys().position(|n| *n == name);
    let seen = records
        .iter()
        .filter_map(|record| Seen::of(place(&record.subject)?, record))
        .filter(|seen| seen.cell < priors.len());
    let mut state = State {
        priors,
        seen: seen.collect(),
        abilities: vec![0.0; names.len()],
        difficulties: priors.iter().map(|item| f64::from(item.difficulty) / 1e3).collect(),
    };
    for _ in 0..ROUNDS {
        if state.round() < 1e-7 {
            break;
        }
    }
    state.report(&names, records)
}

impl State<'_> {
    fn at(&self, seen: &Seen) -> (f64, f64) {
        let value = |all: &[f64], at: usize| all.get(at).copied().unwrap_or(0.0);
        let ability = value(&self.abilities, seen.subject);
        let difficulty = value(&self.difficulties, seen.cell);
        self.priors.get(seen.cell).map_or((0.5, 0.25), |item| slope(item, ability, difficulty))
    }

    /// Gradient and information with respect to ability, of one record.
    fn score(&self, seen: &Seen) -> (f64, f64) {
        let (chance, rise) = self.at(seen);
        let variance = chance * (1.0 - chance);
        let gradient = seen.weight * (seen.rate - chance) * rise / variance;
        (gradient, seen.weight * rise * rise / variance)
    }

    /// Precision of what was believed of a cell's difficulty.
    fn precision(item: &Item) -> f64 {
        // no doubt at all would freeze it; a thousandth of a logit is as good as none
        let doubt = (f64::from(item.doubt) / 1e3).max(1e-3);
        1.0 / (doubt * doubt)
    }

    /// One scoring step of every ability, then of every difficulty. Gives the largest move.
    fn round(&mut self) -> f64 {
        let prior = 1.0 / (ABILITY * ABILITY);
        let mut sums: Vec<(f64, f64)> =
            self.abilities.iter().map(|a| (-a * prior, prior)).collect();
        for seen in &self.seen {
            let (gradient, information) = self.score(seen);
            if let Some(sum) = sums.get_mut(seen.subject) {
                *sum = (sum.0 + gradient, sum.1 + information);
            }
        }
        let mut most = advance(&mut self.abilities, &sums);
        let believed = self.priors.iter().zip(&self.difficulties).map(|(item, b)| {
            let precision = Self::precision(item);
            ((f64::from(item.difficulty) / 1e3 - b) * precision, precision)
        });
        let mut sums: Vec<(f64, f64)> = believed.collect();
        for seen in &self.seen {
            let (gradient, information) = self.score(seen);
            if let Some(sum) = sums.get_mut(seen.cell) {
                *sum = (sum.0 - gradient, sum.1 + information);
            }
        }
        most = most.max(advance(&mut self.difficulties, &sums));
        most
    }

    fn report(&self, names: &BTreeMap<&Line, Kind>, records: &[Record]) -> Fitted {
        let spread = self.abilities_spread();
        let mut cells = Vec::new();
        for (cell, prior) in self.priors.iter().enumerate() {
            cells.push(self.cell(cell, prior, (&spread, records)));
        }
        let mut subjects = Vec::new();
        for (at, (name, kind)) in names.iter().enumerate() {
            let own: Vec<_> = self.seen.iter().filter(|seen| seen.subject == at).collect();
            let variance = spread.get(at).and_then(|row| row.get(at)).copied().unwrap_or(0.0);
            subjects.push(SubjectFit {
                subject: (*name).clone(),
                kind: *kind,
                ability: self.abilities.get(at).copied().unwrap_or(0.0),
                error: root(variance),
                fit: super::person::standardised(own.iter().map(|seen| {
                    let (chance, _) = self.at(seen);
                    (seen.rate, seen.weight, chance)
                })),
            });
        }
        Fitted { cells, subjects }
    }

    /// Covariance of the abilities, difficulties integrated out.
    fn abilities_spread(&self) -> Vec<Vec<f64>> {
        let size = self.abilities.len();
        let mut matrix = vec![vec![0.0; size]; size];
        for (at, row) in matrix.iter_mut().enumerate() {
            if let Some(own) = row.get_mut(at) {
                *own = 1.0 / (ABILITY * ABILITY);
            }
        }
        for (cell, item) in self.priors.iter().enumerate() {
            let own: Vec<_> = self.seen.iter().filter(|seen| seen.cell == cell).collect();
            let informations: Vec<_> =
                own.iter().map(|seen| (seen.subject, self.score(seen).1)).collect();
            let total = informations.iter().fold(Self::precision(item), |sum, (_, i)| sum + i);
            for (one, i) in &informations {
                for (other, j) in &informations {
                    if let Some(entry) = matrix.get_mut(*one).and_then(|row| row.get_mut(*other)) {
                        *entry -= i * j / total;
                    }
                }
                if let Some(entry) = matrix.get_mut(*one).and_then(|row| row.get_mut(*one)) {
                    *entry += i;
                }
            }
        }
        inverse(matrix)
    }

    fn cell(
        &self,
        cell: usize,
        prior: &Item,
        (spread, records): (&[Vec<f64>], &[Record]),
    ) -> CellFit {
        let own: Vec<_> = self.seen.iter().filter(|seen| seen.cell == cell).collect();
        let informations: Vec<_> = own.iter().map(|s| (s.subject, self.score(s).1)).collect();
        let data = informations.iter().fold(0.0, |sum, (_, i)| sum + i);
        let total = data + Self::precision(prior);
        let mut shared = 0.0;
        for (one, i) in &informations {
            for (other, j) in &informations {
                let entry = spread.get(*one).and_then(|row| row.get(*other)).copied();
                shared += i * j * entry.unwrap_or(0.0);
            }
        }
        let difficulty = self.difficulties.get(cell).copied().unwrap_or(0.0);
        let moved = difficulty - f64::from(prior.difficulty) / 1e3;
        let mut doubt = root(1.0 / total + shared / (total * total));
        // what the runs alone say, and how unsure that is
        let before = f64::from(prior.doubt) / 1e3;
        let drift = if data > 0.0 {
            let alone = moved * total / data;
            alone / root(before * before + 1.0 / data + shared / (data * data))
        } else {
            0.0
        };
        if drift.abs() > 3.0 {
            doubt = doubt.max(moved.abs());
        }
        let squares = own.iter().fold(0.0, |sum, seen| {
            let (chance, _) = self.at(seen);
            let residual = seen.rate - chance;
            sum + residual * residual * seen.weight / (chance * (1.0 - chance))
        });
        let count = f64::from(u32::try_from(own.len()).unwrap_or(u32::MAX));
        let bound = i32::try_from(DIFFICULTY).unwrap_or(i32::MAX);
        let tried = records.iter().filter(|r| usize::try_from(r.cell).is_ok_and(|c| c == cell));
        CellFit {
            item: Item {
                difficulty: thousandths(difficulty, bound),
                doubt: thousandths(doubt, 5_000).unsigned_abs(),
                ..*prior
            },
            tried: tried.fold(0, |sum, record| sum.saturating_add(record.tried)),
            drift,
            outfit: (!own.is_empty()).then(|| squares / count),
        }
    }
}

/// Moves each value by its gradient over its information, and gives the largest move.
fn advance(values: &mut [f64], sums: &[(f64, f64)]) -> f64 {
    let mut most = 0.0_f64;
    for (value, (gradient, information)) in values.iter_mut().zip(sums) {
        let step = (gradient / information).clamp(-STEP, STEP);
        *value = (*value + step).clamp(-10.0, 10.0);
        most = most.max(step.abs());
    }
    most
}

/// The inverse of a symmetric positive definite matrix (Gauss and Jordan, no pivoting needed).
fn inverse(mut matrix: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    let size = matrix.len();
    let mut out: Vec<Vec<f64>> =
        (0..size).map(|n| (0..size).map(|m| if n == m { 1.0 } else { 0.0 }).collect()).collect();
    for pivot in 0..size {
        let by = matrix.get(pivot).and_then(|row| row.get(pivot)).copied().unwrap_or(1.0);
        let by = if by.abs() < 1e-12 { 1e-12 } else { by };
        let scaled = |rows: &[Vec<f64>]| -> Vec<f64> {
            rows.get(pivot).map(|row| row.iter().map(|x| x / by).collect()).unwrap_or_default()
        };
        let (left, right) = (scaled(&matrix), scaled(&out));
        for (n, (row, inverse)) in matrix.iter_mut().zip(&mut out).enumerate() {
            if n == pivot {
                row.clone_from(&left);
                inverse.clone_from(&right);
                continue;
            }
            let factor = row.get(pivot).copied().unwrap_or(0.0);
            for (x, y) in row.iter_mut().zip(&left).chain(inverse.iter_mut().zip(&right)) {
                *x -= factor * y;
            }
        }
    }
    out
}
