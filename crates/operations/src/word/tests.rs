//! Who can say what directly, and how a file stands that says something else.

use super::{Found, Given, Unheard, give, given, marked, read, take_back, take_over};
use crate::testing::{World, release};
use access::{Breach, BreachKind, Event, Scope, Withdrawal};
use domain::{Role, Statement, Timestamp};
use std::fs;

fn at() -> Timestamp {
    "2026-11-20T10:00:00Z".parse().unwrap()
}

fn withdrawal() -> Event {
    Event::AccessWithdrawn(Withdrawal {
        case: "case-1".parse().unwrap(),
        developer: "lab".parse().unwrap(),
        scope: Scope::Case,
        reason: "enough".parse().unwrap(),
    })
}

fn breach(by: &str, stops: bool) -> Event {
    Event::BreachNoticed(Breach {
        case: "case-1".parse().unwrap(),
        incident: "incident-1".parse().unwrap(),
        by: by.parse().unwrap(),
        about: "lab".parse().unwrap(),
        kind: BreachKind::Leak,
        account: "seen".parse().unwrap(),
        occurred_at: None,
        aware_at: at(),
        stops,
    })
}

fn everybody() -> World {
    let roles =
        [("lab", Role::Developer), ("gov", Role::Government), ("institute", Role::Evaluator)];
    World::with(7, &roles)
}

#[test]
fn a_developer_s_word_lies_where_its_gateway_looks_and_is_read_back() {
    let world = everybody();
    let node = world.node();
    let lab = world.ctx("lab", &node);
    for event in [withdrawal(), breach("lab", true)] {
        let Given::Here(path) = give(&lab, &event).unwrap() else { panic!("{event:?}") };
        let found = given(lab.home.folder(), |bytes| read(bytes, &lab.trust)).unwrap();
        let [Found { path: at_path, word: Ok(said) }] = found.as_slice() else {
            panic!("{found:?}")
        };
        assert_eq!((at_path, &said.event, said.by.as_str()), (&path, &event, "lab"));
        assert_eq!(said.said_at, at());
        take_back(&lab, &event).unwrap();
        assert!(!path.exists());
    }
    for event in [breach("lab", false), release("model-1")] {
        assert_eq!(give(&lab, &event).unwrap(), Given::Not);
    }
}

#[test]
fn government_s_word_is_handed_over_and_an_evaluator_has_none() {
    let world = everybody();
    let node = world.node();
    let (lab, gov) = (world.ctx("lab", &node), world.ctx("gov", &node));
    let Given::ToHand(file) = give(&gov, &breach("gov", true)).unwrap() else { panic!("a file") };
    let taken = take_over(&lab, &file, &lab.trust).unwrap();
    assert!(taken.path.starts_with(lab.home.folder().join("words")), "{taken:?}");
    assert_eq!(taken.word.as_ref().map(|said| said.by.as_str()), Ok("gov"));
    assert_eq!(fs::read(&taken.path).unwrap(), fs::read(&file).unwrap(), "as it was signed");
    assert_eq!(give(&gov, &withdrawal()).unwrap(), Given::Not, "access is not theirs to withdraw");
    let institute = world.ctx("institute", &node);
    assert_eq!(give(&institute, &breach("institute", true)).unwrap(), Given::Not);
}

#[test]
fn what_is_no_word_of_whoever_signed_it_is_refused_and_the_rest_can_t_be_verified() {
    let world = everybody();
    let node = world.node();
    let (lab, gov) = (world.ctx("lab", &node), world.ctx("gov", &node));
    let log = lab.trust.log().origin();
    let signed = |log: &str, by: &crate::act::Ctx, as_whom: &str, event: &Event| {
        let party = as_whom.parse().unwrap();
        ledger::Word::sign(log, &party, event, by.home.keys(), at()).to_bytes()
    };
    let refused = [
        (signed(log, &gov, "gov", &withdrawal()), "`gov` signed it, but speaks for somebody else"),
        (
            signed(log, &lab, "lab", &release("model-1")),
            "`lab` signed it, but `model-released` can't be said directly",
        ),
        (
            signed(log, &lab, "lab", &breach("lab", false)),
            "`lab` signed it, but `breach-noticed` can't be said directly",
        ),
        (signed("log.example/other", &lab, "lab", &withdrawal()), "signed for the log `log.exam"),
    ];
    for (bytes, why) in refused {
        let unheard = read(&bytes, &lab.trust).unwrap_err();
        assert!(matches!(&unheard, Unheard::Refused(said) if said.starts_with(why)), "{unheard:?}");
    }
    let good = signed(log, &lab, "lab", &withdrawal());
    let unverified = [
        (withdrawal().to_bytes(), "it is not signed"),
        (signed(log, &gov, "lab", &withdrawal()), "the Ed25519 signature of `lab`"),
        (signed(log, &gov, "nobody", &withdrawal()), "`nobody` is not in the roots of trust"),
        (good[..good.len() - 1].to_vec(), "the signed word can't be read"),
        (Vec::new(), "it is no signed word"),
    ];
    for (bytes, why) in unverified {
        let unheard = read(&bytes, &lab.trust).unwrap_err();
        assert!(
            matches!(&unheard, Unheard::Unverified(said) if said.starts_with(why)),
            "{unheard:?}"
        );
        let file = world.folder.path().join("file.word");
        fs::write(&file, bytes).unwrap();
        assert_eq!(take_over(&lab, &file, &lab.trust).unwrap().word, Err(unheard));
        assert!(!lab.home.folder().join("words").exists(), "nothing is taken over");
    }
}

#[test]
fn a_file_that_takes_another_s_place_is_told_from_it() {
    let world = everybody();
    let node = world.node();
    let lab = world.ctx("lab", &node);
    let Given::Here(path) = give(&lab, &withdrawal()).unwrap() else { panic!("a word") };
    let before = marked(lab.home.folder()).unwrap();
    assert_eq!(marked(lab.home.folder()).unwrap(), before, "nothing happened");
    // the same name and the same length, as a damaged word has
    let mut bytes = fs::read(&path).unwrap();
    bytes[100] ^= 1;
    let beside = path.with_extension("beside");
    fs::write(&beside, bytes).unwrap();
    fs::rename(beside, &path).unwrap();
    let after = marked(lab.home.folder()).unwrap();
    assert_eq!((before.len(), after.len()), (1, 1));
    assert_eq!(before[0].0, after[0].0);
    assert_ne!(before, after);
}
