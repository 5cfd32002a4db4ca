//! Rings whose weakness is the dial's and no other's.

use super::{Big, Rsa, fits};
use crate::family::{Dial, Effort, Family as _, Instance};
use crate::seed::{Draws, MasterSeed};
use proptest::prelude::proptest;
use std::sync::LazyLock;

#[test]
fn primes_are_told_from_composites() {
    let seed = MasterSeed::new([1; 32]).instance("weak-rsa", 0, "r");
    let mut d = Draws::new(&seed, "primes");
    // 2^127 - 1 is prime, 2^127 + 1 and 2^128 + 1 are not
    let power = Big::from(2).pow_mod(&Big::from(127), &Big::from_bytes(&[255; 32]));
    let prime = power.sub(&Big::from(1)).expect("above");
    assert!(fits(&mut d, &prime, 65_537));
    assert!(!fits(&mut d, &power.add(&Big::from(1)), 65_537));
    assert!(!fits(&mut d, &power.add(&power).add(&Big::from(1)), 65_537));
}

#[test]
fn a_weaker_solver_stops_where_it_should() {
    let master = MasterSeed::new([2; 32]);
    for index in 0..4 {
        for dial in Dial::ALL {
            let instance = Rsa.generate(&master.instance("weak-rsa", index, "r"), dial);
            let plain = Rsa.solve(&instance.view(), Effort::Plain);
            let wanted = (dial.step() <= 2).then(|| instance.reference.clone());
            assert_eq!(plain, wanted, "seed {index} dial {dial}");
            assert_eq!(Rsa.solve(&instance.view(), Effort::Full), Some(instance.reference.clone()));
        }
    }
}

static RINGS: LazyLock<Vec<Instance>> = LazyLock::new(|| {
    let seed = MasterSeed::new([2; 32]).instance("weak-rsa", 0, "r");
    Dial::ALL.map(|dial| Rsa.generate(&seed, dial)).to_vec()
});

proptest! {
    #[test]
    fn mutilated_rings_never_panic(dial in 0_usize..5, at in 0_usize..1_200, c in "[0-9a-z \n]") {
        let mut instance = RINGS[dial].clone();
        let mut text = String::from_utf8(instance.files[0].bytes.clone()).expect("text");
        let at = at % text.len();
        text.replace_range(at..=at, &c);
        instance.files[0].bytes = text.into_bytes();
        let _found = Rsa.solve(&instance.view(), Effort::Full);
    }
}
