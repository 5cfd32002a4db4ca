//! Groups: the order of confirmation and repetition change nothing, and no finder is lost.

use super::{Basis, Groups, Keys};
use crate::tests::{digest, duplicate, finding, fold, line, party, report, reported};
use crate::{Candidate, Event, FindingReport};
use domain::FindingId;
use proptest::prelude::*;

fn judged() -> Basis {
    Basis::Judged { person: "coordinator-3".parse().unwrap(), why: line("one root cause") }
}

#[test]
fn digests_propose_and_a_word_confirms() {
    let other = |id: &str, by: &str, proof: &str, content: &str| {
        let report = report(id, by);
        Event::FindingReported(FindingReport {
            proof: Some(digest(proof)),
            content: digest(content),
            ..report
        })
    };
    let mut log = vec![
        (2, reported("f-1", "lab")),
        (3, reported("f-2", "school")),
        (3, other("f-3", "school", "another", "f-1")),
        (4, other("f-4", "lab", "third", "f-4")),
    ];
    let state = fold(&log);
    let candidate =
        |f: &str, of: &str, basis| Candidate { finding: finding(f), of: finding(of), basis };
    assert_eq!(
        state.candidates(),
        [candidate("f-2", "f-1", Basis::SameProof), candidate("f-3", "f-1", Basis::SameContent)]
    );
    log.push((5, duplicate("f-2", "f-1", Basis::SameProof)));
    log.push((5, duplicate("f-4", "f-3", judged())));
    log.push((6, duplicate("f-4", "f-2", judged())));
    let state = fold(&log);
    assert_eq!(state.candidates(), []);
    let flaw: Vec<_> =
        state.flaw(&finding("f-4")).iter().map(|f| f.report.finding.as_str()).collect();
    assert_eq!(flaw, ["f-1", "f-2", "f-3", "f-4"]);
    assert_eq!(state.finders(&finding("f-3")), [&party("lab"), &party("school")]);
    assert_eq!(state.head(&finding("f-4")).as_str(), "f-1");
}

#[test]
fn a_report_is_told_of_its_twins() {
    let state = fold(&[(2, reported("f-1", "lab"))]);
    let (_, twins) = state.report(report("f-2", "school"), crate::tests::day(3)).unwrap();
    assert_eq!(twins.len(), 1);
    assert_eq!(twins[0].of, finding("f-1"));
}

fn id(n: usize) -> FindingId {
    finding(&format!("f-{n}"))
}

fn groups(joins: &[(usize, usize)]) -> Groups {
    let mut groups = Groups::default();
    for (n, index) in (0..8).zip(0..) {
        groups.add(&id(n), index);
    }
    for (one, two) in joins {
        groups.join(&id(*one), &id(*two));
    }
    groups
}

proptest! {
    #[test]
    fn joining_is_idempotent_and_free_of_order(
        joins in prop::collection::vec((0_usize..8, 0_usize..8), 0..10),
        swaps in prop::collection::vec(any::<prop::sample::Index>(), 10),
    ) {
        let once = groups(&joins);
        let mut shuffled: Vec<_> = joins.iter().map(|(a, b)| (*b, *a)).collect();
        for (i, swap) in (0..shuffled.len()).zip(swaps) {
            let j = swap.index(shuffled.len());
            shuffled.swap(i, j);
        }
        prop_assert_eq!(&groups(&shuffled), &once);
        let twice = [joins.as_slice(), shuffled.as_slice()].concat();
        prop_assert_eq!(&groups(&twice), &once);
        // Every finding is in exactly one group, and its head is the group's first.
        let mut seen = 0;
        for n in 0..8 {
            let (one, members) = (id(n), once.members(&id(n)).len());
            prop_assert!(once.members(&one).contains(&&one));
            prop_assert_eq!(once.members(&one)[0], once.head(&one));
            seen += usize::from(*once.head(&one) == one) * members;
        }
        prop_assert_eq!(seen, 8);
    }

    #[test]
    fn confirming_all_candidates_leaves_none(digests in prop::collection::vec((0_u8..4, 0_u8..4, 0_u8..4), 8)) {
        let key = |n: u8| digest(&n.to_string());
        let findings: Vec<_> = (0..8).map(id).collect();
        let keys: Vec<_> = digests
            .iter()
            .map(|(p, f, c)| Keys { proof: (*p > 0).then(|| key(*p)), fix: (*f > 0).then(|| key(*f)), content: key(*c) })
            .collect();
        let pairs = || findings.iter().zip(keys.iter().copied());
        let mut all = groups(&[]);
        let candidates = all.candidates(pairs());
        for c in &candidates {
            all.join(&c.finding, &c.of);
        }
        prop_assert!(all.candidates(pairs()).is_empty());
        let mut reversed = groups(&[]);
        for c in candidates.iter().rev() {
            reversed.join(&c.finding, &c.of);
        }
        prop_assert_eq!(all, reversed);
    }
}
