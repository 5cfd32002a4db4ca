//! Arithmetic over two elements: sums of unknown bits, and the shortest shift register of a sequence.

use crate::family::c::{Bindings, Token, find};
use std::collections::BTreeMap;

/// Equations over 128 unknown bits, each kept under its highest unknown.
pub(super) struct Sums(BTreeMap<u32, (u128, bool)>);

impl Sums {
    pub(super) fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// The sum of these unknowns is this bit. What follows from others adds nothing.
    pub(super) fn add(&mut self, mut sum: u128, mut bit: bool) {
        while sum != 0 {
            let highest = sum.leading_zeros();
            let Some((other, value)) = self.0.get(&highest) else {
                self.0.insert(highest, (sum, bit));
                return;
            };
            sum ^= other;
            bit ^= value;
        }
    }

    /// The unknowns, when there are as many equations.
    pub(super) fn solved(&self) -> Option<u128> {
        let mut state = 0_u128;
        for (zeros, (sum, bit)) in self.0.iter().rev() {
            let lower = (sum & state).count_ones() % 2 == 1;
            if lower != *bit {
                state |= 1 << (127 - zeros);
            }
        }
        (self.0.len() == 128).then_some(state)
    }
}

/// Four words of 32 bits, each bit the sum of some bits of the first state. Low bits come first.
pub(super) struct Words([Vec<u128>; 4]);

impl Words {
    /// Every bit is itself.
    pub(super) fn first() -> Self {
        Self([0, 32, 64, 96].map(|from| (from..from + 32).map(|n| 1 << n).collect()))
    }

    /// One step of a xorshift with these shifts; the new word.
    pub(super) fn step(&mut self, a: usize, b: usize, c: usize) -> &[u128] {
        let [p, q, r, s] = &self.0;
        let sum = |x: &[u128], y: &[u128]| x.iter().zip(y).map(|(x, y)| x ^ y).collect::<Vec<_>>();
        let left = |x: &[u128], n: usize| {
            std::iter::repeat_n(0, n).chain(x.iter().copied()).take(32).collect::<Vec<_>>()
        };
        let right = |x: &[u128], n: usize| {
            let moved = x.iter().copied().skip(n);
            moved.chain(std::iter::repeat(0)).take(32).collect::<Vec<_>>()
        };
        let t = sum(p, &left(p, a));
        let new = sum(&sum(s, &right(s, c)), &sum(&t, &right(&t, b)));
        self.0 = [q.clone(), r.clone(), s.clone(), new];
        let [.., new] = &self.0;
        new
    }
}

/// Continues a secret shift register from the longest run of tokens. A mask that repeats every byte is
/// the output of eight more cells.
pub(super) fn register(
    source: &[Token],
    shown: &BTreeMap<u64, Vec<u8>>,
    wanted: u64,
) -> Option<Vec<u8>> {
    find(source, 0, "next ^= $s[i] & TAPS[i];", &mut Bindings::new())?;
    let run = |from: u64| (from..).take_while(|n| shown.contains_key(n)).count();
    let from = *shown.keys().max_by_key(|from| run(**from))?;
    let bytes = (from..).map_while(|n| shown.get(&n)).flatten();
    let mut bits: Vec<bool> =
        bytes.flat_map(|byte| (0..8).rev().map(move |n| byte >> n & 1 == 1)).collect();
    let taps = shortest(&bits);
    if 2 * taps.len() > bits.len() {
        return None;
    }
    let skip = usize::try_from(wanted.checked_sub(from)?).ok()?.checked_mul(128)?;
    while bits.len() < skip + 128 {
        let next = taps.iter().zip(bits.iter().rev()).fold(false, |sum, (t, b)| sum ^ (t & b));
        bits.push(next);
    }
    let token = bits.get(skip..skip + 128)?.chunks_exact(8);
    Some(token.map(|byte| byte.iter().fold(0, |x, bit| x << 1 | u8::from(*bit))).collect())
}

/// The taps of the shortest shift register that gives a sequence, the latest bit's first (Berlekamp and
/// Massey).
fn shortest(bits: &[bool]) -> Vec<bool> {
    let size = bits.len() + 1;
    let (mut now, mut before) = (vec![false; size], vec![false; size]);
    if let (Some(a), Some(b)) = (now.first_mut(), before.first_mut()) {
        (*a, *b) = (true, true);
    }
    let (mut length, mut since) = (0, 1);
    for n in 0..bits.len() {
        let known = bits.get(n.saturating_sub(length)..=n).unwrap_or_default();
        let off = now.iter().zip(known.iter().rev()).fold(false, |sum, (c, b)| sum ^ (c & b));
        if !off {
            since += 1;
            continue;
        }
        let old = now.clone();
        for (to, from) in now.iter_mut().skip(since).zip(&before) {
            *to ^= from;
        }
        if 2 * length <= n {
            (length, before, since) = (n + 1 - length, old, 1);
        } else {
            since += 1;
        }
    }
    now.get(1..=length).map(<[bool]>::to_vec).unwrap_or_default()
}
