//! Both forms give the same assessment; refusals name the place.
use super::*;
use crate::shared;
use expect_test::expect;
use proptest::prelude::*;

const COMPACT: &str = r#"{"cve":"CVE-2026-0001","state":"PUBLISHED","ssvc":{"Exploitation":"Active","Automatable":"no","Technical Impact":"total","timestamp":"2026-02-02T14:05:34.031031Z"},"kev":"2026-03-03","cvss":[{"by":"CISA-ADP","v":"cvssV3_1","vector":"CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H","score":8.8}],"cwe":["CWE-843"]}"#;

const RECORD: &str = r#"{"dataType":"CVE_RECORD","cveMetadata":{"cveId":"CVE-2026-0001","state":"PUBLISHED"},
"containers":{"cna":{"affected":[]},"adp":[{"providerMetadata":{"shortName":"CISA-ADP"},
"metrics":[
 {"cvssV3_1":{"baseScore":8.8,"vectorString":"CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H"}},
 {"other":{"type":"ssvc","content":{"options":[{"Exploitation":"active"},{"Automatable":"No"},{"Technical Impact":"total"}],"timestamp":"2026-02-02T14:05:34.031031Z"}}},
 {"other":{"type":"ssvc","content":{"options":[{"Exploitation":"poc"}],"timestamp":"2025-02-02T14:05:34.031031Z"}}},
 {"other":{"type":"kev","content":{"dateAdded":"2026-03-03"}}},
 {"other":{"type":"novel","content":7}}],
"problemTypes":[{"descriptions":[{"cweId":"CWE-843"},{"cweId":"CWE-843"},{}]}]}]}}"#;

#[test]
fn both_forms_agree() {
    let compact = read_compact(COMPACT.as_bytes()).unwrap();
    assert_eq!(read_record(RECORD.as_bytes()).unwrap(), compact);
    assert_eq!(compact.exploitation, Some(Exploitation::Active));
    let lines = format!("{COMPACT}\n{}\n", RECORD.replace('\n', ""));
    for assessment in read_lines(lines.as_bytes()) {
        assert_eq!(assessment.unwrap(), compact);
    }
}

#[test]
fn what_is_absent_stays_absent() {
    let bare = read_compact(br#"{"cve":"CVE-2026-0001","ssvc":null,"kev":null}"#).unwrap();
    assert_eq!(bare, Assessment { cve: "CVE-2026-0001".to_owned(), ..Assessment::default() });
}

#[test]
fn refusals_name_the_place() {
    let check = |from: &str, to: &str, expected: expect_test::Expect| {
        let compact = read_compact(COMPACT.replace(from, to).as_bytes());
        let record = read_record(RECORD.replace(from, to).as_bytes());
        let show = |read: Result<Assessment, ReadError>| {
            read.map_or_else(|error| error.to_string(), |_| "read".to_owned())
        };
        expected.assert_eq(&format!("{}\n{}\n", show(compact), show(record)));
    };
    check(
        "\"total\"",
        "\"utter\"",
        expect![[r#"
        Vulnrichment record, at `ssvc.Technical Impact`: `utter` is not `partial` or `total`; correct the value at its source
        Vulnrichment record, at `containers.adp[0].metrics[1].other.content.options[2].Technical Impact`: `utter` is not `partial` or `total`; correct the value at its source
    "#]],
    );
    check(
        "CVE-2026-0001",
        "CVE-2026",
        expect![[r#"
        Vulnrichment record, at `cve`: `CVE-2026` is not a CVE identifier; correct the value at its source
        CVE record, at `cveMetadata.cveId`: `CVE-2026` is not a CVE identifier; correct the value at its source
    "#]],
    );
    check(
        "8.8",
        "11",
        expect![[r#"
        Vulnrichment record, at `cvss`: `11` is not a score from 0 to 10; correct the value at its source
        Vulnrichment record, at `cvss`: `11` is not a score from 0 to 10; correct the value at its source
    "#]],
    );
    check(
        "2026-03-03",
        "March",
        expect![[r#"
        Vulnrichment record, at `kev`: `March` is not a date `YYYY-MM-DD`; correct the value at its source
        Vulnrichment record, at `kev`: `March` is not a date `YYYY-MM-DD`; correct the value at its source
    "#]],
    );
    check(
        "\"by\"",
        "\"from\"",
        expect![[r#"
        Vulnrichment record, line 1, column 293, at `cvss[0]`: missing field `by`; correct it, or fetch the file again if it was cut off
        read
    "#]],
    );
    let lines = format!("{COMPACT}\nnot json\n");
    let last = read_lines(lines.as_bytes()).last().unwrap().unwrap_err().to_string();
    expect!["Vulnrichment record, line 2, column 2: expected ident; correct it, or fetch the file again if it was cut off"].assert_eq(&last);
}

#[test]
fn the_published_snapshot_reads() {
    let Some(folder) = shared::folder("vulnrichment") else { return };
    let compact = shared::bytes(&folder.join("ssvc_cvss_by_cve.jsonl.zst"));
    let records = shared::bytes(&folder.join("kev_cve_records.jsonl.zst"));
    let compact: Vec<_> = read_lines(&compact).map(Result::unwrap).collect();
    let without = compact.iter().filter(|one| one.exploitation.is_none()).count();
    assert!(compact.len() > 30_000 && without < 200, "{without} of {} without SSVC", compact.len());
    for record in read_lines(&records) {
        let record = record.unwrap();
        let same = compact.iter().find(|one| one.cve == record.cve);
        if let Some(same) = same {
            assert_eq!(
                (
                    record.exploitation,
                    record.automatable,
                    record.technical_impact,
                    record.kev_added
                ),
                (
                    same.exploitation,
                    same.automatable,
                    same.technical_impact,
                    same.kev_added.clone()
                ),
                "{}",
                record.cve
            );
        }
    }
}

#[test]
fn corpus() {
    shared::replay("advisory_vulnrichment", |bytes| read_lines(bytes).for_each(drop));
}

proptest! {
    #[test]
    fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200), cut in 0..RECORD.len(), with: u8) {
        read_lines(&bytes).for_each(drop);
        let mut near = RECORD.as_bytes().to_vec();
        near[cut] = with;
        let _ = read_record(&near);
    }
}
