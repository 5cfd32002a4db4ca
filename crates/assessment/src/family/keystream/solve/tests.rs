//! Every dial is solved from the wire alone by the strong skill, the first two by the middling one.

use super::passphrase as solve;
use crate::{Dial, Instance, MasterSeed, Oracle, Outcome, Submission, family::family};
use proptest::prelude::proptest;

fn instance(index: u32, dial: Dial) -> Instance {
    let family = family("keystream-recovery").expect("there is one");
    family.generate(&MasterSeed::new([6; 32]).instance(family.name(), index, "solver"), dial)
}

fn file(instance: &Instance, path: &str) -> String {
    let file = instance.files.iter().find(|f| f.path == path).expect("there");
    String::from_utf8(file.bytes.clone()).expect("text")
}

#[test]
fn skills_differ_by_what_they_know() {
    for index in 0..60 {
        for dial in Dial::ALL {
            let i = instance(index, dial);
            let (notes, capture) = (file(&i, "notes.md"), file(&i, "capture.txt"));
            let answer = solve(&i.prompt, &notes, &capture, true).unwrap_or_default();
            let Oracle::Answer(oracle) = &i.oracle else { panic!("an answer") };
            let judged = oracle.judge(&Submission::Answer(answer));
            assert_eq!(judged.outcome, Outcome::Pass, "seed {index} dial {dial}");
            let middling = solve(&i.prompt, &notes, &capture, false);
            assert_eq!(middling.is_some(), dial.step() <= 2);
        }
    }
}

proptest! {
    #[test]
    fn mutilated_captures_never_panic(index in 0_u32..5, dial in 0_usize..5, at in 0_usize..4_000, c in "[0-9a-z \n]") {
        let i = instance(index, Dial::ALL[dial]);
        let mut capture = file(&i, "capture.txt");
        let at = at % capture.len();
        capture.replace_range(at..=at, &c);
        let _answer = solve(&i.prompt, &file(&i, "notes.md"), &capture, true);
    }

    #[test]
    fn arbitrary_numbers_never_panic(hex in "([0-9a-f]{2}){40,90}", m in 0_u64..4_000_000_000) {
        let notes = format!("(a*x + c) mod m; m is {m}.\n    {}|\n", "a".repeat(44));
        let capture = format!("msg 1 {hex}\nmsg 2 {hex}\n");
        let _answer = solve("subject is `x`", &notes, &capture, true);
        let unknown = notes.replace(&format!("m is {m}"), "m is secret");
        let _answer = solve("subject is `x`", &unknown, &capture, true);
    }
}
