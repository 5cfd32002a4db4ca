//! Gaps, forks, replays and clocks, each by name.

use crate::leaf::Leaf;
use crate::testing::{Log, at, draft, party, secret, stated};
use crate::{ChainFault, Position, Seen};
use domain::Digest;
use expect_test::{Expect, expect};

fn leaf(text: &str, position: Position) -> Leaf {
    let draft = draft(&stated("lab", text), "lab", None);
    draft.issue(position, secret("lab")).unwrap().check().unwrap().0
}

fn check(change: impl FnOnce(Position) -> Position, voids: bool, expected: Expect) {
    let mut log = Log::new();
    log.state("lab", "one", None);
    log.state("gov", "two", None);
    log.state("lab", "three", None);
    let next = change(log.position("lab", 10));
    let fault = log.chains.check(&leaf("four", next), 3).unwrap_err();
    expected.assert_eq(&fault.to_string());
    assert_eq!(fault.voids(), voids);
}

#[test]
fn faults_are_named() {
    let gap = |p: Position| Position { sequence: p.sequence + 2, ..p };
    check(gap, false, expect!["statements 2 to 3 of `lab` are missing before this one"]);
    check(
        |p| Position { sequence: 1, ..p },
        true,
        expect!["`lab` issued sequence 1 again; 2 is next"],
    );
    let other = |p: Position| Position { previous: Some(Digest::of(b"other")), ..p };
    check(
        other,
        false,
        expect!["statement 2 of `lab` names another predecessor than the one at index 2"],
    );
    check(
        |p| Position { issued_at: at(1), ..p },
        false,
        expect![
            "`lab` issued this at 2026-12-01T09:01:00Z, before its previous statement at 2026-12-01T09:02:00Z"
        ],
    );
    let ahead = Some(Seen { size: 4, root: Digest::of(b"") });
    check(
        |p| Position { seen: ahead, ..p },
        false,
        expect!["quotes a checkpoint of 4 leaves, but is itself leaf 3"],
    );
}

#[test]
fn a_replayed_statement_is_refused() {
    let mut log = Log::new();
    let first = log.state("lab", "one", None);
    let again = leaf("one", log.position("lab", 5));
    assert_eq!(again.id(), first.id, "the same header under another position");
    let fault = log.chains.check(&again, 1).unwrap_err();
    assert_eq!(fault, ChainFault::Replayed { id: first.id, first: 0 });
    let before = log.chains.clone();
    assert_eq!(log.chains.admit(&again, again.hash(), 1), Some(fault));
    assert_eq!(log.chains, before, "what does not count moves nothing");
}

#[test]
fn one_gap_is_reported_once() {
    let mut log = Log::new();
    log.state("lab", "one", None);
    let next = log.position("lab", 1);
    let late = leaf("two", Position { sequence: 5, ..next });
    let fault = log.chains.admit(&late, late.hash(), 1);
    assert_eq!(fault, Some(ChainFault::Gap { issuer: party("lab"), from: 1, to: 4 }));
    let next = leaf("three", log.chains.next(&party("lab"), None, at(9)));
    assert_eq!(next.position().sequence, 6);
    assert_eq!(log.chains.admit(&next, next.hash(), 2), None);
    assert_eq!(log.chains.index_of(&next.id()), Some(2));
}
