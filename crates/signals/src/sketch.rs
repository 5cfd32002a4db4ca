//! What is kept of a prompt's text, so that two that are nearly the same can be told: 32 minima over hashed word triples.
//!
//! One permutation hashing (Li, Owen, Zhang 2012) with 16 bits a bin: a triple's hash names its bin, and each bin keeps
//! its least hash. The share of equal bins estimates how many triples two texts share (Jaccard), with a standard error
//! below 0.09. The function has no key and no state, so a sketch can be computed again from the text.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Bins of a sketch.
const BINS: usize = 32;
/// A bin that no triple fell into.
const EMPTY: u16 = u16::MAX;
/// Most bytes of a text that are looked at. What comes after is neither sketched nor searched for canaries.
pub const READ_BYTES: usize = 256 << 10;

/// A text's sketch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sketch([u16; BINS]);

/// Why a text is not a sketch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a sketch: 128 lower-case hexadecimal digits are needed")]
pub struct ParseSketchError(String);

impl Sketch {
    /// The sketch of a text; none when it has no word.
    pub fn of(text: &str) -> Option<Self> {
        let mut least = [u32::MAX; BINS];
        let mut last = [0_u64; 3];
        let mut words = 0_usize;
        let mut note = |triple: [u64; 3]| {
            let hash = shingle(&triple);
            let [b0, rest @ ..] = hash.to_be_bytes();
            let value = u32::from_be_bytes([rest[0], rest[1], rest[2], rest[3]]);
            if let Some(bin) = least.get_mut(usize::from(b0 >> 3)) {
                *bin = (*bin).min(value);
            }
        };
        for word in words_of(text) {
            last = [last[1], last[2], word];
            words += 1;
            if words >= 3 {
                note(last);
            }
        }
        match words {
            0 => return None,
            1 | 2 => note(last),
            _ => {}
        }
        Some(Self(least.map(|value| match value {
            u32::MAX => EMPTY,
            value => u16::try_from(value & 0xffff).unwrap_or(0).min(EMPTY - 1),
        })))
    }

    /// How much two texts share, in thousandths of what both together have.
    pub fn likeness(&self, other: &Self) -> u64 {
        let (mut equal, mut filled) = (0, 0);
        for (mine, theirs) in self.0.iter().zip(&other.0) {
            let both_empty = *mine == EMPTY && *theirs == EMPTY;
            filled += u64::from(!both_empty);
            equal += u64::from(!both_empty && mine == theirs);
        }
        (equal * 1_000).checked_div(filled).unwrap_or(0)
    }

    /// Four bins at a time: texts that are alike share one of the eight with high probability.
    pub(crate) fn bands(&self) -> impl Iterator<Item = (usize, [u16; 4])> {
        let (bands, _) = self.0.as_chunks::<4>();
        bands.iter().copied().enumerate().filter(|(_, band)| *band != [EMPTY; 4])
    }
}

/// Hashes of a text's words, as far as it is read: letters and digits in lower case, whatever stands between.
pub(crate) fn words_of(text: &str) -> impl Iterator<Item = u64> {
    let read = text.get(..text.floor_char_boundary(READ_BYTES)).unwrap_or(text);
    read.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(|word| {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        let mut take =
            |byte: u8| hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        if word.is_ascii() {
            word.bytes().for_each(|byte| take(byte.to_ascii_lowercase()));
        } else {
            let lower = word.chars().flat_map(char::to_lowercase);
            lower.for_each(|c| c.encode_utf8(&mut [0; 4]).bytes().for_each(&mut take));
        }
        hash
    })
}

/// The hash of words in a row: their hashes chained, then mixed (the finaliser of SplitMix64).
pub(crate) fn shingle(words: &[u64]) -> u64 {
    let chained = words.iter().fold(0_u64, |hash, word| mix(hash.rotate_left(23) ^ word));
    mix(chained)
}

pub(crate) const fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

impl fmt::Display for Sketch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|bin| write!(f, "{bin:04x}"))
    }
}

impl fmt::Debug for Sketch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sketch({self})")
    }
}

impl FromStr for Sketch {
    type Err = ParseSketchError;
    fn from_str(text: &str) -> Result<Self, ParseSketchError> {
        let wrong = || ParseSketchError(text.chars().take(140).collect());
        let digits = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f'));
        if text.len() != BINS * 4 || !digits {
            return Err(wrong());
        }
        let mut bins = [0; BINS];
        for (n, bin) in bins.iter_mut().enumerate() {
            let digits = text.get(n * 4..n * 4 + 4).ok_or_else(wrong)?;
            *bin = u16::from_str_radix(digits, 16).map_err(|_| wrong())?;
        }
        Ok(Self(bins))
    }
}

impl Serialize for Sketch {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Sketch {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
