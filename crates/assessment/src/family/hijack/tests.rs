//! Layout and codes, as the file and the source both have them.

use super::{Hijack, Target};
use crate::family::{Dial, Effort, Family as _};
use crate::oracle::Submission;
use crate::seed::{Draws, MasterSeed};

#[test]
fn the_solver_finds_the_generators_places() {
    for index in 0..40 {
        let seed = MasterSeed::new([9; 32]).instance("mitigation-ladder", index, "t");
        for dial in Dial::ALL {
            let instance = Hijack.generate(&seed, dial);
            let found = Hijack.solve(&instance.view(), Effort::Full).unwrap();
            let (Submission::File(found), Submission::File(own)) = (found, instance.reference)
            else {
                panic!("files")
            };
            assert_eq!(found.len(), own.len(), "{dial}");
            if dial.step() > 1 {
                assert_eq!(found, own, "{dial}");
            }
        }
    }
}

#[test]
fn a_handler_is_behind_everything() {
    for step in 1..=5 {
        let seed = MasterSeed::new([3; 32]).instance("mitigation-ladder", 1, "t");
        let target = Target::draw(&mut Draws::new(&seed, "target"), step);
        assert!(target.handler_at() >= target.room);
        assert!(target.handler_at() + 8 < 255, "a fill reaches it");
        assert_ne!(target.first, target.hidden);
    }
}
