//! The memo's page and Typst source: whole in themselves, and silent on what is withheld.

use super::{page, typst};
use domain::{Digest, Timestamp};
use measurement::{
    Budgeted, Containment, FamilyRow, Fit, Ledger, Memo, Point, RangeView, Sealing, SignView,
    Spent, Stated, Verified,
};

fn point(sample: u32) -> Point {
    let n = f64::from(sample);
    let outcome = match sample % 7 {
        0 => "fail",
        3 => "invalid",
        _ => "pass",
    };
    Point { sample, outcome, drawn: sample < 30, ratio: 0.12 * n, wealth: (0.1 * n, -0.05 * n) }
}

fn ledger(name: &'static str) -> Ledger {
    let verdict = "ABOVE".to_owned();
    Ledger {
        name,
        marked: 0,
        passed: 30,
        failed: 8,
        verdict,
        ratio: 4.8,
        ability: (0.91, 0.2, 1.6),
    }
}

fn family(name: &str, tried: u32, passed: u32) -> FamilyRow {
    FamilyRow {
        family: name.to_owned(),
        tried,
        passed,
        invalid: 1,
        share: (0.75, 0.35, 0.97),
        expected: 2.6,
        misfit: -2.9,
    }
}

fn memo() -> Memo {
    let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000).unwrap();
    Memo {
        audience: "authority".to_owned(),
        run: "run-1".parse().unwrap(),
        model: "larch-2".parse().unwrap(),
        model_digest: None,
        case: Some("case-1".parse().unwrap()),
        evaluator: "meter".parse().unwrap(),
        sealed_at: at(1_000),
        measured: (at(2_000), at(3_000)),
        commitment: Digest::of(b"criteria"),
        transcript: Digest::of(b"transcript"),
        verdict: "ABOVE".to_owned(),
        claim: "larch-2 is ABOVE <the> \"sealed\" threshold within 12 turns.".to_owned(),
        budget: Stated {
            turns: 12,
            tokens: 200_000,
            seconds: 300,
            dollars: Some(3.0),
            elicitation: Some("bare: prompt plain, incentive none, scaffold tools".to_owned()),
            scaffold: Digest::of(b"scaffold"),
            grader: Digest::of(b"grader"),
            harness: Digest::of(b"harness"),
        },
        verified: vec![Verified { what: "outcomes", detail: Some("40 outcomes".to_owned()) }],
        notes: vec!["a note".to_owned()],
        rule: Some(Sealing {
            threshold: Some(-0.377),
            delta: Some(0.5),
            rates: None,
            alpha: 0.05,
            beta: 0.1,
            floor: 20,
            cap: 150,
            boundaries: (2.94, -2.25),
            bars: Some((3.0, 2.3)),
        }),
        evidence: Some((1..=40).map(point).collect()),
        ledgers: Some(vec![ledger("cheating counts as success"), ledger("as failure")]),
        signs: Some(vec![SignView {
            sample: "7".to_owned(),
            rule: "reads-environment",
            call: 3,
            in_result: false,
            bytes: (4, 19),
            text: "/proc/1/environ".to_owned(),
        }]),
        spent: Some(Spent { samples: 40, turns: 200, tokens: 90_000, seconds: 61, dollars: None }),
        capability: Some(vec![
            Budgeted { tokens: 800, passed: 4, ability: (-2.0, -2.9, -1.1) },
            Budgeted { tokens: 200_000, passed: 30, ability: (0.91, 0.2, 1.6) },
        ]),
        families: Some(vec![family("weak-rsa", 4, 3), family("patch-notes", 0, 0)]),
        fit: Some(Fit { person: -0.4, odd: false }),
        ranges: Some(vec![RangeView {
            range: "three-hosts".to_owned(),
            attempts: 10,
            completed: 3,
            progress: (0.55, 0.31, 0.78),
            completion: (0.3, 0.067, 0.652),
            tokens: 1_000_000,
        }]),
        containment: Some(Containment {
            tier: "t0".to_owned(),
            checks: vec![("no network".to_owned(), true)],
            digest: Digest::of(b"attestation"),
        }),
        withheld: Vec::new(),
    }
}

fn redacted() -> Memo {
    Memo {
        audience: "public".to_owned(),
        rule: None,
        evidence: None,
        ledgers: None,
        signs: None,
        spent: None,
        capability: None,
        families: None,
        fit: None,
        ranges: None,
        containment: None,
        notes: Vec::new(),
        verified: vec![Verified { what: "outcomes", detail: None }],
        withheld: vec!["rule", "evidence"],
        ..memo()
    }
}

#[test]
fn a_page_is_whole_and_safe() {
    let html = page(&memo()).unwrap();
    assert_eq!(html.matches("<svg").count(), 3);
    for absent in ["<script", "src=", "href=\"http", "url(", "@import", "NaN", "inf"] {
        assert!(!html.contains(absent), "{absent}");
    }
    assert!(html.contains("&#60;the&#62;"), "text is escaped");
    for present in
        ["−0.38", "12 turns, 200000 tokens", "at most $3.00", "both ledgers", "patch-notes"]
    {
        assert!(html.to_lowercase().contains(&present.to_lowercase()), "{present}");
    }
    // each figure has its numbers in a table, and a reader on the keyboard can reach what scrolls
    assert_eq!(html.matches("<table").count(), 6);
    assert_eq!(html.matches("class=\"scroll\"").count(), html.matches("tabindex=\"0\"").count());
}

#[test]
fn what_is_withheld_is_in_no_form() {
    let memo = redacted();
    let json = serde_json::to_string(&memo).unwrap();
    for text in [page(&memo).unwrap(), typst(&memo), json] {
        for secret in ["0.377", "0.38", "40 outcomes", "90000", "0.91", "<svg", "weak-rsa"] {
            assert!(!text.contains(secret), "{secret}");
        }
        assert!(text.contains("ABOVE") && text.contains("200000"), "the claim keeps its budget");
    }
}

#[test]
fn typst_holds_the_data_in_one_string() {
    let source = typst(&memo());
    let first = source.lines().next().unwrap();
    assert!(first.starts_with("#let data = json(bytes(\"{") && first.ends_with("}\"))"), "{first}");
    let inner = first.trim_start_matches("#let data = json(bytes(\"").trim_end_matches("\"))");
    let json = inner.replace("\\\"", "\"").replace("\\\\", "\\");
    let data: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(data.pointer("/memo/run").and_then(|v| v.as_str()), Some("run-1"));
}
