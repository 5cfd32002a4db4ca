//! The shipped table reads, agrees with CERT/CC's, and broken ones say where.
use super::*;
use crate::Impact;
use crate::shared::{read, rule, table};
use std::path::Path;

#[test]
fn sixteen_rows() {
    let table = table();
    let lines = table.rows.iter().map(|r| {
        let yes = |a: Option<Answer>| if a == Some(Answer::Yes) { "yes" } else { "no " };
        let asks = r.asks;
        let (exposed, kev, auto) = (yes(asks.exposed), yes(asks.kev), yes(asks.automatable));
        format!(
            "{:>2} {exposed} {kev} {auto} {:<7} {}\n",
            r.number,
            asks.impact.unwrap().to_string(),
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
        let yes = |text: &str| Some(Answer::from(text == "yes"));
        let known = Answers {
            exposed: yes(exposed),
            kev: yes(kev),
            automatable: yes(automatable),
            impact: Some(impact),
            ..Answers::default()
        };
        let [(_, ours, _)] = table.possible(&known)[..] else { panic!("{line}") };
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

/// Every published row of the SSVC trees that ship as profiles, in the published words.
#[test]
fn profiles_agree_with_their_trees() {
    let check = |profile: &str, csv: &str, columns: &[&str]| {
        let table = Table::read(&rule(profile)).unwrap();
        let Some(csv) = read(csv) else { return };
        let mut rows = 0;
        for line in String::from_utf8(csv).unwrap().lines().skip(1) {
            let mut known = Answers::default();
            let fields: Vec<_> = line.split(',').collect();
            let (outcome, inputs) = fields.split_last().unwrap();
            for (column, value) in columns.iter().zip(inputs) {
                let value = value.replace("public poc", "poc").replace(' ', "-");
                match *column {
                    "exploitation" => known.exploitation = Some(value.parse().unwrap()),
                    // what is not open is taken for controlled, the graver of the other two
                    "exposed" => known.exposed = Some(Answer::from(value == "open")),
                    "automatable" => known.automatable = Some(Answer::from(value == "yes")),
                    "impact" if value == "total" => known.impact = Some(Impact::Total),
                    "impact" => known.impact = Some(Impact::Partial),
                    _ => known.mission = Some(value.parse().unwrap()),
                }
            }
            if inputs.contains(&"small") {
                continue;
            }
            let [(row, ..)] = table.possible(&known)[..] else { panic!("{line}") };
            let expected = outcome.replace(' ', "-").replace('*', "-star");
            assert_eq!(*row.outcome, *expected, "{line}");
            rows += 1;
        }
        assert!(rows >= 36, "{rows}");
    };
    let deployer = ["exploitation", "exposed", "automatable", "mission"];
    check("ssvc-deployer.toml", "ssvc/ssvc_dt_dp_1_0_0.csv", &deployer);
    let cisa = ["exploitation", "automatable", "impact", "mission"];
    check("ssvc-cisa.toml", "ssvc/cisa_dt_co_2_0_3.csv", &cisa);
}

#[test]
fn a_score_alone_sets_a_date_where_the_policy_says_so() {
    let table = Table::read(&rule("cvss.toml")).unwrap();
    let days = |severity| {
        let known = Answers { severity: Some(severity), ..Answers::default() };
        let [(_, outcome, _)] = table.possible(&known)[..] else { panic!("{severity}") };
        outcome.days
    };
    let all = crate::Severity::ALL.map(days);
    assert_eq!(all, [None, Some(180), Some(90), Some(30), Some(30)]);
    assert_eq!(table.full_from, None);
}

/// An organisation's own table may leave out what it does not care about.
#[test]
fn rows_may_ask_for_less() {
    let own = r#"
        id = "own"
        version = "1"
        title = "t"
        citation = "c"
        url = "u"
        retrieved = "2026-11-28"
        source = "primary"
        status = "in-force"
        clock = { starts = "own-detection", source = "primary" }
        outcome = [{ id = "now", days = 2 }, { id = "later", days = 30 }]
        row = [
            { number = 1, kev = "yes", outcome = "now" },
            { number = 2, kev = "no", exposed = "yes", outcome = "now" },
            { number = 3, kev = "no", exposed = "no", outcome = "later" },
        ]
    "#;
    let table = Table::read(own).unwrap();
    let known = Answers { kev: Some(Answer::Yes), ..Answers::default() };
    assert_eq!(table.possible(&known).len(), 1, "whatever the exposure");
    let gap = own.replace("kev = \"no\", exposed = \"no\"", "kev = \"no\", exposed = \"yes\"");
    let expected = Err(TableError::Incomplete { own: 2, all: 4 });
    assert_eq!(Table::read(&gap), expected);
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
    refuses("impact = \"total\"\noutcome", "impact = \"partial\"\noutcome", "14 of the 16");
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
