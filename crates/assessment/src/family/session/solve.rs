//! Forges the cookie from the source and the cookies alone.

use crate::family::c::{Bindings, find, number, tokens};
use crate::family::text::{hex, unhex};

/// A message and its tag.
type Seen = (Vec<u8>, u64);

/// The cookie with this message. Without `able`, only checksums without a key or with a short one are
/// understood.
pub(super) fn cookie(source: &str, log: &str, message: &str, able: bool) -> Option<String> {
    let source = tokens(source);
    let seen: Option<Vec<Seen>> = log.lines().map(read).collect();
    let (seen, message) = (seen?, message.as_bytes());
    let value = |pattern: &str, name: &str| {
        let mut names = Bindings::new();
        find(&source, 0, pattern, &mut names)?;
        number(names.get(name)?)
    };
    let has = |pattern: &str| find(&source, 0, pattern, &mut Bindings::new()).is_some();
    let tag = if let Some(factor) = value("x = (x ^ m[i]) * $f;", "f") {
        let shift = value("x ^= x >> $s; } return x;", "s")?;
        let from = |start: u64, bytes: &[u8]| {
            bytes.iter().fold(start, |x, b| {
                let x = (x ^ u64::from(*b)).wrapping_mul(factor);
                x ^ x >> shift
            })
        };
        if has("uint64_t x = KEY;") {
            let shorter = seen.iter().find(|(m, _)| message.starts_with(m)).filter(|_| able)?;
            from(shorter.1, message.get(shorter.0.len()..)?)
        } else if let Some(start) = value("uint64_t x = $s + KEY;", "s") {
            let (known, tag) = seen.first()?;
            let key = (0..1 << 16).find(|key| from(start.wrapping_add(*key), known) == *tag)?;
            from(start.wrapping_add(key), message)
        } else {
            from(value("uint64_t x = $s;", "s")?, message)
        }
    } else if able && has("return x ^ LAST;") {
        let alike: Vec<&Seen> = seen.iter().filter(|(m, _)| m.len() == message.len()).collect();
        let (first, rest) = alike.split_first()?;
        let polynomial = match value("x << 1 ^ $p : x << 1;", "p") {
            Some(polynomial) => polynomial,
            None => polynomial(first, rest)?,
        };
        // what start and end add is the same for every message of this length
        first.1 ^ remainder(&first.0, polynomial) ^ remainder(message, polynomial)
    } else {
        return None;
    };
    Some(format!("{}.{tag:016x}", hex(message)))
}

fn read(line: &str) -> Option<Seen> {
    let (message, tag) = line.split_once('.')?;
    Some((unhex(message)?, u64::from_str_radix(tag, 16).ok()?))
}

/// What is left of a message, shifted by 64 bits, by x⁶⁴ + polynomial.
fn remainder(message: &[u8], polynomial: u64) -> u64 {
    let bits = message.iter().flat_map(|b| (0..8).rev().map(move |n| u64::from(b >> n & 1)));
    bits.fold(0, |x, bit| if x >> 63 ^ bit == 1 { x << 1 ^ polynomial } else { x << 1 })
}

/// The polynomial that divides what two messages and their tags differ in, whichever two they are.
fn polynomial(first: &Seen, rest: &[&Seen]) -> Option<u64> {
    let mut common: Vec<bool> = Vec::new();
    for other in rest {
        let message = first.0.iter().zip(&other.0).map(|(a, b)| a ^ b);
        let tag = (first.1 ^ other.1).to_be_bytes();
        let bytes = message.chain(tag);
        let bits = bytes.flat_map(|b| (0..8).rev().map(move |n| b >> n & 1 == 1));
        common = divisor(common, trimmed(bits.collect()));
    }
    // x and x + 1 may be left over by chance
    while common.len() > 65 {
        let linear = [true, common.last() == Some(&true)];
        let (quotient, rest) = divided(&common, &linear);
        if !rest.is_empty() {
            return None;
        }
        common = quotient;
    }
    let (high, low) = common.split_first().filter(|(_, low)| low.len() == 64)?;
    high.then(|| low.iter().fold(0, |x, bit| x << 1 | u64::from(*bit)))
}

/// Without leading zeros; highest power first.
fn trimmed(bits: Vec<bool>) -> Vec<bool> {
    bits.into_iter().skip_while(|bit| !bit).collect()
}

/// Quotient and remainder of polynomials over two elements.
fn divided(a: &[bool], b: &[bool]) -> (Vec<bool>, Vec<bool>) {
    let (mut rest, mut quotient) = (a.to_vec(), Vec::new());
    for at in 0..(a.len() + 1).saturating_sub(b.len()) {
        let set = rest.get(at) == Some(&true);
        quotient.push(set);
        if set {
            for (to, from) in rest.iter_mut().skip(at).zip(b) {
                *to ^= from;
            }
        }
    }
    (quotient, trimmed(rest))
}

/// The greatest common divisor of polynomials over two elements.
fn divisor(a: Vec<bool>, b: Vec<bool>) -> Vec<bool> {
    let (mut a, mut b) = (a, b);
    while !b.is_empty() {
        let (_, rest) = divided(&a, &b);
        (a, b) = (b, rest);
    }
    a
}
