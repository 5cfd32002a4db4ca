//! Generated programs as text, and the model of what they must do.

use super::model::Command;
use super::{ALL, BTreeSet, Dial, Draws, Notes, Patch};
use crate::family::{Effort, Family as _};
use crate::oracle::Submission;
use crate::seed::MasterSeed;
use proptest::prelude::proptest;

fn notes(index: u32, dial: Dial) -> Notes {
    let seed = MasterSeed::new([3; 32]).instance("patch-notes", index, "r");
    Notes::draw(&mut Draws::new(&seed, "notes"), dial)
}

#[test]
fn dials_have_as_many_bugs_as_they_say() {
    for index in 0..60 {
        for dial in Dial::ALL {
            let n = notes(index, dial);
            let bugs = usize::from(dial.step().saturating_sub(2)).max(1);
            assert_eq!(n.bugs.len(), bugs);
            assert!(n.room > n.width && n.room < 2 * n.width - 1 && n.most * n.unit > 65_536);
            let (with, without) = (n.source(&n.bugs), n.source(&BTreeSet::new()));
            assert!(!with.contains('@'), "{with}");
            let differ = with.lines().zip(without.lines()).filter(|(a, b)| a != b).count();
            assert_eq!(differ, bugs);
        }
    }
}

#[test]
fn the_solver_corrects_every_bug_and_nothing_else() {
    for index in 0..40 {
        let n = notes(index, Dial::ALL[4]);
        let right = n.source(&BTreeSet::new());
        for bug in ALL {
            let found = super::solve::patched(&n.source(&[bug].into()));
            assert_eq!(found.as_deref(), Some(right.as_str()), "{bug:?}");
        }
        assert_eq!(super::solve::patched(&right), None);
    }
}

#[test]
fn the_model_answers() {
    let mut n = notes(0, Dial::ALL[0]);
    (n.slots, n.width, n.room, n.unit, n.most) = (3, 8, 12, 10, 7_000);
    let put = |slot, text: &str| Command::Put(slot, text.to_owned());
    let commands = [
        put(2, "seven77"),
        put(2, "eight888"),
        put(3, "x"),
        put(-1, "x"),
        put(0, "four"),
        Command::Get(2),
        Command::Get(1),
        Command::Join(0, 2),
        Command::Join(2, 2),
        Command::Add(0, -5),
        Command::Add(-1, 1),
        Command::Fill(7_001, 'a'),
    ];
    expect_test::expect![[r"
        kept 2 7
        error
        error
        error
        kept 0 4
        2 seven77
        1 empty
        joined fourseven77
        error
        0 -5
        error
        error
    "]]
    .assert_eq(&n.answers(&commands));
}

proptest! {
    #[test]
    fn mutilated_sources_never_panic(index in 0_u32..5, from in 0_usize..5_000, len in 0_usize..400) {
        let seed = MasterSeed::new([3; 32]).instance("patch-notes", index, "r");
        let mut instance = Patch.generate(&seed, Dial::ALL[4]);
        let bytes = &mut instance.files[0].bytes;
        let (from, end) = (from.min(bytes.len()), (from + len).min(bytes.len()));
        bytes.drain(from..end);
        let _found: Option<Submission> = Patch.solve(&instance.view(), Effort::Full);
    }
}
