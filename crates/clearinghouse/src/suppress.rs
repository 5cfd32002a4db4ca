//! Counts for a public report, with small ones suppressed so that they can't be recovered.
//!
//! **Primary**: a count from 1 to k - 1 is withheld, since it may point at one organisation. Zero is
//! shown. **Complementary**: with a total, one withheld cell is the total less the rest. So the smallest
//! count of k or more is withheld too, with every cell that equals it.
//!
//! Why that suffices, even against someone who knows this code: which cells are withheld, and whether a
//! total is shown, depend on the values only, not on the cells' names. Swap the values of any two
//! withheld cells and the published table is the same, total included. Among the withheld values at
//! least one is below k and one is not, so every withheld cell could hold either. When no count reaches
//! k there is nothing to withhold beside, and the total is withheld instead; each cell may then hold
//! anything from 1 to k - 1. A test searches small tables for a counterexample.
//!
//! This protects one table. Tables that cut the same facts differently, or yesterday's against
//! today's, can still be compared: publish one cut, and rarely.

use std::collections::BTreeMap;

/// A published cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cell {
    /// The count.
    Count(u64),
    /// Withheld.
    Suppressed,
}

/// A table that may be published.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct SuppressedTable<K: Ord> {
    /// The cells.
    pub cells: BTreeMap<K, Cell>,
    /// Their sum.
    pub total: Cell,
}

/// The least threshold that hides anything: below 3 a suppressed cell could only be 1.
const LEAST_K: u64 = 3;

/// Suppresses counts from 1 to `k` - 1, and what would give them away. A `k` below 3 counts as 3.
/// The total stops at the largest number there is.
pub fn suppressed<K: Ord + Clone>(counts: &BTreeMap<K, u64>, k: u64) -> SuppressedTable<K> {
    let k = k.max(LEAST_K);
    let primary = |n: u64| (1..k).contains(&n);
    let any = counts.values().any(|n| primary(*n));
    let complement = counts.values().copied().filter(|n| any && *n >= k).min();
    let cell = |n: u64| {
        if primary(n) || complement == Some(n) { Cell::Suppressed } else { Cell::Count(n) }
    };
    let total = if any && complement.is_none() {
        Cell::Suppressed
    } else {
        Cell::Count(counts.values().fold(0, |sum, n| sum.saturating_add(*n)))
    };
    SuppressedTable {
        cells: counts.iter().map(|(key, n)| (key.clone(), cell(*n))).collect(),
        total,
    }
}

#[cfg(test)]
mod tests;
