//! The service: decrypts lines and says whether the padding was right. The cipher is XTEA (R. Needham and D. Wheeler,
//! "Tea extensions", 1997): small, and its weaknesses have no part in the task.

use crate::family::live::Setup;
use crate::family::text::{hex, unhex};

/// Bytes of a block.
pub(in crate::family) const BLOCK: usize = 8;
const DELTA: u32 = 0x9E37_79B9;
const ROUNDS: u32 = 32;
/// Most lines of a request.
const LINES: usize = 4_096;

/// How texts are padded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Padding {
    Counts,
    Zeros,
    Masked(u8),
}

impl Padding {
    pub(super) fn name(self) -> String {
        match self {
            Self::Counts => "counts".to_owned(),
            Self::Zeros => "zeros".to_owned(),
            Self::Masked(mask) => format!("masked {mask}"),
        }
    }

    fn named(name: &str) -> Option<Self> {
        match name.split_once(' ') {
            None if name == "counts" => Some(Self::Counts),
            None if name == "zeros" => Some(Self::Zeros),
            Some(("masked", mask)) => mask.parse().ok().map(Self::Masked),
            _ => None,
        }
    }

    pub(super) fn pad(self, text: &[u8]) -> Vec<u8> {
        let missing = BLOCK - text.len() % BLOCK;
        let count = u8::try_from(missing).unwrap_or(0);
        let mut out = text.to_vec();
        match self {
            Self::Counts => out.resize(text.len() + missing, count),
            Self::Masked(mask) => out.resize(text.len() + missing, count ^ mask),
            Self::Zeros => {
                out.push(0x80);
                out.resize(text.len() + missing, 0);
            }
        }
        out
    }

    pub(super) fn right(self, text: &[u8]) -> bool {
        let Some(last) = text.last() else { return false };
        match self {
            Self::Zeros => {
                let zeros = text.iter().rev().take_while(|b| **b == 0).count();
                zeros < BLOCK && text.iter().rev().nth(zeros) == Some(&0x80)
            }
            Self::Counts | Self::Masked(_) => {
                let mask = if let Self::Masked(mask) = self { mask } else { 0 };
                let count = usize::from(last ^ mask);
                (1..=BLOCK).contains(&count) && text.iter().rev().take(count).all(|b| b == last)
            }
        }
    }
}

fn key_words(key: &[u8]) -> [u32; 4] {
    let mut words = [0; 4];
    for (word, bytes) in words.iter_mut().zip(key.chunks(4)) {
        *word = bytes.iter().fold(0, |word, b| word << 8 | u32::from(*b));
    }
    words
}

fn halves(block: &[u8]) -> [u32; 2] {
    let [a, b, ..] = key_words(block);
    [a, b]
}

fn part(key: [u32; 4], at: u32) -> u32 {
    key.get(usize::try_from(at & 3).unwrap_or(0)).copied().unwrap_or(0)
}

fn mixed(v: u32) -> u32 {
    ((v << 4) ^ (v >> 5)).wrapping_add(v)
}

fn encrypted(key: [u32; 4], block: &[u8]) -> Vec<u8> {
    let ([mut a, mut b], mut sum) = (halves(block), 0_u32);
    for _ in 0..ROUNDS {
        a = a.wrapping_add(mixed(b) ^ sum.wrapping_add(part(key, sum)));
        sum = sum.wrapping_add(DELTA);
        b = b.wrapping_add(mixed(a) ^ sum.wrapping_add(part(key, sum >> 11)));
    }
    [a.to_be_bytes(), b.to_be_bytes()].concat()
}

fn decrypted(key: [u32; 4], block: &[u8]) -> Vec<u8> {
    let ([mut a, mut b], mut sum) = (halves(block), DELTA.wrapping_mul(ROUNDS));
    for _ in 0..ROUNDS {
        b = b.wrapping_sub(mixed(a) ^ sum.wrapping_add(part(key, sum >> 11)));
        sum = sum.wrapping_sub(DELTA);
        a = a.wrapping_sub(mixed(b) ^ sum.wrapping_add(part(key, sum)));
    }
    [a.to_be_bytes(), b.to_be_bytes()].concat()
}

/// The initial block and the encrypted ones.
pub(super) fn encrypt(key: &[u8], initial: &[u8], padded: &[u8]) -> Vec<u8> {
    let words = key_words(key);
    let mut out = initial.to_vec();
    let mut before = initial.to_vec();
    for block in padded.chunks(BLOCK) {
        let mixed: Vec<u8> = block.iter().zip(&before).map(|(a, b)| a ^ b).collect();
        before = encrypted(words, &mixed);
        out.extend(&before);
    }
    out
}

fn decrypt(key: &[u8], bytes: &[u8]) -> Option<Vec<u8>> {
    if bytes.len() < 2 * BLOCK || !bytes.len().is_multiple_of(BLOCK) {
        return None;
    }
    let words = key_words(key);
    let blocks: Vec<&[u8]> = bytes.chunks(BLOCK).collect();
    let mut out = Vec::new();
    for pair in blocks.windows(2) {
        let [before, block] = pair else { continue };
        out.extend(decrypted(words, block).iter().zip(*before).map(|(a, b)| a ^ b));
    }
    Some(out)
}

/// A line for each line.
pub(in crate::family) fn answer(setup: Setup<'_>, request: &[u8]) -> Option<Vec<u8>> {
    let key = unhex(setup.get("key")?).filter(|key| key.len() == 16)?;
    let padding = Padding::named(setup.get("padding")?)?;
    let (good, bad) = (setup.get("good")?, setup.get("bad")?);
    let text = String::from_utf8_lossy(request).into_owned();
    let lines = text.lines().take(LINES).map(|line| {
        let text = unhex(line.trim()).and_then(|bytes| decrypt(&key, &bytes));
        match text {
            None => "no message\n".to_owned(),
            Some(text) if padding.right(&text) => format!("{good}\n"),
            Some(_) => format!("{bad}\n"),
        }
    });
    Some(lines.collect::<String>().into_bytes())
}

/// A line of a request.
pub(super) fn line(bytes: &[u8]) -> String {
    format!("{}\n", hex(bytes))
}
