//! Documents against the mandatory tests of CSAF 2.0 §6.1 that can fail for what we write.
use super::*;
use crate::advisory::tests::example;
use std::collections::BTreeSet;

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Every product id that the tree defines, by walking the branches.
fn defined(branches: &Value, found: &mut Vec<String>) {
    for branch in branches.as_array().into_iter().flatten() {
        if let Some(id) = branch["product"]["product_id"].as_str() {
            found.push(id.to_owned());
        }
        assert_eq!(branch.as_object().unwrap().len(), 3, "a branch has exactly three fields");
        defined(&branch["branches"], found);
    }
}

fn ids(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(|id| id.as_str().unwrap().to_owned()).collect()
}

/// §6.1.1-6, 6.1.14-19, 6.1.22, 6.1.24, 6.1.27 and 6.1.30, as far as they concern one flaw.
fn check(document: &Value) {
    let mut products = Vec::new();
    defined(&document["product_tree"]["branches"], &mut products);
    let distinct: BTreeSet<_> = products.iter().cloned().collect();
    assert_eq!(distinct.len(), products.len(), "6.1.2: ids are defined once");
    let flaw = &document["vulnerabilities"][0];
    let mut stated = BTreeSet::new();
    for (_, state) in flaw["product_status"].as_object().unwrap() {
        for id in ids(state) {
            assert!(distinct.contains(&id), "6.1.1: {id} is defined");
            assert!(stated.insert(id.clone()), "6.1.6: {id} has one state");
        }
    }
    assert_eq!(stated, distinct, "every product has a state");
    for item in ["remediations", "scores", "flags"] {
        for one in flaw[item].as_array().into_iter().flatten() {
            let list = if item == "scores" { &one["products"] } else { &one["product_ids"] };
            assert!(!ids(list).is_empty(), "{item} names products");
            assert!(ids(list).iter().all(|id| distinct.contains(id)), "6.1.1 in {item}");
        }
    }
    assert!(!flaw["notes"].as_array().unwrap().is_empty(), "6.1.27.5");
    assert!(flaw["cve"].is_string() || flaw["ids"].is_array(), "6.1.27.8");
    let tracking = &document["document"]["tracking"];
    let history = tracking["revision_history"].as_array().unwrap();
    assert_eq!(history.last().unwrap()["number"], tracking["version"], "6.1.16");
    assert_eq!(history.last().unwrap()["date"], tracking["current_release_date"]);
    assert_eq!(history[0]["date"], tracking["initial_release_date"]);
    for (i, revision) in history.iter().enumerate() {
        assert_eq!(revision["number"], (i + 1).to_string(), "6.1.14, 6.1.21, 6.1.22");
    }
}

#[test]
fn a_security_advisory() {
    let document = parsed(&write(&example()).unwrap());
    check(&document);
    assert_eq!(document["document"]["category"], "csaf_security_advisory");
    let flaw = &document["vulnerabilities"][0];
    assert_eq!(flaw["cve"], "CVE-2026-0001");
    assert_eq!(flaw["scores"][0]["cvss_v3"]["baseScore"], json!(8.8), "6.1.9");
    assert_eq!(flaw["scores"][0]["cvss_v3"]["baseSeverity"], "HIGH", "6.1.9");
    assert_eq!(ids(&flaw["product_status"]["known_affected"]).len(), 3);
    assert_eq!(ids(&flaw["product_status"]["fixed"]).len(), 1);
    assert_eq!(flaw["remediations"][0]["details"], "Update libx to 1.2.3 or later.");
    let tree = &document["product_tree"]["branches"][0]["branches"][0]["branches"];
    assert_eq!(tree[1]["product"]["product_identification_helper"]["purl"], "pkg:cargo/libx@1.2.3");
}

#[test]
fn two_ranges_with_one_fix() {
    let mut advisory = example();
    advisory.affected.truncate(1);
    advisory.affected[0].ranges[1].end = RangeEnd::Fixed("1.2.3".to_owned());
    advisory.affected[0].ranges[1].introduced = Some("1.0.0".to_owned());
    check(&parsed(&write(&advisory).unwrap()));
}

#[test]
fn a_cvss_4_vector_becomes_a_note() {
    let mut advisory = example();
    advisory.severity = Some("CVSS:4.0/AV:N/AC:L".to_owned());
    let document = parsed(&write(&advisory).unwrap());
    check(&document);
    assert!(document["vulnerabilities"][0]["scores"].is_null());
    assert_eq!(document["vulnerabilities"][0]["notes"][1]["text"], "CVSS:4.0/AV:N/AC:L");
    advisory.severity = Some("CVSS:3.1/AV:N".to_owned());
    assert!(matches!(write(&advisory), Err(AdvisoryError::Value { field: "severity", .. })));
}

#[test]
fn vex() {
    let say = |version: &str, status| Statement { package: 0, version: version.to_owned(), status };
    let justification = Justification::VulnerableCodeNotInExecutePath;
    let statements = [
        say("1.0.0", Status::Affected { action: "Turn it off.".to_owned() }),
        say("1.1.0", Status::NotAffected { justification }),
        say("1.2.3", Status::Fixed),
        say("1.1.1", Status::UnderInvestigation),
    ];
    let document = parsed(&write_vex(&example(), &statements).unwrap());
    check(&document);
    let flaw = &document["vulnerabilities"][0];
    assert_eq!(flaw["flags"][0]["label"], "vulnerable_code_not_in_execute_path", "6.1.27.9");
    assert_eq!(flaw["remediations"][0]["details"], "Turn it off.", "6.1.27.10");
    let refused =
        |statements: &[Statement]| write_vex(&example(), statements).unwrap_err().to_string();
    assert_eq!(refused(&[]), "the advisory's `statements` is empty; fill it in");
    let twice = [say("1.0.0", Status::Fixed), say("1.0.0", Status::UnderInvestigation)];
    assert!(refused(&twice).contains("named once only"));
    assert!(refused(&[say("soon", Status::Fixed)]).contains("a version of its ecosystem"));
    assert!(
        refused(&[Statement { package: 9, ..say("1.0.0", Status::Fixed) }]).contains("position")
    );
}

#[test]
fn file_names() {
    assert_eq!(file_name("VST-2026-0001"), "vst-2026-0001.json");
    assert_eq!(file_name("Example: Company +1/2"), "example_company_+1_2.json");
}
