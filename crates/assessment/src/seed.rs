//! Secret seeds: one master per run, one instance seed per task, and deterministic draws from it.

use aws_lc_rs::hmac;
use domain::Digest;
use std::fmt;

/// The secret from which every instance of a run is made. It has no `Debug` that shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct MasterSeed([u8; 32]);

/// The seed of all instances of one family in a run. It can be opened without the master seed and without those of
/// other families.
#[derive(Clone, PartialEq, Eq)]
pub struct FamilySeed([u8; 32]);

/// The seed of one instance: `HMAC-SHA-256(master, family ‖ index ‖ run)`.
#[derive(Clone, PartialEq, Eq)]
pub struct InstanceSeed([u8; 32]);

impl fmt::Debug for MasterSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterSeed(secret)")
    }
}

impl fmt::Debug for FamilySeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FamilySeed(secret)")
    }
}

impl fmt::Debug for InstanceSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InstanceSeed(secret)")
    }
}

/// HMAC-SHA-256 over parts that are each preceded by their length, so no two lists of parts agree.
pub(crate) fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    for part in parts {
        let length = u64::try_from(part.len()).expect("a length in memory fits 64 bits");
        context.update(&length.to_be_bytes());
        context.update(part);
    }
    let mut out = [0; 32];
    out.copy_from_slice(context.sign().as_ref());
    out
}

impl MasterSeed {
    /// A seed from 32 random bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The secret bytes, for sealing at rest and for an opening.
    pub const fn secret(&self) -> &[u8; 32] {
        &self.0
    }

    /// A commitment that hides the seed (32 random bytes of salt) and binds to it.
    pub fn commitment(&self, salt: &[u8; 32]) -> Digest {
        Digest::from_bytes(mac(salt, &[b"vestibule master seed v1", &self.0]))
    }

    /// The seed of the `index`th instance of a family in a run.
    pub fn instance(&self, family: &str, index: u32, run: &str) -> InstanceSeed {
        let parts: [&[u8]; 4] =
            [b"vestibule instance v1", family.as_bytes(), &index.to_be_bytes(), run.as_bytes()];
        InstanceSeed(mac(&self.0, &parts))
    }

    /// The seed of a family's instances in a run: `HMAC-SHA-256(master, family ‖ run)`.
    pub fn family(&self, family: &str, run: &str) -> FamilySeed {
        let parts: [&[u8]; 3] = [b"vestibule family v2", family.as_bytes(), run.as_bytes()];
        FamilySeed(mac(&self.0, &parts))
    }

    /// Which of `cells` equally likely cells the `index`th sample of a run is drawn from.
    ///
    /// # Panics
    /// If `cells` is zero: a bank without cells can't be sealed.
    pub fn cell(&self, index: u32, run: &str, cells: usize) -> usize {
        let parts: [&[u8]; 3] = [b"vestibule cell v1", &index.to_be_bytes(), run.as_bytes()];
        let seed = InstanceSeed(mac(&self.0, &parts));
        let cells = u64::try_from(cells).expect("a length fits 64 bits");
        usize::try_from(Draws::new(&seed, "cell").below(cells)).expect("below a usize")
    }
}

impl FamilySeed {
    /// A seed from its bytes, for an opened family.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The secret bytes, for an opening.
    pub const fn secret(&self) -> &[u8; 32] {
        &self.0
    }

    /// The salt of a family's commitment, from the salt of the master seed's.
    pub fn salt(master: &[u8; 32], family: &str) -> [u8; 32] {
        mac(master, &[b"vestibule family salt v2", family.as_bytes()])
    }

    /// A commitment that hides the seed and binds to it.
    pub fn commitment(&self, salt: &[u8; 32]) -> Digest {
        Digest::from_bytes(mac(salt, &[b"vestibule family seed v2", &self.0]))
    }

    /// The seed of the `index`th sample's instance, when it is of this family: `HMAC-SHA-256(family seed, index)`.
    pub fn instance(&self, index: u32) -> InstanceSeed {
        InstanceSeed(mac(&self.0, &[b"vestibule instance v2", &index.to_be_bytes()]))
    }
}

impl InstanceSeed {
    /// An instance seed from its bytes, for tests and for an opened instance.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

/// An endless, deterministic stream of draws: block `i` is `HMAC-SHA-256(seed, label ‖ i)`.
///
/// Each label has its own stream, so adding a draw to one part of a generator leaves the others as
/// they were.
#[derive(Clone)]
pub struct Draws {
    seed: [u8; 32],
    label: String,
    block: u64,
    buffer: [u8; 32],
    used: usize,
}

impl fmt::Debug for Draws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Draws({}, secret)", self.label)
    }
}

impl Draws {
    /// The stream of this label.
    pub fn new(seed: &InstanceSeed, label: &str) -> Self {
        Self { seed: seed.0, label: label.to_owned(), block: 0, buffer: [0; 32], used: 32 }
    }

    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        if self.used == self.buffer.len() {
            let parts: [&[u8]; 2] = [self.label.as_bytes(), &self.block.to_be_bytes()];
            self.buffer = mac(&self.seed, &parts);
            self.block += 1;
            self.used = 0;
        }
        let byte = self.buffer.get(self.used).copied().unwrap_or(0);
        self.used += 1;
        byte
    }

    /// The next `n` bytes.
    pub fn bytes(&mut self, n: usize) -> Vec<u8> {
        (0..n).map(|_| self.byte()).collect()
    }

    /// The next 32 bytes, for an [`crate::oracle::AnswerDigest`].
    pub fn salt(&mut self) -> [u8; 32] {
        std::array::from_fn(|_| self.byte())
    }

    /// The next `n` bytes, none of which is zero.
    pub fn nonzero(&mut self, n: usize) -> Vec<u8> {
        (0..n).map(|_| u8::try_from(self.between(1, 255)).unwrap_or(1)).collect()
    }

    /// The next 64 bits.
    pub fn word(&mut self) -> u64 {
        (0..8).fold(0, |word, _| word << 8 | u64::from(self.byte()))
    }

    /// A number below `n`, all equally likely.
    ///
    /// # Panics
    /// If `n` is zero.
    pub fn below(&mut self, n: u64) -> u64 {
        assert!(n > 0, "there is no number below zero");
        // the largest multiple of `n` within 64 bits; what is beyond would favour small numbers
        let fair = u64::MAX - u64::MAX % n;
        loop {
            let word = self.word();
            if word < fair {
                return word % n;
            }
        }
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// A small number from `low` to `high`, both included, for lengths.
    pub fn length(&mut self, low: u32, high: u32) -> usize {
        let n = self.between(u64::from(low), u64::from(high));
        usize::try_from(n).expect("no more than 32 bits")
    }

    /// One of several.
    ///
    /// # Panics
    /// If there are none.
    pub fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        let n = u64::try_from(all.len()).expect("a length fits 64 bits");
        let at = usize::try_from(self.below(n)).expect("below a usize");
        all.get(at).expect("below the length")
    }

    /// True or false.
    pub fn coin(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    /// Puts items in a random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            let n = u64::try_from(i + 1).expect("a length fits 64 bits");
            let j = usize::try_from(self.below(n)).expect("below a usize");
            items.swap(i, j);
        }
    }

    /// `n` hexadecimal digits.
    pub fn hex(&mut self, n: usize) -> String {
        (0..n).map(|_| char::from(*self.pick(b"0123456789abcdef"))).collect()
    }

    /// `n` different items, in random order.
    pub fn distinct<'a>(&mut self, all: &[&'a str], n: usize) -> Vec<&'a str> {
        let mut all = all.to_vec();
        self.shuffle(&mut all);
        all.truncate(n);
        all
    }
}

#[cfg(test)]
mod tests;
