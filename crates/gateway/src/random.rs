//! Random ids and salts. An edge draws them; the rules never do.

use crate::record::RequestId;
use aws_lc_rs::rand;
use domain::Digest;
use std::cell::RefCell;

/// Bytes that a thread draws at a time: asking the generator costs as much for a few as for these.
const DRAWN: usize = 1_024;

/// Random bytes of one thread that nobody has had yet.
struct Pool {
    bytes: [u8; DRAWN],
    left: usize,
}

thread_local! {
    static POOL: RefCell<Pool> = const { RefCell::new(Pool { bytes: [0; DRAWN], left: 0 }) };
}

/// 32 random bytes.
pub(crate) fn digest() -> Digest {
    Digest::from_bytes(bytes())
}

/// A new request's name.
pub(crate) fn request_id() -> RequestId {
    RequestId::from_bits(u128::from_be_bytes(bytes()))
}

pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    POOL.with_borrow_mut(Pool::take)
}

impl Pool {
    /// Gives bytes once, and keeps no copy.
    fn take<const N: usize>(&mut self) -> [u8; N] {
        const { assert!(N <= DRAWN, "more than is drawn at a time") };
        if self.left < N {
            rand::fill(&mut self.bytes).expect("the system's random generator works");
            self.left = DRAWN;
        }
        let at = self.left - N;
        let mut taken = [0; N];
        if let Some(there) = self.bytes.get_mut(at..self.left) {
            taken.copy_from_slice(there);
            there.fill(0);
        }
        self.left = at;
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::{DRAWN, Pool};
    use std::collections::BTreeSet;

    #[test]
    fn no_bytes_are_given_twice_or_kept() {
        let mut pool = Pool { bytes: [0; DRAWN], left: 0 };
        let mut seen = BTreeSet::new();
        for round in 0..3 * DRAWN / 24 {
            assert!(seen.insert(pool.take::<24>()), "round {round}");
            assert!(pool.bytes.iter().skip(pool.left).all(|byte| *byte == 0), "round {round}");
        }
        assert!(!seen.contains(&[0; 24]));
    }
}
