//! What product trees say, of made-up and of published documents.
use super::*;
use crate::shared::{self, AFFECTED, NOT, UNKNOWN, told};

const HEAD: &str = r#""document": {"title": "T", "tracking": {"id": "X-2026:1", "current_release_date": "2026-11-01T00:00:00Z"}}"#;

fn document(branches: &str, status: &str) -> Vec<osv::Record> {
    let text = format!(
        r#"{{{HEAD}, "product_tree": {{"branches": [{branches}]}},
            "vulnerabilities": [{{"cve": "CVE-2026-1", "product_status": {{{status}}}}}]}}"#
    );
    read(text.as_bytes()).unwrap()
}

fn product(id: &str, purl: &str) -> String {
    format!(
        r#"{{"category": "product_version", "name": "v", "product": {{"name": "n", "product_id": "{id}",
            "product_identification_helper": {{"purl": "{purl}"}}}}}}"#
    )
}

fn ranged(id: &str, range: &str, purl: &str) -> String {
    product(id, purl).replacen(
        "product_version\", \"name\": \"v\"",
        &format!("product_version_range\", \"name\": \"{range}\""),
        1,
    )
}

#[track_caller]
fn check(records: &[osv::Record], expected: &[(&str, Option<bool>)]) {
    let [record] = records else { panic!("{records:?}") };
    assert_eq!(
        (record.id.as_str(), &record.aliases[..]),
        ("X-2026:1", &["CVE-2026-1".to_owned()][..])
    );
    let [affected] = &record.affected[..] else { panic!("{record:?}") };
    let set = affected.version_set().unwrap();
    for (version, contained) in expected {
        assert_eq!(told(&set.contains(version)), *contained, "{version}");
    }
}

#[test]
fn a_fix_ends_what_came_before() {
    let tree = [product("A", "pkg:pypi/a@1.4"), product("B", "pkg:pypi/a@1.5")].join(",");
    let records = document(&tree, r#""fixed": ["A", "B"]"#);
    // which of the two a system follows is not known
    check(&records, &[("1.0", AFFECTED), ("1.4", AFFECTED), ("1.5", NOT)]);
}

#[test]
fn affected_products() {
    let one = document(&product("A", "pkg:pypi/a@1.4"), r#""known_affected": ["A"]"#);
    check(&one, &[("1.4", AFFECTED), ("1.3", NOT)]);
    let any = document(&product("A", "pkg:pypi/a"), r#""known_affected": ["A"]"#);
    check(&any, &[("1.4", AFFECTED)]);
    let vers = ranged("A", "vers:pypi/>=1.0|<1.4", "pkg:pypi/a");
    let vers = document(&vers, r#""known_affected": ["A"]"#);
    check(&vers, &[("0.9", NOT), ("1.0", AFFECTED), ("1.4", NOT)]);
    let words = document(&ranged("A", "<1.4", "pkg:pypi/a"), r#""known_affected": ["A"]"#);
    check(&words, &[("0.9", AFFECTED), ("1.4", NOT)]);
    let vague = document(&ranged("A", "before 1.4", "pkg:pypi/a"), r#""known_affected": ["A"]"#);
    check(&vague, &[("0.9", UNKNOWN), ("9", UNKNOWN)]);
}

#[test]
fn what_is_not_affected_is_no_record_of_a_package() {
    let records = document(&product("A", "pkg:pypi/a@1.4"), r#""known_not_affected": ["A"]"#);
    assert!(records[0].affected.is_empty(), "{records:?}");
}

/// el8 and el9 are different places: the platform says which.
#[test]
fn a_package_belongs_to_its_platform() {
    let Some(folder) = shared::folder("csaf-real") else { return };
    let bytes = shared::bytes(&folder.join("test-data/csaf/rhsa-2023_5835.json.zst"));
    let records = read(&bytes).unwrap();
    assert_eq!(records.len(), 2);
    assert_eq!(records[1].id, "RHSA-2023:5835-2");
    let package = |at: usize| records[at].affected[0].package.clone().unwrap();
    assert_eq!(
        (package(0).ecosystem, package(0).name),
        ("Red Hat:7".into(), "rhc-worker-script".into())
    );
    let set = records[0].affected[0].version_set().unwrap();
    assert_eq!(told(&set.contains("0.4-1.el7_9")), AFFECTED);
    assert_eq!(told(&set.contains("0.5-1.el7_9")), NOT);
}

#[test]
fn published_documents_read() {
    let Some(folder) = shared::folder("csaf-real") else { return };
    let (mut documents, mut packages) = (0, 0);
    for path in shared::files(&folder) {
        if path.to_string_lossy().contains(".json") {
            let records = read(&shared::bytes(&path)).unwrap();
            documents += 1;
            packages += records.iter().map(|record| record.affected.len()).sum::<usize>();
        }
    }
    assert!(documents > 15 && packages > 100, "{documents} documents, {packages} packages");
}

#[test]
fn replays_the_corpus() {
    shared::replay("advisory_csaf", |bytes| drop(read(bytes)));
}
