//! The shipped file reads; verdicts; broken files.
use super::*;
use crate::manifest::tests::manifest;
use crate::manifest::{FactorAnswer, GoodFaith};

fn shipped() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../rules/offences.toml");
    std::fs::read_to_string(path).unwrap()
}

pub(crate) fn screen() -> Screen {
    Screen::read(&shipped()).unwrap()
}

/// The manifest with these answers, in the order of the factors.
pub(crate) fn answered(answers: &[Answer]) -> Manifest {
    let mut manifest = manifest();
    let given = screen().factors.into_iter().zip(answers).map(|(f, answer)| FactorAnswer {
        factor: f.id.parse().unwrap(),
        answer: *answer,
        basis: "an interview".parse().unwrap(),
    });
    let at = "2026-11-21".parse().unwrap();
    let by = "counsel-2".parse().unwrap();
    manifest.good_faith = Some(GoodFaith { answers: given.collect(), by, at });
    manifest
}

#[test]
fn statutes_of_the_order_are_there() {
    let screen = screen();
    for statute in ["18 USC 1028", "18 USC 1030", "18 USC 1343"] {
        assert!(screen.offences.iter().any(|o| o.statute.starts_with(statute)), "{statute}");
    }
    assert_eq!(screen.factors.len(), 4);
}

#[test]
fn verdicts() {
    use Answer::{No, Unknown, Yes};
    let check = |answers: &[Answer], verdict| {
        assert_eq!(screen().verdict(&answered(answers)), verdict, "{answers:?}");
    };
    check(&[Yes, Yes, Yes, No], Verdict::GoodFaith);
    check(&[No, No, No, Yes], Verdict::NotGoodFaith);
    check(&[Yes, Yes, Yes, Yes], Verdict::Unclear);
    check(&[Unknown, Yes, Yes, No], Verdict::Unclear);
    check(&[Unknown, Unknown, Unknown, Unknown], Verdict::Unclear);
    check(&[Yes, Yes, Yes], Verdict::Unanswered);
    let mut nothing = answered(&[Yes, Yes, Yes, No]);
    nothing.good_faith.as_mut().unwrap().answers[2].basis = " ".parse().unwrap();
    assert_eq!(screen().verdict(&nothing), Verdict::Unanswered);
    nothing.good_faith = None;
    assert_eq!(screen().verdict(&nothing), Verdict::Unanswered);
}

#[test]
fn unanswered_elements_are_named() {
    assert_eq!(screen().unanswered(&manifest()), Vec::<String>::new());
    let mut open = manifest();
    open.offences[0].elements.remove(1);
    assert_eq!(screen().unanswered(&open), ["1030-a-2-c authority"]);
    open.offences[0].offence = "1337".parse().unwrap();
    assert_eq!(screen().unanswered(&open), ["1337: not in the file of offences"]);
    open.offences.clear();
    assert_eq!(screen().unanswered(&open), ["no offence is named"]);
}

#[test]
fn broken_files_say_where() {
    let refuses = |from: &str, to: &str, says: &str| {
        let error = Screen::read(&shipped().replacen(from, to, 1)).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    };
    refuses("id = \"1030-a-4\"", "id = \"1030-a-2-c\"", "`1030-a-2-c` is listed twice");
    refuses("good_faith = \"yes\"", "good_faith = \"perhaps\"", "unknown variant");
    refuses("[[factor]]", "[[factors]]", "unknown field");
    assert!(Screen::read(&"#".repeat(LIMIT + 1)).is_err());
}

#[test]
fn replays_the_corpus() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/referral_screen");
    let read = std::fs::read_dir(folder).unwrap().map(|entry| {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        Screen::read(&String::from_utf8_lossy(&bytes)).is_ok()
    });
    let read: Vec<_> = read.collect();
    assert!(read.len() >= 3 && read.contains(&true) && read.contains(&false));
}

proptest::proptest! {
    #[test]
    fn never_panics(text in ".{0,300}", cut in 0usize..6_000) {
        let _ = Screen::read(&text);
        let _ = Screen::read(&shipped().chars().take(cut).collect::<String>());
    }
}
