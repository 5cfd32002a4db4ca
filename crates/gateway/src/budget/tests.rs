//! Never overspent: in any sequence, and under a race of threads.

use super::{Account, Budgets, Exhausted};
use domain::GrantId;
use proptest::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};

fn grant() -> GrantId {
    "g-1".parse().expect("an id")
}

#[test]
fn settling_gives_back_what_was_not_used() {
    let budgets = Budgets::new([(grant(), 10)]);
    let reservation = budgets.reserve(&grant(), 100, 0, 60).expect("fits");
    assert_eq!(budgets.account(&grant()), Account { settled: 10, reserved: 60 });
    assert_eq!(
        budgets.reserve(&grant(), 100, 0, 31).expect_err("30 are left"),
        Exhausted { needed: 31, left: 30 }
    );
    assert_eq!(reservation.settle(25), 25);
    assert_eq!(budgets.account(&grant()), Account { settled: 35, reserved: 0 });
    drop(budgets.reserve(&grant(), 100, 0, 65).expect("all that is left"));
    assert_eq!(budgets.account(&grant()), Account { settled: 35, reserved: 0 });
}

#[test]
fn a_smaller_cap_than_what_was_spent_leaves_nothing() {
    let budgets = Budgets::new([(grant(), 50)]);
    assert_eq!(budgets.reserve(&grant(), 40, 0, 1).expect_err("spent").left, 0);
}

#[test]
fn what_is_on_record_counts_even_if_it_was_spent_elsewhere() {
    let budgets = Budgets::default();
    assert_eq!(budgets.reserve(&grant(), 100, 90, 11).expect_err("10 are left").left, 10);
    assert!(budgets.reserve(&grant(), 100, 90, 10).is_ok());
    assert_eq!(budgets.account(&grant()).settled, 90);
}

#[derive(Debug, Clone)]
enum Step {
    Reserve(u64),
    Grow(usize, u64),
    Settle(usize, u64),
    Refund(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0u64..200).prop_map(Step::Reserve),
        (0usize..8, 0u64..300).prop_map(|(i, n)| Step::Grow(i, n)),
        (0usize..8, 0u64..400).prop_map(|(i, n)| Step::Settle(i, n)),
        (0usize..8).prop_map(Step::Refund),
    ]
}

proptest! {
    #[test]
    fn never_overspent_and_never_lost(cap in 0u64..1000, steps in prop::collection::vec(step(), 0..60)) {
        let budgets = Budgets::default();
        let mut open = Vec::new();
        let mut spent = 0;
        for step in steps {
            match step {
                Step::Reserve(n) => {
                    let left = cap - spent - open.iter().map(super::Reservation::tokens).sum::<u64>();
                    let got = budgets.reserve(&grant(), cap, 0, n);
                    prop_assert_eq!(got.is_ok(), n <= left);
                    open.extend(got);
                }
                Step::Grow(i, n) if i < open.len() => {
                    let before = open[i].tokens();
                    let grown = open[i].grow_to(n);
                    prop_assert_eq!(open[i].tokens(), if grown { before.max(n) } else { before });
                }
                Step::Settle(i, n) if i < open.len() => spent += open.swap_remove(i).settle(n),
                Step::Refund(i) if i < open.len() => drop(open.swap_remove(i)),
                Step::Grow(..) | Step::Settle(..) | Step::Refund(_) => {}
            }
            let account = budgets.account(&grant());
            prop_assert_eq!(account.settled, spent);
            prop_assert_eq!(account.reserved, open.iter().map(super::Reservation::tokens).sum::<u64>());
            prop_assert!(account.settled + account.reserved <= cap);
        }
    }
}

#[test]
fn a_race_never_overspends() {
    const CAP: u64 = 5_000;
    let budgets = Budgets::default();
    let done = AtomicBool::new(false);
    let charged: u64 = std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let account = budgets.account(&grant());
                assert!(account.settled + account.reserved <= CAP, "{account:?}");
            }
        });
        let spenders: Vec<_> = (0..8u64)
            .map(|n| {
                let budgets = &budgets;
                scope.spawn(move || {
                    let mut charged = 0;
                    for i in 0..4_000 {
                        if let Ok(mut r) = budgets.reserve(&grant(), CAP, 0, 7 + (i + n) % 90) {
                            r.grow_to(60);
                            charged += if i % 3 == 0 { r.settle(1 + i % 5) } else { 0 };
                        }
                    }
                    charged
                })
            })
            .collect();
        let charged = spenders.into_iter().map(|s| s.join().expect("no panic")).sum();
        done.store(true, Ordering::Relaxed);
        watcher.join().expect("the invariant held");
        charged
    });
    assert_eq!(budgets.account(&grant()), Account { settled: charged, reserved: 0 });
    assert!(charged > CAP / 2, "the race spent {charged}, too little to mean anything");
}
