//! Command lines, and where an answer says its statement is.

use super::{index, words};
use serde_json::json;

#[test]
fn a_fill_may_have_spaces_and_stays_one_word() {
    let line = words("review nominate {} --reason {}", &["--case case-1", "treatment plant"]);
    assert_eq!(line, ["review", "nominate", "--case case-1", "--reason", "treatment plant"]);
}

#[test]
fn a_statement_is_found_alone_inside_and_first_of_several() {
    for (came, expected) in [
        (json!({ "index": 7 }), Some(7)),
        (json!({ "stated": { "index": 8 }, "summary": null }), Some(8)),
        (json!([{ "index": 9 }, { "index": 10 }]), Some(9)),
        (json!({ "outcome": "waiting", "id": "x" }), None),
        (json!("refused"), None),
    ] {
        assert_eq!(index(&came), expected, "{came}");
    }
}
