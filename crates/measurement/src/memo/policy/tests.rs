//! The shipped policy, and what a policy may not say.

use super::{Section, at, read_policies};

#[test]
fn the_shipped_policy_withholds_what_tells_a_threshold() {
    let policies = at(None).unwrap();
    assert_eq!(policies.sections("authority").unwrap().len(), Section::ALL.len());
    for audience in ["developer", "public"] {
        let shown = policies.sections(audience).unwrap();
        for section in [Section::Rule, Section::Evidence, Section::Spent, Section::Capability] {
            assert!(!shown.contains(&section), "{audience} reads {}", section.name());
        }
    }
    let fault = policies.sections("press").unwrap_err();
    assert!(fault.contains("authority, developer, public"), "{fault}");
}

#[test]
fn a_typing_error_shows_nothing() {
    for wrong in ["[a]\nshow = [\"all\"]", "[a]\nhide = []", "[a]\nshow = []\nmore = 1", "a = 1"] {
        read_policies(wrong).unwrap_err();
    }
}
