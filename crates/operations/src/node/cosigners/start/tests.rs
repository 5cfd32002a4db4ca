//! The rule of starting, case by case.
use super::*;
use crate::node::cosigners::Silence;

const ROOT: [u8; 32] = [5; 32];

fn ours() -> Head {
    Head { size: 5, root: ROOT }
}

fn said(name: &str, standing: Standing, answer: Result<Known, Silence>) -> Said {
    Said { name: name.to_owned(), standing, answer }
}

fn knows(size: u64) -> Result<Known, Silence> {
    Ok(Known { size, ..Known::default() })
}

fn shows(size: u64, root: [u8; 32]) -> Result<Known, Silence> {
    Ok(Known { size, other_root: false, shown: Some(Head { size, root }) })
}

fn decide(said: &[Said], ordered: bool) -> Result<Unheard, StartRefusal> {
    // our own roots of smaller trees
    let root_at = |size: u64| (size < 5).then(|| [u8::try_from(size).expect("small"); 32]);
    check_start(&ours(), &root_at, said, ordered)
}

#[test]
fn whoever_is_ahead_or_elsewhere_stops_it_and_no_order_helps() {
    use Standing::{Inspector, Main};
    let other = Ok(Known { size: 5, other_root: true, shown: None });
    for (answer, ahead) in [
        (knows(6), true),
        (shows(6, [9; 32]), true),
        // its own word may be older than what it shows
        (Ok(Known { size: 3, other_root: false, shown: Some(Head { size: 7, root: ROOT }) }), true),
        (other, false),
        (shows(5, [9; 32]), false),
        (shows(3, [9; 32]), false),
    ] {
        for standing in [Main, Inspector] {
            for ordered in [false, true] {
                let all = [said("lab", Main, knows(5)), said("odd", standing, answer.clone())];
                let refusal = decide(&all, ordered).expect_err("refuses");
                assert_eq!(matches!(refusal, StartRefusal::Ahead { .. }), ahead, "{refusal}");
                assert!(refusal.to_string().contains("`odd`"), "{refusal}");
                assert!(refusal.to_string().contains("nothing was signed"), "{refusal}");
            }
        }
    }
}

#[test]
fn one_main_answer_is_enough_and_the_silent_are_named() {
    use Standing::{Inspector, Main};
    let stalled = || Err(Silence::Stalled);
    let all = [said("lab", Main, stalled()), said("gov", Main, shows(3, [3; 32]))];
    assert_eq!(
        decide(&all, false).expect("starts"),
        [("lab".to_owned(), "no answer in time".to_owned())]
    );
    // the inspector's answer does not stand in for a main party's
    let all = [said("lab", Main, stalled()), said("ig", Inspector, knows(5))];
    let refusal = decide(&all, false).expect_err("refuses");
    assert!(refusal.to_string().contains("`lab`: no answer in time"), "{refusal}");
    assert_eq!(decide(&all, true).expect("ordered").len(), 1);
    // unless no main party has a witness
    assert!(decide(&[said("ig", Inspector, knows(5))], false).is_ok());
    assert!(decide(&[said("ig", Inspector, stalled())], false).is_err());
    assert!(decide(&[], false).expect("no cosigners").is_empty());
}
