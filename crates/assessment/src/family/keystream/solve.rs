//! Recovers messages from traffic whose cipher was used wrongly, from the notes and the capture alone.

use crate::family::text::{between, unhex};
use std::collections::BTreeMap;

/// Message bytes by message id.
type Messages = BTreeMap<u64, Vec<u8>>;

/// Finds the passphrase the prompt asks for. Without `able`, only repeated keys and reused nonces are
/// understood.
pub(super) fn passphrase(prompt: &str, notes: &str, capture: &str, able: bool) -> Option<String> {
    let subject = between(prompt, "subject is `", "`")?;
    let texts = if notes.contains("repeated and XORed") {
        repeated(&known(notes)?, &messages(capture)?)
    } else if notes.contains("depends on the secret key, which never changes, and on the nonce") {
        reused(notes, capture)
    } else if able && notes.contains("(a*x + c) mod m") {
        congruential(notes, &messages(capture)?)
    } else {
        None
    }?;
    let wanted = format!("subject {subject};");
    let text = texts.iter().find(|text| text.contains(&wanted))?;
    between(text, "passphrase ", ";").map(str::to_owned)
}

/// The known text of the notes, which stands indented and ends with a bar.
fn known(notes: &str) -> Option<String> {
    between(notes, "\n    ", "|\n").map(str::to_owned)
}

/// Whole messages, or pieces put together.
fn messages(capture: &str) -> Option<Messages> {
    let mut out = Messages::new();
    for line in capture.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["msg", id, hex] => {
                out.insert(id.parse().ok()?, unhex(hex)?);
            }
            ["frag", id, offset, hex] => {
                let message = out.entry(id.parse().ok()?).or_default();
                let (offset, piece) = (offset.parse::<usize>().ok()?, unhex(hex)?);
                if offset > 1 << 20 {
                    return None;
                }
                let end = offset + piece.len();
                if message.len() < end {
                    message.resize(end, 0);
                }
                message.get_mut(offset..end)?.copy_from_slice(&piece);
            }
            _ => return None,
        }
    }
    Some(out)
}

fn xor(bytes: &[u8], stream: impl IntoIterator<Item = u8>) -> Vec<u8> {
    bytes.iter().zip(stream).map(|(b, k)| b ^ k).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn repeated(known: &str, messages: &Messages) -> Option<Vec<String>> {
    let first = messages.values().next()?;
    let stream = xor(first, known.bytes());
    let period = (1..16).find(|n| {
        let later = stream.iter().skip(*n);
        stream.iter().zip(later).all(|(a, b)| a == b)
    })?;
    let key = stream.get(..period)?;
    Some(messages.values().map(|m| text(&xor(m, key.iter().copied().cycle()))).collect())
}

fn reused(notes: &str, capture: &str) -> Option<Vec<String>> {
    let public = known(notes)?;
    let id = between(notes, "Message ", " was published")?;
    let lines: Vec<(&str, &str, &str)> = capture
        .lines()
        .filter_map(|line| match line.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["msg", id, "nonce", nonce, hex] => Some((*id, *nonce, *hex)),
            _ => None,
        })
        .collect();
    let (_, nonce, hex) = lines.iter().find(|(i, ..)| *i == id)?;
    let stream = xor(&unhex(hex)?, public.bytes());
    let same = lines.iter().filter(|(i, n, _)| n == nonce && *i != id);
    let texts = same.filter_map(|(.., hex)| Some(text(&xor(&unhex(hex)?, stream.iter().copied()))));
    Some(texts.collect())
}

/// The generator's states behind the known opening of a message.
fn states(message: &[u8], known: &str) -> Vec<u64> {
    let stream = xor(message, known.bytes());
    let words = stream.chunks_exact(4);
    words.map(|w| w.iter().fold(0, |x, b| x << 8 | u64::from(*b))).collect()
}

fn congruential(notes: &str, messages: &Messages) -> Option<Vec<String>> {
    let known = known(notes)?;
    let all: Vec<Vec<u64>> = messages.values().map(|m| states(m, &known)).collect();
    let modulus = match between(notes, "; m is ", ".") {
        Some(text) if text.bytes().all(|b| b.is_ascii_digit()) => text.parse().ok()?,
        _ => modulus(&all)?,
    };
    let (multiplier, increment) = all.iter().find_map(|s| parameters(s, modulus))?;
    let texts = messages.values().zip(&all).filter_map(|(message, states)| {
        let mut x = *states.first()?;
        let mut stream = Vec::new();
        while stream.len() < message.len() {
            let [.., a, b, c, d] = x.to_be_bytes();
            stream.extend([a, b, c, d]);
            x = (multiplier * x + increment) % modulus;
        }
        Some(text(&xor(message, stream)))
    });
    Some(texts.collect())
}

/// Multiplier and increment from three states that follow each other.
fn parameters(states: &[u64], modulus: u64) -> Option<(u64, u64)> {
    states.windows(3).find_map(|w| {
        let [x, y, z] = w else { return None };
        let step = |a: u64, b: u64| (b % modulus + modulus - a % modulus) % modulus;
        let multiplier = step(*y, *z) * inverse(step(*x, *y), modulus)? % modulus;
        let increment = (y % modulus + modulus - multiplier * (x % modulus) % modulus) % modulus;
        Some((multiplier, increment))
    })
}

/// The inverse of `a` modulo `m`, by Euclid.
fn inverse(a: u64, m: u64) -> Option<u64> {
    let (mut old_r, mut r) = (i128::from(a), i128::from(m));
    let (mut old_s, mut s) = (1_i128, 0_i128);
    while r != 0 {
        let q = old_r / r;
        (old_r, r) = (r, old_r - q * r);
        (old_s, s) = (s, old_s - q * s);
    }
    let inverse = old_s.rem_euclid(i128::from(m));
    (old_r == 1).then_some(())?;
    u64::try_from(inverse).ok()
}

/// The modulus from states alone: with steps t, every t(n+2)·t(n) − t(n+1)² is a multiple of it.
fn modulus(all: &[Vec<u64>]) -> Option<u64> {
    let mut common = 0_u128;
    for states in all {
        let steps: Vec<i128> = states
            .windows(2)
            .filter_map(|w| Some(i128::from(*w.get(1)?) - i128::from(*w.first()?)))
            .collect();
        for w in steps.windows(3) {
            let [a, b, c] = w else { continue };
            common = gcd(common, (c * a - b * b).unsigned_abs());
        }
    }
    // a small factor may be left over; every state is below the modulus
    let largest = u128::from(all.iter().flatten().copied().max()?);
    let factor = (1..64)
        .rev()
        .find(|f| common.is_multiple_of(*f) && common / f > largest && common / f < 1 << 31)?;
    u64::try_from(common / factor).ok()
}

fn gcd(a: u128, b: u128) -> u128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests;
