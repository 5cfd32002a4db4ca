//! Programs whose only key is the reference, and a solver that bears damaged ones.

use super::Machine;
use crate::family::{Dial, Effort, Family as _, Instance};
use crate::oracle::Submission;
use crate::seed::MasterSeed;
use proptest::prelude::proptest;
use std::sync::LazyLock;

fn instance(index: u32, dial: Dial) -> Instance {
    Machine.generate(&MasterSeed::new([2; 32]).instance("bytecode-lock", index, "r"), dial)
}

#[test]
fn the_passphrase_is_found_from_source_and_program() {
    for index in 0..8 {
        for dial in Dial::ALL {
            let i = instance(index, dial);
            assert_eq!(Machine.solve(&i.view(), Effort::Full), Some(i.reference.clone()), "{dial}");
            let bytes = i.files.iter().map(|f| f.bytes.len()).sum::<usize>();
            assert!(bytes < 10_000, "{bytes}");
        }
    }
}

#[test]
fn the_second_stage_is_masked() {
    // the same byte at the same place of two locks with one opcode table would show it
    let i = instance(1, Dial::ALL[4]);
    let mut broken = i.clone();
    let text = String::from_utf8(broken.files[1].bytes.clone()).expect("hexadecimal");
    let mut digits: Vec<char> = text.chars().collect();
    let at = (256 + 90 * 3) * 2;
    digits[at] = if digits[at] == '0' { '1' } else { '0' };
    broken.files[1].bytes = digits.into_iter().collect::<String>().into_bytes();
    assert_eq!(Machine.solve(&broken.view(), Effort::Full), None);
    assert!(matches!(i.reference, Submission::Answer(_)));
}

static LOCKS: LazyLock<Vec<Instance>> =
    LazyLock::new(|| Dial::ALL.map(|dial| instance(0, dial)).to_vec());

proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(40))]
    #[test]
    fn damaged_programs_never_panic(dial in 0_usize..5, file in 0_usize..2, at in 0_usize..4_000, c in "[0-9a-z \n]") {
        let mut i = LOCKS[dial].clone();
        let mut text = String::from_utf8(i.files[file].bytes.clone()).expect("text");
        let at = at % text.len();
        text.replace_range(at..=at, &c);
        i.files[file].bytes = text.into_bytes();
        let _found = Machine.solve(&i.view(), Effort::Full);
    }
}
