//! Assessments and findings of a case: to whom they went, when they may be public, and that a dossier has them. And what a
//! developer is told who withdraws what is not there. With the real program.
#![expect(clippy::unwrap_used, reason = "a test")]

#[path = "kit/scene.rs"]
mod scene;

use scene::{good, granted, house, run, vestibule, world};
use serde_json::{Value, json};
use std::path::Path;

const FINDING: &str = r#"{"schema": "vestibule-finding/1", "title": "TITLE", "description": "a length is not compared",
"target": {"name": "openlib"}, "discovery": {"tool": "model-1", "ai_use": "assisted"}, "credit": "institute",
"discovered_at": "2026-11-01T02:30:00Z", "aware_at": "2026-11-01T02:31:00Z"}"#;

fn said(at: &Path, party: &str, verb: &str) -> Value {
    serde_json::from_str(&good(at, &format!("--home {party} --json {verb}"))).unwrap()
}

/// What a refused command says.
fn refused(at: &Path, party: &str, verb: &str) -> String {
    let done = run(at, &format!("--home {party} {verb}"));
    let said = String::from_utf8(done.stderr).unwrap();
    assert!(!done.status.success(), "{verb}: {said}");
    said
}

#[test]
fn an_assessment_is_published_as_the_terms_say() {
    let (folder, _node) = house("publication = \"both-sides\"", &[("clinic", "partner")]);
    let at = folder.path();
    granted(at);
    std::fs::write(at.join("report.txt"), "results\n").unwrap();
    let publish =
        "review publish --case case-1 --report report.txt --place https://reports.example/1";
    assert!(refused(at, "institute", publish).contains("(terms: publication)"));
    assert!(refused(at, "lab", publish).contains("(terms: publication)"), "the developer as well");
    let marked = format!("{publish} --agreed --handling TLP:AMBER");
    assert!(refused(at, "institute", &marked).contains("not for the public"));
    let offered = said(at, "institute", &format!("{publish} --agreed"));
    assert_eq!(offered["missing"], json!(["lab", "office"]), "{offered}");
    let id = offered["id"].as_str().unwrap();
    let shown = said(at, "lab", &format!("draft show {id}"));
    let place = shown["says"].as_array().unwrap().iter().find(|f| f["name"] == "place").unwrap();
    assert_eq!(place["value"], "\"https://reports.example/1\"");
    good(at, &format!("--home lab draft sign {id}"));
    let early = run(at, &format!("--home institute draft issue {id}"));
    assert_eq!(early.status.code(), Some(1), "the office has not signed");
    good(at, &format!("--home office draft sign {id}"));
    good(at, &format!("--home institute draft issue {id}"));
    let case = said(at, "lab", "review show --case case-1 --html case.html");
    assert_eq!(case["publications"][0]["agreed_by"], json!(["lab", "office"]));
    let page = std::fs::read_to_string(at.join("case.html")).unwrap();
    for words in ["https://reports.example/1", "both-sides", "usable", "What nears"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("<script"), "{page}");
}

#[test]
fn a_dossier_has_the_findings_of_its_case() {
    let (folder, _node) = house("", &[("watch", "clearinghouse")]);
    let at = folder.path();
    granted(at);
    for (file, title) in [("one", "by a grant"), ("two", "handed over"), ("three", "of others")] {
        std::fs::write(at.join(format!("{file}.json")), FINDING.replace("TITLE", title)).unwrap();
    }
    let report = |file: &str, more: &str| {
        good(at, &format!("--home institute finding report {file}.json --finding {file} {more}"));
    };
    report("one", "--grant grant-1");
    report("two", "");
    report("three", "");
    good(at, "--home watch finding receive --finding one");
    good(at, "--home institute review share --case case-1 --to lab --report two.json");
    let made = said(at, "institute", "review dossier --case case-1 --out dossier");
    assert_eq!(made["left_out"], 0, "{made}");
    let manifest = std::fs::read_to_string(at.join("dossier/manifest.json")).unwrap();
    let manifest: Value = serde_json::from_str(&manifest).unwrap();
    let kinds = manifest["statements"].as_array().unwrap().iter().map(|s| s["kind"].as_str());
    let of = |kind: &str| kinds.clone().filter(|k| *k == Some(kind)).count();
    assert_eq!((of("finding-reported"), of("finding-received")), (2, 1));
    let page = std::fs::read_to_string(at.join("dossier/index.html")).unwrap();
    assert!(page.contains("by a grant") && page.contains("handed over"));
    assert!(!page.contains("of others"));
    let mut check = vestibule(at, "--json review check-dossier dossier --trust trust.toml");
    let checked = check.env_remove("VESTIBULE_NODE").output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
    // the lab can't read them, and its dossier says so
    assert_eq!(said(at, "lab", "review dossier --case case-1 --out other")["left_out"], 4);
}

#[test]
fn a_withdrawal_of_what_is_not_there_says_so() {
    let (folder, _node) = world("");
    let at = folder.path();
    for (what, told) in [
        ("--case case-1 --model model-9", "has no model `model-9`"),
        ("--case case-1 --window window-9", "has no window `window-9`"),
        ("--case case-9", "no case `case-9` is known here"),
        ("--case case-1 --model model-1", ""),
    ] {
        let done = run(at, &format!("--home lab review withdraw {what}"));
        let said = String::from_utf8(done.stderr).unwrap();
        assert!(done.status.success(), "never refused: {said}");
        assert_eq!(said.contains("nothing has ended by this"), !told.is_empty(), "{said}");
        assert!(said.contains(told), "{said}");
    }
}
