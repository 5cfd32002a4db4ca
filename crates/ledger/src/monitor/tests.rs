//! What is late, missing, mismatched or out of order is found; what is kept as it was made is not.

use super::{Concern, Finding, Key, Monitor};
use crate::reveal::{Slot, commitment};
use crate::testing::{at, party};
use data_encoding::HEXLOWER;
use domain::{Attested, Line, Statement, Timestamp};
use expect_test::expect;

fn line(text: &str) -> Line {
    text.parse().unwrap()
}

fn committed(slot: u16, slots: u16, value: &[u8]) -> Slot {
    let (set, schema) = (line("set"), line("pick/v1"));
    Slot::Committed {
        commitment: commitment(&set, (slot, slots), &schema, &[9; 32], value),
        set,
        slot,
        slots,
        schema,
        reveal_by: at(60),
        by: party("lab"),
        notary: party("gov"),
    }
}

fn revealed(slot: u16, schema: &str, value: &[u8]) -> Slot {
    let (set, by, schema) = (line("set"), party("lab"), line(schema));
    Slot::Revealed { set, slot, by, schema, salt: [9; 32], value: value.to_vec() }
}

fn attested(event: Slot, index: u64) -> Attested<Slot> {
    let signers = event.signers();
    Attested { event, issuer: party("lab"), signers, claimed_at: at(0), index }
}

/// The findings, as code and slot, after events at these minutes.
fn check(events: &[(Slot, i64)], now: i64) -> Vec<(&'static str, u16)> {
    let mut monitor = Monitor::default();
    for ((event, minute), index) in events.iter().zip(0..) {
        monitor.slot(&attested(event.clone(), index), at(*minute), None);
    }
    let found = monitor.findings(at(now));
    found.into_iter().map(|Finding { key, concern }| (concern.code(), key.slot)).collect()
}

#[test]
fn what_is_kept_raises_nothing() {
    let events = [
        (committed(1, 2, b"a"), 0),
        (committed(2, 2, b"b"), 0),
        (revealed(1, "pick/v1", b"a"), 50),
        (revealed(2, "pick/v1", b"b"), 60),
    ];
    assert_eq!(check(&events, 90), []);
    assert_eq!(check(&events[..2], 60), [], "nothing is due yet");
}

#[test]
fn late_missing_mismatched_and_reordered_are_found() {
    let (one, two) = (committed(1, 2, b"a"), committed(2, 2, b"b"));
    let both = [(one.clone(), 0), (two.clone(), 0)];
    let then = |more: &[(Slot, i64)], now| check(&[&both, more].concat(), now);
    assert_eq!(then(&[], 61), [("missing", 1), ("missing", 2)]);
    // commit many, reveal the best
    assert_eq!(then(&[(revealed(2, "pick/v1", b"b"), 9)], 61), [("reordered", 2), ("missing", 1)]);
    assert_eq!(then(&[(revealed(1, "pick/v1", b"a"), 61)], 62), [("late", 1), ("missing", 2)]);
    assert_eq!(then(&[(revealed(1, "pick/v1", b"x"), 9)], 60), [("mismatched", 1)]);
    assert_eq!(then(&[(revealed(1, "pick/v2", b"a"), 9)], 60), [("mismatched", 1)]);
    assert_eq!(then(&[(revealed(3, "pick/v1", b"a"), 9)], 60), [("uncommitted", 3)]);
    assert_eq!(then(&[(committed(1, 2, b"z"), 9)], 60), [("recommitted", 1)]);
    assert_eq!(check(&[(one, 0)], 61), [("missing", 1), ("slots", 1)]);
    assert_eq!(check(&[(committed(1, 2, b"a"), 0), (committed(2, 3, b"b"), 0)], 9), [("slots", 1)]);
    assert_eq!(check(&[(committed(3, 2, b"a"), 0)], 9), [("slots", 3)]);
}

/// A commitment without its notary's signature is none.
#[test]
fn the_notary_must_have_signed() {
    let mut monitor = Monitor::default();
    let mut alone = attested(committed(1, 1, b"a"), 0);
    alone.signers = [party("lab")].into();
    monitor.slot(&alone, at(0), None);
    monitor.slot(&attested(revealed(1, "pick/v1", b"a"), 1), at(1), None);
    let found = monitor.findings(at(2));
    assert!(matches!(found.as_slice(), [Finding { concern: Concern::Uncommitted, .. }]));
}

#[test]
fn what_cannot_be_read_is_not_called_missing() {
    let mut monitor = Monitor::default();
    for (slot, index) in [(1, 0), (2, 1)] {
        monitor.slot(&attested(committed(slot, 2, b"a"), index), at(0), None);
    }
    monitor.unread(party("lab"));
    let codes: Vec<_> = monitor.findings(at(61)).iter().map(|f| f.concern.code()).collect();
    assert_eq!(codes, ["unseen", "missing"], "one hidden reveal is one slot at most");
}

#[test]
fn a_result_rests_on_what_was_there() {
    let key = Key { by: party("lab"), set: "set".to_owned(), slot: 1 };
    let early = |vouched: Option<Timestamp>, begun: i64| {
        let mut monitor = Monitor::default();
        monitor.slot(&attested(committed(1, 1, b"a"), 0), at(5), vouched);
        monitor.result(key.clone(), at(begun));
        !monitor.findings(at(6)).is_empty()
    };
    assert!(early(None, 4) && !early(None, 5));
    assert!(early(Some(at(8)), 7) && !early(Some(at(8)), 8));
}

/// Never edited.
#[test]
fn golden_bytes() {
    let committed = committed(1, 2, b"a").to_bytes();
    expect!["820088637365740102677069636b2f76311b0006618f96e3e800583068fc0890ec7605decb94953d7016c80842831ff94f5a1ee0bab591779a0c0da343f959a1966158cc81601fa66049bce7636c616263676f76"].assert_eq(&HEXLOWER.encode(&committed));
    let revealed = revealed(1, "pick/v1", b"a").to_bytes();
    expect!["8201866373657401636c6162677069636b2f7631582009090909090909090909090909090909090909090909090909090909090909094161"].assert_eq(&HEXLOWER.encode(&revealed));
    assert_eq!(Slot::from_bytes(&committed).unwrap().kind(), "committed");
    assert_eq!(Slot::from_bytes(&revealed).unwrap().kind(), "revealed");
}
