//! Records read, refused with their place, written back, and asked for versions.
use super::*;
use crate::shared;
use expect_test::expect;
use proptest::prelude::*;
use versions::Containment;

const SMALL: &str = r#"{
  "schema_version": "1.7.0", "id": "VST-2026-0001", "modified": "2026-06-02T00:00:00Z",
  "aliases": null, "unheard_of": {"x": 1}, "database_specific": {"license": "CC0-1.0"},
  "affected": [{
    "package": {"ecosystem": "PyPI", "name": "Friendly_Bard"},
    "ranges": [
      {"type": "GIT", "repo": "https://example.org/r", "events": [{"introduced": "0"}]},
      {"type": "ECOSYSTEM", "events": [{"fixed": "1.2"}, {"introduced": "1.0"}]}
    ],
    "versions": ["0.1"],
    "database_specific": {"informational": "unmaintained", "categories": []}
  }]
}"#;

#[test]
fn reads_what_a_record_says_of_versions() {
    let record = read(SMALL.as_bytes()).unwrap();
    let affected = &record.affected[0];
    let key = affected.package_key().unwrap();
    assert_eq!(key, (Ecosystem::PyPi, "friendly-bard".to_owned()));
    assert_eq!(affected.database_specific.informational.as_deref(), Some("unmaintained"));
    let set = affected.version_set().unwrap();
    for (version, expected) in [("0.1", true), ("0.2", false), ("1.1", true), ("1.2", false)] {
        assert_eq!(set.contains(version) == Containment::Affected, expected, "{version}");
    }
}

#[test]
fn an_unknown_order_is_a_doubt() {
    let text = SMALL.replace("\"PyPI\"", "\"Android\"");
    let record = read(text.as_bytes()).unwrap();
    let doubt = record.affected[0].version_set().unwrap_err();
    assert_eq!(doubt, Doubt::Ecosystem("Android".to_owned()));
    assert_eq!(Affected::default().version_set().unwrap_err(), Doubt::OnlyCommits);
}

#[test]
fn refusals_name_the_place() {
    let check = |from: &str, to: &str, expected: expect_test::Expect| {
        let text = SMALL.replace(from, to);
        assert_ne!(text, SMALL);
        expected.assert_eq(&read(text.as_bytes()).unwrap_err().to_string());
    };
    check(
        "\"ECOSYSTEM\"",
        "\"LUNAR\"",
        expect![
            "OSV record, line 8, column 22, at `affected[0].ranges[1].type`: unknown variant `LUNAR`, expected one of `SEMVER`, `ECOSYSTEM`, `GIT`; correct it, or fetch the file again if it was cut off"
        ],
    );
    check(
        "{\"introduced\": \"1.0\"}",
        "{\"fixed\": \"1.1\"}",
        expect![
            "OSV record, at `affected[0].ranges[1].events`: no event is `introduced`; the schema requires one"
        ],
    );
    check(
        "{\"fixed\": \"1.2\"}",
        "{\"fixed\": \"1.2\", \"limit\": \"2\"}",
        expect![
            "OSV record, line 8, column 71, at `affected[0].ranges[1].events[0]`: an event is exactly one of `introduced`, `fixed`, `last_affected`, `limit`; correct it, or fetch the file again if it was cut off"
        ],
    );
    check(
        "2026-06-02T00",
        "2026-06-31T00",
        expect![
            "OSV record, at `modified`: `2026-06-31T00:00:00Z` is not an RFC 3339 instant ending in `Z`; correct the value at its source"
        ],
    );
    check(
        "\"id\"",
        "\"ID\"",
        expect![
            "OSV record, line 13, column 1: missing field `id`; correct it, or fetch the file again if it was cut off"
        ],
    );
    check(
        "}]\n}",
        "}]",
        expect![
            "OSV record, line 12, column 4: EOF while parsing an object; correct it, or fetch the file again if it was cut off"
        ],
    );
    check(
        "\"repo\"",
        "\"repository\"",
        expect!["OSV record, at `affected[0].ranges[0].repo`: a range of commits needs its `repo`"],
    );
    let large = vec![b' '; MAX_RECORD_BYTES + 1];
    expect!["OSV record: it has 16777217 bytes and 16777216 is the bound; split it or check where it came from"].assert_eq(&read(&large).unwrap_err().to_string());
}

#[test]
fn lines_are_numbered_and_independent() {
    let one = serde_json::to_string(&read(SMALL.as_bytes()).unwrap()).unwrap();
    let text = format!("{one}\n\n{{\"id\": 7}}\n{one}\n");
    let read: Vec<_> = read_lines(text.as_bytes()).collect();
    assert_eq!(read.len(), 3);
    assert!(read[0].is_ok() && read[2].is_ok());
    expect!["OSV record, line 3, column 8, at `id`: invalid type: integer `7`, expected a string; correct it, or fetch the file again if it was cut off"].assert_eq(&read[1].as_ref().unwrap_err().to_string());
}

#[test]
fn writing_and_reading_is_the_identity() {
    let mut record = read(SMALL.as_bytes()).unwrap();
    for affected in &mut record.affected {
        affected.database_specific = DatabaseSpecific::default();
    }
    assert_eq!(read(write(&record).as_bytes()), Ok(record));
}

/// Every record of `file` reads; `doubts` of its packages have a version that does not parse.
fn check_database(file: &str, at_least: usize) {
    let Some(folder) = shared::folder("osv") else { return };
    let bytes = shared::bytes(&folder.join(file));
    let mut records = 0;
    for record in read_lines(&bytes) {
        let record = record.unwrap_or_else(|error| panic!("{file}: {error}"));
        for affected in &record.affected {
            affected.version_set().unwrap_or_else(|doubt| panic!("{}: {doubt}", record.id));
        }
        records += 1;
    }
    assert!(records >= at_least, "{file} has {records} records");
}

#[test]
fn published_databases_read() {
    check_database("rustsec.osv.jsonl.zst", 900);
    check_database("pypa.osv.jsonl.zst", 2_000);
    check_database("go.osv.jsonl.zst", 3_000);
}

#[test]
fn the_linter_cases() {
    let Some(folder) = shared::folder("osv-schema/linter-testdata") else { return };
    for file in shared::files(&folder) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let read = read(&shared::bytes(&file));
        assert_eq!(read.is_err(), name.starts_with("nointroduced-"), "{name}: {read:?}");
    }
}

#[test]
fn corpus() {
    shared::replay("advisory_osv", |bytes| drop(read(bytes)));
}

proptest! {
    #[test]
    fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200), cut in 0..SMALL.len(), with: u8) {
        let _ = read(&bytes);
        let mut near = SMALL.as_bytes().to_vec();
        near[cut] = with;
        if let Ok(record) = read(&near) {
            for affected in &record.affected {
                let _ = affected.version_set().map(|set| set.contains("1.0"));
            }
        }
    }
}
