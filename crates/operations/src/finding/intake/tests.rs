//! Our JSON and SARIF become reports; what can't be stated is named.

use super::*;
use domain::{Party, Role};
use expect_test::expect;
use proptest::prelude::{any, proptest};

fn party() -> Party {
    let name = "Finder".parse().unwrap();
    Party { id: "finder".parse().unwrap(), name, roles: vec![Role::Reporter] }
}

fn read_text(text: &str, intake: Intake) -> Result<Vec<FindingReport>, FindingError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.json");
    std::fs::write(&path, text).unwrap();
    read(&Intake { path, ..intake }, &party(), "2026-11-20".parse().unwrap())
}

#[track_caller]
fn refused(text: &str, intake: Intake, words: &str) {
    let error = read_text(text, intake).unwrap_err();
    let said = crate::plain(&error);
    assert!(said.contains(words), "{said}");
}

const OWN: &str = r#"{
  "schema": "vestibule-finding/1", "title": "A title", "description": "Words.",
  "target": { "name": "card-reader" }, "cwe": ["CWE-787"],
  "discovery": { "tool": "fuzz 2", "ai_use": "autonomous", "model": "Larch 1 (Preview)" },
  "credit": "A. Finder", "discovered_at": "2026-11-18T00:00:00Z", "aware_at": "2026-11-19T00:00:00Z",
  "proof": { "file": "p.bin", "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" },
  "fixed_commit": "0123abc", "embargo_days": 30
}"#;

const SARIF: &str = r#"{
  "version": "2.1.0",
  "runs": [{
    "tool": { "driver": { "name": "Checker", "version": "3.1", "rules": [
      { "id": "oob", "properties": { "tags": ["external/cwe/cwe-787"] } }] } },
    "results": [
      { "ruleId": "oob", "ruleIndex": 0, "message": { "text": "copy past \u001b[31mthe end\nof the buffer" },
        "locations": [{ "physicalLocation": {
          "artifactLocation": { "uri": "src/a.c" }, "region": { "startLine": 12 } } }] },
      { "ruleId": "ok", "kind": "pass", "level": "none", "message": { "text": "fine" } }
    ]
  }]
}"#;

#[test]
fn our_own_format() {
    let report = read_text(OWN, Intake::default()).unwrap().remove(0);
    assert_eq!(report.affected[0].as_str(), "*", "what nobody named counts as affected");
    assert_eq!(report.cwe, [787]);
    assert_eq!(report.provenance.model.unwrap().as_str(), "larch-1--preview-");
    assert_eq!(report.fix, Some(commit("0123abc")));
    assert_eq!(report.embargo, EmbargoTerms::Until("2026-12-20".parse().unwrap()));
    assert_eq!(report.content, Digest::of(OWN.as_bytes()));
    let again = read_text(OWN, Intake::default()).unwrap().remove(0);
    assert_eq!(report.finding, again.finding, "one party, one report, one id");
    let public = OWN.replace("\"embargo_days\": 30", "\"embargo_days\": 0");
    let report = read_text(&public, Intake::default()).unwrap().remove(0);
    assert_eq!(report.embargo, EmbargoTerms::Public);
}

#[test]
fn attachments_must_be_those_that_the_report_names() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.bin");
    let intake = || Intake { proof: Some(path.clone()), ..Intake::default() };
    std::fs::write(&path, "test").unwrap();
    let report = read_text(OWN, intake()).unwrap().remove(0);
    assert_eq!(report.proof, Some(Digest::of(b"test")));
    std::fs::write(&path, "another").unwrap();
    refused(OWN, intake(), "its SHA-256 is not the one that the report names");
    let intake = Intake { control: Some(path.clone()), ..Intake::default() };
    let report = read_text(OWN, intake).unwrap().remove(0);
    assert_eq!(report.evidence, [Digest::of(b"another")]);
}

#[test]
fn results_of_a_log_are_chosen() {
    let target = || Some("pkg:cargo/a".parse().unwrap());
    let error = read_text(SARIF, Intake::default()).unwrap_err().to_string();
    let (_, said) = error.split_once(": ").unwrap();
    expect![[r#"
        choose results with --sarif N; 2 results in it
             1  oob: copy past  [31mthe end
             2  ok: fine"#]]
    .assert_eq(said);
    let chosen =
        |n: &[usize]| Intake { results: n.to_vec(), target: target(), ..Intake::default() };
    let report = read_text(SARIF, chosen(&[1])).unwrap().remove(0);
    assert_eq!(report.title.as_str(), "oob: copy past  [31mthe end");
    expect![[r#"
        copy past [31mthe end
        of the buffer
        at src/a.c:12"#]]
    .assert_eq(report.description.as_str());
    assert_eq!((report.cwe.as_slice(), report.credit.as_str()), (&[787][..], "Finder"));
    assert_eq!(report.provenance.tool.as_str(), "Checker 3.1");
    refused(SARIF, chosen(&[2]), "result 2 says that there is no problem");
    refused(SARIF, chosen(&[3]), "choose results");
    refused(SARIF, chosen(&[0]), "choose results");
    refused(SARIF, Intake { target: None, ..chosen(&[1]) }, "name one");
    let named = Intake { finding: Some("f-1".parse().unwrap()), ..chosen(&[1, 1]) };
    refused(SARIF, named, "choose one result at a time");
}

#[test]
fn two_results_of_one_log_are_not_one_report() {
    let second = r#"{ "ruleId": "oob", "ruleIndex": 0, "message": { "text": "elsewhere" } }"#;
    let text = SARIF.replace(
        r#"{ "ruleId": "ok", "kind": "pass", "level": "none", "message": { "text": "fine" } }"#,
        second,
    );
    let intake =
        Intake { results: vec![1, 2], target: Some("a".parse().unwrap()), ..Intake::default() };
    let reports = read_text(&text, intake).unwrap();
    assert_ne!(reports[0].content, reports[1].content);
    assert_ne!(reports[0].finding, reports[1].finding);
}

#[test]
fn bad_files_are_named() {
    refused("{", Intake::default(), "report.json");
    refused("{}", Intake::default(), "schema");
    refused(&OWN.replace("Words.", "a\\u202eb"), Intake::default(), "description");
    refused(r#"{"runs": 1, "version": "2.1.0"}"#, Intake::default(), "report.json");
}

proptest! {
    #[test]
    fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _read = read_text(&String::from_utf8_lossy(&bytes), Intake::default());
    }

    #[test]
    fn cleaned_texts_can_be_stated(text in any::<String>()) {
        assert!(clean(&text, 8_000).parse::<Text>().is_ok());
        let line = clean(&text, 200);
        assert!(line.trim().is_empty() || line.parse::<Line>().is_ok());
    }
}
