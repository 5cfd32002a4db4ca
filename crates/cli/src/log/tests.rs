//! How lines look, and how many there are.

use super::{Fate, Kinds, LONGEST, Line, MINUTE, MOST};
use serde_json::Value;
use std::time::{Duration, Instant};
use tracing::Level;

fn line(message: &str) -> Line {
    Line { message: message.to_owned(), fields: vec![("c", 1.into()), ("why", "so".into())] }
}

#[test]
fn a_line_stays_one_line() {
    let kinds = Kinds::default();
    let shown = kinds.shown(Level::WARN, &line("a\nb\u{1b}[2J"), 0);
    assert_eq!(shown, "warning: a b [2J c=1 why=so");
    let long = Line { message: "x".repeat(5_000), ..Line::default() };
    assert_eq!(long.text().len(), LONGEST);
}

#[test]
fn a_line_of_json_is_one_object_on_one_line() {
    let kinds = Kinds { json: true, ..Kinds::default() };
    for left_out in [0, 7] {
        let shown = kinds.shown(Level::ERROR, &line("a\nb"), left_out);
        assert_eq!(shown.lines().count(), 1);
        let object: Value = serde_json::from_str(&shown).expect("JSON");
        assert_eq!((&object["level"], &object["message"]), (&"error".into(), &"a\nb".into()));
        assert_eq!((&object["fields"]["c"], &object["fields"]["why"]), (&1.into(), &"so".into()));
        assert_eq!(
            object.get("left_out").and_then(Value::as_u64),
            (left_out > 0).then_some(left_out)
        );
        assert!(object["at"].as_str().expect("a time").ends_with('Z'));
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the beginning of a time that the test moves")]
fn of_one_kind_a_few_are_written_in_a_minute_and_the_rest_are_counted() {
    let (kinds, began) = (Kinds::default(), Instant::now());
    let take = |kind, after| kinds.take(kind, Level::WARN, &line("a"), began + after);
    for _ in 0..MOST {
        assert_eq!(take("a", Duration::ZERO), Fate::Written);
    }
    assert_eq!(take("a", Duration::ZERO), Fate::LeftOutFirst);
    for _ in 0..1_000 {
        assert_eq!(take("a", Duration::from_secs(59)), Fate::LeftOut);
    }
    assert_eq!(take("b", Duration::ZERO), Fate::Written, "another kind");
    let before = kinds.due(began + Duration::from_secs(59), false);
    assert!(before.is_empty());
    let [(level, _, left_out)] = &kinds.due(began + MINUTE, false)[..] else {
        panic!("one is due")
    };
    assert_eq!((*level, *left_out), (Level::WARN, 1_001));
    assert_eq!(take("a", MINUTE), Fate::Written, "a new minute");
    assert!(kinds.due(began + 2 * MINUTE, false).is_empty(), "nothing was left out of it");
    // what is left out last is told at the end
    for _ in 0..MOST + 2 {
        take("b", MINUTE);
    }
    assert_eq!(kinds.due(began + MINUTE, true).len(), 1);
}
