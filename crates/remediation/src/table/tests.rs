//! The shipped table reads, agrees with CERT/CC's, and broken ones say where.
use super::*;
use crate::shared::{read, rule, table};
use std::path::Path;

#[test]
fn sixteen_rows() {
    let table = table();
    let lines = table.rows.iter().map(|r| {
        let yes = |a: Answer| if a == Answer::Yes { "yes" } else { "no " };
        let (exposed, kev, auto) = (yes(r.exposed), yes(r.kev), yes(r.automatable));
        format!(
            "{:>2} {exposed} {kev} {auto} {:<7} {}\n",
            r.number,
            r.impact.to_string(),
            r.outcome
        )
    });
    // exposed, in KEV, automatable, impact
    expect_test::expect![[r#"
         1 yes yes yes total   3-days-forensics
         2 yes yes yes partial 3-days
         3 yes yes no  total   3-days-forensics
         4 yes yes no  partial 14-days
         5 yes no  yes total   3-days
         6 yes no  yes partial 14-days
         7 yes no  no  total   14-days
         8 yes no  no  partial 60-days
         9 no  yes yes total   3-days-forensics
        10 no  yes yes partial 14-days
        11 no  yes no  total   14-days
        12 no  yes no  partial 14-days
        13 no  no  yes total   60-days
        14 no  no  yes partial 60-days
        15 no  no  no  total   next-upgrade
        16 no  no  no  partial next-upgrade
    "#]]
    .assert_eq(&lines.collect::<String>());
}

#[test]
fn agrees_with_the_ssvc_table() {
    let Some(csv) = read("ssvc/cisa_dt_bod2604_1_0_0.csv") else { return };
    let csv = String::from_utf8(csv).unwrap();
    let table = table();
    let mut rows = 0;
    for line in csv.lines().skip(1) {
        let fields: Vec<_> = line.split(',').collect();
        let [kev, exposed, automatable, impact, outcome] = fields[..] else { panic!("{line}") };
        let impact = if impact == "total" { Impact::Total } else { Impact::Partial };
        let (_, ours) = table.row(exposed == "yes", kev == "yes", automatable == "yes", impact);
        let expected = match outcome {
            "3 days & forensic investigation" => "3DF",
            "3 days" => "3D",
            "14 days" => "14D",
            "60 days" => "60D",
            "fix on system upgrade" => "FSU",
            other => panic!("{other}"),
        };
        assert_eq!(&*ours.ssvc, expected, "{line}");
        rows += 1;
    }
    assert_eq!(rows, 16);
}

#[track_caller]
fn refuses(from: &str, to: &str, says: &str) {
    let good = rule("bod-26-04.toml");
    assert!(good.contains(from), "{from}");
    let error = Table::read(&good.replacen(from, to, 1)).unwrap_err().to_string();
    assert!(error.contains(says), "{error}");
}

#[test]
fn broken_tables_say_where() {
    refuses("number = 7", "number = 8", "row 8 stands where row 7 belongs");
    refuses("impact = \"total\"\noutcome", "impact = \"partial\"\noutcome", "15 of the 16");
    refuses("outcome = \"60-days\"", "outcome = \"30-days\"", "`30-days`");
    refuses("forensics = true", "forensic = true", "unknown field");
    refuses("full = \"2026-12-07\"", "full = \"december\"", "not an instant");
    refuses("earlier-of-kev", "later-of-kev", "unknown variant");
    let huge = "#".repeat(LIMIT + 1);
    assert_eq!(Table::read(&huge), Err(TableError::TooLong { given: LIMIT + 1 }));
}

#[test]
fn replays_the_corpus() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/remediation_table");
    let read = std::fs::read_dir(folder).unwrap().map(|entry| {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        Table::read(&String::from_utf8_lossy(&bytes)).is_ok()
    });
    let read: Vec<_> = read.collect();
    assert!(read.len() >= 3 && read.contains(&true) && read.contains(&false));
}

proptest::proptest! {
    #[test]
    fn never_panics(text in ".{0,300}", cut in 0usize..4_000) {
        let _ = Table::read(&text);
        let _ = Table::read(&rule("bod-26-04.toml").chars().take(cut).collect::<String>());
    }
}
