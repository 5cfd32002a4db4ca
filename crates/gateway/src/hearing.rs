//! Whether the direct words that this gateway was given can all be told apart from damage.

use std::sync::atomic::{AtomicBool, Ordering};

/// How many direct words stand how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Heard {
    /// Said by somebody who may, and obeyed.
    pub obeyed: usize,
    /// Said by somebody whose word does not count here: it changes nothing.
    pub refused: usize,
    /// Of nobody knows whom. One could be the developer's, damaged on its way: while there is any, nothing is forwarded.
    pub unverified: usize,
}

/// What a gateway heard last.
#[derive(Debug, Default)]
pub(crate) struct Hearing(AtomicBool);

impl Hearing {
    pub(crate) fn set(&self, heard: Heard) {
        self.0.store(heard.unverified > 0, Ordering::SeqCst);
    }

    /// Whether a word can't be verified.
    pub(crate) fn doubts(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
