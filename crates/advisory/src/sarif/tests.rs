//! Results resolved; contradictions refused with their path; the corpus of many tools.
use super::*;
use crate::shared;
use expect_test::expect;
use proptest::prelude::*;

const SMALL: &str = r#"{
  "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
  "runs": [{
    "tool": {"driver": {"name": "scan", "version": "1", "semanticVersion": "1.2.0", "rules": [
      {"id": "R1", "name": "overflow", "defaultConfiguration": {"level": "error"},
       "messageStrings": {"m": {"text": "'{0}' flows into {1}, {{x}"}},
       "relationships": [{"target": {"id": "787", "toolComponent": {"name": "CWE"}}}],
       "properties": {"tags": ["security", "external/cwe/cwe-121"]}}
    ]}},
    "artifacts": [{"location": {"uri": "src/a%20b.c", "uriBaseId": "ROOT"}}],
    "originalUriBaseIds": {"ROOT": {"uri": "file:///w/"}},
    "results": [
      {"ruleId": "R1/sub", "ruleIndex": 0, "message": {"id": "m", "arguments": ["n", "memcpy"]},
       "locations": [{"physicalLocation": {"artifactLocation": {"index": 0},
         "region": {"startLine": 3, "startColumn": 5}, "contextRegion": {"startLine": 1, "endLine": 9}}}],
       "partialFingerprints": {"h/v1": "00"}},
      {"ruleId": "R2", "kind": "pass", "level": "error", "message": {"text": "fine"},
       "suppressions": [{"kind": "external"}],
       "locations": [{"physicalLocation": {"artifactLocation": {"uri": "file:///src/x.c"}}}, {}]}
    ]
  }]
}"#;

#[test]
fn results_are_resolved() {
    let runs = read(SMALL.as_bytes()).unwrap();
    assert_eq!(runs[0].tool_version.as_deref(), Some("1.2.0"));
    expect![[r#"
        [
            RunResult {
                rule_id: Some(
                    "R1/sub",
                ),
                rule_name: Some(
                    "overflow",
                ),
                level: Error,
                kind: Fail,
                message: "'n' flows into memcpy, {x}",
                locations: [
                    Location {
                        uri: "src/a%20b.c",
                        base: Some(
                            "ROOT",
                        ),
                        region: Some(
                            Region {
                                start_line: 3,
                                start_column: Some(
                                    5,
                                ),
                                end_line: 3,
                                end_column: None,
                            },
                        ),
                    },
                ],
                cwe: [
                    "CWE-121",
                    "CWE-787",
                ],
                fingerprints: {
                    "h/v1": "00",
                },
                suppressed: false,
                path: "runs[0].results[0]",
            },
            RunResult {
                rule_id: Some(
                    "R2",
                ),
                rule_name: None,
                level: None,
                kind: Pass,
                message: "fine",
                locations: [
                    Location {
                        uri: "file:///src/x.c",
                        base: None,
                        region: None,
                    },
                ],
                cwe: [],
                fingerprints: {},
                suppressed: true,
                path: "runs[0].results[1]",
            },
        ]
    "#]]
    .assert_eq(&format!("{:#?}\n", runs[0].results));
    let paths: Vec<_> = runs[0].results.iter().map(|one| one.locations[0].path()).collect();
    assert_eq!(paths, [Some("src/a b.c".to_owned()), Some("/src/x.c".to_owned())]);
}

#[test]
fn contradictions_are_refused_with_their_path() {
    let changes = [
        ("\"version\": \"2.1.0\"", "\"version\": \"2.0.0\""),
        ("\"version\": \"2.1.0\",", ""),
        ("https://json", "json"),
        ("\"name\": \"scan\", ", ""),
        ("\"ruleIndex\": 0", "\"ruleIndex\": 1"),
        ("\"R1/sub\"", "\"R9\""),
        ("[\"n\", \"memcpy\"]", "[\"n\"]"),
        ("{\"text\": \"fine\"}", "{}"),
        ("{\"index\": 0}", "{\"index\": 7}"),
        ("file:///src/x.c", "C:/my src/x.c"),
        ("file:///src/x.c", "sarif:/runs/0/results/9"),
        ("file:///w/", "w/"),
        ("file:///w/", "file:///w/../"),
        ("\"startLine\": 3", "\"startLine\": 0"),
        ("\"startLine\": 3", "\"startLine\": 3, \"endLine\": 2"),
        ("\"region\"", "\"regional\""),
        ("\"kind\": \"pass\"", "\"kind\": \"perhaps\""),
        ("\"suppressions\"", "\"stacks\": [{}], \"suppressions\""),
    ];
    let mut messages = String::new();
    for (from, to) in changes {
        let text = SMALL.replacen(from, to, 1);
        assert_ne!(text, SMALL, "{from}");
        messages.push_str(&format!("{}\n", read(text.as_bytes()).unwrap_err()));
    }
    expect![[r#"
        SARIF log, at `version`: version `2.0.0` is not supported; let the tool write SARIF 2.1.0, or convert the log to it
        SARIF log, at `version`: there is no `version`; this is no SARIF log
        SARIF log, at `$schema`: `json.schemastore.org/sarif-2.1.0.json` is not an absolute URI; correct the value at its source
        SARIF log, line 9, column 6, at `runs[0].tool.driver`: missing field `name`; correct it, or fetch the file again if it was cut off
        SARIF log, at `runs[0].results[0].ruleIndex`: `1` is not an index within its list; correct the value at its source
        SARIF log, at `runs[0].results[0].ruleId`: `R9` is not the rule at `ruleIndex`; correct the value at its source
        SARIF log, at `runs[0].results[0].message.arguments`: there are fewer `arguments` than placeholders in the message string
        SARIF log, at `runs[0].results[1].message`: a message needs `text` or `id`
        SARIF log, at `runs[0].results[0].locations[0].physicalLocation.artifactLocation.index`: `7` is not an index within its list; correct the value at its source
        SARIF log, at `runs[0].results[1].locations[0].physicalLocation.artifactLocation.uri`: `C:/my src/x.c` is not a URI reference; escape with `%`, use `/`; correct the value at its source
        SARIF log, at `runs[0].results[1]`: `sarif:/runs/0/results/9` is not a place in this log; correct the value at its source
        SARIF log, at `runs[0].originalUriBaseIds.ROOT.uri`: a base without a base of its own must be absolute
        SARIF log, at `runs[0].originalUriBaseIds.ROOT.uri`: a base can't have `..` segments
        SARIF log, at `runs[0].results[0].locations[0].physicalLocation.region`: the region counts from below 1, or ends before it starts
        SARIF log, at `runs[0].results[0].locations[0].physicalLocation.region`: the region counts from below 1, or ends before it starts
        SARIF log, at `runs[0].results[0].locations[0].physicalLocation.contextRegion`: a `contextRegion` needs a `region`
        SARIF log, line 17, column 40, at `runs[0].results[1].kind`: unknown variant `perhaps`, expected one of `pass`, `open`, `informational`, `notApplicable`, `review`, `fail`; correct it, or fetch the file again if it was cut off
        SARIF log, line 18, column 20, at `runs[0].results[1].stacks[0]`: missing field `frames`; correct it, or fetch the file again if it was cut off
    "#]].assert_eq(&messages);
}

/// What a file's name and version demand; `None` where neither says.
fn must_read(name: &str, version: &str) -> Option<bool> {
    if version != "2.1.0" || name.starts_with("JSON") {
        return Some(false);
    }
    let rule = name.strip_prefix("SARIF1").filter(|_| name.contains("_Invalid"));
    match rule {
        // naming style, and a schema reference that changes no result
        Some(rule) if rule.starts_with("001") || rule.starts_with("011") => None,
        Some(_) => Some(false),
        None => Some(true),
    }
}

#[test]
fn the_corpus() {
    let Some(folder) = shared::folder("sarif") else { return };
    let mut counts = [0, 0];
    let mut disagreements = Vec::new();
    for file in shared::files(&folder) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        if !name.contains(".sarif") {
            continue;
        }
        let bytes = shared::bytes(&file);
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        let log: serde_json::Value = serde_json::from_slice(bytes).unwrap();
        let Some(expected) = must_read(&name, log["version"].as_str().unwrap()) else { continue };
        let read = read(bytes);
        let got = read.as_ref().map(Vec::len).map_err(ToString::to_string);
        if read.is_ok() != expected {
            disagreements.push(format!("{}: {got:?}", file.display()));
        }
        counts[usize::from(expected)] += 1;
    }
    assert!(disagreements.is_empty(), "{}", disagreements.join("\n"));
    assert!(counts[0] > 10 && counts[1] > 100, "{counts:?}");
}

#[test]
fn two_tools_agree_once_paths_are_relative() {
    let Some(folder) = shared::folder("sarif") else { return };
    let places = |file: &str| -> std::collections::BTreeSet<(String, u64)> {
        let runs = read(&shared::bytes(&folder.join(file))).unwrap();
        let results = runs.into_iter().flat_map(|run| run.results);
        results
            .flat_map(|one| one.locations)
            .map(|one| {
                let path = one.path().unwrap();
                let path = path.strip_prefix("/src/").unwrap_or(&path).to_owned();
                (path, one.region.unwrap().start_line)
            })
            .collect()
    };
    let (bandit, ruff) = (places("generated-bandit.sarif.zst"), places("generated-ruff.sarif.zst"));
    let shared = ruff.intersection(&bandit).count();
    assert!(ruff.len() > 100 && shared + 10 >= ruff.len(), "{shared} of {}", ruff.len());
}

#[test]
fn corpus() {
    shared::replay("advisory_sarif", |bytes| drop(read(bytes)));
}

proptest! {
    #[test]
    fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200), cut in 0..SMALL.len(), with: u8) {
        let _ = read(&bytes);
        let mut near = SMALL.as_bytes().to_vec();
        near[cut] = with;
        let _ = read(&near);
    }
}
