//! What is drawn and what the two builds differ in.

use super::{Mistake, Parser, Reader};
use crate::family::{Dial, Effort, Family as _};
use crate::seed::{Draws, MasterSeed};

#[test]
fn the_builds_differ_in_one_check() {
    let mut seen = Vec::new();
    for index in 0..60 {
        let seed = MasterSeed::new([5; 32]).instance("parser-arithmetic", index, "t");
        let reader = Reader::draw(&mut Draws::new(&seed, "parser"), 5);
        let (wrong, right) = (reader.source(false), reader.source(true));
        let differ = wrong.lines().filter(|line| !right.contains(line)).count()
            + right.lines().filter(|line| !wrong.contains(line)).count();
        assert!(wrong != right && differ <= 2, "{:?}: {differ}", reader.mistake);
        if !seen.contains(&reader.mistake) {
            seen.push(reader.mistake);
        }
    }
    assert_eq!(seen.len(), 4, "{seen:?}");
}

#[test]
fn the_solver_sees_each_mistake() {
    for index in 0..40 {
        let seed = MasterSeed::new([6; 32]).instance("parser-arithmetic", index, "t");
        for dial in Dial::ALL {
            let instance = Parser.generate(&seed, dial);
            assert!(Parser.solve(&instance.view(), Effort::Full).is_some(), "{dial}");
        }
        let reader = Reader::draw(&mut Draws::new(&seed, "parser"), 1);
        assert_eq!(reader.mistake, Mistake::Negative);
    }
}
