//! Predicts the withheld token from the issuer's source and its log alone.

mod linear;

use crate::family::c::{Bindings, Token, find, number, tokens};
use crate::family::text::{hex, unhex};
use std::collections::BTreeMap;

/// The log, read.
struct Log {
    started: u64,
    /// Tokens by serial number.
    shown: BTreeMap<u64, Vec<u8>>,
    /// Serial number and second of the withheld token.
    withheld: (u64, u64),
}

/// The withheld token. Without `able`, only generators seeded with the time are understood.
pub(super) fn token(source: &str, log: &str, able: bool) -> Option<String> {
    let (source, log) = (tokens(source), read(log)?);
    let token = mixed(&source, &log).or_else(|| {
        let rest = congruential(&source, &log).or_else(|| xorshift(&source, &log));
        rest.or_else(|| linear::register(&source, &log.shown, log.withheld.0)).filter(|_| able)
    })?;
    Some(hex(&token))
}

fn read(text: &str) -> Option<Log> {
    let mut lines = text.lines();
    let started = lines.next()?.strip_prefix("started ")?.parse().ok()?;
    let (mut shown, mut withheld) = (BTreeMap::new(), None);
    for line in lines {
        let fields: Vec<&str> = line.split(' ').collect();
        let [serial, second, _, token] = fields.as_slice() else { return None };
        let (serial, second) = (serial.parse().ok()?, second.parse().ok()?);
        if *token == "withheld" {
            withheld = Some((serial, second));
        } else {
            shown.insert(serial, unhex(token)?);
        }
    }
    Some(Log { started, shown, withheld: withheld? })
}

/// The numbers that a pattern's names stand for.
fn numbers(source: &[Token], pattern: &str, names: &[&str]) -> Option<Vec<u64>> {
    let mut found = Bindings::new();
    find(source, 0, pattern, &mut found)?;
    names.iter().map(|name| number(found.get(*name)?)).collect()
}

/// The two seeds that follow from the time.
fn mixed(source: &[Token], log: &Log) -> Option<Vec<u8>> {
    let pattern = "uint64_t $x = $s += $step; $x = ($x ^ $x >> $a) * $f; $x = ($x ^ $x >> $b) * $g; return $x ^ $x >> $c;";
    let constants = numbers(source, pattern, &["step", "a", "f", "b", "g", "c"])?;
    let [step, a, f, b, g, c] = constants.as_slice() else { return None };
    let token = |seed: u64, serial: u64| {
        let word = |n: u64| {
            let mut x = seed.wrapping_add(step.wrapping_mul(n));
            x = (x ^ x >> a).wrapping_mul(*f);
            x = (x ^ x >> b).wrapping_mul(*g);
            (x ^ x >> c).to_be_bytes()
        };
        [word(2 * serial - 1), word(2 * serial)].concat()
    };
    let (serial, second) = log.withheld;
    if let Some(salt) = numbers(source, "$s = $salt ^ (uint64_t)time(NULL);", &["salt"]) {
        return Some(token(salt.first()? ^ second, 1));
    }
    let salt = numbers(source, "$s = $salt ^ ((uint64_t)$n.tv_sec * 1000 +", &["salt"])?;
    let salt = *salt.first()?;
    let (known, wanted) = log.shown.first_key_value()?;
    let first = log.started.checked_mul(1000)?;
    let seed = (first..first + 1000).find(|m| token(salt ^ m, *known) == *wanted)?;
    Some(token(salt ^ seed, serial))
}

/// The hidden low bits by trying all of them.
fn congruential(source: &[Token], log: &Log) -> Option<Vec<u8>> {
    let pattern = "$s[0] = ($s[0] * $a + $c) & $m; return (uint32_t)($s[0] >> $h);";
    let constants = numbers(source, pattern, &["a", "c", "m", "h"])?;
    let [a, c, mask, hidden] = constants.as_slice() else { return None };
    let next = |x: u64| x.wrapping_mul(*a).wrapping_add(*c) & mask;
    let (known, token) = log.shown.first_key_value()?;
    let words: Vec<u64> =
        token.chunks_exact(4).map(|w| w.iter().fold(0, |x, b| x << 8 | u64::from(*b))).collect();
    let (first, rest) = words.split_first()?;
    let follows = |mut x: u64| {
        rest.iter().all(|word| {
            x = next(x);
            x >> hidden == *word
        })
    };
    let mut x = (0..1 << hidden).map(|low| first << hidden | low).find(|x| follows(*x))?;
    for _ in 0..log.withheld.0.checked_sub(*known)?.checked_mul(4)? {
        x = next(x);
    }
    let mut out = Vec::new();
    for _ in 0..4 {
        let [.., p, q, r, s] = (x >> hidden).to_be_bytes();
        out.extend([p, q, r, s]);
        x = next(x);
    }
    Some(out)
}

/// The first state by linear algebra: every bit that is shown is a sum of some of its bits.
fn xorshift(source: &[Token], log: &Log) -> Option<Vec<u8>> {
    let pattern = "uint32_t $t = $s[0] ^ $s[0] << $a; $s[0] = $s[1]; $s[1] = $s[2]; $s[2] = $s[3]; \
                   $s[3] = $s[3] ^ $s[3] >> $c ^ $t ^ $t >> $b; return (uint8_t)($s[3] >> $at);";
    let constants = numbers(source, pattern, &["a", "b", "c", "at"])?;
    let small: Option<Vec<usize>> = constants.iter().map(|n| usize::try_from(*n).ok()).collect();
    let [a, b, c, at] = *small?.as_slice() else { return None };
    let mut sums = linear::Sums::new();
    let mut state = linear::Words::first();
    for serial in 1..=log.withheld.0 {
        let shown = log.shown.get(&serial);
        let mut token = Vec::new();
        for n in 0..16 {
            let bits = state.step(a, b, c).get(at..at + 8)?.to_vec();
            if let Some(byte) = shown.and_then(|token| token.get(n)) {
                for (bit, sum) in (0..).zip(&bits) {
                    sums.add(*sum, byte >> bit & 1 == 1);
                }
            }
            token.push(bits);
        }
        if serial == log.withheld.0 {
            let state = sums.solved()?;
            let byte = |bits: &Vec<u128>| {
                let odd = |sum: &u128| u8::from((sum & state).count_ones() % 2 == 1);
                bits.iter().rev().fold(0, |byte, sum| byte << 1 | odd(sum))
            };
            return Some(token.iter().map(byte).collect());
        }
    }
    None
}
