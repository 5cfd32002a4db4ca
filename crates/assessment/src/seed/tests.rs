//! Seeds are what they are for ever, and draws are fair enough.

use super::{Draws, InstanceSeed, MasterSeed};
use expect_test::expect;

#[test]
fn seeds_and_draws_never_change() {
    let master = MasterSeed::new([7; 32]);
    let mut draws = Draws::new(&master.instance("f", 3, "run-1"), "x");
    let drawn = (draws.hex(16), draws.below(1_000_000), draws.distinct(&["a", "b", "c", "d"], 3));
    expect![[r#"("c0984d495b31febf", 755628, ["d", "b", "a"])"#]].assert_eq(&format!("{drawn:?}"));
    expect!["05fbae605a65440a7026192ae5dc18af8da5a60ffcd1a6d27a8294eff5685cd1"]
        .assert_eq(&master.commitment(&[9; 32]).to_string());
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
