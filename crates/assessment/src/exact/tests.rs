//! The polynomials are close to the platform's library, and their bits are fixed.

use super::{exp, ln, logistic, normal, real, root, whole};
use expect_test::expect;
use proptest::prelude::proptest;

fn close(ours: f64, theirs: f64) {
    let scale = theirs.abs().max(1e-300);
    assert!((ours - theirs).abs() / scale < 4e-15, "{ours:e} {theirs:e}");
}

proptest! {
    #[test]
    fn exponential(x in -690.0..690.0_f64) {
        close(exp(x), x.exp());
    }

    #[test]
    fn logarithm(x in 1e-9..1e9_f64) {
        // near 1 the logarithm is near 0, and only its absolute error is small
        assert!((ln(x) - x.ln()).abs() < 4e-15 * x.ln().abs().max(1.0));
    }

    #[test]
    fn units_go_there_and_back(units in -1_000_000_000_000_i64..1_000_000_000_000) {
        assert_eq!(whole(real(units)), units);
    }
}

#[test]
fn bits_are_fixed() {
    let bits: Vec<String> =
        [exp(-3.3), exp(0.1), exp(40.0), ln(20.0), ln(0.3), logistic(1.7), root(2.0)]
            .into_iter()
            .map(|x| format!("{:016x}", x.to_bits()))
            .collect();
    expect!["3fa2e259bb85be84 3ff1aec7b35a00d4 438a220d397972eb 4007f7427b73e391 bff34378fcbda721 3feb0e9edc4324d8 3ff6a09e667f3bcd"].assert_eq(&bits.join(" "));
    assert_eq!((ln(0.0), ln(-1.0)), (ln(f64::MIN_POSITIVE), ln(f64::NAN)));
    assert!(exp(1e9).is_finite() && exp(-1e9) > 0.0);
    assert_eq!((whole(f64::NAN), whole(1e300), whole(-0.5e-9)), (0, 9_000_000_000_000_000_000, -1));
}

#[test]
fn the_rule_integrates_moments() {
    let moment = |k: i32| normal().map(|(x, w)| w * x.powi(k)).sum::<f64>();
    for (k, value) in [(0, 1.0), (1, 0.0), (2, 1.0), (4, 3.0), (6, 15.0), (8, 105.0)] {
        assert!((moment(k) - value).abs() < 1e-10, "{k}: {}", moment(k));
    }
    assert_eq!(normal().count(), 21);
}
