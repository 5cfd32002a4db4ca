//! The shipped packs read; broken ones say where.
use super::*;
use std::path::Path;

fn shipped(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules");
    std::fs::read_to_string(folder.join(name)).unwrap()
}

#[test]
fn shipped_packs_read() {
    for (file, rules) in [
        ("order-14409.toml", 19),
        ("bod-26-04-agency.toml", 3),
        ("forensic-triage.toml", 3),
        ("disclosure.toml", 5),
        ("eu.toml", 8),
        ("circia.toml", 3),
        ("neighbours.toml", 3),
    ] {
        let pack = Pack::read(&shipped(file)).unwrap_or_else(|e| panic!("{file}: {e}"));
        assert_eq!(format!("{}.toml", pack.id), file);
        assert_eq!(pack.rules.len(), rules, "{file}");
        assert_eq!(pack.force == Force::Inactive, file == "circia.toml");
    }
}

const GOOD: &str = r#"
id = "p"
version = "1"
title = "t"
citation = "c"
retrieved = "2026-11-23"
source = "primary"
status = "in-force"
[[start]]
id = "signed"
what = "it was signed"
at = "2026-06-02"
[[start]]
id = "aware"
what = "they knew"
[[rule]]
id = "r"
section = "1"
who = ["w"]
duty = "d"
cited = "1"
source = "primary"
clock = { from = "signed", days = 30, due = "2026-07-02" }
"#;

#[track_caller]
fn refuses(from: &str, to: &str, says: &str) {
    assert!(GOOD.contains(from), "{from}");
    let error = Pack::read(&GOOD.replacen(from, to, 1)).unwrap_err().to_string();
    assert!(error.contains(says), "{error}");
}

#[test]
fn broken_packs_say_where() {
    assert!(Pack::read(GOOD).is_ok());
    refuses("2026-07-02", "2026-07-03", "30 calendar days gives 2026-07-02");
    refuses("from = \"signed\"", "from = \"aware\"", "not fixed");
    refuses("from = \"signed\"", "from = \"never\"", "no start `never`");
    refuses("days = 30", "days = 30, hours = 1", "one of");
    refuses("days = 30, ", "", "one of");
    refuses("days = 30", "weeks = 4", "unknown field");
    refuses("section = \"1\"", "section = \"1\"\nbefore = \"signed\"", "no open start");
    refuses("id = \"aware\"", "id = \"signed\"", "two starts");
    refuses("id = \"r\"", "id = \"R r\"", "not a name");
    refuses("status = \"in-force\"", "status = \"maybe\"", "unknown variant");
    refuses("at = \"2026-06-02\"", "at = \"2 June\"", "not an instant");
    let (_, rule) = GOOD.split_once("[[rule]]").unwrap();
    let twice = format!("{GOOD}[[rule]]{rule}");
    assert!(Pack::read(&twice).unwrap_err().to_string().contains("two rules"));
    assert!(matches!(Pack::read(&"#".repeat(LIMIT + 1)), Err(PackError::TooMuch { .. })));
}

#[test]
fn replays_the_corpus() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/directives_pack");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        let _ = Pack::read(&String::from_utf8_lossy(&bytes));
        seen += 1;
    }
    assert!(seen >= 3);
}

proptest::proptest! {
    #[test]
    fn never_panics(text in ".{0,400}", cut in 0usize..1_000) {
        let _ = Pack::read(&text);
        let _ = Pack::read(&GOOD.chars().take(cut).collect::<String>());
    }
}
