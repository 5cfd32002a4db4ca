//! Programs for the machine.

use super::{OPS, Op};
use crate::seed::Draws;

/// Where code begins in memory.
const CODE: usize = 256;
/// The first instruction of a second stage.
const SECOND: usize = 90;
/// Where the tables lie in the first page.
const KEYS: u8 = 16;
const TARGETS: u8 = 96;

/// A program and how it is encoded.
#[derive(Debug, Clone)]
pub(super) struct Lock {
    /// The opcode of each of [`OPS`].
    pub(super) codes: Vec<u8>,
    /// Factor and summand that mask an instruction's bytes by their address.
    pub(super) mask: (u8, u8),
    /// The memory as it is before the first step.
    pub(super) memory: Vec<u8>,
}

type Code = Vec<(Op, u8, u8)>;

/// The constants of a check.
struct Check {
    keys: Vec<u8>,
    turn: u8,
    factor: u8,
    first: u8,
    chained: bool,
}

fn byte(n: usize) -> u8 {
    u8::try_from(n).unwrap_or(u8::MAX)
}

impl Lock {
    pub(super) fn draw(d: &mut Draws, step: u8, phrase: &[u8]) -> Self {
        let mut all: Vec<u8> = (1..=255).collect();
        d.shuffle(&mut all);
        let codes = all.into_iter().take(OPS.len()).collect();
        let mask = if step >= 4 { (d.byte() | 1, d.byte()) } else { (0, 0) };
        let mut lock = Self { codes, mask, memory: d.bytes(CODE) };
        if step == 1 {
            let code = straight(d, phrase);
            lock.write(0, &code);
            return lock;
        }
        let check = Check {
            keys: d.bytes(phrase.len()),
            turn: byte(d.length(1, 7)),
            factor: d.byte() | 1,
            first: d.byte(),
            chained: step >= 3,
        };
        lock.tables(&check, phrase);
        let base = if step >= 5 { SECOND } else { 0 };
        let code = looped(d, &check, byte(phrase.len()), base, step >= 4);
        lock.write(base, &code);
        if step >= 5 {
            lock.first_stage(d, code.len() * 3);
        }
        lock
    }

    fn put(&mut self, at: usize, byte: u8) {
        if self.memory.len() <= at {
            self.memory.resize(at + 1, 0);
        }
        if let Some(slot) = self.memory.get_mut(at) {
            *slot = byte;
        }
    }

    fn tables(&mut self, check: &Check, phrase: &[u8]) {
        let mut before = check.first;
        for ((i, c), key) in (0..).zip(phrase).zip(&check.keys) {
            let chained = if check.chained { c.wrapping_add(before) } else { *c };
            let mixed = (chained ^ key).rotate_left(u32::from(check.turn));
            before = mixed.wrapping_mul(check.factor).wrapping_add(i);
            self.put(usize::from(KEYS + i), *key);
            self.put(usize::from(TARGETS + i), before);
        }
    }

    /// Writes instructions from the `first`th on, masked as the machine unmasks them.
    fn write(&mut self, first: usize, code: &Code) {
        for (i, (op, a, b)) in code.iter().enumerate() {
            let place = OPS.iter().position(|o| o == op);
            let opcode = place.and_then(|at| self.codes.get(at)).copied().unwrap_or(0);
            for (part, value) in [opcode, *a, *b].into_iter().enumerate() {
                let at = CODE + (first + i) * 3 + part;
                let (factor, plus) = self.mask;
                let mask = byte(at & 0xFF).wrapping_mul(factor).wrapping_add(plus);
                self.put(at, value ^ mask);
            }
        }
    }

    /// Masks the second stage and writes the first, which unmasks it.
    fn first_stage(&mut self, d: &mut Draws, length: usize) {
        let (start, factor, plus) = (d.byte(), d.byte() | 1, d.byte() | 1);
        let begin = CODE + SECOND * 3;
        let mut key = start;
        for at in begin..begin + length {
            let masked = self.memory.get(at).copied().unwrap_or(0) ^ key;
            self.put(at, masked);
            key = key.wrapping_mul(factor).wrapping_add(plus);
        }
        let (page, offset) = (byte(begin / 256), byte(begin % 256));
        let code = vec![
            (Op::Set, 7, page),
            (Op::Set, 1, offset),
            (Op::Set, 3, start),
            (Op::Set, 4, byte(length)),
            (Op::Set, 5, plus),
            (Op::Set, 6, 1),
            // the loop
            (Op::Load, 0, 1),
            (Op::Xor, 0, 3),
            (Op::Store, 0, 1),
            (Op::Mul, 3, factor),
            (Op::Add, 3, 5),
            (Op::Add, 1, 6),
            (Op::Sub, 4, 6),
            (Op::Jump, 4, 6),
            (Op::Jump, 6, byte(SECOND)),
        ];
        self.write(0, &code);
    }
}

/// Dial 1: one comparison after the other.
fn straight(d: &mut Draws, phrase: &[u8]) -> Code {
    let mut code = Code::new();
    let fail = byte(phrase.len() * 9 + 2);
    for (i, c) in (0..).zip(phrase) {
        let (key, more) = (d.byte(), d.byte());
        let target = (c ^ key).wrapping_add(more);
        code.extend([
            (Op::Set, 1, i),
            (Op::Input, 0, 1),
            (Op::Set, 2, key),
            (Op::Xor, 0, 2),
            (Op::Set, 2, more),
            (Op::Add, 0, 2),
            (Op::Set, 2, target),
            (Op::Sub, 0, 2),
            (Op::Jump, 0, fail),
        ]);
    }
    code.extend([(Op::Set, 5, 0), (Op::Halt, 5, 0), (Op::Set, 5, 1), (Op::Halt, 5, 0)]);
    code
}

/// Dials 2 to 5: a loop over the tables, the first instruction being the `base`th.
fn looped(d: &mut Draws, check: &Check, n: u8, base: usize, junk: bool) -> Code {
    let mut code: Code =
        vec![(Op::Set, 7, 0), (Op::Set, 1, 0), (Op::Set, 4, check.first), (Op::Set, 5, 0)];
    let start = byte(base + code.len());
    let mut body: Code = vec![(Op::Input, 0, 1)];
    if check.chained {
        body.push((Op::Add, 0, 4));
    }
    body.extend([
        (Op::Set, 2, KEYS),
        (Op::Add, 2, 1),
        (Op::Load, 2, 2),
        (Op::Xor, 0, 2),
        (Op::Turn, 0, check.turn),
        (Op::Mul, 0, check.factor),
        (Op::Add, 0, 1),
        (Op::Move, 4, 0),
        (Op::Set, 3, TARGETS),
        (Op::Add, 3, 1),
        (Op::Load, 3, 3),
        (Op::Xor, 0, 3),
    ]);
    let tail: Code = vec![
        (Op::Set, 2, 1),
        (Op::Add, 1, 2),
        (Op::Set, 2, n),
        (Op::Sub, 2, 1),
        (Op::Jump, 2, start),
        (Op::Halt, 5, 0),
    ];
    if check.chained {
        body.push((Op::Or, 5, 0));
    } else {
        let fail = base + code.len() + body.len() + 1 + tail.len();
        body.push((Op::Jump, 0, byte(fail)));
    }
    for instruction in body {
        if junk && d.below(3) == 0 {
            let useless = [
                (Op::Set, 6, d.byte()),
                (Op::Turn, 6, d.byte()),
                (Op::Xor, 6, 1),
                (Op::Mul, 6, d.byte()),
            ];
            code.push(*d.pick(&useless));
        }
        code.push(instruction);
    }
    code.extend(tail);
    code.extend([(Op::Set, 5, 1), (Op::Halt, 5, 0)]);
    code
}
