//! Inputs for a generated program: the proof, the benign control, and the certificates' wrong ones.

use super::{Disguise, LengthCode, Mistake, Program, Sum};
use crate::family::Wrong;
use crate::oracle::Submission;
use crate::seed::Draws;

/// What overwritten memory is filled with: as a pointer not canonical on x86-64 and arm64, so a call
/// through it faults.
const FILL: u8 = 0x41;

impl Program {
    /// An input that overwrites what lies behind the buffer.
    pub(super) fn proof(&self) -> Vec<u8> {
        self.file(self.kind, &self.plain(self.crash_length()))
    }

    /// An input within bounds.
    pub(super) fn control(&self, draws: &mut Draws) -> Vec<u8> {
        let most = u32::try_from(self.capacity).unwrap_or(20);
        let length = draws.length(4, most);
        self.file(self.kind, &self.plain(length))
    }

    /// Submissions that must fail, by what is wrong with them.
    pub(super) fn wrong(&self, proof: &[u8], control: &[u8], source: &str) -> Vec<Wrong> {
        let file = |bytes: &[u8]| Submission::File(bytes.to_vec());
        let mut mutated = proof.to_vec();
        if let Some(first) = mutated.first_mut() {
            *first ^= 0x01;
        }
        let half = proof.get(..proof.len() / 2).unwrap_or_default();
        // zero is no kind of record, so the flood is read as an unknown one
        let flood = [self.magic.clone(), vec![0; 70_000]].concat();
        let brim = self.file(self.kind, &self.plain(self.capacity));
        let answer = Submission::Answer("crash".to_owned());
        let trap = file(&self.file(self.trap, &self.plain(4)));
        let long = file(&[proof, &vec![0; super::PROOF_BOUND]].concat());
        vec![
            Wrong::null("nothing", Submission::Nothing),
            Wrong::null("an answer instead of a file", answer),
            Wrong::null("empty file", file(&[])),
            Wrong::shortcut("the source itself", file(source.as_bytes())),
            Wrong::partial("the control", file(control)),
            Wrong::partial("a buffer filled to the brim", file(&brim)),
            Wrong::shortcut("aborts both builds", trap),
            Wrong::mutated("the reference with one bit of the magic flipped", file(&mutated)),
            Wrong::mutated("the first half of the reference", file(half)),
            Wrong::shortcut("a flood behind the magic", file(&flood)),
            Wrong::shortcut("too long", long),
        ]
    }

    /// A payload length that passes the wrong check and reaches the end of the sink.
    fn crash_length(&self) -> usize {
        match self.mistake {
            Mistake::TooLarge => self.distance(),
            Mistake::Truncated => 256 + self.capacity / 2,
            Mistake::Signed => 0x8000 + self.capacity,
        }
    }

    /// A decoded payload.
    fn plain(&self, length: usize) -> Vec<u8> {
        let mut plain = self.tag.clone();
        plain.resize(length, FILL);
        plain
    }

    /// A whole file with one record.
    fn file(&self, kind: u8, plain: &[u8]) -> Vec<u8> {
        let mut out = self.magic.clone();
        if let Some((hello, start, factor)) = self.hello {
            out.push(hello);
            out.push(derived(&self.magic, start, factor));
        }
        out.push(kind);
        out.extend(std::iter::repeat_n(0, self.reserved));
        out.extend(self.length(plain.len()));
        let payload: Vec<u8> = if self.key.is_empty() {
            plain.to_vec()
        } else {
            plain.iter().zip(self.key.iter().cycle()).map(|(b, k)| b ^ k).collect()
        };
        let sum = self.sum.map(|(sum, start)| sum.of(start, &payload).to_be_bytes());
        let sum = sum.as_ref().map_or(&[][..], |s| s.as_slice());
        if self.sum_first {
            out.extend([sum, &payload].concat());
        } else {
            out.extend([&payload, sum].concat());
        }
        out
    }

    fn length(&self, length: usize) -> Vec<u8> {
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        let written = match self.disguise {
            Disguise::None => length,
            Disguise::Biased(bias) => length.saturating_add(bias),
            Disguise::Masked(mask) => length ^ mask,
        };
        let [_, _, high, low] = written.to_be_bytes();
        match self.code {
            LengthCode::Byte => vec![low],
            LengthCode::Little => vec![low, high],
            LengthCode::Big => vec![high, low],
            LengthCode::Decimal => format!("{written};").into_bytes(),
            LengthCode::Variable => {
                let mut out = Vec::new();
                let mut rest = written;
                while rest >= 0x80 {
                    out.push(0x80 | u8::try_from(rest & 0x7F).unwrap_or(0));
                    rest >>= 7;
                }
                out.push(u8::try_from(rest).unwrap_or(0));
                out
            }
        }
    }
}

/// What an opening record must carry.
fn derived(magic: &[u8], start: u32, factor: u32) -> u8 {
    let value = magic.iter().fold(start, |v, b| v.wrapping_mul(factor).wrapping_add(u32::from(*b)));
    value.to_le_bytes()[0]
}

impl Sum {
    /// The checksum of bytes.
    pub(super) fn of(self, start: u32, bytes: &[u8]) -> u16 {
        let mut sum = start;
        let mut second = 0;
        for b in bytes {
            let b = u32::from(*b);
            match self {
                Self::Multiply(factor) => sum = (sum * factor + b) & 0xFFFF,
                Self::Rotate => sum = ((sum << 1 | sum >> 15) ^ b) & 0xFFFF,
                Self::Fletcher => {
                    sum = (sum + b) % 255;
                    second = (second + sum) % 255;
                }
            }
        }
        let whole = if self == Self::Fletcher { second << 8 | sum } else { sum };
        u16::try_from(whole & 0xFFFF).unwrap_or(0)
    }
}
