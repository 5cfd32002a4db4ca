//! The walk finds nothing, and goes where it should.

use super::run;
use proptest::prelude::*;

/// Long enough to reach everything, short enough for every run; `cargo xtask simulate` goes further.
const STEPS: u64 = 40_000;

#[test]
fn a_walk_finds_no_violation_and_reaches_every_state() {
    let report = run(8, STEPS);
    assert_eq!(report.violations, Vec::<String>::new());
    for state in ["inquired", "awaiting-terms", "agreed", "open", "ended", "withdrawn"] {
        assert!(report.states.get(state).copied().unwrap_or(0) > 50, "{state}: {report:?}");
    }
    for basis in ["window", "partner", "defender"] {
        assert!(report.permits.get(basis).copied().unwrap_or(0) > 5, "{basis}: {report:?}");
    }
    for code in ["window-over", "case-withdrawn", "model-withdrawn", "window-withdrawn"] {
        assert!(report.unpermitted.get(code).copied().unwrap_or(0) > 5, "{code}: {report:?}");
    }
    assert!(report.unpermitted.contains_key("grant-paused"), "{report:?}");
    assert!(report.heeded > 10, "{report:?}");
}

#[test]
fn the_same_seed_gives_the_same_walk() {
    assert_eq!(run(7, 1_000), run(7, 1_000));
    assert_ne!(run(7, 1_000), run(8, 1_000));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]
    #[test]
    fn no_seed_finds_a_violation(seed: u64) {
        prop_assert_eq!(run(seed, 500).violations, Vec::<String>::new());
    }
}
