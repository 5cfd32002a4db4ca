//! Floating point that gives the same bits everywhere, and where it ends in whole numbers.
//!
//! A verifier must recompute every increment of the evidence exactly, on another machine and years later.
//! So only the five operations that IEEE 754 rounds correctly are used on `f64` (addition, subtraction,
//! multiplication, division, square root), in a fixed order, never contracted; exponential and logarithm are the
//! polynomials below, not the platform's library. What enters a sum of evidence is first rounded to a
//! whole number of 10⁻⁹, so sums are exact and don't depend on their order.

/// Natural logarithm of 2, split so that small multiples of the first part are exact.
const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// Nodes and weights of the 21-point Gauss–Hermite rule for a standard normal variable, from zero upwards; the
/// rule is symmetric.
const NODES: [(f64, f64); 11] = [
    (0.0, 2.702_601_835_728_770_7e-1),
    (6.780_456_924_406_44e-1, 2.153_337_156_950_597e-1),
    (1.359_765_823_211_230_2, 1.083_922_856_264_194_9e-1),
    (2.049_102_468_257_163, 3.395_272_978_654_286_7e-2),
    (2.750_592_981_052_373_3, 6.439_697_051_408_777e-3),
    (3.469_846_690_475_376_4, 7.080_477_954_815_369e-4),
    (4.214_343_981_688_422, 4.219_234_742_551_663e-5),
    (4.994_963_944_782_025, 1.225_354_836_148_252_6e-6),
    (5.829_382_007_304_471_5, 1.450_661_284_493_085_7e-8),
    (6.751_444_718_717_461, 4.975_368_604_121_718_6e-11),
    (7.849_382_895_113_822_5, 2.098_991_219_565_671_2e-14),
];

/// One over a whole unit: evidence and rates are kept in 10⁻⁹.
pub(crate) const UNIT: f64 = 1e9;

/// The exponential, to within a few units in the last place. Arguments beyond ±700 are taken as ±700.
pub(crate) fn exp(x: f64) -> f64 {
    let x = x.clamp(-700.0, 700.0);
    let scaled = (x * std::f64::consts::LOG2_E).round();
    let rest = (x - scaled * LN2_HIGH) - scaled * LN2_LOW;
    // Taylor's series: the rest is at most ln 2 / 2, so the 14th term is below 10⁻¹⁷
    let mut sum = 1.0;
    for n in (1..=14_u8).rev() {
        sum = 1.0 + sum * rest / f64::from(n);
    }
    #[expect(clippy::cast_possible_truncation, reason = "a whole number from -1010 to 1010")]
    let power = scaled as i64;
    sum * f64::from_bits(u64::try_from(1023 + power).unwrap_or(0) << 52)
}

/// The natural logarithm of a positive number; of anything else, that of the smallest normal number.
pub(crate) fn ln(x: f64) -> f64 {
    if x.is_nan() || x < f64::MIN_POSITIVE {
        return -708.396_418_532_264_1;
    }
    let bits = x.to_bits();
    let power = i32::try_from(bits >> 52).unwrap_or(0) - 1023;
    let mut mantissa = f64::from_bits((bits & ((1 << 52) - 1)) | (1023 << 52));
    let mut power = f64::from(power);
    if mantissa > std::f64::consts::SQRT_2 {
        mantissa /= 2.0;
        power += 1.0;
    }
    // ln m = 2 artanh((m - 1) / (m + 1)); the argument is at most 0.1716
    let ratio = (mantissa - 1.0) / (mantissa + 1.0);
    let square = ratio * ratio;
    let mut sum = 0.0;
    for n in (0..=11_u8).rev() {
        sum = sum * square + 1.0 / f64::from(2 * n + 1);
    }
    power * LN2_HIGH + (power * LN2_LOW + 2.0 * ratio * sum)
}

/// The logistic function.
pub(crate) fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + exp(-x))
}

/// A number in whole units of 10⁻⁹, rounded half away from zero; beyond ±9·10⁹ it stays there.
pub(crate) fn whole(x: f64) -> i64 {
    let scaled = (x.clamp(-9e9, 9e9) * UNIT).round();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "at most 9e18 in size, or zero if not a number"
    )]
    let whole = scaled as i64;
    whole
}

/// Whole units of 10⁻⁹ as a number.
pub(crate) fn real(units: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "rounded to nearest, alike everywhere")]
    let real = units as f64;
    real / UNIT
}

/// A standard normal variable's nodes with their weights, in a fixed order.
pub(crate) fn normal() -> impl Iterator<Item = (f64, f64)> {
    let below = NODES.iter().skip(1).rev().map(|(x, w)| (-x, *w));
    below.chain(NODES.iter().copied())
}

/// A square root, which IEEE 754 rounds correctly; of a negative number, zero.
pub(crate) fn root(x: f64) -> f64 {
    x.max(0.0).sqrt()
}

#[cfg(test)]
mod tests;
