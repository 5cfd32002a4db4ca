//! Never overspent: in any sequence, and under a race of threads.

use super::{Account, Budgets, Cap, Exhausted, Spent};
use access::DayBudget;
use domain::{GrantId, Span, Timestamp};
use proptest::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};

fn grant() -> GrantId {
    "g-1".parse().expect("an id")
}

fn cap_of(tokens: u64, recorded: u64) -> Cap {
    Cap { tokens, recorded, day: None }
}

fn spent(tokens: u64) -> Spent {
    Spent { grant: grant(), tokens, day: None }
}

#[test]
fn settling_gives_back_what_was_not_used() {
    let budgets = Budgets::new([spent(10)]);
    let reservation = budgets.reserve(&grant(), cap_of(100, 0), 60).expect("fits");
    assert_eq!(budgets.account(&grant()), Account { settled: 10, reserved: 60 });
    assert_eq!(
        budgets.reserve(&grant(), cap_of(100, 0), 31).expect_err("30 are left"),
        Exhausted { needed: 31, left: 30, resumes_at: None }
    );
    assert_eq!(reservation.settle(25), 25);
    assert_eq!(budgets.account(&grant()), Account { settled: 35, reserved: 0 });
    drop(budgets.reserve(&grant(), cap_of(100, 0), 65).expect("all that is left"));
    assert_eq!(budgets.account(&grant()), Account { settled: 35, reserved: 0 });
}

#[test]
fn a_smaller_cap_than_what_was_spent_leaves_nothing() {
    let budgets = Budgets::new([spent(50)]);
    assert_eq!(budgets.reserve(&grant(), cap_of(40, 0), 1).expect_err("spent").left, 0);
}

#[test]
fn what_is_on_record_counts_even_if_it_was_spent_elsewhere() {
    let budgets = Budgets::default();
    assert_eq!(budgets.reserve(&grant(), cap_of(100, 90), 11).expect_err("10 are left").left, 10);
    assert!(budgets.reserve(&grant(), cap_of(100, 90), 10).is_ok());
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
                    let got = budgets.reserve(&grant(), cap_of(cap, 0), n);
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

/// A cap of 1,000, and 100 on the n-th day, of which some are on record.
fn on_day(n: u64, recorded: u64) -> Cap {
    let day = Timestamp::EPOCH.after(Span::days(n));
    Cap { day: Some(DayBudget { day, tokens: 100, recorded }), ..cap_of(1_000, 0) }
}

#[test]
fn a_day_has_a_budget_of_its_own() {
    let budgets = Budgets::default();
    let refused = budgets.reserve(&grant(), on_day(1, 0), 101).expect_err("over the day");
    let resumes_at = Some(Timestamp::EPOCH.after(Span::days(2)));
    assert_eq!(refused, Exhausted { needed: 101, left: 100, resumes_at });
    let words = refused.to_string();
    assert!(words.contains("1970-01-03T00:00:00") && words.contains("tokens-per-day"), "{words}");
    let before_midnight = budgets.reserve(&grant(), on_day(1, 0), 60).expect("fits");
    // yesterday's request settles on its own day, and its answer still grows by that day's budget
    let mut today = budgets.reserve(&grant(), on_day(2, 0), 90).expect("a new day");
    assert!(!today.grow_to(101) && today.grow_to(100));
    let mut before_midnight = before_midnight;
    assert!(!before_midnight.grow_to(101) && before_midnight.grow_to(100));
    before_midnight.settle(70);
    today.settle(40);
    assert_eq!(budgets.account(&grant()), Account { settled: 110, reserved: 0 });
    // what other gateways recorded counts for the day
    assert!(budgets.reserve(&grant(), on_day(2, 80), 21).is_err());
    drop(budgets.reserve(&grant(), on_day(2, 80), 20).expect("fits"));
    // a day that is gone for good has nothing left
    drop(budgets.reserve(&grant(), on_day(3, 0), 1).expect("a new day"));
    assert_eq!(budgets.reserve(&grant(), on_day(1, 0), 1).expect_err("over").left, 0);
}

#[test]
fn a_restart_remembers_the_day() {
    let day = Some((Timestamp::EPOCH.after(Span::days(2)), 95));
    let budgets = Budgets::new([Spent { day, ..spent(300) }]);
    assert_eq!(budgets.reserve(&grant(), on_day(2, 0), 6).expect_err("5 left").left, 5);
    assert!(budgets.reserve(&grant(), on_day(3, 0), 100).is_ok());
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
                        if let Ok(mut r) =
                            budgets.reserve(&grant(), cap_of(CAP, 0), 7 + (i + n) % 90)
                        {
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
