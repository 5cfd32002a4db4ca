//! One statement in three formats; what is refused.
use super::*;
use crate::shared::replay;

fn one(text: &str) -> Statement {
    let mut all = read(text.as_bytes()).unwrap();
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

fn expected(reason: &str) -> Statement {
    Statement {
        ids: vec!["CVE-2026-1".to_owned(), "GHSA-a".to_owned()],
        products: vec!["pkg:cargo/a@1.0.0".parse().unwrap()],
        status: Status::NotAffected,
        reason: Some(reason.to_owned()),
    }
}

#[test]
fn openvex() {
    let text = r#"{"@context":"https://openvex.dev/ns/v0.2.0","@id":"urn:x","author":"a","timestamp":"2026-01-01T00:00:00Z","version":1,
        "statements":[{"vulnerability":{"name":"CVE-2026-1","aliases":["GHSA-a"]},"products":[{"@id":"pkg:oci/image","subcomponents":[{"@id":"pkg:cargo/a@1.0.0"}]}],
        "status":"not_affected","justification":"vulnerable_code_not_present","impact_statement":"It is not built."}]}"#;
    assert_eq!(one(text), expected("vulnerable code not present: It is not built."));
    let wrong = read(text.replace("\"not_affected\"", "\"safe\"").as_bytes()).unwrap_err();
    assert!(wrong.to_string().contains("statements[0].status"), "{wrong}");
}

#[test]
fn cyclonedx() {
    let text = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"type":"library","name":"a","bom-ref":"r","purl":"pkg:cargo/a@1.0.0"}],
        "vulnerabilities":[{"id":"CVE-2026-1","references":[{"id":"GHSA-a","source":{}}],"analysis":{"state":"not_affected","justification":"code_not_reachable"},
        "affects":[{"ref":"urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#r"}]}]}"#;
    assert_eq!(one(text), expected("code not reachable"));
}

#[test]
fn csaf() {
    let text = r#"{"document":{"category":"csaf_vex"},"product_tree":{"branches":[{"category":"vendor","name":"v","branches":[{"category":"product_version","name":"1",
        "product":{"name":"a 1","product_id":"P1","product_identification_helper":{"purl":"pkg:cargo/a@1.0.0"}}}]}],
        "relationships":[{"category":"default_component_of","product_reference":"P1","relates_to_product_reference":"OS","full_product_name":{"name":"x","product_id":"OS:P1"}}]},
        "vulnerabilities":[{"cve":"CVE-2026-1","ids":[{"system_name":"s","text":"GHSA-a"}],"product_status":{"known_not_affected":["OS:P1"]},
        "flags":[{"label":"component_not_present","product_ids":["OS:P1"]}],"threats":[{"category":"impact","details":"Left out."}]}]}"#;
    assert_eq!(one(text), expected("component not present: Left out."));
}

/// What our own writer of CSAF says is read as meant.
#[test]
fn what_is_written_is_read() {
    let advisory = crate::advisory::tests::example();
    let package = advisory.affected[0].clone();
    let justification = crate::csaf::Justification::ComponentNotPresent;
    let statement = crate::csaf::Statement {
        package: 0,
        version: "1.0.0".to_owned(),
        status: crate::csaf::Status::NotAffected { justification },
    };
    let text = crate::csaf::write_vex(&advisory, &[statement]).unwrap();
    let read = one(&text);
    assert_eq!(read.products[0].package_name(), package.name);
    assert_eq!(
        (read.status, read.reason.as_deref()),
        (Status::NotAffected, Some("component not present"))
    );
}

#[test]
fn other_documents_are_refused() {
    let error = read(br#"{"id":"GHSA-1"}"#).unwrap_err().to_string();
    assert!(error.contains("no VEX document"), "{error}");
}

#[test]
fn corpus() {
    replay("advisory_vex", |bytes| {
        let _ = read(bytes);
    });
}
