//! dpkg's order on the cases that trip implementations.
use super::*;

fn key(text: &str) -> Result<crate::VersionKey, &'static str> {
    crate::VersionKey::written(|key| write(text, key))
}

fn check(a: &str, order: std::cmp::Ordering, b: &str) {
    assert_eq!(key(a).unwrap().cmp(&key(b).unwrap()), order, "{a} {b}");
}

#[test]
fn dpkg_order() {
    use std::cmp::Ordering::{Equal, Less};
    check("1.0~rc1-1", Less, "1.0-1");
    check("1.0~~", Less, "1.0~");
    check("1.0~~a", Less, "1.0~");
    check("1.0", Less, "1.0a");
    check("1.0a", Less, "1.0+");
    check("1.0", Equal, "1.0-0");
    check("1.", Equal, "1.0");
    check("0:1.0", Equal, "1.0");
    check("9:0", Less, "10:0");
    check("1.2.3", Less, "1.2.10");
    check("1.2-3-1", Less, "1.2-3-2");
    check("1.0-1", Less, "1.0-1+b1");
    check("1.001", Equal, "1.1");
    check("1.99999999999999999999", Less, "1.100000000000000000000");
}

#[test]
fn refuses_what_is_no_version() {
    for bad in
        ["", ":1", "a:1", "1:", "1-", "1 2", "1_2", "1.0-1:2", "99999999999:1", "é", "latest"]
    {
        assert!(key(bad).is_err(), "{bad}");
    }
}
