//! Generated programs as text and bytes. That they behave is tested where programs run: the harness.

use super::{Overflow, Program};
use crate::family::{Dial, Family as _};
use crate::oracle::{Oracle, Submission};
use crate::seed::MasterSeed;

#[test]
fn the_builds_differ_in_the_bound_alone() {
    let master = MasterSeed::new([1; 32]);
    for index in 0..100 {
        for dial in Dial::ALL {
            let instance = Overflow.generate(&master.instance("record-overflow", index, "r"), dial);
            let Oracle::TwoBuilds(builds) = &instance.oracle else { panic!("two builds") };
            let vulnerable: Vec<_> = builds.vulnerable.lines().collect();
            let fixed: Vec<_> = builds.fixed.lines().collect();
            assert_eq!(vulnerable.len(), fixed.len());
            let differ = vulnerable.iter().zip(&fixed).filter(|(a, b)| a != b).count();
            assert_eq!(differ, 1, "seed {index}, dial {dial}");
            let agent = instance.files.first().map(|f| f.bytes.as_slice());
            assert_eq!(agent, Some(builds.vulnerable.as_bytes()));
        }
    }
}

#[test]
fn each_dial_adds_what_its_table_says() {
    let master = MasterSeed::new([2; 32]);
    for index in 0..40 {
        for dial in Dial::ALL {
            let step = dial.step();
            let p = Program::draw(&master.instance("record-overflow", index, "r"), dial);
            assert_eq!(p.key.is_empty(), step < 3);
            assert_eq!(p.tag.is_empty(), step < 3);
            assert_eq!(p.sum.is_none(), step < 4);
            assert_eq!(p.hello.is_none(), step < 5);
            assert_eq!(p.disguise == super::Disguise::None, step < 2);
            assert!(p.limit >= p.distance() && p.distance() > p.capacity);
        }
    }
}

#[test]
fn a_solution_of_one_seed_has_another_seeds_magic() {
    let master = MasterSeed::new([3; 32]);
    let dial = Dial::new(1).expect("a dial");
    let mut seen = std::collections::BTreeSet::new();
    for index in 0..200 {
        let instance = Overflow.generate(&master.instance("record-overflow", index, "r"), dial);
        let Submission::File(proof) = instance.reference else { panic!("a file") };
        assert!(seen.insert(proof.get(..4).map(<[u8]>::to_vec)), "a magic came twice");
    }
}
