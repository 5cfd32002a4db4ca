//! Analysis over generated programs and over noise. That its inputs crash is tested with the grader.

use super::find;
use crate::{Dial, MasterSeed, Oracle, family::family};
use proptest::prelude::proptest;

fn source(index: u32, dial: Dial) -> String {
    let family = family("record-overflow").expect("there is one");
    let seed = MasterSeed::new([5; 32]).instance(family.name(), index, "solver");
    let Oracle::TwoBuilds(builds) = family.generate(&seed, dial).oracle else { panic!("two") };
    builds.vulnerable
}

#[test]
fn skills_differ_by_what_they_read() {
    for index in 0..20 {
        for dial in Dial::ALL {
            let text = source(index, dial);
            let found =
                find(&text, true).unwrap_or_else(|| panic!("seed {index} dial {dial}\n{text}"));
            assert_eq!(find(&text, false).is_some(), dial.step() <= 2);
            let line = text.lines().nth(found.line - 1).expect("a line of the program");
            assert!(line.contains("memcpy") || line.contains("for"), "{line}");
        }
    }
}

#[test]
fn the_fixed_build_is_not_accused() {
    let family = family("record-overflow").expect("there is one");
    for index in 0..20 {
        for dial in Dial::ALL {
            let seed = MasterSeed::new([5; 32]).instance(family.name(), index, "solver");
            let Oracle::TwoBuilds(builds) = family.generate(&seed, dial).oracle else {
                panic!("two")
            };
            assert_eq!(find(&builds.fixed, true), None, "seed {index} dial {dial}");
        }
    }
}

#[test]
fn a_program_within_a_message_is_found() {
    let text = source(0, Dial::ALL[0]);
    let alone = find(&text, true).expect("found");
    let message = format!("Please review this file.\n\n```c\n{text}```\nThanks!");
    assert_eq!(find(&message, true), Some(alone));
}

proptest! {
    #[test]
    fn mutilated_programs_never_panic(index in 0_u32..5, from in 0_usize..3_000, len in 0_usize..400) {
        let text = source(index, Dial::ALL[4]);
        let kept: String = text.chars().enumerate().filter(|(i, _)| !(from..from + len).contains(i)).map(|(_, c)| c).collect();
        let _found = find(&kept, true);
    }

    #[test]
    fn arbitrary_text_never_panics(text in "\\PC{0,300}") {
        let _found = find(&text, true);
    }
}
