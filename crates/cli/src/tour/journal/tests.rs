//! A journal survives its program; a stranger's folder is not taken.

use super::{Journal, StepEnd};
use domain::Timestamp;
use serde_json::json;

#[test]
fn a_journal_goes_on_where_it_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = Journal::open(folder.path(), Timestamp::EPOCH).unwrap();
    assert!(!first.is_begun());
    first.acted("inquiry-inquired", json!({ "index": 3 })).unwrap();
    first.stepped("inquiry", StepEnd { millis: 12, left_out: None }).unwrap();
    let again = Journal::open(folder.path(), Timestamp::MAX).unwrap();
    assert_eq!(again.act("inquiry-inquired"), Some(&json!({ "index": 3 })));
    assert_eq!(again.step("inquiry").map(|end| end.millis), Some(12));
    assert_eq!(again.started_at(), Timestamp::EPOCH);
    assert!(again.is_begun() && again.finished_at().is_none());
}

#[test]
fn a_folder_with_other_things_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("thesis.txt"), "years of work").unwrap();
    let refused = Journal::open(folder.path(), Timestamp::EPOCH).unwrap_err().to_string();
    assert!(refused.contains("`thesis.txt` is in it"), "{refused}");
}

#[test]
fn a_first_write_that_was_cut_short_leaves_the_folder_usable() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(".tour.json.4711.new"), "{\"prog").unwrap();
    assert!(Journal::open(folder.path(), Timestamp::EPOCH).is_ok());
}

#[test]
fn a_journal_that_is_none_is_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("tour.json"), "{}").unwrap();
    let refused = Journal::open(folder.path(), Timestamp::EPOCH).unwrap_err().to_string();
    assert!(refused.ends_with("tour.json is not a tour's journal"), "{refused}");
}
