//! What an operation may reach: a clock, randomness, a home, a node. Nothing is global.

use domain::Timestamp;
use std::fmt::Debug;
use std::sync::Mutex;

/// Tells the time.
pub trait Clock: Debug + Send + Sync {
    /// The instant by this clock.
    fn now(&self) -> Timestamp;
}

/// Gives bytes that nobody can guess.
pub trait Random: Debug + Send + Sync {
    /// Fills `into`.
    fn fill(&self, into: &mut [u8]);
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "edge: this is the clock that `ctx` carries")]
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let micros = since.map_or(0, |d| i64::try_from(d.as_micros()).unwrap_or(i64::MAX));
        Timestamp::from_micros(micros).unwrap_or(Timestamp::MAX)
    }
}

/// The operating system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, into: &mut [u8]) {
        aws_lc_rs::rand::fill(into).expect("the system's randomness does not run dry");
    }
}

/// A clock that a test or the simulation moves.
#[derive(Debug)]
pub struct SetClock(Mutex<Timestamp>);

impl SetClock {
    /// A clock that stands at `at`.
    pub fn new(at: Timestamp) -> Self {
        Self(Mutex::new(at))
    }

    /// Moves it, also backwards.
    pub fn set(&self, at: Timestamp) {
        *self.0.lock().expect("no holder of the clock panics") = at;
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().expect("no holder of the clock panics")
    }
}

/// Reproducible bytes for tests and the simulation: SHA-256 of a seed and a counter. Never for real keys.
#[derive(Debug)]
pub struct SeededRandom {
    seed: u64,
    counter: Mutex<u64>,
}

impl SeededRandom {
    /// The stream of one seed.
    pub fn new(seed: u64) -> Self {
        Self { seed, counter: Mutex::new(0) }
    }
}

impl Random for SeededRandom {
    fn fill(&self, into: &mut [u8]) {
        let mut counter = self.counter.lock().expect("no holder of the counter panics");
        for chunk in into.chunks_mut(32) {
            let block = [self.seed.to_le_bytes(), counter.to_le_bytes()].concat();
            *counter += 1;
            let bytes = domain::Digest::of(&block);
            for (to, from) in chunk.iter_mut().zip(bytes.as_bytes()) {
                *to = *from;
            }
        }
    }
}
