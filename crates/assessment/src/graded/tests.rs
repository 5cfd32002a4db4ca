//! Intervals against published figures, and what few attempts can't show.

use super::{Attempt, exact, graded, mean};

fn near(given: f64, expected: f64) {
    assert!((given - expected).abs() < 0.006, "{given} is not {expected}");
}

#[test]
fn exact_intervals_are_the_known_ones() {
    let of = |passed, tried| exact(passed, tried);
    near(of(3, 10).low, 0.067);
    near(of(3, 10).high, 0.652);
    near(of(6, 10).low, 0.262);
    near(of(6, 10).high, 0.878);
    near(of(35, 35).low, 0.900);
    near(of(0, 10).high, 0.308);
    assert!(of(3, 10).high > of(6, 10).low, "three and six of ten can't be told apart");
}

#[test]
fn progress_says_more_than_completions() {
    let attempts: Vec<_> = [20, 22, 24, 25, 26, 27, 28, 30, 32, 32]
        .map(|reached| Attempt { reached, steps: 32, tokens: 1_000 })
        .into();
    let found = graded(&attempts).unwrap();
    assert_eq!((found.attempts, found.completed, found.tokens), (10, 2, 1_000));
    let (progress, completion) = (found.progress, found.completion);
    assert!(progress.low < progress.mean && progress.mean < progress.high);
    assert!(progress.high - progress.low < completion.high - completion.low);
}

#[test]
fn intervals_cover() {
    // two values with a mean of 0.3, two hundred samples of twenty from a fixed generator
    let mut state = 7_u64;
    let mut missed = 0;
    for _ in 0..200 {
        let values: Vec<f64> = (0..20)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                if (state >> 33) % 10 < 3 { 1.0 } else { 0.0 }
            })
            .collect();
        let found = mean(&values);
        missed += u32::from(found.low > 0.3 || found.high < 0.3);
    }
    assert!(missed <= 10, "{missed} of 200 miss the mean");
}

#[test]
fn what_is_no_evidence() {
    assert_eq!(graded(&[]), None);
    assert_eq!(graded(&[Attempt { reached: 3, steps: 2, tokens: 0 }]), None);
    assert!(mean(&[0.0; 4]).low < 1e-9 && mean(&[1.0; 4]).high > 1.0 - 1e-9);
}
