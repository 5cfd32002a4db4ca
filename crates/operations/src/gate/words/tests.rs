//! What a gateway makes of the folder of words, look by look.

use super::Words;
use crate::act::Ctx;
use crate::testing::World;
use crate::word;
use access::{Bounds, Event, Reviews, Scope, Withdrawal};
use domain::Role;
use gateway::Heard;
use std::collections::BTreeMap;
use std::fs;

fn withdrawal(case: &str) -> Event {
    Event::AccessWithdrawn(Withdrawal {
        case: case.parse().unwrap(),
        developer: "lab".parse().unwrap(),
        scope: Scope::Case,
        reason: "enough".parse().unwrap(),
    })
}

fn heard(words: &Words) -> Heard {
    let mut reviews = Reviews::new(BTreeMap::new(), Bounds::default());
    words.hear();
    words.heed(&mut reviews)
}

fn count(obeyed: usize, refused: usize, unverified: usize) -> Heard {
    Heard { obeyed, refused, unverified }
}

#[test]
fn words_are_counted_and_a_withdrawal_outlives_its_file() {
    let world = World::with(7, &[("lab", Role::Developer), ("gov", Role::Government)]);
    let node = world.node();
    let lab: Ctx = world.ctx("lab", &node);
    let words = Words::of(lab.home.folder(), &lab.trust);
    assert_eq!(heard(&words), count(0, 0, 0), "no folder is no word");
    word::give(&lab, &withdrawal("case-1")).unwrap();
    let word::Given::Here(path) = word::give(&lab, &withdrawal("case-2")).unwrap() else {
        panic!("a developer's word")
    };
    assert_eq!(heard(&words), count(2, 0, 0));
    fs::remove_file(&path).unwrap();
    assert_eq!(heard(&words), count(2, 0, 0), "heard is heard");

    // another's, under any name; and something that nobody said
    let gov = world.ctx("gov", &node);
    let (log, at) = (lab.trust.log().origin(), gov.clock.now());
    let theirs = ledger::Word::sign(log, gov.home.id(), &withdrawal("case-1"), gov.home.keys(), at);
    fs::write(path.with_file_name("theirs.word"), theirs.to_bytes()).unwrap();
    let torn = path.with_file_name("torn.word");
    fs::write(&torn, &theirs.to_bytes()[..99]).unwrap();
    assert_eq!(heard(&words), count(2, 1, 1));
    fs::remove_file(&torn).unwrap();
    assert_eq!(heard(&words), count(2, 1, 0), "nothing of it stays");

    // a folder that can't be read could hold a word
    fs::remove_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path.parent().unwrap(), b"no folder").unwrap();
    assert_eq!(heard(&words), count(2, 0, 1));
}

#[test]
fn a_word_by_a_key_that_is_not_known_yet_is_obeyed_once_it_is() {
    let world = World::with(7, &[("lab", Role::Developer), ("gov", Role::Government)]);
    let other = World::with(8, &[("lab", Role::Developer), ("gov", Role::Government)]);
    let (node, its_node) = (world.node(), other.node());
    let (lab, later) = (world.ctx("lab", &node), other.ctx("lab", &its_node));
    word::give(&lab, &withdrawal("case-1")).unwrap();
    let words = Words::of(lab.home.folder(), &later.trust);
    assert_eq!(heard(&words), count(0, 0, 1));
    words.learn(&lab.trust);
    assert_eq!(heard(&words), count(1, 0, 0));
}
