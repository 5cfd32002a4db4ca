//! Keys order as `pep440_rs` and the specification do.
use super::*;
use proptest::prelude::*;
use std::str::FromStr;

fn key(text: &str) -> Result<crate::VersionKey, &'static str> {
    crate::VersionKey::written(|key| write(text, key))
}

#[test]
fn the_order_of_the_specification() {
    // version specifiers specification, "Summary of permitted suffixes and relative ordering"
    let ascending = [
        "1.dev0",
        "1.0.dev456",
        "1.0a1",
        "1.0a2.dev456",
        "1.0a12.dev456",
        "1.0a12",
        "1.0b1.dev456",
        "1.0b2",
        "1.0b2.post345.dev456",
        "1.0b2.post345",
        "1.0rc1.dev456",
        "1.0rc1",
        "1.0",
        "1.0+abc.5",
        "1.0+abc.7",
        "1.0+5",
        "1.0.post456.dev34",
        "1.0.post456",
        "1.0.15",
        "1.1.dev1",
        "1!0.1",
    ];
    for pair in ascending.windows(2) {
        assert!(key(pair[0]).unwrap() < key(pair[1]).unwrap(), "{pair:?}");
    }
}

#[test]
fn spellings_of_one_version() {
    let check = |a: &str, b: &str| assert_eq!(key(a), key(b), "{a} and {b}");
    check("1.0", "1");
    check("1.0.0", "v1");
    check("0", "0.0");
    check("1.1.RC1", "1.1rc1");
    check("1.1-c1", "1.1_pre.1");
    check("1.2-1", "1.2.post1");
    check("1.2.r7", "1.2.rev-7");
    check("1.0a", "1.0.alpha.0");
    check("1.0+ubuntu-1", "1.0+Ubuntu.1");
    check(" 1.0\t", "01.00");
    check("1.0a.", "1.0a0");
}

#[test]
fn refuses_what_is_no_version() {
    for bad in ["", "a", "1..2", "1.0+", "1.0+a..b", "1.0+é", "1.x", "2004q", "1!", "=1.0", "1.*"]
    {
        assert!(key(bad).is_err(), "{bad}");
    }
}

const GRAMMAR: &str = r"([1-2]!)?[0-9]{1,2}(\.[0-9]{1,2}){0,3}((a|b|rc)[0-9]{0,2})?(\.post[0-9]{0,2})?(\.dev[0-9]{0,2})?(\+([a-z]{1,2}|[0-9]{1,2})(\.([a-z]{1,2}|[0-9]{1,2})){0,2})?";

proptest! {
    #[test]
    fn keys_order_as_pep440_rs(a in GRAMMAR, b in GRAMMAR) {
        let oracle = |text: &str| pep440_rs::Version::from_str(text).unwrap();
        prop_assert_eq!(
            key(&a).unwrap().cmp(&key(&b).unwrap()),
            oracle(&a).cmp(&oracle(&b)),
            "{} {}", a, b
        );
    }

    #[test]
    fn reads_whatever_pep440_rs_reads(text in r"[v0-9.!+_ a-cdeoprstv-]{0,10}") {
        if pep440_rs::Version::from_str(&text).is_ok() {
            prop_assert!(key(&text).is_ok(), "{}", text);
        }
    }
}
