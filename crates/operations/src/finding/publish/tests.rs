//! The words that are published when the publisher gives none.

use super::*;

fn plan(introduced: Option<&str>) -> Plan {
    Plan {
        finding: "f-1".parse().unwrap(),
        advisory: "EXAMPLE-2026-0001".parse().unwrap(),
        namespace: "https://house.example".to_owned(),
        package: None,
        introduced: introduced.map(str::to_owned),
        title: None,
        summary: None,
        aliases: Vec::new(),
        severity: None,
        links: Vec::new(),
        out: PathBuf::from("out"),
    }
}

#[test]
fn versions_and_fix_and_no_details() {
    let check = |introduced, fixed, expected: &str| {
        assert_eq!(summary("left-pad", &plan(introduced), fixed), expected);
    };
    check(
        None,
        None,
        "All versions of left-pad are affected. No fixed version is known. Technical details will follow.",
    );
    check(
        Some("1.2.0"),
        Some("1.4.2"),
        "Versions of left-pad from 1.2.0 before 1.4.2 are affected. Update to 1.4.2 or later. \
         Technical details will follow.",
    );
}
