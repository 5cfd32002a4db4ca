//! Statuses as CVE records write them; real records.
use super::*;
use crate::cve::read;
use crate::json;
use crate::shared::{self, AFFECTED, NOT, UNKNOWN, told};

fn record(product: &str) -> Option<osv::Record> {
    let text = format!(
        r#"{{"cveMetadata": {{"cveId": "CVE-2026-0001", "state": "PUBLISHED"}},
            "containers": {{"cna": {{"affected": [{product}]}}}}}}"#
    );
    read(text.as_bytes()).unwrap()
}

#[track_caller]
fn check(versions: &str, expected: &[(&str, Option<bool>)]) {
    let product = format!(r#"{{"packageURL": "pkg:pypi/a", {versions}}}"#);
    let record = record(&product).unwrap();
    let set = record.affected[0].version_set().unwrap();
    for (version, contained) in expected {
        assert_eq!(told(&set.contains(version)), *contained, "{version} of {versions}");
    }
}

#[test]
fn statuses() {
    let range = r#""versions": [{"version": "1.0", "status": "affected", "lessThan": "1.4"}]"#;
    check(range, &[("0.9", NOT), ("1.0", AFFECTED), ("1.3.9", AFFECTED), ("1.4", NOT)]);
    let last = r#""versions": [{"version": "unspecified", "status": "affected", "lessThanOrEqual": "1.4"}]"#;
    check(last, &[("0.1", AFFECTED), ("1.4", AFFECTED), ("1.4.1", NOT)]);
    let one = r#""versions": [{"version": "1.2", "status": "affected"}]"#;
    check(one, &[("1.2", AFFECTED), ("1.2.1", NOT)]);
    let open = r#""versions": [{"version": "2", "status": "affected", "lessThan": "*"}]"#;
    check(open, &[("1.9", NOT), ("7", AFFECTED)]);
    let changes = r#""versions": [{"version": "1", "status": "affected", "lessThan": "3",
        "changes": [{"at": "1.5", "status": "unaffected"}, {"at": "2", "status": "affected"}]}]"#;
    check(changes, &[("1.4", AFFECTED), ("1.6", NOT), ("2.1", AFFECTED), ("3", NOT)]);
    let but = r#""defaultStatus": "affected", "versions": [
        {"version": "1.5", "status": "unaffected", "lessThan": "2"},
        {"version": "3.1", "status": "unaffected", "lessThan": "*"}]"#;
    check(but, &[("1.4", AFFECTED), ("1.7", NOT), ("2.5", AFFECTED), ("4", NOT)]);
    let vague =
        r#""defaultStatus": "affected", "versions": [{"version": "2.2", "status": "unaffected"}]"#;
    check(vague, &[("1", UNKNOWN), ("2.2", UNKNOWN)]);
}

#[test]
fn only_known_packages() {
    let versions = r#""versions": [{"version": "1", "status": "affected"}]"#;
    let named = |product: &str| {
        let record = record(&format!("{{{product}, {versions}}}"))?;
        let package = record.affected[0].package.clone().unwrap();
        Some(format!("{}/{}", package.ecosystem, package.name))
    };
    let maven =
        r#""collectionURL": "https://repo.maven.apache.org/maven2", "packageName": "org.a:b""#;
    assert_eq!(named(maven).as_deref(), Some("Maven/org.a:b"));
    assert_eq!(named(r#""vendor": "A", "product": "B""#), None);
    let other = r#""collectionURL": "https://example.org", "packageName": "b""#;
    assert_eq!(named(other), None);
}

#[test]
fn published_records_read() {
    let Some(folder) = shared::folder("vulnrichment") else { return };
    let bytes = shared::bytes(&folder.join("kev_cve_records.jsonl.zst"));
    let read: Vec<_> = json::lines(&bytes).map(|(_, line)| read(line).unwrap()).collect();
    assert!(read.len() > 150);
    for record in read.iter().flatten() {
        assert!(record.affected.iter().all(|one| one.version_set().is_ok()), "{}", record.id);
    }
}

#[test]
fn replays_the_corpus() {
    shared::replay("advisory_cve", |bytes| drop(read(bytes)));
}
