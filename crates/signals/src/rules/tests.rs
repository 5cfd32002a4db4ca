//! Bounds are exact, order doesn't matter, and what is missing is said.

use super::look;
use crate::people::{Kind, Shown, scene};
use crate::{Grant, Prompt, Report, Rule, Surroundings, Thresholds, Use, UseId};
use domain::{Digest, Span, Timestamp};

fn thresholds() -> Thresholds {
    let rules = include_str!("../../../../rules/insider.toml");
    Thresholds::read(rules).expect("the shipped file is sound")
}

fn start() -> Timestamp {
    "2026-06-08T08:00:00Z".parse().expect("instant")
}

fn grant(purpose: &str) -> Grant {
    Grant {
        grant: "g1".parse().expect("id"),
        party: "evaluator".parse().expect("id"),
        person: "p1".parse().expect("id"),
        purpose: purpose.to_owned(),
    }
}

fn one(n: u64, after: Span) -> Use {
    let started_at = start().after(after);
    Use {
        id: UseId(u128::from(n)),
        grant: "g1".parse().expect("id"),
        started_at,
        finished_at: started_at.after(Span::seconds(1)),
        tokens_in: 100,
        tokens_out: 100,
        from: None,
        prompt: Prompt::Hashed(Digest::of(&n.to_be_bytes())),
    }
}

fn told(uses: &[Use], purpose: &str) -> Report {
    look(uses, &[grant(purpose)], &thresholds(), &Surroundings::default(), Timestamp::MAX)
}

#[test]
fn a_bound_is_what_may_be_and_one_more_is_told() {
    // `writing` is expected to need 120 requests an hour
    let uses: Vec<_> = (0..121).map(|n| one(n, Span::seconds(n * 29))).collect();
    let within = uses.get(..120).expect("there are 121");
    assert!(told(within, "writing").signals.is_empty());
    let report = told(&uses, "writing");
    let [signal] = report.signals.as_slice() else { panic!("one signal: {report:?}") };
    assert_eq!((signal.rule, signal.records), (Rule::Volume, 121));
    let figure = signal.figures.first().expect("a figure");
    assert_eq!((figure.is, figure.bound), (121, 120));
    assert_eq!(signal.some_records.len(), 20);
    let names: String = (0..121_u128).map(|n| format!("{n:032x}\n")).collect();
    assert_eq!(signal.records_digest, Digest::of(names.as_bytes()));
    // an hour is an hour: the first of them is no longer in it
    let spread: Vec<_> = (0..121).map(|n| one(n, Span::seconds(n * 30))).collect();
    assert!(told(&spread, "writing").signals.is_empty());
    assert!(told(&uses, "red-team: on purpose").signals.is_empty());
}

#[test]
fn the_ceiling_is_exact_and_a_persons() {
    let many: Vec<_> = (0..10)
        .map(|n| Use { tokens_out: 600_000, tokens_in: 400_000, ..one(n, Span::minutes(n)) })
        .collect();
    let at_bound = told(&many, "writing");
    assert!(at_bound.signals.iter().all(|s| s.rule != Rule::Ceiling), "{at_bound:?}");
    let mut over = many.clone();
    over.push(Use { tokens_out: 1, ..one(11, Span::minutes(11)) });
    let report = told(&over, "writing");
    let ceiling = report.signals.iter().find(|s| s.rule == Rule::Ceiling).expect("told");
    assert_eq!(ceiling.figures.first().map(|f| (f.is, f.bound)), Some((6_000_001, 6_000_000)));
    // two grants of one person count together
    let second = Grant { grant: "g2".parse().expect("id"), ..grant("writing") };
    for u in over.iter_mut().skip(5) {
        u.grant = second.grant.clone();
    }
    let both = look(
        &over,
        &[grant("writing"), second],
        &thresholds(),
        &Surroundings::default(),
        Timestamp::MAX,
    );
    assert!(both.signals.iter().any(|s| s.rule == Rule::Ceiling));
}

#[test]
fn order_and_repetition_change_nothing() {
    let thresholds = thresholds();
    for kind in [Kind::Extractor, Kind::Sharer, Kind::Ring] {
        let scene = scene(kind, 3, Shown::Visible);
        let now = Timestamp::MAX;
        let there = look(&scene.uses, &scene.grants, &thresholds, &scene.surroundings, now);
        let mut back = scene.uses.clone();
        back.reverse();
        back.extend(scene.uses.iter().take(50).cloned());
        assert_eq!(there, look(&back, &scene.grants, &thresholds, &scene.surroundings, now));
    }
}

#[test]
fn what_is_later_or_nobodys_is_left_out() {
    let uses: Vec<_> = (0..200).map(|n| one(n, Span::seconds(n))).collect();
    let now = start().after(Span::seconds(50));
    let report = look(&uses, &[grant("writing")], &thresholds(), &Surroundings::default(), now);
    assert_eq!((report.uses, report.signals.len()), (51, 0));
    assert_eq!(look(&uses, &[], &thresholds(), &Surroundings::default(), now).uses, 0);
}

#[test]
fn a_rule_without_its_input_says_so() {
    let report = told(&[one(1, Span::ZERO)], "writing");
    let unasked: Vec<_> = report.undetermined.iter().map(|u| u.rule).collect();
    for rule in [
        Rule::OddHours,
        Rule::OddPlace,
        Rule::SharedCredential,
        Rule::ImpossibleTravel,
        Rule::Canary,
        Rule::Sweep,
    ] {
        assert!(unasked.contains(&rule), "{rule:?} of {unasked:?}");
    }
}

/// One machine with IPv4 and IPv6 has two networks and is one place.
#[test]
fn two_families_are_not_two_places() {
    let from = |n: u64| if n.is_multiple_of(2) { "192.0.2.0/24" } else { "2001:db8::/48" };
    let uses: Vec<_> =
        (0..60).map(|n| Use { from: from(n).parse().ok(), ..one(n, Span::minutes(n)) }).collect();
    assert!(told(&uses, "writing").signals.is_empty());
    let two = |n: u64| if n.is_multiple_of(2) { "192.0.2.0/24" } else { "198.51.100.0/24" };
    let uses: Vec<_> =
        (0..60).map(|n| Use { from: two(n).parse().ok(), ..one(n, Span::minutes(n)) }).collect();
    let report = told(&uses, "writing");
    let rules: Vec<_> = report.signals.iter().map(|s| s.rule).collect();
    assert_eq!(rules, [Rule::SharedCredential]);
}

/// A team that runs one benchmark is told of until the developer says that this is what the grant is for.
#[test]
fn what_others_sent_is_judged_by_the_purpose_that_the_developer_gives() {
    let second = Grant {
        grant: "g2".parse().expect("id"),
        person: "p2".parse().expect("id"),
        ..grant("writing")
    };
    let mut uses: Vec<_> = (0..70).map(|n| one(n, Span::minutes(n))).collect();
    let again = uses.clone().into_iter().enumerate().map(|(n, u)| Use {
        id: UseId(1_000 + u128::try_from(n).expect("small")),
        grant: second.grant.clone(),
        ..u
    });
    uses.extend(again.collect::<Vec<_>>());
    let common = |declared: &str| {
        let surroundings = Surroundings::read(declared).expect("sound");
        let grants = [grant("writing"), second.clone()];
        let report = look(&uses, &grants, &thresholds(), &surroundings, Timestamp::MAX);
        let told = report.signals.into_iter().filter(|s| s.rule == Rule::CommonPrompts);
        told.map(|s| s.grant.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(common(""), ["g1", "g2"]);
    assert_eq!(common("[[purpose]]\ngrant = \"g1\"\nis = \"red-team\"\n"), ["g2"]);
}
