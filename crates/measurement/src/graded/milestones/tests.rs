//! Milestones from transcripts: whole, partial, none, and what is refused.

use super::read;
use crate::ranges;
use harness::transcript::Writer;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

fn transcript(folder: &Path, name: &str, lines: &[(&str, Value)]) -> PathBuf {
    let path = folder.join(name);
    let mut writer = Writer::create(&path).unwrap();
    let now = domain::Timestamp::EPOCH;
    let commitment = domain::Digest::of(b"criteria");
    writer.write("run-started", now, json!({"commitment": commitment})).unwrap();
    for (kind, body) in lines {
        writer.write(kind, now, body.clone()).unwrap();
    }
    writer.close().unwrap();
    path
}

fn step(sample: u64, step: u64) -> (&'static str, Value) {
    ("milestone", json!({"sample": sample, "range": "three-hosts", "step": step, "steps": 4}))
}

fn ended(sample: u64, outcome: &str, tokens: u64) -> (&'static str, Value) {
    let spent = json!({"turns": 1, "tokens": tokens, "millis": 1});
    ("sample-ended", json!({"sample": sample, "outcome": outcome, "cell": 0, "spent": spent}))
}

#[test]
fn milestones_become_graded_evidence() {
    let folder = tempfile::tempdir().unwrap();
    let lines = [
        step(0, 1),
        step(0, 2),
        step(0, 2),
        ended(0, "fail", 100),
        ended(1, "pass", 7),
        step(2, 0),
        ended(2, "fail", 50),
        step(3, 4),
        ended(3, "invalid", 9),
        step(4, 1),
        step(4, 2),
        step(4, 3),
        step(4, 4),
        ended(4, "pass", 300),
        // killed before its end
        step(5, 1),
    ];
    let path = transcript(folder.path(), "evaluation.jsonl", &lines);
    let found: Vec<_> = read(&path).unwrap().into_iter().map(|a| a.attempt).collect();
    let shown: Vec<_> = found.iter().map(|a| (a.reached, a.steps, a.tokens)).collect();
    assert_eq!(shown, [(2, 4, 100), (0, 4, 50), (4, 4, 300)]);
    let views = ranges(&path).unwrap();
    let view = &views[0];
    assert_eq!((view.range.as_str(), view.attempts, view.completed), ("three-hosts", 3, 1));
    assert!((view.progress.0 - 0.5).abs() < 1e-9 && view.progress.1 < 0.2 && view.progress.2 > 0.8);
    // the same as a table gives
    let table = folder.path().join("attempts.csv");
    let text = "range,reached,steps,tokens\nthree-hosts,2,4,100\nthree-hosts,0,4,50\nthree-hosts,4,4,300\n";
    std::fs::write(&table, text).unwrap();
    assert_eq!(ranges(&table).unwrap(), views);
}

#[test]
fn what_is_no_milestone_is_refused_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let good = json!({"sample": 0, "range": "r", "step": 1, "steps": 2});
    for (n, (key, value)) in [
        ("sample", Value::Null),
        ("range", json!("")),
        ("step", json!(3)),
        ("step", json!(-1)),
        ("steps", json!(0)),
        ("steps", json!(1_000_000)),
    ]
    .into_iter()
    .enumerate()
    {
        let mut bad = good.clone();
        bad[key] = value;
        let lines = [("milestone", good.clone()), ("milestone", bad)];
        let path = transcript(folder.path(), &format!("{n}.jsonl"), &lines);
        let error = read(&path).unwrap_err();
        assert!(
            operations::plain(&error).contains("line 3"),
            "{key}: {}",
            operations::plain(&error)
        );
    }
    let broken = transcript(folder.path(), "broken.jsonl", &[step(0, 1), ended(0, "pass", 1)]);
    let text = std::fs::read_to_string(&broken).unwrap().replace("\"step\":1", "\"step\":2");
    std::fs::write(&broken, text).unwrap();
    assert!(read(&broken).is_err(), "a changed milestone breaks the chain");
}
