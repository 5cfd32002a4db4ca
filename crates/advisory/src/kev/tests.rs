//! The catalogue read, and refused with the place.
use super::*;
use crate::shared;
use expect_test::expect;
use proptest::prelude::*;

const SMALL: &str = r#"{
  "title": "Catalog", "catalogVersion": "2026.06.10", "dateReleased": "2026-06-10T17:04:19.9796Z", "count": 2,
  "vulnerabilities": [
    {"cveID": "CVE-2026-0001", "vendorProject": "V", "product": "P", "vulnerabilityName": "N",
     "dateAdded": "2026-06-09", "shortDescription": "S", "requiredAction": "R", "dueDate": "2026-06-12",
     "knownRansomwareCampaignUse": "Known", "forensicTriage": "Yes", "notes": "", "cwes": ["CWE-79"], "new": 1},
    {"cveID": "CVE-2026-0002", "vendorProject": "V", "product": "P", "vulnerabilityName": "N",
     "dateAdded": "2026-06-09", "shortDescription": "S", "requiredAction": "R", "dueDate": "2026-06-01",
     "knownRansomwareCampaignUse": "Unknown", "forensicTriage": ""}
  ]
}"#;

#[test]
fn reads_known_and_blank() {
    let catalogue = read(SMALL.as_bytes()).unwrap();
    let [first, second] = catalogue.vulnerabilities.try_into().unwrap();
    assert_eq!((first.ransomware, first.forensic_triage), (Some(true), Some(true)));
    assert_eq!((second.ransomware, second.forensic_triage), (None, None));
    assert_eq!(first.cwes, ["CWE-79"]);
    assert_eq!(second.due_date, "2026-06-01", "a due date before the addition is kept");
}

#[test]
fn refusals_name_the_place() {
    let check = |from: &str, to: &str, expected: expect_test::Expect| {
        let text = SMALL.replace(from, to);
        assert_ne!(text, SMALL);
        expected.assert_eq(&read(text.as_bytes()).unwrap_err().to_string());
    };
    check(
        "\"count\": 2",
        "\"count\": 3",
        expect![
            "KEV catalogue, at `count`: `count` is not the number of entries; fetch the catalogue again"
        ],
    );
    check(
        "CVE-2026-0002",
        "CVE-2026-0001",
        expect![
            "KEV catalogue, at `vulnerabilities[1].cveID`: the CVE is listed twice; fetch the catalogue again"
        ],
    );
    check(
        "CVE-2026-0002",
        "2026-0002",
        expect![
            "KEV catalogue, at `vulnerabilities[1].cveID`: `2026-0002` is not a CVE identifier; correct the value at its source"
        ],
    );
    check(
        "\"Yes\"",
        "\"Maybe\"",
        expect![[
            r#"KEV catalogue, line 6, column 69, at `vulnerabilities[0].forensicTriage`: invalid value: string "Maybe", expected `Yes`, `No` or blank; correct it, or fetch the file again if it was cut off"#
        ]],
    );
    check(
        "\"2026-06-12\"",
        "\"12 June\"",
        expect![
            "KEV catalogue, at `vulnerabilities[0].dueDate`: `12 June` is not a date `YYYY-MM-DD`; correct the value at its source"
        ],
    );
    check(
        "\"product\": \"P\", ",
        "",
        expect![
            "KEV catalogue, line 6, column 111, at `vulnerabilities[0]`: missing field `product`; correct it, or fetch the file again if it was cut off"
        ],
    );
}

#[test]
fn the_published_catalogue_reads() {
    let Some(folder) = shared::folder("kev") else { return };
    let catalogue = read(&shared::bytes(&folder.join("known_exploited_vulnerabilities.json")));
    assert!(catalogue.unwrap().vulnerabilities.len() > 1_000);
}

#[test]
fn corpus() {
    shared::replay("advisory_kev", |bytes| drop(read(bytes)));
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
