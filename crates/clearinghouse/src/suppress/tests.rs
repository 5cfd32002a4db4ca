//! Cases, and a search for a table whose withheld cell could be recovered.

use super::{Cell, SuppressedTable, suppressed};
use expect_test::{Expect, expect};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn table(values: &[u64]) -> BTreeMap<usize, u64> {
    values.iter().copied().enumerate().collect()
}

fn check(values: &[u64], k: u64, expected: &Expect) {
    let told = suppressed(&table(values), k);
    let show = |cell: &Cell| match cell {
        Cell::Count(n) => n.to_string(),
        Cell::Suppressed => "*".to_owned(),
    };
    let cells: Vec<_> = told.cells.values().map(show).collect();
    expected.assert_eq(&format!("{} = {}", cells.join(" + "), show(&told.total)));
}

#[test]
fn tables() {
    check(&[40, 0, 17], 5, &expect!["40 + 0 + 17 = 57"]);
    // One small count would be the total less the rest, so the next goes too.
    check(&[40, 3, 17], 5, &expect!["40 + * + * = 60"]);
    check(&[40, 3, 2, 17], 5, &expect!["40 + * + * + * = 62"]);
    // Equal to the one that goes: all go, or names would tell.
    check(&[40, 3, 17, 17], 5, &expect!["40 + * + * + * = 77"]);
    // Nothing to hide behind: the total goes.
    check(&[0, 3, 0], 5, &expect!["0 + * + 0 = *"]);
    check(&[1, 1], 5, &expect!["* + * = *"]);
    check(&[3], 5, &expect!["* = *"]);
    check(&[], 5, &expect![" = 0"]);
    check(&[5, 4], 5, &expect!["* + * = 9"]);
    // A threshold that would hide nothing is raised.
    check(&[1, 9], 0, &expect!["* + * = 10"]);
    check(&[u64::MAX, u64::MAX, 1], 5, &expect!["* + * + * = 18446744073709551615"]);
}

/// Every table of `cells` cells with values up to `most`.
fn tables_of(cells: usize, most: u64) -> Vec<Vec<u64>> {
    (0..cells).fold(vec![Vec::new()], |all, _| {
        all.iter().flat_map(|t| (0..=most).map(|n| [t.as_slice(), &[n]].concat())).collect()
    })
}

/// The attacker knows this code, the threshold and everything published; and tries every table.
#[test]
fn no_withheld_cell_can_be_recovered() {
    for (cells, most, k) in [(1, 30, 5), (2, 14, 5), (3, 10, 4), (4, 7, 3)] {
        let mut by_output: BTreeMap<String, Vec<Vec<u64>>> = BTreeMap::new();
        for values in tables_of(cells, most) {
            let output: SuppressedTable<usize> = suppressed(&table(&values), k);
            by_output.entry(format!("{output:?}")).or_default().push(values);
        }
        for (output, possible) in by_output {
            let told = suppressed(&table(&possible[0]), k);
            for (cell, shown) in &told.cells {
                let first = possible[0][*cell];
                let open = possible.iter().any(|t| t[*cell] != first);
                assert_eq!(open, *shown == Cell::Suppressed, "cell {cell} of {output}");
            }
        }
    }
}

proptest! {
    #[test]
    fn what_is_shown_is_true_and_never_small(values in prop::collection::vec(0_u64..50, 0..12), k in 3_u64..12) {
        let told = suppressed(&table(&values), k);
        for (cell, shown) in &told.cells {
            match shown {
                Cell::Count(n) => {
                    prop_assert_eq!(*n, values[*cell]);
                    prop_assert!(*n == 0 || *n >= k);
                }
                Cell::Suppressed => prop_assert!(values[*cell] > 0),
            }
        }
        let hidden = told.cells.values().filter(|c| **c == Cell::Suppressed).count();
        prop_assert!(hidden != 1 || told.total == Cell::Suppressed);
        if let Cell::Count(total) = told.total {
            prop_assert_eq!(total, values.iter().sum::<u64>());
        }
    }
}
