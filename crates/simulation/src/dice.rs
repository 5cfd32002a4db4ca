//! Chance from a seed: SplitMix64 (Steele, Lea, Flood 2014), so that a failure is a number.

#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `n`; 0 when `n` is 0.
    pub(crate) const fn below(&mut self, n: u64) -> u64 {
        if n == 0 { 0 } else { self.next() % n }
    }

    /// True once in `n` times.
    pub(crate) const fn once_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// A place in a list of this length; none in an empty one.
    pub(crate) fn place(&mut self, length: usize) -> Option<usize> {
        let length = u64::try_from(length).ok().filter(|n| *n > 0)?;
        usize::try_from(self.below(length)).ok()
    }

    /// One of a list that is not empty.
    pub(crate) fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        let at = self.place(of.len()).expect("lists to pick from are not empty");
        of.get(at).cloned().expect("a place below the length")
    }
}
