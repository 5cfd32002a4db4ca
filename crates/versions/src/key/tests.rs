//! Numbers of any size keep their order; the successor is adjacent.
use super::*;
use proptest::prelude::*;

fn number(digits: &str) -> VersionKey {
    let written = VersionKey::written(|key| {
        key.number(digits.as_bytes());
        Ok(())
    });
    written.unwrap()
}

#[test]
fn numbers_around_the_edges() {
    let ascending = [
        "",
        "1",
        "9",
        "10",
        "255",
        "256",
        "65535",
        "65536",
        "18446744073709551615",
        "18446744073709551616",
        "99999999999999999999",
        "100000000000000000000",
    ];
    for pair in ascending.windows(2) {
        assert!(number(pair[0]) < number(pair[1]), "{pair:?}");
    }
    assert_eq!(number("000"), number(""));
    assert_eq!(number("0007"), number("7"));
}

proptest! {
    #[test]
    fn numbers_keep_their_order(a: u128, b: u128) {
        prop_assert_eq!(number(&a.to_string()).cmp(&number(&b.to_string())), a.cmp(&b));
    }

    #[test]
    fn nothing_lies_between_a_key_and_its_successor(a: Vec<u8>, b: Vec<u8>) {
        let (a, b) = (VersionKey::from_bytes(&a), VersionKey::from_bytes(&b));
        prop_assert_eq!(b > a, b >= a.successor());
    }
}
