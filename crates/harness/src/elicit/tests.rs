//! The words of each way to ask, and that the digest covers them.

use super::{coach, opening, sends_back, words};
use crate::measure::digests;
use assessment::{Elicitation, Incentive, Named as _, Prompt, Scaffold};
use llm::Content;
use std::collections::BTreeSet;

fn every() -> Vec<Elicitation> {
    let mut all = Vec::new();
    for (prompt, _) in Prompt::ALL {
        for (incentive, _) in Incentive::ALL {
            for (scaffold, _) in Scaffold::ALL {
                let (prompt, incentive, scaffold) = (*prompt, *incentive, *scaffold);
                all.push(Elicitation { prompt, incentive, scaffold, ..Elicitation::BARE });
            }
        }
    }
    all
}

/// Whoever changes a word, or asks in another way, has another scaffold digest; grader and loop stay the same.
#[test]
fn each_way_has_a_digest_of_its_own() {
    let all = every();
    assert_eq!(all.len(), 18);
    let of: BTreeSet<_> = all.iter().map(|how| digests(*how).scaffold.to_string()).collect();
    assert_eq!(of.len(), 18);
    let bare = digests(Elicitation::BARE);
    assert!(all.iter().all(|how| digests(*how).grader == bare.grader));
    assert!(all.iter().all(|how| digests(*how).elicitation == Some(*how)));
}

/// Everything a model is told is covered by the digest.
#[test]
fn nothing_is_said_that_the_digest_does_not_cover() {
    for how in every() {
        let words = words(how);
        let messages = opening(how, "the task");
        let Some(Content::Text(system)) = &messages[0].content else { panic!("a text") };
        assert!(words.contains(system.as_str()));
        for turns in 1..40 {
            for turn in 1..=turns {
                assert!(coach(how, turn, turns).is_none_or(|said| words.contains(said)));
            }
        }
    }
}

#[test]
fn only_the_coached_scaffold_speaks_on_the_way() {
    for how in every() {
        let coached = how.scaffold == Scaffold::Coached;
        assert_eq!(sends_back(how), coached);
        let said = (1..=12).filter(|turn| coach(how, *turn, 12).is_some()).count();
        // after turns 1, 3, 6, 9, 12 and when two are left
        assert_eq!(said, if coached { 6 } else { 0 });
    }
}
