//! The page holds what the view says, and hostile text stays text.
use super::*;
use operations::check::{Subject, check};
use operations::feeds;
use operations::rules;

fn rendered(component: &str, language: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("requirements.txt");
    std::fs::write(&path, format!("gunicorn==21.2.0\n{component}\n")).unwrap();
    let subject = Subject { path, name: "<b>portal</b>".into(), exposed: Some(true) };
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
