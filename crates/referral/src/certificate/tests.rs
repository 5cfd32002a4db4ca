//! Drafts name every item and leave what a person must say blank.
use super::*;
use crate::manifest::tests::{at, manifest};

#[test]
fn drafts() {
    let manifest = manifest();
    let copy = certification_draft(&manifest, Rule902::Copy, at("2026-11-21"));
    expect_test::expect_file!["902-14.txt"].assert_eq(&copy);
    let process = certification_draft(&manifest, Rule902::Process, at("2026-11-21"));
    for draft in [copy, process] {
        assert!(draft.starts_with("DRAFT") && draft.contains("____"));
        for item in &manifest.items {
            assert!(draft.contains(&item.sha256.to_string()));
            assert!(draft.contains(&item.sha384.to_string()));
        }
    }
}
