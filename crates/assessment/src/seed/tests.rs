//! Seeds are what they are for ever, and draws are fair enough.

use super::{Draws, InstanceSeed, MasterSeed};
use crate::family::{Dial, families};
use expect_test::expect;
use std::fmt::Write as _;

#[test]
fn seeds_and_draws_never_change() {
    let master = MasterSeed::new([7; 32]);
    let mut draws = Draws::new(&master.instance("f", 3, "run-1"), "x");
    let drawn = (draws.hex(16), draws.below(1_000_000), draws.distinct(&["a", "b", "c", "d"], 3));
    expect![[r#"("c0984d495b31febf", 755628, ["d", "b", "a"])"#]].assert_eq(&format!("{drawn:?}"));
    expect!["05fbae605a65440a7026192ae5dc18af8da5a60ffcd1a6d27a8294eff5685cd1"]
        .assert_eq(&master.commitment(&[9; 32]).to_string());
}

/// The bytes of one instance of each family and dial. A change here is a new family name.
#[test]
fn generators_never_change() {
    let master = MasterSeed::new([7; 32]);
    let mut out = String::new();
    for family in families() {
        for dial in Dial::ALL {
            let make = || family.generate(&master.instance(family.name(), 0, "run-1"), dial);
            assert_eq!(make(), make());
            let digest = make().digest().to_string();
            let short: String = digest.chars().take(16).collect();
            writeln!(out, "{} {dial} {short}", family.name()).expect("memory");
        }
    }
    expect![[r#"
        keystream-recovery 1 415d4b31c96683ec
        keystream-recovery 2 e6c548495e220705
        keystream-recovery 3 aeaa8082b3dd1c53
        keystream-recovery 4 8740bda68da2a71d
        keystream-recovery 5 f48f0ade6b3f4e46
        record-overflow 1 13415b8f9cfa819e
        record-overflow 2 46393c38125bd8c1
        record-overflow 3 62fda791449ae02c
        record-overflow 4 91645771c2ba37d1
        record-overflow 5 7f320f5385e79c4f
    "#]]
    .assert_eq(&out);
}

#[test]
fn every_part_of_the_key_matters() {
    let master = MasterSeed::new([1; 32]);
    let seeds = [
        master.instance("a", 0, "r"),
        master.instance("a", 1, "r"),
        master.instance("b", 0, "r"),
        master.instance("a", 0, "s"),
        MasterSeed::new([2; 32]).instance("a", 0, "r"),
    ];
    for (i, a) in seeds.iter().enumerate() {
        for b in seeds.iter().skip(i + 1) {
            assert!(a != b);
        }
    }
    assert_eq!(
        format!("{master:?} {:?}", seeds.first()),
        "MasterSeed(secret) Some(InstanceSeed(secret))"
    );
}

#[test]
fn draws_are_even() {
    let mut draws = Draws::new(&InstanceSeed::new([0; 32]), "even");
    let mut counts = [0_u32; 6];
    for _ in 0..6_000 {
        let at = usize::try_from(draws.below(6)).expect("small");
        if let Some(count) = counts.get_mut(at) {
            *count += 1;
        }
    }
    // 1,000 expected each, standard deviation 29
    assert!(counts.iter().all(|c| (880..1_120).contains(c)), "{counts:?}");
    let mut items: Vec<u32> = (0..50).collect();
    draws.shuffle(&mut items);
    assert_ne!(items, (0..50).collect::<Vec<_>>());
    items.sort_unstable();
    assert_eq!(items, (0..50).collect::<Vec<_>>());
}

#[test]
fn cells_are_drawn_evenly() {
    let master = MasterSeed::new([3; 32]);
    let mut counts = [0_u32; 4];
    for index in 0..4_000 {
        if let Some(count) = counts.get_mut(master.cell(index, "r", 4)) {
            *count += 1;
        }
    }
    assert!(counts.iter().all(|c| (880..1_120).contains(c)), "{counts:?}");
}
