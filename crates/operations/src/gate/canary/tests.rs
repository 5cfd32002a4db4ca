//! Canaries are one recipient's, can be computed again, and a mark says whose copy it was.

use super::{Planted, WORDS, canaries, mark, whose};
use crate::testing::World;
use domain::{GrantId, PartyId};
use std::collections::BTreeSet;

#[test]
fn each_grant_has_its_own_and_they_stay() {
    let world = World::new(5);
    let node = world.node();
    let ctx = world.ctx("lab", &node);
    let grants: Vec<GrantId> = (0..200).map(|n| format!("g{n}").parse().unwrap()).collect();
    let mut known = Planted::default();
    let none = known.plant(&ctx, known.lacking(grants.iter())).unwrap();
    assert!(none.is_empty(), "no secret is made by looking");
    let mut all = BTreeSet::new();
    for grant in &grants {
        let own = canaries(&ctx, grant).unwrap();
        assert_eq!(own, canaries(&ctx, grant).unwrap());
        for canary in own {
            assert_eq!(canary.text.split(' ').count(), 6, "{}", canary.text);
            assert!(all.insert(canary.text), "no two are the same");
        }
    }
    let mut planted = known.plant(&ctx, known.lacking(grants[..150].iter())).unwrap();
    let lacking = known.lacking(grants.iter());
    assert_eq!(lacking, grants[150..], "what is planted is not planted again");
    let more = known.plant(&ctx, lacking).unwrap();
    let last = canaries(&ctx, &grants[199]).unwrap().remove(0).text;
    assert_eq!(planted.found_in(&last), []);
    planted.add(more);
    assert_eq!(planted.found_in(&last), [grants[199].clone()]);
    assert!(known.plant(&ctx, known.lacking(grants.iter())).unwrap().is_empty());
    let seventh = canaries(&ctx, &grants[7]).unwrap().remove(3).text.to_uppercase();
    assert_eq!(planted.found_in(&format!("so it said: {seventh}!")), [grants[7].clone()]);
    assert_eq!(planted.found_in("amber lantern of the old harbor"), []);
    let gov = world.ctx("gov", &node);
    assert_ne!(canaries(&gov, &grants[7]).unwrap(), canaries(&ctx, &grants[7]).unwrap());
}

#[test]
fn a_mark_says_whose_copy_it_was_as_long_as_nobody_changed_the_text() {
    let world = World::new(5);
    let ctx = world.ctx("lab", &world.node());
    let parties: Vec<PartyId> = ["lab", "gov", "press"].map(|p| p.parse().unwrap()).into();
    let copy = mark(&ctx, "A memo.\n\nTwo parts.\n", &parties[1]).unwrap();
    assert_eq!(whose(&ctx, &copy.text, &parties).unwrap(), Some(parties[1].clone()));
    assert_eq!(whose(&ctx, &copy.text, &parties[2..]).unwrap(), None);
    let changed = copy.text.replace("Two", "Three");
    assert_eq!(whose(&ctx, &changed, &parties).unwrap(), None);
    assert_eq!(whose(&ctx, "A memo.\n", &parties).unwrap(), None);
    assert_ne!(mark(&ctx, "A memo.\n\nTwo parts.", &parties[0]).unwrap().mark, copy.mark);
}

#[test]
fn words_are_words_and_each_is_there_once() {
    assert_eq!(WORDS.iter().collect::<BTreeSet<_>>().len(), WORDS.len());
    assert!(WORDS.iter().all(|w| w.bytes().all(|b| b.is_ascii_lowercase())));
}
