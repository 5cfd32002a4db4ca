//! Never overspent: in any sequence, and under a race of threads.

use super::{Account, Bound, Budgets, Cap, Exhausted, OwnMinute, Recorded, Spent};
use access::{DayBudget, PersonBudget, PersonGrant};
use domain::{Digest, GrantId, Span, Timestamp};
use proptest::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};

fn grant() -> GrantId {
    "g-1".parse().expect("an id")
}

fn cap_of(tokens: u64, recorded: u64) -> Cap {
    Cap { tokens, recorded, day: None, person: None }
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
        Exhausted { needed: 31, left: 30, why: Bound::Grant }
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

fn own(minute: Timestamp, tokens: u64, of_day: u64) -> OwnMinute {
    let used = |tokens_out| access::Used { requests: 1, tokens_in: 0, tokens_out };
    let (uses, of_day) = (used(tokens), used(of_day));
    OwnMinute { grant: grant(), minute, root: Digest::of(b""), uses, of_day }
}

fn recorded(tokens: u64, day: Option<(Timestamp, u64)>, counted: &[OwnMinute]) -> Recorded {
    Recorded { tokens, days: day.into_iter().collect(), counted: counted.to_vec() }
}

#[test]
fn what_others_recorded_and_what_is_unstated_here_are_spent_both() {
    let budgets = Budgets::new([spent(30)]);
    // 50 of others are on record, and 30 of our own are not
    assert_eq!(budgets.reserve(&grant(), cap_of(100, 50), 21).expect_err("20 are left").left, 20);
    assert_eq!(budgets.account(&grant()), Account { settled: 80, reserved: 0 });
    // now ours are, too
    budgets.note(&grant(), &recorded(80, None, &[own(Timestamp::EPOCH, 30, 30)]));
    assert_eq!(budgets.account(&grant()), Account { settled: 80, reserved: 0 });
    // a permit from before that changes nothing
    assert_eq!(budgets.reserve(&grant(), cap_of(100, 50), 21).expect_err("20 are left").left, 20);
    assert!(budgets.reserve(&grant(), cap_of(100, 80), 20).is_ok());
}

#[test]
fn a_gateway_holds_no_more_unstated_than_it_may() {
    let budgets = Budgets::default().stating(25);
    let mut first = budgets.reserve(&grant(), cap_of(100, 0), 20).expect("below 25");
    assert!(!first.grow_to(26) && first.grow_to(25));
    let refused = budgets.reserve(&grant(), cap_of(100, 0), 1).expect_err("25 are held");
    assert_eq!(refused, Exhausted { needed: 1, left: 0, why: Bound::Unstated });
    assert!(refused.to_string().contains("about a minute"), "{refused}");
    first.settle(15);
    assert_eq!(budgets.reserve(&grant(), cap_of(100, 0), 11).expect_err("10 are left").left, 10);
    budgets.note(&grant(), &recorded(15, None, &[own(Timestamp::EPOCH, 15, 15)]));
    drop(budgets.reserve(&grant(), cap_of(100, 15), 25).expect("what was stated is free again"));
}

/// Several gateways and a log between them, by number of gateway.
#[derive(Debug, Clone)]
enum Turn {
    Reserve(usize, u64),
    Settle(usize, u64),
    /// It states what it settled.
    State(usize),
    /// It hears what the log says.
    Hear(usize),
}

fn turn() -> impl Strategy<Value = Turn> {
    prop_oneof![
        (0usize..3, 1u64..60).prop_map(|(g, n)| Turn::Reserve(g, n)),
        (0usize..3, 0u64..60).prop_map(|(g, n)| Turn::Settle(g, n)),
        (0usize..3).prop_map(Turn::State),
        (0usize..3).prop_map(Turn::Hear),
    ]
}

/// One of them.
#[derive(Debug, Default)]
struct Replica {
    budgets: Budgets,
    open: Vec<super::Reservation>,
    settled: u64,
    /// What it has heard that the log counts of each.
    heard: [u64; 3],
}

impl Replica {
    fn used(&self) -> u64 {
        self.settled + self.open.iter().map(super::Reservation::tokens).sum::<u64>()
    }
}

/// Plays the turns: whatever the order, what a gateway has heard of is not spent again, so that all together go over the
/// cap by no more than the others hold that it has not heard of. Each holds no more than it may.
fn play(turns: &[Turn], most: u64) -> Result<(), TestCaseError> {
    const CAP: u64 = 200;
    let replica = || Replica { budgets: Budgets::default().stating(most), ..Replica::default() };
    let mut all: Vec<_> = (0..3).map(|_| replica()).collect();
    let mut log = [0u64; 3];
    for turn in turns {
        match turn {
            Turn::Reserve(g, n) => {
                let heard: u64 = all[*g].heard.iter().sum();
                let got = all[*g].budgets.reserve(&grant(), cap_of(CAP, heard), *n);
                let used = all[*g].used();
                let fits = heard - all[*g].heard[*g] + used + n <= CAP;
                prop_assert_eq!(got.is_ok(), fits && used + n - all[*g].heard[*g] <= most);
                all[*g].open.extend(got);
            }
            Turn::Settle(g, n) => {
                if let Some(reservation) = all[*g].open.pop() {
                    all[*g].settled += reservation.settle(*n);
                }
            }
            Turn::State(g) => log[*g] = all[*g].settled,
            Turn::Hear(g) => {
                let replica = &mut all[*g];
                let news = log[*g] - replica.heard[*g];
                let counted = [own(Timestamp::EPOCH, news, news)];
                replica.heard = log;
                replica.budgets.note(&grant(), &recorded(log.iter().sum(), None, &counted));
            }
        }
        // no more is unknown to the others than each may hold
        prop_assert!(all.iter().zip(log).all(|(g, stated)| g.used() - stated <= most));
    }
    Ok(())
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
    fn several_gateways_spend_nothing_twice_that_they_have_heard_of(turns in prop::collection::vec(turn(), 0..80), most in 20u64..100) {
        play(&turns, u64::MAX)?;
        play(&turns, most)?;
    }

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
    let why = Bound::Day { resumes_at: Timestamp::EPOCH.after(Span::days(2)) };
    assert_eq!(refused, Exhausted { needed: 101, left: 100, why });
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
    // what other gateways recorded counts for the day, beside the 40 of this one
    assert!(budgets.reserve(&grant(), on_day(2, 40), 21).is_err());
    drop(budgets.reserve(&grant(), on_day(2, 40), 20).expect("fits"));
    // until they are the same 40
    let day = Timestamp::EPOCH.after(Span::days(2));
    budgets.note(&grant(), &recorded(110, Some((day, 40)), &[own(day, 110, 40)]));
    assert!(budgets.reserve(&grant(), on_day(2, 40), 61).is_err());
    drop(budgets.reserve(&grant(), on_day(2, 40), 60).expect("fits"));
    // another gateway, whose clock is ahead, states a minute of the next day: this one counts on
    let next = day.after(Span::days(1));
    let both = [(day, 70), (next, 9)].into_iter().collect();
    let counted = vec![own(day, 30, 30)];
    budgets.note(&grant(), &Recorded { tokens: 149, days: both, counted });
    assert_eq!(budgets.reserve(&grant(), on_day(2, 0), 31).expect_err("70 are spent").left, 30);
    // a day that is gone for good has nothing left
    drop(budgets.reserve(&grant(), on_day(3, 0), 1).expect("a new day"));
    assert_eq!(budgets.reserve(&grant(), on_day(1, 0), 1).expect_err("over").left, 0);
}

/// A cap of 100 for a person over two grants, in all or for a day, of which these are on record.
fn of_person(daily: bool, recorded: [u64; 2]) -> Cap {
    let grant = |n: usize| format!("g-{n}").parse().expect("an id");
    let grants = recorded.iter().enumerate().map(|(n, used)| PersonGrant {
        grant: grant(n),
        recorded: *used,
        recorded_of_day: *used,
    });
    let person = PersonBudget {
        tokens: (!daily).then_some(100),
        tokens_per_day: daily.then_some(100),
        day: Timestamp::EPOCH.after(Span::days(1)),
        grants: grants.collect(),
    };
    Cap { person: Some(person), ..cap_of(1_000, 0) }
}

#[test]
fn a_person_has_one_budget_over_their_grants() {
    for daily in [false, true] {
        let budgets = Budgets::default();
        let grants: [GrantId; 2] = ["g-0", "g-1"].map(|id| id.parse().expect("an id"));
        let cap = |recorded| of_person(daily, recorded);
        let mut open = budgets.reserve(&grants[0], cap([0, 0]), 60).expect("fits");
        let refused = budgets.reserve(&grants[1], cap([0, 0]), 41).expect_err("40 are left");
        let resumes_at = Timestamp::EPOCH.after(Span::days(2));
        let why = if daily { Bound::PersonDay { resumes_at } } else { Bound::Person };
        assert_eq!(refused, Exhausted { needed: 41, left: 40, why });
        assert!(refused.to_string().contains("over all their grants, 40 left"), "{refused}");
        let other = budgets.reserve(&grants[1], cap([0, 0]), 30).expect("fits");
        assert!(!open.grow_to(71) && open.grow_to(70));
        open.settle(50);
        other.settle(10);
        assert_eq!(budgets.reserve(&grants[1], cap([0, 0]), 41).expect_err("spent").left, 40);
        // what another gateway spent by the other grant is on record; ours is not in there yet
        assert_eq!(budgets.reserve(&grants[0], cap([0, 25]), 41).expect_err("spent").left, 15);
        drop(budgets.reserve(&grants[0], cap([0, 25]), 15).expect("fits"));
        // a grant that was never used here counts as well
        let fresh = Budgets::default();
        assert_eq!(fresh.reserve(&grants[0], cap([0, 90]), 11).expect_err("spent").left, 10);
    }
    // another day has a budget of its own
    let budgets = Budgets::default();
    let grant: GrantId = "g-0".parse().expect("an id");
    budgets.reserve(&grant, of_person(true, [0, 0]), 100).expect("all").settle(100);
    let mut next = of_person(true, [0, 0]);
    next.person.as_mut().expect("bounded").day = Timestamp::EPOCH.after(Span::days(2));
    assert!(budgets.reserve(&grant, next, 100).is_ok());
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
