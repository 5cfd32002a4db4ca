//! Scores read in the published form and in others', and refused with the line.
use super::*;
use crate::shared;
use expect_test::expect;
use proptest::prelude::*;

const SMALL: &str = "#model_version:v2025.03.14,score_date:2025-08-25T12:55:00+0000
cve,epss,percentile
CVE-1999-0001,0.01141,0.77412
CVE-1999-0002,1,
";

#[test]
fn reads_the_published_form() {
    let scores = read(SMALL.as_bytes()).unwrap();
    assert_eq!(scores.model_version.as_deref(), Some("v2025.03.14"));
    assert_eq!(scores.score_date.as_deref(), Some("2025-08-25T12:55:00+0000"));
    let [first, second] = scores.rows.try_into().unwrap();
    assert_eq!((first.cve.as_str(), first.percentile), ("CVE-1999-0001", Some(0.77412)));
    assert!((first.epss - 0.01141).abs() < 1e-12 && second.percentile.is_none());
}

#[test]
fn reads_columns_in_any_order() {
    let scores = read(b"vendor,epss,date,cve\n\"A, Inc\",0.5,2026-01-02,CVE-2026-0001\n").unwrap();
    assert_eq!(scores.rows[0].date.as_deref(), Some("2026-01-02"));
    assert_eq!((scores.model_version, scores.rows.len()), (None, 1));
}

#[test]
fn refusals_name_the_line() {
    let check = |from: &str, to: &str, expected: expect_test::Expect| {
        let text = SMALL.replace(from, to);
        assert_ne!(text, SMALL);
        expected.assert_eq(&read(text.as_bytes()).unwrap_err().to_string());
    };
    check(
        "cve,epss",
        "id,score",
        expect![
            "EPSS scores, line 1: the heading has no `cve` and `epss` columns; this is no EPSS file"
        ],
    );
    check(
        ",1,",
        ",1.01,",
        expect![
            "EPSS scores, line 4: `1.01` is not a number from 0 to 1; correct the value at its source"
        ],
    );
    check(
        ",1,",
        ",NaN,",
        expect![
            "EPSS scores, line 4: `NaN` is not a number from 0 to 1; correct the value at its source"
        ],
    );
    check(
        "CVE-1999-0002",
        "CVE-99-2",
        expect![
            "EPSS scores, line 4: `CVE-99-2` is not a CVE identifier; correct the value at its source"
        ],
    );
    check(
        "0.77412",
        "0.77412,7",
        expect![
            "EPSS scores, line 3: the row has 4 fields and the heading 3; correct it, or fetch the file again if it was cut off"
        ],
    );
    check(
        "2025-08-25T",
        "yesterday, ",
        expect!["EPSS scores, line 1: `yesterday` is not a date; correct the value at its source"],
    );
    expect!["EPSS scores, line 2: it is not UTF-8 text; save or export it as UTF-8"]
        .assert_eq(&read(b"cve,epss\nCVE-2026-0001,\xff\n").unwrap_err().to_string());
}

#[test]
fn published_files_read() {
    let Some(folder) = shared::folder("epss") else { return };
    let latest = read(&shared::bytes(&folder.join("epss_kev_2026-08-22.csv"))).unwrap();
    assert!(latest.rows.len() > 1_000);
    let weekly = read(&shared::bytes(&folder.join("epss_kev_weekly.csv.zst"))).unwrap();
    assert!(weekly.rows.iter().all(|row| row.date.is_some()) && weekly.rows.len() > 100_000);
}

#[test]
fn corpus() {
    shared::replay("advisory_epss", |bytes| drop(read(bytes)));
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
