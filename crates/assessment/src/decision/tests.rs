//! The test stops where Wald says, replays exactly, and errs as often as stated.

mod keys;

use super::{Rule, RuleError, Sprt, Stop, Verdict, decide};
use crate::oracle::Outcome;
use crate::seed::{Draws, InstanceSeed};
use expect_test::expect;
use proptest::prelude::{Just, Strategy as _, prop_oneof, proptest};

const P0: u32 = 400_000;
const P1: u32 = 600_000;

fn rule(cap: u32) -> Rule {
    Rule::Sprt(Sprt::new((P0, P1), (50_000, 50_000), cap, 20).expect("sound"))
}

#[test]
fn the_path_is_recorded() {
    use Outcome::{Fail, Invalid, Pass};
    let decision = decide(&rule(100), &[Pass, Invalid, Fail, Pass, Pass]);
    let totals: Vec<_> = decision.path.iter().map(|s| (s.increment, s.total)).collect();
    expect!["[(405465108, 405465108), (0, 405465108), (-405465108, 0), (405465108, 405465108), (405465108, 810930216)]"].assert_eq(&format!("{totals:?}"));
    assert_eq!((decision.verdict, decision.stop), (Verdict::Undetermined, Stop::Running));
    let Rule::Sprt(sprt) = rule(100) else { panic!("plain") };
    expect!["(2944438979, -2944438979)"].assert_eq(&format!("{:?}", sprt.boundaries()));
}

fn verdict(outcomes: &[(Outcome, usize)], expected: (Verdict, Stop), samples: usize) {
    let all: Vec<_> = outcomes.iter().flat_map(|(o, n)| std::iter::repeat_n(*o, *n)).collect();
    let decision = decide(&rule(30), &all);
    assert_eq!(
        (decision.verdict, decision.stop, decision.path.len()),
        (expected.0, expected.1, samples)
    );
}

#[test]
fn stops() {
    use Outcome::{Fail, Invalid, Pass};
    verdict(&[(Pass, 50)], (Verdict::Above, Stop::Boundary), 8);
    verdict(&[(Fail, 50)], (Verdict::Below, Stop::Boundary), 8);
    // infrastructure failures move nothing, however many are in between
    verdict(&[(Pass, 4), (Invalid, 10), (Pass, 4)], (Verdict::Above, Stop::Boundary), 18);
    verdict(&[(Invalid, 50)], (Verdict::Undetermined, Stop::Invalid), 20);
    let wavering: Vec<_> = [(Pass, 1), (Fail, 1)].into_iter().cycle().take(60).collect();
    verdict(&wavering, (Verdict::Undetermined, Stop::Cap), 30);
    verdict(&[], (Verdict::Undetermined, Stop::Running), 0);
}

#[test]
fn unsound_rules_are_refused() {
    let build = |rates, errors, cap| Sprt::new(rates, errors, cap, 1).map(|_| ());
    assert_eq!(build((0, 5), (1, 1), 1), Err(RuleError::Rates { p0: 0, p1: 5 }));
    assert_eq!(build((5, 5), (1, 1), 1), Err(RuleError::Rates { p0: 5, p1: 5 }));
    assert_eq!(build((5, 1_000_000), (1, 1), 1), Err(RuleError::Rates { p0: 5, p1: 1_000_000 }));
    let errors = RuleError::Errors { alpha: 250_000, beta: 250_000 };
    assert_eq!(build((P0, P1), (250_000, 250_000), 1), Err(errors));
    assert_eq!(build((P0, P1), (1, 1), 0), Err(RuleError::Cap { cap: 0, invalid_cap: 1 }));
    let mut sprt = Sprt::new((P0, P1), (50_000, 50_000), 10, 10).expect("sound");
    assert!(sprt.is_sound());
    sprt.corrupt();
    assert!(!sprt.is_sound());
}

/// How often each verdict is reached at a true success rate, and the samples it takes on average.
fn simulate(rate: u32, rule: &Rule, seed: u8) -> ([u32; 3], u32) {
    const RUNS: u32 = 4_000;
    let mut draws = Draws::new(&InstanceSeed::new([seed; 32]), "simulation");
    let (mut counts, mut samples) = ([0_u32; 3], 0);
    for _ in 0..RUNS {
        let outcomes: Vec<_> = (0..400)
            .map(|_| {
                let pass = draws.below(1_000_000) < u64::from(rate);
                if pass { Outcome::Pass } else { Outcome::Fail }
            })
            .collect();
        let decision = decide(rule, &outcomes);
        samples += u32::try_from(decision.path.len()).expect("at most 400");
        let [above, below, undetermined] = &mut counts;
        *match decision.verdict {
            Verdict::Above => above,
            Verdict::Below => below,
            Verdict::Undetermined => undetermined,
        } += 1;
    }
    (counts, samples / RUNS)
}

#[test]
fn error_rates_are_near_the_stated_ones() {
    let at_p0 = simulate(P0, &rule(400), 1);
    let at_p1 = simulate(P1, &rule(400), 2);
    let between = simulate(500_000, &rule(400), 3);
    expect!["([146, 3854, 0], 36) ([3845, 155, 0], 37) ([2023, 1974, 3], 66)"]
        .assert_eq(&format!("{at_p0:?} {at_p1:?} {between:?}"));
    // 4,000 runs at 5 %: 200 expected at most; three standard deviations are 41
    let ([false_above, ..], _) = at_p0;
    let ([_, false_below, _], _) = at_p1;
    assert!((60..=241).contains(&false_above), "{false_above}");
    assert!((60..=241).contains(&false_below), "{false_below}");
}

proptest! {
    #[test]
    fn replay_is_exact_and_the_tail_is_not_looked_at(
        outcomes in proptest::collection::vec(
            prop_oneof![Just(Outcome::Pass), Just(Outcome::Fail), Just(Outcome::Invalid)].boxed(), 0..120)
    ) {
        let decision = decide(&rule(40), &outcomes);
        let used = outcomes.get(..decision.path.len()).expect("a prefix");
        assert_eq!(decide(&rule(40), used), decision);
        assert_eq!(decision.wants_more(), decision.stop == Stop::Running);
        let sum: i64 = decision.path.iter().map(|s| s.increment).sum();
        assert_eq!(sum, decision.path.last().map_or(0, |s| s.total));
    }
}
