//! The page holds what the view says, and hostile text stays text.
use super::*;
use operations::check::{Subject, check};
use operations::feeds;
use operations::rules;

fn rendered(component: &str, language: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("requirements.txt");
    std::fs::write(&path, format!("gunicorn==21.2.0\n{component}\n")).unwrap();
    let subject = Subject::new(path, "<b>portal</b>", Some(true));
    let words = rules::vocabulary(language).unwrap();
    let now = "2026-11-23".parse().unwrap();
    let checked = check(&[subject], &feeds::shipped().unwrap(), &[], &words, now).unwrap();
    page(&checked.view, &words, language).unwrap()
}

#[test]
fn says_what_to_do_without_script_or_outside_files() {
    let html = rendered("click==8.1.7", "en");
    assert!(html.contains("Upgrade gunicorn from 21.2.0 to 22.0.0"), "{html}");
    assert!(html.contains("BOD 26-04, Table 1, row 5"));
    for absent in ["<script", "src=", "href=\"http", "<b>portal"] {
        assert!(!html.contains(absent), "{absent}");
    }
    assert!(html.contains("&#60;b&#62;portal") || html.contains("&lt;b&gt;portal"));
    assert!(rendered("click==8.1.7", "es").contains("lang=\"es\""));
}

/// The picture that the README shows is of this page.
#[test]
fn the_readme_shows_todays_page() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let path = root.join("facts/hospital-before.cdx.json");
    let subject = Subject::new(path, "patient portal", Some(true));
    let (words, now) = (rules::vocabulary("en").unwrap(), "2026-11-23".parse().unwrap());
    let checked = check(&[subject], &feeds::shipped().unwrap(), &[], &words, now).unwrap();
    let html = page(&checked.view, &words, "en").unwrap();
    let shown = std::fs::read_to_string(root.join("docs/worklist.html")).unwrap();
    assert!(html == shown, "the page has changed: run `cargo xtask interop picture`");
}

/// What does not go on the sheet is on the page, hidden on paper alone, and counted there.
#[test]
fn paper_says_how_much_more_there_is() {
    let html = rendered("click==8.1.7", "en");
    assert!(!html.contains("class=\"beyond\"") && !html.contains("class=\"paper\""), "{html}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("requirements.txt");
    let unknown = (0..200).map(|at| format!("gunicorn==not-{at}-a-version\n")).collect::<String>();
    std::fs::write(&path, unknown).unwrap();
    let subject = Subject::new(path, "portal", Some(true));
    let (words, now) = (rules::vocabulary("en").unwrap(), "2026-11-23".parse().unwrap());
    let checked = check(&[subject], &feeds::shipped().unwrap(), &[], &words, now).unwrap();
    let html = page(&checked.view, &words, "en").unwrap();
    let beyond = html.matches("class=\"beyond\"").count();
    assert!(beyond > 100, "{beyond}");
    assert!(html.contains(&format!("<p class=\"paper\">More on the screen: {beyond}. ")), "{html}");
}

/// A date is one piece; a number that looks like one inside of a word is none.
#[test]
fn dates_do_not_break() {
    let check = |text: &str, dates: &[&str]| {
        let pieces = pieces(text);
        assert_eq!(pieces.iter().map(|(_, piece)| *piece).collect::<String>(), text);
        let found: Vec<_> = pieces.iter().filter(|(date, _)| *date).map(|(_, p)| *p).collect();
        assert_eq!(found, dates, "{text}");
    };
    check("Due 2026-12-07; days left: 14.", &["2026-12-07"]);
    check("2026-12-07, 2026-12-08", &["2026-12-07", "2026-12-08"]);
    check("CVE-2026-12-07 and 2026-12-071 and é2026-12-07é", &["2026-12-07"]);
    check("", &[]);
    check("no date in 2026", &[]);
    let html = rendered("click==8.1.7", "en");
    assert!(html.contains("<time>2026-"), "{html}");
}
