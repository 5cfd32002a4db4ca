//! Random numbers of the simulation: seeded, so that a table comes out alike for any number of threads.

/// `SplitMix64` (G. Steele, D. Lea, C. Flood, 2014).
pub(crate) struct Dice(u64);

impl Dice {
    /// A stream of its own for each list of numbers.
    pub(crate) fn new(parts: &[u64]) -> Self {
        let mut dice = Self(0x5EED);
        for part in parts {
            dice.0 = dice.word() ^ part.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        }
        dice
    }

    fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 to 1.
    pub(crate) fn unit(&mut self) -> f64 {
        let high = u32::try_from(self.word() >> 32).unwrap_or(0);
        (f64::from(high) + 0.5) / 4_294_967_296.0
    }

    /// Standard normal (Box and Muller).
    pub(crate) fn normal(&mut self) -> f64 {
        let (u, v) = (self.unit(), self.unit());
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    }

    /// Below `n`.
    pub(crate) fn below(&mut self, n: u32) -> u32 {
        u32::try_from(((self.word() >> 32) * u64::from(n)) >> 32).unwrap_or(0)
    }
}
