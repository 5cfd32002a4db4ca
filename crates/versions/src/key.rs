//! Order-preserving byte keys and the primitives that build them.
//!
//! A key is a concatenation of fields that are each self-delimiting and order-preserving, so that
//! comparing whole keys byte by byte compares field by field.

use std::fmt;

/// A version as bytes whose order is the version order of its ecosystem.
///
/// Keys of different ecosystems do not compare meaningfully. Two spellings of one version
/// (`1.0` and `1.0.0` in PEP 440) have one key.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VersionKey(Box<[u8]>);

impl VersionKey {
    /// The key below every version: what `introduced: "0"` means.
    pub fn lowest() -> Self {
        Self(Box::default())
    }

    /// The smallest key above this one; turns an inclusive upper bound into an exclusive one.
    #[must_use]
    pub fn successor(&self) -> Self {
        let mut bytes = Vec::with_capacity(self.0.len() + 1);
        bytes.extend_from_slice(&self.0);
        bytes.push(0);
        Self(bytes.into())
    }

    /// The key that `write` writes.
    pub(crate) fn written(
        write: impl FnOnce(&mut KeyWriter) -> Result<(), &'static str>,
    ) -> Result<Self, &'static str> {
        let mut key = KeyWriter(Vec::with_capacity(32));
        write(&mut key).map(|()| Self(key.0.into()))
    }

    /// The bytes, to store and to compare with `memcmp`.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// A key read back from where [`Self::as_bytes`] was stored.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }
}

impl fmt::Debug for VersionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VersionKey(")?;
        for byte in &self.0 {
            write!(f, "{byte:02x}")?;
        }
        f.write_str(")")
    }
}

/// First marker of an encoded number; nine more follow. Lower bytes are free for end markers.
const NUMBER: u8 = 0x10;

/// A key under construction.
#[derive(Debug, Default)]
pub(crate) struct KeyWriter(Vec<u8>);

impl KeyWriter {
    pub(crate) fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    /// Text without NUL, closed by NUL, so that a prefix sorts first.
    pub(crate) fn text(&mut self, text: &[u8]) {
        debug_assert!(!text.contains(&0), "the grammars admit no NUL");
        self.0.extend_from_slice(text);
        self.0.push(0);
    }

    /// As [`Self::text`], in capital letters.
    pub(crate) fn upper_text(&mut self, text: &[u8]) {
        self.0.extend(text.iter().map(u8::to_ascii_uppercase));
        self.0.push(0);
    }

    /// A run of decimal digits of any length, compared as a number; no digits mean zero.
    ///
    /// Small numbers: `NUMBER` + count of significant bytes, then those bytes. Numbers above
    /// `u64::MAX`: `NUMBER` + 9, the count of significant digits, then the digits.
    pub(crate) fn number(&mut self, digits: &[u8]) {
        let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
        let digits = digits.get(zeros..).unwrap_or_default();
        if let Some(value) = number_of(digits) {
            self.small(value);
        } else {
            let count = u16::try_from(digits.len()).expect("versions are at most 256 bytes");
            self.0.push(NUMBER + 9);
            self.0.extend_from_slice(&count.to_be_bytes());
            self.0.extend_from_slice(digits);
        }
    }

    /// A number as [`Self::number`] writes it.
    pub(crate) fn small(&mut self, value: u64) {
        if let Ok(byte) = u8::try_from(value)
            && byte > 0
        {
            self.0.extend_from_slice(&[NUMBER + 1, byte]);
            return;
        }
        let bytes = value.to_be_bytes();
        let skip = bytes.iter().take_while(|byte| **byte == 0).count();
        let significant = bytes.get(skip..).unwrap_or_default();
        self.0.push(NUMBER + u8::try_from(significant.len()).expect("at most eight bytes"));
        self.0.extend_from_slice(significant);
    }

    /// Writes into a buffer that is already there.
    pub(crate) fn over(buffer: Vec<u8>) -> Self {
        Self(buffer)
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// Splits off the digits at the beginning.
pub(crate) fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    take_while(text, |byte| byte.is_ascii_digit())
}

/// Splits off the letters at the beginning.
pub(crate) fn letters(text: &[u8]) -> (&[u8], &[u8]) {
    take_while(text, |byte| byte.is_ascii_alphabetic())
}

/// Whether the digits are a zero (or none).
pub(crate) fn is_zero(digits: &[u8]) -> bool {
    digits.iter().all(|digit| *digit == b'0')
}

/// The value of decimal digits, where it fits.
pub(crate) fn number_of(digits: &[u8]) -> Option<u64> {
    if digits.len() < 20 {
        // nineteen digits always fit
        return Some(digits.iter().fold(0, |value, digit| value * 10 + u64::from(digit - b'0')));
    }
    digits
        .iter()
        .try_fold(0u64, |value, digit| value.checked_mul(10)?.checked_add(u64::from(digit - b'0')))
}

/// Splits off the longest prefix whose bytes satisfy `keep`.
pub(crate) fn take_while(text: &[u8], keep: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| !keep(*byte)).unwrap_or(text.len());
    text.split_at(end)
}

#[cfg(test)]
mod tests;
