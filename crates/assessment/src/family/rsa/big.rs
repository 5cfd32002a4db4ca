//! Natural numbers of any size, as far as small training keys need them. Not for secrets: nothing here
//! takes constant time.

use std::cmp::Ordering;

/// A natural number: 32-bit digits, lowest first, without leading zeros.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Big(Vec<u32>);

/// The two halves of 64 bits: low, high.
fn halves(word: u64) -> (u32, u32) {
    let [a, b, c, d, e, f, g, h] = word.to_le_bytes();
    (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]))
}

impl From<u64> for Big {
    fn from(n: u64) -> Self {
        let (low, high) = halves(n);
        Self(vec![low, high]).trimmed()
    }
}

impl Ord for Big {
    fn cmp(&self, other: &Self) -> Ordering {
        let length = self.0.len().cmp(&other.0.len());
        length.then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }
}

impl PartialOrd for Big {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Big {
    fn trimmed(mut self) -> Self {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
        self
    }

    pub(crate) const fn zero() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn is_even(&self) -> bool {
        self.0.first().is_none_or(|d| d & 1 == 0)
    }

    pub(crate) fn bits(&self) -> usize {
        let top = self.0.last().map_or(0, |d| 32 - d.leading_zeros());
        self.0.len().saturating_sub(1) * 32 + usize::try_from(top).unwrap_or(0)
    }

    /// From bytes, highest first.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        let digit = |c: &[u8]| c.iter().fold(0, |d: u32, b| d << 8 | u32::from(*b));
        Self(bytes.rchunks(4).map(digit).collect()).trimmed()
    }

    /// To bytes, highest first, without leading zeros.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let bytes = self.0.iter().rev().flat_map(|d| d.to_be_bytes());
        bytes.skip_while(|b| *b == 0).collect()
    }

    pub(crate) fn from_hex(text: &str) -> Option<Self> {
        let even = if text.len() % 2 == 1 { format!("0{text}") } else { text.to_owned() };
        Some(Self::from_bytes(&crate::family::text::unhex(&even)?))
    }

    pub(crate) fn to_hex(&self) -> String {
        let text = crate::family::text::hex(&self.to_bytes());
        let text = text.trim_start_matches('0');
        if text.is_empty() { "0".to_owned() } else { text.to_owned() }
    }

    pub(crate) fn add(&self, other: &Self) -> Self {
        let mut out = Vec::new();
        let mut carry = 0;
        for i in 0..self.0.len().max(other.0.len()) {
            let digit = |n: &Self| n.0.get(i).copied().map_or(0, u64::from);
            let (low, high) = halves(digit(self) + digit(other) + carry);
            out.push(low);
            carry = u64::from(high);
        }
        out.push(halves(carry).0);
        Self(out).trimmed()
    }

    /// The difference; `None` below zero.
    pub(crate) fn sub(&self, other: &Self) -> Option<Self> {
        if self < other {
            return None;
        }
        let mut out = Vec::new();
        let mut borrow = 0;
        for (i, digit) in self.0.iter().enumerate() {
            let less = other.0.get(i).copied().map_or(0, u64::from) + borrow;
            let digit = u64::from(*digit);
            borrow = u64::from(digit < less);
            out.push(halves((digit | borrow << 32) - less).0);
        }
        Some(Self(out).trimmed())
    }

    pub(crate) fn mul(&self, other: &Self) -> Self {
        let mut out = vec![0_u32; self.0.len() + other.0.len()];
        for (i, a) in self.0.iter().enumerate() {
            let mut carry = 0_u64;
            let low = other.0.iter().copied().chain(std::iter::repeat(0));
            for (slot, b) in out.iter_mut().skip(i).zip(low) {
                let (digit, rest) = halves(u64::from(*a) * u64::from(b) + u64::from(*slot) + carry);
                *slot = digit;
                carry = u64::from(rest);
            }
        }
        Self(out).trimmed()
    }

    fn shifted(&self, bits: u32) -> Self {
        let factor = Self(vec![1 << bits]);
        self.mul(&factor)
    }

    /// Quotient and remainder (Knuth, volume 2, algorithm D); `None` for a zero divisor.
    pub(crate) fn div(&self, by: &Self) -> Option<(Self, Self)> {
        let top = *by.0.last()?;
        if self < by {
            return Some((Self::zero(), self.clone()));
        }
        if by.0.len() == 1 {
            return Some(self.div_small(u64::from(top)));
        }
        let shift = top.leading_zeros();
        let by = by.shifted(shift);
        let n = by.0.len();
        let mut rest = self.shifted(shift).0;
        rest.resize((self.0.len() + 1).max(n + 1), 0);
        let steps = rest.len() - n;
        let mut quotient = vec![0_u32; steps];
        let first = u64::from(*by.0.last()?);
        let second = u64::from(*by.0.get(n - 2)?);
        for j in (0..steps).rev() {
            let at = |i: usize| rest.get(i).copied().map_or(0, u64::from);
            let high = at(j + n) << 32 | at(j + n - 1);
            let mut guess = high / first;
            let mut left = high % first;
            while guess >> 32 != 0 || guess * second > (left << 32 | at(j + n - 2)) {
                guess -= 1;
                left += first;
                if left >> 32 != 0 {
                    break;
                }
            }
            let window = rest.get_mut(j..=j + n)?;
            if subtract(window, &by.0, guess) {
                guess -= 1;
                restore(window, &by.0);
            }
            *quotient.get_mut(j)? = halves(guess).0;
        }
        rest.truncate(n);
        let (rest, _) = Self(rest).trimmed().div_small(1 << shift);
        Some((Self(quotient).trimmed(), rest))
    }

    fn div_small(&self, by: u64) -> (Self, Self) {
        let mut left = 0_u64;
        let mut out: Vec<u32> = Vec::new();
        for digit in self.0.iter().rev() {
            let whole = left << 32 | u64::from(*digit);
            out.push(halves(whole / by).0);
            left = whole % by;
        }
        out.reverse();
        (Self(out).trimmed(), Self::from(left))
    }

    pub(crate) fn rem(&self, by: &Self) -> Self {
        self.div(by).map_or_else(Self::zero, |(_, rest)| rest)
    }

    pub(crate) fn quotient(&self, by: &Self) -> Self {
        self.div(by).map_or_else(Self::zero, |(quotient, _)| quotient)
    }

    pub(crate) fn pow_mod(&self, exponent: &Self, modulus: &Self) -> Self {
        let mut out = Self::from(1).rem(modulus);
        let base = self.rem(modulus);
        for digit in exponent.0.iter().rev() {
            for bit in (0..32).rev() {
                out = out.mul(&out).rem(modulus);
                if digit >> bit & 1 == 1 {
                    out = out.mul(&base).rem(modulus);
                }
            }
        }
        out
    }

    pub(crate) fn gcd(&self, other: &Self) -> Self {
        let (mut a, mut b) = (self.clone(), other.clone());
        while !b.is_zero() {
            (a, b) = (b.clone(), a.rem(&b));
        }
        a
    }

    /// The inverse modulo `modulus`, if there is one.
    pub(crate) fn inverse(&self, modulus: &Self) -> Option<Self> {
        let (mut old, mut new) = (modulus.clone(), self.rem(modulus));
        let (mut s, mut t) = (Self::zero(), Self::from(1));
        while !new.is_zero() {
            let (quotient, rest) = old.div(&new)?;
            let product = quotient.mul(&t).rem(modulus);
            let next = s.add(modulus).sub(&product)?.rem(modulus);
            (old, new) = (new, rest);
            (s, t) = (t, next);
        }
        (old == Self::from(1)).then_some(s)
    }

    /// The largest number whose `k`th power is not above this one.
    pub(crate) fn root(&self, k: u32) -> Self {
        let bits = u64::try_from(self.bits()).unwrap_or(0) / u64::from(k.max(1)) + 1;
        let mut root = Self::zero();
        let power = |n: &Self| (1..k).fold(n.clone(), |p, _| p.mul(n));
        for bit in (0..bits).rev() {
            let with = root.add(&Self::two_to(bit));
            if power(&with) <= *self {
                root = with;
            }
        }
        root
    }

    fn two_to(bit: u64) -> Self {
        let mut digits = vec![0; usize::try_from(bit / 32).unwrap_or(0)];
        digits.push(1 << (bit % 32));
        Self(digits)
    }
}

/// Takes `by` times `guess` away; says whether it was too much.
fn subtract(window: &mut [u32], by: &[u32], guess: u64) -> bool {
    let (mut carry, mut borrow) = (0_u64, 0_u64);
    let digits = by.iter().copied().chain([0]);
    for (slot, digit) in window.iter_mut().zip(digits) {
        let product = guess * u64::from(digit) + carry;
        let (low, high) = halves(product);
        carry = u64::from(high);
        let less = u64::from(low) + borrow;
        let have = u64::from(*slot);
        borrow = u64::from(have < less);
        *slot = halves((have | borrow << 32) - less).0;
    }
    borrow == 1
}

/// Adds `by` back.
fn restore(window: &mut [u32], by: &[u32]) {
    let mut carry = 0_u64;
    let digits = by.iter().copied().chain([0]);
    for (slot, digit) in window.iter_mut().zip(digits) {
        let (low, high) = halves(u64::from(*slot) + u64::from(digit) + carry);
        *slot = low;
        carry = u64::from(high);
    }
}

#[cfg(test)]
mod tests;
