//! Terms files, good and bad, and the corpus.
use super::*;

const WHOLE: &str = include_str!("../../../../../fuzz/corpus/operations_terms/whole.toml");

#[test]
fn a_whole_file_reads_and_gaps_are_named() {
    let terms = parse_terms(WHOLE).unwrap();
    assert_eq!(terms.id.as_str(), "terms-1");
    assert!(terms.check().is_ok());
    for (from, to, named) in [
        ("use = \"b\"", "", "use"),
        ("chat-completions", "chat", "chat"),
        ("case = \"case-1\"", "case = \"Case 1\"", "case id"),
        ("[limits]", "[limits]\nmore = 1", "more"),
        ("200000", "-1", "-1"),
    ] {
        let error = parse_terms(&WHOLE.replacen(from, to, 1)).unwrap_err();
        assert!(error.contains(named), "{named}: {error}");
    }
}

#[test]
fn later_limits_read_and_are_strict() {
    let whole = include_str!("../../../../../fuzz/corpus/operations_terms/limits.toml");
    let limits = parse_terms(whole).unwrap().limits;
    assert_eq!(limits.tokens_per_day, Some(20_000));
    assert_eq!(limits.networks.map(|networks| networks.len()), Some(2));
    assert_eq!(limits.recording, Some(access::Recording::Relaxed));
    assert_eq!(limits.partners.map(|parties| parties.len()), Some(0));
    assert_eq!(limits.recipients.map(|parties| parties.len()), Some(1));
    let kept = Content::Sealed { retention_days: 90 };
    assert_eq!(limits.content, Some(kept));
    assert_eq!(limits.credentials.map(|ways| ways.len()), Some(2));
    for (from, to, named) in [
        ("\"sealed\"", "\"secret\"", "secret"),
        ("retention-days = 90\n", "", "retention-days"),
        ("content = \"sealed\"\n", "", "content"),
        ("\"dpop\"", "\"cookie\"", "cookie"),
        ("192.0.2.0/24", "192.0.2.1/24", "`192.0.2.0/24`"),
        ("relaxed", "sometimes", "sometimes"),
        ("both-sides", "each-side", "one of: nobody, both-sides"),
        ("30000\nnet", "-1\nnet", "-1"),
    ] {
        let error = parse_terms(&whole.replacen(from, to, 1)).unwrap_err();
        assert!(error.contains(named), "{named}: {error}");
    }
}

fn fill() -> Fill {
    Fill {
        id: "terms-2".parse().unwrap(),
        case: "case-1".parse().unwrap(),
        models: ["model-1".parse().unwrap()].into(),
        evaluators: ["institute".parse().unwrap()].into(),
        limits: toml::Table::new(),
    }
}

#[test]
fn every_template_fills_to_whole_terms_that_say_what_is_checked() {
    let library = Library::shipped().unwrap();
    assert!(library.templates().len() >= 5);
    for template in library.templates() {
        let (text, terms) = library.fill(&template.name, &fill()).unwrap();
        assert_eq!(parse_terms(&text).unwrap(), terms, "{}", template.name);
        let view = terms_view(&terms, &library);
        assert!(view.cells.iter().all(|cell| cell.clause.is_some()), "{}", template.name);
        let words = view.cells.iter().filter(|cell| cell.machine.is_empty()).count();
        assert_eq!(text.matches("\n# [words]\n").count(), words, "{}", template.name);
        assert!(words > 0 && words < 12, "{}: {words}", template.name);
    }
}

/// Whatever the limits of a terms file are, the list that people read has each of them once.
#[test]
fn the_list_of_limits_is_that_of_a_terms_file() {
    let whole = include_str!("../../../../../fuzz/corpus/operations_terms/limits.toml");
    let table: toml::Table = toml::from_str(whole).unwrap();
    let written: BTreeSet<_> = table["limits"].as_table().unwrap().keys().cloned().collect();
    let listed: BTreeSet<_> = clauses::LIMITS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(listed, written);
}

#[test]
fn a_limit_can_be_given_in_place_of_the_template_s() {
    let library = Library::shipped().unwrap();
    let mut with = fill();
    with.limits.insert("tokens-per-day".to_owned(), 77.into());
    let (_, terms) = library.fill("evaluation", &with).unwrap();
    assert_eq!(terms.limits.tokens_per_day, Some(77));
    with.limits.insert("tokens-per-hour".to_owned(), 7.into());
    assert!(library.fill("evaluation", &with).unwrap_err().contains("tokens-per-hour"));
    let unknown = library.fill("evaluate", &fill()).unwrap_err();
    assert!(unknown.contains("sealed-evaluation"), "{unknown}");
}

#[test]
fn a_library_is_read_strictly() {
    let shipped = crate::rules::TERMS;
    for (from, to, named) in [
        ("id = \"two-persons\"", "id = \"pseudonyms\"", "`pseudonyms` is there twice"),
        ("machine = [\"recipients\"]", "machine = [\"receivers\"]", "`receivers` is no limit"),
        ("machine = [\"recipients\"]\n", "", "`machine` and `holds` go together"),
        ("head = \"insider-risk\"", "head = \"insiders\"", "there is no cell insiders"),
        ("  \"two-persons\", ", "  ", "11 clauses and not twelve"),
        (
            "\"two-persons\", \"uses-are-seen\"",
            "\"uses-are-seen\", \"two-persons\"",
            "no clause for insider-risk",
        ),
    ] {
        let error = Library::read(&shipped.replacen(from, to, 1)).unwrap_err();
        assert!(error.contains(named), "{named}: {error}");
    }
}

#[test]
fn a_counter_proposal_is_told_clause_by_clause() {
    let library = Library::shipped().unwrap();
    let (_, before) = library.fill("evaluation", &fill()).unwrap();
    let (text, _) = library.fill("sealed-evaluation", &fill()).unwrap();
    let text = text
        .replace("terms-2", "terms-3")
        .replace("200000\n", "100000\n")
        .replace("within one working day", "within one hour");
    let told = compare_terms(&before, &parse_terms(&text).unwrap()).to_string();
    expect_test::expect![[r#"
        from terms-2 to terms-3
          tokens-per-day [machine, gives less access]
            tokens-per-day is lowered from 200000 to 100000
          content [machine]
            content changes from hashed to sealed
          retention-days [machine]
            retention-days is new: 90; it was not agreed before
          credentials [machine, gives less access]
            credentials is new: certificate, dpop; it was not agreed before
          confidentiality, protection [words]
            goes: Prompts, answers and results are kept encrypted where only persons named in this review can open them.
            goes: They are deleted on the agreed day, except what a determination rests on, and each deletion is attested.
            comes: What the evaluator asks and is answered is sealed to the evaluator as soon as it is answered; the developer holds the sealed bytes and a commitment, and opens nothing.
            comes: A dispute is settled by opening, with both sides present.
          cybersecurity, nondisclosure [words]
            goes: A weakness of the gateway or of the developer's systems goes to the developer only, within one working day.
            comes: A weakness of the gateway or of the developer's systems goes to the developer only, within one hour.
        6 clauses differ, 21 are the same"#]]
    .assert_eq(&told);
    let same = compare_terms(&before, &before);
    assert!(same.differences.is_empty() && same.same == 27);
}

#[test]
fn the_corpus_never_panics() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/operations_terms");
    let mut read = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let _ = parse_terms(&text);
        read += 1;
    }
    assert!(read >= 4);
}

proptest::proptest! {
    #[test]
    fn anything_is_answered(text in ".*") {
        let _ = parse_terms(&text);
    }
}
