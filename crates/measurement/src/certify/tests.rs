//! What a person can ask for and get wrong. The certificates themselves are the harness's to test.

use super::{Asked, certify};
use expect_test::expect;
use operations::ctx::SeededRandom;
use sandbox::Policy;

fn asked(families: &[&str]) -> Asked {
    Asked {
        master_seed: None,
        families: families.iter().map(|&f| f.to_owned()).collect(),
        seeds: 2,
        repeats: 1,
        policy: Policy::default(),
    }
}

#[test]
fn what_can_not_be_certified() {
    let told = |asked: &Asked| {
        certify(asked, &SeededRandom::new(1), &|_, _, _| {}).expect_err("refused").to_string()
    };
    assert!(told(&asked(&["none"])).starts_with("`none` is no family; one of: "));
    expect!["`--seeds 0` certifies nothing; give at least 1"]
        .assert_eq(&told(&Asked { seeds: 0, ..asked(&[]) }));
}

#[test]
fn one_seed_gives_one_certificate() {
    if let Err(why) = sandbox::probe() {
        println!("skipped: certificates in a sandbox ({why})");
        return;
    }
    let drawn = certify(&asked(&["keystream-recovery"]), &SeededRandom::new(7), &|_, _, _| {});
    let drawn = drawn.unwrap();
    assert!(drawn.holds, "{drawn:#?}");
    let seed = crate::seed_from_hex(drawn.master_seed.as_ref().unwrap()).unwrap();
    let again = Asked { master_seed: Some(seed), ..asked(&["keystream-recovery"]) };
    let again = certify(&again, &SeededRandom::new(8), &|_, _, _| {}).unwrap();
    assert_eq!(again.master_seed, None, "a seed of a person's is not printed");
    let checks = |c: &super::Certified| c.certificates.first().unwrap().checks.clone();
    assert_eq!(checks(&again), checks(&drawn));
}
