//! Criteria, good and bad.
use super::*;

#[test]
fn shipped_criteria_read_and_name_what_they_have() {
    let criteria = Criteria::shipped().unwrap();
    assert!(criteria.criteria().len() >= 5 && criteria.cohorts().len() >= 8);
    criteria.admit("scope-is-its-own", "hospitals-small", Some("none")).unwrap();
    for (rule, cohort, declared, named) in [
        ("likes-us", "hospitals", None, "no criterion `likes-us`"),
        ("conflict", "friends", None, "no cohort `friends`"),
        ("conflict", "banks", Some("golf"), "no kind of conflict `golf`"),
    ] {
        let error = criteria.admit(rule, cohort, declared).unwrap_err();
        assert!(error.contains(named), "{error}");
    }
}

#[test]
fn criteria_are_read_strictly() {
    let shipped = crate::rules::PARTNER_CRITERIA;
    for (from, to, named) in [
        ("id = \"conflict\"\n", "id = \"not-now\"\n", "there twice"),
        ("for = [\"defender\"]", "for = [\"friend\"]", "`for` is of partner, defender"),
        ("for = [\"defender\"]", "for = []", "`for` is of partner, defender"),
        ("shown-by", "shown_by", "shown_by"),
        ("citation = ", "citations = ", "citations"),
    ] {
        let error = Criteria::read(&shipped.replacen(from, to, 1)).unwrap_err();
        assert!(error.contains(named), "{named}: {error}");
    }
}

proptest::proptest! {
    #[test]
    fn anything_is_answered(text in ".*") {
        drop(Criteria::read(&text));
    }
}
