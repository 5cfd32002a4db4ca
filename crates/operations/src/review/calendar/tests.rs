//! Plans and what they surprise with; the file for calendars.

use super::{Plan, entries, ics, near_text, parse_plans, within};
use domain::{Span, Timestamp};

fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn plan(release: &str, window_days: u64) -> Plan {
    Plan {
        case: "case-1".parse().expect("an id"),
        partner_release: at(release),
        window_days,
        red_team_days: 14,
        stages: vec![("ten, or more; percent".parse().expect("a line"), 7)],
    }
}

#[test]
fn a_plan_is_laid_out_backwards_from_its_release() {
    let now = at("2026-10-01T00:00:00Z");
    let plan = plan("2026-12-20T00:00:00Z", 30);
    let (all, remarks) = entries(&[], &[], Some(&plan), now);
    let dates: Vec<_> = all.iter().map(|entry| (entry.at.date(), entry.what.as_str())).collect();
    let expected = [
        ("2026-11-06", "red-teaming begins"),
        ("2026-11-20", "first access of government"),
        ("2026-12-20", "window ends; release to partners"),
        ("2026-12-27", "rollout: ten, or more; percent"),
    ];
    assert_eq!(dates, expected.map(|(date, what)| (date.to_owned(), what)));
    assert!(all.iter().all(|entry| entry.rests_on == super::RestsOn::WhatIf && !entry.passed));
    assert_eq!(remarks.len(), 1, "only that the case is unknown: {remarks:?}");
}

#[test]
fn what_would_surprise_is_said() {
    let now = at("2026-12-01T00:00:00Z");
    let says = |release: &str, days, words: &str| {
        let (_, remarks) = entries(&[], &[], Some(&plan(release, days)), now);
        assert!(remarks.iter().any(|remark| remark.contains(words)), "{words}: {remarks:?}");
    };
    says("2026-12-20T00:00:00Z", 30, "19 days of it are left");
    says("2027-01-05T00:00:00Z", 30, "red-teaming would have begun already: 5 days");
    says("2027-06-01T00:00:00Z", 31, "longer than the 30");
}

#[test]
fn the_file_is_a_calendar() {
    let now = at("2026-10-01T00:00:00Z");
    let (all, _) = entries(&[], &[], Some(&plan("2026-12-20T00:00:00Z", 30)), now);
    let text = ics(&all, now);
    assert_eq!(text.matches("BEGIN:VEVENT\r\n").count(), 4);
    assert_eq!(text.matches("BEGIN:VALARM\r\n").count(), 8);
    assert!(text.contains("DTSTART:20261220T000000Z\r\n"), "{text}");
    assert!(text.contains("ten\\, or more\\; percent"), "{text}");
    assert!(text.lines().all(|line| line.len() <= 75));
    let later = ics(&all, now.after(Span::days(1)));
    let ids = |text: &str| -> Vec<String> {
        text.lines().filter(|line| line.starts_with("UID")).map(str::to_owned).collect()
    };
    assert_eq!(ids(&text), ids(&later));
}

#[test]
fn what_nears_is_told_and_what_lies_behind_is_not() {
    let now = at("2026-12-19T02:00:00Z");
    let (all, _) = entries(&[], &[], Some(&plan("2026-12-20T00:00:00Z", 30)), now);
    let near = within(all, 7, now);
    let told = near_text(&near, 7, now);
    assert_eq!(near.len(), 1, "{told}");
    assert!(told.starts_with(" in 22 h  2026-12-20T00:00:00Z  case-1: window ends"), "{told}");
    assert!(near_text(&[], 7, now).contains("no clock"));
}

const PLANS: &str = include_str!("../../../../../fuzz/corpus/operations_plans/whole.toml");

#[test]
fn plans_are_read_strictly() {
    let plans = parse_plans(PLANS).expect("whole");
    assert_eq!((plans.len(), plans[0].stages.len(), plans[1].window_days), (2, 2, 30));
    for (from, to, named) in [
        ("version = 1", "version = 2", "version 2"),
        ("case = \"case-2\"", "case = \"case-1\"", "two plans"),
        ("window-days = 21", "window-days = 31", "31 days"),
        ("days = 7", "days = 4000", "4000 days"),
        ("red-team-days", "redteam-days", "redteam-days"),
        ("case = \"case-2\"", "case = \"Case 2\"", "case id"),
    ] {
        let error = parse_plans(&PLANS.replacen(from, to, 1)).expect_err(named);
        assert!(error.contains(named), "{named}: {error}");
    }
}

#[test]
fn a_plan_for_a_case_that_is_not_known_is_told() {
    let plans = parse_plans(PLANS).expect("whole");
    let (all, remarks) = entries(&[], &plans, None, at("2026-10-01T00:00:00Z"));
    assert!(all.is_empty() && remarks.len() == 2, "{remarks:?}");
}
