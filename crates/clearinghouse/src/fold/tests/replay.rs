//! Arbitrary statements: what is admitted replays to the live state, and the rules' promises hold.

use crate::tests::{
    acknowledged, attested, claim, day, drafted, duplicate, empty, engaged, exploited, fixed, pace,
    published, released, renewed, reported, sent, validated, withdrawn,
};
use crate::{Basis, Clearinghouse, Event};
use domain::{Span, Timestamp};
use proptest::prelude::*;

/// Statements of every kind on few ids, so that many are admitted and many are not.
fn statement() -> impl Strategy<Value = (u64, Event)> {
    let id = prop::sample::select(vec!["f", "g", "h"]);
    let who = prop::sample::select(vec!["lab", "school", "hub", "upstream", "library"]);
    (0_u64..120, 0_usize..17, id.clone(), id, who).prop_map(|(at, kind, id, other, who)| {
        let event = match kind {
            0 => claim(id, who, day(at + 5)),
            1 => renewed(id, who, day(at + 9)),
            2 => released(id, who),
            3 | 4 => reported(id, who),
            5 => duplicate(id, other, Basis::SameProof),
            6 | 7 => validated(id, day(at)),
            8 => drafted(id, "upstream"),
            9 => sent(id, day(at)),
            10 => acknowledged(id, who, day(at)),
            11 => fixed(id, who, day(at)),
            12 => published(id, day(at)),
            13 => pace("upstream", u32::try_from(at % 3).unwrap()),
            14 => exploited(id, day(at)),
            15 => engaged(id, day(at)),
            _ => withdrawn(id, who),
        };
        (at, event)
    })
}

fn sent_times(state: &Clearinghouse) -> Vec<Timestamp> {
    state.findings().filter_map(|f| f.sent.as_ref().map(|s| s.sent_at)).collect()
}

proptest! {
    /// A replay of what was admitted is the live state, and holds what the rules promise.
    #[test]
    fn replay_is_the_live_state(mut log in prop::collection::vec(statement(), 0..120)) {
        log.sort_by_key(|(at, _)| *at);
        let mut live = empty();
        let mut admitted = Vec::new();
        for (index, (at, event)) in (0..).zip(log) {
            let statement = attested(event, day(at), index);
            let before = live.clone();
            match live.apply(&statement) {
                Ok(()) => admitted.push(statement),
                Err(refusal) => {
                    prop_assert_eq!(&before, &live);
                    prop_assert!(!refusal.code().is_empty());
                }
            }
        }
        let mut replayed = empty();
        for statement in &admitted {
            prop_assert!(replayed.apply(statement).is_ok());
        }
        prop_assert_eq!(&replayed, &live);
        for f in live.findings() {
            let id = &f.report.finding;
            if f.sent.is_some() {
                prop_assert!(!f.validations.is_empty() || live.flaw(id).len() > 1);
                prop_assert!(f.draft.is_some());
            }
            prop_assert!(f.published.is_none() || live.believed(id));
            prop_assert_eq!(live.finders(id).is_empty(), false);
        }
        // Never more than the default or a set pace of at most two in any seven days.
        let times = sent_times(&live);
        for start in &times {
            let week = times.iter().filter(|t| *t >= start && t.since(*start) < Span::days(7));
            prop_assert!(week.count() <= 2);
        }
        for elapsed in live.tick(day(200)) {
            prop_assert!(elapsed.at() <= day(200));
        }
    }
}
