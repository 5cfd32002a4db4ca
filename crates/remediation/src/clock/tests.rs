//! History, first detection, and that worse facts never give more time.
use super::*;
use crate::decision::tests::{at, facts, known, listed};
use crate::facts::{Impact, Kev};
use crate::shared::table;
use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, proptest};

#[test]
fn every_move_says_why() {
    let table = table();
    let mut clock = Clock::start(
        &table,
        facts(Kev::NotListed, true, true, Impact::Partial),
        at("2026-12-03T16:00:00Z"),
    );
    let mut next = facts(listed("2026-12-10"), true, true, Impact::Partial);
    next.detected = known(at("2026-12-09"));
    let change = clock.reclock(&table, next.clone(), at("2026-12-10T08:00:00Z")).unwrap();
    assert_eq!(change.inputs.len(), 1, "a later detection restarts nothing: {change:?}");
    next.exposed = known(false);
    clock.reclock(&table, next.clone(), at("2026-12-11")).unwrap();
    assert_eq!(clock.reclock(&table, next.clone(), at("2026-12-12")), None);
    next.exposed = None;
    clock.reclock(&table, next, at("2026-12-13")).unwrap();
    let told = clock.history().iter().map(|change| {
        let says = |d: &Decision| match d {
            Decision::Determined(d) => {
                format!("row {} due {}", d.row, d.due.map_or("-".to_owned(), |d| d.date()))
            }
            Decision::Undetermined(o) => format!("open, lacks {:?}", o.missing),
        };
        let before = change.before.as_ref().map_or("-".to_owned(), says);
        let inputs = change.inputs.iter().map(|i| {
            let value = |v: &Option<String>| v.clone().unwrap_or("-".to_owned());
            format!("{:?} {} -> {}", i.input, value(&i.before), value(&i.after))
        });
        let inputs = inputs.collect::<Vec<_>>().join("; ");
        format!("{}: {before} => {} [{inputs}]\n", change.at.date(), says(&change.after))
    });
    expect_test::expect![[r#"
        2026-12-03: - => row 6 due 2026-12-17 [Kev - -> no; Exposed - -> yes; Automatable - -> yes; Impact - -> partial; Detected - -> 2026-12-03T15:00:00Z]
        2026-12-10: row 6 due 2026-12-17 => row 2 due 2026-12-06 [Kev no -> yes, since 2026-12-10]
        2026-12-11: row 2 due 2026-12-06 => row 10 due 2026-12-17 [Exposed yes -> no]
        2026-12-13: row 10 due 2026-12-17 => open, lacks [Exposed] [Exposed no -> -]
    "#]].assert_eq(&told.collect::<String>());
}

#[test]
fn another_table_is_a_reason_too() {
    let mut silent = facts(Kev::NotListed, true, true, Impact::Total);
    (silent.automatable, silent.impact) = (None, None);
    let mut clock = Clock::start(&table(), silent.clone(), at("2026-12-03"));
    let on = table().with_fallback(true);
    let change = clock.reclock(&on, silent, at("2026-12-04")).unwrap();
    assert_eq!(change.inputs[0].input, Input::Table);
    assert_eq!(change.inputs[0].after.as_deref(), Some("bod-26-04 1.0.0, fallback on"));
    assert!(change.after.deadline().is_some());
}

#[test]
fn a_newer_source_that_says_the_same_is_no_change() {
    let same = facts(Kev::NotListed, true, true, Impact::Total);
    let mut clock = Clock::start(&table(), same.clone(), at("2026-12-03"));
    let mut newer = same;
    newer.exposed.as_mut().unwrap().from.as_of = at("2026-12-05");
    assert_eq!(clock.reclock(&table(), newer, at("2026-12-05")), None);
    assert_eq!(clock.facts().exposed.as_ref().unwrap().from.as_of, at("2026-12-05"));
}

pub(crate) fn any_facts() -> impl Strategy<Value = Facts> {
    let kev = proptest::option::of(proptest::option::of(0u64..40));
    let some = proptest::option::of(any::<bool>());
    let detected = proptest::option::of(0u64..40);
    (kev, some.clone(), some.clone(), some, detected).prop_map(|(kev, e, a, i, d)| {
        let day = |n: u64| at("2026-11-01").after(domain::Span::days(n));
        let kev = kev.map(|k| k.map_or(Kev::NotListed, |n| listed(&day(n).date())));
        Facts {
            kev: kev.and_then(known),
            exposed: e.and_then(known),
            automatable: a.and_then(known),
            impact: i.and_then(|t| known(if t { Impact::Total } else { Impact::Partial })),
            detected: d.and_then(|n| known(day(n))),
            ..Facts::default()
        }
    })
}

/// Each fact replaced by its worst.
fn worse(facts: &Facts, which: u8) -> Facts {
    let mut worse = facts.clone();
    match which % 4 {
        0 if facts.kev_added().is_none() => worse.kev = known(listed("2026-11-15")),
        1 => worse.exposed = known(true),
        2 => worse.automatable = known(true),
        _ => worse.impact = known(Impact::Total),
    }
    worse
}

proptest! {
    /// Exposure, KEV, automation and impact only ever shorten; lifting exposure only lengthens.
    #[test]
    fn worse_facts_never_give_more_time(mut facts in any_facts(), which: u8) {
        let table = table();
        // determined on both sides
        for known_now in [&mut facts.exposed, &mut facts.automatable] {
            *known_now = known_now.take().or(known(false));
        }
        facts.impact = facts.impact.take().or(known(Impact::Partial));
        facts.kev = facts.kev.take().or(known(Kev::NotListed));
        facts.detected = facts.detected.take().or(known(at("2026-11-20")));
        let due = |facts: &Facts| {
            let decision = decide(&table, facts);
            decision.deadline().unwrap().due.unwrap_or(Timestamp::MAX)
        };
        prop_assert!(due(&worse(&facts, which)) <= due(&facts));
    }

    /// What is not known is planned for by the worst that is possible.
    #[test]
    fn unknown_is_never_safer(facts in any_facts(), which: u8) {
        let table = table();
        let known_plan = decide(&table, &facts).plan_by();
        let mut open = facts;
        match which % 3 {
            0 => open.exposed = None,
            1 => open.automatable = None,
            _ => open.impact = None,
        }
        let plan = |p: Option<Timestamp>| p.unwrap_or(Timestamp::MAX);
        prop_assert!(plan(decide(&table, &open).plan_by()) <= plan(known_plan));
    }

    /// A history explains itself: each change starts where the last one ended.
    #[test]
    fn history_is_a_chain(steps in proptest::collection::vec(any_facts(), 1..20)) {
        let table = table();
        let mut steps = steps.into_iter();
        let mut clock = Clock::start(&table, steps.next().unwrap(), at("2026-12-01"));
        for (n, facts) in (1u64..).zip(steps) {
            let before = clock.decision().clone();
            let now = at("2026-12-01").after(domain::Span::days(n));
            match clock.reclock(&table, facts, now).cloned() {
                None => prop_assert_eq!(clock.decision(), &before),
                Some(change) => {
                    prop_assert!(!change.inputs.is_empty());
                    prop_assert_eq!(change.before.as_ref(), Some(&before));
                    prop_assert_eq!(&change.after, clock.decision());
                    prop_assert_eq!(clock.decision(), &decide(&table, clock.facts()));
                }
            }
        }
        let ends = clock.history().iter().map(|c| Some(&c.after));
        let starts = clock.history().iter().skip(1).map(|c| c.before.as_ref());
        prop_assert!(starts.zip(ends).all(|(start, end)| start == end));
    }
}
