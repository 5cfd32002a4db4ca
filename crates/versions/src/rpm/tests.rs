//! rpm's order on the cases that trip implementations.
use super::*;

fn key(text: &str) -> Result<crate::VersionKey, &'static str> {
    crate::VersionKey::written(|key| write(text, key))
}

fn check(a: &str, order: std::cmp::Ordering, b: &str) {
    assert_eq!(key(a).unwrap().cmp(&key(b).unwrap()), order, "{a} {b}");
}

#[test]
fn rpm_order() {
    use std::cmp::Ordering::{Equal, Greater, Less};
    check("1.0~rc1", Less, "1.0");
    check("1.0^git1", Greater, "1.0");
    check("1.0^git1", Less, "1.0.1");
    check("1.0^", Less, "1.0^a");
    check("1.0~rc1^git1", Greater, "1.0~rc1");
    check("1.0.a", Less, "1.0.1");
    check("1.0a", Greater, "1.0");
    check("1.0_1", Equal, "1.0.1");
    check("1.0.", Equal, "1.0");
    check("2a", Less, "2.0");
    check("1:1.0-1", Greater, "2.0-1");
    check("1.0-1.el8", Less, "1.0-1.el8_4");
    check("1.0", Less, "1.0-1");
    check("1.0001", Equal, "1.1");
    check("1.A", Less, "1.a");
}

#[test]
fn refuses_what_is_no_version() {
    for bad in ["", "1:", "1-", "a b", "1:2:3", "é", "1.0{"] {
        assert!(key(bad).is_err(), "{bad}");
    }
}
