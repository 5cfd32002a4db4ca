//! The shipped packs read, and explain themselves.
use super::*;

#[test]
fn the_shipped_packs_read_and_every_obligation_explains_itself() {
    let directives = rules_alone().unwrap();
    let now = "2026-11-23".parse().unwrap();
    let all = list(&directives, None, now);
    assert!(all.len() > 20, "{}", all.len());
    for obligation in &all {
        let why = why(&directives, &obligation.id, None, now).unwrap();
        assert_eq!(why.obligation.id, obligation.id);
        assert!(!obligation.citation.is_empty(), "{}", obligation.id);
    }
}
