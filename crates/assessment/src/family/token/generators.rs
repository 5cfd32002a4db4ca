//! The generators and what they issue.

use super::SIZE;
use crate::seed::Draws;

/// A generator with its constants and, unless it is seeded with the time, its first state.
#[derive(Debug, Clone)]
pub(super) enum Generator {
    /// A counter that is mixed; seeded for each token with the second.
    Second(Mixer),
    /// The same, seeded once with the millisecond.
    Millisecond(Mixer),
    /// x → a·x + c modulo 2^width, of which the high 32 bits are shown.
    Congruential { multiplier: u64, increment: u64, width: u32, state: u64 },
    /// Four words of 32 bits; one byte of each new word is shown.
    Xorshift { shifts: [u32; 3], byte: u32, state: [u32; 4] },
    /// A shift register with feedback; every bit is shown, each byte masked.
    Register { taps: Vec<bool>, cells: Vec<bool>, mask: u8 },
}

/// A counter whose value is mixed by shifts and products.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mixer {
    pub(super) salt: u64,
    pub(super) step: u64,
    pub(super) factors: [u64; 2],
    pub(super) shifts: [u32; 3],
}

/// Shifts with which a xorshift of 128 bits has its full period (Marsaglia 2003), so that any one of its
/// bits, watched for long enough, tells its whole state.
const FULL: [[u32; 3]; 4] = [[5, 14, 1], [15, 4, 21], [23, 24, 3], [5, 12, 29]];

/// The generator of this dial.
pub(super) fn generator(d: &mut Draws, step: u8) -> Generator {
    let small = |d: &mut Draws, low: u32, high: u32| {
        u32::try_from(d.between(low.into(), high.into())).unwrap_or(low)
    };
    match step {
        1 | 2 => {
            let mixer = Mixer {
                salt: d.word(),
                step: d.word() | 1,
                factors: [d.word() | 1, d.word() | 1],
                shifts: [small(d, 25, 33), small(d, 25, 33), small(d, 25, 33)],
            };
            if step == 1 { Generator::Second(mixer) } else { Generator::Millisecond(mixer) }
        }
        3 => {
            let width = small(d, 44, 48);
            let below = (1 << width) - 1;
            // the full period: the increment is odd, the multiplier is one more than a multiple of 4
            let multiplier = (d.word() & below & !3) | 1 | 1 << (width - 1);
            let increment = (d.word() & below) | 1;
            Generator::Congruential { multiplier, increment, width, state: d.word() & below }
        }
        4 => Generator::Xorshift {
            shifts: *d.pick(&FULL),
            byte: small(d, 0, 3),
            state: [0; 4].map(|_: u32| small(d, 1, u32::MAX)),
        },
        _ => {
            let length = d.length(90, 140);
            let mut taps: Vec<bool> = (0..length).map(|_| d.coin()).collect();
            let mut cells: Vec<bool> = (0..length).map(|_| d.coin()).collect();
            if let (Some(tap), Some(cell)) = (taps.first_mut(), cells.first_mut()) {
                (*tap, *cell) = (true, true);
            }
            Generator::Register {
                taps,
                cells,
                mask: *d.pick(&[0x35, 0x5C, 0x9A, 0xA6, 0xC5, 0x6B]),
            }
        }
    }
}

impl Generator {
    /// The tokens of a process that started at this millisecond and issued one in each of these seconds.
    pub(super) fn tokens(&self, started: u64, seconds: &[u64]) -> Vec<Vec<u8>> {
        match self {
            Self::Second(mixer) => {
                let each = seconds.iter().map(|second| mixer.token(&mut (mixer.salt ^ second)));
                each.collect()
            }
            Self::Millisecond(mixer) => {
                let mut state = mixer.salt ^ started;
                seconds.iter().map(|_| mixer.token(&mut state)).collect()
            }
            Self::Congruential { multiplier, increment, width, state } => {
                let mut state = *state;
                let mut word = || {
                    state = state.wrapping_mul(*multiplier).wrapping_add(*increment);
                    state &= (1 << width) - 1;
                    let [.., a, b, c, e] = (state >> (width - 32)).to_be_bytes();
                    [a, b, c, e]
                };
                seconds.iter().map(|_| (0..SIZE / 4).flat_map(|_| word()).collect()).collect()
            }
            Self::Xorshift { shifts: [a, b, c], byte, state } => {
                let mut state = *state;
                let mut next = || {
                    let [p, q, r, s] = state;
                    let t = p ^ p << a;
                    let new = s ^ s >> c ^ t ^ t >> b;
                    state = [q, r, s, new];
                    let [x, y, z, w] = new.to_le_bytes();
                    [x, y, z, w].into_iter().nth(usize::try_from(*byte).unwrap_or(0)).unwrap_or(x)
                };
                seconds.iter().map(|_| (0..SIZE).map(|_| next()).collect()).collect()
            }
            Self::Register { taps, cells, mask } => {
                let mut cells = cells.clone();
                let mut bit = || {
                    let next = cells.iter().zip(taps).fold(false, |sum, (c, t)| sum ^ (c & t));
                    let out = cells.remove(0);
                    cells.push(next);
                    u8::from(out)
                };
                let mut byte = || (0..8).fold(0, |byte, _| byte << 1 | bit()) ^ mask;
                seconds.iter().map(|_| (0..SIZE).map(|_| byte()).collect()).collect()
            }
        }
    }
}

impl Mixer {
    fn token(&self, state: &mut u64) -> Vec<u8> {
        (0..SIZE / 8).flat_map(|_| self.word(state).to_be_bytes()).collect()
    }

    fn word(&self, state: &mut u64) -> u64 {
        let ([a, b, c], [f, g]) = (self.shifts, self.factors);
        *state = state.wrapping_add(self.step);
        let mut x = *state;
        x = (x ^ x >> a).wrapping_mul(f);
        x = (x ^ x >> b).wrapping_mul(g);
        x ^ x >> c
    }
}
