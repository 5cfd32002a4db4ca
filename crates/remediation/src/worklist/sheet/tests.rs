//! Whatever is to be done, one sheet holds what is said to fit on it, and nothing is left out in silence.
use super::*;
use crate::QuestionView;
use proptest::prelude::*;

fn action(text: usize, lines: usize) -> ActionView {
    let long = "x".repeat(text);
    ActionView {
        what: long.clone(),
        place: long.clone(),
        why: vec![long.clone(); lines.min(5)],
        first: (lines > 2).then(|| long.clone()),
        how: vec![long.as_str(); lines.clamp(1, 4)].join("\n"),
        how_long: "under an hour".to_owned(),
        check: format!("{long}\nthen look"),
        due: "Due 2026-12-07; days left: 14.".to_owned(),
        because: vec!["BOD 26-04, Table 1, row 7".to_owned(); lines.min(5)],
        closes: long,
    }
}

fn page(today: usize, then: usize, (text, lines): (usize, usize), others: usize) -> WorklistView {
    let question = QuestionView {
        heading: "One question".to_owned(),
        ask: "x".repeat(text),
        if_yes: "yes".to_owned(),
        if_no: "no".to_owned(),
    };
    let list = vec!["x".repeat(text); others];
    WorklistView {
        title: "What to patch".to_owned(),
        as_of: "As of today.".to_owned(),
        today_heading: (today > 0).then(|| "Do these".to_owned()),
        today: vec![action(text, lines); today],
        then_heading: "Then".to_owned(),
        then: vec![action(text, lines); then],
        notices_heading: "Worth knowing".to_owned(),
        notices: list.clone(),
        unknowns_heading: "We could not tell".to_owned(),
        unknowns: list.clone(),
        suppressed_heading: "No work".to_owned(),
        suppressed: list,
        question: (others > 0).then_some(question),
        nothing: None,
        footer: vec!["a line".to_owned(); 3],
    }
}

/// The lines that a page takes on its sheet.
fn height(view: &WorklistView, sheet: Sheet) -> (usize, usize) {
    let of = if sheet.dense { &DENSE } else { &PLAIN };
    let line = |text: &String| rows(text, of.across - 4);
    let lists = view.then.iter().take(sheet.then).map(|a| of.then(a)).sum::<usize>()
        + view.unknowns.iter().take(sheet.unknowns).map(line).sum::<usize>()
        + view.notices.iter().take(sheet.notices).map(line).sum::<usize>()
        + view.suppressed.iter().take(sheet.suppressed).map(line).sum::<usize>();
    (view.least(of, sheet.whole) + lists, of.lines)
}

#[test]
fn a_short_page_is_printed_whole_in_the_larger_type() {
    let sheet = page(3, 4, (30, 2), 0).sheet();
    assert_eq!((sheet.dense, sheet.whole, sheet.then), (false, 3, 4));
}

#[test]
fn a_long_one_keeps_three_tasks_and_cuts_the_rest() {
    let view = page(3, 5_000, (30, 2), 300);
    let sheet = view.sheet();
    assert_eq!(sheet.whole, 3);
    assert!(sheet.then < 30 && sheet.unknowns + sheet.notices < 10, "{sheet:?}");
    assert_eq!(page(0, 0, (10, 1), 2).sheet().unknowns, 2, "what could not be told is printed");
}

#[test]
fn rows_are_counted_and_never_none() {
    let check = |text: &str, width, expected| assert_eq!(rows(text, width), expected, "{text}");
    check("", 50, 1);
    check("one", 50, 1);
    check(&"x".repeat(46), 50, 2);
    check("a\nb\nc", 50, 3);
}

proptest! {
    #[test]
    fn what_is_printed_fits(
        today in 0usize..4, then in 0usize..40, text in 1usize..220, lines in 1usize..8, others in 0usize..9,
    ) {
        let view = page(today, then, (text, lines), others);
        let sheet = view.sheet();
        let (height, lines) = height(&view, sheet);
        prop_assert!(height <= lines, "{height} of {lines}: {sheet:?}");
        prop_assert!(today == 0 || text > 120 || sheet.whole >= 1, "one task is always printed whole: {sheet:?}");
    }
}
