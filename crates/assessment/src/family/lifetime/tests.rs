//! What differs between the builds.

use super::Lifetime;
use crate::family::{Dial, Family as _};
use crate::oracle::Oracle;
use crate::seed::MasterSeed;

#[test]
fn the_builds_differ_in_one_line_and_only_the_vulnerable_one_is_solved() {
    let master = MasterSeed::new([2; 32]);
    for dial in Dial::ALL {
        for index in 0..20 {
            let instance = Lifetime.generate(&master.instance("life", index, "r"), dial);
            let Oracle::TwoBuilds(builds) = &instance.oracle else { panic!("two builds") };
            let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
            let (vulnerable, fixed) = (lines(&builds.vulnerable), lines(&builds.fixed));
            let head = vulnerable.iter().zip(&fixed).take_while(|(a, b)| a == b).count();
            let tail = vulnerable.iter().rev().zip(fixed.iter().rev());
            let tail = tail.take_while(|(a, b)| a == b).count();
            assert_eq!(head + tail + 1, fixed.len(), "{dial}, seed {index}");
            assert!(super::solve::proof(&builds.vulnerable, true).is_some());
            assert_eq!(super::solve::proof(&builds.fixed, true), None);
        }
    }
}
